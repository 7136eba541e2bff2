/* The producer and the consumer against librdkafka's mock cluster, which speaks the protocol over real sockets in this
 * process. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "io/kafka/consumer.h"
#include "io/kafka/producer.h"
#include "../../unit/leak.h"

#define INTERACTIVE "jobmill.analyze.interactive"
#define BULK        "jobmill.analyze.bulk"
#define PARTITIONS  4
#define PATIENCE_MS 30000 /* a test that waits so long has failed */

static const char *const topics[] = {INTERACTIVE, BULK};

struct rig {
    struct loop *loop;
    struct loop_timer *pulse; /* keeps loop_run_once from blocking for good */
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    const char *brokers;
    struct kafka_producer *producer;
};

static void nothing(void *ud UNUSED)
{
}

static void rig_open(struct rig *r, int partitions)
{
    char why[200];
    log_init("test", LOG_ERROR);
    metrics_reset();
    *r = (struct rig){.loop = loop_new()};
    r->pulse = loop_timer_new(r->loop, nothing, NULL);
    loop_timer_start(r->pulse, 5, 5);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "2", NULL, 0);
    r->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    cr_assert_not_null(r->rk, "%s", why);
    r->mock = rd_kafka_mock_cluster_new(r->rk, 1);
    r->brokers = rd_kafka_mock_cluster_bootstraps(r->mock);
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        rd_kafka_mock_topic_create(r->mock, topics[i], partitions, 1);
    struct kafka_producer_options o = {.brokers = r->brokers};
    struct err err;
    cr_assert_eq(kafka_producer_new(r->loop, &o, &r->producer, &err), 0, "%s", err.msg);
}

static void rig_close(struct rig *r)
{
    kafka_producer_free(r->producer);
    loop_timer_free(r->pulse);
    loop_free(r->loop);
    rd_kafka_mock_cluster_destroy(r->mock);
    rd_kafka_destroy(r->rk);
    LEAK_NONE();
}

/* Runs the loop until cond holds. */
#define WAIT(r, cond)                                                                                                  \
    do {                                                                                                               \
        uint64_t until_ = clock_mono_ms() + PATIENCE_MS;                                                               \
        while (!(cond)) {                                                                                              \
            cr_assert_lt(clock_mono_ms(), until_, "waited in vain for " #cond);                                        \
            loop_run_once((r)->loop);                                                                                  \
        }                                                                                                              \
    } while (0)

static void run_for(struct rig *r, uint64_t ms)
{
    uint64_t until = clock_mono_ms() + ms;
    while (clock_mono_ms() < until)
        loop_run_once(r->loop);
}

struct reports {
    int ok, failed, last_code;
    int64_t last_offset;
};

static void on_report(void *ud, int code, int32_t partition, int64_t offset)
{
    struct reports *rs = ud;
    rs->ok += code == 0;
    rs->failed += code != 0;
    rs->last_code = code;
    rs->last_offset = offset;
    cr_expect(code == 0 ? partition >= 0 : partition == -1);
}

static void produce(struct rig *r, const char *topic, int32_t partition, const char *value, struct reports *rs)
{
    struct err err;
    const char *const headers[] = {"traceparent", "00-1-2-01", NULL};
    int rc = kafka_produce(r->producer, topic, partition, STR("key"), str_of(value), headers, rs ? on_report : NULL, rs,
                           &err);
    cr_assert_eq(rc, 0, "%s", err.msg);
}

static void produce_many(struct rig *r, const char *topic, int n)
{
    struct reports rs = {.ok = 0};
    for (int i = 0; i < n; i++) {
        char value[24];
        snprintf(value, sizeof(value), "%d", i);
        produce(r, topic, i % PARTITIONS, value, &rs);
    }
    WAIT(r, rs.ok + rs.failed == n);
    cr_assert_eq(rs.failed, 0);
}

/* A group member that takes everything as it comes, unless told not to. */
#define SEEN_MAX 20000
struct member {
    struct rig *rig;
    struct kafka_consumer *c;
    bool hold;     /* do not take */
    bool no_store; /* take, but do not store */
    int ready;
    int seen_n;
    int64_t offset[SEEN_MAX];
    int32_t partition[SEEN_MAX];
    int topic[SEEN_MAX];
    int value[SEEN_MAX];
    bool closed;
};

static void take_all(struct member *m)
{
    struct kafka_message batch[64];
    int n;
    do {
        n = kafka_consumer_take(m->c, batch, 64);
        for (int i = 0; i < n; i++) {
            char text[24] = "";
            cr_assert_lt(m->seen_n, SEEN_MAX);
            memcpy(text, batch[i].value.p, MIN(batch[i].value.n, sizeof(text) - 1));
            m->value[m->seen_n] = atoi(text);
            m->offset[m->seen_n] = batch[i].offset;
            m->partition[m->seen_n] = batch[i].partition;
            m->topic[m->seen_n++] = batch[i].topic_index;
        }
        if (!m->no_store)
            kafka_consumer_store_taken(m->c, batch, n);
        for (int i = 0; i < n; i++)
            kafka_message_release(&batch[i]);
    } while (n == 64);
}

static void on_ready(void *ud)
{
    struct member *m = ud;
    m->ready++;
    if (!m->hold)
        take_all(m);
}

static void on_closed(void *ud)
{
    struct member *m = ud;
    m->closed = true;
    m->c = NULL;
}

static struct member *member_new(struct rig *r, const char *const *settings)
{
    struct member *m = calloc(1, sizeof(*m));
    struct kafka_consumer_options o = {
        .brokers = r->brokers,
        .topics = topics,
        .topics_n = 2,
        .session_timeout_ms = 6000,
        .settings = settings,
    };
    struct err err;
    m->rig = r;
    cr_assert_eq(kafka_consumer_new(r->loop, &o, on_ready, m, &m->c, &err), 0, "%s", err.msg);
    return m;
}

/* A member that takes nothing by itself, past the marks that librdkafka puts into a queue when a partition begins. */
static struct member *member_holding(struct rig *r, int partitions)
{
    struct kafka_message none;
    struct member *m = member_new(r, NULL);
    m->hold = true;
    WAIT(r, kafka_consumer_assigned(m->c, -1) == 2 * partitions && m->ready > 0);
    run_for(r, 500);
    cr_assert_eq(kafka_consumer_take(m->c, &none, 1), 0);
    cr_assert_eq(kafka_consumer_queued(m->c, 0) + kafka_consumer_queued(m->c, 1), 0);
    m->ready = 0;
    return m;
}

static void member_close(struct member *m)
{
    kafka_consumer_close(m->c, 10000, on_closed, m);
    WAIT(m->rig, m->closed);
}

Test(kafka, what_is_produced_is_consumed)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *m = member_holding(&r, PARTITIONS);
    struct reports rs = {.ok = 0};
    produce(&r, INTERACTIVE, 2, "hello", &rs);
    WAIT(&r, rs.ok == 1);
    cr_assert_eq(rs.last_offset, 0);
    WAIT(&r, m->ready > 0);
    struct kafka_message got[4];
    cr_assert_eq(kafka_consumer_take(m->c, got, 4), 1);
    cr_assert_str_eq(got[0].topic, INTERACTIVE);
    cr_assert_eq(got[0].topic_index, 0);
    cr_assert_eq(got[0].partition, 2);
    cr_assert_eq(got[0].offset, 0);
    cr_assert(str_eqc(got[0].key, "key"));
    cr_assert(str_eqc(got[0].value, "hello"));
    struct str trace;
    cr_assert(kafka_message_header(&got[0], "traceparent", &trace));
    cr_assert(str_eqc(trace, "00-1-2-01"));
    cr_assert_not(kafka_message_header(&got[0], "absent", &trace));
    cr_assert_eq(kafka_consumer_take(m->c, got + 1, 3), 0);
    kafka_message_release(&got[0]);
    kafka_message_release(&got[0]);
    cr_assert_eq(kafka_consumer_assigned(m->c, 0), PARTITIONS);
    cr_assert_eq(kafka_consumer_assigned(m->c, -1), 2 * PARTITIONS);
    cr_assert(kafka_consumer_connected(m->c));
    cr_assert(kafka_producer_connected(r.producer));
    cr_assert_eq(metrics_get(METRICS_PUBLISHED, INTERACTIVE, "ok", NULL), 1);
    cr_assert_eq(metrics_get(METRICS_CONSUMED, INTERACTIVE, NULL), 1);
    cr_assert_eq(metrics_get(METRICS_KAFKA_CONNECTED, NULL), 1);
    member_close(m);
    free(m);
    rig_close(&r);
}

Test(kafka, the_first_topic_goes_first)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *m = member_holding(&r, PARTITIONS);
    produce_many(&r, BULK, 200);
    WAIT(&r, kafka_consumer_queued(m->c, 1) == 200);
    produce_many(&r, INTERACTIVE, 50);
    WAIT(&r, kafka_consumer_queued(m->c, 0) == 50);
    struct kafka_message got[250];
    int n = kafka_consumer_take(m->c, got, 60);
    cr_assert_eq(n, 60);
    for (int i = 0; i < 60; i++)
        cr_assert_eq(got[i].topic_index, i < 50 ? 0 : 1, "message %d", i);
    n += kafka_consumer_take(m->c, got + 60, 190);
    cr_assert_eq(n, 250);
    cr_assert_eq(kafka_consumer_lag(m->c, 0), 0);
    cr_assert_eq(kafka_consumer_lag(m->c, 1), 0);
    for (int i = 0; i < n; i++)
        kafka_message_release(&got[i]);
    member_close(m);
    free(m);
    rig_close(&r);
}

Test(kafka, not_taking_stops_the_flow_and_keeps_the_membership)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    const char *const settings[] = {
        "queued.min.messages", "500", "max.poll.interval.ms", "6000", "fetch.message.max.bytes", "1000", NULL};
    struct member *m = member_new(&r, settings);
    m->hold = true;
    /* A fetch returns whole record batches, however large: many small ones, or the limit could not be seen. */
    for (int sent = 0; sent < 5000; sent += 100)
        produce_many(&r, BULK, 100);
    WAIT(&r, kafka_consumer_queued(m->c, 1) >= 500);
    run_for(&r, 8000); /* longer than the poll interval */
    cr_assert_lt(kafka_consumer_queued(m->c, 1), 1000, "prefetch has no limit: %zu", kafka_consumer_queued(m->c, 1));
    cr_assert_eq(kafka_consumer_assigned(m->c, -1), 2 * PARTITIONS, "thrown out of the group");
    m->hold = false;
    take_all(m);
    WAIT(&r, m->seen_n == 5000);
    run_for(&r, 100);
    cr_assert_eq(m->seen_n, 5000, "something came twice");
    member_close(m);
    free(m);
    rig_close(&r);
}

Test(kafka, a_new_member_starts_behind_what_was_stored)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    produce_many(&r, BULK, 100);
    struct member *m = member_new(&r, NULL);
    m->no_store = true;
    WAIT(&r, m->seen_n == 100);
    kafka_consumer_store(m->c, 1, 0, 10);   /* of 25 */
    kafka_consumer_store(m->c, 1, 1, 25);   /* all */
    kafka_consumer_store(m->c, 1, 1, 5);    /* backwards: ignored */
    kafka_consumer_store(m->c, 1, 2, 9999); /* beyond what was taken: ignored */
    kafka_consumer_store(m->c, 1, 77, 3);   /* not ours: ignored */
    member_close(m);
    free(m);
    m = member_new(&r, NULL);
    WAIT(&r, m->seen_n >= 65);
    run_for(&r, 300);
    cr_assert_eq(m->seen_n, 65, "got %d", m->seen_n);
    for (int i = 0; i < m->seen_n; i++)
        cr_assert(m->partition[i] != 1 && (m->partition[i] != 0 || m->offset[i] >= 10));
    member_close(m);
    free(m);
    rig_close(&r);
}

Test(kafka, two_members_share_and_one_takes_over)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *a = member_new(&r, NULL);
    WAIT(&r, kafka_consumer_assigned(a->c, -1) == 2 * PARTITIONS);
    produce_many(&r, BULK, 200);
    WAIT(&r, a->seen_n == 200);
    struct member *b = member_new(&r, NULL);
    WAIT(&r, kafka_consumer_assigned(a->c, -1) == PARTITIONS && kafka_consumer_assigned(b->c, -1) == PARTITIONS);
    for (int i = 0; i < (int)ARRAY_LEN(topics); i++) /* of each topic, or a bulk batch would be one process' work */
        WAIT(&r,
             kafka_consumer_assigned(a->c, i) == PARTITIONS / 2 && kafka_consumer_assigned(b->c, i) == PARTITIONS / 2);
    produce_many(&r, BULK, 200);
    WAIT(&r, a->seen_n + b->seen_n >= 400);
    run_for(&r, 300);
    cr_assert_eq(a->seen_n + b->seen_n, 400, "stored work came again: %d", a->seen_n + b->seen_n);
    member_close(a);
    WAIT(&r, kafka_consumer_assigned(b->c, -1) == 2 * PARTITIONS);
    produce_many(&r, INTERACTIVE, 100);
    WAIT(&r, a->seen_n + b->seen_n >= 500);
    run_for(&r, 300);
    cr_assert_eq(a->seen_n + b->seen_n, 500);
    member_close(b);
    free(a);
    free(b);
    rig_close(&r);
}

Test(kafka, a_store_for_a_lost_partition_is_ignored)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    produce_many(&r, BULK, 40);
    struct member *a = member_new(&r, NULL);
    a->no_store = true;
    WAIT(&r, a->seen_n == 40);
    struct member *b = member_new(&r, NULL);
    WAIT(&r, kafka_consumer_assigned(a->c, -1) == PARTITIONS && kafka_consumer_assigned(b->c, -1) == PARTITIONS);
    for (int32_t p = 0; p < PARTITIONS; p++)
        kafka_consumer_store(a->c, 1, p, 10);
    int mine = kafka_consumer_assigned(a->c, 1);
    WAIT(&r, b->seen_n >= 10 * (PARTITIONS - mine));
    member_close(a);
    member_close(b);
    struct member *c = member_new(&r, NULL);
    run_for(&r, 1500);
    cr_assert_eq(c->seen_n, 0, "%d came again", c->seen_n);
    member_close(c);
    free(a);
    free(b);
    free(c);
    rig_close(&r);
}

Test(kafka, a_halted_partition_stands_and_goes_on)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *m = member_holding(&r, PARTITIONS);
    produce_many(&r, BULK, 40); /* 10 in each partition */
    WAIT(&r, kafka_consumer_queued(m->c, 1) == 40);
    struct kafka_message bad, other;
    int halted = -1;
    cr_assert_eq(kafka_consumer_take(m->c, &bad, 1), 1);
    halted = bad.partition;
    kafka_consumer_halt(m->c, &bad);
    kafka_consumer_store_taken(m->c, &bad, 1);
    int others = 0;
    uint64_t until = clock_mono_ms() + 1500;
    while (clock_mono_ms() < until) {
        loop_run_once(r.loop);
        while (kafka_consumer_take(m->c, &other, 1) == 1) {
            cr_assert_neq(other.partition, halted, "the halted partition goes on");
            kafka_consumer_store_taken(m->c, &other, 1);
            kafka_message_release(&other);
            others++;
        }
    }
    cr_assert_eq(others, 30);
    kafka_consumer_resume(m->c, &bad);
    kafka_message_release(&bad);
    m->hold = false;
    WAIT(&r, m->seen_n >= 9);
    run_for(&r, 300);
    cr_assert_eq(m->seen_n, 9);
    for (int i = 0; i < 9; i++)
        cr_assert(m->partition[i] == halted && m->offset[i] == i + 1);
    member_close(m);
    m->closed = false;
    struct member *again = member_new(&r, NULL);
    run_for(&r, 1500);
    cr_assert_eq(again->seen_n, 0);
    member_close(again);
    free(m);
    free(again);
    rig_close(&r);
}

Test(kafka, a_message_held_back_comes_again)
{
    struct rig r;
    rig_open(&r, 1);
    struct member *m = member_holding(&r, 1);
    struct reports rs = {.ok = 0};
    for (int i = 0; i < 10; i++)
        produce(&r, BULK, 0, "x", &rs);
    WAIT(&r, rs.ok == 10 && kafka_consumer_queued(m->c, 1) == 10);
    struct kafka_message got[10];
    cr_assert_eq(kafka_consumer_take(m->c, got, 10), 10);
    kafka_consumer_halt(m->c, &got[4]);
    kafka_consumer_store_taken(m->c, got, 10); /* only the four before the bad one may count */
    for (int i = 0; i < 10; i++)
        kafka_message_release(&got[i]);
    member_close(m);
    struct member *next = member_new(&r, NULL);
    WAIT(&r, next->seen_n >= 6);
    cr_assert_eq(next->offset[0], 4);
    member_close(next);
    free(m);
    free(next);
    rig_close(&r);
}

Test(kafka, a_broker_goes_away_and_comes_back)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *m = member_new(&r, NULL);
    produce_many(&r, BULK, 20);
    WAIT(&r, m->seen_n == 20);
    WAIT(&r, kafka_producer_connected(r.producer) && kafka_consumer_connected(m->c));
    rd_kafka_mock_broker_set_down(r.mock, 1);
    WAIT(&r, !kafka_producer_connected(r.producer) && !kafka_consumer_connected(m->c));
    cr_assert_eq(metrics_get(METRICS_KAFKA_CONNECTED, NULL), 0);
    struct reports rs = {.ok = 0};
    for (int i = 0; i < 20; i++)
        produce(&r, BULK, i % PARTITIONS, "late", &rs);
    run_for(&r, 500);
    cr_assert_eq(rs.ok + rs.failed, 0);
    cr_assert_eq(kafka_producer_pending(r.producer), 20);
    rd_kafka_mock_broker_set_up(r.mock, 1);
    WAIT(&r, rs.ok == 20);
    WAIT(&r, m->seen_n >= 40);
    WAIT(&r, kafka_producer_connected(r.producer) && kafka_consumer_connected(m->c));
    cr_assert_eq(metrics_get(METRICS_KAFKA_CONNECTED, NULL), 1);
    member_close(m);
    free(m);
    rig_close(&r);
}

Test(kafka, the_queue_is_bounded_and_messages_time_out)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    rd_kafka_mock_broker_set_down(r.mock, 1);
    struct kafka_producer_options o = {.brokers = r.brokers, .queue_max = 10, .message_timeout_ms = 500};
    struct kafka_producer *p = NULL;
    struct reports rs = {.ok = 0};
    struct err err;
    cr_assert_eq(kafka_producer_new(r.loop, &o, &p, NULL), 0);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(kafka_produce(p, BULK, -1, STR("k"), STR("v"), NULL, on_report, &rs, NULL), 0);
    cr_assert_eq(kafka_produce(p, BULK, -1, STR("k"), STR("v"), NULL, on_report, &rs, &err), -ERR_OVERLOADED);
    cr_assert_eq(err.code, ERR_OVERLOADED);
    WAIT(&r, rs.failed == 10);
    cr_assert_eq(rs.last_code, -ERR_TIMEOUT);
    cr_assert_eq(kafka_producer_pending(p), 0);
    cr_assert_eq(metrics_get(METRICS_PUBLISHED, BULK, "failed", NULL), 10);
    cr_assert_eq(metrics_get(METRICS_PUBLISHED, BULK, "refused", NULL), 1);
    kafka_producer_free(p);
    rig_close(&r);
}

/* librdkafka before 2.3 ends the process when a client goes between its admission and its first assignment. */
Test(kafka, a_member_may_leave_at_any_time_after_it_joined)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *first = member_new(&r, NULL);
    WAIT(&r, kafka_consumer_assigned(first->c, -1) == 2 * PARTITIONS);
    for (uint64_t ms = 0; ms <= 2400; ms += 400) { /* the others' part of a rebalance is what it waits for */
        struct member *m = member_new(&r, NULL);
        run_for(&r, ms);
        member_close(m);
        free(m);
    }
    member_close(first);
    free(first);
    rig_close(&r);
}

Test(kafka, closing_without_a_broker_ends_at_the_deadline)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct member *m = member_new(&r, NULL);
    WAIT(&r, kafka_consumer_assigned(m->c, -1) == 2 * PARTITIONS);
    rd_kafka_mock_broker_set_down(r.mock, 1);
    run_for(&r, 100);
    kafka_consumer_close(m->c, 300, on_closed, m);
    WAIT(&r, m->closed);
    free(m);
    rig_close(&r);
}

Test(kafka, flush_waits_for_the_reports)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    struct reports rs = {.ok = 0};
    for (int i = 0; i < 100; i++)
        produce(&r, BULK, -1, "v", &rs);
    cr_assert_eq(kafka_producer_flush(r.producer, 10000), 0);
    cr_assert_eq(rs.ok, 100);
    rd_kafka_mock_broker_set_down(r.mock, 1);
    produce(&r, BULK, -1, "v", &rs);
    cr_assert_eq(kafka_producer_flush(r.producer, 50), -ERR_TIMEOUT);
    rig_close(&r);
}

static void free_inside(void *ud, int code UNUSED, int32_t partition UNUSED, int64_t offset UNUSED)
{
    struct rig *r = ud;
    cr_assert_not_null(r->producer, "called after the producer was freed");
    kafka_producer_free(r->producer);
    r->producer = NULL;
}

Test(kafka, a_producer_may_be_freed_inside_a_report)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(kafka_produce(r.producer, BULK, -1, STR("k"), STR("v"), NULL, free_inside, &r, NULL), 0);
    WAIT(&r, r.producer == NULL);
    run_for(&r, 50);
    rig_close(&r);
}

Test(kafka, settings_that_do_not_exist_are_refused)
{
    struct rig r;
    rig_open(&r, PARTITIONS);
    const char *const settings[] = {"no.such.setting", "1", NULL};
    struct kafka_producer_options po = {.brokers = r.brokers, .settings = settings};
    struct kafka_consumer_options co = {.brokers = r.brokers, .topics = topics, .topics_n = 2, .settings = settings};
    struct kafka_producer *p = NULL;
    struct kafka_consumer *c = NULL;
    struct err err;
    cr_assert_eq(kafka_producer_new(r.loop, &po, &p, &err), -ERR_CONFIG);
    cr_assert(strstr(err.msg, "no.such.setting") != NULL, "%s", err.msg);
    cr_assert_eq(kafka_consumer_new(r.loop, &co, nothing, NULL, &c, &err), -ERR_CONFIG);
    rig_close(&r);
}
