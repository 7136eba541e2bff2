/* Messages out of the topic queues and the offsets they leave behind; consumer.c describes the invariants. */
#include "io/kafka/consumer_state.h"

#include <assert.h>
#include "core/log.h"

/* Taking */

static bool take_one(struct kafka_consumer *c, int index, rd_kafka_message_t *m, struct kafka_message *out)
{
    struct topic *t = &c->topics[index];
    struct part *p = m->err ? NULL : kafka_consumer_part(t, m->partition);
    if (!p || !p->assigned) {
        if (m->err)
            log_warn(NULL, "kafka: %s: %s", t->name, rd_kafka_message_errstr(m));
        rd_kafka_message_destroy(m);
        return false;
    }
    if (p->stored == OFFSET_NONE || m->offset < p->next)
        p->stored = m->offset;
    p->next = m->offset + 1;
    *out = (struct kafka_message){
        .topic = t->name,
        .topic_index = index,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp_ms = rd_kafka_message_timestamp(m, NULL),
        .key = {.p = m->key, .n = m->key_len},
        .value = {.p = m->payload, .n = m->len},
        .impl = m,
    };
    return true;
}

int kafka_consumer_take(struct kafka_consumer *c, struct kafka_message *out, int max)
{
    rd_kafka_message_t *raw[KAFKA_CONSUMER_TAKE_MAX];
    assert(max >= 0 && max <= KAFKA_CONSUMER_TAKE_MAX);
    int got = 0;
    for (int i = 0; i < c->topics_n && !c->closing; i++) {
        struct topic *t = &c->topics[i];
        int before = got;
        while (got < max && rd_kafka_queue_length(t->queue) > 0) {
            ssize_t n = rd_kafka_consume_batch_queue(t->queue, 0, raw, (size_t)(max - got));
            for (ssize_t j = 0; j < n; j++)
                got += take_one(c, i, raw[j], &out[got]);
            if (n <= 0)
                break;
        }
        if (got > before) {
            kafka_link_alive(&t->link);
            metrics_series_add(t->consumed, got - before);
        }
    }
    return got;
}

void kafka_message_release(struct kafka_message *m)
{
    if (m->impl)
        rd_kafka_message_destroy(m->impl);
    *m = (struct kafka_message){.topic = NULL};
}

bool kafka_message_header(const struct kafka_message *m, const char *name, struct str *ret)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t n;
    if (rd_kafka_message_headers(m->impl, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &n) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *ret = (struct str){.p = value, .n = n};
    return true;
}

/* Offsets */

static void store(struct topic *t, struct part *p, int32_t partition, int64_t next)
{
    if (next <= p->stored || p->stored == OFFSET_NONE || next > p->next)
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, t->name, partition)->offset = next;
    rd_kafka_resp_err_t e = rd_kafka_offsets_store(t->link.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR)
        p->stored = next;
    else if (e != RD_KAFKA_RESP_ERR__STATE && e != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        log_warn(NULL, "kafka: storing an offset of %s: %s", t->name, rd_kafka_err2str(e));
}

void kafka_consumer_store(struct kafka_consumer *c, int topic_index, int32_t partition, int64_t next)
{
    assert(topic_index >= 0 && topic_index < c->topics_n);
    struct topic *t = &c->topics[topic_index];
    struct part *p = kafka_consumer_part(t, partition);
    if (!p || !p->assigned || c->closing)
        return;
    if (p->halted_at != OFFSET_NONE && next > p->halted_at) {
        p->held = MAX(p->held, next);
        next = p->halted_at;
    }
    store(t, p, partition, next);
}

void kafka_consumer_store_taken(struct kafka_consumer *c, const struct kafka_message *m, int n)
{
    for (int i = 0; i < n; i++) {
        /* the last of a run of one partition says it all */
        if (i + 1 < n && m[i + 1].topic_index == m[i].topic_index && m[i + 1].partition == m[i].partition &&
            m[i + 1].offset > m[i].offset)
            continue;
        kafka_consumer_store(c, m[i].topic_index, m[i].partition, m[i].offset + 1);
    }
}

static void pause_set(struct kafka_consumer *c, const struct kafka_message *m, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, m->topic, m->partition);
    rd_kafka_t *rk = c->topics[m->topic_index].link.rk;
    rd_kafka_resp_err_t e = pause ? rd_kafka_pause_partitions(rk, list) : rd_kafka_resume_partitions(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (e)
        log_warn(NULL, "kafka: %s a partition of %s: %s", pause ? "halting" : "resuming", m->topic,
                 rd_kafka_err2str(e));
}

void kafka_consumer_halt(struct kafka_consumer *c, const struct kafka_message *m)
{
    struct part *p = kafka_consumer_part(&c->topics[m->topic_index], m->partition);
    if (!p || !p->assigned || c->closing)
        return;
    if (p->halted_at == OFFSET_NONE)
        pause_set(c, m, true);
    if (p->halted_at == OFFSET_NONE || m->offset < p->halted_at)
        p->halted_at = m->offset;
}

void kafka_consumer_resume(struct kafka_consumer *c, const struct kafka_message *m)
{
    struct part *p = kafka_consumer_part(&c->topics[m->topic_index], m->partition);
    if (!p || p->halted_at == OFFSET_NONE)
        return;
    int64_t held = p->held;
    p->halted_at = p->held = OFFSET_NONE;
    if (!p->assigned || c->closing)
        return;
    pause_set(c, m, false);
    if (held != OFFSET_NONE)
        kafka_consumer_store(c, m->topic_index, m->partition, held);
}

/* Questions */

int kafka_consumer_assigned(const struct kafka_consumer *c, int topic_index)
{
    int n = 0;
    for (int i = 0; i < c->topics_n; i++)
        if (topic_index < 0 || topic_index == i)
            n += c->topics[i].assigned;
    return n;
}

size_t kafka_consumer_queued(const struct kafka_consumer *c, int topic_index)
{
    assert(topic_index >= 0 && topic_index < c->topics_n);
    return c->closing ? 0 : rd_kafka_queue_length(c->topics[topic_index].queue);
}

int64_t kafka_consumer_lag(struct kafka_consumer *c, int topic_index)
{
    assert(topic_index >= 0 && topic_index < c->topics_n);
    const struct topic *t = &c->topics[topic_index];
    int64_t lag = 0, low, high;
    bool unknown = false;
    for (int i = 0; i < t->parts_n && !c->closing; i++) {
        const struct part *p = &t->parts[i];
        if (!p->assigned)
            continue;
        if (p->next == OFFSET_NONE)
            unknown = true; /* nothing taken yet: where the group stands is only known to librdkafka */
        else if (rd_kafka_get_watermark_offsets(t->link.rk, t->name, i, &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                 high > p->next)
            lag += high - p->next;
    }
    return unknown ? MAX(lag, (int64_t)kafka_consumer_queued(c, topic_index)) : lag;
}

bool kafka_consumer_connected(const struct kafka_consumer *c)
{
    for (int i = 0; i < c->topics_n; i++)
        if (!c->topics[i].link.connected)
            return false;
    return true;
}
