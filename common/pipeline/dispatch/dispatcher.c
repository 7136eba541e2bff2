/* One dispatcher is active: it holds an advisory lock on a Postgres session of its own. When it dies, Postgres releases
 * the lock and a standby that asks every DISPATCHER_LOCK_MS gets it. One that is frozen dies for Postgres, too: the
 * session ends when it is silent for DISPATCH_SILENT_MS.
 *
 * Active, it runs rounds of independent jobs, each with a period and at most one statement out:
 *
 *   admit   fills the window from the backlogs, weighted fair by cost      dispatch.tick
 *   wake    ready, due, unclaimed, beyond the deadline -> published again    dispatch.tick * 2
 *   expire  processes without heartbeat are lost -> their tasks released    dispatch.lease / 4
 *   sweep   cancelling batches, abandoned uploads                          500 ms
 *   stats   gauges, the books                                              2 s
 *   asks    kept answers of models that are too old, money in all          60 s, at once while there is more
 *
 * All of them are idempotent: two dispatchers that overlap for a moment do no harm, they publish twice at most. */
#include "pipeline/dispatch/dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include "core/log.h"
#include "core/metrics.h"
#include "pipeline/dispatch/fair.h"
#include "pipeline/store/asks.h"
#include "pipeline/store/dispatch.h"
#include "pipeline/worker/member.h"

#define DISPATCHER_LOCK_MS    500
#define DISPATCHER_SWEEP_MS   500
#define DISPATCHER_STATS_MS   2000
#define DISPATCHER_ASKS_MS    60000
#define DISPATCHER_ASKS_MAX   1000
#define DISPATCHER_WAKE_MAX   2000
#define DISPATCHER_SWEEP_MAX  5000
#define DISPATCHER_CHUNK      200 /* applications of one tenant in one admission */
#define DISPATCHER_WINDOW_MIN 400
#define DISPATCHER_BULK_SHARE 8 /* this part of the window is bulk's in any case */
#define DISPATCHER_RETURN_MS                                                                                           \
    6000 /* after an outage a pool is back at the latest then (its longest pause between two attempts and some more)   \
          */

enum job { JOB_ADMIT = 0, JOB_WAKE, JOB_EXPIRE, JOB_SWEEP, JOB_STATS, JOB_ASKS, JOB_COUNT };

struct dispatcher {
    struct daemon *daemon;
    struct member *member;
    struct loop *loop;
    struct config *config;
    struct pg_session *session;
    struct loop_timer *lock_timer;
    bool locking, leader;
    struct loop_timer *timers[JOB_COUNT];
    bool busy[JOB_COUNT];
    struct fair *fair;
    int64_t budget;            /* of the admission round under way */
    uint64_t patient_until_ms; /* nobody is declared lost before */
    bool outage;               /* Postgres was there and went */
};

static void dispatcher_admit_next(struct dispatcher *d);

/* ---- admit ---- */

static void dispatcher_admitted(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatcher *d = ud;
    if (err) {
        log_warn(NULL, "admission: %s", err->msg);
        d->busy[JOB_ADMIT] = false;
        return;
    }
    struct pg_rows rows = pg_reply_rows(reply, 0);
    struct change c = {0};
    if (rows.count > 0)
        change_read(&rows, 0, &c);
    int n = c.what == CHANGE_ADMITTED ? c.code : 0;
    fair_pay(d->fair, n ? MAX(c.seq, 1) : 0);
    d->budget -= n;
    metrics_add(METRICS_ADMITTED, n, "bulk", NULL);
    outbox_changes(member_outbox(d->member), &rows, NULL, NULL);
    dispatcher_admit_next(d);
}

static void dispatcher_admit_next(struct dispatcher *d)
{
    const struct uuid *tenant_id = d->budget > 0 && d->leader ? fair_next(d->fair) : NULL;
    if (!tenant_id) {
        d->busy[JOB_ADMIT] = false;
        return;
    }
    dispatch_admit(member_pool(d->member), tenant_id, (int)MIN(d->budget, DISPATCHER_CHUNK), dispatcher_admitted, d);
}

static void dispatcher_loaded(void *ud, const struct dispatch_load *load, const struct err *err)
{
    struct dispatcher *d = ud;
    if (err || !d->leader) {
        d->busy[JOB_ADMIT] = false;
        return;
    }
    int64_t window = config_int(d->config, CONFIG_WINDOW);
    if (window == 0)
        window = MAX(2 * load->concurrency, DISPATCHER_WINDOW_MIN);
    /* single applications are released by the gateway past the window: they may not starve what waits here */
    d->budget = MAX(window - load->live, window / DISPATCHER_BULK_SHARE - load->live_bulk);
    fair_begin(d->fair);
    for (int i = 0; i < load->tenants_n; i++)
        fair_offer(d->fair, &load->tenants[i].tenant_id, load->tenants[i].weight);
    dispatcher_admit_next(d);
}

static void dispatcher_admit(struct dispatcher *d)
{
    dispatch_load(member_pool(d->member), dispatcher_loaded, d);
}

/* ---- wake and expire ---- */

static void dispatcher_publish(struct dispatcher *d, const struct dispatch_wake *tasks, int n)
{
    static const char *const reasons[] = {"", "handed_back", "due", "unclaimed", "deadline", "lease"};
    for (int i = 0; i < n; i++) {
        const struct dispatch_wake *t = &tasks[i];
        /* what was under way already does not queue behind what was not: it goes by the fast topic */
        bool under_way = t->reason == DISPATCH_HANDED_BACK || t->reason == DISPATCH_LEASE;
        outbox_task(member_outbox(d->member), &t->tenant_id, &t->subject_id, t->stage,
                    under_way ? PRIORITY_INTERACTIVE : t->priority, t->attempt, t->traceparent);
        metrics_add(METRICS_REPUBLISHED, 1, reasons[t->reason], NULL);
    }
}

static void dispatcher_woken(void *ud, const struct dispatch_wake *tasks, int n, const struct err *err)
{
    struct dispatcher *d = ud;
    d->busy[JOB_WAKE] = false;
    if (!err)
        dispatcher_publish(d, tasks, n);
}

static void dispatcher_wake(struct dispatcher *d)
{
    dispatch_wake(member_pool(d->member), (int)config_int(d->config, CONFIG_UNCLAIMED),
                  (int)config_int(d->config, CONFIG_TASK_DEADLINE), DISPATCHER_WAKE_MAX, dispatcher_woken, d);
}

static void dispatcher_lost(void *ud UNUSED, struct str kind, struct str instance)
{
    char label[32];
    snprintf(label, sizeof(label), "%.*s", STR_ARG(kind));
    metrics_add(METRICS_LEASES_EXPIRED, 1, label, NULL);
    log_warn(NULL, "%.*s is lost: its tasks are released", STR_ARG(instance));
}

static void dispatcher_expired(void *ud, const struct dispatch_wake *tasks, int n, const struct err *err)
{
    struct dispatcher *d = ud;
    d->busy[JOB_EXPIRE] = false;
    if (!err)
        dispatcher_publish(d, tasks, n);
}

/* After an outage of Postgres, or as a new leader, everybody gets the time to come back first. */
static void dispatcher_expire(struct dispatcher *d)
{
    if (loop_now_ms(d->loop) < d->patient_until_ms) {
        d->busy[JOB_EXPIRE] = false;
        return;
    }
    dispatch_expire(member_pool(d->member), (int)config_int(d->config, CONFIG_LEASE), dispatcher_lost,
                    dispatcher_expired, d);
}

/* ---- sweep and stats ---- */

static void dispatcher_swept(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatcher *d = ud;
    d->busy[JOB_SWEEP] = false;
    if (err)
        return;
    struct pg_rows rows = pg_reply_rows(reply, 0);
    outbox_changes(member_outbox(d->member), &rows, NULL, NULL);
}

static void dispatcher_sweep(struct dispatcher *d)
{
    dispatch_sweep(member_pool(d->member), DISPATCHER_SWEEP_MAX, dispatcher_swept, d);
}

static void dispatcher_stats_zero(void)
{
    for (int stage = 1; stage <= STAGE_JOIN; stage++) {
        for (int state = TASK_WAITING; state <= TASK_PARKED; state++)
            metrics_set(METRICS_TASKS_STATE, 0, stage_name((enum stage)stage), task_state_name(state), NULL);
        if (stage <= STAGE_MAX)
            metrics_set(METRICS_QUEUE_AGE, 0, stage_name((enum stage)stage), NULL);
    }
}

static void dispatcher_counted(void *ud, const struct dispatch_stats *stats, const struct err *err)
{
    struct dispatcher *d = ud;
    d->busy[JOB_STATS] = false;
    if (err)
        return;
    dispatcher_stats_zero();
    for (int i = 0; i < stats->rows_n; i++) {
        const struct dispatch_stat *s = &stats->rows[i];
        metrics_set(METRICS_TASKS_STATE, (double)s->count, stage_name((enum stage)s->stage), task_state_name(s->state),
                    NULL);
        if (s->state == TASK_DISPATCHED)
            metrics_set(METRICS_QUEUE_AGE, s->oldest_s, stage_name((enum stage)s->stage), NULL);
    }
    metrics_set(METRICS_BACKLOG, (double)stats->backlog_interactive, "interactive", NULL);
    metrics_set(METRICS_BACKLOG, (double)stats->backlog_bulk, "bulk", NULL);
    metrics_set(METRICS_BOOKS_DRIFT, (double)stats->drift, NULL);
    if (stats->drift != 0)
        log_error(NULL, "the books do not balance: accepted applications differ by %lld from those in a state",
                  (long long)stats->drift);
}

static void dispatcher_stats(struct dispatcher *d)
{
    dispatch_stats(member_pool(d->member), dispatcher_counted, d);
}

static void dispatcher_asks(struct dispatcher *d);

static void dispatcher_asks_swept(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct dispatcher *d = ud;
    struct ask_totals totals;
    d->busy[JOB_ASKS] = false;
    if (err) {
        log_warn(NULL, "old answers of models: %s", err->msg);
        return;
    }
    int n = asks_sweep_read(reply, &totals);
    metrics_add(METRICS_ASKS_SWEPT, n, NULL);
    metrics_set(METRICS_MONEY_SPENT, (double)totals.spent_microusd, NULL);
    metrics_set(METRICS_MONEY_RESERVED, (double)totals.reserved_microusd, NULL);
    metrics_set(METRICS_BOUGHT_TWICE, (double)totals.bought_twice, NULL);
    if (n < DISPATCHER_ASKS_MAX || !d->leader || member_stopping(d->member))
        return;
    d->busy[JOB_ASKS] = true;
    dispatcher_asks(d);
}

static void dispatcher_asks(struct dispatcher *d)
{
    asks_sweep(member_pool(d->member), (int)(config_int(d->config, CONFIG_LLM_KEEP) / 1000), DISPATCHER_ASKS_MAX,
               dispatcher_asks_swept, d);
}

/* ---- rounds ---- */

static void (*const dispatcher_jobs[JOB_COUNT])(struct dispatcher *d) = {
    [JOB_ADMIT] = dispatcher_admit, [JOB_WAKE] = dispatcher_wake,   [JOB_EXPIRE] = dispatcher_expire,
    [JOB_SWEEP] = dispatcher_sweep, [JOB_STATS] = dispatcher_stats, [JOB_ASKS] = dispatcher_asks,
};

static void dispatcher_fire(struct dispatcher *d, enum job job)
{
    if (!d->leader || d->busy[job] || member_stopping(d->member))
        return;
    d->busy[job] = true;
    dispatcher_jobs[job](d);
}

#define DISPATCHER_TIMER(job, name)                                                                                    \
    static void dispatcher_timer_##name(void *ud)                                                                      \
    {                                                                                                                  \
        dispatcher_fire(ud, job);                                                                                      \
    }
DISPATCHER_TIMER(JOB_ADMIT, admit)
DISPATCHER_TIMER(JOB_WAKE, wake)
DISPATCHER_TIMER(JOB_EXPIRE, expire)
DISPATCHER_TIMER(JOB_SWEEP, sweep)
DISPATCHER_TIMER(JOB_STATS, stats)
DISPATCHER_TIMER(JOB_ASKS, asks)

static void dispatcher_timers(struct dispatcher *d)
{
    uint64_t tick_ms = (uint64_t)config_int(d->config, CONFIG_TICK),
             lease_ms = (uint64_t)config_int(d->config, CONFIG_LEASE);
    loop_fn *const fns[JOB_COUNT] = {dispatcher_timer_admit, dispatcher_timer_wake,  dispatcher_timer_expire,
                                     dispatcher_timer_sweep, dispatcher_timer_stats, dispatcher_timer_asks};
    uint64_t periods[JOB_COUNT] = {
        tick_ms, tick_ms * 2, MAX(lease_ms / 4, 50), DISPATCHER_SWEEP_MS, DISPATCHER_STATS_MS, DISPATCHER_ASKS_MS};
    for (int i = 0; i < JOB_COUNT; i++) {
        d->timers[i] = loop_timer_new(d->loop, fns[i], d);
        loop_timer_start(d->timers[i], periods[i], periods[i]);
    }
}

/* ---- the lock ---- */

static void dispatcher_patience(struct dispatcher *d, uint64_t more_ms)
{
    uint64_t until_ms = loop_now_ms(d->loop) + 2 * (uint64_t)config_int(d->config, CONFIG_LEASE) + more_ms;
    d->patient_until_ms = MAX(d->patient_until_ms, until_ms);
}

static void dispatcher_pool_state(void *ud, bool ready)
{
    struct dispatcher *d = ud;
    if (ready)
        dispatcher_patience(d, d->outage ? DISPATCHER_RETURN_MS : 0);
    d->outage = !ready;
}

static void dispatcher_lead(struct dispatcher *d, bool leader)
{
    if (leader && !d->leader)
        dispatcher_patience(d, 0);
    if (d->leader != leader)
        log_info(NULL, leader ? "active" : "standing by");
    d->leader = leader;
    metrics_set(METRICS_LEADER, leader ? 1 : 0, NULL);
}

static void dispatcher_locked(void *ud, bool got, const struct err *err)
{
    struct dispatcher *d = ud;
    d->locking = false;
    dispatcher_lead(d, !err && got);
}

static void dispatcher_kept(void *ud, const struct pg_reply *reply UNUSED, const struct err *err UNUSED)
{
    ((struct dispatcher *)ud)->locking = false; /* a session that ended is told by dispatcher_session */
}

static void dispatcher_lock(void *ud)
{
    struct dispatcher *d = ud;
    if (d->locking || !pg_session_ready(d->session) || member_stopping(d->member))
        return;
    d->locking = true;
    if (d->leader)
        dispatch_lock_keep(pg_session_pool(d->session), dispatcher_kept, d);
    else
        dispatch_lock_try(pg_session_pool(d->session), dispatcher_locked, d);
}

static void dispatcher_session(void *ud, bool ready)
{
    struct dispatcher *d = ud;
    if (ready)
        dispatcher_lock(d);
    else
        dispatcher_lead(d, false);
}

static bool dispatcher_check(void *ud, char detail[64])
{
    struct dispatcher *d = ud;
    snprintf(detail, 64, "%s", d->leader ? "active" : "standing by");
    return true;
}

/* ---- life ---- */

static int dispatcher_start(struct daemon *daemon, void **ret_state, struct err *err)
{
    struct dispatcher *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    *ret_state = d;
    d->daemon = daemon;
    d->loop = daemon_loop(daemon);
    d->config = daemon_config(daemon);
    d->fair = fair_new();
    struct member_spec spec = {.kind = "dispatcher",
                               .pg_role = "jobmill_dispatcher",
                               .ud = d,
                               .extra_check = dispatcher_check};
    int rc = member_new(daemon, &spec, &d->member, err);
    if (rc < 0)
        return rc;
    pg_pool_on_state(member_pool(d->member), dispatcher_pool_state, d);
    struct pg_options opt = member_pg_options(d->member);
    d->session = pg_session_new(d->loop, &opt, dispatcher_session, d);
    d->lock_timer = loop_timer_new(d->loop, dispatcher_lock, d);
    loop_timer_start(d->lock_timer, DISPATCHER_LOCK_MS, DISPATCHER_LOCK_MS);
    dispatcher_lead(d, false);
    dispatcher_timers(d);
    return 0;
}

static void dispatcher_exit(void *ud)
{
    struct dispatcher *d = ud;
    daemon_done(d->daemon, 0);
}

static void dispatcher_stop(struct daemon *daemon UNUSED, void *state)
{
    struct dispatcher *d = state;
    member_stop(d->member);
    dispatcher_lead(d, false);
    member_leave(d->member, dispatcher_exit, d);
}

static void dispatcher_free(void *state)
{
    struct dispatcher *d = state;
    if (!d)
        return;
    for (int i = 0; i < JOB_COUNT; i++)
        loop_timer_free(d->timers[i]);
    loop_timer_free(d->lock_timer);
    if (d->member)
        member_stop(d->member);
    pg_session_free(d->session);
    member_free(d->member);
    fair_free(d->fair);
    free(d);
}

int dispatcher_main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "dispatcher",
        .service = "dispatcher",
        .about = "Releases work fairly, publishes again what got lost, expires leases, closes batches.",
        .start = dispatcher_start,
        .stop = dispatcher_stop,
        .free = dispatcher_free};
    return daemon_main(&spec, argc, argv);
}
