/* The fixtures of the reference beside the repository, read by the real code. Skipped aloud where they are not. */
#include "fixture.h"

TestSuite(llm_reference, .timeout = 60);

struct fixture {
    const char *file;
    enum llm_provider p;
    int status;
    enum llm_fault_kind kind; /* NONE: an answer */
    enum llm_finish finish;
};

#define O LLM_PROVIDER_OPENAI
#define A LLM_PROVIDER_ANTHROPIC

static const struct fixture fixtures[] = {
    {"anthropic.error.400.invalid_request_error.json", A, 400, LLM_FAULT_BAD_REQUEST, 0},
    {"anthropic.error.400.spend_limit.json", A, 400, LLM_FAULT_QUOTA, 0},
    {"anthropic.error.401.authentication_error.json", A, 401, LLM_FAULT_BAD_KEY, 0},
    {"anthropic.error.402.billing_error.json", A, 402, LLM_FAULT_QUOTA, 0},
    {"anthropic.error.403.permission_error.json", A, 403, LLM_FAULT_FORBIDDEN, 0},
    {"anthropic.error.404.not_found_error.json", A, 404, LLM_FAULT_NO_MODEL, 0},
    {"anthropic.error.413.request_too_large.json", A, 413, LLM_FAULT_BODY_SIZE, 0},
    {"anthropic.error.429.rate_limit_error.json", A, 429, LLM_FAULT_RATE_LIMIT, 0},
    {"anthropic.error.429.spend_cap.json", A, 429, LLM_FAULT_QUOTA, 0},
    {"anthropic.error.500.api_error.json", A, 500, LLM_FAULT_SERVER, 0},
    {"anthropic.error.504.timeout_error.json", A, 504, LLM_FAULT_SERVER, 0},
    {"anthropic.error.529.overloaded_error.json", A, 529, LLM_FAULT_OVERLOADED, 0},
    {"anthropic.messages.response.ok.json", A, 200, LLM_FAULT_NONE, LLM_FINISH_STOP},
    {"anthropic.messages.response.max_tokens.json", A, 200, LLM_FAULT_NONE, LLM_FINISH_LENGTH},
    {"anthropic.messages.response.refusal.json", A, 200, LLM_FAULT_NONE, LLM_FINISH_REFUSAL},
    {"anthropic.messages.response.tool_use.json", A, 200, LLM_FAULT_NONE, LLM_FINISH_TOOL},
    {"anthropic.messages.stream.ok.sse", A, 200, LLM_FAULT_NONE, LLM_FINISH_STOP},
    {"anthropic.messages.stream.tool_use.sse", A, 200, LLM_FAULT_NONE, LLM_FINISH_TOOL},
    {"anthropic.messages.stream.error.sse", A, 200, LLM_FAULT_OVERLOADED, 0},
    {"azure.error.400.content_filter.json", O, 400, LLM_FAULT_FILTERED, 0},
    {"llamacpp.error.400.exceed_context.json", O, 400, LLM_FAULT_CONTEXT, 0},
    {"llamacpp.error.503.loading.json", O, 503, LLM_FAULT_LOADING, 0},
    {"ollama.error.native.404.json", O, 404, LLM_FAULT_NO_MODEL, 0},
    {"ollama.error.openai.404.json", O, 404, LLM_FAULT_NO_MODEL, 0},
    {"openai.chat.response.ok.json", O, 200, LLM_FAULT_NONE, LLM_FINISH_STOP},
    {"openai.chat.response.length.json", O, 200, LLM_FAULT_NONE, LLM_FINISH_LENGTH},
    {"openai.chat.response.refusal.json", O, 200, LLM_FAULT_NONE, LLM_FINISH_REFUSAL},
    {"openai.chat.response.content_filter.json", O, 200, LLM_FAULT_NONE, LLM_FINISH_FILTER},
    {"openai.chat.stream.ok.sse", O, 200, LLM_FAULT_NONE, LLM_FINISH_STOP},
    {"openai.chat.stream.error.sse", O, 200, LLM_FAULT_SERVER, 0},
    {"openai.chat.stream.truncated.sse", O, 200, LLM_FAULT_TRUNCATED, 0},
    {"openai.error.400.context_length_exceeded.json", O, 400, LLM_FAULT_CONTEXT, 0},
    {"openai.error.400.embeddings_max_tokens_per_request.json", O, 400, LLM_FAULT_CONTEXT, 0},
    {"openai.error.400.invalid_json_schema.json", O, 400, LLM_FAULT_SCHEMA, 0},
    {"openai.error.400.unsupported_parameter.json", O, 400, LLM_FAULT_PARAMETER, 0},
    {"openai.error.401.invalid_api_key.json", O, 401, LLM_FAULT_BAD_KEY, 0},
    {"openai.error.403.unsupported_country.json", O, 403, LLM_FAULT_FORBIDDEN, 0},
    {"openai.error.404.model_not_found.json", O, 404, LLM_FAULT_NO_MODEL, 0},
    {"openai.error.429.insufficient_quota.json", O, 429, LLM_FAULT_QUOTA, 0},
    {"openai.error.429.rate_limit_requests.json", O, 429, LLM_FAULT_RATE_LIMIT, 0},
    {"openai.error.429.rate_limit_tokens.json", O, 429, LLM_FAULT_RATE_LIMIT, 0},
    {"openai.error.429.request_too_large.json", O, 429, LLM_FAULT_OVER_LIMIT, 0},
    {"openai.error.500.server_error.json", O, 500, LLM_FAULT_SERVER, 0},
    {"openai.error.503.overloaded.json", O, 503, LLM_FAULT_OVERLOADED, 0},
    {"openai.error.503.slow_down.json", O, 503, LLM_FAULT_SLOW_DOWN, 0},
    {"openrouter.error.200-body.json", O, 200, LLM_FAULT_SERVER, 0},
    {"tei.error.native.429.json", O, 429, LLM_FAULT_OVERLOADED, 0},
    {"tei.error.openai.429.json", O, 429, LLM_FAULT_OVERLOADED, 0},
    {"vllm.error.400.json", O, 400, LLM_FAULT_CONTEXT, 0},
    {"vllm.error.legacy.400.json", O, 400, LLM_FAULT_CONTEXT, 0},
};

Test(llm_reference, every_fixture)
{
    static const struct llm_expect chat = {.kind = LLM_CALL_CHAT};
    size_t read = 0;
    for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
        const struct fixture *f = &fixtures[i];
        size_t n;
        char *text = reference_file(f->file, &n);
        if (!text)
            continue;
        struct heard h;
        read++;
        hear_full(&h, f->p, f->status, "", (struct str){.p = text, .n = n}, &chat);
        cr_expect_eq(h.fault.kind, f->kind, "%s: %s (%s)", f->file, llm_fault_slug(h.fault.kind), h.fault.sentence);
        if (f->kind == LLM_FAULT_NONE && h.rc == 0)
            cr_expect_eq(h.reply.finish, f->finish, "%s: %s", f->file, llm_finish_name(h.reply.finish));
        heard_fini(&h);
        free(text);
    }
    if (!read)
        cr_skip_test("the reference's fixtures are not beside the repository");
    cr_assert_eq(read, ARRAY_LEN(fixtures));
}

Test(llm_reference, usage_and_text_of_the_good_ones)
{
    static const struct llm_expect chat = {.kind = LLM_CALL_CHAT};
    static const struct fixture good[] = {{"openai.chat.response.ok.json", O, 200, 0, 0},
                                          {"openai.chat.stream.ok.sse", O, 200, 0, 0},
                                          {"anthropic.messages.response.ok.json", A, 200, 0, 0},
                                          {"anthropic.messages.stream.ok.sse", A, 200, 0, 0},
                                          {"anthropic.messages.stream.tool_use.sse", A, 200, 0, 0},
                                          {"anthropic.messages.response.tool_use.json", A, 200, 0, 0}};
    size_t n;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char *text = reference_file(good[i].file, &n);
        if (!text)
            cr_skip_test("the reference's fixtures are not beside the repository");
        struct heard h;
        struct json_reply j;
        hear_full(&h, good[i].p, 200, "", (struct str){.p = text, .n = n}, &chat);
        cr_assert_eq(h.reply.usage.input, good[i].p == O ? 1432 : 4462, "%s: %lld", good[i].file,
                     (long long)h.reply.usage.input);
        cr_assert_eq(h.reply.usage.output, good[i].p == O ? 78 : 93);
        json_reply_read(&h.arena, h.reply.text, h.reply.finish, NULL, &j);
        cr_assert_eq(j.verdict, JSON_REPLY_OK, "%s", good[i].file);
        cr_assert_eq(j.repairs, 0u);
        cr_assert(str_eqc(json_get_str(j.root, "title"), "Senior C Engineer"));
        heard_fini(&h);
        free(text);
    }
}

Test(llm_reference, embeddings)
{
    static const char *const files[] = {"openai.embeddings.response.base64.json",
                                        "openai.embeddings.response.float.json"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        size_t n, count = 0;
        char *text = reference_file(files[i], &n);
        if (!text)
            cr_skip_test("the reference's fixtures are not beside the repository");
        for (const char *p = text; (p = strstr(p, "\"embedding\":")); p++)
            count++;
        struct llm_expect e = {.kind = LLM_CALL_EMBED, .inputs_count = count};
        struct heard h;
        hear_full(&h, O, 200, "", (struct str){.p = text, .n = n}, &e);
        cr_assert_eq(h.rc, 0, "%s: %s", files[i], h.fault.sentence);
        cr_assert_gt(h.reply.dimensions, 1u);
        heard_fini(&h);
        free(text);
    }
}
