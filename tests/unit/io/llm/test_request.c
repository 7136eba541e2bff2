/* Bodies, addresses and heads of requests, per provider, flavor and rung. */
#include "fixture.h"

TestSuite(llm_request, .timeout = 30);

static const struct llm_part system_parts[] = {{.text = STR("Read the \"posting\".\n"), .stable = true},
                                               {.text = STR("Tone: plain"), .stable = false}};
static const struct llm_part user_parts[] = {{.text = STR("{\"posting_text\":\"C \xc3\xa4\"}"), .stable = false}};

static struct llm_request request(enum llm_rung rung)
{
    return (struct llm_request){.model = STR("gpt-4o"),
                                .system = system_parts,
                                .system_count = 2,
                                .user = user_parts,
                                .user_count = 1,
                                .schema = STR("{\"type\":\"object\"}"),
                                .schema_name = "posting",
                                .rung = rung,
                                .max_output_tokens = 1200,
                                .temperature = 0.2,
                                .seed = 7,
                                .cache_key = STR("analyze-3")};
}

struct body {
    struct arena arena;
    yyjson_val *root;
};

static void body_of(struct body *b, struct llm_endpoint e, struct llm_request r)
{
    struct buf out;
    struct err err;
    arena_init(&b->arena, 1 << 20);
    buf_init(&out, 1 << 20);
    cr_assert_eq(llm_request_write(&e, &r, &out, &err), 0, "%s", err.msg);
    cr_assert_eq(json_parse(&b->arena, (struct str){.p = buf_str(&out), .n = out.len}, &b->root, NULL, &err), 0,
                 "%s in %s", err.msg, buf_str(&out));
    cr_assert_not(strstr(buf_str(&out), TEST_KEY));
    buf_fini(&out);
}

static bool is(struct body *b, const char *pointer, const char *want)
{
    yyjson_val *v = yyjson_ptr_get(b->root, pointer);
    char *text = v ? json_write(&b->arena, v, NULL) : NULL;
    bool same = want ? text && strcmp(text, want) == 0 : v == NULL;
    if (!same)
        fprintf(stderr, "%s is %s, not %s\n", pointer, text ? text : "absent", want ? want : "absent");
    return same;
}

Test(llm_request, openai)
{
    struct body b;
    body_of(&b, test_endpoint(LLM_PROVIDER_OPENAI, NULL), request(LLM_RUNG_SCHEMA));
    cr_expect(is(&b, "/model", "\"gpt-4o\""));
    cr_expect(is(&b, "/messages/0/role", "\"developer\""));
    cr_expect(is(&b, "/messages/0/content", "\"Read the \\\"posting\\\".\\n\\n\\nTone: plain\""));
    cr_expect(is(&b, "/messages/1/content", "\"{\\\"posting_text\\\":\\\"C \xc3\xa4\\\"}\""));
    cr_expect(is(&b, "/response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"posting\",\"strict\":true,\"schema\":{\"type\":"
                 "\"object\"}}}"));
    cr_expect(is(&b, "/max_completion_tokens", "1200"));
    cr_expect(is(&b, "/max_tokens", NULL));
    cr_expect(is(&b, "/temperature", "0.2"));
    cr_expect(is(&b, "/seed", "7"));
    cr_expect(is(&b, "/store", "false"));
    cr_expect(is(&b, "/stream_options", NULL));
    cr_expect(is(&b, "/prompt_cache_key", "\"analyze-3\""));
    arena_fini(&b.arena);
    LEAK_NONE();
}

Test(llm_request, openai_rungs)
{
    struct body b;
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    body_of(&b, e, request(LLM_RUNG_TOOL));
    cr_expect(is(&b, "/tools/0/function/name", "\"posting\""));
    cr_expect(is(&b, "/tools/0/function/parameters", "{\"type\":\"object\"}"));
    cr_expect(is(&b, "/tool_choice/function/name", "\"posting\""));
    cr_expect(is(&b, "/response_format", NULL));
    arena_fini(&b.arena);
    body_of(&b, e, request(LLM_RUNG_OBJECT));
    cr_expect(is(&b, "/response_format", "{\"type\":\"json_object\"}"));
    cr_expect(strstr(yyjson_get_str(yyjson_ptr_get(b.root, "/messages/0/content")), "{\"type\":\"object\"}"));
    arena_fini(&b.arena);
    body_of(&b, e, request(LLM_RUNG_PLAIN));
    cr_expect(is(&b, "/response_format", NULL));
    cr_expect(strstr(yyjson_get_str(yyjson_ptr_get(b.root, "/messages/0/content")), "JSON"));
    arena_fini(&b.arena);
}

Test(llm_request, what_a_server_refused_is_left_out)
{
    struct body b;
    struct llm_request r = request(LLM_RUNG_SCHEMA);
    r.omit = LLM_FIELD_TEMPERATURE | LLM_FIELD_SEED | LLM_FIELD_TOKEN_LIMIT | LLM_FIELD_DEVELOPER | LLM_FIELD_STORE |
             LLM_FIELD_CACHE_KEY | LLM_FIELD_STRICT;
    body_of(&b, test_endpoint(LLM_PROVIDER_OPENAI, NULL), r);
    static const char *const gone[] = {"/temperature",
                                       "/seed",
                                       "/store",
                                       "/prompt_cache_key",
                                       "/max_completion_tokens",
                                       "/response_format/json_schema/strict"};
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        cr_expect(is(&b, gone[i], NULL));
    cr_expect(is(&b, "/max_tokens", "1200"));
    cr_expect(is(&b, "/messages/0/role", "\"system\""));
    arena_fini(&b.arena);
}

Test(llm_request, compatible_servers)
{
    struct body b;
    struct llm_request r = request(LLM_RUNG_SCHEMA);
    r.stream = true;
    body_of(&b, test_endpoint(LLM_PROVIDER_OPENAI, "http://127.0.0.1:11434/v1/"), r); /* Ollama */
    cr_expect(is(&b, "/max_tokens", "1200"));
    cr_expect(is(&b, "/max_completion_tokens", NULL));
    cr_expect(is(&b, "/store", NULL));
    cr_expect(is(&b, "/messages/0/role", "\"system\""));
    cr_expect(is(&b, "/stream_options/include_usage", "true"));
    cr_expect(is(&b, "/response_format/json_schema/strict", NULL));
    arena_fini(&b.arena);
}

Test(llm_request, anthropic)
{
    struct body b;
    struct llm_request r = request(LLM_RUNG_SCHEMA);
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_ANTHROPIC, NULL);
    r.previous = STR("{\"a\":");
    r.complaint = STR("cut");
    body_of(&b, e, r);
    cr_expect(is(&b, "/max_tokens", "1200"));
    cr_expect(is(&b, "/system/0/cache_control", "{\"type\":\"ephemeral\"}"));
    cr_expect(is(&b, "/system/1/cache_control", NULL));
    cr_expect(is(&b, "/messages/0/content/0/cache_control", NULL));
    cr_expect(is(&b, "/messages/1", "{\"role\":\"assistant\",\"content\":\"{\\\"a\\\":\"}"));
    cr_expect(is(&b, "/messages/2", "{\"role\":\"user\",\"content\":\"cut\"}"));
    cr_expect(is(&b, "/output_config/format", "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}"));
    cr_expect(is(&b, "/seed", NULL));
    cr_expect(is(&b, "/temperature", "0.2"));
    arena_fini(&b.arena);
    body_of(&b, e, request(LLM_RUNG_TOOL));
    cr_expect(is(&b, "/tools/0/input_schema", "{\"type\":\"object\"}"));
    cr_expect(is(&b, "/tool_choice", "{\"type\":\"tool\",\"name\":\"posting\",\"disable_parallel_tool_use\":true}"));
    arena_fini(&b.arena);
    r = request(LLM_RUNG_PLAIN);
    r.temperature = -1;
    body_of(&b, e, r);
    cr_expect(is(&b, "/temperature", NULL));
    cr_expect(is(&b, "/tools", NULL));
    cr_expect(strstr(yyjson_get_str(yyjson_ptr_get(b.root, "/system/2/text")), "JSON"));
    arena_fini(&b.arena);
}

Test(llm_request, embeddings)
{
    static const struct str inputs[] = {STR("one"), STR("tw\"o")};
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    struct llm_embed_request r = {.model = STR("text-embedding-3-small"),
                                  .inputs = inputs,
                                  .inputs_count = 2,
                                  .dimensions = 768};
    struct buf out;
    struct err err;
    buf_init(&out, 4096);
    cr_assert_eq(llm_embed_write(&e, &r, &out, &err), 0);
    cr_assert_str_eq(buf_str(&out), "{\"model\":\"text-embedding-3-small\",\"input\":[\"one\",\"tw\\\"o\"],"
                                    "\"dimensions\":768,\"encoding_format\":\"base64\"}");
    buf_reset(&out);
    r.omit = LLM_FIELD_DIMENSIONS | LLM_FIELD_ENCODING;
    cr_assert_eq(llm_embed_write(&e, &r, &out, &err), 0);
    cr_assert_str_eq(buf_str(&out), "{\"model\":\"text-embedding-3-small\",\"input\":[\"one\",\"tw\\\"o\"]}");
    struct llm_endpoint a = test_endpoint(LLM_PROVIDER_ANTHROPIC, NULL);
    cr_assert_eq(llm_embed_write(&a, &r, &out, &err), -ERR_UNSUPPORTED);
    r.inputs_count = 0;
    cr_assert_eq(llm_embed_write(&e, &r, &out, &err), -ERR_INVALID);
    buf_fini(&out);
    LEAK_NONE();
}

Test(llm_request, bad_requests_and_limits)
{
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    struct llm_request r = request(LLM_RUNG_SCHEMA);
    struct buf out;
    struct err err;
    buf_init(&out, 300);
    cr_assert_eq(llm_request_write(&e, &r, &out, &err), -ERR_TOO_LARGE);
    r.schema_name = "bad name";
    cr_assert_eq(llm_request_write(&e, &r, &out, &err), -ERR_INVALID);
    r = request(LLM_RUNG_SCHEMA);
    r.max_output_tokens = 0;
    cr_assert_eq(llm_request_write(&e, &r, &out, &err), -ERR_INVALID);
    r = request(LLM_RUNG_SCHEMA);
    r.model.n = 0;
    cr_assert_eq(llm_request_write(&e, &r, &out, &err), -ERR_INVALID);
    buf_fini(&out);
    LEAK_NONE();
}

/* Endpoints */

Test(llm_endpoint, flavors_addresses_and_heads)
{
    static const struct {
        const char *base;
        enum llm_flavor flavor;
        const char *url, *key_line;
    } rows[] = {
        {"https://api.openai.com/v1", LLM_FLAVOR_OPENAI, "https://api.openai.com/v1/chat/completions",
         "Authorization: Bearer " TEST_KEY},
        {"http://127.0.0.1:11434/v1/", LLM_FLAVOR_OLLAMA, "http://127.0.0.1:11434/v1/chat/completions",
         "Authorization: Bearer " TEST_KEY},
        {"https://x.openai.azure.com/openai/deployments/mine", LLM_FLAVOR_AZURE,
         "https://x.openai.azure.com/openai/deployments/mine/chat/completions?api-version=2024-10-21",
         "api-key: " TEST_KEY},
        {"https://x.openai.azure.com/openai/deployments", LLM_FLAVOR_AZURE,
         "https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
         "api-key: " TEST_KEY},
        {"https://x.openai.azure.com/openai/v1", LLM_FLAVOR_AZURE_V1,
         "https://x.openai.azure.com/openai/v1/chat/completions", "api-key: " TEST_KEY},
        {"https://openrouter.ai/api/v1", LLM_FLAVOR_OPENROUTER, "https://openrouter.ai/api/v1/chat/completions",
         "Authorization: Bearer " TEST_KEY},
        {"http://10.0.0.1:8000/v1", LLM_FLAVOR_COMPATIBLE, "http://10.0.0.1:8000/v1/chat/completions",
         "Authorization: Bearer " TEST_KEY},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, rows[i].base);
        struct llm_headers h;
        char url[LLM_URL_BYTES];
        struct err err;
        bool found = false;
        cr_expect_eq(e.flavor, rows[i].flavor, "%s", rows[i].base);
        cr_assert_eq(llm_endpoint_url(&e, LLM_CALL_CHAT, STR("gpt-4o"), url, &err), 0);
        cr_expect_str_eq(url, rows[i].url);
        llm_endpoint_headers(&e, &h);
        for (size_t n = 0; h.lines[n]; n++)
            found = found || strcmp(h.lines[n], rows[i].key_line) == 0;
        cr_expect(found, "%s", rows[i].base);
    }
    struct llm_endpoint a = test_endpoint(LLM_PROVIDER_ANTHROPIC, NULL);
    struct llm_headers h;
    bool version = false, key = false;
    llm_endpoint_headers(&a, &h);
    for (size_t n = 0; h.lines[n]; n++) {
        version = version || strcmp(h.lines[n], "anthropic-version: 2023-06-01") == 0;
        key = key || strcmp(h.lines[n], "x-api-key: " TEST_KEY) == 0;
    }
    cr_assert(version && key);
}

Test(llm_endpoint, bad_input_is_one_sentence_without_the_key)
{
    static const struct {
        const char *url, *key, *flavor, *says;
    } rows[] = {
        {"ftp://x", TEST_KEY, "", "http:// or https://"},
        {"api.openai.com", TEST_KEY, "", "http:// or https://"},
        {"http://", TEST_KEY, "", "http://"},
        {"http://user:pw@host/v1", TEST_KEY, "", "user name"},
        {"http://host/v1?x=1", TEST_KEY, "", "question mark"},
        {"http://ho st/v1", TEST_KEY, "", "space"},
        {"http://host:99999/v1", TEST_KEY, "", "not an address"},
        {"https://api.openai.com/v1", "", "", "no key"},
        {"https://api.openai.com/v1", TEST_KEY "\n" TEST_KEY, "", "line break"},
        {"https://api.openai.com/v1", "sk-test\x01-0123456789", "", "character"},
        {"https://api.openai.com/v1", "sk-t\xc3\xa4st-0123456789", "", "character"},
        {"https://api.openai.com/v1", TEST_KEY, "anthropic", "flavor"},
        {"https://x.openai.azure.com/openai/deployments/a", TEST_KEY, "", "api_version"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct llm_endpoint e;
        struct err err = {0};
        struct llm_endpoint_options o = {.provider = LLM_PROVIDER_OPENAI,
                                         .base_url = rows[i].url,
                                         .key = str_of(rows[i].key),
                                         .flavor = rows[i].flavor};
        cr_expect_eq(llm_endpoint_init(&e, &o, &err), -ERR_CONFIG, "%s", rows[i].url);
        cr_expect(strstr(err.msg, rows[i].says), "%s: %s", rows[i].url, err.msg);
        cr_expect_not(strstr(err.msg, "0123456789"), "%s", err.msg);
    }
}

Test(llm_endpoint, a_key_with_white_space_around_it_is_good)
{
    char key[LLM_KEY_BYTES];
    struct err err;
    cr_assert_eq(llm_key_check(STR("  " TEST_KEY "\r\n"), key, &err), 0);
    cr_assert_str_eq(key, TEST_KEY);
}

Test(llm_endpoint, redaction)
{
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, NULL);
    static const struct {
        const char *text, *out;
    } rows[] = {{"nothing here", "nothing here"},        {"key " TEST_KEY " twice " TEST_KEY, "key [key] twice [key]"},
                {"part 0123456789abcd.", "part [key]."}, {"sk-other-key-999 x", "[key] x"},
                {"Bearer abcdefghij", "Bearer [key]"},   {"ask-me and risk-free", "ask-me and risk-free"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[200];
        snprintf(text, sizeof(text), "%s", rows[i].text);
        llm_redact(&e, text);
        cr_expect_str_eq(text, rows[i].out);
    }
}
