/* Errors of providers become the right fault: what to do, for how long, and what stops. */
#include "fixture.h"

TestSuite(llm_classify, .timeout = 30);

#define O(message, type, code)                                                                                         \
    "{\"error\":{\"message\":\"" message "\",\"type\":\"" type "\",\"param\":null,\"code\":" code "}}"
#define A(type, message)                                                                                               \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"},\"request_id\":\"req_1\"}"

struct row {
    enum llm_provider p;
    int status;
    const char *head, *body;
    enum llm_fault_kind kind;
    bool retryable, costs;
    enum llm_breaker breaker;
    int64_t wait_ms;
};

#define OPENAI    LLM_PROVIDER_OPENAI
#define ANTHROPIC LLM_PROVIDER_ANTHROPIC
#define NONE      LLM_BREAKER_NONE

static const struct row rows[] = {
    {OPENAI, 429, "",
     O("Rate limit reached for m: Limit 500, Used 500, Requested 1. Please try again in 120ms. Visit", "requests",
       "\"rate_limit_exceeded\""),
     LLM_FAULT_RATE_LIMIT, true, false, NONE, 120},
    {OPENAI, 429, "retry-after-ms: 1284\nretry-after: 2\n",
     O("Rate limit reached. Please try again in 9s.", "tokens", "\"rate_limit_exceeded\""), LLM_FAULT_RATE_LIMIT, true,
     false, NONE, 1284},
    {OPENAI, 429, "Retry-After: 3\n", O("Rate limit reached", "tokens", "\"rate_limit_exceeded\""),
     LLM_FAULT_RATE_LIMIT, true, false, NONE, 3000},
    {OPENAI, 429, "Date: Sat, 22 Aug 2026 10:00:00 GMT\nRetry-After: Sat, 22 Aug 2026 10:00:07 GMT\n",
     O("slow", "tokens", "null"), LLM_FAULT_RATE_LIMIT, true, false, NONE, 7000},
    {OPENAI, 429, "", O("Rate limit reached. Please try again in 1m2.5s. Visit x", "tokens", "\"rate_limit_exceeded\""),
     LLM_FAULT_RATE_LIMIT, true, false, NONE, 62500},
    {OPENAI, 429, "",
     O("Request too large for m on tokens per min (TPM): Limit 200000, Requested 480002. Reduce it.", "tokens",
       "\"rate_limit_exceeded\""),
     LLM_FAULT_OVER_LIMIT, false, true, NONE, -1},
    {OPENAI, 429, "", O("TPM: Limit 100, Used 0, Requested 101.", "tokens", "\"rate_limit_exceeded\""),
     LLM_FAULT_OVER_LIMIT, false, true, NONE, -1},
    {OPENAI, 429, "", O("You exceeded your current quota", "insufficient_quota", "\"insufficient_quota\""),
     LLM_FAULT_QUOTA, true, false, LLM_BREAKER_KEY, -1},
    {OPENAI, 401, "", O("Incorrect API key provided: sk-te**st.", "invalid_request_error", "\"invalid_api_key\""),
     LLM_FAULT_BAD_KEY, true, false, LLM_BREAKER_KEY, -1},
    {OPENAI, 401, "", "", LLM_FAULT_BAD_KEY, true, false, LLM_BREAKER_KEY, -1},
    {OPENAI, 403, "",
     O("Country, region, or territory not supported", "request_forbidden", "\"unsupported_country_region_territory\""),
     LLM_FAULT_FORBIDDEN, true, false, LLM_BREAKER_KEY, -1},
    {OPENAI, 402, "", "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}", LLM_FAULT_QUOTA, true, false,
     LLM_BREAKER_KEY, -1},
    {OPENAI, 404, "", O("The model `gpt-nope` does not exist", "invalid_request_error", "\"model_not_found\""),
     LLM_FAULT_NO_MODEL, true, false, LLM_BREAKER_MODEL, -1},
    {OPENAI, 404, "", "{\"error\":\"model 'nope' not found\"}", LLM_FAULT_NO_MODEL, true, false, LLM_BREAKER_MODEL, -1},
    {OPENAI, 404, "", "{\"detail\":\"Not Found\"}", LLM_FAULT_NO_ROUTE, true, false, LLM_BREAKER_ADDRESS, -1},
    {OPENAI, 404, "Content-Type: text/html\n", "<html><body>404</body></html>", LLM_FAULT_NOT_API, true, false,
     LLM_BREAKER_ADDRESS, -1},
    {OPENAI, 200, "Content-Type: text/html\n", "<!DOCTYPE html><title>Login</title>", LLM_FAULT_NOT_API, true, false,
     LLM_BREAKER_ADDRESS, -1},
    {OPENAI, 502, "Content-Type: text/html\n", "<html>Bad gateway</html>", LLM_FAULT_SERVER, true, true,
     LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 400, "",
     O("This model's maximum context length is 128000 tokens.", "invalid_request_error", "\"context_length_exceeded\""),
     LLM_FAULT_CONTEXT, false, true, NONE, -1},
    {OPENAI, 400, "",
     "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 "
     "tokens.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
     LLM_FAULT_CONTEXT, false, true, NONE, -1},
    {OPENAI, 400, "", O("Invalid schema for response_format 'x'", "invalid_request_error", "\"invalid_json_schema\""),
     LLM_FAULT_SCHEMA, true, false, NONE, -1},
    {OPENAI, 400, "",
     "{\"error\":{\"message\":\"Unsupported value: 'temperature' does not support "
     "0.2\",\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":\"unsupported_value\"}}",
     LLM_FAULT_PARAMETER, true, false, NONE, -1},
    {OPENAI, 400, "", O("Something is wrong", "invalid_request_error", "null"), LLM_FAULT_BAD_REQUEST, false, true,
     NONE, -1},
    {OPENAI, 400, "", "{\"error\":{\"code\":\"content_filter\",\"message\":\"filtered\",\"type\":null}}",
     LLM_FAULT_FILTERED, false, true, NONE, -1},
    {OPENAI, 408, "", "", LLM_FAULT_CONFLICT, true, true, NONE, -1},
    {OPENAI, 409, "", "", LLM_FAULT_CONFLICT, true, true, NONE, -1},
    {OPENAI, 413, "", "", LLM_FAULT_BODY_SIZE, false, true, NONE, -1},
    {OPENAI, 422, "", "{\"detail\":\"x\"}", LLM_FAULT_BAD_REQUEST, false, true, NONE, -1},
    {OPENAI, 424, "", "{\"error\":\"backend\",\"error_type\":\"Backend\"}", LLM_FAULT_SERVER, true, true,
     LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 498, "", "", LLM_FAULT_OVERLOADED, true, false, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 500, "", O("The server had an error", "server_error", "null"), LLM_FAULT_SERVER, true, true,
     LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 500, "x-should-retry: false\n", O("The server had an error", "server_error", "null"), LLM_FAULT_SERVER,
     false, true, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 400, "x-should-retry: true\n", O("odd", "invalid_request_error", "null"), LLM_FAULT_BAD_REQUEST, true,
     true, NONE, -1},
    {OPENAI, 503, "", O("The engine is currently overloaded, please try again later", "server_error", "null"),
     LLM_FAULT_OVERLOADED, true, false, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 503, "", O("Slow Down", "server_error", "null"), LLM_FAULT_SLOW_DOWN, true, false, LLM_BREAKER_ENDPOINT,
     -1},
    {OPENAI, 503, "", "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}",
     LLM_FAULT_LOADING, true, false, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 429, "", "{\"message\":\"Model is overloaded\",\"code\":429,\"type\":\"Overloaded\"}",
     LLM_FAULT_OVERLOADED, true, false, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 200, "", "{\"id\":\"gen-1\",\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}",
     LLM_FAULT_SERVER, true, true, LLM_BREAKER_ENDPOINT, -1},
    {OPENAI, 200, "", "{\"error\":{\"code\":429,\"message\":\"Rate limited\"}}", LLM_FAULT_RATE_LIMIT, true, false,
     NONE, -1},
    {OPENAI, 200, "", "", LLM_FAULT_MALFORMED, true, true, NONE, -1},
    {OPENAI, 200, "", "{\"choices\":[{\"message\":{\"content\":\"x", LLM_FAULT_MALFORMED, true, true, NONE, -1},
    {OPENAI, 200, "", "{\"object\":\"chat.completion\",\"choices\":[]}", LLM_FAULT_MALFORMED, true, true, NONE, -1},
    {OPENAI, 302, "Location: /login\n", "", LLM_FAULT_NO_ROUTE, true, false, LLM_BREAKER_ADDRESS, -1},
    {ANTHROPIC, 400, "", A("invalid_request_error", "max_tokens: Field required"), LLM_FAULT_BAD_REQUEST, false, true,
     NONE, -1},
    {ANTHROPIC, 400, "Date: Mon, 31 Aug 2026 23:00:00 GMT\n",
     A("invalid_request_error",
       "You have reached your specified API usage limits. You will regain access on 2026-09-01 at 00:00 UTC."),
     LLM_FAULT_QUOTA, true, false, LLM_BREAKER_KEY, 3600000},
    {ANTHROPIC, 400, "", A("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
     LLM_FAULT_CONTEXT, false, true, NONE, -1},
    {ANTHROPIC, 400, "", A("invalid_request_error", "Schema is too complex for compilation"), LLM_FAULT_SCHEMA, true,
     false, NONE, -1},
    {ANTHROPIC, 400, "", A("invalid_request_error", "output_config: Extra inputs are not permitted"), LLM_FAULT_SCHEMA,
     true, false, NONE, -1},
    {ANTHROPIC, 400, "", A("invalid_request_error", "`temperature` is deprecated for this model."), LLM_FAULT_PARAMETER,
     true, false, NONE, -1},
    {ANTHROPIC, 401, "", A("authentication_error", "invalid x-api-key"), LLM_FAULT_BAD_KEY, true, false,
     LLM_BREAKER_KEY, -1},
    {ANTHROPIC, 402, "", A("billing_error", "no money"), LLM_FAULT_QUOTA, true, false, LLM_BREAKER_KEY, -1},
    {ANTHROPIC, 403, "", A("permission_error", "no"), LLM_FAULT_FORBIDDEN, true, false, LLM_BREAKER_KEY, -1},
    {ANTHROPIC, 404, "", A("not_found_error", "model: claude-nope"), LLM_FAULT_NO_MODEL, true, false, LLM_BREAKER_MODEL,
     -1},
    {ANTHROPIC, 413, "", A("request_too_large", "Request exceeds the maximum size"), LLM_FAULT_BODY_SIZE, false, true,
     NONE, -1},
    {ANTHROPIC, 429, "retry-after: 12\n", A("rate_limit_error", "This request would exceed the rate limit"),
     LLM_FAULT_RATE_LIMIT, true, false, NONE, 12000},
    {ANTHROPIC, 429, "",
     "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"monthly\",\"details\":{\"error_code\":"
     "\"enforced_spend_limit_reached\"}}}",
     LLM_FAULT_QUOTA, true, false, LLM_BREAKER_KEY, -1},
    {ANTHROPIC, 500, "", A("api_error", "Internal server error"), LLM_FAULT_SERVER, true, true, LLM_BREAKER_ENDPOINT,
     -1},
    {ANTHROPIC, 504, "", A("timeout_error", "timed out"), LLM_FAULT_SERVER, true, true, LLM_BREAKER_ENDPOINT, -1},
    {ANTHROPIC, 529, "", A("overloaded_error", "Overloaded"), LLM_FAULT_OVERLOADED, true, false, LLM_BREAKER_ENDPOINT,
     -1},
};

Test(llm_classify, every_answer_has_its_rule)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        struct heard h;
        hear(&h, r->p, r->status, r->head, r->body);
        cr_assert_eq(h.rc, -1, "row %zu", i);
        cr_expect_eq(h.fault.kind, r->kind, "row %zu (%d %.80s): %s", i, r->status, r->body,
                     llm_fault_slug(h.fault.kind));
        cr_expect_eq(h.fault.retryable, r->retryable, "row %zu retryable", i);
        cr_expect_eq(h.fault.costs_attempt, r->costs, "row %zu costs", i);
        cr_expect_eq(h.fault.breaker, r->breaker, "row %zu breaker %s", i, llm_breaker_name(h.fault.breaker));
        cr_expect_eq(h.fault.retry_after_ms, r->wait_ms, "row %zu waits %lld", i, (long long)h.fault.retry_after_ms);
        cr_expect(strlen(h.fault.sentence) > 10 && !strchr(h.fault.sentence, '\n'), "row %zu: %s", i, h.fault.sentence);
        heard_fini(&h);
    }
    LEAK_NONE();
}

Test(llm_classify, names_the_field_that_is_not_supported)
{
    struct heard h;
    hear(&h, OPENAI, 400, "",
         "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with this model. Use "
         "'max_completion_tokens' instead.\","
         "\"type\":\"invalid_request_error\",\"param\":\"max_tokens\",\"code\":\"unsupported_parameter\"}}");
    cr_assert_eq(h.fault.kind, LLM_FAULT_PARAMETER);
    cr_assert_eq(h.fault.field, LLM_FIELD_TOKEN_LIMIT);
    heard_fini(&h);
    hear(&h, ANTHROPIC, 400, "", A("invalid_request_error", "foo: Extra inputs are not permitted"));
    cr_assert_eq(h.fault.kind, LLM_FAULT_PARAMETER);
    cr_assert_not(h.fault.retryable); /* nothing to leave out */
    heard_fini(&h);
}

Test(llm_classify, calls_without_an_answer)
{
    static const struct {
        enum fetch_end end;
        enum llm_fault_kind kind;
    } ends[] = {{FETCH_END_UNRESOLVED, LLM_FAULT_NO_HOST},     {FETCH_END_REFUSED, LLM_FAULT_NO_CONNECTION},
                {FETCH_END_UNTRUSTED, LLM_FAULT_CERTIFICATE},  {FETCH_END_UNCONNECTED, LLM_FAULT_TIMEOUT_CONNECT},
                {FETCH_END_UNQUEUED, LLM_FAULT_TIMEOUT_QUEUE}, {FETCH_END_NO_BYTE, LLM_FAULT_TIMEOUT_FIRST},
                {FETCH_END_SILENT, LLM_FAULT_TIMEOUT_SILENCE}, {FETCH_END_TOO_LONG, LLM_FAULT_TIMEOUT_TOTAL},
                {FETCH_END_BROKEN, LLM_FAULT_RESET},           {FETCH_END_CUT, LLM_FAULT_TRUNCATED},
                {FETCH_END_TOO_LARGE, LLM_FAULT_REPLY_SIZE},   {FETCH_END_GARBLED, LLM_FAULT_NOT_API}};
    struct llm_endpoint e = test_endpoint(OPENAI, NULL);
    struct llm_expect expect = {.kind = LLM_CALL_CHAT};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct llm_raw raw = {.end = ends[i].end,
                              .sent = i > 4,
                              .head = str_of(""),
                              .body = str_of(""),
                              .reason = STR("words " TEST_KEY)};
        struct llm_reply reply;
        struct llm_fault fault;
        struct arena a;
        arena_init(&a, 1 << 16);
        cr_assert_eq(llm_reply_parse(&e, &raw, &expect, &a, &reply, &fault), -1);
        cr_expect_eq(fault.kind, ends[i].kind, "%s", fetch_end_name(ends[i].end));
        cr_expect_eq(fault.maybe_paid, i > 4);
        cr_expect_not(strstr(fault.sentence, TEST_KEY), "%s", fault.sentence);
        arena_fini(&a);
    }
}

Test(llm_classify, durations)
{
    static const struct {
        const char *text;
        int64_t ms;
    } d[] = {{"1s", 1000},      {"6m0s", 360000}, {"12ms", 12}, {"50.529s", 50529},
             {"1m2.5s", 62500}, {"3", 3000},      {"0.5", 500}, {"1h", 3600000},
             {"100us", 1},      {"", -1},         {"x", -1},    {"1x", -1},
             {"-1", -1},        {"1s2", -1},      {".", -1},    {"9999999h", LLM_RETRY_AFTER_MAX_MS}};
    for (size_t i = 0; i < ARRAY_LEN(d); i++)
        cr_expect_eq(llm_duration_ms(str_of(d[i].text)), d[i].ms, "%s: %lld", d[i].text,
                     (long long)llm_duration_ms(str_of(d[i].text)));
}

Test(llm_classify, rate_limit_headers)
{
    struct llm_limits l;
    llm_limits_parse(
        OPENAI,
        STR("x-ratelimit-limit-requests: 60\nx-ratelimit-remaining-requests: 59\nx-ratelimit-reset-requests: 1s\n"
            "X-RateLimit-Limit-Tokens: 150000\nx-ratelimit-remaining-tokens: 149984\nx-ratelimit-reset-tokens: 6m0s\n"
            "x-ratelimit-limit-project-tokens: 60000\nx-ratelimit-remaining-project-tokens: "
            "57000\nx-ratelimit-reset-project-tokens: 3s\n"),
        &l);
    cr_assert_eq(l.requests.limit, 60);
    cr_assert_eq(l.requests.remaining, 59);
    cr_assert_eq(l.requests.reset_ms, 1000);
    cr_assert_eq(l.tokens.limit, 60000); /* the tighter one */
    cr_assert_eq(l.tokens.reset_ms, 3000);
    llm_limits_parse(OPENAI, STR("x-ratelimit-limit-requests: -1\nx-ratelimit-remaining-requests: 0\n"), &l);
    cr_assert_eq(l.requests.limit, -1);
    cr_assert_eq(l.requests.remaining, -1);
    cr_assert_eq(l.retry_after_ms, -1);
    llm_limits_parse(ANTHROPIC,
                     STR("date: Sat, 22 Aug 2026 10:00:00 GMT\nanthropic-ratelimit-input-tokens-limit: 2000000\n"
                         "anthropic-ratelimit-input-tokens-remaining: 1999000\nanthropic-ratelimit-input-tokens-reset: "
                         "2026-08-22T10:00:12Z\n"),
                     &l);
    cr_assert_eq(l.input_tokens.limit, 2000000);
    cr_assert_eq(l.input_tokens.reset_ms, 12000);
    cr_assert_eq(l.tokens.limit, -1);
}

Test(llm_classify, no_sentence_holds_a_key)
{
    static const char *const bodies[] = {
        O("Incorrect API key provided: " TEST_KEY ". You can find", "invalid_request_error", "\"invalid_api_key\""),
        O("Authorization: Bearer " TEST_KEY " was refused", "x", "\"" TEST_KEY "\""),
        O("part 0123456789abcdef of it", "x", "null"),
        O("another sk-proj-someone-elses-key-123456 here", "x", "null"),
        "plain text with " TEST_KEY " inside",
    };
    for (int status = 400; status <= 500; status += 1) {
        for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
            struct heard h;
            struct err err;
            hear(&h, OPENAI, status, "", bodies[i]);
            llm_fault_err(&h.fault, &err);
            cr_assert_not(strstr(err.msg, "0123456789"), "%s", err.msg);
            cr_assert_not(strstr(err.msg, "someone-elses"), "%s", err.msg);
            cr_assert_not(strstr(h.fault.code, "0123456789"), "%s", h.fault.code);
            heard_fini(&h);
        }
    }
    LEAK_NONE();
}

Test(llm_classify, slugs_are_distinct_and_found)
{
    for (int k = 0; k < LLM_FAULT_COUNT; k++)
        cr_assert_eq((int)llm_fault_from_slug(llm_fault_slug((enum llm_fault_kind)k)), k);
    cr_assert_eq(llm_fault_from_slug("nothing"), LLM_FAULT_COUNT);
}
