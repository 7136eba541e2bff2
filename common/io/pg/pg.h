/* Postgres on the loop: a pool of connections in libpq's pipeline mode, prepared statements, binary values both ways.
 *
 * A request is a group of 1..PG_STATEMENTS_MAX statements that is ONE transaction: all are sent in a row and closed by
 * one Sync; Postgres commits at the Sync or undoes all (PostgreSQL manual, "Pipeline Mode": the statements between two
 * synchronisation points are one implicit transaction). Many groups may be under way on one connection; each is
 * answered on its own.
 *
 *   struct pg_request *q = pg_request_new(pool);
 *   pg_request_tenant(q, &tenant_id);          optional, first
 *   pg_request_add(q, &stmt_claim);            then the parameters of this statement, in order
 *   pg_param_int4(q, 256);
 *   pg_param_uuid_array(q, ids, n, NULL);
 *   pg_request_send(q, on_claimed, ud);        takes q
 *
 * Groups sent one after the other may run in any order, even at the same time; what depends on another group is sent
 * from its callback. Building cannot fail visibly: what goes wrong (too many parameters, too large) is told to the
 * callback.
 *
 * Errors the callback can get (err->sqlstate is filled when Postgres said so):
 * - ERR_UNAVAILABLE: no connection in time (nothing was sent), or the connection was lost after sending (08xxx, 57P01,
 *   57P02, 57P03, 25006). In the second case NOBODY KNOWS whether the group was committed; pg_request_idempotent() lets
 *   the pool send it once more by itself.
 * - ERR_OVERLOADED: the queue is full (nothing was sent), or 40xxx, 55P03, 53xxx: undone, worth another try.
 * - ERR_TIMEOUT: 57014, the statement timeout: undone.
 * - ERR_STORAGE_FULL: 53100: undone.
 * - ERR_DUPLICATE: 23505: undone; the constraint's name is in the message.
 * - ERR_FORBIDDEN: 42501.
 * - ERR_INVALID: 22xxx and the rest of 23xxx.
 * - ERR_SCHEMA: a table, column, function or type is missing: the schema does not fit the program.
 * - any code raised by SQL: RAISE EXCEPTION 'jobmill:<slug>: text' gives the code of that slug, and the text.
 * - ERR_LIMIT (54xxx), ERR_IO (58xxx), ERR_CORRUPT (XX001, XX002), ERR_CANCELLED (the pool was freed), ERR_BUG (the
 *   rest).
 *
 * Messages name the statement and the sqlstate, never a value: only what Postgres says while preparing (it has seen no
 * values then) and texts raised as above are passed on.
 *
 * Host names are resolved by libpq, which blocks: give an address or a socket folder where that matters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"
#include "core/loop.h"

#define PG_STATEMENTS_MAX    32                          /* of a group, the tenant's not counted */
#define PG_PARAMS_MAX        64                          /* of a statement */
#define PG_KNOWN_MAX         512                         /* different statements of a process */
#define PG_REQUEST_MAX_BYTES ((size_t)256 * 1024 * 1024) /* parameters of a group */

struct pg_pool;
struct pg_request;
struct pg_reply;

/* Strings are borrowed until pg_pool_new returns. Zero takes the default. */
struct pg_options {
    const char *host; /* address, name, or socket folder */
    int port;
    const char *db;
    const char *user;
    const char *password;         /* NULL or "" for none */
    const char *application_name; /* shown in pg_stat_activity */
    int connections;              /* 1..64, default 4 */
    int queue_max;                /* groups that may wait for a connection, default 4096 */
    int queue_timeout_ms;         /* a group that waits longer fails with ERR_UNAVAILABLE, default 5000 */
    int depth_max;                /* groups under way on one connection, default 8 */
    int statement_timeout_ms;     /* default 30000 */
};

/* A constant: name is unique in the process and at most 62 bytes; sql has $1..$nparams. Prepared on first use of a
 * connection. */
struct pg_stmt {
    const char *name;
    const char *sql;
    int nparams;
};

/* Never fails: connections are made in the background, again and again with backoff (100 ms .. 5 s) while there is
 * none. */
struct pg_pool *pg_pool_new(struct loop *l, const struct pg_options *opt);
/* Requests that are not answered get ERR_CANCELLED from inside this call; nothing may be sent from there. Never free a
 * pool or session from one of its callbacks. */
void pg_pool_free(struct pg_pool *p);
CLEANUP_DEFINE(struct pg_pool, pg_pool_free)
bool pg_pool_ready(const struct pg_pool *p);      /* at least one connection is usable */
int pg_pool_connections(const struct pg_pool *p); /* usable ones */
int pg_pool_queued(const struct pg_pool *p);      /* groups that wait */
int pg_pool_outstanding(const struct pg_pool *p); /* groups sent and not answered */
/* Calls fn on the loop whenever the pool becomes usable (true) or no longer is (false). One listener, NULL for none. */
typedef void pg_state_fn(void *ud, bool ready);
void pg_pool_on_state(struct pg_pool *p, pg_state_fn *fn, void *ud);

/* ---- a request ---- */

/* fn runs once, on the loop, never inside pg_request_send. err NULL: committed. reply and err are borrowed until fn
 * returns; reply is NULL when err is not. */
typedef void pg_reply_fn(void *ud, const struct pg_reply *reply, const struct err *err);

struct pg_request *pg_request_new(struct pg_pool *p); /* recycled, aborts on OOM */
void pg_request_free(struct pg_request *q);           /* one that is not to be sent; accepts NULL */
/* Puts set_config('jobmill.tenant_id', tenant, true) first in the group: row-level security sees this tenant in this
 * group only. Outside, it is NULL or '': policies say nullif(current_setting('jobmill.tenant_id', true), ''). */
void pg_request_tenant(struct pg_request *q, const struct uuid *tenant_id);
/* The group may run twice without harm: the pool sends it once more when a connection is lost with it. */
void pg_request_idempotent(struct pg_request *q);
void pg_request_add(struct pg_request *q, const struct pg_stmt *stmt); /* stmt outlives the pool */
void pg_request_send(struct pg_request *q, pg_reply_fn *fn, void *ud); /* takes q; fn may be NULL */

/* Parameters of the statement added last, in order; bytes are copied. The SQL must give the parameter exactly this type
 * (cast where Postgres would infer another: $1::int8). */
void pg_param_null(struct pg_request *q);
void pg_param_bool(struct pg_request *q, bool v);
void pg_param_int2(struct pg_request *q, int16_t v);
void pg_param_int4(struct pg_request *q, int32_t v);
void pg_param_int8(struct pg_request *q, int64_t v);
void pg_param_float4(struct pg_request *q, float v);
void pg_param_float8(struct pg_request *q, double v);
void pg_param_uuid(struct pg_request *q, const struct uuid *v); /* NULL gives SQL NULL */
void pg_param_text(struct pg_request *q, struct str v);  /* v.p == NULL gives SQL NULL; valid UTF-8 without NUL */
void pg_param_bytea(struct pg_request *q, struct str v); /* v.p == NULL gives SQL NULL */
void pg_param_jsonb(struct pg_request *q, struct str v); /* JSON text; v.p == NULL gives SQL NULL */
void pg_param_timestamptz(struct pg_request *q, uint64_t wall_us); /* microseconds since 1970 UTC */
/* pgvector's vector; v NULL gives SQL NULL; dim 1..16000 */
void pg_param_vector(struct pg_request *q, const float *v, int dim);

/* One-dimensional arrays. nulls may be NULL; nulls[i] makes element i NULL. A text or bytea with p == NULL is NULL. */
void pg_param_bool_array(struct pg_request *q, const bool *v, size_t n, const bool *nulls);
void pg_param_int4_array(struct pg_request *q, const int32_t *v, size_t n, const bool *nulls);
void pg_param_int8_array(struct pg_request *q, const int64_t *v, size_t n, const bool *nulls);
void pg_param_float8_array(struct pg_request *q, const double *v, size_t n, const bool *nulls);
void pg_param_uuid_array(struct pg_request *q, const struct uuid *v, size_t n, const bool *nulls);
void pg_param_text_array(struct pg_request *q, const struct str *v, size_t n);
void pg_param_bytea_array(struct pg_request *q, const struct str *v, size_t n);

/* The same element by element, for data that does not lie in an array: begin, any number of elements, end. */
enum pg_type {
    PG_BOOL,
    PG_INT2,
    PG_INT4,
    PG_INT8,
    PG_FLOAT4,
    PG_FLOAT8,
    PG_UUID,
    PG_TEXT,
    PG_BYTEA,
    PG_JSONB,
    PG_TIMESTAMPTZ,
    PG_VECTOR,
};
void pg_array_begin(struct pg_request *q, enum pg_type type);
void pg_array_null(struct pg_request *q);
void pg_array_bool(struct pg_request *q, bool v);
void pg_array_int2(struct pg_request *q, int16_t v);
void pg_array_int4(struct pg_request *q, int32_t v);
void pg_array_int8(struct pg_request *q, int64_t v);
void pg_array_float4(struct pg_request *q, float v);
void pg_array_float8(struct pg_request *q, double v);
void pg_array_uuid(struct pg_request *q, const struct uuid *v); /* NULL: NULL element */
void pg_array_text(struct pg_request *q, struct str v);         /* p == NULL: NULL element */
void pg_array_bytea(struct pg_request *q, struct str v);        /* p == NULL: NULL element */
void pg_array_jsonb(struct pg_request *q, struct str v);        /* p == NULL: NULL element */
void pg_array_timestamptz(struct pg_request *q, uint64_t wall_us);
void pg_array_vector(struct pg_request *q, const float *v, int dim); /* v NULL: NULL element */
void pg_array_end(struct pg_request *q);

/* ---- a reply ---- */

/* The rows of one statement. A value type; borrowed until the callback returns. */
struct pg_rows {
    const void *result;
    int count;        /* rows */
    int64_t affected; /* INSERT, UPDATE, DELETE, MERGE, SELECT: rows touched or returned */
};
int pg_reply_count(const struct pg_reply *r);                          /* statements, the tenant's not counted */
struct pg_rows pg_reply_rows(const struct pg_reply *r, int statement); /* from 0, in the order they were added */

/* Binary values; row and col from 0. SQL NULL reads as 0, false, nil or empty with p == NULL. A column of another size
 * than the accessor's type is a bug and aborts; the integer accessors read int2, int4 and int8 alike. */
bool pg_is_null(const struct pg_rows *r, int row, int col);
bool pg_get_bool(const struct pg_rows *r, int row, int col);
int32_t pg_get_int4(const struct pg_rows *r, int row, int col);
int64_t pg_get_int8(const struct pg_rows *r, int row, int col);
double pg_get_float8(const struct pg_rows *r, int row, int col); /* float4 and float8 */
struct uuid pg_get_uuid(const struct pg_rows *r, int row, int col);
struct str pg_get_text(const struct pg_rows *r, int row, int col); /* a NUL follows; also for name, varchar, json */
struct str pg_get_bytea(const struct pg_rows *r, int row, int col);
struct str pg_get_jsonb(const struct pg_rows *r, int row, int col); /* JSON text */
/* wall_us; infinity reads as UINT64_MAX, before 1970 as 0 */
uint64_t pg_get_timestamptz(const struct pg_rows *r, int row, int col);
/* Copies at most max values into out and returns the vector's dimension, 0 for NULL. */
int pg_get_vector(const struct pg_rows *r, int row, int col, float *out, int max);

/* Walks an array value of any of the types above, in storage order. */
struct pg_array {
    const char *at, *end;
    int left; /* elements not yet read */
    int count;
};
/* false when SQL NULL (then count is 0, too). */
bool pg_get_array(const struct pg_rows *r, int row, int col, struct pg_array *ret);
/* The bytes of the next element (p == NULL for a NULL element); false at the end. */
bool pg_array_next(struct pg_array *a, struct str *ret);
/* Readers for such bytes. */
bool pg_value_bool(struct str v);
int64_t pg_value_int(struct str v);  /* int2, int4, int8 */
double pg_value_float(struct str v); /* float4, float8 */
struct uuid pg_value_uuid(struct str v);
uint64_t pg_value_timestamptz(struct str v);
int pg_value_vector(struct str v, float *out, int max);

/* timestamptz is microseconds since 2000-01-01 UTC. */
#define PG_EPOCH_US INT64_C(946684800000000)
static inline int64_t pg_time_from_wall(uint64_t wall_us)
{
    return (int64_t)wall_us - PG_EPOCH_US;
}

/* ---- a session: one connection of its own, for what lives as long as a connection (advisory locks) ----
 * Requests are made on pg_session_pool(). Nothing waits in a queue here: while the connection is down, requests fail
 * with ERR_UNAVAILABLE. When the connection is lost, first all its requests fail, then on_state(false) is called: from
 * then on nothing the session held (locks, settings) exists. It connects again by itself and calls on_state(true): take
 * the lock again there. */
struct pg_session;
struct pg_session *pg_session_new(struct loop *l, const struct pg_options *opt, pg_state_fn *on_state, void *ud);
void pg_session_free(struct pg_session *s); /* closes the connection: Postgres releases its locks */
CLEANUP_DEFINE(struct pg_session, pg_session_free)
struct pg_pool *pg_session_pool(struct pg_session *s); /* borrowed */
bool pg_session_ready(const struct pg_session *s);
