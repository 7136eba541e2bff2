/* Blocking helpers for commands that prepare or examine a cluster; never on the loop of a daemon. */
#pragma once

#include "base/err.h"

/* Makes the topics that do not exist, with so many partitions and replicas, and waits until each has a leader. Existing
 * ones stay as they are. Brokers that are not up yet are waited for. timeout_ms is for everything together.
 * -ERR_UNAVAILABLE no broker, -ERR_TIMEOUT, -ERR_CONFIG (name, partitions or replicas not accepted), -ERR_IO. */
int kafka_topics_ensure(const char *brokers, const char *const *names, int n, int partitions, int replication,
                        int timeout_ms, struct err *err);

/* 0 when a broker answers within timeout_ms, else -ERR_UNAVAILABLE. */
int kafka_ping(const char *brokers, int timeout_ms, struct err *err);
