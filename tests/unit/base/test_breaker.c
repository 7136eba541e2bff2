#include <criterion/criterion.h>
#include "base/breaker.h"

static const struct breaker_rule rule = {
    .in_a_row = 3, .window_min = 10, .window_ms = 10000, .open_ms = 1000, .open_max_ms = 8000};

Test(breaker, opens_after_failures_in_a_row)
{
    struct breaker b = {0};
    cr_assert_not(breaker_bad(&b, &rule, 1));
    cr_assert_not(breaker_bad(&b, &rule, 2));
    breaker_ok(&b, &rule, 3);
    cr_assert_not(breaker_bad(&b, &rule, 4));
    cr_assert_not(breaker_bad(&b, &rule, 5));
    cr_assert(breaker_allows(&b, &rule, 5));
    cr_assert(breaker_bad(&b, &rule, 6));
    cr_assert_not(breaker_allows(&b, &rule, 7));
    cr_assert_eq(breaker_wait_ms(&b, 506), 500);
}

Test(breaker, opens_when_half_of_a_window_fails)
{
    struct breaker b = {0};
    bool opened = false;
    for (int i = 0; i < 12 && !opened; i++) {
        breaker_ok(&b, &rule, (uint64_t)i * 10 + 1);
        opened = breaker_bad(&b, &rule, (uint64_t)i * 10 + 2);
        cr_assert(!opened || i >= 4);
    }
    cr_assert(opened);
}

Test(breaker, a_few_failures_over_long_time_do_not_open)
{
    struct breaker b = {0};
    for (int i = 0; i < 200; i++) {
        cr_assert_not(breaker_bad(&b, &rule, (uint64_t)i * 1000));
        for (int k = 0; k < 3; k++)
            breaker_ok(&b, &rule, (uint64_t)i * 1000 + 1);
    }
}

Test(breaker, one_probe_decides_and_waits_double)
{
    struct breaker b = {0};
    uint64_t now = 0;
    for (int i = 0; i < 3; i++)
        breaker_bad(&b, &rule, now);
    uint64_t expected = 1000;
    for (int round = 0; round < 6; round++) {
        cr_assert_eq(breaker_wait_ms(&b, now), expected);
        now += expected;
        cr_assert(breaker_allows(&b, &rule, now));
        cr_assert_not(breaker_allows(&b, &rule, now), "a second one beside the probe");
        cr_assert(breaker_bad(&b, &rule, now));
        expected = expected * 2 > 8000 ? 8000 : expected * 2;
    }
    now += expected;
    cr_assert(breaker_allows(&b, &rule, now));
    breaker_ok(&b, &rule, now);
    cr_assert(breaker_allows(&b, &rule, now));
    cr_assert(breaker_allows(&b, &rule, now));
    cr_assert_eq(breaker_wait_ms(&b, now), 0);
    breaker_bad(&b, &rule, now);
    breaker_bad(&b, &rule, now);
    breaker_bad(&b, &rule, now);
    cr_assert_eq(breaker_wait_ms(&b, now), 1000, "a success begins anew");
}

Test(breaker, late_answers_do_not_close_it)
{
    struct breaker b = {0};
    breaker_open(&b, 100, 5000);
    breaker_ok(&b, &rule, 200);
    cr_assert_not(breaker_allows(&b, &rule, 200));
    cr_assert_not(breaker_bad(&b, &rule, 300));
    cr_assert_eq(breaker_wait_ms(&b, 300), 4800);
}

Test(breaker, a_probe_that_says_nothing_is_forgotten)
{
    struct breaker b = {0};
    breaker_open(&b, 0, 1000);
    cr_assert(breaker_allows(&b, &rule, 1000));
    cr_assert_not(breaker_allows(&b, &rule, 2000));
    cr_assert(breaker_allows(&b, &rule, 9001));
    breaker_skip(&b);
    cr_assert(breaker_allows(&b, &rule, 9002));
}
