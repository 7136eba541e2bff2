/* A group being built: its statements, its life, its end. Requests are recycled with their buffers: after warming up,
 * building allocates nothing. */
#include "io/pg/internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/map.h"

#define PG_SPARE_MAX   64
#define PG_SPARE_BYTES ((size_t)64 * 1024)

static const struct pg_stmt pg_stmt_tenant = {.name = "set_tenant",
                                              .sql = "SELECT set_config('jobmill.tenant_id', $1, true)",
                                              .nparams = 1};

struct pg_request *pg_request_new(struct pg_pool *p)
{
    struct list *spare = list_shift(&p->spare);
    if (spare) {
        p->nspare--;
        return CONTAINER_OF(spare, struct pg_request, link);
    }
    struct pg_request *q = calloc(1, sizeof(*q));
    if (!q) {
        fputs("pg: out of memory\n", stderr);
        abort();
    }
    list_init(&q->link);
    q->pool = p;
    buf_init(&q->bytes, PG_REQUEST_MAX_BYTES);
    buf_init(&q->params, PG_STATEMENTS_MAX * PG_PARAMS_MAX * sizeof(struct pg_param));
    buf_init(&q->vector_at, PG_STATEMENTS_MAX * PG_PARAMS_MAX * sizeof(uint32_t));
    return q;
}

void pg_request_dispose(struct pg_request *q)
{
    for (int i = 0; i < PG_GROUP_MAX; i++)
        PQclear(q->results[i]);
    buf_fini(&q->bytes);
    buf_fini(&q->params);
    buf_fini(&q->vector_at);
    free(q);
}

void pg_request_recycle(struct pg_request *q)
{
    struct pg_pool *p = q->pool;
    if (p->closed || p->nspare >= PG_SPARE_MAX) {
        pg_request_dispose(q);
        return;
    }
    for (int i = 0; i < q->count; i++) {
        PQclear(q->results[i]);
        q->results[i] = NULL;
    }
    if (q->bytes.cap > PG_SPARE_BYTES)
        buf_fini(&q->bytes);
    buf_reset(&q->bytes);
    buf_reset(&q->params);
    buf_reset(&q->vector_at);
    q->fn = NULL;
    q->ud = NULL;
    q->err.code = ERR_NONE;
    q->err.sqlstate[0] = '\0';
    q->count = q->nprepares = q->step = 0;
    q->tenant = q->idempotent = q->resent = q->internal = q->array_open = false;
    list_append(&p->spare, &q->link);
    p->nspare++;
}

void pg_request_free(struct pg_request *q)
{
    if (q)
        pg_request_recycle(q);
}

void pg_request_finish(struct pg_request *q)
{
    if (q->fn) {
        struct pg_reply reply = {.request = q};
        bool failed = q->err.code != ERR_NONE;
        q->fn(q->ud, failed ? NULL : &reply, failed ? &q->err : NULL);
    }
    pg_request_recycle(q);
}

void pg_request_fail(struct pg_request *q, enum err_code code, const char *fmt, ...)
{
    if (q->err.code != ERR_NONE)
        return;
    char msg[ERR_MSG_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    err_set(&q->err, code, "%s", msg);
}

/* ---- statements ---- */

static int pg_known_add(struct pg_pool *p, const struct pg_stmt *stmt)
{
    for (uint32_t i = 0; i < p->nknown; i++)
        if (strcmp(p->known[i].stmt->name, stmt->name) == 0)
            return strcmp(p->known[i].stmt->sql, stmt->sql) == 0 ? (int)i : -1;
    if (p->nknown == PG_KNOWN_MAX)
        return -1;
    p->known[p->nknown] =
        (struct pg_known){.stmt = stmt, .seconds = metrics_series(METRICS_PG_SECONDS, stmt->name, NULL)};
    return (int)p->nknown++;
}

/* The map holds index + 1: its values are never NULL. */
int pg_known_index(struct pg_pool *p, const struct pg_stmt *stmt)
{
    uintptr_t found = (uintptr_t)map_get(p->known_by_stmt, &stmt, sizeof(stmt));
    if (found)
        return (int)found - 1;
    int index = pg_known_add(p, stmt);
    if (index >= 0 && !map_put(p->known_by_stmt, &stmt, sizeof(stmt), (void *)((uintptr_t)index + 1)))
        return -1;
    return index;
}

static void pg_request_close_stmt(struct pg_request *q)
{
    if (q->count == 0)
        return;
    const struct pg_request_stmt *s = &q->stmts[q->count - 1];
    if (q->array_open)
        pg_request_fail(q, ERR_BUG, "statement %s: an array was not ended", s->stmt->name);
    if ((int)s->nparams != s->stmt->nparams)
        pg_request_fail(q, ERR_BUG, "statement %s: %u parameters given, %d needed", s->stmt->name, s->nparams,
                        s->stmt->nparams);
}

void pg_request_add(struct pg_request *q, const struct pg_stmt *stmt)
{
    pg_request_close_stmt(q);
    int known = pg_known_index(q->pool, stmt);
    if (known < 0) {
        pg_request_fail(q, ERR_BUG, "statement %s: too many statements, or two of one name", stmt->name);
        return;
    }
    if (q->count - (q->tenant ? 1 : 0) >= PG_STATEMENTS_MAX) {
        pg_request_fail(q, ERR_BUG, "statement %s: more than %d in a group", stmt->name, PG_STATEMENTS_MAX);
        return;
    }
    q->stmts[q->count++] = (struct pg_request_stmt){.stmt = stmt,
                                                    .known = (uint32_t)known,
                                                    .param_first = (uint32_t)(q->params.len / sizeof(struct pg_param))};
}

void pg_request_tenant(struct pg_request *q, const struct uuid *tenant_id)
{
    assert(q->count == 0);
    pg_request_add(q, &pg_stmt_tenant);
    q->tenant = true;
    char text[UUID_TEXT_BYTES];
    pg_param_text(q, str_of(uuid_format(tenant_id, text)));
}

void pg_request_idempotent(struct pg_request *q)
{
    q->idempotent = true;
}

int pg_request_check(struct pg_request *q)
{
    pg_request_close_stmt(q);
    if (q->count == (q->tenant ? 1 : 0))
        pg_request_fail(q, ERR_BUG, "a group without a statement");
    if (buf_failed(&q->bytes) || buf_failed(&q->params) || buf_failed(&q->vector_at))
        pg_request_fail(q, ERR_TOO_LARGE, "the parameters are larger than %zu MB", PG_REQUEST_MAX_BYTES >> 20);
    return -(int)q->err.code;
}

const struct pg_param *pg_request_params(const struct pg_request *q)
{
    return (const struct pg_param *)(const void *)q->params.data;
}
