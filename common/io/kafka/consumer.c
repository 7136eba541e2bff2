/* Two kinds of queues:
 *     partition -> its topic's queue -> take        (forwarded in the rebalance callback, before the assignment)
 *     group events, errors, logs -> the group's queue -> serve
 *
 * Each of our queues announces itself on an eventfd when something enters it after it was served; the loop watches two
 * of them: one for all topic queues, one for the group's. No timer is on the way of a message; the tick is for the lag,
 * for the poll interval that the group protocol wants to see, and as a second chance should an announcement be missed.
 *
 * A full topic queue makes librdkafka stop fetching, and it looks again only when its connection has other business, at
 * the latest after a second. So the prefetch (QUEUE_MESSAGES) is what the fastest worker takes in a second; a smaller
 * one caps the rate at that many a second.
 *
 * Offsets of a partition, all within one assignment (a new one starts afresh):
 *     first taken <= stored <= next      halted_at: stores end there; what was wanted beyond is kept in held
 * A position that jumps back (topic made anew, offsets reset) moves `stored` back too. librdkafka commits what was
 * stored every second, when a partition is taken away, and at close; all of that happens on its threads.
 *
 * Closing:
 *     open -> leaving (group events still served, deadline runs) -> quiet (no probe uses the client)
 *          -> destroying (pool) -> done */
#include "io/kafka/consumer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/metrics.h"
#include "io/kafka/consumer_state.h"

#define QUEUE_MESSAGES 4096
#define QUEUE_BYTES    (4 * 1024 * 1024)
/* At most so much of a partition in one fetch: bounds what a fetch adds to a full queue. */
#define FETCH_PARTITION_BYTES 65536
#define FETCH_WAIT_MS         100
#define SESSION_TIMEOUT_MS    6000
#define MAX_POLL_INTERVAL_MS  600000
#define TICK_MS               1000
#define CLOSE_TICK_MS         20
#define PARTITIONS_MAX        8192

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* Partitions */

static struct topic *topic_named(struct kafka_consumer *c, const char *name)
{
    for (int i = 0; i < c->topics_n; i++)
        if (strcmp(c->topics[i].name, name) == 0)
            return &c->topics[i];
    return NULL;
}

static struct part *part_make(struct topic *t, int32_t partition)
{
    if (partition < 0 || partition >= PARTITIONS_MAX)
        return NULL;
    if (partition >= t->parts_n) {
        t->parts = must(realloc(t->parts, (size_t)(partition + 1) * sizeof(*t->parts)));
        memset(t->parts + t->parts_n, 0, (size_t)(partition + 1 - t->parts_n) * sizeof(*t->parts));
        t->parts_n = partition + 1;
    }
    return &t->parts[partition];
}

/* Rebalancing; called by rd_kafka_consumer_poll on the loop. */

static void assign_one(struct kafka_consumer *c, const rd_kafka_topic_partition_t *tp)
{
    struct topic *t = topic_named(c, tp->topic);
    struct part *p = t ? part_make(t, tp->partition) : NULL;
    if (!p)
        return;
    rd_kafka_queue_t *q = rd_kafka_queue_get_partition(c->link.rk, tp->topic, tp->partition);
    if (q) {
        rd_kafka_queue_forward(q, t->queue);
        rd_kafka_queue_destroy(q);
    }
    t->assigned += !p->assigned;
    *p = (struct part){
        .assigned = true, .next = OFFSET_NONE, .stored = OFFSET_NONE, .halted_at = OFFSET_NONE, .held = OFFSET_NONE};
}

static void revoke_one(struct kafka_consumer *c, const rd_kafka_topic_partition_t *tp)
{
    struct topic *t = topic_named(c, tp->topic);
    struct part *p = t ? kafka_consumer_part(t, tp->partition) : NULL;
    if (!p || !p->assigned)
        return;
    p->assigned = false;
    t->assigned--;
}

static void revoke_all(struct kafka_consumer *c)
{
    for (int i = 0; i < c->topics_n; i++) {
        for (int j = 0; j < c->topics[i].parts_n; j++)
            c->topics[i].parts[j].assigned = false;
        c->topics[i].assigned = 0;
    }
}

static void rebalance_failed(rd_kafka_error_t *e)
{
    if (!e)
        return;
    log_error(NULL, "kafka: rebalance: %s", rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e, rd_kafka_topic_partition_list_t *parts, void *opaque)
{
    struct kafka_consumer *c = opaque;
    bool lost = rd_kafka_assignment_lost(rk);
    if (e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        for (int i = 0; i < parts->cnt; i++)
            assign_one(c, &parts->elems[i]);
        rebalance_failed(rd_kafka_incremental_assign(rk, parts));
    } else if (e == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        for (int i = 0; i < parts->cnt; i++)
            revoke_one(c, &parts->elems[i]);
        rebalance_failed(rd_kafka_incremental_unassign(rk, parts));
    } else {
        log_warn(NULL, "kafka: rebalance: %s", rd_kafka_err2str(e));
        revoke_all(c);
        rd_kafka_assign(rk, NULL);
    }
    log_info(NULL, "kafka: %s%d partitions, %d held",
             e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "got "
             : lost                                    ? "lost "
                                                       : "gave back ",
             parts ? parts->cnt : 0, kafka_consumer_assigned(c, -1));
}

/* Group events */

static void end(struct kafka_consumer *c);

static void serve(struct kafka_consumer *c)
{
    if (c->leaving) {
        while (rd_kafka_queue_poll_callback(c->leaving, 0) > 0)
            ;
    } else {
        rd_kafka_message_t *m;
        while ((m = rd_kafka_consumer_poll(c->link.rk, 0))) {
            log_warn(NULL, "kafka: %s", m->err ? rd_kafka_message_errstr(m) : "a message outside the topic queues");
            rd_kafka_message_destroy(m);
        }
    }
    if (c->leaving && rd_kafka_consumer_closed(c->link.rk))
        end(c);
}

static void on_group(void *ud, int events UNUSED)
{
    struct kafka_consumer *c = ud;
    kafka_eventfd_clear(c->group_fd);
    serve(c);
}

static void on_messages(void *ud, int events UNUSED)
{
    struct kafka_consumer *c = ud;
    kafka_eventfd_clear(c->messages_fd);
    kafka_link_alive(&c->link);
    c->on_ready(c->ud);
}

static void on_tick(void *ud)
{
    struct kafka_consumer *c = ud;
    size_t queued = 0;
    serve(c);
    if (c->closing)
        return;
    for (int i = 0; i < c->topics_n; i++) {
        metrics_series_set(c->topics[i].lag, (double)kafka_consumer_lag(c, i));
        queued += kafka_consumer_queued(c, i);
    }
    if (queued)
        c->on_ready(c->ud);
}

/* Opening */

static int configure(const struct kafka_consumer_options *o, rd_kafka_conf_t **ret, struct err *err)
{
    int session = o->session_timeout_ms ? o->session_timeout_ms : SESSION_TIMEOUT_MS;
    int bytes = o->queue_bytes ? o->queue_bytes : QUEUE_BYTES;
    const struct {
        const char *name;
        int value;
    } numbers[] = {
        {"session.timeout.ms", session},
        {"heartbeat.interval.ms", MAX(session / 3, 100)},
        {"max.poll.interval.ms", MAX(MAX_POLL_INTERVAL_MS, session)},
        {"fetch.wait.max.ms", o->fetch_wait_ms ? o->fetch_wait_ms : FETCH_WAIT_MS},
        {"fetch.min.bytes", 1},
        {"fetch.message.max.bytes", FETCH_PARTITION_BYTES},
        {"fetch.error.backoff.ms", 100},
        {"queued.min.messages", o->queue_messages ? o->queue_messages : QUEUE_MESSAGES},
        {"queued.max.messages.kbytes", (bytes + 1023) / 1024},
        {"auto.commit.interval.ms", 1000},
    };
    int rc = kafka_conf_new(o->brokers, o->client_id, NULL, ret, err);
    if (rc)
        return rc;
    rd_kafka_conf_t *conf = *ret;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rc = kafka_conf_set(conf, "group.id", o->group, rc, err);
    rc = kafka_conf_set(conf, "partition.assignment.strategy", "cooperative-sticky", rc, err);
    rc = kafka_conf_set(conf, "auto.offset.reset", "earliest", rc, err);
    rc = kafka_conf_set(conf, "enable.auto.commit", "true", rc, err);
    rc = kafka_conf_set(conf, "enable.auto.offset.store", "false", rc, err);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        rc = kafka_conf_set_int(conf, numbers[i].name, numbers[i].value, rc, err);
    for (const char *const *s = o->settings; s && s[0]; s += 2)
        rc = kafka_conf_set(conf, s[0], s[1], rc, err);
    if (rc)
        rd_kafka_conf_destroy(conf);
    return rc;
}

static int subscribe(struct kafka_consumer *c, const struct kafka_consumer_options *o, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(o->topics_n);
    for (int i = 0; i < o->topics_n; i++)
        rd_kafka_topic_partition_list_add(list, o->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t e = rd_kafka_subscribe(c->link.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return e ? err_set(err, ERR_CONFIG, "kafka: subscribing: %s", rd_kafka_err2str(e)) : 0;
}

static void topics_open(struct kafka_consumer *c, const struct kafka_consumer_options *o)
{
    c->topics_n = o->topics_n;
    for (int i = 0; i < o->topics_n; i++) {
        struct topic *t = &c->topics[i];
        t->name = must(strdup(o->topics[i]));
        t->queue = rd_kafka_queue_new(c->link.rk);
        kafka_eventfd_watch(t->queue, c->messages_fd);
        t->consumed = metrics_series(METRICS_CONSUMED, t->name, NULL);
        t->lag = metrics_series(METRICS_LAG, t->name, NULL);
    }
}

static void topics_close(struct kafka_consumer *c)
{
    for (int i = 0; i < c->topics_n; i++) {
        rd_kafka_queue_io_event_enable(c->topics[i].queue, -1, NULL, 0);
        rd_kafka_queue_destroy(c->topics[i].queue);
        c->topics[i].queue = NULL;
        metrics_series_set(c->topics[i].lag, 0);
    }
}

static void free_memory(struct kafka_consumer *c)
{
    for (int i = 0; i < c->topics_n; i++) {
        free(c->topics[i].name);
        free(c->topics[i].parts);
    }
    cleanup_close(&c->messages_fd);
    cleanup_close(&c->group_fd);
    free(c);
}

static int open_client(struct kafka_consumer *c, struct loop *l, const struct kafka_consumer_options *o,
                       struct err *err)
{
    rd_kafka_conf_t *conf;
    int rc = configure(o, &conf, err);
    if (rc)
        return rc;
    c->messages_fd = kafka_eventfd();
    c->group_fd = kafka_eventfd();
    if (c->messages_fd < 0 || c->group_fd < 0) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_LIMIT, "kafka: no descriptor left");
    }
    return kafka_link_open(&c->link, l, RD_KAFKA_CONSUMER, conf, err);
}

static void closed_early(void *ud)
{
    struct kafka_consumer *c = ud;
    rd_kafka_destroy(c->link.rk);
}

int kafka_consumer_new(struct loop *l, const struct kafka_consumer_options *o, kafka_ready_fn *on_ready, void *ud,
                       struct kafka_consumer **ret, struct err *err)
{
    assert(o->topics_n >= 1 && o->topics_n <= KAFKA_CONSUMER_TOPICS_MAX);
    struct kafka_consumer *c = must(calloc(1, sizeof(*c)));
    c->messages_fd = c->group_fd = -1;
    c->on_ready = on_ready;
    c->ud = ud;
    int rc = open_client(c, l, o, err);
    if (rc) {
        free_memory(c);
        return rc;
    }
    rd_kafka_poll_set_consumer(c->link.rk);
    topics_open(c, o);
    c->group = rd_kafka_queue_get_consumer(c->link.rk);
    kafka_eventfd_watch(c->group, c->group_fd);
    rc = subscribe(c, o, err);
    if (rc) {
        topics_close(c);
        rd_kafka_queue_destroy(c->group);
        kafka_link_close(&c->link, closed_early, c);
        free_memory(c);
        return rc;
    }
    c->messages_poll = loop_poll_new(l, c->messages_fd, on_messages, c);
    c->group_poll = loop_poll_new(l, c->group_fd, on_group, c);
    loop_poll_set(c->messages_poll, LOOP_READ);
    loop_poll_set(c->group_poll, LOOP_READ);
    c->tick = loop_timer_new(l, on_tick, c);
    loop_timer_start(c->tick, 0, TICK_MS); /* at once: what came before the announcements began has none */
    *ret = c;
    return 0;
}

/* Closing */

static void destroy_work(void *ud)
{
    struct kafka_consumer *c = ud;
    rd_kafka_destroy_flags(c->link.rk, c->abandoned ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0);
}

static void destroy_done(void *ud)
{
    struct kafka_consumer *c = ud;
    loop_fn *done = c->done;
    void *done_ud = c->done_ud;
    free_memory(c);
    if (done)
        done(done_ud);
}

static void on_quiet(void *ud)
{
    struct kafka_consumer *c = ud;
    loop_work(c->link.loop, destroy_work, destroy_done, c);
}

static void end(struct kafka_consumer *c)
{
    if (c->ended)
        return;
    c->ended = true;
    loop_poll_free(c->messages_poll);
    loop_poll_free(c->group_poll);
    loop_timer_free(c->tick);
    loop_timer_free(c->deadline);
    topics_close(c);
    rd_kafka_queue_io_event_enable(c->group, -1, NULL, 0);
    rd_kafka_queue_destroy(c->group);
    if (c->leaving) {
        rd_kafka_queue_io_event_enable(c->leaving, -1, NULL, 0);
        rd_kafka_queue_destroy(c->leaving);
    }
    kafka_link_close(&c->link, on_quiet, c);
}

static void on_deadline(void *ud)
{
    struct kafka_consumer *c = ud;
    log_warn(NULL, "kafka: left the group without its answer");
    c->abandoned = true;
    end(c);
}

static void leave(struct kafka_consumer *c)
{
    c->leaving = rd_kafka_queue_new(c->link.rk);
    kafka_eventfd_watch(c->leaving, c->group_fd);
    rd_kafka_error_t *e = rd_kafka_consumer_close_queue(c->link.rk, c->leaving);
    if (e) {
        log_warn(NULL, "kafka: leaving the group: %s", rd_kafka_error_string(e));
        rd_kafka_error_destroy(e);
        c->abandoned = true;
        end(c);
        return;
    }
    loop_timer_start(c->tick, 0, CLOSE_TICK_MS);
}

void kafka_consumer_close(struct kafka_consumer *c, int timeout_ms, loop_fn *done, void *ud)
{
    assert(!c->closing);
    c->closing = true;
    c->done = done;
    c->done_ud = ud;
    loop_poll_set(c->messages_poll, 0);
    c->deadline = loop_timer_new(c->link.loop, on_deadline, c);
    loop_timer_start(c->deadline, timeout_ms > 0 ? (uint64_t)timeout_ms : 0, 0);
    leave(c);
}
