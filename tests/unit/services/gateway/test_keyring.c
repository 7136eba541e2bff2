#include <criterion/criterion.h>
#include <string.h>
#include "gateway/keyring.h"

Test(keyring, believes_a_key_for_its_time_only)
{
    struct keyring *k = keyring_new();
    const uint8_t hash[SEAL_HASH_BYTES] = {1}, other[SEAL_HASH_BYTES] = {2};
    const struct uuid tenant = {{3}}, key = {{4}};
    struct uuid t, id;
    cr_assert_not(keyring_get(k, hash, 0, &t, &id));
    keyring_put(k, hash, 1000, &tenant, &key);
    cr_assert(keyring_get(k, hash, 1000 + KEYRING_TTL_MS - 1, &t, &id));
    cr_assert(uuid_eq(&t, &tenant) && uuid_eq(&id, &key));
    cr_assert_not(keyring_get(k, other, 1000, &t, &id));
    cr_assert_not(keyring_get(k, hash, 1000 + KEYRING_TTL_MS, &t, &id));
    keyring_free(k);
}

Test(keyring, is_bounded)
{
    struct keyring *k = keyring_new();
    const struct uuid tenant = {{3}};
    uint8_t hash[SEAL_HASH_BYTES] = {0};
    struct uuid t, id;
    for (int i = 0; i <= KEYRING_MAX; i++) {
        memcpy(hash, &i, sizeof(i));
        keyring_put(k, hash, 0, &tenant, &tenant);
    }
    cr_assert(keyring_get(k, hash, 1, &t, &id), "the newest is there");
    memset(hash, 0, sizeof(hash));
    cr_assert_not(keyring_get(k, hash, 1, &t, &id), "the others were forgotten");
    keyring_free(k);
}
