#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>
#include "cli/args.h"

static const struct args_option own[] = {{"out", "DIR", ""}, {"wait", NULL, ""}, {NULL, NULL, NULL}};
static const struct args_option common[] = {{"json", NULL, ""}, {"help", NULL, ""}, {NULL, NULL, NULL}};

static int parse(struct args *a, struct err *err, int n, ...)
{
    static char *argv[16];
    va_list ap;
    va_start(ap, n);
    for (int i = 0; i < n; i++)
        argv[i] = va_arg(ap, char *);
    va_end(ap);
    return args_parse(n, argv, own, common, a, err);
}

Test(args, sorts_options_settings_and_words)
{
    struct args a;
    struct err err;
    cr_assert_eq(parse(&a, &err, 9, "one", "--out", "dir", "--json", "--pg.port=5", "-", "--log.level", "debug", "two"),
                 0);
    cr_assert_str_eq(a.values[0], "dir");
    cr_assert_null(a.values[1]);
    cr_assert_str_eq(a.values[2], "");
    cr_assert_eq(a.word_count, 3);
    cr_assert_str_eq(a.words[0], "one");
    cr_assert_str_eq(a.words[1], "-");
    cr_assert_str_eq(a.words[2], "two");
    cr_assert_eq(a.setting_count, 3);
    cr_assert_str_eq(a.settings[0], "--pg.port=5");
    cr_assert_str_eq(a.settings[1], "--log.level");
    cr_assert_str_eq(a.settings[2], "debug");
    args_fini(&a);
}

Test(args, everything_behind_two_dashes_is_a_word)
{
    struct args a;
    struct err err;
    cr_assert_eq(parse(&a, &err, 3, "--", "--wait", "-x"), 0);
    cr_assert_eq(a.word_count, 2);
    cr_assert_null(a.values[1]);
    args_fini(&a);
}

Test(args, a_value_may_stand_behind_an_equals_sign_and_be_empty)
{
    struct args a;
    struct err err;
    cr_assert_eq(parse(&a, &err, 1, "--out="), 0);
    cr_assert_str_eq(a.values[0], "");
    args_fini(&a);
}

Test(args, a_misspelled_option_is_suggested)
{
    struct args a;
    struct err err;
    cr_assert_eq(parse(&a, &err, 1, "--wiat"), -ERR_CONFIG);
    cr_assert(strstr(err.msg, "--wait"), "%s", err.msg);
    args_fini(&a);
}

Test(args, wrong_uses_are_refused)
{
    struct args a;
    struct err err;
    cr_assert_eq(parse(&a, &err, 1, "--out"), -ERR_CONFIG);
    args_fini(&a);
    cr_assert_eq(parse(&a, &err, 1, "--wait=yes"), -ERR_CONFIG);
    args_fini(&a);
    cr_assert_eq(parse(&a, &err, 1, "-x"), -ERR_CONFIG);
    args_fini(&a);
}

Test(args, assignment)
{
    char name[16];
    unsigned n;
    struct err err;
    cr_assert_eq(args_assignment("analyzer=3", name, sizeof(name), 64, &n, &err), 0);
    cr_assert_str_eq(name, "analyzer");
    cr_assert_eq(n, 3);
    cr_assert_eq(args_assignment("analyzer=0", name, sizeof(name), 64, &n, &err), 0);
    const char *bad[] = {
        "analyzer", "=3", "analyzer=", "analyzer=-1", "analyzer=3x", "analyzer=65", "a-name-that-is-too-long=1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_lt(args_assignment(bad[i], name, sizeof(name), 64, &n, &err), 0, "%s", bad[i]);
}

Test(args, nearest)
{
    const char *names[] = {"submit", "status", "stop"};
    cr_assert_str_eq(args_nearest("sumbit", names, 3), "submit");
    cr_assert_str_eq(args_nearest("stats", names, 3), "status");
    cr_assert_null(args_nearest("quickly", names, 3));
}
