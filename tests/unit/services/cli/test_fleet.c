#include <criterion/criterion.h>
#include <string.h>
#include "cli/fleet.h"

Test(fleet, the_kinds_are_the_gateway_the_dispatcher_and_the_stages)
{
    struct fleet_kind kinds[FLEET_KINDS_MAX];
    cr_assert_eq(fleet_kinds(kinds), 6);
    cr_assert_str_eq(kinds[0].name, "gateway");
    cr_assert_not(kinds[0].stage);
    cr_assert_str_eq(kinds[4].name, "cover-letter");
    cr_assert(kinds[4].stage);
}

Test(fleet, counts)
{
    unsigned counts[FLEET_KINDS_MAX] = {1, 1, 1, 1, 1, 1};
    struct err err;
    cr_assert_eq(fleet_counts_parse("analyzer=2,cover-letter=0", counts, &err), 0);
    cr_assert_eq(counts[2], 2);
    cr_assert_eq(counts[3], 1);
    cr_assert_eq(counts[4], 0);
    cr_assert_lt(fleet_counts_parse("analyser=2", counts, &err), 0);
    cr_assert(strstr(err.msg, "did you mean analyzer"), "%s", err.msg);
    cr_assert_lt(fleet_counts_parse("analyzer=65", counts, &err), 0);
    cr_assert_lt(fleet_counts_parse("analyzer", counts, &err), 0);
}
