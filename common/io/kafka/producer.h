/* Publishing to Kafka from the loop. Nothing here blocks; the queue is bounded; reports come back on the loop.
 *
 * The client keeps trying while brokers are away: a message waits up to message_timeout_ms, then its report says
 * ERR_TIMEOUT. The counters jobmill_kafka_published_total{topic,outcome} (ok, failed, refused) and the gauge
 * jobmill_kafka_connected are kept here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "core/loop.h"

struct kafka_producer;

#define KAFKA_PRODUCER_TOPICS_MAX 64 /* different topics one producer may write to */

struct kafka_producer_options {
    const char *brokers;         /* "host:port,host:port" */
    const char *client_id;       /* NULL: "jobmill" */
    int linger_ms;               /* how long a message waits for company; 0 sends at once */
    int acks;                    /* -1 all in-sync replicas, 1 the leader; 0 takes the default, -1 */
    int queue_max;               /* messages not yet reported; 0: 50,000 */
    int message_timeout_ms;      /* 0: 10,000 */
    const char *const *settings; /* more librdkafka settings: name, value, ..., NULL; may be NULL */
};

/* All strings are borrowed until the call returns. -ERR_CONFIG when a setting is refused. No connection is waited for.
 */
int kafka_producer_new(struct loop *l, const struct kafka_producer_options *o, struct kafka_producer **ret,
                       struct err *err);

/* Drops what is still queued (its reports are not called); flush before to send it. Threads end in the background: the
 * memory goes when the loop runs on, or in loop_free. Accepts NULL. Safe inside a report. */
void kafka_producer_free(struct kafka_producer *p);
CLEANUP_DEFINE(struct kafka_producer, kafka_producer_free)

/* code: 0, or -ERR_x (ERR_TIMEOUT, ERR_NOT_FOUND no such topic or partition, ERR_TOO_LARGE, ERR_IO).
 * partition and offset are -1 unless code is 0. Runs on the loop, never inside kafka_produce. */
typedef void kafka_report_fn(void *ud, int code, int32_t partition, int64_t offset);

/* Queues one message. Everything is copied. partition -1: by the key (equal keys, equal partition), any when the key is
 * empty. headers: name, value, ..., NULL-terminated C strings; may be NULL. fn may be NULL. -ERR_OVERLOADED the queue
 * is full, -ERR_TOO_LARGE, -ERR_LIMIT too many topics, -ERR_IO; fn is not called then. */
int kafka_produce(struct kafka_producer *p, const char *topic, int32_t partition, struct str key, struct str value,
                  const char *const *headers, kafka_report_fn *fn, void *ud, struct err *err);

/* Messages queued or out without a report. */
size_t kafka_producer_pending(const struct kafka_producer *p);

/* Blocks until every message has its report (fn runs inside) or timeout_ms went by; for the end of a process and for
 * tests. 0, or -ERR_TIMEOUT. */
int kafka_producer_flush(struct kafka_producer *p, int timeout_ms);

bool kafka_producer_connected(const struct kafka_producer *p); /* a broker answers, as far as is known */
