/* Reads an ordered list of topics, the first one first, and shares each of them with all others that read it: a topic's
 * consumer group has the topic's name, and its partitions are spread evenly over the processes.
 *
 *   on_ready -> kafka_consumer_take -> (claim) -> kafka_consumer_store -> kafka_message_release
 *
 * Priority: every assigned partition feeds a queue of its topic; take empties the first topic's queue before the
 * second's. Back-pressure: not taking. Prefetch is bounded per topic (queue_messages, queue_bytes); the member stays
 * in its groups however long nothing is taken. Offsets: only what was stored is committed, every second, when
 * partitions are taken away and at close. The gauge jobmill_kafka_lag, the counter jobmill_kafka_consumed_total and
 * jobmill_kafka_connected are kept here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"
#include "core/loop.h"

struct kafka_consumer;

#define KAFKA_CONSUMER_TOPICS_MAX 8
#define KAFKA_CONSUMER_TAKE_MAX   1024 /* messages in one take */

struct kafka_consumer_options {
    const char *brokers;
    const char *client_id;     /* NULL: "jobmill" */
    const char *const *topics; /* in order of priority */
    int topics_n;              /* 1 .. KAFKA_CONSUMER_TOPICS_MAX */
    int session_timeout_ms;    /* 0: 6,000; the broker's group.min.session.timeout.ms must allow it */
    const int *gather_ms; /* for each topic, how long the broker may gather messages into one answer: answers are what
                             costs it and us; NULL or 0: a message comes at once */
    int queue_messages;   /* prefetched per topic; 0: the default of consumer.c */
    int queue_bytes;      /* prefetched per topic, rounded up to KiB; 0: the default of consumer.c */
    const char *const *settings; /* more librdkafka settings: name, value, ..., NULL; may be NULL */
};

/* One message. Borrowed from the consumer until kafka_message_release; the struct itself may be copied around. */
struct kafka_message {
    const char *topic; /* lives as long as the consumer */
    int topic_index;   /* into options.topics */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* -1 when there is none */
    struct str key;       /* empty when there is none */
    struct str value;
    void *impl;
};

typedef void kafka_ready_fn(void *ud);

/* Joins the groups in the background. on_ready runs on the loop when messages came in after the queues were empty, and
 * about once a second while messages lie there; then take until it returns less than max. It is never called inside
 * another function of this header. -ERR_CONFIG when a setting is refused. Strings are borrowed until the call returns.
 */
int kafka_consumer_new(struct loop *l, const struct kafka_consumer_options *o, kafka_ready_fn *on_ready, void *ud,
                       struct kafka_consumer **ret, struct err *err);

/* Pops at most max messages (max <= KAFKA_CONSUMER_TAKE_MAX) into out, by priority of the topics, and returns how many.
 * Does not wait. */
int kafka_consumer_take(struct kafka_consumer *c, struct kafka_message *out, int max);
void kafka_message_release(struct kafka_message *m); /* safe on a released or zeroed one */

/* A header's value; false when absent. Borrowed like the message. */
bool kafka_message_header(const struct kafka_message *m, const char *name, struct str *ret);

/* Remembers that everything before `next` (offset of the last message + 1) of a partition is dealt with. Ignored when
 * the partition is not assigned any more, when it would go backwards, or was taken in an earlier assignment. */
void kafka_consumer_store(struct kafka_consumer *c, int topic_index, int32_t partition, int64_t next);
/* The same for messages as taken. */
void kafka_consumer_store_taken(struct kafka_consumer *c, const struct kafka_message *m, int n);

/* Stops a partition at a message that could not even be dead-lettered: no further message comes from it, and stores at
 * or behind m are held back until kafka_consumer_resume. A new assignment forgets it (the message then comes again). */
void kafka_consumer_halt(struct kafka_consumer *c, const struct kafka_message *m);
void kafka_consumer_resume(struct kafka_consumer *c, const struct kafka_message *m);

int kafka_consumer_assigned(const struct kafka_consumer *c, int topic_index); /* partitions held; -1: of all topics */
int64_t kafka_consumer_lag(struct kafka_consumer *c, int topic_index); /* not yet taken, of the partitions held */
size_t kafka_consumer_queued(const struct kafka_consumer *c, int topic_index); /* prefetched and not taken, about */
bool kafka_consumer_connected(const struct kafka_consumer *c);

/* Commits what was stored, leaves the groups and frees everything without blocking the loop; then calls done on the
 * loop. After timeout_ms it gives up on the broker. Every message must have been released before. on_ready is not
 * called any more. */
void kafka_consumer_close(struct kafka_consumer *c, int timeout_ms, loop_fn *done, void *ud);
