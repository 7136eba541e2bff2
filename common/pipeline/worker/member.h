/* A member of the fleet: what every daemon has beside its work. Connections (Postgres, Kafka producer, Redis, outbox),
 * the heartbeat row, the operations server (/livez, /readyz, /metrics) and the control socket (ping, stats, live
 * settings, drain). */
#pragma once

#include "core/daemon.h"
#include "io/kafka/producer.h"
#include "io/pg/pg.h"
#include "io/redis/redis.h"
#include "pipeline/progress/outbox.h"

struct member;

struct member_spec {
    const char *kind;    /* "analyzer" */
    const char *pg_role; /* used when pg.user is empty */
    void *ud;            /* of the calls below; each may be NULL */
    int (*in_flight)(void *ud);
    int (*concurrency)(void *ud);
    int64_t (*done)(void *ud);
    void (*lost)(void *ud); /* the row was declared lost; member_worker_id() is a new one already */
    bool (*extra_check)(void *ud, char detail[64]); /* one more critical readiness check, named after the kind */
    void (*setting)(void *ud);                      /* a live setting changed */
    void (*beat)(void *ud);                         /* after every committed heartbeat */
    bool no_ops;                                    /* the daemon serves its own /livez ... */
    int ops_port;                                   /* then this port is in its row */
};

/* Strings of spec are static. Refuses a database whose schema is not this program's (ERR_SCHEMA). */
int member_new(struct daemon *d, const struct member_spec *spec, struct member **ret, struct err *err) MUST_CHECK;
void member_free(struct member *m); /* after member_leave or without it */

const struct uuid *member_worker_id(const struct member *m);
struct pg_pool *member_pool(struct member *m);
struct kafka_producer *member_producer(struct member *m);
struct redis *member_redis(struct member *m);
struct outbox *member_outbox(struct member *m);
struct daemon *member_daemon(struct member *m);
bool member_stopping(const struct member *m);
/* There are connections and heartbeats are committed through them: false too when the server is there but stands still.
 */
bool member_postgres_works(const struct member *m);
void member_stop(struct member *m); /* /readyz says not ready from now on; heartbeats go on */
/* Takes the row away, then flushes the producer and calls done. */
void member_leave(struct member *m, loop_fn *done, void *ud);
/* The settings of the connections, for those who open more (sessions). Strings live as long as the member. */
struct pg_options member_pg_options(struct member *m);
