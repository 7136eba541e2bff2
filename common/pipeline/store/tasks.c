/* Claim and inputs. Statements are functions of migrations/0002; here they only get their arrays. */
#include "pipeline/store/tasks.h"

#include <assert.h>
#include <stdlib.h>

/* A lease need not survive a crash of Postgres: the task is dispatched again then, and what was worked on under the
 * lost lease does not count (worker and token do not fit). So a claim does not wait for the disk. */
static const struct pg_stmt stmt_claim_async = {"tasks_claim_async",
                                                "SELECT set_config('synchronous_commit', 'off', true)", 0};
static const struct pg_stmt stmt_claim = {
    "tasks_claim",
    "SELECT c.tenant_id, subject_id, kind, token, attempt, batch_id, job_id, "
    "profile_id, options, traceparent, released_at, priority, coalesce(t.weight, 1)"
    " FROM jm_claim($1, $2, $3, $4) c LEFT JOIN tenants t ON t.tenant_id = c.tenant_id",
    4};
static const struct pg_stmt stmt_unclaim = {"tasks_unclaim", "SELECT jm_unclaim($1, $2, $3, $4)", 4};
static const struct pg_stmt stmt_postings = {
    "tasks_postings",
    "SELECT j.tenant_id, j.job_id, j.format, j.title, j.company, j.body FROM unnest($1::uuid[], $2::uuid[]) AS u(t, s)"
    " JOIN job_postings j ON j.tenant_id = ANY (ARRAY[u.t]) AND j.job_id = u.s",
    2};
static const struct pg_stmt stmt_analyses = {
    "tasks_analyses",
    "SELECT a.tenant_id, a.job_id, a.analysis FROM unnest($1::uuid[], $2::uuid[]) AS u(t, s)"
    " JOIN posting_analyses a ON a.tenant_id = ANY (ARRAY[u.t]) AND a.job_id = u.s",
    2};
static const struct pg_stmt stmt_profiles = {"tasks_profiles",
                                             "SELECT p.tenant_id, p.profile_id, p.user_id, p.sealed, k.key_wrapped "
                                             "FROM unnest($1::uuid[], $2::uuid[]) AS u(t, s)"
                                             " JOIN user_profiles p ON p.tenant_id = u.t AND p.profile_id = u.s"
                                             " JOIN users k ON k.tenant_id = p.tenant_id AND k.user_id = p.user_id",
                                             2};

int task_order(const void *a, const void *b)
{
    const struct task_ref *x = a, *y = b;
    return memcmp(x->subject_id.b, y->subject_id.b, UUID_BYTES);
}

_Static_assert(offsetof(struct task_result, subject_id) == offsetof(struct task_ref, subject_id), "begin alike");
_Static_assert(offsetof(struct task_settle, subject_id) == offsetof(struct task_ref, subject_id), "begin alike");

struct tasks_claim_wait {
    tasks_claim_fn *fn;
    void *ud;
};

static void tasks_refs_add(struct pg_request *q, const struct task_ref *refs, int n)
{
    pg_array_begin(q, PG_UUID);
    for (int i = 0; i < n; i++)
        pg_array_uuid(q, &refs[i].tenant_id);
    pg_array_end(q);
    pg_array_begin(q, PG_UUID);
    for (int i = 0; i < n; i++)
        pg_array_uuid(q, &refs[i].subject_id);
    pg_array_end(q);
}

static void tasks_claim_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct tasks_claim_wait *w = ud;
    struct task_claim *claims = NULL;
    int n = 0;
    if (!err) {
        struct pg_rows rows = pg_reply_rows(reply, 1);
        n = rows.count;
        claims = n ? calloc((size_t)n, sizeof(*claims)) : NULL;
        if (n && !claims)
            abort();
        for (int i = 0; i < n; i++)
            claims[i] = (struct task_claim){.tenant_id = pg_get_uuid(&rows, i, 0),
                                            .subject_id = pg_get_uuid(&rows, i, 1),
                                            .kind = pg_get_int4(&rows, i, 2),
                                            .token = pg_get_int8(&rows, i, 3),
                                            .attempt = pg_get_int4(&rows, i, 4),
                                            .batch_id = pg_get_uuid(&rows, i, 5),
                                            .job_id = pg_get_uuid(&rows, i, 6),
                                            .profile_id = pg_get_uuid(&rows, i, 7),
                                            .options = pg_get_text(&rows, i, 8),
                                            .traceparent = pg_get_text(&rows, i, 9),
                                            .released_at_us = pg_get_timestamptz(&rows, i, 10),
                                            .priority = pg_get_int4(&rows, i, 11),
                                            .weight = pg_get_int4(&rows, i, 12)};
    }
    w->fn(w->ud, claims, n, err);
    free(claims);
    free(w);
}

void tasks_claim(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct task_ref *refs,
                 int n, tasks_claim_fn *fn, void *ud)
{
    assert(n > 0 && n <= TASKS_BATCH_MAX);
    struct tasks_claim_wait *w = malloc(sizeof(*w));
    if (!w)
        abort();
    *w = (struct tasks_claim_wait){.fn = fn, .ud = ud};
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_claim_async);
    pg_request_add(q, &stmt_claim);
    pg_param_uuid(q, worker_id);
    pg_param_int2(q, (int16_t)stage);
    tasks_refs_add(q, refs, n);
    pg_request_send(q, tasks_claim_done, w);
}

void tasks_unclaim(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct task_ref *refs,
                   int n, pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &stmt_unclaim);
    pg_param_uuid(q, worker_id);
    pg_param_int2(q, (int16_t)stage);
    tasks_refs_add(q, refs, n);
    pg_request_send(q, fn, ud);
}

struct tasks_inputs_wait {
    struct task_inputs_fns fns;
    void *ud;
    int postings_at, analyses_at, profiles_at; /* statement of the group, -1 when it was not asked */
};

static void tasks_postings_read(struct tasks_inputs_wait *w, struct pg_rows rows)
{
    for (int i = 0; i < rows.count; i++) {
        struct task_posting p = {.tenant_id = pg_get_uuid(&rows, i, 0),
                                 .job_id = pg_get_uuid(&rows, i, 1),
                                 .format = pg_get_int4(&rows, i, 2),
                                 .title = pg_get_text(&rows, i, 3),
                                 .company = pg_get_text(&rows, i, 4),
                                 .body = pg_get_text(&rows, i, 5)};
        w->fns.posting(w->ud, &p);
    }
}

static void tasks_inputs_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct tasks_inputs_wait *w = ud;
    if (!err && w->postings_at >= 0)
        tasks_postings_read(w, pg_reply_rows(reply, w->postings_at));
    if (!err && w->analyses_at >= 0) {
        struct pg_rows rows = pg_reply_rows(reply, w->analyses_at);
        for (int i = 0; i < rows.count; i++) {
            struct task_analysis a = {.tenant_id = pg_get_uuid(&rows, i, 0),
                                      .job_id = pg_get_uuid(&rows, i, 1),
                                      .json = pg_get_text(&rows, i, 2)};
            w->fns.analysis(w->ud, &a);
        }
    }
    if (!err && w->profiles_at >= 0) {
        struct pg_rows rows = pg_reply_rows(reply, w->profiles_at);
        for (int i = 0; i < rows.count; i++) {
            struct task_profile p = {.tenant_id = pg_get_uuid(&rows, i, 0),
                                     .profile_id = pg_get_uuid(&rows, i, 1),
                                     .user_id = pg_get_uuid(&rows, i, 2),
                                     .sealed = pg_get_bytea(&rows, i, 3),
                                     .key_wrapped = pg_get_bytea(&rows, i, 4)};
            w->fns.profile(w->ud, &p);
        }
    }
    w->fns.end(w->ud, err);
    free(w);
}

void tasks_inputs(struct pg_pool *pool, const struct task_wants *wants, const struct task_inputs_fns *fns, void *ud)
{
    struct tasks_inputs_wait *w = malloc(sizeof(*w));
    if (!w)
        abort();
    *w = (struct tasks_inputs_wait){.fns = *fns, .ud = ud, .postings_at = -1, .analyses_at = -1, .profiles_at = -1};
    struct pg_request *q = pg_request_new(pool);
    int at = 0;
    if (wants->postings_n) {
        pg_request_add(q, &stmt_postings);
        tasks_refs_add(q, wants->postings, wants->postings_n);
        w->postings_at = at++;
    }
    if (wants->analyses_n) {
        pg_request_add(q, &stmt_analyses);
        tasks_refs_add(q, wants->analyses, wants->analyses_n);
        w->analyses_at = at++;
    }
    if (wants->profiles_n) {
        pg_request_add(q, &stmt_profiles);
        tasks_refs_add(q, wants->profiles, wants->profiles_n);
        w->profiles_at = at++;
    }
    assert(at > 0);
    pg_request_idempotent(q);
    pg_request_send(q, tasks_inputs_done, w);
}
