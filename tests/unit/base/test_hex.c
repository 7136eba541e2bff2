#include <criterion/criterion.h>
#include <string.h>
#include "base/hex.h"

Test(hex, there_and_back)
{
    uint8_t all[256], back[256];
    char text[513];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    cr_assert_eq(hex_encode(all, 256, text), text);
    cr_assert_eq(strlen(text), 512);
    cr_assert_eq(strncmp(text, "000102", 6), 0);
    cr_assert(hex_decode(text, 512, back, 256));
    cr_assert_eq(memcmp(all, back, 256), 0);
}

Test(hex, refuses)
{
    uint8_t out[2];
    cr_assert(hex_decode("aBCd", 4, out, 2));
    cr_assert_eq(out[0], 0xab);
    cr_assert_eq(out[1], 0xcd);
    cr_assert(!hex_decode("abc", 3, out, 2));
    cr_assert(!hex_decode("abcde", 5, out, 2));
    cr_assert(!hex_decode("abcg", 4, out, 2));
    cr_assert(!hex_decode("ab d", 4, out, 2));
    cr_assert(hex_decode("", 0, out, 0));
}
