/* What the files of io/pg share with each other and nobody else. libpq is visible only behind this header.
 *
 *   request.c  a group being built                param.c  its parameters         value.c  reading results
 *   error.c    sqlstate to err                    conn.c   one connection: connect, pipeline, loss
 *   pool.c     many connections, queue, sessions  sync.c   the blocking one */
#pragma once

#include <libpq-fe.h>
#include "base/buf.h"
#include "base/list.h"
#include "core/metrics.h"
#include "io/pg/pg.h"

#define PG_GROUP_MAX                  (PG_STATEMENTS_MAX + 1) /* with the tenant's */
#define PG_SQLSTATE_UNKNOWN_STATEMENT "26000"
#define PG_SQLSTATE_STALE_PLAN        "0A000"

/* A statement this pool has met. Its index is the same on every connection. */
struct pg_known {
    const struct pg_stmt *stmt;
    struct metrics_series *seconds;
};

struct pg_param {
    uint32_t at; /* into the request's bytes */
    int32_t n;   /* -1: NULL */
};

struct pg_request_stmt {
    const struct pg_stmt *stmt;
    uint32_t known;       /* index */
    uint32_t param_first; /* into the request's params */
    uint32_t nparams;
};

struct pg_request {
    struct list link; /* of the pool's queue, failed or spare list, or of a connection's groups */
    struct pg_pool *pool;
    pg_reply_fn *fn;
    void *ud;
    struct err err; /* the first thing that went wrong; code 0 while nothing did */
    /* what to send */
    struct buf bytes;     /* parameter values */
    struct buf params;    /* struct pg_param each */
    struct buf vector_at; /* uint32_t each: places in bytes where the oid of vector goes */
    struct pg_request_stmt stmts[PG_GROUP_MAX];
    int count;
    bool tenant; /* stmts[0] sets the tenant */
    bool idempotent;
    bool resent;   /* was sent once before */
    bool internal; /* the connection's own */
    /* the array being built */
    bool array_open, array_null;
    enum pg_type array_type;
    size_t array_at;
    uint32_t array_count;
    /* under way */
    uint64_t deadline_ms; /* in the queue, loop time */
    uint64_t sent_us;
    uint16_t
        prepares[PG_GROUP_MAX]; /* known statements prepared right before the group, closed by a Sync of their own */
    int nprepares;
    int step; /* results taken: the prepares, their Sync, the statements */
    PGresult *results[PG_GROUP_MAX];
};

struct pg_reply {
    struct pg_request *request;
};

enum pg_conn_state { PG_CONN_DOWN, PG_CONN_CONNECTING, PG_CONN_SETUP, PG_CONN_READY, PG_CONN_RETIRING };
enum pg_prepared { PG_PREPARED_NO = 0, PG_PREPARED_SENT, PG_PREPARED_YES };

struct pg_conn {
    struct pg_pool *pool;
    PGconn *pg;
    struct loop_poll *poll;
    struct loop_timer *timer; /* DOWN: next attempt; CONNECTING and SETUP: give up */
    enum pg_conn_state state;
    unsigned attempt;
    int events;         /* watched now */
    int turn_groups;    /* sent since the last flush */
    bool corked;        /* the kernel gathers what is written */
    bool broken;        /* libpq refused something: to be closed at the end of the turn's work */
    struct list groups; /* sent and not answered, oldest first */
    int ngroups;
    uint32_t silent_ms;  /* counted in ticks since the last result, so that a pause of this process does not count */
    uint32_t vector_oid; /* 0: the extension is not there */
    uint8_t prepared[PG_KNOWN_MAX];
};

struct pg_pool {
    struct loop *loop;
    struct pg_options opt; /* strings owned */
    struct pg_conn *conns;
    int nready;
    bool session; /* fails instead of waiting */
    bool closed;
    bool pumping; /* a deferred pump is due */
    struct list queue;
    int nqueued;
    int nqueued_shown;  /* what the gauge was told */
    struct list failed; /* their callbacks are due in the pump */
    struct list spare;
    int nspare;
    struct loop_timer *tick;
    pg_state_fn *on_state;
    void *on_state_ud;
    bool state_told;
    struct metrics_series *m_connected, *m_queue;
    struct map *known_by_stmt;
    struct pg_known known[PG_KNOWN_MAX];
    uint32_t nknown;
};

/* request.c */
void pg_request_fail(struct pg_request *q, enum err_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);                      /* the first one counts */
int pg_request_check(struct pg_request *q); /* complete and sound; else fills q->err and returns negative */
void pg_request_recycle(struct pg_request *q);
void pg_request_dispose(struct pg_request *q);
const struct pg_param *pg_request_params(const struct pg_request *q);
void pg_request_finish(struct pg_request *q); /* calls fn with results or err, then recycles */
/* Index of a statement in the pool, -1 when PG_KNOWN_MAX is reached or the name stands for another text. */
int pg_known_index(struct pg_pool *p, const struct pg_stmt *stmt);

/* error.c: what a failed result means. Preparing results may speak freely, others say only their sqlstate. */
void pg_error_from_result(const PGresult *res, const char *statement, bool preparing, struct err *err);
bool pg_error_is_lost(const char *sqlstate); /* the connection is going, or gone */
/* The failure of a connection attempt; libpq's text is passed on. */
void pg_error_from_connect(const PGconn *pg, struct err *err);

/* conn.c */
void pg_conn_init(struct pg_conn *c, struct pg_pool *p);
void pg_conn_fini(struct pg_conn *c); /* its groups must be gone */
void pg_conn_start(struct pg_conn *c);
void pg_conn_send(struct pg_conn *c, struct pg_request *q); /* takes q; flush follows */
void pg_conn_flush(struct pg_conn *c);
void pg_conn_check(struct pg_conn *c, uint32_t tick_ms); /* once a tick: gives up on one that is silent too long */
void pg_conn_take_groups(struct pg_conn *c, struct list *to);
/* Parameters for libpq in keys/values with room for PG_CONNECT_KEYS; options is written into buffer. */
#define PG_CONNECT_KEYS 16
struct pg_connect_args {
    const char *keys[PG_CONNECT_KEYS];
    const char *values[PG_CONNECT_KEYS];
    char port[16];
    char options[320];
};
void pg_connect_args(struct pg_connect_args *a, const struct pg_options *opt, bool generic_plans);

/* pool.c, called by conn.c */
void pg_pool_conn_ready(struct pg_pool *p);
/* The connection is closed; lost: what was under way on it, in order. */
void pg_pool_conn_lost(struct pg_pool *p, struct list *lost);
/* Takes q: its group was ended by its Sync. stale: undone because the connection's statements are, may be sent once
 * more. */
void pg_pool_answered(struct pg_pool *p, struct pg_request *q, bool stale);
void pg_pool_pump_later(struct pg_pool *p);
