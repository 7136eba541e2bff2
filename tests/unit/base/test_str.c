#include <criterion/criterion.h>
#include <string.h>
#include "base/str.h"

Test(str, comparisons)
{
    cr_assert(str_eq(STR("abc"), str_of("abc")));
    cr_assert(!str_eq(STR("abc"), STR("abd")));
    cr_assert(!str_eq(STR("abc"), STR("ab")));
    cr_assert(str_eq((struct str){0}, STR("")));
    cr_assert(str_eqc(STR("x"), "x"));
    cr_assert(str_ieq(STR("AbC"), STR("aBc")));
    cr_assert(!str_ieqc(STR("[bc"), "{bc")); /* differ by 32 but are not letters */
    cr_assert_eq(str_of(NULL).n, 0);
}

Test(str, prefixes_and_suffixes)
{
    cr_assert(str_starts(STR("hello"), "he"));
    cr_assert(str_starts(STR("hello"), ""));
    cr_assert(!str_starts(STR("he"), "hello"));
    cr_assert(!str_starts(STR("Hello"), "he"));
    cr_assert(str_istarts(STR("Hello"), "hE"));
    cr_assert(str_iends(STR("file.PDF"), ".pdf"));
    cr_assert(!str_iends(STR("pdf"), ".pdf"));
}

Test(str, trim)
{
    cr_assert(str_eqc(str_trim(STR(" \t\r\n a b \v\f")), "a b"));
    cr_assert_eq(str_trim(STR(" \n ")).n, 0);
    cr_assert_eq(str_trim(STR("")).n, 0);
}

Test(str, find)
{
    cr_assert_eq(str_find(STR("hello"), STR("l")), 2);
    cr_assert_eq(str_find(STR("hello"), STR("L")), -1);
    cr_assert_eq(str_find(STR("hello"), STR("")), 0);
    cr_assert_eq(str_find(STR(""), STR("a")), -1);
    cr_assert_eq(str_find(STR("ab"), STR("abc")), -1);
    cr_assert_eq(str_ifind(STR("heLLo"), STR("LlO")), 2);
    cr_assert_eq(str_ifind(STR("abc"), STR("bcd")), -1);
}

Test(str, find_word)
{
    struct str s = STR("Java, JavaScript and java");
    cr_assert_eq(str_ifind_word(s, "java", 0), 0);
    cr_assert_eq(str_ifind_word(s, "java", 1), 21);
    cr_assert_eq(str_ifind_word(s, "javascript", 0), 6);
    cr_assert_eq(str_ifind_word(s, "script", 0), -1);
    cr_assert_eq(str_ifind_word(s, "java", s.n), -1);
    cr_assert_eq(str_ifind_word(STR("C++ and C"), "c++", 0), 0);
}

Test(str, lines)
{
    struct str rest = STR("one\r\n\ntwo\nthree"), line;
    const char *const want[] = {"one", "", "two", "three"};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        cr_assert(str_next_line(&rest, &line));
        cr_assert(str_eqc(line, want[i]), "line %zu", i);
    }
    cr_assert(!str_next_line(&rest, &line));
}

Test(str, fields)
{
    struct str rest = STR("a,,b,"), field;
    const char *const want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        cr_assert(str_next_field(&rest, ',', &field));
        cr_assert(str_eqc(field, want[i]), "field %zu", i);
    }
    cr_assert(!str_next_field(&rest, ',', &field));
}

Test(str, numbers)
{
    uint64_t v = 1;
    cr_assert(str_to_u64(STR("0"), &v));
    cr_assert_eq(v, 0);
    cr_assert(str_to_u64(STR("18446744073709551615"), &v));
    cr_assert_eq(v, UINT64_MAX);
    cr_assert(!str_to_u64(STR("18446744073709551616"), &v));
    cr_assert(!str_to_u64(STR("99999999999999999999"), &v));
    cr_assert(!str_to_u64(STR("000000000000000000001"), &v)); /* more digits than any number has */
    cr_assert(!str_to_u64(STR(""), &v));
    cr_assert(!str_to_u64(STR("-1"), &v));
    cr_assert(!str_to_u64(STR("1 "), &v));
    cr_assert(!str_to_u64(STR("0x1"), &v));
}

Test(str, dup)
{
    struct arena a;
    arena_init(&a, 100);
    char *p = str_dup(&a, STR("abc"));
    cr_assert_str_eq(p, "abc");
    arena_fini(&a);
}

Test(str, distance)
{
    char big[80];
    cr_assert_eq(str_distance("kitten", "sitting"), 3);
    cr_assert_eq(str_distance("", "abc"), 3);
    cr_assert_eq(str_distance("abc", ""), 3);
    cr_assert_eq(str_distance("Same", "sAME"), 0);
    cr_assert_eq(str_distance("http.prot", "http.port"), 2);
    memset(big, 'a', 64);
    big[64] = '\0';
    cr_assert_eq(str_distance(big, big), 0);
    big[64] = 'a';
    big[65] = '\0';
    cr_assert_gt(str_distance(big, "a"), 64);
}

Test(str, word_search_agrees_with_a_plain_one)
{
    static const char *const hays[] = {"", "a", "cat", "Cat concatenates CAT", "re-start, start", "aaab aab", "x.y.z"};
    static const char *const needles[] = {"a", "cat", "start", "aab", "y", "cats", "."};
    for (size_t h = 0; h < sizeof(hays) / sizeof(hays[0]); h++)
        for (size_t k = 0; k < sizeof(needles) / sizeof(needles[0]); k++) {
            struct str hay = str_of(hays[h]), n = str_of(needles[k]);
            for (size_t from = 0; from <= hay.n; from++) {
                ptrdiff_t want = -1;
                for (size_t i = from; want < 0 && i + n.n <= hay.n; i++)
                    if (str_ieq(str_sub(hay, i, i + n.n), n) && (i == 0 || !str_is_alnum(hay.p[i - 1])) &&
                        (i + n.n == hay.n || !str_is_alnum(hay.p[i + n.n])))
                        want = (ptrdiff_t)i;
                cr_assert_eq(str_ifind_word(hay, needles[k], from), want, "%s in %s from %zu", needles[k], hays[h],
                             from);
            }
        }
}

Test(str, comparisons_with_c_strings_at_the_edges)
{
    struct str nul = {.p = "a\0b", .n = 3};
    cr_assert(str_eqc(STR(""), "") && str_ieqc(STR(""), ""));
    cr_assert_not(str_eqc(STR(""), "a"));
    cr_assert_not(str_eqc(STR("a"), ""));
    cr_assert_not(str_ieqc(STR("ab"), "a"));
    cr_assert_not(str_ieqc(STR("a"), "ab"));
    cr_assert_not(str_eqc(nul, "a"));
    cr_assert_not(str_ieqc(nul, "a"));
    cr_assert(str_starts(STR("abc"), "") && str_istarts(STR("ABC"), "ab"));
    cr_assert_not(str_starts(STR("ab"), "abc"));
    cr_assert_not(str_istarts(STR("ab"), "abc"));
}
