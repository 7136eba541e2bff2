/* The stored state of an application changes twice at most; what its clients see in between is read from the live task
 * (state_seen). */
#include "pipeline/store/applications.h"

#include "pipeline/store/parked.h"

#define STATE_SEEN                                                                                                     \
    "CASE WHEN a.state <> 1 THEN a.state WHEN k.subject_id IS NULL THEN 1 WHEN k.state = 5 OR p.stage IS NOT NULL"     \
    " THEN 3 ELSE 2 END"
#define APPLICATION_SELECT                                                                                             \
    "SELECT a.application_id, a.batch_id, a.user_id, a.profile_id, a.job_id, a.item_index, b.single, a.client_ref,"    \
    " a.options, a.priority, (" STATE_SEEN ")::int2, a.score, a.similarity,"                                           \
    " CASE WHEN a.state <> 1 THEN a.code WHEN k.state = 5 THEN k.code ELSE coalesce(p.code, a.code) END,"              \
    " CASE WHEN a.state <> 1 THEN a.detail WHEN k.state = 5 THEN k.parked_why ELSE coalesce(p.parked_why, a.detail) "  \
    "END,"                                                                                                             \
    " (SELECT coalesce(sum(g.cost_microusd), 0)::int8 FROM model_usage g WHERE g.batch_id = a.batch_id"                \
    "  AND g.application_id = a.application_id), a.created_at,"                                                        \
    " greatest(a.updated_at, k.released_at, k.claimed_at), a.ended_at, coalesce(p.stage, k.stage), k.attempt,"         \
    " CASE WHEN k.state = 5 THEN k.not_before ELSE p.not_before END, b.last_seq"                                       \
    " FROM applications a"                                                                                             \
    " JOIN batches b ON b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id"                                         \
    " LEFT JOIN tasks k ON k.tenant_id = a.tenant_id AND k.subject_id = a.application_id AND k.kind = 1"               \
    " LEFT JOIN LATERAL (" TASKS_PARKED_SHARED ") p ON true "

static const struct pg_stmt stmt_submit = {
    "applications_submit",
    "SELECT replay, application_id FROM jm_submit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
    " 'applications', $14, $15)",
    15};
static const struct pg_stmt stmt_release = {"applications_release",
                                            "SELECT " CHANGE_COLUMNS " FROM jm_release($1, ARRAY[$2::uuid])", 2};
static const struct pg_stmt stmt_find = {"applications_find",
                                         APPLICATION_SELECT "WHERE a.tenant_id = $1 AND a.application_id = $2", 2};
#define APPLICATION_LIST(more)                                                                                         \
    APPLICATION_SELECT                                                                                                 \
    "WHERE a.tenant_id = $1 AND a.application_id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)"         \
    " AND ($3::int4 = 0 OR (" STATE_SEEN ") = $3::int4)" more " ORDER BY a.application_id DESC LIMIT $4::int4"
static const struct pg_stmt stmt_list = {"applications_list", APPLICATION_LIST(""), 4};
static const struct pg_stmt stmt_list_user = {
    "applications_list_user", APPLICATION_LIST(" AND a.user_id = $5 AND ($6 = '' OR a.client_ref = $6)"), 6};
static const struct pg_stmt stmt_list_ref = {"applications_list_ref",
                                             APPLICATION_LIST(" AND a.client_ref = $5 AND a.client_ref <> ''"), 5};
static const struct pg_stmt stmt_list_batch = {
    "applications_list_batch",
    APPLICATION_SELECT "WHERE a.tenant_id = $1 AND a.batch_id = $2 AND a.item_index > $3::int4"
                       " AND ($4::int4 = 0 OR (" STATE_SEEN ") = $4::int4) AND ($5::uuid IS NULL OR a.user_id = $5)"
                       " AND ($6 = '' OR a.client_ref = $6) ORDER BY a.item_index LIMIT $7::int4",
    7};
static const struct pg_stmt stmt_check = {
    "applications_check",
    "SELECT (SELECT CASE WHEN profile_id IS NULL THEN 1 ELSE 2 END FROM users WHERE tenant_id = $1 AND user_id = $2"
    " AND erased_at IS NULL), EXISTS (SELECT 1 FROM job_postings WHERE tenant_id = $1 AND job_id = $3)",
    3};
static const struct pg_stmt stmt_cancel = {"applications_cancel",
                                           "SELECT " CHANGE_COLUMNS " FROM jm_app_cancel($1, $2)", 2};
static const struct pg_stmt stmt_retry = {"applications_retry", "SELECT " CHANGE_COLUMNS " FROM jm_app_retry($1, $2)",
                                          2};
#define DOCUMENTS_SELECT(more)                                                                                         \
    "SELECT a.application_id, a.user_id, a.state, u.erased_at IS NOT NULL, u.key_wrapped, r.sealed, l.sealed,"         \
    " s.sealed, c.sealed, coalesce(c.revision, 0)" more                                                                \
    " FROM applications a JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.user_id"                         \
    " LEFT JOIN documents r ON r.tenant_id = a.tenant_id AND r.application_id = a.application_id AND r.kind = 1"       \
    " LEFT JOIN documents l ON l.tenant_id = a.tenant_id AND l.application_id = a.application_id AND l.kind = 2"       \
    " LEFT JOIN documents s ON s.tenant_id = a.tenant_id AND s.application_id = a.application_id AND s.kind = 3"       \
    " LEFT JOIN resume_choices c ON c.tenant_id = a.tenant_id AND c.application_id = a.application_id"
static const struct pg_stmt stmt_documents = {"applications_documents",
                                              DOCUMENTS_SELECT("") " WHERE a.tenant_id = $1 AND a.application_id = $2",
                                              2};
static const struct pg_stmt stmt_choose = {"applications_resume_choose",
                                           "SELECT jm_resume_choose($1, $2, $3::int4, $4, $5, $6)::int4", 6};
static const struct pg_stmt stmt_results = {
    "applications_results",
    DOCUMENTS_SELECT(
        ", a.item_index, a.score, a.similarity, a.code, a.client_ref, a.detail") " WHERE a.tenant_id = $1 AND "
                                                                                 "a.batch_id = $2 AND a.item_index > "
                                                                                 "$3::int4 AND a.state >= 4"
                                                                                 " ORDER BY a.item_index LIMIT "
                                                                                 "$4::int4",
    4};

static struct pg_request *applications_request(struct pg_pool *pool, const struct uuid *tenant_id,
                                               const struct pg_stmt *stmt, bool idempotent)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    if (idempotent)
        pg_request_idempotent(q);
    pg_request_add(q, stmt);
    pg_param_uuid(q, tenant_id);
    return q;
}

static struct str applications_text(struct str s)
{
    return s.p ? s : STR("");
}

void applications_submit(struct pg_pool *pool, const struct uuid *tenant_id, const struct application_new *a,
                         pg_reply_fn *fn, void *ud)
{
    struct str none = {0};
    const struct job_input *job = a->job;
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_submit, a->key.present);
    pg_param_uuid(q, &a->application_id);
    pg_param_uuid(q, &a->user_id);
    pg_param_uuid(q, job ? &job->job_id : &a->job_id);
    pg_param_bytea(q, job ? (struct str){(const char *)job->content_hash, SEAL_HASH_BYTES} : none);
    pg_param_int2(q, (int16_t)(job ? job->format : 0));
    pg_param_text(q, applications_text(job ? job->title : none));
    pg_param_text(q, applications_text(job ? job->company : none));
    pg_param_text(q, applications_text(job ? job->body : none));
    pg_param_text(q, applications_text(a->client_ref));
    pg_param_text(q, applications_text(a->options));
    pg_param_int2(q, (int16_t)a->priority);
    pg_param_text(q, applications_text(a->traceparent));
    idempotency_params(q, &a->key);
    pg_request_add(q, &stmt_release);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &a->application_id);
    pg_request_add(q, &stmt_find);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &a->application_id);
    pg_request_send(q, fn, ud);
}

static void application_row_read(const struct pg_rows *r, int i, struct application_row *ret)
{
    *ret = (struct application_row){
        .application_id = pg_get_uuid(r, i, 0),
        .batch_id = pg_get_uuid(r, i, 1),
        .user_id = pg_get_uuid(r, i, 2),
        .profile_id = pg_get_uuid(r, i, 3),
        .job_id = pg_get_uuid(r, i, 4),
        .item_index = pg_get_int4(r, i, 5),
        .single = pg_get_bool(r, i, 6),
        .client_ref = pg_get_text(r, i, 7),
        .options = pg_get_text(r, i, 8),
        .priority = pg_get_int4(r, i, 9),
        .state = pg_get_int4(r, i, 10),
        .score = pg_is_null(r, i, 11) ? -1 : pg_get_int4(r, i, 11),
        .has_similarity = !pg_is_null(r, i, 12),
        .similarity = pg_get_float8(r, i, 12),
        .code = pg_get_int4(r, i, 13),
        .detail = pg_get_text(r, i, 14),
        .cost_microusd = pg_get_int8(r, i, 15),
        .created_at_us = pg_get_timestamptz(r, i, 16),
        .updated_at_us = pg_get_timestamptz(r, i, 17),
        .ended_at_us = pg_get_timestamptz(r, i, 18),
        .stage = pg_get_int4(r, i, 19),
        .attempt = pg_get_int4(r, i, 20),
        .not_before_us = pg_get_timestamptz(r, i, 21),
        .last_seq = pg_get_int8(r, i, 22),
    };
}

bool applications_submit_read(const struct pg_reply *reply, const struct uuid *asked, struct uuid *ret_application,
                              struct pg_rows *ret_changes, struct application_row *ret_row)
{
    struct pg_rows head = pg_reply_rows(reply, 0);
    struct pg_rows view = pg_reply_rows(reply, 2);
    *ret_changes = pg_reply_rows(reply, 1);
    *ret_application = head.count ? pg_get_uuid(&head, 0, 1) : *asked;
    if (view.count) /* also when the group ran twice and the second run was the replay of the first */
        application_row_read(&view, 0, ret_row);
    return view.count == 0;
}

void applications_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                       pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_find, true);
    pg_param_uuid(q, application_id);
    pg_request_send(q, fn, ud);
}

static void applications_list_of_batch(struct pg_pool *pool, const struct uuid *tenant_id,
                                       const struct application_filter *f, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_list_batch, true);
    pg_param_uuid(q, &f->batch_id);
    pg_param_int4(q, f->after_index);
    pg_param_int4(q, f->state);
    pg_param_uuid(q, uuid_is_nil(&f->user_id) ? NULL : &f->user_id);
    pg_param_text(q, applications_text(f->client_ref));
    pg_param_int4(q, f->limit);
    pg_request_send(q, fn, ud);
}

void applications_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct application_filter *f,
                       pg_reply_fn *fn, void *ud)
{
    if (!uuid_is_nil(&f->batch_id)) {
        applications_list_of_batch(pool, tenant_id, f, fn, ud);
        return;
    }
    bool by_user = !uuid_is_nil(&f->user_id), by_ref = f->client_ref.n > 0;
    const struct pg_stmt *stmt = by_user ? &stmt_list_user : by_ref ? &stmt_list_ref : &stmt_list;
    struct pg_request *q = applications_request(pool, tenant_id, stmt, true);
    pg_param_uuid(q, uuid_is_nil(&f->before) ? NULL : &f->before);
    pg_param_int4(q, f->state);
    pg_param_int4(q, f->limit);
    if (by_user)
        pg_param_uuid(q, &f->user_id);
    if (by_user || by_ref)
        pg_param_text(q, applications_text(f->client_ref));
    pg_request_send(q, fn, ud);
}

int applications_count(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.count;
}

bool applications_read(const struct pg_reply *reply, int i, struct application_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (i >= rows.count)
        return false;
    application_row_read(&rows, i, ret);
    return true;
}

void applications_check(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id,
                        const struct uuid *job_id, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_check, true);
    pg_param_uuid(q, user_id);
    pg_param_uuid(q, job_id);
    pg_request_send(q, fn, ud);
}

void applications_check_read(const struct pg_reply *reply, int *ret_user_state, bool *ret_job)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    *ret_user_state = pg_get_int4(&rows, 0, 0);
    *ret_job = pg_get_bool(&rows, 0, 1);
}

void applications_cancel(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                         pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_cancel, false);
    pg_param_uuid(q, application_id);
    pg_request_send(q, fn, ud);
}

void applications_retry(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                        pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_retry, false);
    pg_param_uuid(q, application_id);
    pg_request_send(q, fn, ud);
}

void applications_documents(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                            pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_documents, true);
    pg_param_uuid(q, application_id);
    pg_request_send(q, fn, ud);
}

static void documents_row_read(const struct pg_rows *r, int i, struct application_documents *ret)
{
    *ret = (struct application_documents){
        .application_id = pg_get_uuid(r, i, 0),
        .user_id = pg_get_uuid(r, i, 1),
        .state = pg_get_int4(r, i, 2),
        .erased = pg_get_bool(r, i, 3),
        .key_wrapped = pg_get_bytea(r, i, 4),
        .sealed = {[DOCUMENT_RESUME] = pg_get_bytea(r, i, 5),
                   [DOCUMENT_LETTER] = pg_get_bytea(r, i, 6),
                   [DOCUMENT_SCORE] = pg_get_bytea(r, i, 7)},
        .chosen = pg_get_bytea(r, i, 8),
        .revision = pg_get_int4(r, i, 9),
    };
}

bool applications_documents_read(const struct pg_reply *reply, struct application_documents *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    documents_row_read(&rows, 0, ret);
    return true;
}

void applications_resume_choose(struct pg_pool *pool, const struct uuid *tenant_id, const struct resume_choice *choice,
                                pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_choose, false);
    pg_param_uuid(q, &choice->application_id);
    pg_param_int4(q, choice->revision);
    pg_param_bytea(q, choice->sealed);
    idempotency_params(q, &choice->key);
    pg_request_send(q, fn, ud);
}

bool applications_resume_choose_read(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.count && pg_get_int4(&rows, 0, 0) == 1;
}

void applications_results(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                          int after_index, int limit, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = applications_request(pool, tenant_id, &stmt_results, true);
    pg_param_uuid(q, batch_id);
    pg_param_int4(q, after_index);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

bool applications_results_read(const struct pg_reply *reply, int i, struct application_result *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (i >= rows.count)
        return false;
    *ret = (struct application_result){
        .item_index = pg_get_int4(&rows, i, 10),
        .score = pg_is_null(&rows, i, 11) ? -1 : pg_get_int4(&rows, i, 11),
        .has_similarity = !pg_is_null(&rows, i, 12),
        .similarity = pg_get_float8(&rows, i, 12),
        .code = pg_get_int4(&rows, i, 13),
        .client_ref = pg_get_text(&rows, i, 14),
        .detail = pg_get_text(&rows, i, 15),
    };
    documents_row_read(&rows, i, &ret->documents);
    return true;
}
