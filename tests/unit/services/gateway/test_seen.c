#include <criterion/criterion.h>
#include <string.h>
#include "gateway/seen.h"

static void id(int i, uint8_t out[16])
{
    memset(out, 0, 16);
    uint64_t spread = (uint64_t)i * 0x9E3779B97F4A7C15u;
    memcpy(out, &spread, 8);
    memcpy(out + 8, &i, sizeof(i));
}

Test(seen, tells_the_first_index)
{
    _cleanup_(seen_freep)
    struct seen *s = seen_new(100000);
    uint8_t x[16];
    for (int i = 0; i < 50000; i++) {
        id(i, x);
        cr_assert_eq(seen_add(s, x, i), SEEN_NEW);
    }
    for (int i = 0; i < 50000; i++) {
        id(i, x);
        cr_assert_eq(seen_add(s, x, 99), i);
    }
}

Test(seen, has_a_limit)
{
    _cleanup_(seen_freep)
    struct seen *s = seen_new(3);
    uint8_t x[16];
    for (int i = 0; i < 3; i++) {
        id(i, x);
        cr_assert_eq(seen_add(s, x, i), SEEN_NEW);
    }
    id(3, x);
    cr_assert_eq(seen_add(s, x, 3), SEEN_FULL);
    id(1, x);
    cr_assert_eq(seen_add(s, x, 4), 1);
}
