/* Weighted fair shares: weights honoured, idle time buys nothing, the exhausted are passed over. */
#include <criterion/criterion.h>
#include "pipeline/dispatch/fair.h"
#include "../../leak.h"

#define TENANTS 5

static struct uuid tenant(int n)
{
    struct uuid u = {.b = {7, (uint8_t)(n >> 8), (uint8_t)n}};
    return u;
}

static int number(const struct uuid *u)
{
    return u->b[1] << 8 | u->b[2];
}

/* One round: offers tenants [0, n) with their weights (0: not offered) and serves `turns` times at the costs given. */
static void round_of(struct fair *f, int n, const int *weights, const int64_t *costs, int turns, int64_t *served)
{
    fair_begin(f);
    for (int i = 0; i < n; i++) {
        struct uuid u = tenant(i);
        if (weights[i])
            fair_offer(f, &u, weights[i]);
    }
    for (int t = 0; t < turns; t++) {
        const struct uuid *next = fair_next(f);
        cr_assert_not_null(next);
        int who = number(next);
        served[who] += costs[who];
        fair_pay(f, costs[who]);
    }
}

Test(fair, weights_are_honoured_whatever_a_task_costs)
{
    static const int weights[TENANTS] = {100, 100, 200, 50, 400};
    static const int64_t costs[TENANTS] = {4000, 900, 12000, 4000, 2500};
    int64_t served[TENANTS] = {0}, total = 0;
    int sum = 0;
    struct fair *f = fair_new();
    for (int r = 0; r < 2000; r++)
        round_of(f, TENANTS, weights, costs, 17, served);
    for (int i = 0; i < TENANTS; i++) {
        total += served[i];
        sum += weights[i];
    }
    for (int i = 0; i < TENANTS; i++) {
        double share = (double)served[i] / (double)total, want = (double)weights[i] / sum;
        cr_expect(share > want * 0.97 && share < want * 1.03, "tenant %d got %.4f of the work, its weight is %.4f", i,
                  share, want);
    }
    fair_free(f);
    LEAK_NONE();
}

Test(fair, who_comes_back_after_an_idle_time_gains_nothing)
{
    static const int both[2] = {100, 100}, alone[2] = {100, 0};
    static const int64_t costs[2] = {1000, 1000};
    int64_t served[2] = {0}, before;
    struct fair *f = fair_new();
    for (int r = 0; r < 10; r++)
        round_of(f, 2, both, costs, 10, served);
    for (int r = 0; r < 1000; r++)
        round_of(f, 2, alone, costs, 10, served);
    before = served[1];
    for (int r = 0; r < 10; r++)
        round_of(f, 2, both, costs, 10, served);
    cr_assert_leq(served[1] - before, 51 * 1000, "half of the hundred turns, not all of them");
    cr_assert_geq(served[1] - before, 49 * 1000);
    fair_free(f);
}

Test(fair, a_new_tenant_starts_where_the_others_are)
{
    static const int first[2] = {100, 0}, both[2] = {100, 100};
    static const int64_t costs[2] = {1000, 1000};
    int64_t served[2] = {0};
    struct fair *f = fair_new();
    for (int r = 0; r < 500; r++)
        round_of(f, 2, first, costs, 10, served);
    round_of(f, 2, both, costs, 100, served);
    cr_assert_leq(served[1], 51 * 1000);
    cr_assert_geq(served[1], 49 * 1000);
    fair_free(f);
}

Test(fair, the_exhausted_are_passed_over_for_the_round)
{
    struct fair *f = fair_new();
    struct uuid a = tenant(0), b = tenant(1);
    fair_begin(f);
    cr_assert_null(fair_next(f), "nobody was offered");
    fair_pay(f, 5); /* nobody to pay for */
    fair_offer(f, &a, 100);
    fair_offer(f, &b, 1);
    for (int i = 0; i < 2; i++) {
        cr_assert_not_null(fair_next(f));
        fair_pay(f, 0);
    }
    cr_assert_null(fair_next(f));
    fair_begin(f);
    cr_assert_null(fair_next(f), "offers are for one round");
    fair_offer(f, &b, 1);
    cr_assert_eq(number(fair_next(f)), 1, "a new round, a new chance");
    fair_free(f);
    fair_free(NULL);
}

Test(fair, a_weight_below_one_counts_as_one)
{
    static const int64_t costs[2] = {10, 10};
    static const int weights[2] = {-5, 1};
    int64_t served[2] = {0};
    struct fair *f = fair_new();
    round_of(f, 2, weights, costs, 100, served);
    cr_assert_eq(served[0], served[1]);
    fair_free(f);
}

Test(fair, more_tenants_than_the_table_holds)
{
    struct fair *f = fair_new();
    for (int r = 0; r < 3; r++) {
        fair_begin(f);
        for (int i = 0; i < FAIR_TENANTS_MAX + 500; i++) {
            struct uuid u = tenant(i);
            fair_offer(f, &u, 1);
        }
        for (int i = 0; i < 100; i++) {
            cr_assert_not_null(fair_next(f));
            fair_pay(f, 1);
        }
    }
    fair_free(f);
    LEAK_NONE();
}
