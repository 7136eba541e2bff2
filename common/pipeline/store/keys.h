/* API keys and idempotency keys. Hashes are SEAL_HASH_BYTES long: a key itself is never stored. */
#pragma once

#include "core/seal.h"
#include "io/pg/pg.h"

#define KEYS_ROUTE_APPLICATIONS "applications"
#define KEYS_ROUTE_APPLY        "resume:apply" /* named in jm_resume_choose too */
#define KEYS_ROUTE_BATCHES      "batches"
#define KEYS_ROUTE_JOBS         "jobs"
#define KEYS_ROUTE_USERS        "users"

/* An Idempotency-Key of a request: a keyed hash of the key and a hash of what was asked. present false: there is none.
 */
struct idempotency {
    bool present;
    uint8_t key_hash[SEAL_HASH_BYTES];
    uint8_t body_hash[SEAL_HASH_BYTES];
};
/* The two parameters of a statement: NULL, NULL when there is none. */
void idempotency_params(struct pg_request *q, const struct idempotency *k);

enum idempotency_state { IDEMPOTENCY_RUNNING = 1, IDEMPOTENCY_ANSWERED };

struct idempotency_row {
    int state; /* enum idempotency_state */
    struct str body_hash;
    struct uuid resource_id;
    int status;
    struct str sealed; /* the answer, see SEALED_IDEMPOTENCY */
};

/* The tenant of an API key, by its hash; no tenant is set. */
void keys_api_find(struct pg_pool *pool, const uint8_t hash[SEAL_HASH_BYTES], pg_reply_fn *fn, void *ud);
bool keys_api_read(const struct pg_reply *reply, struct uuid *ret_tenant,
                   struct uuid *ret_key); /* false: no such key */

void keys_find(struct pg_pool *pool, const struct uuid *tenant_id, const char *route,
               const uint8_t key_hash[SEAL_HASH_BYTES], pg_reply_fn *fn, void *ud);
bool keys_read(const struct pg_reply *reply, struct idempotency_row *ret); /* borrowed from reply; false: no such key */
