#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"

Test(buf, appends)
{
    struct buf b;
    buf_init(&b, 1000);
    cr_assert_str_eq(buf_str(&b), "");
    buf_adds(&b, "one ");
    buf_addc(&b, '2');
    buf_addf(&b, " %s %d", "three", 4);
    buf_add(&b, NULL, 0);
    cr_assert_str_eq(buf_str(&b), "one 2 three 4");
    cr_assert_eq(b.len, 13);
    buf_fini(&b);
}

Test(buf, grows_and_stays_whole)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_addc(&b, (char)('a' + i % 26));
    cr_assert_eq(b.len, 100000);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(b.data[i], 'a' + i % 26);
    buf_fini(&b);
}

Test(buf, the_maximum_fails_and_changes_nothing)
{
    struct buf b;
    buf_init(&b, 10);
    buf_adds(&b, "0123456789");
    cr_assert(!buf_failed(&b));
    buf_addc(&b, 'x');
    cr_assert(buf_failed(&b));
    cr_assert_str_eq(buf_str(&b), "0123456789");
    buf_addf(&b, "%s", "y");
    cr_assert_null(buf_reserve(&b, SIZE_MAX));
    cr_assert_null(buf_take(&b, NULL));
    buf_reset(&b);
    cr_assert(!buf_failed(&b));
    buf_adds(&b, "again");
    cr_assert_str_eq(buf_str(&b), "again");
    buf_fini(&b);
}

Test(buf, json_strings)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_add_json(&b, "a\"b\\c\n\r\t\x01\0é", 12);
    cr_assert_str_eq(buf_str(&b), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u0000é\"");
    buf_reset(&b);
    buf_add_json(&b, "", 0);
    cr_assert_str_eq(buf_str(&b), "\"\"");
    buf_fini(&b);
}

/* What has to be escaped, at every place of a word and of what is left behind the words. */
Test(buf, json_strings_at_every_place)
{
    static const struct {
        char c;
        const char *escaped;
    } rows[] = {{'"', "\\\""},       {'\\', "\\\\"},    {'\n', "\\n"},    {'\r', "\\r"},        {'\t', "\\t"},
                {'\x1f', "\\u001f"}, {'\0', "\\u0000"}, {'\x7f', "\x7f"}, {(char)0xa0, "\xa0"}, {' ', " "}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
        for (size_t n = 1; n <= 19; n++)
            for (size_t at = 0; at < n; at++) {
                char text[32], want[64];
                struct buf b;
                memset(text, 'x', n);
                text[at] = rows[r].c;
                snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", (int)at, "xxxxxxxxxxxxxxxxxxxx", rows[r].escaped,
                         (int)(n - at - 1), "xxxxxxxxxxxxxxxxxxxx");
                buf_init(&b, strlen(want));
                buf_add_json(&b, text, n);
                cr_assert_str_eq(buf_str(&b), want);
                cr_assert(!buf_failed(&b));
                buf_fini(&b);
                buf_init(&b, strlen(want) - 1);
                buf_add_json(&b, text, n);
                cr_assert(buf_failed(&b), "one byte too little");
                cr_assert_eq(strlen(buf_str(&b)), b.len);
                buf_fini(&b);
            }
}

Test(buf, formats_into_what_is_free_or_grows)
{
    struct buf b;
    char long_text[600];
    memset(long_text, 'y', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    buf_init(&b, 2000);
    for (int i = 0; i < 3; i++)
        buf_addf(&b, "%s%d", long_text, i);
    cr_assert_eq(b.len, 3 * 600);
    cr_assert_eq(b.data[599], '0');
    cr_assert_str_eq(b.data + b.len - 3, "yy2");
    buf_addf(&b, "%s", long_text);
    cr_assert(buf_failed(&b));
    cr_assert_eq(strlen(b.data), 1800, "what did not fit has left nothing");
    buf_fini(&b);
}

Test(buf, shift_takes_from_the_front)
{
    struct buf b;
    buf_init(&b, 100);
    buf_adds(&b, "hello world");
    buf_shift(&b, 6);
    cr_assert_str_eq(buf_str(&b), "world");
    buf_shift(&b, 0);
    cr_assert_str_eq(buf_str(&b), "world");
    buf_shift(&b, 5);
    cr_assert_eq(b.len, 0);
    cr_assert_str_eq(buf_str(&b), "");
    buf_fini(&b);
}

Test(buf, reserve_then_raise_len)
{
    struct buf b;
    buf_init(&b, 100);
    char *p = buf_reserve(&b, 3);
    memcpy(p, "abc", 3);
    b.len += 3;
    buf_addc(&b, 'd');
    cr_assert_str_eq(buf_str(&b), "abcd");
    buf_fini(&b);
}

Test(buf, take_hands_over)
{
    struct buf b;
    size_t n;
    buf_init(&b, 100);
    buf_adds(&b, "mine");
    char *p = buf_take(&b, &n);
    cr_assert_str_eq(p, "mine");
    cr_assert_eq(n, 4);
    cr_assert_eq(b.len, 0);
    free(p);
    p = buf_take(&b, &n);
    cr_assert_str_eq(p, "");
    cr_assert_eq(n, 0);
    free(p);
    buf_fini(&b);
}

Test(buf, json_escapes_at_every_place)
{
    static const struct {
        char c;
        const char *escaped;
    } list[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x1f', "\\u001f"}, {'\x7f', "\x7f"}, {' ', " "}};
    for (size_t k = 0; k < sizeof(list) / sizeof(list[0]); k++)
        for (size_t at = 0; at < 20; at++) {
            char in[20], want[40] = "\"";
            struct buf b;
            memset(in, 'a' + (int)k, sizeof(in));
            in[(at + 1) % 20] = '\xC3'; /* bytes above ASCII pass */
            in[at] = list[k].c;
            for (size_t i = 0; i < sizeof(in); i++)
                strncat(want, i == at ? list[k].escaped : in + i, i == at ? 8 : 1);
            strcat(want, "\"");
            buf_init(&b, 1000);
            buf_add_json(&b, in, sizeof(in));
            cr_assert_str_eq(buf_str(&b), want);
            buf_fini(&b);
        }
}
