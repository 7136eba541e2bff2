/* The limiter on a real Redis: several processes (limiters) on one budget. Bounds that must not be passed are asserted
 * exactly; shares loosely, because machines are slow at times. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"
#include "pipeline/limit/limiter.h"

#define CALLS_MAX 4096

struct rig;
struct call {
    struct limit_ask ask;
    struct rig *rig;
    struct limit_budget *budget;
    struct loop_timer *timer;
    int tenant;
    bool granted, over;
    uint64_t at_ms;
    int order;
};

struct rig {
    struct loop *loop;
    struct redis *redis[4];
    struct limiter *limiter[4];
    struct limit_budget *budget[4];
    struct uuid tenant[4];
    struct call call[CALLS_MAX];
    int calls_n, granted_n;
    int by_tenant[4];
    int call_ms;      /* how long a call takes; 0: it is settled at once */
    int64_t used_pct; /* of what was reserved */
    char name[64];
};

static void nothing(void *ud UNUSED)
{
}

static void run_for(struct rig *r, int ms)
{
    struct loop_timer *t = loop_timer_new(r->loop, nothing, NULL);
    loop_timer_start(t, 1, 1);
    for (uint64_t end = clock_mono_ms() + (uint64_t)ms; clock_mono_ms() < end;)
        loop_run_once(r->loop);
    loop_timer_free(t);
}

#define WAIT(r, condition)                                                                                             \
    do {                                                                                                               \
        uint64_t wait_end = clock_mono_ms() + 20000;                                                                   \
        while (!(condition) && clock_mono_ms() < wait_end)                                                             \
            run_for(r, 2);                                                                                             \
        cr_assert(condition, "not within 20 s");                                                                       \
    } while (0)

static struct rig *rig_new(int processes, const struct limit_rule *rule)
{
    const char *host = getenv("JOBMILL_REDIS_HOST"), *port = getenv("JOBMILL_REDIS_PORT");
    if (!host || !*host)
        cr_skip_test("JOBMILL_REDIS_HOST is not set: no Redis to test with");
    log_init("test", LOG_ERROR);
    struct rig *r = calloc(1, sizeof(*r));
    static int serial;
    r->loop = loop_new();
    r->used_pct = 100;
    snprintf(r->name, sizeof(r->name), "test/%d/%d", (int)getpid(), serial++);
    struct redis_options opt = {.host = host, .port = port && *port ? atoi(port) : 6379};
    for (int i = 0; i < 4; i++)
        r->tenant[i] = ids_uuid();
    for (int i = 0; i < processes; i++) {
        struct uuid me = ids_uuid();
        r->redis[i] = redis_new(r->loop, &opt);
        r->limiter[i] = limiter_new(r->loop, r->redis[i], &me);
        r->budget[i] = limiter_budget(r->limiter[i], r->name, rule);
        cr_assert(r->budget[i]);
        WAIT(r, redis_ready(r->redis[i]));
    }
    return r;
}

static void rig_free(struct rig *r)
{
    for (int i = 0; i < r->calls_n; i++)
        loop_timer_free(r->call[i].timer);
    for (int i = 0; i < 4; i++) {
        limiter_free(r->limiter[i]);
        if (r->redis[i])
            redis_free(r->redis[i]);
    }
    loop_free(r->loop);
    free(r);
}

static void call_over(void *ud)
{
    struct call *c = ud;
    c->over = true;
    limiter_settle(c->budget, c->ask.tokens, c->ask.tokens * c->rig->used_pct / 100);
}

static void call_granted(void *ud)
{
    struct call *c = ud;
    struct rig *r = c->rig;
    cr_assert(!c->granted, "granted twice");
    c->granted = true;
    c->at_ms = clock_mono_ms();
    c->order = r->granted_n++;
    r->by_tenant[c->tenant]++;
    if (r->call_ms) {
        c->timer = loop_timer_new(r->loop, call_over, c);
        loop_timer_start(c->timer, (uint64_t)r->call_ms, 0);
    } else {
        call_over(c);
    }
}

static struct call *call_add(struct rig *r, int process, int tenant, int weight, bool interactive, int64_t tokens)
{
    cr_assert_lt(r->calls_n, CALLS_MAX);
    struct call *c = &r->call[r->calls_n++];
    *c = (struct call){.rig = r, .budget = r->budget[process], .tenant = tenant};
    c->ask = (struct limit_ask){.tenant_id = r->tenant[tenant],
                                .weight = weight,
                                .interactive = interactive,
                                .tokens = tokens,
                                .granted = call_granted,
                                .ud = c};
    limiter_reserve(c->budget, &c->ask);
    return c;
}

/* The most grants that any window of ms milliseconds saw. */
static int window_max(const struct rig *r, int ms)
{
    int most = 0;
    for (int i = 0; i < r->calls_n; i++) {
        int n = 0;
        if (!r->call[i].granted)
            continue;
        for (int k = 0; k < r->calls_n; k++)
            n += r->call[k].granted && r->call[k].at_ms >= r->call[i].at_ms &&
                 r->call[k].at_ms < r->call[i].at_ms + (uint64_t)ms;
        most = n > most ? n : most;
    }
    return most;
}

Test(limiter, processes_share_requests_per_minute)
{
    struct limit_rule rule = {.requests_per_min = 6000}; /* 100 a second, at most 60 at once */
    struct rig *r = rig_new(4, &rule);
    for (int i = 0; i < 1200; i++)
        call_add(r, i % 4, 0, 1, false, 0);
    run_for(r, 3000);
    cr_assert_leq(r->granted_n, 60 + 320, "%d granted", r->granted_n);
    cr_assert_geq(r->granted_n, 200, "%d granted", r->granted_n);
    /* the script's clock and ours tick apart: some milliseconds of grants */
    cr_assert_leq(window_max(r, 1000), 60 + 100 + 15, "%d in a second", window_max(r, 1000));
    rig_free(r);
}

Test(limiter, tokens_not_used_come_back)
{
    struct limit_rule rule = {.tokens_per_min = 600000}; /* 10,000 a second */
    struct rig *r = rig_new(2, &rule);
    r->used_pct = 10;
    for (int i = 0; i < 600; i++)
        call_add(r, i % 2, 0, 1, false, 1000);
    run_for(r, 3000); /* as reserved: 36 calls; as used: 306 */
    cr_assert_geq(r->granted_n, 80, "%d granted", r->granted_n);
    cr_assert_leq(r->granted_n, 360, "%d granted", r->granted_n);
    rig_free(r);
}

Test(limiter, calls_at_once)
{
    struct limit_rule rule = {.calls = 10};
    struct rig *r = rig_new(3, &rule);
    r->call_ms = 60;
    for (int i = 0; i < 90; i++)
        call_add(r, i % 3, 0, 1, false, 100);
    for (int step = 0; step < 4000 && r->granted_n < 90; step++) {
        run_for(r, 5);
        int flying = 0;
        for (int i = 0; i < 3; i++)
            flying += limiter_in_flight(r->budget[i]);
        cr_assert_leq(flying, 10);
    }
    cr_assert_eq(r->granted_n, 90);
    rig_free(r);
}

Test(limiter, interactive_goes_first_over_processes)
{
    struct limit_rule rule = {.requests_per_min = 3000};
    struct rig *r = rig_new(2, &rule);
    for (int i = 0; i < 400; i++)
        call_add(r, 0, 0, 1, false, 0);
    WAIT(r, r->granted_n >= 40);
    int before = r->granted_n;
    struct call *quick[5];
    for (int i = 0; i < 5; i++)
        quick[i] = call_add(r, 1, 1, 1, true, 0);
    WAIT(r, quick[4]->granted);
    cr_assert_leq(quick[4]->order - before, 40, "%d bulk calls went before", quick[4]->order - before);
    rig_free(r);
}

Test(limiter, tenants_share_by_weight)
{
    struct limit_rule rule = {.requests_per_min = 9000};
    struct rig *r = rig_new(2, &rule);
    for (int i = 0; i < 1000; i++)
        call_add(r, 0, 0, 1, false, 1000); /* the first came long before */
    run_for(r, 300);
    int early = r->by_tenant[0];
    for (int i = 0; i < 1000; i++)
        call_add(r, i % 2, 1, 3, false, 1000);
    WAIT(r, r->by_tenant[1] >= 240);
    int light = r->by_tenant[0] - early;
    cr_assert_geq(light, 40, "starved: %d beside %d", light, r->by_tenant[1]);
    cr_assert_leq(light, 140, "%d beside %d of three times the weight", light, r->by_tenant[1]);
    rig_free(r);
}

Test(limiter, retry_after_holds_the_fleet)
{
    for (int limited = 0; limited < 2; limited++) {
        struct limit_rule rule = {.requests_per_min = limited ? 600000 : 0};
        struct rig *r = rig_new(3, &rule);
        call_add(r, 1, 0, 1, false, 0);
        WAIT(r, r->granted_n == 1);
        limiter_hold(r->budget[0], 700);
        WAIT(r, limiter_held_ms(r->budget[2]) > 0 && limiter_held_ms(r->budget[1]) > 0);
        uint64_t from = clock_mono_ms();
        int64_t held = limiter_held_ms(r->budget[1]);
        for (int i = 0; i < 30; i++)
            call_add(r, i % 3, 0, 1, false, 0);
        WAIT(r, r->granted_n == 31);
        cr_assert_geq((int64_t)(clock_mono_ms() - from), held - 50);
        for (int i = 1; i < r->calls_n; i++)
            cr_assert_geq((int64_t)(r->call[i].at_ms - from), held - 50);
        rig_free(r);
    }
}

Test(limiter, the_provider_knows_better)
{
    struct limit_rule rule = {.requests_per_min = 60000}; /* 1,000 a second, 600 at once */
    struct rig *r = rig_new(1, &rule);
    call_add(r, 0, 0, 1, false, 0);
    WAIT(r, r->granted_n == 1);
    limiter_seen(r->budget[0], 0, -1); /* others use the key, too */
    uint64_t from = clock_mono_ms();
    for (int i = 0; i < 64; i++)
        call_add(r, 0, 0, 1, false, 0);
    WAIT(r, r->granted_n == 65);
    cr_assert_geq(clock_mono_ms() - from, 50, "as if nothing had been said");
    rig_free(r);
}

static void got_sums(void *ud, const struct redis_reply *reply, const struct err *err)
{
    int64_t *sums = ud;
    cr_assert(!err);
    for (size_t i = 0; i < 3; i++)
        sums[i] = redis_reply_int(redis_reply_at(reply, i));
    sums[3] = 1;
}

static void books(struct rig *r, int i, int64_t sums[4])
{
    char key[96];
    snprintf(key, sizeof(key), "jobmill:limit:%s", r->name);
    struct str argv[] = {STR("HMGET"), str_of(key), STR("s_res"), STR("s_used"), STR("s_ref")};
    memset(sums, 0, sizeof(int64_t) * 4);
    redis_command(r->redis[i], 5, argv, got_sums, sums);
    WAIT(r, sums[3] == 1);
}

Test(limiter, a_process_that_dies_leaks_nothing)
{
    struct limit_rule rule = {.requests_per_min = 60000, .tokens_per_min = 6000000, .calls = 20};
    struct rig *r = rig_new(2, &rule);
    r->call_ms = 3600 * 1000;
    for (int i = 0; i < 20; i++)
        call_add(r, 0, 0, 1, false, 500);
    WAIT(r, r->granted_n == 20);
    /* it is gone: nobody hears of it for longer than a word counts */
    limiter_free(r->limiter[0]);
    r->limiter[0] = NULL;
    redis_free(r->redis[0]);
    r->redis[0] = NULL;
    r->call_ms = 1;
    call_add(r, 1, 0, 1, false, 500);
    run_for(r, 300);
    cr_assert_eq(r->granted_n, 20, "the dead one's calls count until it is known to be dead");
    WAIT(r, r->granted_n == 21);
    int64_t sums[4];
    WAIT(r, limiter_in_flight(r->budget[1]) == 0);
    run_for(r, 300);
    books(r, 1, sums);
    cr_assert_eq(sums[0], 10500);
    cr_assert_eq(sums[1] + sums[2], sums[0], "reserved %lld, used %lld, given back %lld", (long long)sums[0],
                 (long long)sums[1], (long long)sums[2]);
    rig_free(r);
}

Test(limiter, withdrawn_asks_are_never_granted)
{
    struct limit_rule rule = {.requests_per_min = 60000, .tokens_per_min = 60000000};
    struct rig *r = rig_new(1, &rule);
    for (int round = 0; round < 200; round++) {
        struct call *a = call_add(r, 0, 0, 1, false, 100), *b = call_add(r, 0, 1, 1, true, 100);
        run_for(r, round % 3);
        if (!a->granted)
            limiter_withdraw(&a->ask);
        else
            a->ask.granted = NULL; /* is not called any more */
        if (!b->granted)
            limiter_withdraw(&b->ask);
        int granted = r->granted_n;
        run_for(r, 3);
        cr_assert_eq(r->granted_n, granted);
    }
    cr_assert_eq(limiter_waiting(r->budget[0]), 0);
    cr_assert_eq(limiter_in_flight(r->budget[0]), 0);
    run_for(r, 400);
    int64_t sums[4];
    books(r, 0, sums);
    cr_assert_eq(sums[1] + sums[2], sums[0]);
    rig_free(r);
}

Test(limiter, without_redis_a_static_share)
{
    struct limit_rule rule = {.requests_per_min = 24000}; /* 400 a second for all, 100 for one of four */
    struct rig *r = rig_new(1, &rule);
    struct uuid me = ids_uuid();
    struct redis_options nowhere = {.host = "127.0.0.1", .port = 1};
    r->redis[1] = redis_new(r->loop, &nowhere);
    r->limiter[1] = limiter_new(r->loop, r->redis[1], &me);
    r->budget[1] = limiter_budget(r->limiter[1], r->name, &rule);
    for (int i = 0; i < 1000; i++)
        call_add(r, 1, 0, 1, false, 0);
    run_for(r, 1000);
    cr_assert(!limiter_shared(r->budget[1]));
    cr_assert_leq(r->granted_n, 60 + 130, "%d granted", r->granted_n);
    cr_assert_geq(r->granted_n, 40, "%d granted", r->granted_n);
    rig_free(r);
}

Test(limiter, no_limits_no_waiting)
{
    struct limit_rule rule = {0};
    struct rig *r = rig_new(1, &rule);
    for (int i = 0; i < 500; i++)
        call_add(r, 0, i % 4, 1, i % 2, 1000);
    cr_assert_eq(r->granted_n, 0, "granted inside the call");
    WAIT(r, r->granted_n == 500);
    rig_free(r);
}
