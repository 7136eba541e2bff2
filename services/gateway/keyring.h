/* API keys that were looked up a moment ago. A key that is not known costs one look-up each time; a known one is
 * believed for KEYRING_TTL_MS, so that revoking takes effect within that time. */
#pragma once

#include "core/seal.h"

#define KEYRING_MAX    10000 /* keys kept; when full, all are forgotten */
#define KEYRING_TTL_MS 30000

struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
bool keyring_get(struct keyring *k, const uint8_t hash[SEAL_HASH_BYTES], uint64_t now_ms, struct uuid *ret_tenant,
                 struct uuid *ret_key);
void keyring_put(struct keyring *k, const uint8_t hash[SEAL_HASH_BYTES], uint64_t now_ms, const struct uuid *tenant_id,
                 const struct uuid *key_id);
