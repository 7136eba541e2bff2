/* What the worker runtime asks of the store about model calls: may this one go out, is its reply here already; the
 * journal; the ledger; ceilings.
 *
 * Before a call: asks_open. After a paid one: asks_reply, which commits the reply's bytes before anybody reads them
 * (I5), then, read, asks_bill. After an unpaid one: asks_drop. Many to a call; each call is one transaction. Callbacks
 * run once, on the loop; everything they get is borrowed until they return. */
#pragma once

#include "base/err.h"
#include "base/uuid.h"
#include "io/pg/pg.h"
#include "pipeline/store/states.h"

#define ASKS_BATCH_MAX  500
#define ASKS_HASH_BYTES 32

struct ask_key {
    struct uuid tenant_id;
    uint8_t hash[ASKS_HASH_BYTES];
};

/* Ceilings that hold for every tenant, in micro-dollars; 0: none. */
struct ask_ceilings {
    int64_t tenant_microusd, day_microusd, batch_microusd, application_microusd;
};

enum ask_what { ASK_CALL = 1, ASK_REPLY, ASK_BUSY, ASK_OVER };
enum ask_scope { ASK_SCOPE_TENANT = 1, ASK_SCOPE_DAY, ASK_SCOPE_BATCH, ASK_SCOPE_APPLICATION };

struct ask_open {
    struct ask_key key;
    struct uuid batch_id, application_id; /* nil: none */
    int64_t estimate_microusd;            /* the most that the call may cost */
};
struct ask_opened {
    enum ask_what what;
    enum ask_scope scope; /* OVER */
    struct str reply;     /* REPLY: as it was given to asks_reply */
    bool billed;          /* REPLY: false: whoever reads it bills it */
};
/* opened: n in the order of asks; err not NULL: nothing is known (asks may be open for this worker: asking again is
 * right). Does not wait for the disk: what a crash of Postgres forgets was not called yet or is called again. No key
 * may be twice in asks. */
typedef void asks_open_fn(void *ud, const struct ask_opened *opened, int n, const struct err *err);
void asks_open(struct pg_pool *pool, const struct uuid *worker_id, enum stage stage, const struct ask_open *asks, int n,
               const struct ask_ceilings *most, asks_open_fn *fn, void *ud);

struct ask_reply {
    struct ask_key key;
    struct uuid usage_id; /* of the call */
    struct str bytes;
};
/* err NULL: durable. Of several replies to one ask the first stays. */
void asks_reply(struct pg_pool *pool, const struct ask_reply *replies, int n, pg_reply_fn *fn, void *ud);

enum ask_outcome { ASK_OUTCOME_ANSWER = 1, ASK_OUTCOME_USELESS }; /* paid, but nothing could be made of it */

/* A call that was paid for. Strings are borrowed until asks_bill returns. */
struct ask_bill {
    struct ask_key key;
    struct uuid usage_id; /* of this call: telling it twice counts once */
    struct uuid subject_id, application_id, batch_id;
    int attempt;
    enum ask_outcome outcome;
    const char *provider, *model, *price_version;
    struct str provider_id; /* the provider's name of the call */
    int prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens, reasoning_tokens;
    int latency_ms;
    int64_t cost_microusd;
};
/* Does not wait for the disk: what a later commit of the same server makes durable is durable with it. */
void asks_bill(struct pg_pool *pool, enum stage stage, const struct ask_bill *bills, int n, pg_reply_fn *fn, void *ud);

/* Others may ask: the call was not paid for, or its reply, which was kept, is no answer (usage_id says which reply).
 * A reply of another call stays. fn may be NULL. */
struct ask_drop {
    struct ask_key key;
    struct uuid usage_id; /* nil: no reply of this call was kept */
};
void asks_drop(struct pg_pool *pool, const struct uuid *worker_id, const struct ask_drop *drops, int n, pg_reply_fn *fn,
               void *ud);

/* The dispatcher's broom: replies older than keep_s and asks of lost processes, limit at most; and what was spent in
 * all. */
struct ask_totals {
    int64_t spent_microusd, reserved_microusd, bought_twice;
};
void asks_sweep(struct pg_pool *pool, int keep_s, int limit, pg_reply_fn *fn, void *ud);
int asks_sweep_read(const struct pg_reply *reply, struct ask_totals *ret); /* how many were swept */
