/* Job postings, by content: the same content is the same job. */
#pragma once

#include "pipeline/store/keys.h"

/* A posting as it was submitted. */
struct job_input {
    struct uuid job_id;                    /* taken when the content is new */
    uint8_t content_hash[SEAL_HASH_BYTES]; /* over format, title, company and body */
    int format;                            /* enum posting_format */
    struct str title, company, body;
};

struct job_row {
    struct uuid job_id;
    int format;
    struct str title, company, body;
    struct str content_hash;
    uint64_t created_at_us;
    bool analyzed;
};

void jobs_put(struct pg_pool *pool, const struct uuid *tenant_id, const struct job_input *job,
              const struct idempotency *key, pg_reply_fn *fn, void *ud);
/* The job's row; *ret_replayed: the Idempotency-Key had been used before, with the same body. Borrowed from reply. */
void jobs_put_read(const struct pg_reply *reply, struct job_row *ret, bool *ret_replayed);
void jobs_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *job_id, pg_reply_fn *fn,
               void *ud);
bool jobs_read(const struct pg_reply *reply, struct job_row *ret); /* false: no such job */

struct job_analysis_row {
    bool found; /* there is such an analysis */
    struct str json;
    uint64_t created_at_us;
};
void jobs_analysis_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *job_id, pg_reply_fn *fn,
                        void *ud);
bool jobs_analysis_read(const struct pg_reply *reply, struct job_analysis_row *ret); /* false: no such job */
