#include <criterion/criterion.h>
#include "cli/format.h"

Test(format, durations)
{
    char t[FORMAT_BYTES];
    cr_assert_str_eq(format_duration(0, t), "0 ms");
    cr_assert_str_eq(format_duration(999, t), "999 ms");
    cr_assert_str_eq(format_duration(59999, t), "59 s");
    cr_assert_str_eq(format_duration(200000, t), "3m 20s");
    cr_assert_str_eq(format_duration(7500000, t), "2h 05m");
    cr_assert_str_eq(format_duration(4 * 86400000ULL + 3 * 3600000ULL, t), "4d 3h");
}

Test(format, seconds_and_money_and_counts)
{
    char t[FORMAT_BYTES];
    cr_assert_str_eq(format_seconds(4.23, t), "4.2");
    cr_assert_str_eq(format_seconds(0.042, t), "0.04");
    cr_assert_str_eq(format_seconds(-1, t), "0.00");
    cr_assert_str_eq(format_seconds(61, t), "1m 01s");
    cr_assert_str_eq(format_cost(0, t), "$0");
    cr_assert_str_eq(format_cost(1200, t), "$0.0012");
    cr_assert_str_eq(format_cost(1370000, t), "$1.37");
    cr_assert_str_eq(format_count(0, t), "0");
    cr_assert_str_eq(format_count(999, t), "999");
    cr_assert_str_eq(format_count(1000, t), "1,000");
    cr_assert_str_eq(format_count(-1234567, t), "-1,234,567");
}

static double parsed(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return format_time_parse(text, n);
}

Test(format, times)
{
    cr_assert_float_eq(parsed("1970-01-01T00:00:01Z"), 1, 1e-9);
    cr_assert_float_eq(parsed("1970-01-02T00:00:00.250Z"), 86400.25, 1e-6);
    cr_assert_float_eq(parsed("1970-01-02T00:00:00+00:00"), 86400, 1e-6);
    cr_assert_lt(parsed("1970-01-02"), 0);
    cr_assert_lt(parsed("1970-01-02T00:00:00+02:00"), 0);
    cr_assert_lt(parsed(""), 0);
}
