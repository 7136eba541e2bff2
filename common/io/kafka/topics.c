#include "io/kafka/topics.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <string.h>
#include "core/clock.h"
#include "io/kafka/link.h"

#define LOOK_TRY_MS 1000

static void look_quiet(const rd_kafka_t *rk UNUSED, int level UNUSED, const char *fac UNUSED, const char *text UNUSED)
{
}

static rd_kafka_t *look_open(const char *brokers, struct err *err)
{
    char why[ERR_MSG_BYTES];
    rd_kafka_conf_t *conf;
    if (kafka_conf_new(brokers, "jobmill-topics", NULL, &conf, err) < 0)
        return NULL;
    if (kafka_conf_set(conf, "log.queue", "false", 0, err) < 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, look_quiet);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    return rk;
}

static void look_fill(const struct rd_kafka_metadata *md, struct kafka_topic_state *t)
{
    t->partitions = t->leaderless = 0;
    for (int i = 0; i < md->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *mt = &md->topics[i];
        if (strcmp(mt->topic, t->name) != 0 || mt->err)
            continue;
        t->partitions = mt->partition_cnt;
        for (int p = 0; p < mt->partition_cnt; p++)
            t->leaderless += mt->partitions[p].leader < 0;
    }
}

int kafka_topics_look(const char *brokers, struct kafka_topic_state *topics, int n, int timeout_ms, struct err *err)
{
    rd_kafka_t *rk = look_open(brokers, err);
    if (!rk)
        return err ? -(int)err->code : -ERR_UNAVAILABLE;
    uint64_t deadline_ms = clock_mono_ms() + (uint64_t)timeout_ms;
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t e;
    do
        e = rd_kafka_metadata(rk, 1, NULL, &md, MIN(timeout_ms, LOOK_TRY_MS));
    while (e != RD_KAFKA_RESP_ERR_NO_ERROR && clock_mono_ms() < deadline_ms);
    int rc = 0;
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR)
        rc = err_set(err, ERR_UNAVAILABLE, "kafka: no broker answers at %.120s", brokers);
    for (int i = 0; rc == 0 && i < n; i++)
        look_fill(md, &topics[i]);
    if (md)
        rd_kafka_metadata_destroy(md);
    rd_kafka_destroy(rk);
    return rc;
}
