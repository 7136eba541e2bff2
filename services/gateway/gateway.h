/* The gateway process: HTTP API in, Postgres and Kafka out. One struct with everything it holds; the resources'
 * handlers get it through their struct call. */
#pragma once

#include "core/daemon.h"
#include "core/seal.h"
#include "io/http/ops.h"
#include "io/http/router.h"
#include "io/kafka/producer.h"
#include "io/pg/pg.h"
#include "io/redis/redis.h"
#include "pipeline/progress/outbox.h"
#include "pipeline/model/estimate.h"
#include "pipeline/worker/member.h"

struct hub;
struct imports;
struct keyring;
struct uploads;

struct gateway {
    struct daemon *daemon;
    struct member *member;
    struct loop *loop;
    struct config *config;
    struct pg_pool *pool; /* the member's, like the next three */
    struct kafka_producer *producer;
    struct redis *redis;
    struct outbox *outbox;
    struct http_server *server;
    struct keyring *keys;
    struct hub *hub;
    struct uploads *uploads;
    struct imports *imports;
    struct seal_key master;
    struct estimator estimator;
    bool registered; /* the row in workers is there: uploads may begin */
    size_t streams;  /* open event streams */
    size_t printing; /* PDF and DOCX under way on the thread pool */
    bool stopping;
    bool closed; /* the pool is going: nothing is sent any more */
};

int gateway_start(struct daemon *d, void **ret_state, struct err *err);
void gateway_stop(struct daemon *d, void *state);
void gateway_free(void *state);

http_handler_fn gateway_handle; /* every request of the API's port; routes.c */
bool gateway_ops_handle(struct gateway *g,
                        struct http_request *req); /* /livez, /readyz, /metrics, /version; false: another path */
/* After a commit: what the statement made ready is published, the events are told. */
void gateway_publish(struct gateway *g, const struct pg_rows *changes);
