/* Money and tokens. */
#include "fixture.h"
#include "io/llm/price.h"
#include "io/llm/tokens.h"

TestSuite(price, .timeout = 30);
TestSuite(tokens, .timeout = 30);

#define DAY 20261122

Test(price, costs_are_whole_microdollars)
{
    struct price_book *b = price_book_new();
    struct price p;
    cr_assert(price_find(b, STR("gpt-4o-2024-08-06"), DAY, &p));
    cr_assert_eq(p.input, 2500000);
    /* 152 fresh at $2.5, 1280 cached at $1.25, 78 out at $10: 380 + 1600 + 780 */
    struct llm_usage u = {.known = true, .input = 1432, .cached_read = 1280, .output = 78};
    cr_assert_eq(price_cost_microusd(&p, &u), 2760);
    cr_assert(price_find(b, STR("claude-haiku-4-5-20251001"), DAY, &p));
    /* 152 x 1 + 4310 x 0.1 + 15 x 1.25 + 5 x 2 + 93 x 5 = 152 + 431 + 18.75 + 10 + 465, rounded up */
    struct llm_usage c = {.known = true,
                          .input = 152 + 4310 + 20,
                          .cached_read = 4310,
                          .cache_write = 20,
                          .cache_write_1h = 5,
                          .output = 93};
    cr_assert_eq(price_cost_microusd(&p, &c), 1077);
    cr_assert_eq(price_ceiling_microusd(&p, 1000, 1000), 2000 + 5000);
    cr_assert(price_find(b, STR("text-embedding-3-small"), DAY, &p));
    struct llm_usage e = {.known = true, .input = 3};
    cr_assert_eq(price_cost_microusd(&p, &e), 1); /* 0.06, rounded up */
    struct llm_usage large = {.known = true, .input = (int64_t)1 << 40, .output = (int64_t)1 << 40};
    cr_assert_gt(price_cost_microusd(&p, &large), 0);
    price_book_free(b);
    LEAK_NONE();
}

Test(price, an_unknown_model_has_no_price)
{
    struct price_book *b = price_book_new();
    struct price p;
    cr_assert_not(price_find(b, STR("llama3.2"), DAY, &p));
    cr_assert_not(price_find(b, STR("gpt-4omni"), DAY, &p));
    cr_assert_not(price_find(b, STR(""), DAY, &p));
    cr_assert_not(price_find(b, STR("gpt-4o"), 20200101, &p)); /* before its time */
    cr_assert(price_find(b, STR("gpt-4o-mini"), DAY, &p));
    cr_assert_str_eq(p.model, "gpt-4o-mini"); /* the longest prefix */
    cr_assert(price_find(b, STR("openai/gpt-4o"), DAY, &p));
    price_book_free(b);
}

Test(price, rows_of_the_operator_win)
{
    struct price_book *b = price_book_new();
    struct price p;
    struct err err;
    cr_assert_eq(price_book_add(b, STR("# ours\ngpt-4o 20260101 1 2 - - 4\nlocal-model  0 0 - - - 0\n"), "ours", &err),
                 0, "%s", err.msg);
    cr_assert(price_find(b, STR("gpt-4o"), DAY, &p));
    cr_assert_eq(p.input, 1);
    cr_assert_str_eq(p.version, "ours");
    cr_assert(price_find(b, STR("local-model"), DAY, &p));
    cr_assert_eq(p.input, 0);
    static const char *const bad[] = {
        "x", "x 0 1 1 1 1", "x 0 - 1 1 1 1", "x 0 1 1 1 1 1 1", "x y 1 1 1 1 1", "x 0 -1 1 1 1 1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cr_expect_eq(price_book_add(b, str_of(bad[i]), "v", &err), -ERR_CONFIG, "%s", bad[i]);
        cr_expect(strstr(err.msg, "line 1"), "%s", err.msg);
    }
    price_book_free(b);
    LEAK_NONE();
}

/* Counts by the tokenizers' owners or by widely published examples; an estimate is within a third, and not below nine
 * tenths. */
Test(tokens, estimates)
{
    static const struct {
        enum tokens_family family;
        const char *text;
        int actual;
    } rows[] = {
        {TOKENS_O200K,
         "{\"title\":\"Senior C Engineer\",\"company\":\"Acme "
         "GmbH\",\"location\":{\"city\":\"Berlin\",\"country\":\"DE\",\"remote\":\"hybrid\"},"
         "\"salary\":{\"min\":75000,\"max\":95000,\"currency\":\"EUR\",\"period\":\"year\"},\"skills\":[\"C\","
         "\"libcurl\",\"PostgreSQL\"],\"injection_suspected\":false}",
         78},
        {TOKENS_CLAUDE,
         "{\"title\":\"Senior C Engineer\",\"company\":\"Acme "
         "GmbH\",\"location\":{\"city\":\"Berlin\",\"country\":\"DE\",\"remote\":\"hybrid\"},"
         "\"salary\":{\"min\":75000,\"max\":95000,\"currency\":\"EUR\",\"period\":\"year\"},\"skills\":[\"C\","
         "\"libcurl\",\"PostgreSQL\"],\"injection_suspected\":false}",
         93},
        {TOKENS_CL100K, "The quick brown fox jumps over the lazy dog.", 10},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t n = tokens_estimate(rows[i].family, str_of(rows[i].text));
        cr_expect(n * 10 >= rows[i].actual * 9 && n * 3 <= rows[i].actual * 4, "row %zu: %lld for %d", i, (long long)n,
                  rows[i].actual);
    }
}

/* The published ratios on plain English: about 4 characters a token, 3.4, 2.5. */
Test(tokens, published_ratios)
{
    static const char text[] =
        "We are looking for an experienced software engineer who enjoys working with customers and colleagues on "
        "systems that have to be "
        "reliable. You will design, build and run services, review the work of others, and help the team to find "
        "simple solutions for hard "
        "problems. We offer a friendly place to work, flexible hours and thirty days of holiday.";
    static const struct {
        enum tokens_family family;
        double chars;
    } rows[] = {{TOKENS_O200K, 4.7}, {TOKENS_CLAUDE, 3.9}, {TOKENS_CLAUDE_NEW, 2.9}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double chars = (double)strlen(text) / (double)tokens_estimate(rows[i].family, str_of(text));
        cr_expect(chars > rows[i].chars * 0.8 && chars < rows[i].chars * 1.25, "family %d: %.2f characters a token",
                  rows[i].family, chars);
    }
    cr_assert_geq(tokens_estimate(TOKENS_O200K, STR("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")), 2);
    cr_assert_eq(tokens_estimate(TOKENS_O200K, STR("")), 0);
    cr_assert_gt(tokens_estimate(TOKENS_O200K, STR("\xff\xff\xff")), 0);
}

Test(tokens, models_and_learning)
{
    cr_assert_eq(tokens_model(STR("gpt-4o-2024-08-06")).context, 128000);
    cr_assert_eq(tokens_model(STR("openai/gpt-4o")).family, TOKENS_O200K);
    cr_assert(tokens_model(STR("claude-sonnet-5")).flags & TOKENS_MODEL_NO_TEMPERATURE);
    cr_assert_eq(tokens_model(STR("unheard-of")).family, TOKENS_GENERIC);
    struct tokens_scale s = {0};
    cr_assert_eq(tokens_scale_apply(&s, 1000), 1000);
    for (int i = 0; i < 100; i++)
        tokens_scale_learn(&s, 1000, 1300);
    cr_assert(tokens_scale_apply(&s, 1000) > 1280 && tokens_scale_apply(&s, 1000) <= 1300);
    for (int i = 0; i < 100; i++)
        tokens_scale_learn(&s, 1, 1000000);
    cr_assert_eq(s.milli, 2000);
}
