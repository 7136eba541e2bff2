#include <criterion/criterion.h>
#include "base/utf8.h"

static size_t valid(const char *s)
{
    return utf8_valid_prefix(str_of(s));
}

Test(utf8, valid_texts)
{
    cr_assert_eq(utf8_valid_prefix(STR("")), 0);
    cr_assert_eq(utf8_valid_prefix(STR("a\0b")), 3);
    cr_assert_eq(valid("é"), 2);
    cr_assert_eq(valid("€"), 3);
    cr_assert_eq(valid("🌍"), 4);
    cr_assert_eq(valid("\xed\x9f\xbf"), 3);
    cr_assert_eq(valid("\xee\x80\x80"), 3);
    cr_assert_eq(valid("\xf4\x8f\xbf\xbf"), 4);
}

Test(utf8, ill_formed_texts_end_the_prefix)
{
    static const char *const bad[] = {
        "ok\x80",
        "ok\xc0\xaf",
        "ok\xc1\xbf",
        "ok\xe0\x9f\xbf",
        "ok\xed\xa0\x80",
        "ok\xf0\x8f\xbf\xbf",
        "ok\xf4\x90\x80\x80",
        "ok\xf5\x80",
        "ok\xff",
        "ok\xc3",
        "ok\xe2\x82",
        "ok\xf0\x9f\x8c",
        "ok\xe2\x28\xa1",
        "ok\xf0\x28\x8c\xbc",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_eq(valid(bad[i]), 2, "text %zu", i);
}

Test(utf8, every_code_point_there_and_back)
{
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp += cp < 0x3000 ? 1 : 17) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        char text[4];
        uint32_t back;
        size_t n = utf8_encode(cp, text);
        struct str s = {.p = text, .n = n};
        if (utf8_valid_prefix(s) != n || utf8_decode(s, &back) != n || back != cp)
            cr_assert_fail("code point %X", cp);
    }
}

Test(utf8, count_and_cut)
{
    struct str s = STR("aé€🌍");
    cr_assert_eq(utf8_count(s), 4);
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
        cr_assert_eq(utf8_cut(s, max).n, want[max], "cut at %zu", max);
}

Test(utf8, counts_and_checks_at_every_offset)
{
    for (size_t at = 0; at < 24; at++) {
        char s[32];
        memset(s, 'x', sizeof(s));
        memcpy(s + at, "\xE2\x82\xAC", 3);
        cr_assert_eq(utf8_count((struct str){s, sizeof(s)}), sizeof(s) - 2);
        cr_assert_eq(utf8_valid_prefix((struct str){s, sizeof(s)}), sizeof(s));
        s[at + 1] = 'x';
        cr_assert_eq(utf8_valid_prefix((struct str){s, sizeof(s)}), at);
    }
}
