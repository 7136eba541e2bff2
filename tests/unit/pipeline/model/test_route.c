#include <criterion/criterion.h>
#include <string.h>
#include "pipeline/model/route.h"

#define SENT(ms) (&(struct route_trip){.at_ms = (ms)})
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
    route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1000);
    cr_assert(r.route[0].refused);
    cr_assert_str_eq(r.route[0].why, "it said no");
    cr_assert_eq(r.route[0].code, ERR_LIMIT);
    cr_assert_eq(routes_choose(&r, NULL, 1001, &wait, &closed), &r.route[1], "the next one takes over");
    route_fault(&r.route[1], &f, PAUSE_MS * 2, SENT(0), 1001);
    cr_assert_null(routes_choose(&r, NULL, 1002, &wait, &closed));
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
    route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1000);
    cr_assert_eq(routes_choose(&r, NULL, 1000 + PAUSE_MS, &wait, &closed), &r.route[0], "the probe");
    cr_assert_null(routes_choose(&r, NULL, 1000 + PAUSE_MS, &wait, &closed), "the others wait for it");
    cr_assert_leq(wait, 200);
    route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1100 + PAUSE_MS);
    cr_assert_null(routes_choose(&r, NULL, 1100 + PAUSE_MS, &wait, &closed));
    cr_assert_eq(wait, PAUSE_MS);
    cr_assert_not_null(routes_choose(&r, NULL, 1100 + 2 * PAUSE_MS, &wait, &closed));
    route_ok(&r.route[0], 1200 + 2 * PAUSE_MS);
    cr_assert_not_null(routes_choose(&r, NULL, 1200 + 2 * PAUSE_MS, &wait, &closed));
    cr_assert_not_null(routes_choose(&r, NULL, 1200 + 2 * PAUSE_MS, &wait, &closed), "well again: for all");
}

Test(route, an_address_that_people_must_mend_is_told_to_them)
{
    static const enum llm_fault_kind KINDS[] = {LLM_FAULT_NOT_API, LLM_FAULT_CERTIFICATE, LLM_FAULT_NO_ROUTE,
                                                LLM_FAULT_NO_HOST};
    for (size_t k = 0; k < ARRAY_LEN(KINDS); k++) {
        struct routes r = two();
        struct llm_fault f = fault(KINDS[k]);
        uint64_t wait;
        const struct route *closed;
        r.n = 1;
        route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1300);
        cr_assert_not_null(routes_choose(&r, NULL, 1301, &wait, &closed), "once may be an accident");
        for (int i = 1; i < 5; i++)
            route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1300);
        cr_assert_null(routes_choose(&r, NULL, 1301, &wait, &closed));
        cr_assert(closed->refused);
        cr_assert_str_eq(closed->why, "it said no");
        cr_assert_leq(wait, 30000);
    }
}

Test(route, a_rate_limit_closes_nothing)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_RATE_LIMIT);
    uint64_t wait;
    const struct route *closed;
    for (int i = 0; i < 100; i++)
        route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1000);
    cr_assert_eq(routes_choose(&r, NULL, 1000, &wait, &closed), &r.route[0]);
}

Test(route, an_endpoint_that_fails_is_not_a_refusal)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_SERVER), key = fault(LLM_FAULT_BAD_KEY);
    uint64_t wait;
    const struct route *closed;
    r.n = 1;
    route_fault(&r.route[0], &key, 100, SENT(0), 1000);
    cr_assert_not_null(routes_choose(&r, NULL, 1200, &wait, &closed));
    route_ok(&r.route[0], 1200);
    for (int i = 0; i < 5; i++)
        route_fault(&r.route[0], &f, PAUSE_MS, SENT(0), 1300);
    cr_assert_null(routes_choose(&r, NULL, 1301, &wait, &closed));
    cr_assert_not(r.route[0].refused, "it is waited for, not parked");
    cr_assert_leq(wait, 30000);
}

/* n calls sent at a time; trips is where they are kept. */
static void send(struct route *r, struct route_trip *trips, int n, uint64_t now_ms)
{
    for (int i = 0; i < n; i++)
        route_sent(r, &trips[i], now_ms);
}

static void back(struct route *r, struct route_trip *trips, int n, bool answered, uint64_t now_ms)
{
    for (int i = 0; i < n; i++)
        route_back(r, &trips[i], answered, now_ms);
}

static void watch(struct routes *r, uint64_t from_ms, uint64_t to_ms)
{
    for (uint64_t t = from_ms; t <= to_ms; t += ROUTE_WATCH_MS)
        routes_watch(r, t);
}

Test(route, nothing_but_rate_limits_for_a_second_closes_and_the_next_one_takes_over)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_RATE_LIMIT);
    struct route_trip t[8] = {{.at_ms = 0}};
    uint64_t wait, now = 5000;
    const struct route *closed;
    for (; now <= 6200; now += 200) {
        send(&r.route[0], t, 8, now);
        for (int i = 0; i < 8; i++) {
            route_back(&r.route[0], &t[i], false, now + 20);
            route_fault(&r.route[0], &f, PAUSE_MS, SENT(now), now + 20);
        }
    }
    struct route_trip mine;
    cr_assert_eq(routes_choose(&r, &mine, now, &wait, &closed), &r.route[1]);
    cr_assert(route_shut(&r.route[0], &mine), "and what waits for the first one's limit chooses again");
    now += 1000;
    cr_assert_eq(routes_choose(&r, &mine, now, &wait, &closed), &r.route[0], "one call finds out");
    cr_assert(mine.probe);
    cr_assert_not(route_shut(&r.route[0], &mine));
    route_sent(&r.route[0], &mine, now);
    route_back(&r.route[0], &mine, false, now + 20);
    route_fault(&r.route[0], &f, PAUSE_MS, SENT(now), now + 20);
    cr_assert_eq(routes_choose(&r, &mine, now + 900, &wait, &closed), &r.route[1]);
    now += 2100;
    cr_assert_eq(routes_choose(&r, &mine, now, &wait, &closed), &r.route[0]);
    route_sent(&r.route[0], &mine, now);
    route_back(&r.route[0], &mine, true, now + 500);
    route_ok(&r.route[0], now + 500);
    cr_assert_eq(routes_choose(&r, &mine, now + 500, &wait, &closed), &r.route[0]);
    cr_assert_not(mine.probe);
}

Test(route, a_limit_that_lets_some_through_closes_nothing)
{
    struct routes r = two();
    struct llm_fault f = fault(LLM_FAULT_RATE_LIMIT);
    struct route_trip t[8] = {{.at_ms = 0}}, slow[2] = {{.at_ms = 0}};
    uint64_t wait;
    const struct route *closed;
    for (uint64_t now = 5000; now <= 9000; now += 200) {
        bool turn = (now - 5000) % 1000 == 200;
        if (turn) { /* each second one is let through and takes 2 s */
            back(&r.route[0], &slow[now / 1000 % 2], 1, true, now);
            send(&r.route[0], &slow[now / 1000 % 2], 1, now);
        }
        send(&r.route[0], t, 8, now);
        for (int i = 0; i < 8; i++) {
            route_back(&r.route[0], &t[i], false, now + 20);
            route_fault(&r.route[0], &f, PAUSE_MS, SENT(now), now + 20);
        }
        cr_assert_eq(routes_choose(&r, NULL, now + 30, &wait, &closed), &r.route[0], "%d", (int)now);
    }
}

Test(route, calls_that_never_come_back_close_it_after_twice_the_longest_answer)
{
    struct routes r = two();
    struct route_trip t[10] = {{.at_ms = 0}};
    uint64_t wait;
    const struct route *closed;
    send(&r.route[0], t, 4, 10000);
    back(&r.route[0], t, 4, true, 10800);
    send(&r.route[0], t, 10, 11000);
    watch(&r, 11000, 12900);
    cr_assert_eq(routes_choose(&r, NULL, 12900, &wait, &closed), &r.route[0], "it may take so long");
    watch(&r, 13000, 13200);
    cr_assert_eq(routes_choose(&r, NULL, 13200, &wait, &closed), &r.route[1]);
    cr_assert_eq(r.route[0].out, 10, "what is out stays out");
    cr_assert(strstr(r.route[0].why, "10 calls are out"), "%s", r.route[0].why);
    route_back(&r.route[0], &t[0], true, 13300);
    route_ok(&r.route[0], 13300);
    cr_assert_eq(routes_choose(&r, NULL, 13300, &wait, &closed), &r.route[0], "it answers after all");
}

Test(route, a_probe_that_hangs_gives_way_to_the_next)
{
    struct routes r = two();
    struct route_trip t[4] = {{.at_ms = 0}}, probe;
    struct llm_fault late = fault(LLM_FAULT_TIMEOUT_FIRST);
    uint64_t wait;
    const struct route *closed;
    send(&r.route[0], t, 4, 1000);
    back(&r.route[0], t, 4, true, 1400);
    send(&r.route[0], t, 4, 2000);
    watch(&r, 2000, 3500);
    cr_assert_eq(routes_choose(&r, &probe, 3500, &wait, &closed), &r.route[1]);
    cr_assert_eq(routes_choose(&r, &probe, 4500, &wait, &closed), &r.route[0]);
    route_sent(&r.route[0], &probe, 4500);
    for (int i = 0; i < 4; i++) { /* the old ones run into their time: no news */
        route_back(&r.route[0], &t[i], false, 5000);
        route_fault(&r.route[0], &late, PAUSE_MS, SENT(2000), 5000);
    }
    cr_assert(r.route[0].breaker.probing);
    watch(&r, 5000, 6500);
    cr_assert_not(r.route[0].breaker.probing, "it is overdue");
    cr_assert_eq(routes_choose(&r, &probe, 6500, &wait, &closed), &r.route[1]);
    cr_assert_eq(routes_choose(&r, &probe, 8500, &wait, &closed), &r.route[0], "the next one, later");
}

Test(route, silence_says_nothing_without_calls_that_wait_or_an_answer_to_compare_with)
{
    struct routes r = two();
    struct route_trip t[8] = {{.at_ms = 0}};
    uint64_t wait;
    const struct route *closed;
    send(&r.route[0], t, 8, 1000);
    watch(&r, 1000, 60000);
    cr_assert_eq(routes_choose(&r, NULL, 60000, &wait, &closed), &r.route[0], "nobody knows how long it takes");
    back(&r.route[0], t, 8, true, 61000);
    watch(&r, 61000, 300000);
    send(&r.route[0], t, 8, 900000);
    routes_watch(&r, 2000000); /* we stood still: what came meanwhile is not read yet */
    back(&r.route[0], t, 8, true, 2000001);
    routes_watch(&r, 2000100);
    cr_assert_eq(routes_choose(&r, NULL, 2000100, &wait, &closed), &r.route[0]);
}

Test(route, who_just_failed_there_goes_elsewhere_when_there_is_an_elsewhere)
{
    struct routes r = two();
    struct route_trip mine = {.avoid = &r.route[0]};
    uint64_t wait;
    const struct route *closed;
    cr_assert_eq(routes_choose(&r, &mine, 1000, &wait, &closed), &r.route[1]);
    cr_assert_null(mine.avoid, "the choice after that is free again");
    cr_assert_eq(routes_choose(&r, &mine, 1000, &wait, &closed), &r.route[0]);
    r.n = 1;
    mine.avoid = &r.route[0];
    cr_assert_eq(routes_choose(&r, &mine, 1000, &wait, &closed), &r.route[0]);
}

Test(route, one_call_that_hangs_is_believed_later_while_few_answers_are_known)
{
    struct routes r = two();
    struct route_trip t[8] = {{.at_ms = 0}};
    uint64_t wait;
    const struct route *closed;
    send(&r.route[0], t, 1, 1000);
    back(&r.route[0], t, 1, true, 3000);
    send(&r.route[0], t, 2, 10000);
    watch(&r, 10000, 17900);
    cr_assert_eq(routes_choose(&r, NULL, 17900, &wait, &closed), &r.route[0], "two slow ones are no proof yet");
    watch(&r, 18000, 18300);
    cr_assert_eq(routes_choose(&r, NULL, 18300, &wait, &closed), &r.route[1]);
    back(&r.route[0], t, 2, true, 18400); /* slow, but not dead */
    route_ok(&r.route[0], 18400);
    cr_assert_eq(routes_choose(&r, NULL, 18400, &wait, &closed), &r.route[0]);
    r = two();
    send(&r.route[0], t, 8, 1000);
    back(&r.route[0], t, 8, true, 3000);
    send(&r.route[0], t, 1, 10000);
    watch(&r, 10000, 14900);
    cr_assert_eq(routes_choose(&r, NULL, 14900, &wait, &closed), &r.route[0]);
    watch(&r, 15000, 15300);
    cr_assert_eq(routes_choose(&r, NULL, 15300, &wait, &closed), &r.route[1]);
}

Test(route, a_call_with_many_asks_counts_twice)
{
    struct routes r = two();
    struct llm_fault reset = fault(LLM_FAULT_SERVER), limit = fault(LLM_FAULT_RATE_LIMIT);
    struct route_trip t = {.many = true};
    uint64_t wait;
    const struct route *closed;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(routes_choose(&r, NULL, 1000, &wait, &closed), &r.route[0]);
        route_fault(&r.route[0], &reset, PAUSE_MS, &t, 1000);
    }
    cr_assert_eq(routes_choose(&r, NULL, 1000, &wait, &closed), &r.route[1]);

    struct routes q = two();
    for (uint64_t now = 5000; now <= 7200; now += 1100) {
        route_sent(&q.route[0], &t, now);
        route_back(&q.route[0], &t, false, now + 20);
        route_fault(&q.route[0], &limit, PAUSE_MS, &t, now + 20);
    }
    cr_assert_eq(routes_choose(&q, NULL, 7300, &wait, &closed), &q.route[1], "two of them since the first are enough");
}
