/* Completion and settling: one column of the results after the other becomes an array parameter, in the order of the
 * SQL function. */
#include <assert.h>
#include "pipeline/store/arrays.h"
#include "pipeline/store/changes.h"
#include "pipeline/store/tasks.h"

#define RESULTS_DIMENSIONS 768

static const struct pg_stmt stmt_analyze = {"complete_analyze",
                                            "SELECT " CHANGE_COLUMNS
                                            " FROM jm_complete_analyze($1, $2, $3, $4, $5, $6, $7)",
                                            7};
static const struct pg_stmt stmt_optimize = {"complete_optimize",
                                             "SELECT " CHANGE_COLUMNS
                                             " FROM jm_complete_optimize($1, $2, $3, $4, $5, $6, $7, $8)",
                                             8};
static const struct pg_stmt stmt_letter = {"complete_letter",
                                           "SELECT " CHANGE_COLUMNS
                                           " FROM jm_complete_letter($1, $2, $3, $4, $5, $6, $7)",
                                           7};
static const struct pg_stmt stmt_embed = {"complete_embed",
                                          "SELECT " CHANGE_COLUMNS
                                          " FROM jm_complete_embed($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                                          9};
static const struct pg_stmt stmt_settle = {"tasks_settle",
                                           "SELECT " CHANGE_COLUMNS
                                           " FROM jm_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                                           10};

static void results_ids(struct pg_request *q, const struct task_result *r, int n, bool kinds)
{
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, r, n, &it->tenant_id);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, r, n, &it->subject_id);
    if (kinds)
        STORE_ARRAY(q, PG_INT2, pg_array_int2, r, n, (int16_t)it->kind);
    STORE_ARRAY(q, PG_INT8, pg_array_int8, r, n, it->token);
}

static void results_analyze(struct pg_request *q, const struct task_result *r, int n)
{
    results_ids(q, r, n, false);
    STORE_ARRAY(q, PG_TEXT, pg_array_text, r, n, (it->title.p ? it->title : STR("")));
    STORE_ARRAY(q, PG_TEXT, pg_array_text, r, n, (it->company.p ? it->company : STR("")));
    STORE_ARRAY(q, PG_TEXT, pg_array_text, r, n, it->document);
}

static void results_optimize(struct pg_request *q, const struct task_result *r, int n)
{
    results_ids(q, r, n, false);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, r, n, it->document);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, r, n, it->score);
    pg_array_begin(q, PG_INT2);
    for (int i = 0; i < n; i++) {
        if (r[i].overall < 0)
            pg_array_null(q);
        else
            pg_array_int2(q, (int16_t)r[i].overall);
    }
    pg_array_end(q);
    STORE_ARRAY(q, PG_BOOL, pg_array_bool, r, n, it->review);
}

static void results_letter(struct pg_request *q, const struct task_result *r, int n)
{
    results_ids(q, r, n, false);
    STORE_ARRAY(q, PG_BYTEA, pg_array_bytea, r, n, it->document);
    STORE_ARRAY(q, PG_BOOL, pg_array_bool, r, n, it->review);
    STORE_ARRAY(q, PG_INT2, pg_array_int2, r, n, (int16_t)it->code);
}

/* part of a profile's vectors, or NULL for a posting */
static void results_profile_part(struct pg_request *q, const struct task_result *r, int n, int part)
{
    pg_array_begin(q, PG_VECTOR);
    for (int i = 0; i < n; i++)
        pg_array_vector(q, r[i].kind == TASK_KIND_PROFILE_VECTORS ? r[i].vectors + part * RESULTS_DIMENSIONS : NULL,
                        RESULTS_DIMENSIONS);
    pg_array_end(q);
}

static void results_embed(struct pg_request *q, const struct task_result *r, int n)
{
    results_ids(q, r, n, true);
    pg_array_begin(q, PG_VECTOR);
    for (int i = 0; i < n; i++)
        pg_array_vector(q, r[i].kind == TASK_KIND_POSTING_VECTORS ? r[i].vectors : NULL, 2 * RESULTS_DIMENSIONS);
    pg_array_end(q);
    for (int part = 0; part < 3; part++)
        results_profile_part(q, r, n, part);
}

static const struct {
    const struct pg_stmt *stmt;
    void (*params)(struct pg_request *q, const struct task_result *r, int n);
} results_by_stage[STAGE_MAX + 1] = {
    [STAGE_ANALYZE] = {&stmt_analyze, results_analyze},
    [STAGE_OPTIMIZE] = {&stmt_optimize, results_optimize},
    [STAGE_COVER_LETTER] = {&stmt_letter, results_letter},
    [STAGE_EMBED] = {&stmt_embed, results_embed},
};

void tasks_complete(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage,
                    const struct task_result *results, int n, pg_reply_fn *fn, void *ud)
{
    assert(n > 0 && n <= TASKS_BATCH_MAX && stage >= STAGE_ANALYZE && stage <= STAGE_MAX);
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, results_by_stage[stage].stmt);
    pg_param_uuid(q, worker_id);
    results_by_stage[stage].params(q, results, n);
    pg_request_send(q, fn, ud);
}

void tasks_settle(struct pg_pool *pool, const struct uuid *worker_id, const struct task_settle *s, int n, int attempts,
                  pg_reply_fn *fn, void *ud)
{
    assert(n > 0 && n <= TASKS_BATCH_MAX);
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_settle);
    pg_param_uuid(q, worker_id);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, s, n, &it->tenant_id);
    STORE_ARRAY(q, PG_UUID, pg_array_uuid, s, n, &it->subject_id);
    STORE_ARRAY(q, PG_INT2, pg_array_int2, s, n, (int16_t)it->kind);
    STORE_ARRAY(q, PG_INT8, pg_array_int8, s, n, it->token);
    STORE_ARRAY(q, PG_INT2, pg_array_int2, s, n, (int16_t)it->outcome);
    STORE_ARRAY(q, PG_INT4, pg_array_int4, s, n, it->delay_ms);
    STORE_ARRAY(q, PG_INT2, pg_array_int2, s, n, (int16_t)it->code);
    STORE_ARRAY(q, PG_TEXT, pg_array_text, s, n, (it->detail.p ? it->detail : STR("")));
    pg_param_int4(q, attempts);
    pg_request_send(q, fn, ud);
}
