/* Statements of the dispatcher. Each reads rows into plain structs and calls back. */
#include "pipeline/store/dispatch.h"

#include <stdlib.h>

#define DISPATCH_LOCK "7801101001" /* advisory lock of the active dispatcher */

static const struct pg_stmt stmt_lock = {"dispatch_lock", "SELECT pg_try_advisory_lock(" DISPATCH_LOCK ")", 0};
static const struct pg_stmt stmt_silent = {"dispatch_silent",
                                           "SELECT set_config('idle_session_timeout', '" DISPATCH_SILENT_MS "', false)",
                                           0};
static const struct pg_stmt stmt_keep = {"dispatch_keep", "SELECT 1", 0};
static const struct pg_stmt stmt_load = {"dispatch_load",
                                         "SELECT count(*), count(*) FILTER (WHERE priority <> 0),"
                                         " (SELECT coalesce(sum(concurrency), 0)::int8 FROM workers WHERE lost_at IS "
                                         "NULL AND kind <> 'gateway') FROM tasks WHERE kind = 1",
                                         0}; /* a gateway's are connections */
/* distinct tenants by hopping along the index: one look-up per tenant, however long the backlog is */
static const struct pg_stmt stmt_tenants = {
    "dispatch_tenants",
    "WITH RECURSIVE hop AS ((SELECT tenant_id FROM backlog ORDER BY tenant_id LIMIT 1) UNION ALL"
    " SELECT (SELECT b.tenant_id FROM backlog b WHERE b.tenant_id > hop.tenant_id ORDER BY b.tenant_id LIMIT 1) FROM "
    "hop WHERE hop.tenant_id IS NOT NULL)"
    " SELECT hop.tenant_id, t.weight FROM hop JOIN tenants t ON t.tenant_id = hop.tenant_id LIMIT 10000",
    0};
static const struct pg_stmt stmt_admit = {"dispatch_admit", "SELECT " CHANGE_COLUMNS " FROM jm_admit($1, $2)", 2};
static const struct pg_stmt stmt_wake = {
    "dispatch_wake",
    "SELECT reason, tenant_id, subject_id, stage, priority, attempt, traceparent FROM jm_wake($1, $2, $3)", 3};
static const struct pg_stmt stmt_expire = {
    "dispatch_expire",
    "SELECT kind, instance, tenant_id, subject_id, stage, priority, attempt, traceparent FROM jm_expire($1)", 1};
static const struct pg_stmt stmt_sweep = {"dispatch_sweep", "SELECT " CHANGE_COLUMNS " FROM jm_sweep_batches($1)", 1};
static const struct pg_stmt stmt_stats = {
    "dispatch_stats",
    "SELECT stage, state, count(*), coalesce(extract(epoch FROM now() - min(released_at) FILTER (WHERE state = 3)), "
    "0)::float8 FROM tasks GROUP BY 1, 2",
    0};
/* one statement, one snapshot: the books balance exactly or there is a bug */
static const struct pg_stmt stmt_books = {
    "dispatch_books",
    "SELECT count(*) FILTER (WHERE k.priority = 0), count(*) FILTER (WHERE k.priority <> 0),"
    " (SELECT coalesce(sum(n_accepted - n_done - n_needs_review - n_failed - n_cancelled), 0)::int8 FROM batches WHERE "
    "state IN (2, 3, 4))"
    " - count(*) - (SELECT count(*) FROM tasks WHERE kind = 1)"
    " FROM backlog k JOIN batches b ON b.tenant_id = k.tenant_id AND b.batch_id = k.batch_id AND b.state <> 1",
    0};

union dispatch_fns {
    dispatch_lock_fn *lock;
    dispatch_load_fn *load;
    dispatch_wake_fn *wake;
    dispatch_stats_fn *stats;
};

struct dispatch_wait {
    union dispatch_fns fn;
    dispatch_lost_fn *lost;
    void *ud;
};

static struct dispatch_wait *dispatch_wait_new(union dispatch_fns fn, void *ud)
{
    struct dispatch_wait *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    w->fn = fn;
    w->ud = ud;
    return w;
}

static void *dispatch_rows_new(int n, size_t size)
{
    void *p = calloc((size_t)MAX(n, 1), size);
    if (!p)
        abort();
    return p;
}

static void dispatch_locked(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatch_wait *w = ud;
    bool got = false;
    if (!err) {
        struct pg_rows rows = pg_reply_rows(reply, 0);
        got = pg_get_bool(&rows, 0, 0);
    }
    w->fn.lock(w->ud, got, err);
    free(w);
}

void dispatch_lock_try(struct pg_pool *session, dispatch_lock_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(session);
    pg_request_add(q, &stmt_lock);
    pg_request_add(q, &stmt_silent);
    pg_request_send(q, dispatch_locked, dispatch_wait_new((union dispatch_fns){.lock = fn}, ud));
}

void dispatch_lock_keep(struct pg_pool *session, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(session);
    pg_request_add(q, &stmt_keep);
    pg_request_send(q, fn, ud);
}

static void dispatch_loaded(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatch_wait *w = ud;
    struct dispatch_load load = {0};
    struct dispatch_tenant *tenants = NULL;
    if (!err) {
        struct pg_rows one = pg_reply_rows(reply, 0), rows = pg_reply_rows(reply, 1);
        load.live = pg_get_int8(&one, 0, 0);
        load.live_bulk = pg_get_int8(&one, 0, 1);
        load.concurrency = pg_get_int8(&one, 0, 2);
        tenants = dispatch_rows_new(rows.count, sizeof(*tenants));
        for (int i = 0; i < rows.count; i++)
            tenants[i] =
                (struct dispatch_tenant){.tenant_id = pg_get_uuid(&rows, i, 0), .weight = pg_get_int4(&rows, i, 1)};
        load.tenants = tenants;
        load.tenants_n = rows.count;
    }
    w->fn.load(w->ud, &load, err);
    free(tenants);
    free(w);
}

void dispatch_load(struct pg_pool *pool, dispatch_load_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_load);
    pg_request_add(q, &stmt_tenants);
    pg_request_send(q, dispatch_loaded, dispatch_wait_new((union dispatch_fns){.load = fn}, ud));
}

void dispatch_admit(struct pg_pool *pool, const struct uuid *tenant_id, int limit, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_admit);
    pg_param_uuid(q, tenant_id);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

static void dispatch_woken(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatch_wait *w = ud;
    struct pg_rows rows = {0};
    if (!err)
        rows = pg_reply_rows(reply, 0);
    struct dispatch_wake *tasks = dispatch_rows_new(rows.count, sizeof(*tasks));
    for (int i = 0; i < rows.count; i++)
        tasks[i] = (struct dispatch_wake){.reason = pg_get_int4(&rows, i, 0),
                                          .tenant_id = pg_get_uuid(&rows, i, 1),
                                          .subject_id = pg_get_uuid(&rows, i, 2),
                                          .stage = pg_get_int4(&rows, i, 3),
                                          .priority = pg_get_int4(&rows, i, 4),
                                          .attempt = pg_get_int4(&rows, i, 5),
                                          .traceparent = pg_get_text(&rows, i, 6)};
    w->fn.wake(w->ud, tasks, rows.count, err);
    free(tasks);
    free(w);
}

void dispatch_wake(struct pg_pool *pool, int unclaimed_ms, int deadline_ms, int limit, dispatch_wake_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_wake);
    pg_param_int4(q, unclaimed_ms);
    pg_param_int4(q, deadline_ms);
    pg_param_int4(q, limit);
    pg_request_send(q, dispatch_woken, dispatch_wait_new((union dispatch_fns){.wake = fn}, ud));
}

static void dispatch_expired(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatch_wait *w = ud;
    struct pg_rows rows = {0};
    if (!err)
        rows = pg_reply_rows(reply, 0);
    struct dispatch_wake *tasks = dispatch_rows_new(rows.count, sizeof(*tasks));
    int n = 0;
    for (int i = 0; i < rows.count; i++) {
        if (pg_is_null(&rows, i, 2)) {
            w->lost(w->ud, pg_get_text(&rows, i, 0), pg_get_text(&rows, i, 1));
            continue;
        }
        tasks[n++] = (struct dispatch_wake){.reason = DISPATCH_LEASE,
                                            .tenant_id = pg_get_uuid(&rows, i, 2),
                                            .subject_id = pg_get_uuid(&rows, i, 3),
                                            .stage = pg_get_int4(&rows, i, 4),
                                            .priority = pg_get_int4(&rows, i, 5),
                                            .attempt = pg_get_int4(&rows, i, 6),
                                            .traceparent = pg_get_text(&rows, i, 7)};
    }
    w->fn.wake(w->ud, tasks, n, err);
    free(tasks);
    free(w);
}

void dispatch_expire(struct pg_pool *pool, int lease_ms, dispatch_lost_fn *lost, dispatch_wake_fn *fn, void *ud)
{
    struct dispatch_wait *w = dispatch_wait_new((union dispatch_fns){.wake = fn}, ud);
    w->lost = lost;
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_expire);
    pg_param_int4(q, lease_ms);
    pg_request_send(q, dispatch_expired, w);
}

void dispatch_sweep(struct pg_pool *pool, int limit, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_sweep);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

static void dispatch_stats_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatch_wait *w = ud;
    struct dispatch_stats stats = {0};
    struct dispatch_stat *list = NULL;
    if (!err) {
        struct pg_rows rows = pg_reply_rows(reply, 0), books = pg_reply_rows(reply, 1);
        list = dispatch_rows_new(rows.count, sizeof(*list));
        for (int i = 0; i < rows.count; i++)
            list[i] = (struct dispatch_stat){.stage = pg_get_int4(&rows, i, 0),
                                             .state = pg_get_int4(&rows, i, 1),
                                             .count = pg_get_int8(&rows, i, 2),
                                             .oldest_s = pg_get_float8(&rows, i, 3)};
        stats = (struct dispatch_stats){.rows = list,
                                        .rows_n = rows.count,
                                        .backlog_interactive = pg_get_int8(&books, 0, 0),
                                        .backlog_bulk = pg_get_int8(&books, 0, 1),
                                        .drift = pg_get_int8(&books, 0, 2)};
    }
    w->fn.stats(w->ud, &stats, err);
    free(list);
    free(w);
}

void dispatch_stats(struct pg_pool *pool, dispatch_stats_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_stats);
    pg_request_add(q, &stmt_books);
    pg_request_send(q, dispatch_stats_done, dispatch_wait_new((union dispatch_fns){.stats = fn}, ud));
}
