/* What a consumer consists of; shared by consumer.c (life, group) and consumer_take.c (messages, offsets). Private to
 * io/kafka. */
#pragma once

#include "core/metrics.h"
#include "io/kafka/consumer.h"
#include "io/kafka/link.h"

#define OFFSET_NONE (-1)

struct part {
    bool assigned;
    int64_t next;      /* behind the last message taken */
    int64_t stored;    /* everything before is dealt with; at first the first message taken */
    int64_t halted_at; /* the message the partition stands at */
    int64_t held;      /* the furthest store while halted */
};

struct topic {
    char *name;
    rd_kafka_queue_t *queue;
    struct part *parts; /* by partition number */
    int parts_n;
    int assigned;
    struct metrics_series *consumed, *lag;
};

struct kafka_consumer {
    struct kafka_link link; /* first: the client's opaque */
    struct topic topics[KAFKA_CONSUMER_TOPICS_MAX];
    int topics_n;
    rd_kafka_queue_t *group;   /* the group's queue */
    rd_kafka_queue_t *leaving; /* what it is redirected to at the end; NULL while open */
    int messages_fd, group_fd;
    struct loop_poll *messages_poll, *group_poll;
    struct loop_timer *tick, *deadline;
    kafka_ready_fn *on_ready;
    loop_fn *done;
    void *ud, *done_ud;
    bool closing, ended, abandoned;
};

/* NULL when nothing is known of the partition. */
static inline struct part *kafka_consumer_part(const struct topic *t, int32_t partition)
{
    return partition >= 0 && partition < t->parts_n ? &t->parts[partition] : NULL;
}
