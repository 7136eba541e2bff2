/* States of a batch: receiving -> running <-> paused -> cancelling -> ended; only the gateway that receives an upload
 * moves it out of receiving, every chunk checks that it still may (jm_batch_open). */
#include "pipeline/store/batches.h"

#include "pipeline/store/parked.h"

#define BATCH_SELECT                                                                                                   \
    "SELECT b.batch_id, b.state, b.priority, b.last_seq, b.version, b.n_accepted, b.n_rejected, b.n_released,"         \
    " CASE WHEN b.state = 5 OR NOT EXISTS (SELECT 1 FROM tasks_parked y WHERE y.tenant_id = b.tenant_id) THEN 0"       \
    " ELSE (SELECT count(*) FROM tasks k WHERE k.tenant_id = b.tenant_id"                                              \
    "  AND k.batch_id = b.batch_id AND k.kind = 1 AND (k.state = 5 OR EXISTS (" TASKS_PARKED_SHARED "))) END::int4,"   \
    " b.n_done, b.n_needs_review, b.n_failed, b.n_cancelled, b.n_analyze, b.n_optimize, b.n_cover_letter, b.n_embed,"  \
    " coalesce(m.spent_microusd, 0), b.created_at, b.updated_at, b.ended_at, b.ceiling_microusd,"                      \
    " coalesce(m.reserved_microusd, 0) FROM batches b LEFT JOIN spending m ON m.tenant_id = b.tenant_id"               \
    " AND m.scope = 3 AND m.scope_id = b.batch_id AND m.day = 'epoch' "

static const struct pg_stmt stmt_open = {
    "batches_open",
    "INSERT INTO batches (tenant_id, batch_id, state, priority, gateway_id, traceparent, ceiling_microusd)"
    " VALUES ($1, $2, 1, $3, $4, $5, $6) RETURNING created_at",
    6};
static const struct pg_stmt stmt_open_keyed = {
    "batches_open_keyed",
    "WITH k AS (INSERT INTO idempotency_keys (tenant_id, route, key_hash, state, gateway_id, resource_id)"
    " VALUES ($1, 'batches', $7, 1, $4, $2) ON CONFLICT DO NOTHING RETURNING 1)"
    " INSERT INTO batches (tenant_id, batch_id, state, priority, gateway_id, traceparent, ceiling_microusd)"
    " SELECT $1, $2, 1, $3, $4, $5, $6 FROM k RETURNING created_at",
    7};
static const struct pg_stmt stmt_guard = {"batches_guard", "SELECT jm_batch_open($1, $2)", 2};
static const struct pg_stmt stmt_items = {
    "batches_items",
    "SELECT item_index, code, pointer, detail"
    " FROM jm_batch_items($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    17};
static const struct pg_stmt stmt_rejects = {
    "batches_rejects",
    "INSERT INTO batch_rejects (tenant_id, batch_id, item_index, byte_offset, code, client_ref, pointer, detail)"
    " SELECT $1, $2, x.* FROM unnest($3::int4[], $4::int8[], $5::int2[], $6::text[], $7::text[], $8::text[]) AS x",
    8};
static const struct pg_stmt stmt_finish = {
    "batches_finish",
    "UPDATE batches SET state = CASE WHEN state = 1 THEN 2 ELSE state END, n_accepted = $3, n_rejected = $4,"
    " version = version + 1, updated_at = now() WHERE tenant_id = $1 AND batch_id = $2",
    4};
static const struct pg_stmt stmt_finish_key = {
    "batches_finish_key",
    "UPDATE idempotency_keys SET state = 2, body_hash = $4, status = $5, sealed = $6"
    " WHERE tenant_id = $1 AND route = 'batches' AND key_hash = $3 AND resource_id = $2",
    6};
static const struct pg_stmt stmt_abort = {"batches_abort", "SELECT jm_batch_abort($1, $2)", 2};
static const struct pg_stmt stmt_admit = {"batches_admit",
                                          "SELECT " CHANGE_COLUMNS " FROM jm_admit($1, greatest(0, $2::int4"
                                          " - (SELECT count(*) FROM tasks WHERE tenant_id = $1 AND kind = 1)::int4))",
                                          2};
static const struct pg_stmt stmt_find = {"batches_find",
                                         BATCH_SELECT "WHERE b.tenant_id = $1 AND b.batch_id = $2 AND NOT b.single", 2};
static const struct pg_stmt stmt_list = {
    "batches_list",
    BATCH_SELECT "WHERE b.tenant_id = $1 AND b.batch_id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)"
                 " AND NOT b.single ORDER BY b.batch_id DESC LIMIT $3::int4",
    3};
static const struct pg_stmt stmt_exists = {
    "batches_exists", "SELECT 1 FROM batches WHERE tenant_id = $1 AND batch_id = $2 AND NOT single", 2};
static const struct pg_stmt stmt_item_rows = {
    "batches_item_rows",
    "SELECT * FROM ("
    " (SELECT a.item_index, a.application_id, a.client_ref, (CASE WHEN a.state <> 1 THEN a.state WHEN k.subject_id IS "
    "NULL"
    "   THEN 1 WHEN k.state = 5 OR p.stage IS NOT NULL THEN 3 ELSE 2 END)::int2 AS state, a.score,"
    "   CASE WHEN a.state <> 1 THEN a.code WHEN k.state = 5 THEN k.code ELSE coalesce(p.code, a.code) END AS code,"
    "   CASE WHEN a.state <> 1 THEN a.detail WHEN k.state = 5 THEN k.parked_why ELSE coalesce(p.parked_why, a.detail) "
    "END AS detail,"
    "   '' AS pointer, (-1)::int8 AS byte_offset FROM applications a"
    "  LEFT JOIN tasks k ON k.tenant_id = a.tenant_id AND k.subject_id = a.application_id AND k.kind = 1"
    "  LEFT JOIN LATERAL (" TASKS_PARKED_SHARED ") p ON true"
    "  WHERE a.tenant_id = $1 AND a.batch_id = $2 AND a.item_index > $3::int4 AND ($4::int4 = 0 OR"
    "   (CASE WHEN a.state <> 1 THEN a.state WHEN k.subject_id IS NULL THEN 1 WHEN k.state = 5 OR p.stage IS NOT NULL"
    "    THEN 3 ELSE 2 END) = "
    "$4::int4)"
    "  ORDER BY a.item_index LIMIT $5::int4)"
    " UNION ALL"
    " (SELECT r.item_index, NULL, r.client_ref, 100::int2, NULL, r.code, r.detail, r.pointer, r.byte_offset"
    "  FROM batch_rejects r WHERE r.tenant_id = $1 AND r.batch_id = $2 AND r.item_index > $3::int4"
    "  AND $4::int4 IN (0, 100) ORDER BY r.item_index LIMIT $5::int4)) x ORDER BY item_index LIMIT $5::int4",
    5};
static const struct pg_stmt stmt_moves[] = {
    [BATCH_CANCEL] = {"batches_cancel",
                      "UPDATE batches SET state = 4, version = version + 1, updated_at = now() WHERE tenant_id = $1"
                      " AND batch_id = $2 AND NOT single AND state IN (2, 3)",
                      2},
    [BATCH_PAUSE] = {"batches_pause",
                     "UPDATE batches SET state = 3, version = version + 1, updated_at = now() WHERE tenant_id = $1"
                     " AND batch_id = $2 AND NOT single AND state = 2",
                     2},
    [BATCH_RESUME] = {"batches_resume",
                      "UPDATE batches SET state = 2, version = version + 1, updated_at = now() WHERE tenant_id = $1"
                      " AND batch_id = $2 AND NOT single AND state = 3",
                      2},
};
/* Tasks before batches: the order of locks. 50: ERR_BUDGET. */
static const struct pg_stmt stmt_budget_wake = {
    "batches_budget_wake",
    "UPDATE tasks SET not_before = now() WHERE tenant_id = $1 AND batch_id = $2 AND state = 5 AND code = 50"
    " AND not_before > now()",
    2};
static const struct pg_stmt stmt_budget = {
    "batches_budget",
    "UPDATE batches SET ceiling_microusd = $3, version = version + 1, updated_at = now() WHERE tenant_id = $1"
    " AND batch_id = $2 AND NOT single AND state <> 5",
    3};
static const struct pg_stmt stmt_cost = {
    "batches_cost",
    "SELECT stage, provider, model, count(*)::int8, sum(prompt_tokens)::int8, sum(cached_tokens)::int8,"
    " sum(completion_tokens)::int8, sum(cost_microusd)::int8 FROM model_usage WHERE tenant_id = $1 AND batch_id = $2"
    " GROUP BY stage, provider, model ORDER BY stage, provider, model",
    2};
static const struct pg_stmt stmt_redrive = {"batches_redrive", "SELECT " CHANGE_COLUMNS " FROM jm_redrive($1, $2, $3)",
                                            3};

static struct pg_request *batches_request(struct pg_pool *pool, const struct uuid *tenant_id,
                                          const struct uuid *batch_id, const struct pg_stmt *stmt, bool idempotent)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    if (idempotent)
        pg_request_idempotent(q);
    pg_request_add(q, stmt);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    return q;
}

static struct str batches_text(struct str s)
{
    return s.p ? s : STR("");
}

void batches_open(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                  const struct uuid *gateway_id, int priority, int64_t ceiling_microusd, struct str traceparent,
                  const struct idempotency *key, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q =
        batches_request(pool, tenant_id, batch_id, key->present ? &stmt_open_keyed : &stmt_open, false);
    pg_param_int2(q, (int16_t)priority);
    pg_param_uuid(q, gateway_id);
    pg_param_text(q, batches_text(traceparent));
    pg_param_int8(q, ceiling_microusd);
    if (key->present)
        pg_param_bytea(q, (struct str){(const char *)key->key_hash, SEAL_HASH_BYTES});
    pg_request_send(q, fn, ud);
}

bool batches_open_read(const struct pg_reply *reply, uint64_t *ret_created_at_us)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count)
        *ret_created_at_us = pg_get_timestamptz(&rows, 0, 0);
    return rows.count > 0;
}

#define ITEMS_ARRAY(q, items, n, type, call, value)                                                                    \
    do {                                                                                                               \
        pg_array_begin(q, type);                                                                                       \
        for (int i_ = 0; i_ < (n); i_++) {                                                                             \
            __typeof__((items)[0]) *it = &(items)[i_];                                                                 \
            call(q, value);                                                                                            \
        }                                                                                                              \
        pg_array_end(q);                                                                                               \
    } while (0)

static void batches_items_params(struct pg_request *q, const struct batch_item *items, int n)
{
    struct str none = {0};
    ITEMS_ARRAY(q, items, n, PG_INT4, pg_array_int4, it->index);
    ITEMS_ARRAY(q, items, n, PG_INT8, pg_array_int8, it->byte_offset);
    ITEMS_ARRAY(q, items, n, PG_UUID, pg_array_uuid, &it->application_id);
    ITEMS_ARRAY(q, items, n, PG_UUID, pg_array_uuid, &it->user_id);
    ITEMS_ARRAY(q, items, n, PG_UUID, pg_array_uuid, it->has_job ? &it->job.job_id : &it->job_id);
    ITEMS_ARRAY(q, items, n, PG_BYTEA, pg_array_bytea,
                it->has_job ? ((struct str){(const char *)it->job.content_hash, SEAL_HASH_BYTES}) : none);
    ITEMS_ARRAY(q, items, n, PG_INT2, pg_array_int2, (int16_t)it->job.format);
    ITEMS_ARRAY(q, items, n, PG_TEXT, pg_array_text, batches_text(it->job.title));
    ITEMS_ARRAY(q, items, n, PG_TEXT, pg_array_text, batches_text(it->job.company));
    ITEMS_ARRAY(q, items, n, PG_TEXT, pg_array_text, batches_text(it->job.body));
    ITEMS_ARRAY(q, items, n, PG_TEXT, pg_array_text, batches_text(it->client_ref));
    ITEMS_ARRAY(q, items, n, PG_TEXT, pg_array_text, batches_text(it->options));
    ITEMS_ARRAY(q, items, n, PG_INT4, pg_array_int4, it->cost);
}

static void batches_rejects_params(struct pg_request *q, const struct batch_reject *rejects, int n)
{
    ITEMS_ARRAY(q, rejects, n, PG_INT4, pg_array_int4, it->index);
    ITEMS_ARRAY(q, rejects, n, PG_INT8, pg_array_int8, it->byte_offset);
    ITEMS_ARRAY(q, rejects, n, PG_INT2, pg_array_int2, (int16_t)it->code);
    ITEMS_ARRAY(q, rejects, n, PG_TEXT, pg_array_text, batches_text(it->client_ref));
    ITEMS_ARRAY(q, rejects, n, PG_TEXT, pg_array_text, batches_text(it->pointer));
    ITEMS_ARRAY(q, rejects, n, PG_TEXT, pg_array_text, batches_text(it->detail));
}

void batches_items(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int priority,
                   struct str traceparent, const struct batch_item *items, int n, const struct batch_reject *rejects,
                   int rejects_n, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_guard, false);
    pg_request_add(q, &stmt_items);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_param_int2(q, (int16_t)priority);
    pg_param_text(q, batches_text(traceparent));
    batches_items_params(q, items, n);
    if (rejects_n) {
        pg_request_add(q, &stmt_rejects);
        pg_param_uuid(q, tenant_id);
        pg_param_uuid(q, batch_id);
        batches_rejects_params(q, rejects, rejects_n);
    }
    pg_request_send(q, fn, ud);
}

bool batches_items_refused(const struct pg_reply *reply, int i, struct batch_reject *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 1);
    if (i >= rows.count)
        return false;
    *ret = (struct batch_reject){.index = pg_get_int4(&rows, i, 0),
                                 .code = pg_get_int4(&rows, i, 1),
                                 .pointer = pg_get_text(&rows, i, 2),
                                 .detail = pg_get_text(&rows, i, 3)};
    return true;
}

void batches_finish(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int accepted,
                    int rejected, const struct idempotency *key, int status, struct str sealed, pg_reply_fn *fn,
                    void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_finish, true);
    pg_param_int4(q, accepted);
    pg_param_int4(q, rejected);
    if (key->present) {
        pg_request_add(q, &stmt_finish_key);
        pg_param_uuid(q, tenant_id);
        pg_param_uuid(q, batch_id);
        idempotency_params(q, key);
        pg_param_int2(q, (int16_t)status);
        pg_param_bytea(q, sealed);
    }
    pg_request_send(q, fn, ud);
}

bool batches_finish_read(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.affected > 0;
}

void batches_abort(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                   void *ud)
{
    pg_request_send(batches_request(pool, tenant_id, batch_id, &stmt_abort, true), fn, ud);
}

void batches_admit(struct pg_pool *pool, const struct uuid *tenant_id, int window, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_add(q, &stmt_admit);
    pg_param_uuid(q, tenant_id);
    pg_param_int4(q, window);
    pg_request_send(q, fn, ud);
}

void batches_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                  void *ud)
{
    pg_request_send(batches_request(pool, tenant_id, batch_id, &stmt_find, true), fn, ud);
}

void batches_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *before, int limit,
                  pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, uuid_is_nil(before) ? NULL : before, &stmt_list, true);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

int batches_count(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.count;
}

static void batch_row_read(const struct pg_rows *r, int i, struct batch_row *ret)
{
    *ret = (struct batch_row){
        .batch_id = pg_get_uuid(r, i, 0),
        .state = pg_get_int4(r, i, 1),
        .priority = pg_get_int4(r, i, 2),
        .last_seq = pg_get_int8(r, i, 3),
        .version = pg_get_int8(r, i, 4),
        .accepted = pg_get_int4(r, i, 5),
        .rejected = pg_get_int4(r, i, 6),
        .released = pg_get_int4(r, i, 7),
        .parked = pg_get_int4(r, i, 8),
        .done = pg_get_int4(r, i, 9),
        .needs_review = pg_get_int4(r, i, 10),
        .failed = pg_get_int4(r, i, 11),
        .cancelled = pg_get_int4(r, i, 12),
        .stage_done = {[STAGE_ANALYZE] = pg_get_int4(r, i, 13),
                       [STAGE_OPTIMIZE] = pg_get_int4(r, i, 14),
                       [STAGE_COVER_LETTER] = pg_get_int4(r, i, 15),
                       [STAGE_EMBED] = pg_get_int4(r, i, 16)},
        .cost_microusd = pg_get_int8(r, i, 17),
        .created_at_us = pg_get_timestamptz(r, i, 18),
        .updated_at_us = pg_get_timestamptz(r, i, 19),
        .ended_at_us = pg_get_timestamptz(r, i, 20),
        .ceiling_microusd = pg_get_int8(r, i, 21),
        .reserved_microusd = pg_get_int8(r, i, 22),
    };
}

bool batches_read(const struct pg_reply *reply, int i, struct batch_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (i >= rows.count)
        return false;
    batch_row_read(&rows, i, ret);
    return true;
}

void batches_item_rows(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int after_index,
                       int state, int limit, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_exists, true);
    pg_request_add(q, &stmt_item_rows);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_param_int4(q, after_index);
    pg_param_int4(q, state);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

bool batches_item_rows_read(const struct pg_reply *reply, int *ret_count)
{
    struct pg_rows exists = pg_reply_rows(reply, 0);
    struct pg_rows rows = pg_reply_rows(reply, 1);
    *ret_count = rows.count;
    return exists.count > 0;
}

void batches_item_row(const struct pg_reply *reply, int i, struct batch_item_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 1);
    *ret = (struct batch_item_row){
        .index = pg_get_int4(&rows, i, 0),
        .has_application = !pg_is_null(&rows, i, 1),
        .application_id = pg_get_uuid(&rows, i, 1),
        .client_ref = pg_get_text(&rows, i, 2),
        .state = pg_get_int4(&rows, i, 3),
        .score = pg_is_null(&rows, i, 4) ? -1 : pg_get_int4(&rows, i, 4),
        .code = pg_get_int4(&rows, i, 5),
        .detail = pg_get_text(&rows, i, 6),
        .pointer = pg_get_text(&rows, i, 7),
        .byte_offset = pg_get_int8(&rows, i, 8),
    };
}

void batches_move(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, enum batch_verb verb,
                  pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_moves[verb], false);
    pg_request_add(q, &stmt_find);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_request_send(q, fn, ud);
}

void batches_budget(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                    int64_t ceiling_microusd, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_budget_wake, true);
    pg_request_add(q, &stmt_budget);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_param_int8(q, ceiling_microusd);
    pg_request_add(q, &stmt_find);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_request_send(q, fn, ud);
}

bool batches_budget_read(const struct pg_reply *reply, struct batch_row *ret, bool *ret_set)
{
    struct pg_rows set = pg_reply_rows(reply, 1);
    struct pg_rows rows = pg_reply_rows(reply, 2);
    if (rows.count == 0)
        return false;
    *ret_set = set.affected > 0;
    batch_row_read(&rows, 0, ret);
    return true;
}

void batches_cost(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                  void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_find, true);
    pg_request_add(q, &stmt_cost);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, batch_id);
    pg_request_send(q, fn, ud);
}

bool batches_cost_read(const struct pg_reply *reply, int i, struct batch_cost *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 1);
    if (i >= rows.count)
        return false;
    *ret = (struct batch_cost){
        .stage = pg_get_int4(&rows, i, 0),
        .provider = pg_get_text(&rows, i, 1),
        .model = pg_get_text(&rows, i, 2),
        .calls = pg_get_int8(&rows, i, 3),
        .prompt_tokens = pg_get_int8(&rows, i, 4),
        .cached_tokens = pg_get_int8(&rows, i, 5),
        .completion_tokens = pg_get_int8(&rows, i, 6),
        .cost_microusd = pg_get_int8(&rows, i, 7),
    };
    return true;
}

bool batches_move_read(const struct pg_reply *reply, struct batch_row *ret, bool *ret_moved)
{
    struct pg_rows moved = pg_reply_rows(reply, 0);
    struct pg_rows rows = pg_reply_rows(reply, 1);
    if (rows.count == 0)
        return false;
    *ret_moved = moved.affected > 0;
    batch_row_read(&rows, 0, ret);
    return true;
}

void batches_redrive(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int limit,
                     pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = batches_request(pool, tenant_id, batch_id, &stmt_redrive, false);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}
