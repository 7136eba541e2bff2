#include <criterion/criterion.h>
#include "base/uuid.h"

Test(uuid, version_7_example_of_the_rfc)
{
    static const uint8_t random[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    struct uuid u = uuid_v7(0x017F22E279B0, random);
    cr_assert_str_eq(UUID_TEXT(&u), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"); /* RFC 9562, A.6 */
}

Test(uuid, later_sorts_later)
{
    static const uint8_t low[10] = {0}, high[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    struct uuid a = uuid_v7(255, high), b = uuid_v7(256, low);
    cr_assert_lt(memcmp(a.b, b.b, UUID_BYTES), 0);
}

Test(uuid, text_and_back)
{
    struct uuid u, v;
    cr_assert(uuid_parse(STR("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), &u));
    cr_assert_str_eq(UUID_TEXT(&u), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    cr_assert(uuid_parse(str_of(UUID_TEXT(&u)), &v));
    cr_assert(uuid_eq(&u, &v));
    cr_assert(!uuid_is_nil(&u));
}

Test(uuid, bad_texts)
{
    static const char *const bad[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    };
    struct uuid u = {.b = {42}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert(!uuid_parse(str_of(bad[i]), &u), "%s", bad[i]);
    cr_assert_eq(u.b[0], 42);
}

Test(uuid, nil)
{
    struct uuid u;
    cr_assert(uuid_parse(STR("00000000-0000-0000-0000-000000000000"), &u));
    cr_assert(uuid_is_nil(&u));
}
