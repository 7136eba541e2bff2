/* Batches: receiving an upload in chunks, the batch as its clients see it, its items, and what can be done to it. */
#pragma once

#include "pipeline/store/changes.h"
#include "pipeline/store/jobs.h"

struct batch_row {
    struct uuid batch_id;
    int state, priority; /* enum batch_state, enum priority */
    int64_t last_seq, version;
    int accepted, rejected, released, parked, done, needs_review, failed, cancelled;
    int stage_done[STAGE_MAX + 1]; /* by enum stage */
    int64_t cost_microusd, reserved_microusd;
    int64_t ceiling_microusd;                           /* 0: none */
    uint64_t created_at_us, updated_at_us, ended_at_us; /* ended 0: not yet */
};

/* Starts receiving: the row in state RECEIVING, owned by the gateway, and the Idempotency-Key (taken as running).
 * batches_open_read is false when the key is taken: then nothing was made. */
void batches_open(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                  const struct uuid *gateway_id, int priority, int64_t ceiling_microusd, struct str traceparent,
                  const struct idempotency *key, pg_reply_fn *fn, void *ud);
bool batches_open_read(const struct pg_reply *reply, uint64_t *ret_created_at_us);

/* One item of a chunk. Strings are borrowed until batches_items returns. */
struct batch_item {
    int index;
    int64_t byte_offset;
    struct uuid application_id, user_id;
    struct uuid job_id; /* when has_job is false */
    bool has_job;
    struct job_input job; /* else the posting itself */
    struct str client_ref, options;
    int cost; /* estimated tokens */
};
/* One that was refused before it reached the store. */
struct batch_reject {
    int index;
    int64_t byte_offset;
    int code; /* enum err_code */
    struct str client_ref, pointer, detail;
};
/* Stores a chunk. ERR_UNAVAILABLE also when the batch is no longer being received. */
void batches_items(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int priority,
                   struct str traceparent, const struct batch_item *items, int n, const struct batch_reject *rejects,
                   int rejects_n, pg_reply_fn *fn, void *ud);
/* The i-th item that the store refused (no such user, ...); false at the end. byte_offset and client_ref are not
 * filled. */
bool batches_items_refused(const struct pg_reply *reply, int i, struct batch_reject *ret);

/* The upload is whole: state RUNNING, the counts, and the sealed answer of the Idempotency-Key. May run twice. false:
 * the batch is gone. */
void batches_finish(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int accepted,
                    int rejected, const struct idempotency *key, int status, struct str sealed, pg_reply_fn *fn,
                    void *ud);
bool batches_finish_read(const struct pg_reply *reply);
void batches_abort(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                   void *ud); /* may run twice */

/* Releases what fits into the tenant's window. Statement 0 has CHANGE_COLUMNS. */
void batches_admit(struct pg_pool *pool, const struct uuid *tenant_id, int window, pg_reply_fn *fn, void *ud);

void batches_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                  void *ud);
void batches_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *before, int limit,
                  pg_reply_fn *fn, void *ud); /* newest first */
int batches_count(const struct pg_reply *reply);
bool batches_read(const struct pg_reply *reply, int i, struct batch_row *ret); /* false: no such row */

/* Items and refused items by index. state: an application's, BATCH_ITEM_REJECTED, 0 any. */
#define BATCH_ITEM_REJECTED 100
struct batch_item_row {
    int index;
    bool has_application;
    struct uuid application_id;
    struct str client_ref;
    int state; /* enum application_state or BATCH_ITEM_REJECTED */
    int score; /* -1: none */
    int code;
    struct str detail, pointer;
    int64_t byte_offset; /* of a refused one, else -1 */
};
void batches_item_rows(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int after_index,
                       int state, int limit, pg_reply_fn *fn, void *ud);
/* false: no such batch. *ret_count rows. */
bool batches_item_rows_read(const struct pg_reply *reply, int *ret_count);
void batches_item_row(const struct pg_reply *reply, int i, struct batch_item_row *ret);

/* from -> to; the reply is that of batches_find after it (statement 1); statement 0 affected nothing when the state was
 * another. */
enum batch_verb { BATCH_CANCEL = 1, BATCH_PAUSE, BATCH_RESUME };
void batches_move(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, enum batch_verb verb,
                  pg_reply_fn *fn, void *ud);
/* false: no such batch. *ret_moved: the state changed. */
bool batches_move_read(const struct pg_reply *reply, struct batch_row *ret, bool *ret_moved);
/* The ceiling of what its model calls may cost (0: none); what waits for it is woken. *ret_set false: it has ended. */
void batches_budget(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                    int64_t ceiling_microusd, pg_reply_fn *fn, void *ud);
bool batches_budget_read(const struct pg_reply *reply, struct batch_row *ret, bool *ret_set); /* false: no such batch */

/* What the ledger says about a batch, by stage and model. The batch itself is statement 0: batches_read. */
struct batch_cost {
    int stage; /* enum stage */
    struct str provider, model;
    int64_t calls, prompt_tokens, cached_tokens, completion_tokens, cost_microusd;
};
void batches_cost(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, pg_reply_fn *fn,
                  void *ud);
bool batches_cost_read(const struct pg_reply *reply, int i, struct batch_cost *ret); /* false: no more rows */
/* Failed ones back to the backlog, `limit` at most. Statement 0 has CHANGE_COLUMNS; no row: nothing left. */
void batches_redrive(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id, int limit,
                     pg_reply_fn *fn, void *ud);
