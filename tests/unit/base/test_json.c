#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/json.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_fini(&arena);
}

TestSuite(json, .init = setup, .fini = teardown);

static yyjson_val *parsed(const char *text)
{
    struct err err = {0};
    yyjson_val *root = NULL;
    cr_assert_eq(json_parse(&arena, str_of(text), &root, NULL, &err), 0, "%s", err.msg);
    return root;
}

static size_t refused(struct str text)
{
    struct err err = {0};
    yyjson_val *root = NULL;
    size_t at = 9999;
    cr_assert_eq(json_parse(&arena, text, &root, &at, &err), -ERR_MALFORMED, STR_FMT, STR_ARG(text));
    cr_assert(err.msg[0]);
    return at;
}

Test(json, fields)
{
    yyjson_val *v = parsed("{\"s\":\"é\",\"i\":-7,\"d\":1.5,\"b\":true,\"a\":[1],\"o\":{\"x\":1},\"s\":\"second\"}");
    cr_assert(str_eqc(json_get_str(v, "s"), "é"));
    cr_assert_eq(json_get_int(v, "i", 0), -7);
    cr_assert_eq(json_get_num(v, "d", 0), 1.5);
    cr_assert_eq(json_get_num(v, "i", 0), -7.0);
    cr_assert(json_get_bool(v, "b", false));
    cr_assert_not_null(json_get_arr(v, "a"));
    cr_assert_not_null(json_get_obj(v, "o"));
}

Test(json, absent_or_of_another_type)
{
    yyjson_val *v = parsed("{\"s\":\"x\",\"i\":1}");
    cr_assert_eq(json_get_str(v, "i").n, 0);
    cr_assert_eq(json_get_int(v, "s", 42), 42);
    cr_assert_eq(json_get_int(v, "none", 43), 43);
    cr_assert(json_get_bool(v, "i", true));
    cr_assert_null(json_get_arr(v, "s"));
    cr_assert_null(json_get_obj(v, "s"));
    cr_assert_eq(json_get_str(NULL, "s").n, 0);
    cr_assert_eq(json_get_num(NULL, "s", 2.5), 2.5);
    cr_assert_eq(json_str(NULL).n, 0);
}

Test(json, strictness)
{
    static const char *const bad[] = {
        "",     "{",        "[1,]",     "{\"a\":1,}",  "// c\n1",   "[1] 2",       "NaN", "'a'", "{a:1}", "01",
        "[1e]", "\"\x01\"", "\"\xff\"", "\"\\ud800\"", "\"\\x41\"", "\"\\u0000\"", "\"a", "+1",  ".5",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(str_of(bad[i]));
    refused((struct str){.p = "\"a\0b\"", .n = 5});
    refused((struct str){.p = "1", .n = 0});
}

Test(json, the_text_need_not_end_in_nul)
{
    yyjson_val *root;
    cr_assert_eq(json_parse(&arena, (struct str){.p = "[1]2", .n = 3}, &root, NULL, NULL), 0);
    cr_assert_eq(yyjson_arr_size(root), 1);
}

Test(json, errors_have_an_offset)
{
    cr_assert_eq(refused(STR("[1,2,x]")), 5);
}

Test(json, nul_is_found_wherever_it_stands)
{
    static const char *const texts[] = {"{\"a\":[1,{\"b\":\"x\\u0000\"}]}", "{\"\\u0000\":1}",
                                        "[\"plain\",\"\\n\\u0000y\"]",
                                        "[\"a long text before it, with \\\"quotes\\\" \\u0000\"]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        yyjson_val *root;
        struct err err;
        cr_assert_eq(json_parse(&arena, str_of(texts[i]), &root, NULL, &err), -ERR_MALFORMED, "%s", texts[i]);
        cr_assert(strstr(err.msg, "NUL"), "%s", err.msg);
    }
    cr_assert(parsed("[\"\\\\u0000\"]"), "a backslash and u0000 as text");
}

/* Brackets in strings do not count, siblings do not add up, and depth is what is said of a text that is broken too. */
Test(json, depth_counts_what_is_open)
{
    char text[1024];
    size_t at = 0, offset = 0;
    yyjson_val *root;
    struct err err;
    text[at++] = '[';
    for (int i = 0; i < 100; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s[{}]", i ? "," : "");
    at += (size_t)snprintf(text + at, sizeof(text) - at, ",\"\\\"[[[[[[\"]");
    cr_assert_eq(json_parse(&arena, (struct str){.p = text, .n = at}, &root, NULL, &err), 0, "%s", err.msg);
    memset(text, '[', JSON_DEPTH_MAX + 5);
    cr_assert_eq(json_parse(&arena, (struct str){.p = text, .n = JSON_DEPTH_MAX + 5}, &root, &offset, &err),
                 -ERR_MALFORMED);
    cr_assert(strstr(err.msg, "deeper"), "%s", err.msg);
    cr_assert_eq(offset, JSON_DEPTH_MAX);
}

Test(json, depth_is_limited)
{
    char text[2 * JSON_DEPTH_MAX + 8];
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct str s = {.p = text, .n = 2 * (size_t)depth};
        yyjson_val *root;
        if (depth <= JSON_DEPTH_MAX)
            cr_assert_eq(json_parse(&arena, s, &root, NULL, NULL), 0);
        else
            cr_assert_eq(refused(s), JSON_DEPTH_MAX);
    }
    char quoted[202] = "\"";
    memset(quoted + 1, '[', 199);
    quoted[200] = '"';
    parsed(quoted); /* brackets in a string do not nest */
    parsed("[[],[],[],\"\\\"[[\"]");
}

Test(json, a_full_arena_is_an_error)
{
    struct arena small;
    struct err err = {0};
    yyjson_val *root;
    arena_init(&small, 64);
    cr_assert_eq(json_parse(&small, STR("[1,2,3,4,5,6,7,8,9,10]"), &root, NULL, &err), -ERR_MEMORY);
    cr_assert_null(json_write(&small, parsed("[1,2,3,4,5,6,7,8,9,10]"), NULL));
    arena_fini(&small);
}

Test(json, writing)
{
    size_t n;
    yyjson_val *v = parsed(" { \"a\" : [ 1 , \"x\\n\" ] } ");
    cr_assert_str_eq(json_write(&arena, v, &n), "{\"a\":[1,\"x\\n\"]}");
    cr_assert_eq(n, 15);
    cr_assert_str_eq(json_write_pretty(&arena, v, NULL), "{\n  \"a\": [\n    1,\n    \"x\\n\"\n  ]\n}");
    yyjson_mut_doc *doc = json_mut_new(&arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    for (int i = 0; i < 500; i++)
        yyjson_mut_obj_add_int(doc, root, "k", i);
    cr_assert_str_eq(json_write_mut(&arena, yyjson_mut_obj_get(root, "k"), &n), "0");
    cr_assert_gt(strlen(json_write_mut(&arena, root, &n)), 2000);
}

Test(json, pointers)
{
    char p[32] = "", small[8] = "";
    json_pointer_add(p, sizeof(p), "items");
    json_pointer_add_index(p, sizeof(p), 12);
    json_pointer_add(p, sizeof(p), "a/b~c");
    cr_assert_str_eq(p, "/items/12/a~1b~0c");
    json_pointer_add(small, sizeof(small), "much too long");
    cr_assert_lt(strlen(small), sizeof(small));
    json_pointer_add_index(small, sizeof(small), 123456);
    json_pointer_add(small, sizeof(small), "more");
    cr_assert_lt(strlen(small), sizeof(small));
    cr_assert_eq(strncmp(small, "/much", 5), 0);
}

Test(json, brackets_in_strings_do_not_nest)
{
    for (size_t pad = 0; pad < 20; pad++) {
        struct arena a;
        char text[512];
        size_t n = 0;
        arena_init(&a, 1 << 20);
        text[n++] = '"';
        for (size_t i = 0; i < pad; i++)
            text[n++] = 'x';
        n += (size_t)snprintf(text + n, sizeof(text) - n, "\\\\\\\"");
        for (size_t i = 0; i < 100; i++)
            text[n++] = '[';
        text[n++] = '"';
        yyjson_val *root;
        struct err err;
        cr_assert_eq(json_parse(&a, (struct str){text, n}, &root, NULL, &err), 0, "%s", err.msg);
        cr_assert_eq(json_str(root).n, pad + 102);
        for (size_t i = 0; i < 100; i++)
            text[i] = '[';
        cr_assert_eq(json_parse(&a, (struct str){text, 100}, &root, NULL, &err), -ERR_MALFORMED);
        cr_assert(strstr(err.msg, "deeper"), "%s", err.msg);
        arena_fini(&a);
    }
}
