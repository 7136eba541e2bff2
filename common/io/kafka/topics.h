/* What a cluster knows about topics. Blocking, for commands that examine it; never on the loop of a daemon. */
#pragma once

#include "base/err.h"

struct kafka_topic_state {
    const char *name; /* in: borrowed */
    int partitions;   /* out: 0 when there is no such topic */
    int leaderless;   /* out: partitions without a leader */
};

/* Fills n topics. -ERR_UNAVAILABLE when no broker answers within timeout_ms. Makes nothing. */
int kafka_topics_look(const char *brokers, struct kafka_topic_state *topics, int n, int timeout_ms, struct err *err);
