/* A map from the key's hash; entries are freed when they are found stale or when the map is emptied. */
#include "gateway/keyring.h"

#include <stdlib.h>
#include "base/map.h"

struct keyring {
    struct map *map;
};

struct keyring_entry {
    struct uuid tenant_id, key_id;
    uint64_t until_ms;
};

struct keyring *keyring_new(void)
{
    struct keyring *k = calloc(1, sizeof(*k));
    if (!k)
        abort();
    k->map = map_new(KEYRING_MAX);
    return k;
}

static void keyring_clear(struct keyring *k)
{
    size_t at = 0;
    struct str key;
    void *value;
    while (map_next(k->map, &at, &key, &value))
        free(value);
    map_free(k->map);
    k->map = NULL;
}

void keyring_free(struct keyring *k)
{
    if (!k)
        return;
    keyring_clear(k);
    free(k);
}

bool keyring_get(struct keyring *k, const uint8_t hash[SEAL_HASH_BYTES], uint64_t now_ms, struct uuid *ret_tenant,
                 struct uuid *ret_key)
{
    struct keyring_entry *e = map_get(k->map, hash, SEAL_HASH_BYTES);
    if (!e || now_ms >= e->until_ms)
        return false;
    *ret_tenant = e->tenant_id;
    *ret_key = e->key_id;
    return true;
}

void keyring_put(struct keyring *k, const uint8_t hash[SEAL_HASH_BYTES], uint64_t now_ms, const struct uuid *tenant_id,
                 const struct uuid *key_id)
{
    struct keyring_entry *e = map_get(k->map, hash, SEAL_HASH_BYTES);
    if (!e) {
        if (map_count(k->map) >= KEYRING_MAX) {
            keyring_clear(k);
            k->map = map_new(KEYRING_MAX);
        }
        e = calloc(1, sizeof(*e));
        if (!e || !map_put(k->map, hash, SEAL_HASH_BYTES, e)) {
            free(e);
            return;
        }
    }
    *e = (struct keyring_entry){.tenant_id = *tenant_id, .key_id = *key_id, .until_ms = now_ms + KEYRING_TTL_MS};
}
