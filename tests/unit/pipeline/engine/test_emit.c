#include <criterion/criterion.h>
#include <limits.h>
#include "pipeline/engine/emit.h"

static struct arena arena;

static struct str taken(struct emit *e)
{
    struct str s = {0};
    struct err err;
    cr_assert_eq(emit_take(e, &arena, &s, &err), 0);
    return s;
}

Test(emit, commas_keys_and_values)
{
    struct emit e;
    arena_init(&arena, 1 << 20);
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_strc(&e, "a", "x\"y\\z\n");
    emit_bool(&e, "b", false);
    emit_arr(&e, "c");
    emit_int(&e, NULL, 0);
    emit_int(&e, NULL, -7);
    emit_int(&e, NULL, LLONG_MIN);
    emit_int(&e, NULL, LLONG_MAX);
    emit_arr_end(&e);
    emit_null(&e, "d");
    emit_raw(&e, "e", "{}", 2);
    emit_obj_end(&e);
    cr_assert_str_eq(taken(&e).p, "{\"a\":\"x\\\"y\\\\z\\n\",\"b\":false,\"c\":[0,-7,-9223372036854775808,"
                                  "9223372036854775807],\"d\":null,\"e\":{}}");
    arena_fini(&arena);
}

Test(emit, thousandths_drop_trailing_zeros)
{
    struct emit e;
    arena_init(&arena, 1 << 20);
    emit_init(&e);
    emit_arr(&e, NULL);
    emit_milli(&e, NULL, 0);
    emit_milli(&e, NULL, 1.5);
    emit_milli(&e, NULL, 0.0625);
    emit_milli(&e, NULL, 1234.9996);
    emit_milli(&e, NULL, -0.25);
    emit_arr_end(&e);
    cr_assert_str_eq(taken(&e).p, "[0,1.5,0.063,1235,-0.25]");
    arena_fini(&arena);
}

Test(emit, grows_past_its_first_size)
{
    struct emit e;
    arena_init(&arena, 4 << 20);
    emit_init(&e);
    emit_arr(&e, NULL);
    for (int i = 0; i < 20000; i++)
        emit_int(&e, NULL, 123456);
    emit_arr_end(&e);
    struct str s = taken(&e);
    cr_assert_eq(s.n, 20000 * 7 + 1);
    cr_assert_eq(s.p[s.n - 1], ']');
    arena_fini(&arena);
}
