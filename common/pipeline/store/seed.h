/* The rows a new installation begins with. Blocking, as the owner of the schema. */
#pragma once

#include "core/seal.h"
#include "io/pg/pg_sync.h"

struct seed_key {
    const char *tenant_id; /* text of an uuid */
    const char *tenant_name;
    const char *label;
    const char *last4;             /* of the key, to tell it from others */
    uint8_t hash[SEAL_HASH_BYTES]; /* seal_blind_index(master, "api-key", key) */
};

/* Adds the tenant and the key unless they are there. Leaves the connection without a tenant. */
int seed_api_key(struct pg_sync *c, const struct seed_key *key, struct err *err);
