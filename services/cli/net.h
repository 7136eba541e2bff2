/* Small questions to the network, blocking. */
#pragma once

#include <stdbool.h>
#include "base/err.h"

/* 0 when somebody accepts a connection within timeout_ms. */
int net_reach(const char *host, int port, int timeout_ms, struct err *err);
/* Redis: PING (after AUTH when a password is given) answered by PONG. */
int net_redis_ping(const char *host, int port, const char *password, int timeout_ms, struct err *err);
/* First "host:port" of a list; otherwise_port when it names none. */
void net_first(const char *list, int otherwise_port, char *host, int cap, int *ret_port);
