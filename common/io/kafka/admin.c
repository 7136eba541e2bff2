/* A short-lived client without group: asks until the deadline, because a command that prepares a cluster is often
 * started together with it. Topics are made one request for all; "exists already" is what was wanted. */
#include "io/kafka/admin.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/clock.h"
#include "io/kafka/link.h"

#define TRY_MS      1000
#define PAUSE_MS    50
#define TOPICS_MAX  256
#define ERROR_BYTES 200

static int left_ms(uint64_t deadline_ms)
{
    uint64_t now = clock_mono_ms();
    return now >= deadline_ms ? 0 : (int)(deadline_ms - now);
}

static void pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static void quiet(const rd_kafka_t *rk UNUSED, int level UNUSED, const char *fac UNUSED, const char *text UNUSED)
{
}

static int client_open(const char *brokers, rd_kafka_t **ret, struct err *err)
{
    char why[ERROR_BYTES];
    rd_kafka_conf_t *conf;
    int rc = kafka_conf_new(brokers, "jobmill-admin", NULL, &conf, err);
    if (rc)
        return rc;
    rc = kafka_conf_set(conf, "log.queue", "false", rc, err);
    if (rc) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rd_kafka_conf_set_log_cb(conf, quiet);
    *ret = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (*ret)
        return 0;
    rd_kafka_conf_destroy(conf);
    return err_set(err, ERR_CONFIG, "kafka: %s", why);
}

static void client_close(rd_kafka_t **rk)
{
    if (*rk)
        rd_kafka_destroy(*rk);
}

static int wait_broker(rd_kafka_t *rk, const char *brokers, uint64_t deadline_ms, struct err *err)
{
    for (;;) {
        const struct rd_kafka_metadata *md = NULL;
        int left = left_ms(deadline_ms);
        rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 0, NULL, &md, MAX(1, MIN(left, TRY_MS)));
        if (md)
            rd_kafka_metadata_destroy(md);
        if (e == RD_KAFKA_RESP_ERR_NO_ERROR)
            return 0;
        if (left == 0)
            return err_set(err, ERR_UNAVAILABLE, "kafka: no broker answers at %.120s", brokers);
        pause_ms(MIN(left, PAUSE_MS));
    }
}

int kafka_ping(const char *brokers, int timeout_ms, struct err *err)
{
    _cleanup_(client_close)
    rd_kafka_t *rk = NULL;
    int rc = client_open(brokers, &rk, err);
    return rc ? rc : wait_broker(rk, brokers, clock_mono_ms() + (uint64_t)timeout_ms, err);
}

/* Whether each of the topics has a leader for every partition. */
static bool have_leaders(rd_kafka_t *rk, const char *const *names, int n, int timeout_ms)
{
    const struct rd_kafka_metadata *md = NULL;
    if (rd_kafka_metadata(rk, 1, NULL, &md, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    int found = 0;
    for (int i = 0; i < n; i++)
        for (int t = 0; t < md->topic_cnt; t++) {
            const struct rd_kafka_metadata_topic *mt = &md->topics[t];
            if (strcmp(mt->topic, names[i]) != 0 || mt->err || mt->partition_cnt == 0)
                continue;
            bool led = true;
            for (int j = 0; j < mt->partition_cnt; j++)
                led = led && mt->partitions[j].leader >= 0;
            found += led;
        }
    rd_kafka_metadata_destroy(md);
    return found == n;
}

static int creation_result(rd_kafka_event_t *ev, struct err *err)
{
    if (rd_kafka_event_error(ev))
        return err_set(err, kafka_err_code(rd_kafka_event_error(ev)), "kafka: creating topics: %s",
                       rd_kafka_event_error_string(ev));
    size_t n = 0;
    const rd_kafka_topic_result_t **rs =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(rs[i]);
        if (e == RD_KAFKA_RESP_ERR_NO_ERROR || e == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        bool config = e == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION || e == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS ||
                      e == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
        const char *why = rd_kafka_topic_result_error_string(rs[i]);
        return err_set(err, config ? ERR_CONFIG : kafka_err_code(e), "kafka: topic %.80s: %.120s",
                       rd_kafka_topic_result_name(rs[i]), why ? why : rd_kafka_err2str(e));
    }
    return 0;
}

static int create(rd_kafka_t *rk, const char *const *names, int n, int partitions, int replication, int timeout_ms,
                  struct err *err)
{
    rd_kafka_NewTopic_t *topics[TOPICS_MAX];
    char why[ERROR_BYTES];
    int made = 0;
    for (; made < n; made++)
        if (!(topics[made] = rd_kafka_NewTopic_new(names[made], partitions, replication, why, sizeof(why))))
            break;
    int rc = 0;
    if (made < n) {
        rc = err_set(err, ERR_CONFIG, "kafka: topic %.80s: %.120s", names[made], why);
    } else {
        rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
        rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        rd_kafka_AdminOptions_set_request_timeout(o, MAX(1, timeout_ms), NULL, 0);
        rd_kafka_AdminOptions_set_operation_timeout(o, MAX(1, timeout_ms), NULL, 0);
        rd_kafka_CreateTopics(rk, topics, (size_t)n, o, q);
        rd_kafka_event_t *ev = rd_kafka_queue_poll(q, timeout_ms + TRY_MS);
        rc = ev ? creation_result(ev, err) : err_set(err, ERR_TIMEOUT, "kafka: creating topics took too long");
        if (ev)
            rd_kafka_event_destroy(ev);
        rd_kafka_AdminOptions_destroy(o);
        rd_kafka_queue_destroy(q);
    }
    rd_kafka_NewTopic_destroy_array(topics, (size_t)made);
    return rc;
}

int kafka_topics_ensure(const char *brokers, const char *const *names, int n, int partitions, int replication,
                        int timeout_ms, struct err *err)
{
    if (n < 1 || n > TOPICS_MAX)
        return err_set(err, ERR_LIMIT, "kafka: 1 to %d topics at a time", TOPICS_MAX);
    uint64_t deadline = clock_mono_ms() + (uint64_t)timeout_ms;
    _cleanup_(client_close)
    rd_kafka_t *rk = NULL;
    int rc = client_open(brokers, &rk, err);
    if (rc == 0)
        rc = wait_broker(rk, brokers, deadline, err);
    if (rc || have_leaders(rk, names, n, MAX(1, MIN(left_ms(deadline), TRY_MS))))
        return rc;
    rc = create(rk, names, n, partitions, replication, left_ms(deadline), err);
    while (rc == 0 && !have_leaders(rk, names, n, MAX(1, MIN(left_ms(deadline), TRY_MS)))) {
        if (left_ms(deadline) == 0)
            return err_set(err, ERR_TIMEOUT, "kafka: the topics have no leaders yet");
        pause_ms(PAUSE_MS);
    }
    return rc;
}
