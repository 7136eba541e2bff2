/* Routes and endpoints out of the configuration. */
#include "fixture.h"
#include "io/llm/settings.h"

TestSuite(llm_settings, .timeout = 30);

static int settings(struct llm_settings *s, struct err *err, int n, const char *const *env)
{
    static char name[] = "x";
    char *argv[] = {name};
    clearenv();
    for (int i = 0; i < n; i++)
        putenv((char *)(uintptr_t)env[i]);
    struct config *c = config_new("worker", 1, argv, NULL, NULL, err);
    if (!c)
        return -1;
    int rc = llm_settings_read(s, c, err);
    for (int p = 0; p < LLM_PLACE_COUNT; p++) /* texts of the configuration go with it */
        s->endpoints[p].organization = s->endpoints[p].project = s->endpoints[p].api_version = NULL;
    config_free(c);
    return rc;
}

#define READ(s, err, ...)                                                                                              \
    settings(s, err, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),                               \
             (const char *const[]){__VA_ARGS__})

static bool goes(const struct llm_settings *s, enum llm_task t, size_t step, enum llm_place p, const char *model)
{
    const struct llm_route *r = &s->routes[t];
    return step < r->count && r->steps[step].place == p && strcmp(r->steps[step].model, model) == 0;
}

Test(llm_settings, without_a_key_everything_is_offline)
{
    struct llm_settings s;
    struct err err;
    cr_assert_eq(READ(&s, &err, "OPENAI_API_KEY=" TEST_KEY), 0, "%s", err.msg); /* not ours unless it is named */
    for (int t = 0; t < LLM_TASK_COUNT; t++)
        cr_assert(goes(&s, (enum llm_task)t, 0, LLM_PLACE_OFFLINE, ""));
    llm_settings_fini(&s);
}

Test(llm_settings, the_mission_s_models)
{
    struct llm_settings s;
    struct err err;
    cr_assert_eq(READ(&s, &err, "JOBMILL_LLM_OPENAI_KEY=" TEST_KEY, "K=" TEST_KEY, "JOBMILL_LLM_ANTHROPIC_KEY_ENV=K"),
                 0, "%s", err.msg);
    cr_assert(goes(&s, LLM_TASK_ANALYZE, 0, LLM_PLACE_OPENAI, "gpt-4o"));
    cr_assert(goes(&s, LLM_TASK_OPTIMIZE, 0, LLM_PLACE_OPENAI, "gpt-4o"));
    cr_assert(goes(&s, LLM_TASK_LETTER, 0, LLM_PLACE_ANTHROPIC, "claude-sonnet-5"));
    cr_assert(goes(&s, LLM_TASK_EMBED, 0, LLM_PLACE_OPENAI, "text-embedding-3-small"));
    cr_assert_eq(s.dimensions, 768);
    cr_assert_str_eq(s.endpoints[LLM_PLACE_ANTHROPIC].key, TEST_KEY);
    llm_settings_fini(&s);
    cr_assert_str_eq(s.endpoints[LLM_PLACE_ANTHROPIC].key, "");
}

Test(llm_settings, routes_with_fallbacks)
{
    struct llm_settings s;
    struct err err;
    cr_assert_eq(READ(&s, &err, "JOBMILL_LLM_LOCAL_URL=http://127.0.0.1:11434/v1",
                      "JOBMILL_LLM_LETTER=local:llama3.2:8b , offline"),
                 0, "%s", err.msg);
    cr_assert(goes(&s, LLM_TASK_LETTER, 0, LLM_PLACE_LOCAL, "llama3.2:8b"));
    cr_assert(goes(&s, LLM_TASK_LETTER, 1, LLM_PLACE_OFFLINE, ""));
    cr_assert_eq(s.endpoints[LLM_PLACE_LOCAL].flavor, LLM_FLAVOR_OLLAMA);
    llm_settings_fini(&s);
}

Test(llm_settings, mistakes_are_named)
{
    struct llm_settings s;
    struct err err;
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_LETTER=openai:gpt-4o"), 0);
    cr_expect(strstr(err.msg, "llm.letter") && strstr(err.msg, "llm.openai.key"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_ANALYZE=gemini:x"), 0);
    cr_expect(strstr(err.msg, "gemini"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_OPENAI_KEY=" TEST_KEY, "JOBMILL_LLM_ANALYZE=openai"), 0);
    cr_expect(strstr(err.msg, "needs a model"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_OPENAI_KEY=" TEST_KEY, "JOBMILL_LLM_EMBED=openai:a,openai:b"), 0);
    cr_expect(strstr(err.msg, "same model"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_OPENAI_URL=openai.com", "JOBMILL_LLM_OPENAI_KEY=" TEST_KEY), 0);
    cr_expect(strstr(err.msg, "http://"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_OPENAI_KEY_ENV=NOPE"), 0);
    cr_expect(strstr(err.msg, "NOPE"), "%s", err.msg);
    cr_expect_lt(READ(&s, &err, "JOBMILL_LLM_HTTP=3"), 0);
    cr_expect(strstr(err.msg, "llm.http"), "%s", err.msg);
}
