/* Applications: submitting, reading, cancelling, trying again; their documents (sealed). */
#pragma once

#include "pipeline/store/changes.h"
#include "pipeline/store/jobs.h"

struct application_new {
    struct uuid application_id, user_id;
    struct uuid job_id;          /* when job is NULL */
    const struct job_input *job; /* or the posting itself */
    struct str client_ref, options, traceparent;
    int priority;
    struct idempotency key;
};

struct application_row {
    struct uuid application_id, batch_id, user_id, profile_id, job_id;
    int item_index;
    bool single; /* it has a batch of its own */
    struct str client_ref, options;
    int priority;
    int state; /* enum application_state, as its clients see it: running and parked come from the live task */
    int score; /* -1: none */
    bool has_similarity;
    double similarity;
    int code; /* enum err_code: why it ended, or why it is parked */
    struct str detail;
    int64_t cost_microusd;
    uint64_t created_at_us, updated_at_us, ended_at_us; /* 0: not ended */
    int stage;                                          /* enum stage of the live task, NONE without one */
    int attempt;
    uint64_t not_before_us; /* parked until then, 0 else */
    int64_t last_seq;       /* of its batch */
};

/* Submits and releases in one transaction. Errors: ERR_INVALID ("/user_id: ..."), ERR_KEY_REUSED. */
void applications_submit(struct pg_pool *pool, const struct uuid *tenant_id, const struct application_new *a,
                         pg_reply_fn *fn, void *ud);
/* *ret_application: the one made, or on a replay (true is returned) the one that the key had made. *ret_changes:
 * CHANGE_COLUMNS. *ret_row is filled unless it is a replay. Borrowed from reply. */
bool applications_submit_read(const struct pg_reply *reply, const struct uuid *asked, struct uuid *ret_application,
                              struct pg_rows *ret_changes, struct application_row *ret_row);

void applications_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                       pg_reply_fn *fn, void *ud);

/* Of one batch in the order of the items, else newest first. Filters: nil, 0 and empty mean any. */
struct application_filter {
    struct uuid batch_id, user_id;
    struct str client_ref;
    int state;          /* enum application_state */
    struct uuid before; /* newest first: those made before this one; nil: from the newest */
    int after_index;    /* of a batch: items behind this one; -1: from the first */
    int limit;
};
void applications_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct application_filter *f,
                       pg_reply_fn *fn, void *ud);
int applications_count(const struct pg_reply *reply);
bool applications_read(const struct pg_reply *reply, int i, struct application_row *ret); /* false: no such row */

/* Whether user and job exist, for validate_only: user_state 0 no such user, 1 no profile, 2 fine. */
void applications_check(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id,
                        const struct uuid *job_id, pg_reply_fn *fn, void *ud);
void applications_check_read(const struct pg_reply *reply, int *ret_user_state, bool *ret_job);

/* Statement 0 has CHANGE_COLUMNS. ERR_NOT_FOUND, ERR_CONFLICT, ERR_GONE. */
void applications_cancel(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                         pg_reply_fn *fn, void *ud);
void applications_retry(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                        pg_reply_fn *fn, void *ud);

/* The documents of one application with what opens them. */
struct application_documents {
    struct uuid application_id, user_id;
    int state; /* stored: ACCEPTED until it ended */
    bool erased;
    struct str key_wrapped;
    struct str sealed[DOCUMENT_SCORE + 1]; /* by enum document_kind, as generated; p NULL: not there */
    struct str chosen; /* the résumé a person chose instead (SEALED_RESUME_CHOICE); p NULL: none */
    int revision;      /* of that, 0: none */
};
void applications_documents(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *application_id,
                            pg_reply_fn *fn, void *ud);
bool applications_documents_read(const struct pg_reply *reply,
                                 struct application_documents *ret); /* false: no such application */

/* Stores the résumé that a person chose, in place of the one with this revision (0: none). Errors: ERR_CONFLICT
 * (another one is there by now), ERR_GONE, ERR_KEY_REUSED. */
struct resume_choice {
    struct uuid application_id;
    int revision;
    struct str sealed;
    struct idempotency key;
};
void applications_resume_choose(struct pg_pool *pool, const struct uuid *tenant_id, const struct resume_choice *choice,
                                pg_reply_fn *fn, void *ud);
bool applications_resume_choose_read(const struct pg_reply *reply); /* false: the key had stored one before */

/* Ended applications of a batch behind after_index, with their documents. */
struct application_result {
    struct application_documents documents;
    int item_index, score, code;
    bool has_similarity;
    double similarity;
    struct str client_ref, detail;
};
void applications_results(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                          int after_index, int limit, pg_reply_fn *fn, void *ud);
bool applications_results_read(const struct pg_reply *reply, int i, struct application_result *ret);
