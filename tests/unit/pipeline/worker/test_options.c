/* Options of an application, the guard of a document, and inputs that nothing can be made of. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "pipeline/worker/options.h"

static struct stage_options read_options(const char *json)
{
    struct arena a;
    struct stage_options o;
    arena_init(&a, 1 << 20);
    stage_options_read(&a, str_of(json), &o);
    arena_fini(&a);
    return o;
}

Test(options, read)
{
    struct stage_options o =
        read_options("{\"strategy\":\"keywords\",\"tone\":\"mirror\",\"length\":\"long\",\"priority\":\"bulk\"}");
    cr_expect_eq(o.strategy, TAILOR_KEYWORDS);
    cr_expect_eq(o.tone, LETTER_MIRROR);
    cr_expect_eq(o.length, LETTER_LONG);
}

Test(options, absent_unknown_and_broken_are_the_defaults)
{
    static const char *const texts[] = {"",
                                        "{}",
                                        "[]",
                                        "null",
                                        "{\"tone\":1,\"length\":null,\"strategy\":[]}",
                                        "{\"tone\":\"Formal\"}",
                                        "{\"tone\":\"\"}",
                                        "{\"tone\":\"formal\"",
                                        "not json",
                                        "{\"strategy\":\"rewrite\"}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct stage_options o = read_options(texts[i]);
        cr_expect(o.strategy == 0 && o.tone == 0 && o.length == 0, "%s", texts[i]);
    }
}

Test(options, names)
{
    cr_expect_eq(stage_option_strategy(STR("none")), TAILOR_NONE);
    cr_expect_eq(stage_option_strategy(STR("nudge")), TAILOR_NUDGE);
    cr_expect_eq(stage_option_strategy(STR("full")), TAILOR_FULL);
    cr_expect_eq(stage_option_tone(STR("formal")), LETTER_FORMAL);
    cr_expect_eq(stage_option_tone(STR("direct")), LETTER_DIRECT);
    cr_expect_eq(stage_option_tone(STR("conversational")), LETTER_CONVERSATIONAL);
    cr_expect_eq(stage_option_length(STR("short")), LETTER_SHORT);
    cr_expect_eq(stage_option_length(STR("standard")), LETTER_STANDARD);
    cr_expect_eq(stage_option_length(STR("tall")), 0);
}

static enum err_code guard(const char *document)
{
    struct arena a;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    int rc = stage_guard_check(&a, str_of(document), &err);
    arena_fini(&a);
    cr_expect_eq(rc, -(int)err.code);
    return err.code;
}

Test(options, guard)
{
    cr_expect_eq(guard("{\"guard\":{\"verdict\":\"pass\",\"violations\":[]}}"), ERR_NONE);
    cr_expect_eq(guard("{}"), ERR_NONE);
    cr_expect_eq(guard("{\"guard\":{\"verdict\":\"block\",\"violations\":[{\"code\":\"language\"}]}}"), ERR_LANGUAGE);
    cr_expect_eq(guard("{\"guard\":{\"verdict\":\"block\",\"violations\":[{\"code\":\"number\"}]}}"), ERR_FACTS);
    cr_expect_eq(guard("{\"guard\":{\"verdict\":\"block\",\"violations\":[]}}"), ERR_FACTS,
                 "no reason given is no pass");
    cr_expect_eq(guard("{\"body\":\"\\\"verdict\\\":\\\"block\\\"\",\"guard\":{\"verdict\":\"pass\"}}"), ERR_NONE,
                 "only the guard itself counts");
    cr_expect_eq(guard("{\"ops\":[{\"verdict\":\"block\"}],\"guard\":{\"verdict\":\"pass\"}}"), ERR_NONE);
    cr_expect_eq(guard("{\"guard\":{\"verdict\":\"block\""), ERR_MALFORMED);
}

Test(options, inputs)
{
    struct analysis *an = calloc(1, sizeof(*an));
    struct profile *p = calloc(1, sizeof(*p));
    struct err err = {0};
    an->verdict = ANALYSIS_POSTING;
    cr_expect_eq(stage_inputs_check(an, p, &err), 0);
    an->verdict = ANALYSIS_NOT_A_POSTING;
    cr_expect_eq(stage_inputs_check(an, p, &err), -(int)ERR_NOT_A_POSTING);
    an->verdict = ANALYSIS_TOO_SHORT;
    cr_expect_eq(stage_inputs_check(an, p, &err), -(int)ERR_NOT_A_POSTING);
    an->verdict = ANALYSIS_POSTING;
    p->empty = true;
    cr_expect_eq(stage_inputs_check(an, p, &err), -(int)ERR_NO_EVIDENCE);
    free(an);
    free(p);
}
