/* The functions of migrations/0012; here they only get their arrays. Rows of model_asks are locked in the order of the
 * hashes by the functions. */
#include "pipeline/store/asks.h"

#include <assert.h>
#include <stdlib.h>
#include "pipeline/store/arrays.h"

static const struct pg_stmt stmt_async = {"asks_async", "SELECT set_config('synchronous_commit', 'off', true)", 0};
static const struct pg_stmt stmt_open = {
    "asks_open", "SELECT what, reply, billed, scope FROM jm_ask($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", 11};
static const struct pg_stmt stmt_reply = {"asks_reply", "SELECT jm_reply($1, $2, $3, $4)", 4};
static const struct pg_stmt stmt_bill = {
    "asks_bill",
    "SELECT jm_bill($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)", 20};
static const struct pg_stmt stmt_drop = {"asks_drop", "SELECT jm_unask($1, $2, $3, $4)", 4};
static const struct pg_stmt stmt_totals = {
    "asks_totals",
    "SELECT coalesce(sum(spent_microusd), 0)::int8, coalesce(sum(reserved_microusd), 0)::int8, "
    "coalesce(sum(bought_twice), 0)::int8 FROM spending WHERE scope = 1",
    0};
static const struct pg_stmt stmt_sweep = {"asks_sweep", "SELECT jm_asks_sweep(make_interval(secs => $1), $2)", 2};

struct asks_wait {
    asks_open_fn *fn;
    void *ud;
    int n;
};

static struct str hash_str(const struct ask_key *k)
{
    return (struct str){.p = (const char *)k->hash, .n = ASKS_HASH_BYTES};
}

static const struct uuid *id_or_null(const struct uuid *id)
{
    return uuid_is_nil(id) ? NULL : id;
}

static void asks_opened(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct asks_wait *w = ud;
    struct ask_opened *opened = calloc((size_t)w->n, sizeof(*opened));
    if (!opened)
        abort();
    if (!err) {
        struct pg_rows rows = pg_reply_rows(reply, 1);
        assert(rows.count == w->n);
        for (int i = 0; i < rows.count; i++)
            opened[i] = (struct ask_opened){.what = (enum ask_what)pg_get_int4(&rows, i, 0),
                                            .reply = pg_get_bytea(&rows, i, 1),
                                            .billed = pg_get_bool(&rows, i, 2),
                                            .scope = (enum ask_scope)pg_get_int4(&rows, i, 3)};
    }
    w->fn(w->ud, opened, err ? 0 : w->n, err);
    free(opened);
    free(w);
}

void asks_open(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct ask_open *asks, int n,
               const struct ask_ceilings *most, asks_open_fn *fn, void *ud)
{
    assert(n > 0 && n <= ASKS_BATCH_MAX);
    struct asks_wait *w = malloc(sizeof(*w));
    if (!w)
        abort();
    *w = (struct asks_wait){.fn = fn, .ud = ud, .n = n};
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_async);
    pg_request_add(q, &stmt_open);
    pg_param_uuid(q, worker_id);
    pg_param_int2(q, (int16_t)stage);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, asks, n, &it->key.tenant_id);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, asks, n, hash_str(&it->key));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, asks, n, id_or_null(&it->batch_id));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, asks, n, id_or_null(&it->application_id));
    STORE_ARRAY(q, PG_INT8, pg_array_int8, asks, n, it->estimate_microusd);
    pg_param_int8(q, most->tenant_microusd);
    pg_param_int8(q, most->day_microusd);
    pg_param_int8(q, most->batch_microusd);
    pg_param_int8(q, most->application_microusd);
    pg_request_send(q, asks_opened, w);
}

void asks_reply(struct pg_pool *pool, const struct ask_reply *replies, int n, pg_reply_fn *fn, void *ud)
{
    assert(n > 0 && n <= ASKS_BATCH_MAX);
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_reply);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, replies, n, &it->key.tenant_id);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, replies, n, hash_str(&it->key));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, replies, n, &it->usage_id);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, replies, n, it->bytes);
    pg_request_send(q, fn, ud);
}

void asks_bill(struct pg_pool *pool, enum stage stage, const struct ask_bill *calls, int n, pg_reply_fn *fn, void *ud)
{
    assert(n > 0 && n <= ASKS_BATCH_MAX);
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_async);
    pg_request_add(q, &stmt_bill);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, calls, n, &it->key.tenant_id);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, calls, n, hash_str(&it->key));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, calls, n, &it->usage_id);
    pg_param_int2(q, (int16_t)stage);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, calls, n, &it->subject_id);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, calls, n, id_or_null(&it->application_id));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, calls, n, id_or_null(&it->batch_id));
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->attempt);
    STORE_ARRAY(q, PG_TEXT, pg_array_text, calls, n, str_of(it->provider));
    STORE_ARRAY(q, PG_TEXT, pg_array_text, calls, n, str_of(it->model));
    STORE_ARRAY(q, PG_TEXT, pg_array_text, calls, n, (it->provider_id.p ? it->provider_id : STR("")));
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->prompt_tokens);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->completion_tokens);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->cached_tokens);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->cache_write_tokens);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->reasoning_tokens);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, calls, n, it->latency_ms);
    STORE_ARRAY(q, PG_INT8, pg_array_int8, calls, n, it->cost_microusd);
    STORE_ARRAY(q, PG_TEXT, pg_array_text, calls, n, str_of(it->price_version));
    STORE_ARRAY(q, PG_INT2, pg_array_int2, calls, n, (int16_t)it->outcome);
    pg_request_send(q, fn, ud);
}

void asks_drop(struct pg_pool *pool, const struct uuid *worker_id, const struct ask_drop *drops, int n, pg_reply_fn *fn,
               void *ud)
{
    assert(n > 0 && n <= ASKS_BATCH_MAX);
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_async);
    pg_request_add(q, &stmt_drop);
    pg_param_uuid(q, worker_id);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, drops, n, &it->key.tenant_id);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, drops, n, hash_str(&it->key));
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, drops, n, id_or_null(&it->usage_id));
    pg_request_send(q, fn, ud);
}

void asks_sweep(struct pg_pool *pool, int keep_s, int limit, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_sweep);
    pg_param_float8(q, keep_s);
    pg_param_int4(q, limit);
    pg_request_add(q, &stmt_totals);
    pg_request_send(q, fn, ud);
}

int asks_sweep_read(const struct pg_reply *reply, struct ask_totals *ret)
{
    struct pg_rows swept = pg_reply_rows(reply, 0), totals = pg_reply_rows(reply, 1);
    *ret = (struct ask_totals){.spent_microusd = pg_get_int8(&totals, 0, 0),
                               .reserved_microusd = pg_get_int8(&totals, 0, 1),
                               .bought_twice = pg_get_int8(&totals, 0, 2)};
    return pg_get_int4(&swept, 0, 0);
}
