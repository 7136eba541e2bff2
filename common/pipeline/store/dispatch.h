/* What the dispatcher asks of the store. Callbacks as in tasks.h; replies are borrowed until they return. */
#pragma once

#include "io/pg/pg.h"
#include "pipeline/store/changes.h"

/* The one active dispatcher holds an advisory lock on a session of its own. fn(ud, got, err). */
typedef void dispatch_lock_fn(void *ud, bool got, const struct err *err);
#define DISPATCH_SILENT_MS "5000" /* Postgres ends a session that says nothing for so long, and with it the lock */
void dispatch_lock_try(struct pg_pool *session, dispatch_lock_fn *fn, void *ud);
/* To be said often by who has the lock. */
void dispatch_lock_keep(struct pg_pool *session, pg_reply_fn *fn, void *ud);

struct dispatch_tenant {
    struct uuid tenant_id;
    int weight;
};
/* How full the fleet is, and who has a backlog. */
struct dispatch_load {
    int64_t live;        /* admitted applications that have not ended */
    int64_t live_bulk;   /* of them, those of bulk priority */
    int64_t concurrency; /* over all live workers of stages */
    const struct dispatch_tenant *tenants;
    int tenants_n;
};
#define DISPATCH_TENANTS_MAX 10000
typedef void dispatch_load_fn(void *ud, const struct dispatch_load *load, const struct err *err);
void dispatch_load(struct pg_pool *pool, dispatch_load_fn *fn, void *ud);

/* Admits at most limit applications of one tenant. Reply: statement 0 with CHANGE_COLUMNS (one ADMITTED row first). */
void dispatch_admit(struct pg_pool *pool, const struct uuid *tenant_id, int limit, pg_reply_fn *fn, void *ud);

enum dispatch_reason { DISPATCH_HANDED_BACK = 1, DISPATCH_DUE, DISPATCH_UNCLAIMED, DISPATCH_DEADLINE, DISPATCH_LEASE };

/* A task to publish again. */
struct dispatch_wake {
    int reason; /* enum dispatch_reason */
    struct uuid tenant_id, subject_id;
    int stage, priority, attempt;
    struct str traceparent;
};
typedef void dispatch_wake_fn(void *ud, const struct dispatch_wake *tasks, int n, const struct err *err);
void dispatch_wake(struct pg_pool *pool, int unclaimed_ms, int deadline_ms, int limit, dispatch_wake_fn *fn, void *ud);

/* Lost processes (kind, instance) are reported through lost before fn. */
typedef void dispatch_lost_fn(void *ud, struct str kind, struct str instance);
void dispatch_expire(struct pg_pool *pool, int lease_ms, dispatch_lost_fn *lost, dispatch_wake_fn *fn, void *ud);

/* Cancelling batches and abandoned uploads. Reply: statement 0 with CHANGE_COLUMNS. */
void dispatch_sweep(struct pg_pool *pool, int limit, pg_reply_fn *fn, void *ud);

/* Gauges. */
struct dispatch_stat {
    int stage, state;
    int64_t count;
    double oldest_s; /* age of the oldest release, of dispatched tasks */
};
struct dispatch_stats {
    const struct dispatch_stat *rows;
    int rows_n;
    int64_t backlog_interactive, backlog_bulk;
    int64_t drift; /* accepted and not ended, minus waiting and live */
};
typedef void dispatch_stats_fn(void *ud, const struct dispatch_stats *stats, const struct err *err);
void dispatch_stats(struct pg_pool *pool, dispatch_stats_fn *fn, void *ud);
