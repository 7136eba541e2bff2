/* A topic's group, seen from one member.
 *
 * Each topic has a group of its own, named like it. In one group for several topics the sticky assignor only counts
 * partitions: whoever joined later was given all those of one topic, and a fleet that was scaled worked on a bulk batch
 * with half of its processes or one.
 *
 * Two kinds of queues:
 *     partition -> the topic's queue -> take        (forwarded in the rebalance callback, before the assignment)
 *     group events, errors, logs -> the group's queue -> serve
 *
 *     joined -> (settling) -> leaving (events still served) -> quiet (no probe uses the client) -> destroying (pool)
 *            -> left
 *
 * A client that was admitted to a group and goes before its first assignment ends the process with an assertion
 * (librdkafka before 2.3, its issue 4312). So leaving waits for that assignment, if not for long; and a client that may
 * be in this state all the same is not destroyed: its process is about to end. */
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/log.h"
#include "io/kafka/consumer_state.h"

#define QUEUE_MESSAGES 4096
#define QUEUE_BYTES    (4 * 1024 * 1024)
/* At most so much of a partition in one fetch: bounds what a fetch adds to a full queue. */
#define FETCH_PARTITION_BYTES 65536
#define FETCH_WAIT_MS         250   /* of a fetch that finds nothing; new partitions are only in the next one */
#define GATHER_BYTES          16384 /* a fetch that gathers goes back with so much */
#define SESSION_TIMEOUT_MS    6000
#define MAX_POLL_INTERVAL_MS  600000
#define PARTITIONS_MAX        8192
#define SETTLE_MS             3000

static struct part *part_make(struct topic *t, int32_t partition)
{
    if (partition < 0 || partition >= PARTITIONS_MAX)
        return NULL;
    if (partition >= t->parts_n) {
        t->parts = realloc(t->parts, (size_t)(partition + 1) * sizeof(*t->parts));
        if (!t->parts)
            abort();
        memset(t->parts + t->parts_n, 0, (size_t)(partition + 1 - t->parts_n) * sizeof(*t->parts));
        t->parts_n = partition + 1;
    }
    return &t->parts[partition];
}

/* Rebalancing; called by rd_kafka_consumer_poll on the loop. */

static void assign_one(struct topic *t, const rd_kafka_topic_partition_t *tp)
{
    struct part *p = part_make(t, tp->partition);
    if (!p)
        return;
    rd_kafka_queue_t *q = rd_kafka_queue_get_partition(t->link.rk, tp->topic, tp->partition);
    if (q) {
        rd_kafka_queue_forward(q, t->queue);
        rd_kafka_queue_destroy(q);
    }
    t->assigned += !p->assigned;
    *p = (struct part){
        .assigned = true, .next = OFFSET_NONE, .stored = OFFSET_NONE, .halted_at = OFFSET_NONE, .held = OFFSET_NONE};
}

static void revoke_one(struct topic *t, const rd_kafka_topic_partition_t *tp)
{
    struct part *p = kafka_consumer_part(t, tp->partition);
    if (!p || !p->assigned)
        return;
    p->assigned = false;
    t->assigned--;
}

static void revoke_all(struct topic *t)
{
    for (int j = 0; j < t->parts_n; j++)
        t->parts[j].assigned = false;
    t->assigned = 0;
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
    struct topic *t = opaque;
    bool lost = rd_kafka_assignment_lost(rk);
    t->settled = true;
    if (e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        for (int i = 0; i < parts->cnt; i++)
            assign_one(t, &parts->elems[i]);
        rebalance_failed(rd_kafka_incremental_assign(rk, parts));
    } else if (e == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        for (int i = 0; i < parts->cnt; i++)
            revoke_one(t, &parts->elems[i]);
        rebalance_failed(rd_kafka_incremental_unassign(rk, parts));
    } else {
        log_warn(NULL, "kafka: rebalance: %s", rd_kafka_err2str(e));
        revoke_all(t);
        rd_kafka_assign(rk, NULL);
    }
    log_info(NULL, "kafka: %s%d partitions of %s, %d held",
             e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "got "
             : lost                                    ? "lost "
                                                       : "gave back ",
             parts ? parts->cnt : 0, t->name, t->assigned);
}

/* Events */

static void leave(struct topic *t);
static void end(struct topic *t);

void kafka_group_serve(struct topic *t)
{
    if (t->ended)
        return;
    if (t->leaving) {
        while (rd_kafka_queue_poll_callback(t->leaving, 0) > 0)
            ;
    } else {
        rd_kafka_message_t *m;
        while ((m = rd_kafka_consumer_poll(t->link.rk, 0))) {
            log_warn(NULL, "kafka: %s", m->err ? rd_kafka_message_errstr(m) : "a message outside the topic's queue");
            rd_kafka_message_destroy(m);
        }
    }
    if (t->leaving && rd_kafka_consumer_closed(t->link.rk))
        end(t);
    else if (t->settling && t->settled)
        leave(t);
    else if (t->settling && clock_mono_ms() >= t->settle_until_ms)
        kafka_group_abandon(t);
}

static void on_group(void *ud, int events UNUSED)
{
    struct topic *t = ud;
    kafka_eventfd_clear(t->group_fd);
    kafka_group_serve(t);
}

/* Joining */

static int configure(const struct topic *t, const struct kafka_consumer_options *o, rd_kafka_conf_t **ret,
                     struct err *err)
{
    int gather_ms = o->gather_ms ? o->gather_ms[t - t->consumer->topics] : 0;
    int session = o->session_timeout_ms ? o->session_timeout_ms : SESSION_TIMEOUT_MS;
    int bytes = o->queue_bytes ? o->queue_bytes : QUEUE_BYTES;
    const struct {
        const char *name;
        int value;
    } numbers[] = {
        {"session.timeout.ms", session},
        {"heartbeat.interval.ms", MAX(session / 3, 100)},
        {"max.poll.interval.ms", MAX(MAX_POLL_INTERVAL_MS, session)},
        {"fetch.wait.max.ms", gather_ms ? gather_ms : FETCH_WAIT_MS},
        {"fetch.min.bytes", gather_ms ? GATHER_BYTES : 1},
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
    rc = kafka_conf_set(conf, "group.id", t->name, rc, err);
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

static int subscribe(struct topic *t, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, t->name, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t e = rd_kafka_subscribe(t->link.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return e ? err_set(err, ERR_CONFIG, "kafka: subscribing: %s", rd_kafka_err2str(e)) : 0;
}

static void queues_open(struct topic *t)
{
    rd_kafka_poll_set_consumer(t->link.rk);
    t->queue = rd_kafka_queue_new(t->link.rk);
    kafka_eventfd_watch(t->queue, t->consumer->messages_fd);
    t->group = rd_kafka_queue_get_consumer(t->link.rk);
    kafka_eventfd_watch(t->group, t->group_fd);
}

static void queue_close(rd_kafka_queue_t **q)
{
    if (!*q)
        return;
    rd_kafka_queue_io_event_enable(*q, -1, NULL, 0);
    rd_kafka_queue_destroy(*q);
    *q = NULL;
}

static void closed_early(void *ud)
{
    struct topic *t = ud;
    rd_kafka_destroy(t->link.rk);
}

int kafka_group_join(struct topic *t, const struct kafka_consumer_options *o, struct err *err)
{
    rd_kafka_conf_t *conf;
    int rc = configure(t, o, &conf, err);
    if (rc)
        return rc;
    t->group_fd = kafka_eventfd();
    if (t->group_fd < 0) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_LIMIT, "kafka: no descriptor left");
    }
    rc = kafka_link_open(&t->link, t->consumer->loop, RD_KAFKA_CONSUMER, conf, err);
    if (rc)
        return rc;
    queues_open(t);
    rc = subscribe(t, err);
    if (rc) {
        queue_close(&t->queue);
        queue_close(&t->group);
        kafka_link_close(&t->link, closed_early, t); /* at once: no probe has begun yet */
        return rc;
    }
    t->group_poll = loop_poll_new(t->consumer->loop, t->group_fd, on_group, t);
    loop_poll_set(t->group_poll, LOOP_READ);
    return 0;
}

/* Leaving */

static void destroy_work(void *ud)
{
    struct topic *t = ud;
    if (!t->stuck)
        rd_kafka_destroy_flags(t->link.rk, t->abandoned ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0);
}

static void destroy_done(void *ud)
{
    kafka_consumer_left(ud);
}

static void on_quiet(void *ud)
{
    struct topic *t = ud;
    loop_work(t->consumer->loop, destroy_work, destroy_done, t);
}

static void end(struct topic *t)
{
    if (t->ended)
        return;
    t->ended = true;
    t->stuck = !t->settled && t->link.met;
    loop_poll_free(t->group_poll);
    t->group_poll = NULL;
    queue_close(&t->queue);
    queue_close(&t->group);
    queue_close(&t->leaving);
    metrics_series_set(t->lag, 0);
    kafka_link_close(&t->link, on_quiet, t);
}

void kafka_group_abandon(struct topic *t)
{
    if (t->ended)
        return;
    log_warn(NULL, "kafka: left the group of %s without its answer", t->name);
    t->abandoned = true;
    end(t);
}

void kafka_group_leave(struct topic *t)
{
    t->settling = true;
    t->settle_until_ms = clock_mono_ms() + SETTLE_MS;
    kafka_group_serve(t);
}

static void leave(struct topic *t)
{
    t->settling = false;
    t->leaving = rd_kafka_queue_new(t->link.rk);
    kafka_eventfd_watch(t->leaving, t->group_fd);
    rd_kafka_error_t *e = rd_kafka_consumer_close_queue(t->link.rk, t->leaving);
    if (!e)
        return;
    log_warn(NULL, "kafka: leaving the group of %s: %s", t->name, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    t->abandoned = true;
    end(t);
}
