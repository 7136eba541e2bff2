#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/engine/posting.h"
#include "pipeline/model/estimate.h"
#include "pipeline/model/texts.h"

/* Analysis on gpt-4o, embeddings on a model that has no price. */
static struct estimator priced(void)
{
    static char name[] = "x";
    static const char *const env[] = {"JOBMILL_LLM_OPENAI_URL=http://127.0.0.1:1/v1",
                                      "JOBMILL_LLM_ANALYZE=openai:gpt-4o", "JOBMILL_LLM_OPTIMIZE=offline",
                                      "JOBMILL_LLM_LETTER=offline", "JOBMILL_LLM_EMBED=openai:nomic-embed-text"};
    char *argv[] = {name};
    struct estimator e;
    struct err err = {0};
    clearenv();
    for (size_t i = 0; i < ARRAY_LEN(env); i++)
        putenv((char *)(uintptr_t)env[i]);
    struct config *c = config_new("gateway", 1, argv, NULL, NULL, &err);
    cr_assert_not_null(c, "%s", err.msg);
    cr_assert_eq(estimator_init(&e, c, 20261101, &err), 0, "%s", err.msg);
    config_free(c);
    return e;
}

Test(estimate, offline_costs_nothing)
{
    struct estimator e = {.any = false};
    struct estimate sum = {0};
    estimator_add(&e, 4000, POSTING_TEXT, false, &sum);
    cr_assert_eq(sum.tokens, 0);
    cr_assert_eq(sum.cost_microusd, 0);
}

Test(estimate, what_is_shared_is_bought_once)
{
    struct estimator e = priced();
    struct estimate once = {0}, twice = {0};
    estimator_add(&e, 4000, POSTING_TEXT, false, &once);
    estimator_add(&e, 4000, POSTING_TEXT, false, &twice);
    estimator_add(&e, 4000, POSTING_TEXT, true, &twice);
    cr_assert_gt(once.cost_microusd, 0);
    cr_assert_eq(once.cost_microusd, twice.cost_microusd);
    cr_assert_eq(once.tokens, twice.tokens);
}

Test(estimate, a_longer_posting_costs_more_and_a_model_without_a_price_only_counts)
{
    struct estimator e = priced();
    struct estimate small = {0}, large = {0}, free_of_charge = {0};
    estimator_add(&e, 2000, POSTING_TEXT, false, &small);
    estimator_add(&e, 20000, POSTING_TEXT, false, &large);
    cr_assert_gt(large.cost_microusd, small.cost_microusd);
    e.stage[LLM_TASK_ANALYZE].on_model = false;
    estimator_add(&e, 2000, POSTING_TEXT, false, &free_of_charge);
    cr_assert_eq(free_of_charge.cost_microusd, 0);
    cr_assert_gt(free_of_charge.tokens, 500);
}

Test(estimate, what_is_always_sent_is_counted)
{
    struct estimator e = priced();
    int64_t bytes = (int64_t)strlen(analyze_prompt), fixed = e.stage[LLM_TASK_ANALYZE].fixed_tokens;
    cr_assert_gt(fixed, bytes / 5);
    cr_assert_lt(fixed, bytes);
    cr_assert_eq(e.stage[LLM_TASK_EMBED].fixed_tokens, 0);
    cr_assert_not(e.stage[LLM_TASK_LETTER].on_model);
}

Test(estimate, markup_is_no_text_and_what_is_trimmed_is_not_sent)
{
    struct estimator e = priced();
    struct estimate text = {0}, html = {0}, long_one = {0}, longer = {0};
    estimator_add(&e, 8000, POSTING_TEXT, false, &text);
    estimator_add(&e, 8000, POSTING_HTML, false, &html);
    cr_assert_lt(html.tokens, text.tokens);
    estimator_add(&e, 100000, POSTING_TEXT, false, &long_one);
    estimator_add(&e, 1000000, POSTING_TEXT, false, &longer);
    cr_assert_eq(long_one.tokens, longer.tokens);
}
