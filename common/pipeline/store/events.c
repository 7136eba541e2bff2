/* Sequence numbers of a batch are given under its row's lock: whoever sees number n sees all before it. */
#include "pipeline/store/events.h"

#define EVENT_COLUMNS "seq, application_id, stage, state, code, at"

static const struct pg_stmt stmt_source_batch = {"events_source_batch",
                                                 "SELECT batch_id, NULL::uuid, last_seq, state = 5, single, state FROM "
                                                 "batches WHERE tenant_id = $1 AND batch_id = $2"
                                                 " AND NOT single",
                                                 2};
static const struct pg_stmt stmt_source_application = {
    "events_source_application",
    "SELECT a.batch_id, a.application_id, b.last_seq, a.state >= 4, b.single, a.state FROM applications a"
    " JOIN batches b ON b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id"
    " WHERE a.tenant_id = $1 AND a.application_id = $2",
    2};
static const struct pg_stmt stmt_page = {"events_page",
                                         "SELECT " EVENT_COLUMNS
                                         " FROM events WHERE tenant_id = $1 AND batch_id = $2 AND seq > $3::int8"
                                         " ORDER BY seq LIMIT $4::int4",
                                         4};
static const struct pg_stmt stmt_page_application = {
    "events_page_application",
    "SELECT " EVENT_COLUMNS " FROM events WHERE tenant_id = $1 AND application_id = $2 AND seq > $3::int8"
    " ORDER BY seq LIMIT $4::int4",
    4};

static struct pg_request *events_request(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *id,
                                         const struct pg_stmt *stmt)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_idempotent(q);
    pg_request_add(q, stmt);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, id);
    return q;
}

void events_source(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *id, bool application,
                   pg_reply_fn *fn, void *ud)
{
    pg_request_send(events_request(pool, tenant_id, id, application ? &stmt_source_application : &stmt_source_batch),
                    fn, ud);
}

bool events_source_read(const struct pg_reply *reply, struct event_source *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    *ret = (struct event_source){
        .batch_id = pg_get_uuid(&rows, 0, 0),
        .application_id = pg_get_uuid(&rows, 0, 1),
        .last_seq = pg_get_int8(&rows, 0, 2),
        .ended = pg_get_bool(&rows, 0, 3),
        .single = pg_get_bool(&rows, 0, 4),
        .state = pg_get_int4(&rows, 0, 5),
    };
    return true;
}

void events_page(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                 const struct uuid *application_id, int64_t after_seq, int limit, pg_reply_fn *fn, void *ud)
{
    bool one = !uuid_is_nil(application_id);
    struct pg_request *q =
        events_request(pool, tenant_id, one ? application_id : batch_id, one ? &stmt_page_application : &stmt_page);
    pg_param_int8(q, after_seq);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

int events_count(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.count;
}

void events_read(const struct pg_reply *reply, int i, struct event_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    *ret = (struct event_row){
        .seq = pg_get_int8(&rows, i, 0),
        .application_id = pg_get_uuid(&rows, i, 1),
        .stage = pg_get_int4(&rows, i, 2),
        .state = pg_get_int4(&rows, i, 3),
        .code = pg_get_int4(&rows, i, 4),
        .at_us = pg_get_timestamptz(&rows, i, 5),
    };
}
