/* What is learned about servers: rungs and fields. */
#include "fixture.h"
#include "io/llm/ladder.h"

TestSuite(ladder, .timeout = 30);

static struct llm_fault fault(enum llm_fault_kind kind, enum llm_field field)
{
    struct llm_fault f = {0};
    llm_fault_set(&f, kind, "x");
    f.field = field;
    return f;
}

Test(ladder, steps_down_once_for_many_refusals)
{
    struct ladder *l = ladder_new();
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    struct llm_fault f = fault(LLM_FAULT_SCHEMA, 0);
    struct ladder_place first = ladder_get(l, &e, STR("m"));
    cr_assert_eq(first.rung, LLM_RUNG_SCHEMA);
    for (int i = 0; i < 1000; i++) /* calls that were under way together */
        cr_assert(ladder_learn(l, &e, STR("m"), first, &f));
    cr_assert_eq(ladder_get(l, &e, STR("m")).rung, LLM_RUNG_TOOL);
    cr_assert_eq(ladder_get(l, &e, STR("other")).rung, LLM_RUNG_SCHEMA);
    cr_assert(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f));
    cr_assert_eq(ladder_get(l, &e, STR("m")).rung, LLM_RUNG_OBJECT);
    cr_assert(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f));
    cr_assert_not(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f)); /* nothing below plain */
    ladder_free(l);
    LEAK_NONE();
}

Test(ladder, anthropic_has_no_object_rung)
{
    struct ladder *l = ladder_new();
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_ANTHROPIC, NULL);
    struct llm_fault f = fault(LLM_FAULT_SCHEMA, 0);
    cr_assert(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f));
    cr_assert(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f));
    cr_assert_eq(ladder_get(l, &e, STR("m")).rung, LLM_RUNG_PLAIN);
    ladder_free(l);
}

Test(ladder, fields_are_left_out_once)
{
    struct ladder *l = ladder_new();
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    struct llm_fault f = fault(LLM_FAULT_PARAMETER, LLM_FIELD_TEMPERATURE), other = fault(LLM_FAULT_SERVER, 0);
    cr_assert(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f));
    cr_assert_eq(ladder_get(l, &e, STR("m")).omit, (unsigned)LLM_FIELD_TEMPERATURE);
    cr_assert_not(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &f)); /* it was left out already */
    cr_assert_not(ladder_learn(l, &e, STR("m"), ladder_get(l, &e, STR("m")), &other));
    ladder_free(l);
}

Test(ladder, a_rung_that_is_ignored_is_left)
{
    struct ladder *l = ladder_new();
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, "http://127.0.0.1:1/v1");
    struct ladder_place p = ladder_get(l, &e, STR("m"));
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_EMPTY));
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_WRONG));
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_OK)); /* begins to count again */
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_EMPTY));
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_TRUNCATED));
    cr_assert_not(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_EMPTY));
    cr_assert(ladder_judge(l, &e, STR("m"), p, JSON_REPLY_BROKEN));
    cr_assert_eq(ladder_get(l, &e, STR("m")).rung, LLM_RUNG_TOOL);
    ladder_free(l);
    LEAK_NONE();
}
