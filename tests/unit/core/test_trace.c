#include <criterion/criterion.h>
#include <string.h>
#include "core/trace.h"

#define GOOD "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define ID   "4bf92f3577b34da6a3ce929d0e0e4736"

static bool kept(const char *header)
{
    struct trace t;
    trace_from_header(str_of(header), &t);
    cr_assert_eq(strlen(t.parent), 55);
    cr_assert_eq(strlen(t.id), 32);
    cr_assert_eq(strncmp(t.parent, "00-", 3), 0);
    cr_assert_eq(strncmp(t.parent + 3, t.id, 32), 0);
    return strcmp(t.id, ID) == 0;
}

Test(trace, a_valid_header_keeps_the_id_and_gets_a_new_span)
{
    struct trace t;
    trace_from_header(STR(GOOD), &t);
    cr_assert_str_eq(t.id, ID);
    cr_assert_eq(strncmp(t.parent, GOOD, 36), 0);
    cr_assert_neq(strncmp(t.parent + 36, GOOD + 36, 16), 0);
    cr_assert_str_eq(t.parent + 52, "-01");
}

Test(trace, white_space_around_is_ignored)
{
    cr_assert(kept("  " GOOD " "));
}

Test(trace, only_the_sampled_flag_is_passed_on)
{
    struct trace t;
    trace_from_header(STR("00-" ID "-00f067aa0ba902b7-fe"), &t);
    cr_assert_str_eq(t.parent + 52, "-00");
    trace_from_header(STR("00-" ID "-00f067aa0ba902b7-03"), &t);
    cr_assert_str_eq(t.parent + 52, "-01");
}

Test(trace, invalid_headers_start_a_new_trace)
{
    static const char *const bad[] = {
        "",
        "nonsense",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" ID "-0000000000000000-01",
        "ff-" ID "-00f067aa0ba902b7-01",
        "00-" ID "-00f067aa0ba902b7-0g",
        "00-" ID "-00f067aa0ba902b7-01-extra",
        "00-" ID "-00f067aa0ba902b7-0",
        "00_" ID "-00f067aa0ba902b7-01",
        "01-" ID "-00f067aa0ba902b7-01extra",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert(!kept(bad[i]), "%s", bad[i]);
}

Test(trace, later_versions_are_understood)
{
    cr_assert(kept("01-" ID "-00f067aa0ba902b7-01"));
    cr_assert(kept("cc-" ID "-00f067aa0ba902b7-01-what-the-future-will-be-like"));
}

Test(trace, new_traces_differ)
{
    struct trace a, b;
    trace_from_header(STR(""), &a);
    trace_from_header(STR(""), &b);
    cr_assert_str_neq(a.id, b.id);
}

Test(trace, stored_text_comes_back_as_it_was)
{
    struct trace t;
    trace_from_stored(STR(GOOD), &t);
    cr_assert_str_eq(t.parent, GOOD);
    cr_assert_str_eq(t.id, ID);
}

Test(trace, nothing_stored_is_nothing)
{
    struct trace t;
    trace_from_stored(STR(""), &t);
    cr_assert_str_eq(t.parent, "");
    cr_assert_str_eq(t.id, "");
    trace_from_stored(STR("damaged"), &t);
    cr_assert_str_eq(t.parent, "");
    cr_assert_str_eq(t.id, "");
}
