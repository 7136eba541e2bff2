/* Whatever the pieces, the items are the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "gateway/split.h"

struct seen_items {
    char text[4096]; /* "at:item|" each, "at:!|" for an overlong one */
};

static void take(void *ud, struct str text, int64_t at, bool overlong)
{
    struct seen_items *s = ud;
    size_t n = strlen(s->text);
    if (overlong)
        snprintf(s->text + n, sizeof(s->text) - n, "%lld:!|", (long long)at);
    else
        snprintf(s->text + n, sizeof(s->text) - n, "%lld:%.*s|", (long long)at, (int)text.n, text.p);
}

static int run(enum split_mode mode, const char *body, size_t piece, size_t max, struct seen_items *ret)
{
    struct split s;
    int rc = 0;
    size_t n = strlen(body);
    ret->text[0] = '\0';
    split_init(&s, mode, max);
    for (size_t at = 0; at < n && rc == 0; at += piece)
        rc = split_feed(&s, (struct str){body + at, MIN(piece, n - at)}, take, ret, NULL);
    if (rc == 0)
        rc = split_end(&s, take, ret, NULL);
    split_fini(&s);
    return rc;
}

static void expect(enum split_mode mode, const char *body, size_t max, const char *items)
{
    struct seen_items got;
    for (size_t piece = 1; piece <= strlen(body) + 1; piece++) {
        cr_assert_eq(run(mode, body, piece, max, &got), 0, "piece %zu", piece);
        cr_assert_str_eq(got.text, items, "piece %zu", piece);
    }
}

Test(split, lines)
{
    expect(SPLIT_LINES, "{1}\n\n  \r\n {2} \r\n{3}", 100, "0:{1}|10:{2}|16:{3}|");
    expect(SPLIT_LINES, "a\n", 100, "0:a|");
    expect(SPLIT_LINES, "\n\n", 100, "");
}

Test(split, overlong_lines_are_told_and_skipped)
{
    expect(SPLIT_LINES, "abcdef\nabc\nabcdefghij\nx", 5, "0:!|7:abc|11:!|22:x|");
}

Test(split, array)
{
    expect(SPLIT_ARRAY, " [ ]\n", 100, "");
    expect(SPLIT_ARRAY, "[{\"a\":[1,2]}, \"x,]\\\"\" ,3]", 100, "1:{\"a\":[1,2]}|14:\"x,]\\\"\"|23:3|");
    expect(SPLIT_ARRAY, "[abcdefgh,b]", 5, "1:!|10:b|");
}

Test(split, broken_arrays)
{
    static const char *const bad[] = {"", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1]]", "[1] x", "x[1]"};
    struct seen_items got;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        for (size_t piece = 1; piece <= 5; piece++)
            cr_expect_eq(run(SPLIT_ARRAY, bad[i], piece, 100, &got), -(int)ERR_MALFORMED, "%s in pieces of %zu", bad[i],
                         piece);
}
