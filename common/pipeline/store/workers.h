/* The row of a process: liveness is per process, not per task. Whoever stops renewing it is lost and its tasks are
 * released again. */
#pragma once

#include "base/err.h"
#include "base/uuid.h"
#include "io/pg/pg.h"

struct worker_row {
    struct uuid worker_id;
    const char *kind;     /* "gateway", "dispatcher", or the service of a stage */
    const char *instance; /* "analyzer-1" */
    const char *address;  /* control url */
    const char *version;
    int ops_port;
    int pid;
    int in_flight;
    int concurrency;
    int64_t done;
};

/* Inserts or renews; all strings are borrowed until return. alive false: the row was declared lost; everything this
 * worker_id holds has been given to others, go on with a new id. err NULL on success. */
typedef void workers_beat_fn(void *ud, bool alive, const struct err *err);
void workers_beat(struct pg_pool *pool, const struct worker_row *row, workers_beat_fn *fn, void *ud);

/* The process ends by itself: its row goes. fn may be NULL. */
void workers_leave(struct pg_pool *pool, const struct uuid *worker_id, pg_reply_fn *fn, void *ud);
