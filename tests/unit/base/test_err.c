#include <criterion/criterion.h>
#include <string.h>
#include "base/err.h"

Test(err, set_fills_and_returns_the_negative_code)
{
    struct err e = {.sqlstate = "23505", .pointer = "/old"};
    cr_assert_eq(err_set(&e, ERR_INVALID, "value %d", 7), -ERR_INVALID);
    cr_assert_eq(e.code, ERR_INVALID);
    cr_assert_str_eq(e.msg, "value 7");
    cr_assert_str_eq(e.pointer, "");
    cr_assert_str_eq(e.sqlstate, "");
    cr_assert_eq(err_set(NULL, ERR_IO, "nobody listens"), -ERR_IO);
}

Test(err, pointer_is_kept_and_cut)
{
    struct err e;
    char big[400];
    memset(big, '/', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    cr_assert_eq(err_set_at(&e, ERR_MALFORMED, "/a/0", "wrong"), -ERR_MALFORMED);
    cr_assert_str_eq(e.pointer, "/a/0");
    err_set_at(&e, ERR_MALFORMED, big, "%s", big);
    cr_assert_eq(strlen(e.pointer), ERR_POINTER_BYTES - 1);
    cr_assert_eq(strlen(e.msg), ERR_MSG_BYTES - 1);
}

Test(err, prefix_goes_before)
{
    struct err e;
    err_set(&e, ERR_IO, "no such file");
    cr_assert_eq(err_prefix(&e, "reading %s", "config"), -ERR_IO);
    cr_assert_str_eq(e.msg, "reading config: no such file");
    for (int i = 0; i < 100; i++)
        err_prefix(&e, "again and again");
    cr_assert_lt(strlen(e.msg), ERR_MSG_BYTES);
    cr_assert_lt(err_prefix(NULL, "x"), 0);
}

Test(err, rows)
{
    cr_assert_eq(err_class(ERR_INVALID), ERR_CLASS_INPUT);
    cr_assert_eq(err_class(ERR_TIMEOUT), ERR_CLASS_TRANSIENT);
    cr_assert_eq(err_http_status(ERR_NOT_FOUND), 404);
    cr_assert_str_eq(err_slug(ERR_NOT_FOUND), "not-found");
    cr_assert_eq(err_from_slug("not-found"), ERR_NOT_FOUND);
    cr_assert_eq(err_from_slug("no-such-slug"), ERR_NONE);
    cr_assert_str_eq(err_slug((enum err_code)9999), "unknown");
    cr_assert_eq(err_http_status((enum err_code)9999), 500);
    cr_assert_eq(err_class(ERR_NONE), ERR_CLASS_NONE);
}

Test(err, slugs_and_numbers_are_unique_and_statuses_sane)
{
    static const struct {
        int number, status;
        const char *slug, *title;
    } rows[] = {
#define ERR(name, number, class_, status, slug, title) {number, status, slug, title},
#include "errors.def"
#undef ERR
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert(rows[i].status >= 400 && rows[i].status < 600);
        cr_assert(rows[i].title[0]);
        cr_assert_eq((int)err_from_slug(rows[i].slug), rows[i].number, "%s", rows[i].slug);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(rows[i].number, rows[j].number);
    }
}
