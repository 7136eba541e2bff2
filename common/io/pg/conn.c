/* One connection.
 *
 *        start               connected             answered
 *   DOWN ------> CONNECTING ----------> SETUP ----------------> READY -----> RETIRING
 *    ^               |                    |                       |   retire     | (no new groups; closed
 *    +---------------+--------------------+-----------------------+--------------+  when the last has ended)
 *          lost: all groups under way go back to the pool; a timer starts again with backoff
 *
 * What travels, per group:  [Parse ... Sync]  Bind Execute ... Sync.  Statements that this connection does not know yet
 * are prepared in a segment of their own, because an error skips everything up to the next Sync: inside the group, a
 * failing statement would leave the Parse behind it undone although later groups in the pipeline already count on it.
 * PREPARED_SENT becomes YES or NO when the result of the Parse arrives. A group that meets an unknown statement all the
 * same (sqlstate 26000) was undone for certain and is sent once more.
 *
 * Results come back in the order of sending: the oldest group in `groups` owns the next one, `step` says which.
 *
 * libpq closes descriptors by itself while connecting, so each step of connecting watches with a new poll. */
#include "io/pg/internal.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/backoff.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"

#define PG_CONNECT_TIMEOUT_MS 10000
#define PG_SILENCE_MS         10000 /* beyond the statement timeout */

/* Every statement of the program looks things up by keys in tables whose statistics are stale by the minute: plans are
 * made once, and may not choose to read a table from end to end because it was empty when they were made. */
#define PG_PLANS                                                                                                       \
    "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c "   \
    "jit=off "

static const struct backoff pg_backoff = {.base_ms = 100, .max_ms = 5000};

static const struct pg_stmt pg_stmt_setup = {
    .name = "connection_setup",
    .sql = "SELECT coalesce((SELECT oid FROM pg_type WHERE typname = 'vector' ORDER BY oid LIMIT 1), 0)::int8",
    .nparams = 0};

void pg_connect_args(struct pg_connect_args *a, const struct pg_options *opt, bool generic_plans)
{
    snprintf(a->port, sizeof(a->port), "%d", opt->port);
    snprintf(a->options, sizeof(a->options), "%s-c TimeZone=UTC -c statement_timeout=%d", generic_plans ? PG_PLANS : "",
             opt->statement_timeout_ms);
    const struct {
        const char *key, *value;
    } rows[] = {
        {"host", opt->host},           {"port", a->port},
        {"dbname", opt->db},           {"user", opt->user},
        {"password", opt->password},   {"application_name", opt->application_name},
        {"options", a->options},       {"client_encoding", "UTF8"},
        {"gssencmode", "disable"},     {"connect_timeout", "10"},
        {"tcp_user_timeout", "20000"},
    };
    int n = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].value || !*rows[i].value)
            continue;
        a->keys[n] = rows[i].key;
        a->values[n++] = rows[i].value;
    }
    a->keys[n] = a->values[n] = NULL;
}

static void pg_conn_step(void *ud, int events);
static void pg_conn_ready_io(void *ud, int events);
static void pg_conn_timed(void *ud);

void pg_conn_init(struct pg_conn *c, struct pg_pool *p)
{
    c->pool = p;
    c->timer = loop_timer_new(p->loop, pg_conn_timed, c);
    list_init(&c->groups);
}

static void pg_conn_unwatch(struct pg_conn *c)
{
    loop_poll_free(c->poll);
    c->poll = NULL;
    c->events = 0;
}

static void pg_conn_close(struct pg_conn *c)
{
    pg_conn_unwatch(c);
    PQfinish(c->pg);
    c->pg = NULL;
    c->broken = c->corked = false;
    c->turn_groups = 0;
    c->vector_oid = 0;
    memset(c->prepared, PG_PREPARED_NO, sizeof(c->prepared));
}

void pg_conn_fini(struct pg_conn *c)
{
    assert(c->ngroups == 0);
    loop_timer_free(c->timer);
    c->timer = NULL;
    pg_conn_close(c);
    if (c->state == PG_CONN_READY)
        metrics_series_add(c->pool->m_connected, -1);
    c->state = PG_CONN_DOWN;
}

void pg_conn_take_groups(struct pg_conn *c, struct list *to)
{
    struct list *node;
    while ((node = list_shift(&c->groups)))
        list_append(to, node);
    c->ngroups = 0;
}

static void pg_conn_leave_ready(struct pg_conn *c)
{
    if (c->state != PG_CONN_READY)
        return;
    c->pool->nready--;
    metrics_series_add(c->pool->m_connected, -1);
}

/* Closes, starts the timer for the next attempt and hands the groups back. err says why, for the log; NULL: we wanted
 * it. */
static void pg_conn_lost(struct pg_conn *c, const struct err *err)
{
    bool was_usable = c->state == PG_CONN_READY || c->state == PG_CONN_RETIRING;
    pg_conn_leave_ready(c);
    pg_conn_close(c);
    c->state = PG_CONN_DOWN;
    uint32_t delay_ms = err ? backoff_delay_ms(pg_backoff, ++c->attempt, ids_random01()) : 0;
    loop_timer_start(c->timer, delay_ms, 0);
    if (err && c->attempt == 1)
        log_warn(NULL, "Postgres connection %s (%d groups under way): %s", was_usable ? "lost" : "failed", c->ngroups,
                 err->msg);
    struct list lost;
    list_init(&lost);
    pg_conn_take_groups(c, &lost);
    pg_pool_conn_lost(c->pool, &lost);
}

static void pg_conn_lost_by_libpq(struct pg_conn *c)
{
    struct err err;
    if (c->state == PG_CONN_CONNECTING)
        pg_error_from_connect(c->pg, &err);
    else /* libpq's text may quote what a statement said */
        err_set(&err, ERR_UNAVAILABLE, "closed by the other side, or broken");
    pg_conn_lost(c, &err);
}

/* ---- connecting ---- */

static void pg_quiet(void *ud, const char *message)
{
    (void)ud;
    (void)message; /* notices may quote values */
}

static void pg_conn_watch_new(struct pg_conn *c, loop_poll_fn *fn, int events)
{
    c->poll = loop_poll_new(c->pool->loop, PQsocket(c->pg), fn, c);
    c->events = events;
    loop_poll_set(c->poll, events);
}

void pg_conn_start(struct pg_conn *c)
{
    struct pg_connect_args args;
    pg_connect_args(&args, &c->pool->opt, true);
    c->state = PG_CONN_CONNECTING;
    c->pg = PQconnectStartParams(args.keys, args.values, 0);
    if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD) {
        pg_conn_lost_by_libpq(c);
        return;
    }
    PQsetNoticeProcessor(c->pg, pg_quiet, NULL);
    loop_timer_start(c->timer, PG_CONNECT_TIMEOUT_MS, 0);
    pg_conn_watch_new(c, pg_conn_step, LOOP_WRITE);
}

static void pg_conn_setup_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct pg_conn *c = ud;
    if (err) {
        c->broken = true;
        return;
    }
    struct pg_rows rows = pg_reply_rows(reply, 0);
    c->vector_oid = (uint32_t)pg_get_int8(&rows, 0, 0);
    loop_timer_stop(c->timer);
    c->state = PG_CONN_READY;
    c->attempt = 0;
    c->pool->nready++;
    metrics_series_add(c->pool->m_connected, 1);
    pg_pool_conn_ready(c->pool);
}

static void pg_conn_setup(struct pg_conn *c)
{
    if (PQsetnonblocking(c->pg, 1) != 0 || !PQenterPipelineMode(c->pg)) {
        pg_conn_lost_by_libpq(c);
        return;
    }
    c->state = PG_CONN_SETUP;
    pg_conn_watch_new(c, pg_conn_ready_io, LOOP_READ);
    struct pg_request *q = pg_request_new(c->pool);
    pg_request_add(q, &pg_stmt_setup);
    q->internal = true;
    q->fn = pg_conn_setup_done;
    q->ud = c;
    pg_conn_send(c, q);
    pg_conn_flush(c);
}

static void pg_conn_step(void *ud, int events)
{
    (void)events;
    struct pg_conn *c = ud;
    pg_conn_unwatch(c);
    switch (PQconnectPoll(c->pg)) {
    case PGRES_POLLING_READING:
        pg_conn_watch_new(c, pg_conn_step, LOOP_READ);
        break;
    case PGRES_POLLING_WRITING:
        pg_conn_watch_new(c, pg_conn_step, LOOP_WRITE);
        break;
    case PGRES_POLLING_OK:
        pg_conn_setup(c);
        break;
    default:
        pg_conn_lost_by_libpq(c);
    }
}

static void pg_conn_timed(void *ud)
{
    struct pg_conn *c = ud;
    if (c->state == PG_CONN_DOWN) {
        pg_conn_start(c);
        return;
    }
    if (c->state == PG_CONN_RETIRING) {
        if (c->ngroups == 0)
            pg_conn_lost(c, NULL);
        return;
    }
    struct err err;
    err_set(&err, ERR_UNAVAILABLE, "no answer within %d ms", PG_CONNECT_TIMEOUT_MS);
    pg_conn_lost(c, &err);
}

/* ---- sending ---- */

static void pg_conn_send_prepares(struct pg_conn *c, struct pg_request *q)
{
    q->nprepares = 0;
    for (int i = 0; i < q->count; i++) {
        const struct pg_request_stmt *s = &q->stmts[i];
        if (c->prepared[s->known] != PG_PREPARED_NO)
            continue;
        c->prepared[s->known] = PG_PREPARED_SENT;
        q->prepares[q->nprepares++] = (uint16_t)s->known;
        const struct pg_stmt *stmt = c->pool->known[s->known].stmt;
        if (!PQsendPrepare(c->pg, stmt->name, stmt->sql, 0, NULL))
            c->broken = true;
    }
    if (q->nprepares && !PQpipelineSync(c->pg))
        c->broken = true;
}

static void pg_conn_send_stmt(struct pg_conn *c, const struct pg_request *q, const struct pg_request_stmt *s)
{
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX], formats[PG_PARAMS_MAX];
    const struct pg_param *params = pg_request_params(q) + (s->nparams ? s->param_first : 0);
    const char *bytes = buf_str(&q->bytes);
    for (uint32_t i = 0; i < s->nparams; i++) {
        values[i] = params[i].n < 0 ? NULL : bytes + params[i].at;
        lengths[i] = params[i].n;
        formats[i] = 1;
    }
    const struct pg_stmt *stmt = c->pool->known[s->known].stmt;
    if (!PQsendQueryPrepared(c->pg, stmt->name, (int)s->nparams, values, lengths, formats, 1))
        c->broken = true;
}

static void pg_conn_put_vector_oid(const struct pg_conn *c, struct pg_request *q)
{
    uint32_t oid = __builtin_bswap32(c->vector_oid);
    for (size_t i = 0; i + sizeof(uint32_t) <= q->vector_at.len; i += sizeof(uint32_t)) {
        uint32_t at;
        memcpy(&at, q->vector_at.data + i, sizeof(at));
        memcpy(q->bytes.data + at, &oid, sizeof(oid));
    }
}

/* PQpipelineSync of libpq 15 writes at once. From the second group of a turn on, the kernel holds the small writes
 * together (TCP_CORK), so that the server is woken once. Fails without harm on a local socket. */
static void pg_conn_cork(struct pg_conn *c, int on)
{
    c->corked = on;
    (void)setsockopt(PQsocket(c->pg), IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void pg_conn_retire(struct pg_conn *c);

void pg_conn_send(struct pg_conn *c, struct pg_request *q)
{
    if (q->vector_at.len && c->vector_oid == 0) { /* perhaps it is there by now: the next connection looks again */
        pg_request_fail(q, ERR_SCHEMA, "the extension vector is not installed");
        list_append(&c->pool->failed, &q->link);
        pg_conn_retire(c);
        pg_pool_pump_later(c->pool);
        return;
    }
    if (c->turn_groups++ == 1)
        pg_conn_cork(c, 1);
    q->step = 0;
    q->sent_us = clock_mono_us();
    if (c->ngroups++ == 0)
        c->silent_ms = 0;
    list_append(&c->groups, &q->link);
    pg_conn_send_prepares(c, q);
    pg_conn_put_vector_oid(c, q);
    for (int i = 0; i < q->count; i++)
        pg_conn_send_stmt(c, q, &q->stmts[i]);
    if (!PQpipelineSync(c->pg))
        c->broken = true;
}

static void pg_conn_watch(struct pg_conn *c, int events)
{
    if (c->events == events)
        return;
    c->events = events;
    loop_poll_set(c->poll, events);
}

void pg_conn_flush(struct pg_conn *c)
{
    c->turn_groups = 0;
    if (!c->pg)
        return;
    if (c->corked)
        pg_conn_cork(c, 0);
    int left = c->broken ? -1 : PQflush(c->pg);
    if (left < 0)
        pg_conn_lost_by_libpq(c);
    else
        pg_conn_watch(c, left ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* ---- results ---- */

/* Closes at once when nothing is under way, else after the last group. */
static void pg_conn_retire(struct pg_conn *c)
{
    if (c->state != PG_CONN_READY)
        return;
    pg_conn_leave_ready(c);
    c->state = PG_CONN_RETIRING;
    if (c->ngroups == 0)
        loop_timer_start(c->timer, 0, 0); /* not here: libpq may be on the stack */
}

static bool pg_conn_knows_all(const struct pg_conn *c, const struct pg_request *q)
{
    for (int i = 0; i < q->count; i++)
        if (c->prepared[q->stmts[i].known] != PG_PREPARED_YES)
            return false;
    return true;
}

static void pg_conn_group_end(struct pg_conn *c, struct pg_request *q)
{
    list_remove(&q->link);
    c->ngroups--;
    const char *sqlstate = q->err.sqlstate;
    bool stale = false;
    if (q->err.code != ERR_NONE) {
        bool unknown = strcmp(sqlstate, PG_SQLSTATE_UNKNOWN_STATEMENT) == 0;
        stale = unknown || strcmp(sqlstate, PG_SQLSTATE_STALE_PLAN) == 0;
        if (pg_error_is_lost(sqlstate) || (stale && (!unknown || pg_conn_knows_all(c, q))))
            pg_conn_retire(c);
    }
    pg_pool_answered(c->pool, q, stale);
    if (c->state == PG_CONN_RETIRING && c->ngroups == 0)
        loop_timer_start(c->timer, 0, 0);
}

static bool pg_result_good(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

static void pg_conn_prepare_result(struct pg_conn *c, struct pg_request *q, const PGresult *res)
{
    uint16_t known = q->prepares[q->step++];
    c->prepared[known] = pg_result_good(res) ? PG_PREPARED_YES : PG_PREPARED_NO;
    if (PQresultStatus(res) == PGRES_FATAL_ERROR && q->err.code == ERR_NONE)
        pg_error_from_result(res, c->pool->known[known].stmt->name, true, &q->err);
}

/* Takes res. An error after the last statement came from the commit itself (a deferred constraint). */
static void pg_conn_stmt_result(struct pg_conn *c, struct pg_request *q, PGresult *res)
{
    int i = q->step - (q->nprepares ? q->nprepares + 1 : 0);
    if (pg_result_good(res) && i < q->count) {
        q->results[i] = res;
        q->step++;
        return;
    }
    const char *name = q->stmts[MIN(i, q->count - 1)].stmt->name;
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_FATAL_ERROR && q->err.code == ERR_NONE) {
        pg_error_from_result(res, name, false, &q->err);
    } else if (status != PGRES_FATAL_ERROR && status != PGRES_PIPELINE_ABORTED) {
        pg_request_fail(q, ERR_BUG, "statement %s: an unexpected kind of result", name);
        c->broken = true; /* COPY would block the pipeline */
    }
    q->step++;
    PQclear(res);
}

/* Takes res. */
static void pg_conn_result(struct pg_conn *c, PGresult *res)
{
    struct pg_request *q = CONTAINER_OF(c->groups.next, struct pg_request, link);
    c->silent_ms = 0;
    bool preparing = q->nprepares && q->step <= q->nprepares;
    if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
        PQclear(res);
        if (preparing)
            q->step = q->nprepares + 1;
        else
            pg_conn_group_end(c, q);
    } else if (preparing) {
        if (q->step < q->nprepares)
            pg_conn_prepare_result(c, q, res);
        PQclear(res); /* an error beyond them is the Sync's own (a time limit): what is prepared stays prepared */
    } else {
        pg_conn_stmt_result(c, q, res);
    }
}

/* A NULL result separates two statements; two in a row mean that libpq has nothing more (a broken connection). */
static void pg_conn_results(struct pg_conn *c)
{
    int nulls = 0;
    while (c->ngroups && !c->broken && nulls < 2 && !PQisBusy(c->pg)) {
        PGresult *res = PQgetResult(c->pg);
        nulls = res ? 0 : nulls + 1;
        if (res)
            pg_conn_result(c, res);
    }
    if (c->ngroups == 0)
        (void)PQisBusy(c->pg); /* takes in what the server says unasked */
}

static void pg_conn_ready_io(void *ud, int events)
{
    struct pg_conn *c = ud;
    bool alive = PQconsumeInput(c->pg) == 1;
    pg_conn_results(c);
    if (!alive || c->broken || (events & LOOP_ERROR) || PQstatus(c->pg) == CONNECTION_BAD)
        pg_conn_lost_by_libpq(c);
    else if (events & LOOP_WRITE)
        pg_conn_flush(c);
}

void pg_conn_check(struct pg_conn *c, uint32_t tick_ms)
{
    uint32_t limit_ms = (uint32_t)c->pool->opt.statement_timeout_ms + PG_SILENCE_MS;
    if (!c->ngroups || c->state < PG_CONN_READY || (c->silent_ms += tick_ms) <= limit_ms)
        return;
    struct err err;
    err_set(&err, ERR_UNAVAILABLE, "silent for more than %u ms", limit_ms);
    pg_conn_lost(c, &err);
}
