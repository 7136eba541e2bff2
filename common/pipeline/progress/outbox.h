/* After a commit: publishes the tasks that became ready to Kafka and the events to Redis. Both may fail without harm:
 * an unpublished task is found by the dispatcher, a lost event by its sequence number. */
#pragma once

#include "io/kafka/producer.h"
#include "io/redis/redis.h"
#include "pipeline/store/changes.h"

struct outbox; /* collects the events of one reply per batch */

struct outbox *outbox_new(struct kafka_producer *producer, struct redis *redis); /* both borrowed; redis may be NULL */
void outbox_free(struct outbox *o);
CLEANUP_DEFINE(struct outbox, outbox_free)
/* Publishes one task. attempt: attempts made before. */
void outbox_task(struct outbox *o, const struct uuid *tenant_id, const struct uuid *task_id, int stage, int priority,
                 int attempt, struct str traceparent);
/* Goes through the rows of one statement: PUBLISH rows to Kafka, EVENT rows to Redis (one message per batch). Returns
 * the number of ACCEPTED rows; their subjects are reported through fn when it is not NULL. */
typedef void outbox_accepted_fn(void *ud, const struct change *c);
int outbox_changes(struct outbox *o, const struct pg_rows *rows, outbox_accepted_fn *fn, void *ud);
