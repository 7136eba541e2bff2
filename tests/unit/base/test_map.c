#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/map.h"

#define KEYS 2000

Test(map, put_get_replace_remove)
{
    int one = 1, two = 2;
    _cleanup_(map_freep)
    struct map *m = map_new(10);
    cr_assert_null(map_get(m, "a", 1));
    cr_assert(map_put(m, "a", 1, &one));
    cr_assert_eq(map_get(m, "a", 1), &one);
    cr_assert(map_put(m, "a", 1, &two));
    cr_assert_eq(map_get(m, "a", 1), &two);
    cr_assert_eq(map_count(m), 1);
    cr_assert_eq(map_remove(m, "a", 1), &two);
    cr_assert_null(map_remove(m, "a", 1));
    cr_assert_eq(map_count(m), 0);
    map_free(NULL);
}

Test(map, keys_are_bytes_and_copied)
{
    int v[4];
    char key[] = "key";
    _cleanup_(map_freep)
    struct map *m = map_new(10);
    cr_assert(map_put(m, key, 3, &v[0]));
    key[0] = 'x';
    cr_assert_eq(map_get(m, "key", 3), &v[0]);
    cr_assert(map_put(m, "a\0b", 3, &v[1]));
    cr_assert(map_put(m, "a\0c", 3, &v[2]));
    cr_assert(map_put(m, "", 0, &v[3]));
    cr_assert_eq(map_get(m, "a\0b", 3), &v[1]);
    cr_assert_eq(map_get(m, "a\0c", 3), &v[2]);
    cr_assert_eq(map_get(m, "", 0), &v[3]);
    cr_assert_null(map_get(m, "a", 1));
}

Test(map, the_maximum_refuses_new_keys_only)
{
    int v = 0, w = 0;
    _cleanup_(map_freep)
    struct map *m = map_new(2);
    cr_assert(map_put(m, "a", 1, &v));
    cr_assert(map_put(m, "b", 1, &v));
    cr_assert(!map_put(m, "c", 1, &v));
    cr_assert(map_put(m, "a", 1, &w));
    cr_assert_eq(map_get(m, "a", 1), &w);
    cr_assert_eq(map_remove(m, "b", 1), &v);
    cr_assert(map_put(m, "c", 1, &v));
}

/* Against a plain array, with a fixed mixture of insertions and removals that makes long probe runs. */
Test(map, agrees_with_an_array_through_many_changes)
{
    static int values[KEYS];
    static bool present[KEYS];
    size_t count = 0;
    unsigned random = 12345;
    _cleanup_(map_freep)
    struct map *m = map_new(KEYS);
    for (int step = 0; step < 20000; step++) {
        random = random * 1103515245u + 12345u;
        unsigned k = (random >> 8) % KEYS;
        if ((random >> 24) % 5 < (step < 10000 ? 3u : 2u)) {
            cr_assert(map_put(m, &k, sizeof(k), &values[k]));
            count += !present[k];
            present[k] = true;
        } else {
            cr_assert_eq(map_remove(m, &k, sizeof(k)), present[k] ? &values[k] : NULL);
            count -= present[k];
            present[k] = false;
        }
        cr_assert_eq(map_count(m), count);
    }
    for (unsigned k = 0; k < KEYS; k++)
        cr_assert_eq(map_get(m, &k, sizeof(k)), present[k] ? &values[k] : NULL);
    size_t at = 0, seen = 0;
    struct str key;
    void *value;
    while (map_next(m, &at, &key, &value)) {
        unsigned k;
        cr_assert_eq(key.n, sizeof(k));
        memcpy(&k, key.p, sizeof(k));
        cr_assert(present[k]);
        cr_assert_eq(value, &values[k]);
        seen++;
    }
    cr_assert_eq(seen, count);
}

Test(map, hash_is_fnv_1a)
{
    cr_assert_eq(map_hash("", 0), 0xcbf29ce484222325u);
    cr_assert_eq(map_hash("a", 1), 0xaf63dc4c8601ec8cu);
    cr_assert_eq(map_hash("foobar", 6), 0x85944171f73967e8u);
}
