/* Renewing needs no durable commit: a row lost in a crash is renewed within one heartbeat. */
#include "pipeline/store/workers.h"

#include <stdlib.h>

static const struct pg_stmt stmt_beat_async = {"workers_beat_async",
                                               "SELECT set_config('synchronous_commit', 'off', true)", 0};
static const struct pg_stmt stmt_beat = {
    "workers_beat",
    "INSERT INTO workers AS w (worker_id, kind, instance, address, version, ops_port, pid, in_flight, concurrency, "
    "done)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    " ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = now(), address = excluded.address, ops_port = "
    "excluded.ops_port,"
    " in_flight = excluded.in_flight, concurrency = excluded.concurrency, done = excluded.done"
    " WHERE w.lost_at IS NULL RETURNING worker_id",
    10};
static const struct pg_stmt stmt_leave = {"workers_leave", "DELETE FROM workers WHERE worker_id = $1", 1};

struct workers_wait {
    workers_beat_fn *fn;
    void *ud;
};

static void workers_beat_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct workers_wait *w = ud;
    bool alive = true;
    if (!err) {
        struct pg_rows rows = pg_reply_rows(reply, 1);
        alive = rows.count == 1;
    }
    w->fn(w->ud, alive, err);
    free(w);
}

void workers_beat(struct pg_pool *pool, const struct worker_row *row, workers_beat_fn *fn, void *ud)
{
    struct workers_wait *w = malloc(sizeof(*w));
    if (!w)
        abort();
    *w = (struct workers_wait){.fn = fn, .ud = ud};
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_beat_async);
    pg_request_add(q, &stmt_beat);
    pg_param_uuid(q, &row->worker_id);
    pg_param_text(q, str_of(row->kind));
    pg_param_text(q, str_of(row->instance));
    pg_param_text(q, str_of(row->address));
    pg_param_text(q, str_of(row->version));
    pg_param_int4(q, row->ops_port);
    pg_param_int4(q, row->pid);
    pg_param_int4(q, row->in_flight);
    pg_param_int4(q, row->concurrency);
    pg_param_int8(q, row->done);
    pg_request_send(q, workers_beat_done, w);
}

void workers_leave(struct pg_pool *pool, const struct uuid *worker_id, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_leave);
    pg_param_uuid(q, worker_id);
    pg_request_send(q, fn, ud);
}
