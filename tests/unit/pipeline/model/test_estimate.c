#include <criterion/criterion.h>
#include "pipeline/model/estimate.h"

static struct estimator priced(void)
{
    struct estimator e = {.any = true};
    e.stage[LLM_TASK_ANALYZE] = (struct estimate_stage){
        .on_model = true,
        .priced = true,
        .price = {.input = 2500000, .cached_read = -1, .cache_write = -1, .cache_write_1h = -1, .output = 10000000}};
    e.stage[LLM_TASK_EMBED] = (struct estimate_stage){.on_model = true};
    return e;
}

Test(estimate, offline_costs_nothing)
{
    struct estimator e = {.any = false};
    struct estimate sum = {0};
    estimator_add(&e, 4000, false, &sum);
    cr_assert_eq(sum.tokens, 0);
    cr_assert_eq(sum.cost_microusd, 0);
}

Test(estimate, what_is_shared_is_bought_once)
{
    struct estimator e = priced();
    struct estimate once = {0}, twice = {0};
    estimator_add(&e, 4000, false, &once);
    estimator_add(&e, 4000, false, &twice);
    estimator_add(&e, 4000, true, &twice);
    cr_assert_gt(once.cost_microusd, 0);
    cr_assert_eq(once.cost_microusd, twice.cost_microusd);
    cr_assert_eq(once.tokens, twice.tokens);
}

Test(estimate, a_longer_posting_costs_more_and_a_model_without_a_price_only_counts)
{
    struct estimator e = priced();
    struct estimate small = {0}, large = {0}, free_of_charge = {0};
    estimator_add(&e, 2000, false, &small);
    estimator_add(&e, 20000, false, &large);
    cr_assert_gt(large.cost_microusd, small.cost_microusd);
    e.stage[LLM_TASK_ANALYZE].on_model = false;
    estimator_add(&e, 2000, false, &free_of_charge);
    cr_assert_eq(free_of_charge.cost_microusd, 0);
    cr_assert_gt(free_of_charge.tokens, 500);
}
