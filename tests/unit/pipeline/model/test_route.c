#include <criterion/criterion.h>
#include <string.h>
#include "pipeline/model/route.h"

#define PAUSE_MS 60000

static struct routes two(void)
{
    struct routes r = {.n = 2, .key_pause_ms = PAUSE_MS};
    strcpy(r.route[0].name, "openai/gpt-4o");
    strcpy(r.route[1].name, "anthropic/claude");
    return r;
}

static struct llm_fault fault(enum llm_fault_kind kind)
{
    struct llm_fault f = {.status = 0};
    llm_fault_set(&f, kind, "it said no");
    return f;
}

Test(route, a_refused_key_closes_at_once_and_says_why)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_QUOTA);
    uint64_t wait;
    const struct route *closed;
    route_fault(&r.route[0], &f, PAUSE_MS, 1000);
    cr_assert(r.route[0].refused);
    cr_assert_str_eq(r.route[0].why, "it said no");
    cr_assert_eq(r.route[0].code, ERR_LIMIT);
    cr_assert_eq(routes_choose(&r, 1001, &wait, &closed), &r.route[1], "the next one takes over");
    route_fault(&r.route[1], &f, PAUSE_MS * 2, 1001);
    cr_assert_null(routes_choose(&r, 1002, &wait, &closed));
    cr_assert_eq(closed, &r.route[0], "the one that is back first");
    cr_assert_eq(wait, PAUSE_MS - 2);
}

Test(route, after_the_pause_one_call_finds_out)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_BAD_KEY);
    uint64_t wait;
    const struct route *closed;
    r.n = 1;
    route_fault(&r.route[0], &f, PAUSE_MS, 1000);
    cr_assert_eq(routes_choose(&r, 1000 + PAUSE_MS, &wait, &closed), &r.route[0], "the probe");
    cr_assert_null(routes_choose(&r, 1000 + PAUSE_MS, &wait, &closed), "the others wait for it");
    cr_assert_leq(wait, 200);
    route_fault(&r.route[0], &f, PAUSE_MS, 1100 + PAUSE_MS);
    cr_assert_null(routes_choose(&r, 1100 + PAUSE_MS, &wait, &closed));
    cr_assert_eq(wait, PAUSE_MS);
    cr_assert_not_null(routes_choose(&r, 1100 + 2 * PAUSE_MS, &wait, &closed));
    route_ok(&r.route[0], 1200 + 2 * PAUSE_MS);
    cr_assert_not_null(routes_choose(&r, 1200 + 2 * PAUSE_MS, &wait, &closed));
    cr_assert_not_null(routes_choose(&r, 1200 + 2 * PAUSE_MS, &wait, &closed), "well again: for all");
}

Test(route, a_rate_limit_closes_nothing)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_RATE_LIMIT);
    uint64_t wait;
    const struct route *closed;
    for (int i = 0; i < 100; i++)
        route_fault(&r.route[0], &f, PAUSE_MS, 1000);
    cr_assert_eq(routes_choose(&r, 1000, &wait, &closed), &r.route[0]);
}

Test(route, an_endpoint_that_fails_is_not_a_refusal)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_SERVER), key = fault(LLM_FAULT_BAD_KEY);
    uint64_t wait;
    const struct route *closed;
    r.n = 1;
    route_fault(&r.route[0], &key, 100, 1000);
    cr_assert_not_null(routes_choose(&r, 1200, &wait, &closed));
    route_ok(&r.route[0], 1200);
    for (int i = 0; i < 5; i++)
        route_fault(&r.route[0], &f, PAUSE_MS, 1300);
    cr_assert_null(routes_choose(&r, 1301, &wait, &closed));
    cr_assert_not(r.route[0].refused, "it is waited for, not parked");
    cr_assert_leq(wait, 30000);
}
