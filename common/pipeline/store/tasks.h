/* What a worker asks of the store: claim, inputs, completion, settling. Many tasks to a call; each call is one
 * transaction.
 *
 * Callbacks run once, on the loop; everything they get is borrowed until they return. err NULL: committed. */
#pragma once

#include "base/err.h"
#include "base/uuid.h"
#include "io/pg/pg.h"
#include "pipeline/store/states.h"

#define TASKS_BATCH_MAX 2000

struct task_ref {
    struct uuid tenant_id, subject_id;
};

/* Rows are locked in the order of the arrays: whoever passes several tasks sorts them by subject first. Works for
 * arrays of struct task_ref, task_result and task_settle, which begin alike. */
int task_order(const void *a, const void *b);

struct task_claim {
    struct uuid tenant_id, subject_id, batch_id, job_id, profile_id; /* nil where the kind has none */
    int kind;                                                        /* enum task_kind */
    int64_t token;
    int attempt; /* this one, from 1 */
    int priority;
    int weight; /* of the tenant, 1.. */
    struct str options, traceparent;
    uint64_t released_at_us;
};

/* Leases those of refs that are dispatched at this stage; the others (ended, leased, moved on) are just not returned.
 */
typedef void tasks_claim_fn(void *ud, const struct task_claim *claims, int n, const struct err *err);
void tasks_claim(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct task_ref *refs,
                 int n, tasks_claim_fn *fn, void *ud);

/* The answer to a claim was lost (ERR_UNAVAILABLE): frees what it may have leased. refs: only tasks that are not in the
 * works here. */
void tasks_unclaim(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct task_ref *refs,
                   int n, pg_reply_fn *fn, void *ud);

/* Inputs by id. Each list may be empty. Ids that do not exist are not reported. */
struct task_wants {
    const struct task_ref *postings; /* subject_id: job */
    int postings_n;
    const struct task_ref *analyses; /* subject_id: job */
    int analyses_n;
    const struct task_ref *profiles; /* subject_id: profile */
    int profiles_n;
};
struct task_posting {
    struct uuid tenant_id, job_id;
    int format; /* enum posting_format */
    struct str title, company, body;
};
struct task_analysis {
    struct uuid tenant_id, job_id;
    struct str json;
};
struct task_profile {
    struct uuid tenant_id, profile_id, user_id;
    struct str sealed, key_wrapped; /* key_wrapped empty: the user was erased */
};
struct task_inputs_fns {
    void (*posting)(void *ud, const struct task_posting *p);
    void (*analysis)(void *ud, const struct task_analysis *p);
    void (*profile)(void *ud, const struct task_profile *p);
    void (*end)(void *ud, const struct err *err); /* last */
};
void tasks_inputs(struct pg_pool *pool, const struct task_wants *wants, const struct task_inputs_fns *fns, void *ud);

/* A finished attempt. Strings are borrowed until the call returns. */
struct task_result {
    struct uuid tenant_id, subject_id;
    int kind;
    int64_t token;
    bool review;               /* a document did not pass the fact check: ends as needs_review */
    int code;                  /* why, enum err_code */
    struct str title, company; /* ANALYZE */
    struct str document;       /* ANALYZE: JSON text; OPTIMIZE: sealed résumé; COVER_LETTER: sealed letter */
    struct str score;          /* OPTIMIZE: sealed */
    int overall;               /* OPTIMIZE: 0..100, -1 none */
    const float *vectors;      /* EMBED: posting 2 * 768, profile 3 * 768 (skills, experience, goals) */
};
/* Writes the results of attempts that still own their task, lets what depends on them go on. The reply's statement 0
 * has CHANGE_COLUMNS. */
void tasks_complete(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage,
                    const struct task_result *results, int n, pg_reply_fn *fn, void *ud);

enum task_outcome {
    TASK_HAND_BACK = 1,
    TASK_RETRY,
    TASK_FAIL,
    TASK_PARK /* until delay_ms, nobody's failure: costs no attempt */
};
struct task_settle {
    struct uuid tenant_id, subject_id;
    int kind;
    int64_t token;
    enum task_outcome outcome;
    int delay_ms;      /* RETRY, PARK */
    int code;          /* enum err_code */
    struct str detail; /* one sentence without personal data */
};
/* attempts: a RETRY of that attempt or a later one fails. Reply as for tasks_complete. */
void tasks_settle(struct pg_pool *pool, const struct uuid *worker_id, const struct task_settle *s, int n, int attempts,
                  pg_reply_fn *fn, void *ud);
