/* Postings are stored by jm_jobs_put, alone here or inside jm_submit and jm_batch_items. */
#include "pipeline/store/jobs.h"

#define JOB_COLUMNS                                                                                                    \
    "j.job_id, j.format, j.title, j.company, j.body, j.content_hash, j.created_at,"                                    \
    " EXISTS (SELECT 1 FROM posting_analyses a WHERE a.tenant_id = j.tenant_id AND a.job_id = j.job_id)"

static const struct pg_stmt stmt_take = {"jobs_key_take", "SELECT jm_key_take($1, 'jobs', $3, $4, $2)", 4};
static const struct pg_stmt stmt_put = {"jobs_put",
                                        "SELECT jm_jobs_put($1, ARRAY[$2::uuid], ARRAY[$3::bytea], ARRAY[$4::int2], "
                                        "ARRAY[$5::text], ARRAY[$6::text], ARRAY[$7::text])",
                                        7};
static const struct pg_stmt stmt_by_hash = {"jobs_by_hash",
                                            "SELECT " JOB_COLUMNS
                                            " FROM job_postings j WHERE j.tenant_id = $1 AND j.content_hash = $2",
                                            2};
static const struct pg_stmt stmt_find = {"jobs_find",
                                         "SELECT " JOB_COLUMNS
                                         " FROM job_postings j WHERE j.tenant_id = $1 AND j.job_id = $2",
                                         2};
static const struct pg_stmt stmt_analysis = {
    "jobs_analysis_find",
    "SELECT a.analysis, a.created_at FROM job_postings j"
    " LEFT JOIN posting_analyses a ON a.tenant_id = j.tenant_id AND a.job_id = j.job_id"
    " WHERE j.tenant_id = $1 AND j.job_id = $2",
    2};

void jobs_put(struct pg_pool *pool, const struct uuid *tenant_id, const struct job_input *job,
              const struct idempotency *key, pg_reply_fn *fn, void *ud)
{
    struct str hash = {(const char *)job->content_hash, SEAL_HASH_BYTES};
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_idempotent(q);
    pg_request_add(q, &stmt_take);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &job->job_id);
    idempotency_params(q, key);
    pg_request_add(q, &stmt_put);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &job->job_id);
    pg_param_bytea(q, hash);
    pg_param_int2(q, (int16_t)job->format);
    pg_param_text(q, job->title);
    pg_param_text(q, job->company);
    pg_param_text(q, job->body);
    pg_request_add(q, &stmt_by_hash);
    pg_param_uuid(q, tenant_id);
    pg_param_bytea(q, hash);
    pg_request_send(q, fn, ud);
}

static void job_row_read(const struct pg_rows *rows, struct job_row *ret)
{
    *ret = (struct job_row){
        .job_id = pg_get_uuid(rows, 0, 0),
        .format = pg_get_int4(rows, 0, 1),
        .title = pg_get_text(rows, 0, 2),
        .company = pg_get_text(rows, 0, 3),
        .body = pg_get_text(rows, 0, 4),
        .content_hash = pg_get_bytea(rows, 0, 5),
        .created_at_us = pg_get_timestamptz(rows, 0, 6),
        .analyzed = pg_get_bool(rows, 0, 7),
    };
}

void jobs_put_read(const struct pg_reply *reply, struct job_row *ret, bool *ret_replayed)
{
    struct pg_rows key = pg_reply_rows(reply, 0);
    struct pg_rows rows = pg_reply_rows(reply, 2);
    *ret_replayed = !pg_is_null(&key, 0, 0);
    job_row_read(&rows, ret);
}

static void jobs_send(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *job_id,
                      const struct pg_stmt *stmt, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_idempotent(q);
    pg_request_add(q, stmt);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, job_id);
    pg_request_send(q, fn, ud);
}

void jobs_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *job_id, pg_reply_fn *fn, void *ud)
{
    jobs_send(pool, tenant_id, job_id, &stmt_find, fn, ud);
}

bool jobs_read(const struct pg_reply *reply, struct job_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    job_row_read(&rows, ret);
    return true;
}

void jobs_analysis_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *job_id, pg_reply_fn *fn,
                        void *ud)
{
    jobs_send(pool, tenant_id, job_id, &stmt_analysis, fn, ud);
}

bool jobs_analysis_read(const struct pg_reply *reply, struct job_analysis_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    *ret = (struct job_analysis_row){.found = !pg_is_null(&rows, 0, 0),
                                     .json = pg_get_text(&rows, 0, 0),
                                     .created_at_us = pg_get_timestamptz(&rows, 0, 1)};
    return true;
}
