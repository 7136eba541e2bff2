#include <criterion/criterion.h>
#include <string.h>
#include "base/hex.h"
#include "core/ids.h"
#include "core/seal.h"
#include "../leak.h"

static struct arena arena;
static struct uuid tenant, user;
static struct seal_key key;

static void setup(void)
{
    cr_assert_eq(seal_setup(NULL), 0);
    arena_init(&arena, 1 << 20);
    tenant = ids_uuid();
    user = ids_uuid();
    seal_key_new(&key);
}

TestSuite(seal, .init = setup);

static struct seal_place place(const char *column)
{
    return (struct seal_place){.tenant_id = &tenant, .row_id = &user, .column = column};
}

static struct str sealed(struct str plain)
{
    struct str out;
    cr_assert_eq(seal_close(&arena, &key, plain, place("t.c"), &out, NULL), 0);
    return out;
}

static int opens(const struct seal_key *k, struct str s, struct seal_place at)
{
    struct err err = {0};
    struct str out;
    int rc = seal_open(&arena, k, s, at, &out, &err);
    cr_assert(rc == 0 || err.msg[0]);
    return rc;
}

Test(seal, what_was_sealed_comes_back)
{
    static const char text[] = "Ada Lovelace\0ada@example.org";
    struct str in = {.p = text, .n = sizeof(text) - 1}, s = sealed(in), out;
    cr_assert_eq(s.n, in.n + SEAL_OVERHEAD_BYTES);
    cr_assert_eq(s.p[0], 1);
    cr_assert_lt(str_find(s, STR("Ada")), 0);
    cr_assert_eq(seal_open(&arena, &key, s, place("t.c"), &out, NULL), 0);
    cr_assert(str_eq(in, out));
    cr_assert_eq(out.p[out.n], '\0');
}

Test(seal, nothing_can_be_sealed_too)
{
    struct str s = sealed((struct str){0}), out;
    cr_assert_eq(s.n, SEAL_OVERHEAD_BYTES);
    cr_assert_eq(seal_open(&arena, &key, s, place("t.c"), &out, NULL), 0);
    cr_assert_eq(out.n, 0);
    cr_assert_eq(out.p[0], '\0');
}

Test(seal, the_same_text_is_never_sealed_the_same)
{
    struct str a = sealed(STR("text")), b = sealed(STR("text"));
    cr_assert(!str_eq(a, b));
}

Test(seal, any_changed_byte_is_noticed)
{
    struct str s = sealed(STR("some text"));
    char *p = (char *)s.p;
    for (size_t i = 0; i < s.n; i++) {
        p[i] ^= 1;
        cr_assert_eq(opens(&key, s, place("t.c")), -ERR_SEAL, "byte %zu", i);
        p[i] ^= 1;
    }
    cr_assert_eq(opens(&key, s, place("t.c")), 0);
}

Test(seal, short_values_are_refused)
{
    struct str s = sealed(STR("x"));
    for (size_t n = 0; n < s.n; n++)
        cr_assert_eq(opens(&key, str_sub(s, 0, n), place("t.c")), -ERR_SEAL);
}

Test(seal, a_value_belongs_to_its_place_and_key)
{
    struct str s = sealed(STR("text"));
    struct uuid other = ids_uuid();
    struct seal_key wrong;
    seal_key_new(&wrong);
    cr_assert_eq(opens(&key, s, place("t.d")), -ERR_SEAL);
    cr_assert_eq(opens(&key, s, place("t.c2")), -ERR_SEAL);
    cr_assert_eq(opens(&key, s, (struct seal_place){&other, &user, "t.c"}), -ERR_SEAL);
    cr_assert_eq(opens(&key, s, (struct seal_place){&tenant, &other, "t.c"}), -ERR_SEAL);
    cr_assert_eq(opens(&wrong, s, place("t.c")), -ERR_SEAL);
}

Test(seal, an_exhausted_arena_is_an_error)
{
    struct arena small;
    struct str s = sealed(STR("some text that is longer than the arena")), out;
    arena_init(&small, 16);
    cr_assert_eq(seal_close(&small, &key, STR("text"), place("t.c"), &out, NULL), -ERR_MEMORY);
    cr_assert_eq(seal_open(&small, &key, s, place("t.c"), &out, NULL), -ERR_MEMORY);
    arena_fini(&small);
}

Test(seal, wrapped_keys)
{
    struct seal_key master, back;
    uint8_t wrapped[SEAL_WRAPPED_BYTES];
    seal_key_new(&master);
    seal_wrap(&master, &key, place("users.key"), wrapped);
    struct str w = {.p = (char *)wrapped, .n = sizeof(wrapped)};
    cr_assert_eq(seal_unwrap(&master, w, place("users.key"), &back, NULL), 0);
    cr_assert_eq(memcmp(&back, &key, sizeof(key)), 0);
    cr_assert_eq(seal_unwrap(&master, w, place("users.other"), &back, NULL), -ERR_SEAL);
    cr_assert_eq(seal_unwrap(&key, w, place("users.key"), &back, NULL), -ERR_SEAL);
    cr_assert_eq(seal_unwrap(&master, str_sub(w, 0, w.n - 1), place("users.key"), &back, NULL), -ERR_SEAL);
    struct seal_key zero = {{0}};
    cr_assert_eq(memcmp(&back, &zero, sizeof(zero)), 0, "a key stays behind after a failure");
}

Test(seal, master_key_text)
{
    struct seal_key k;
    struct err err = {0};
    cr_assert_eq(seal_master_parse(STR(" 000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n"), &k,
                                   NULL),
                 0);
    for (int i = 0; i < SEAL_KEY_BYTES; i++)
        cr_assert_eq(k.b[i], i);
    cr_assert_eq(seal_master_parse(STR(""), &k, &err), -ERR_CONFIG);
    cr_assert_eq(seal_master_parse(STR("000102"), &k, &err), -ERR_CONFIG);
    cr_assert_eq(seal_master_parse(STR("z00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), &k, &err),
                 -ERR_CONFIG);
    cr_assert(!strstr(err.msg, "z0010"), "the key is in the message");
}

Test(seal, fini_wipes)
{
    struct seal_key zero = {{0}};
    seal_key_fini(&key);
    cr_assert_eq(memcmp(&key, &zero, sizeof(key)), 0);
    seal_key_fini(NULL);
}

Test(seal, hash_is_blake2b_256)
{
    uint8_t out[SEAL_HASH_BYTES], parts[SEAL_HASH_BYTES];
    char text[2 * SEAL_HASH_BYTES + 1];
    seal_hash(STR("abc"), out);
    cr_assert_str_eq(hex_encode(out, sizeof(out), text),
                     "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    struct seal_hasher *h = seal_hasher_new();
    seal_hasher_add(h, "a", 1);
    seal_hasher_add(h, "", 0);
    seal_hasher_add(h, "bc", 2);
    seal_hasher_end(h, parts);
    cr_assert_eq(memcmp(out, parts, sizeof(out)), 0);
    h = NULL;
    LEAK_NONE();
}

Test(seal, blind_index_depends_on_everything)
{
    uint8_t a[SEAL_HASH_BYTES], b[SEAL_HASH_BYTES];
    struct seal_key other;
    seal_key_new(&other);
    seal_blind_index(&key, "email", STR("ada@example.org"), a);
    seal_blind_index(&key, "email", STR("ada@example.org"), b);
    cr_assert_eq(memcmp(a, b, sizeof(a)), 0);
    seal_blind_index(&key, "email", STR("bob@example.org"), b);
    cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
    seal_blind_index(&key, "api_key", STR("ada@example.org"), b);
    cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
    seal_blind_index(&other, "email", STR("ada@example.org"), b);
    cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
}
