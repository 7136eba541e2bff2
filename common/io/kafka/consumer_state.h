/* What a consumer consists of; shared by consumer.c (life), consumer_group.c (a topic's group) and consumer_take.c
 * (messages, offsets). Private to io/kafka. */
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

/* One topic, read by a client of its own as a member of the topic's group. */
struct topic {
    struct kafka_link link; /* first: the client's opaque */
    struct kafka_consumer *consumer;
    char *name;
    rd_kafka_queue_t *queue;
    struct part *parts; /* by partition number */
    int parts_n;
    int assigned;
    struct metrics_series *consumed, *lag;
    rd_kafka_queue_t *group;   /* the group's queue */
    rd_kafka_queue_t *leaving; /* what it is redirected to at the end; NULL while open */
    int group_fd;
    struct loop_poll *group_poll;
    bool settled;  /* an assignment came, be it of nothing */
    bool settling; /* it wants to leave, and waits for the first assignment until settle_until_ms */
    uint64_t settle_until_ms;
    bool ended, abandoned;
    bool stuck; /* destroying it would be the end of the process */
};

struct kafka_consumer {
    struct loop *loop;
    struct topic topics[KAFKA_CONSUMER_TOPICS_MAX];
    int topics_n;
    int alive_n; /* topics whose client still exists */
    int messages_fd;
    struct loop_poll *messages_poll;
    struct loop_timer *tick, *deadline;
    kafka_ready_fn *on_ready;
    loop_fn *done;
    void *ud, *done_ud;
    bool closing;
};

/* NULL when nothing is known of the partition. */
static inline struct part *kafka_consumer_part(const struct topic *t, int32_t partition)
{
    return partition >= 0 && partition < t->parts_n ? &t->parts[partition] : NULL;
}

/* consumer_group.c. The topic's name, consumer and messages_fd are set. Joins the group; after an error nothing of the
 * client is left. */
int kafka_group_join(struct topic *t, const struct kafka_consumer_options *o, struct err *err);
/* Group events, errors and logs, as far as they came. */
void kafka_group_serve(struct topic *t);
/* Commits and leaves; then, or when the answer does not come and kafka_group_abandon is called, kafka_consumer_left. */
void kafka_group_leave(struct topic *t);
void kafka_group_abandon(struct topic *t);
void kafka_consumer_left(struct topic *t); /* consumer.c: the topic's client is gone */
