#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"

Test(arena, memory_is_aligned_and_does_not_overlap)
{
    struct arena a;
    unsigned char *p[300];
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < 300; i++) {
        p[i] = arena_try_alloc(&a, i);
        cr_assert_not_null(p[i]);
        cr_assert_eq((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i & 255), i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i; k++)
            cr_assert_eq(p[i][k], i & 255);
    arena_fini(&a);
}

Test(arena, large_pieces_beside_small_ones)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    char *small = arena_strdup(&a, "small");
    char *large = arena_try_alloc(&a, 100000);
    char *more = arena_strdup(&a, "more");
    memset(large, 'x', 100000);
    cr_assert_str_eq(small, "small");
    cr_assert_str_eq(more, "more");
    arena_fini(&a);
}

Test(arena, the_maximum_holds)
{
    struct arena a;
    arena_init(&a, 1000);
    cr_assert_null(arena_try_alloc(&a, 1001));
    cr_assert_null(arena_try_alloc(&a, SIZE_MAX));
    cr_assert_null(arena_try_zalloc_n(&a, SIZE_MAX / 2, 4));
    size_t got = 0;
    while (arena_try_alloc(&a, 16))
        got += 16;
    cr_assert_eq(got, 992);
    cr_assert_null(arena_strdup(&a, "x"));
    arena_reset(&a);
    cr_assert_not_null(arena_try_alloc(&a, 900));
    arena_fini(&a);
}

Test(arena, zeroed_memory_is_zero_after_reset)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    memset(arena_alloc(&a, 4096), 0xff, 4096);
    arena_reset(&a);
    const unsigned char *p = arena_try_zalloc(&a, 4096);
    for (size_t i = 0; i < 4096; i++)
        cr_assert_eq(p[i], 0);
    arena_fini(&a);
}

Test(arena, texts)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    cr_assert_str_eq(arena_strndup(&a, "abcdef", 3), "abc");
    cr_assert_str_eq(arena_printf(&a, "%s-%d", "x", 42), "x-42");
    cr_assert_str_eq(arena_printf(&a, "%s", ""), "");
    arena_fini(&a);
}

Test(arena, fini_accepts_a_zeroed_struct_and_twice)
{
    struct arena a = {0};
    arena_fini(&a);
    arena_init(&a, 100);
    arena_reset(&a);
    arena_fini(&a);
    arena_fini(&a);
}
