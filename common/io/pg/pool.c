/* Connections and the queue in front of them.
 *
 *   pg_request_send -> queue -> (pump) -> groups of a connection -> answered -> callback
 *                        ^                     |
 *                        +-- sent once more ---+  idempotent and lost, or stale statements
 *
 * Sending only queues. The pump runs once per turn of the loop, deals the queue out to the connection with the fewest
 * groups under way and flushes each once. It also calls the callbacks of what failed without being sent, so that none
 * runs inside pg_request_send. A tick gives up on what has waited too long and on silent connections: nothing hangs.
 *
 * A session is a pool of one connection that never queues over a loss. */
#include "io/pg/internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/map.h"
#include "core/clock.h"
#include "core/log.h"

#define PG_CONNECTIONS_MAX 64
#define PG_TICK_MS         250

struct pg_session {
    struct pg_pool *pool;
};

static void pg_pool_pump(void *ud);

void pg_pool_pump_later(struct pg_pool *p)
{
    if (p->pumping)
        return;
    p->pumping = true;
    loop_defer(p->loop, pg_pool_pump, p);
}

/* ---- the end of a request ---- */

static void pg_pool_end(struct pg_pool *p, struct pg_request *q)
{
    if (q->err.code != ERR_NONE && !q->internal)
        metrics_add(METRICS_PG_ERRORS, 1, q->err.sqlstate[0] ? q->err.sqlstate : err_slug(q->err.code), NULL);
    if (q->sent_us && q->err.code == ERR_NONE && !q->internal) {
        uint32_t known = q->stmts[q->tenant ? 1 : 0].known;
        metrics_series_observe(p->known[known].seconds, (double)(clock_mono_us() - q->sent_us) / 1e6);
    }
    pg_request_finish(q);
}

static void pg_pool_enqueue(struct pg_pool *p, struct pg_request *q, bool first)
{
    q->deadline_ms = loop_now_ms(p->loop) + (uint64_t)p->opt.queue_timeout_ms;
    if (first)
        list_prepend(&p->queue, &q->link);
    else
        list_append(&p->queue, &q->link);
    p->nqueued++;
    pg_pool_pump_later(p);
}

static void pg_pool_resend(struct pg_pool *p, struct pg_request *q)
{
    for (int i = 0; i < q->count; i++) {
        PQclear(q->results[i]);
        q->results[i] = NULL;
    }
    q->err.code = ERR_NONE;
    q->err.sqlstate[0] = '\0';
    q->resent = true;
    pg_pool_enqueue(p, q, true);
}

void pg_pool_answered(struct pg_pool *p, struct pg_request *q, bool stale)
{
    if (stale && !q->resent && !p->session && !q->internal)
        pg_pool_resend(p, q);
    else
        pg_pool_end(p, q);
    if (p->nqueued)
        pg_pool_pump_later(p);
}

static void pg_pool_tell_state(struct pg_pool *p)
{
    bool ready = p->nready > 0;
    if (ready == p->state_told || (p->session && p->conns[0].state == PG_CONN_RETIRING))
        return; /* a session's end is told after its last request */
    p->state_told = ready;
    if (ready)
        log_info(NULL, "Postgres is reachable");
    if (p->on_state)
        p->on_state(p->on_state_ud, ready);
}

void pg_pool_conn_ready(struct pg_pool *p)
{
    pg_pool_tell_state(p);
    pg_pool_pump_later(p);
}

/* What Postgres had refused before the loss is known to be undone and keeps its error; of the rest nobody knows. */
static void pg_pool_lost_one(struct pg_pool *p, struct pg_request *q)
{
    bool unknown = q->err.code == ERR_NONE || pg_error_is_lost(q->err.sqlstate);
    if (q->internal) {
        pg_request_recycle(q);
    } else if (unknown && q->idempotent && !q->resent && !p->session) {
        pg_pool_resend(p, q);
    } else {
        pg_request_fail(q, ERR_UNAVAILABLE, "statement %s: the connection was lost", q->stmts[q->count - 1].stmt->name);
        list_prepend(&p->failed, &q->link);
    }
}

void pg_pool_conn_lost(struct pg_pool *p, struct list *lost)
{
    while (!list_empty(lost)) { /* from the end, because each goes to the front of its list */
        struct pg_request *q = CONTAINER_OF(lost->prev, struct pg_request, link);
        list_remove(&q->link);
        pg_pool_lost_one(p, q);
    }
    struct list *node;
    while (p->session && (node = list_shift(&p->queue))) {
        p->nqueued--;
        struct pg_request *q = CONTAINER_OF(node, struct pg_request, link);
        pg_request_fail(q, ERR_UNAVAILABLE, "the session's connection was lost");
        list_append(&p->failed, node);
    }
    pg_pool_pump_later(p);
}

/* ---- sending ---- */

void pg_request_send(struct pg_request *q, pg_reply_fn *fn, void *ud)
{
    struct pg_pool *p = q->pool;
    q->fn = fn;
    q->ud = ud;
    q->sent_us = 0;
    if (pg_request_check(q) == 0) {
        if (p->closed)
            pg_request_fail(q, ERR_CANCELLED, "the pool is closed");
        else if (p->session && p->nready == 0)
            pg_request_fail(q, ERR_UNAVAILABLE, "the session is not connected");
        else if (p->nqueued >= p->opt.queue_max)
            pg_request_fail(q, ERR_OVERLOADED, "%d statements wait for Postgres already", p->nqueued);
    }
    if (q->err.code == ERR_NONE) {
        pg_pool_enqueue(p, q, false);
    } else {
        list_append(&p->failed, &q->link);
        pg_pool_pump_later(p);
    }
}

static struct pg_conn *pg_pool_pick(struct pg_pool *p)
{
    struct pg_conn *best = NULL;
    for (int i = 0; i < p->opt.connections; i++) {
        struct pg_conn *c = &p->conns[i];
        if (c->state == PG_CONN_READY && !c->broken && c->ngroups < p->opt.depth_max &&
            (!best || c->ngroups < best->ngroups))
            best = c;
    }
    return best;
}

static void pg_pool_fail_due(struct pg_pool *p)
{
    struct list *node;
    while ((node = list_shift(&p->failed)))
        pg_pool_end(p, CONTAINER_OF(node, struct pg_request, link));
}

static void pg_pool_deal(struct pg_pool *p)
{
    uint64_t touched = 0; /* a bit per connection */
    struct pg_conn *c;
    while (p->nqueued && (c = pg_pool_pick(p))) {
        struct list *node = list_shift(&p->queue);
        p->nqueued--;
        pg_conn_send(c, CONTAINER_OF(node, struct pg_request, link));
        touched |= UINT64_C(1) << (c - p->conns);
    }
    for (; touched; touched &= touched - 1)
        pg_conn_flush(&p->conns[__builtin_ctzll(touched)]);
}

static void pg_pool_destroy(struct pg_pool *p)
{
    free((char *)p->opt.host);
    free((char *)p->opt.db);
    free((char *)p->opt.user);
    explicit_bzero((char *)p->opt.password, strlen(p->opt.password));
    free((char *)p->opt.password);
    free((char *)p->opt.application_name);
    map_free(p->known_by_stmt);
    free(p->conns);
    free(p);
}

static void pg_pool_pump(void *ud)
{
    struct pg_pool *p = ud;
    if (p->closed) {
        pg_pool_destroy(p);
        return;
    }
    p->pumping = false;
    pg_pool_fail_due(p);
    pg_pool_tell_state(p);
    pg_pool_deal(p);
    if (p->nqueued != p->nqueued_shown) {
        metrics_series_add(p->m_queue, p->nqueued - p->nqueued_shown);
        p->nqueued_shown = p->nqueued;
    }
}

static void pg_pool_tick(void *ud)
{
    struct pg_pool *p = ud;
    uint64_t now_ms = loop_now_ms(p->loop);
    list_for_each_safe (node, &p->queue) {
        struct pg_request *q = CONTAINER_OF(node, struct pg_request, link);
        if (q->deadline_ms > now_ms)
            continue;
        list_remove(node);
        p->nqueued--;
        pg_request_fail(q, ERR_UNAVAILABLE, "no Postgres connection within %d ms", p->opt.queue_timeout_ms);
        list_append(&p->failed, node);
        pg_pool_pump_later(p);
    }
    for (int i = 0; i < p->opt.connections; i++)
        pg_conn_check(&p->conns[i], PG_TICK_MS);
}

/* ---- the pool ---- */

static void *pg_must(void *v)
{
    if (!v) {
        fputs("pg: out of memory\n", stderr);
        abort();
    }
    return v;
}

static int pg_or(int v, int otherwise)
{
    return v > 0 ? v : otherwise;
}

static struct pg_options pg_options_copy(const struct pg_options *o)
{
    return (struct pg_options){
        .host = pg_must(strdup(o->host ? o->host : "")),
        .port = pg_or(o->port, 5432),
        .db = pg_must(strdup(o->db ? o->db : "")),
        .user = pg_must(strdup(o->user ? o->user : "")),
        .password = pg_must(strdup(o->password ? o->password : "")),
        .application_name = pg_must(strdup(o->application_name ? o->application_name : "jobmill")),
        .connections = MIN(pg_or(o->connections, 4), PG_CONNECTIONS_MAX),
        .queue_max = pg_or(o->queue_max, 4096),
        .queue_timeout_ms = pg_or(o->queue_timeout_ms, 5000),
        .depth_max = pg_or(o->depth_max, 8),
        .statement_timeout_ms = pg_or(o->statement_timeout_ms, 30000),
    };
}

static struct pg_pool *pg_pool_make(struct loop *l, const struct pg_options *opt, bool session)
{
    struct pg_pool *p = pg_must(calloc(1, sizeof(*p)));
    p->loop = l;
    p->opt = pg_options_copy(opt);
    if (session)
        p->opt.connections = 1;
    p->session = session;
    list_init(&p->queue);
    list_init(&p->failed);
    list_init(&p->spare);
    p->m_connected = metrics_series(METRICS_PG_CONNECTED, NULL);
    p->m_queue = metrics_series(METRICS_PG_QUEUE, NULL);
    p->known_by_stmt = map_new((size_t)PG_KNOWN_MAX * 4);
    p->tick = loop_timer_new(l, pg_pool_tick, p);
    loop_timer_start(p->tick, PG_TICK_MS, PG_TICK_MS);
    p->conns = pg_must(calloc((size_t)p->opt.connections, sizeof(*p->conns)));
    for (int i = 0; i < p->opt.connections; i++)
        pg_conn_init(&p->conns[i], p);
    for (int i = 0; i < p->opt.connections; i++)
        pg_conn_start(&p->conns[i]);
    return p;
}

struct pg_pool *pg_pool_new(struct loop *l, const struct pg_options *opt)
{
    return pg_pool_make(l, opt, false);
}

void pg_pool_free(struct pg_pool *p)
{
    if (!p)
        return;
    p->closed = true;
    p->on_state = NULL;
    loop_timer_free(p->tick);
    struct list ended;
    list_init(&ended);
    for (int i = 0; i < p->opt.connections; i++) {
        pg_conn_take_groups(&p->conns[i], &ended);
        pg_conn_fini(&p->conns[i]);
    }
    struct list *node;
    while ((node = list_shift(&p->queue)))
        list_append(&ended, node);
    p->nqueued = p->nready = 0;
    metrics_series_add(p->m_queue, -p->nqueued_shown);
    while ((node = list_shift(&ended))) {
        struct pg_request *q = CONTAINER_OF(node, struct pg_request, link);
        if (q->internal) {
            pg_request_recycle(q);
            continue;
        }
        pg_request_fail(q, ERR_CANCELLED, "the pool was closed");
        list_append(&p->failed, node);
    }
    pg_pool_fail_due(p);
    while ((node = list_shift(&p->spare)))
        pg_request_dispose(CONTAINER_OF(node, struct pg_request, link));
    if (!p->pumping) /* else the pump does it */
        pg_pool_destroy(p);
}

bool pg_pool_ready(const struct pg_pool *p)
{
    return p->nready > 0;
}

int pg_pool_connections(const struct pg_pool *p)
{
    return p->nready;
}

int pg_pool_queued(const struct pg_pool *p)
{
    return p->nqueued;
}

int pg_pool_outstanding(const struct pg_pool *p)
{
    int n = 0;
    for (int i = 0; i < p->opt.connections; i++)
        n += p->conns[i].state >= PG_CONN_READY ? p->conns[i].ngroups : 0;
    return n;
}

void pg_pool_on_state(struct pg_pool *p, pg_state_fn *fn, void *ud)
{
    p->on_state = fn;
    p->on_state_ud = ud;
}

/* ---- session ---- */

struct pg_session *pg_session_new(struct loop *l, const struct pg_options *opt, pg_state_fn *on_state, void *ud)
{
    struct pg_session *s = pg_must(calloc(1, sizeof(*s)));
    s->pool = pg_pool_make(l, opt, true);
    pg_pool_on_state(s->pool, on_state, ud);
    return s;
}

void pg_session_free(struct pg_session *s)
{
    if (!s)
        return;
    pg_pool_free(s->pool);
    free(s);
}

struct pg_pool *pg_session_pool(struct pg_session *s)
{
    return s->pool;
}

bool pg_session_ready(const struct pg_session *s)
{
    return pg_pool_ready(s->pool);
}
