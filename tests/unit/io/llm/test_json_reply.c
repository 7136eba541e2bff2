/* What models write around, instead of and inside of JSON: every text is read as what it means, or refused with the
 * right word; never read as something else. */
#include "fixture.h"

TestSuite(json_reply, .timeout = 60);

#define SCHEMA                                                                                                         \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"title\",\"level\",\"skills\",\"pay\"],"       \
    "\"properties\":{"                                                                                                 \
    "\"title\":{\"type\":\"string\",\"maxLength\":200},\"level\":{\"type\":\"string\",\"enum\":[\"junior\","           \
    "\"senior\"]},"                                                                                                    \
    "\"skills\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"pay\":{\"type\":[\"number\",\"null\"]},"        \
    "\"note\":{\"type\":\"string\"}}}"

static const char *const answers[] = {
    "{\"title\":\"C Engineer\",\"level\":\"senior\",\"skills\":[\"C\",\"SQL\"],\"pay\":75000.5}",
    "{\"title\":\"a {brace} and [bracket], // no comment\",\"level\":\"junior\",\"skills\":[],\"pay\":null}",
    "{\"title\":\"Pfl\xc3\xa4"
    "fast (m/w/d): 10 %\",\"level\":\"senior\",\"skills\":[\"Geduld\"],\"pay\":-1}",
    "{\"title\":\"quote \\\" and \\\\ and \\u00e9 "
    "\\ud83d\\ude00\",\"level\":\"junior\",\"skills\":[\"x\"],\"pay\":1e3,\"note\":\"</b> ``` ok\"}",
    "{\"title\":\"\",\"level\":\"junior\",\"skills\":[\"a\",\"b\",\"c\",\"d\"],\"pay\":0}",
    "{\n  \"title\": \"lines\",\n  \"level\": \"senior\",\n  \"skills\": [\n    \"C\"\n  ],\n  \"pay\": 12\n}",
};

struct got {
    struct arena arena;
    struct schema *schema;
    struct json_reply r;
};

static void get(struct got *g, struct str text, enum llm_finish finish, const char *schema)
{
    struct err err;
    arena_init(&g->arena, (size_t)64 << 20);
    g->schema = schema ? schema_compile(&g->arena, str_of(schema), &err) : NULL;
    cr_assert(!schema || g->schema, "%s", err.msg);
    json_reply_read(&g->arena, text, finish, g->schema, &g->r);
}

/* How models spoil an answer that can still be read: %s is the answer. */
static const struct {
    const char *format;
    unsigned repair;
} wraps[] = {
    {"%s", 0},
    {"\n\n  %s\n", 0},
    {"```json\n%s\n```", JSON_REPAIR_FENCE},
    {"```\n%s\n```\n", JSON_REPAIR_FENCE},
    {"Here is the JSON:\n```json\n%s\n```\nLet me know!", JSON_REPAIR_FENCE | JSON_REPAIR_PROSE},
    {"Sure! %s", JSON_REPAIR_PROSE},
    {"%s\n\nI hope this helps.", JSON_REPAIR_PROSE},
    {"<think>The posting says {something} and [more]</think>%s", JSON_REPAIR_THINKING},
    {"<thinking>\n{\"title\": \"draft\"}\n</thinking>\n\n%s", JSON_REPAIR_THINKING},
    {"I think {\"title\": 1} first</think>\n%s", JSON_REPAIR_THINKING},
    {"[%s]", JSON_REPAIR_LIST},
    {"{\"result\": %s}", JSON_REPAIR_WRAPPER},
    {"%s\n%s", JSON_REPAIR_DUPLICATE},
    {"```json\n%s\n```\n\n```json\n%s\n```", JSON_REPAIR_DUPLICATE | JSON_REPAIR_FENCE},
    {"\xef\xbb\xbf%s", 0},
    {"// the answer\n%s", JSON_REPAIR_PROSE},
    {"The value [as asked, see {above}]: %s", JSON_REPAIR_PROSE},
    {"{\"title\": \"an example\"}\n%s", JSON_REPAIR_CHOSEN},
    {"json\n%s", JSON_REPAIR_PROSE},
    {"%s;", JSON_REPAIR_PROSE},
    {"\"answer\": %s", JSON_REPAIR_PROSE},
    {"%s}", JSON_REPAIR_PROSE},
    {"*%s*", JSON_REPAIR_PROSE},
};

Test(json_reply, what_is_around_an_answer)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        for (size_t w = 0; w < ARRAY_LEN(wraps); w++) {
            char text[4096];
            struct got g;
            yyjson_val *want;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
            snprintf(text, sizeof(text), wraps[w].format, answers[i], answers[i]);
#pragma GCC diagnostic pop
            get(&g, str_of(text), LLM_FINISH_STOP, SCHEMA);
            cr_expect_eq(g.r.verdict, JSON_REPLY_OK, "answer %zu in \"%s\": %s", i, wraps[w].format,
                         json_reply_verdict_name(g.r.verdict));
            cr_assert_eq(json_parse(&g.arena, str_of(answers[i]), &want, NULL, NULL), 0);
            cr_expect(g.r.root && yyjson_equals(g.r.root, want), "answer %zu in \"%s\" was read as " STR_FMT, i,
                      wraps[w].format, STR_ARG(g.r.json));
            cr_expect_eq(g.r.repairs & wraps[w].repair, wraps[w].repair, "\"%s\": 0x%x", wraps[w].format, g.r.repairs);
            arena_fini(&g.arena);
            count++;
        }
    }
    cr_assert_geq(count, 130u);
    LEAK_NONE();
}

/* Spoiled inside; each means {"a":..., "b":...} as given. */
static const struct {
    const char *text, *means;
    unsigned repair;
} insides[] = {
    {"{\"a\":1,\"b\":[1,2,],}", "{\"a\":1,\"b\":[1,2]}", JSON_REPAIR_COMMA},
    {"{\"a\":1 \"b\":2}", "{\"a\":1,\"b\":2}", JSON_REPAIR_COMMA},
    {"{\"a\":\"x\"\n\"b\":2}", "{\"a\":\"x\",\"b\":2}", JSON_REPAIR_COMMA},
    {"{'a':'it\\'s','b':'\"q\"'}", "{\"a\":\"it's\",\"b\":\"\\\"q\\\"\"}", JSON_REPAIR_QUOTES},
    {"{'a': 'don't', 'b': 1}", "{\"a\":\"don't\",\"b\":1}", JSON_REPAIR_QUOTES},
    {"{\xe2\x80\x9c"
     "a\xe2\x80\x9d: \xe2\x80\x9cx\xe2\x80\x9d, \xe2\x80\x9c"
     "b\xe2\x80\x9d: 2}",
     "{\"a\":\"x\",\"b\":2}", JSON_REPAIR_QUOTES},
    {"{a: 1, b_c: 2}", "{\"a\":1,\"b_c\":2}", JSON_REPAIR_KEYS},
    {"{\"a\":True,\"b\":None}", "{\"a\":true,\"b\":null}", JSON_REPAIR_LITERALS},
    {"{\"a\":NaN,\"b\":-Infinity}", "{\"a\":null,\"b\":null}", JSON_REPAIR_LITERALS},
    {"{\"a\":1, // one\n\"b\":2 /* two */}", "{\"a\":1,\"b\":2}", JSON_REPAIR_COMMENTS},
    {"{\"a\":\"two\nlines\",\"b\":\"a\ttab\"}", "{\"a\":\"two\\nlines\",\"b\":\"a\\ttab\"}", JSON_REPAIR_CONTROLS},
    {"{\"a\":\"C:\\dir \\d+\",\"b\":\"\\'\"}", "{\"a\":\"C:\\\\dir \\\\d+\",\"b\":\"'\"}", JSON_REPAIR_ESCAPES},
    {"{\"a\":\"\\ud800x\",\"b\":1}", "{\"a\":\"\\ufffdx\",\"b\":1}", JSON_REPAIR_ESCAPES},
    {"{\"a\":+1,\"b\":.5}", "{\"a\":1,\"b\":0.5}", JSON_REPAIR_NUMBERS},
    {"{\"a\":1.,\"b\":007}", "{\"a\":1,\"b\":7}", JSON_REPAIR_NUMBERS},
    {"{\"a\":\"x\xff\xfey\",\"b\":1}", "{\"a\":\"x\xef\xbf\xbd\xef\xbf\xbdy\",\"b\":1}", JSON_REPAIR_UTF8},
    {"\"{\\\"a\\\":1,\\\"b\\\":2}\"", "{\"a\":1,\"b\":2}", JSON_REPAIR_STRING},
    {"{\"a\":\"He said \"hi\" to me\",\"b\":1}", "{\"a\":\"He said \\\"hi\\\" to me\",\"b\":1}", JSON_REPAIR_INNER},
    {"{,\"a\":1,,\"b\":2}", "{\"a\":1,\"b\":2}", JSON_REPAIR_COMMA},
    {"{\"a\":\"<think>\",\"b\":\"</think>\"}", "{\"a\":\"<think>\",\"b\":\"</think>\"}", 0},
};

Test(json_reply, what_is_inside_of_an_answer)
{
    for (size_t i = 0; i < ARRAY_LEN(insides); i++) {
        struct got g;
        yyjson_val *want;
        get(&g, str_of(insides[i].text), LLM_FINISH_STOP, NULL);
        cr_expect_eq(g.r.verdict, JSON_REPLY_OK, "%s: %s", insides[i].text, json_reply_verdict_name(g.r.verdict));
        cr_assert_eq(json_parse(&g.arena, str_of(insides[i].means), &want, NULL, NULL), 0, "%s", insides[i].means);
        cr_expect(g.r.root && yyjson_equals(g.r.root, want), "%s was read as " STR_FMT, insides[i].text,
                  STR_ARG(g.r.json));
        cr_expect_eq(g.r.repairs & insides[i].repair, insides[i].repair, "%s: 0x%x", insides[i].text, g.r.repairs);
        cr_expect(insides[i].repair || !g.r.repairs);
        arena_fini(&g.arena);
    }
    LEAK_NONE();
}

/* Cut at every byte: truncated, and never an answer, bare or fenced or behind a thought. */
Test(json_reply, a_cut_answer_is_truncated)
{
    static const char *const befores[] = {"", "```json\n", "<think>so {x}</think>", "Sure: "};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        for (size_t b = 0; b < ARRAY_LEN(befores); b++) {
            size_t lead = strlen(befores[b]), n = strlen(answers[i]);
            for (size_t cut = 1; cut < n; cut++) {
                char *text = malloc(lead + cut + 1);
                struct got g;
                memcpy(text, befores[b], lead);
                memcpy(text + lead, answers[i], cut);
                get(&g, (struct str){.p = text, .n = lead + cut}, cut % 2 ? LLM_FINISH_LENGTH : LLM_FINISH_STOP,
                    cut % 3 ? SCHEMA : NULL);
                cr_expect_eq(g.r.verdict, JSON_REPLY_TRUNCATED, "answer %zu at %zu \"%.*s\": %s", i, cut,
                             (int)(lead + cut), text, json_reply_verdict_name(g.r.verdict));
                cr_assert_null(g.r.root);
                arena_fini(&g.arena);
                free(text);
            }
        }
    }
    LEAK_NONE();
}

static const struct {
    const char *text;
    enum llm_finish finish;
    enum json_reply_verdict verdict;
} refused[] = {
    {"", LLM_FINISH_STOP, JSON_REPLY_EMPTY},
    {"I cannot help with that.", LLM_FINISH_STOP, JSON_REPLY_EMPTY},
    {"", LLM_FINISH_LENGTH, JSON_REPLY_TRUNCATED},
    {"<think>hm", LLM_FINISH_LENGTH, JSON_REPLY_TRUNCATED},
    {"<think>hm {\"title\":\"x\",\"level\":\"senior\",\"skills\":[],\"pay\":1}", LLM_FINISH_STOP, JSON_REPLY_TRUNCATED},
    {"[1,2,3]", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"\"text\"", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":1,\"level\":\"senior\",\"skills\":[],\"pay\":1}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\",\"level\":\"middle\",\"skills\":[],\"pay\":1}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\",\"level\":\"senior\",\"skills\":\"C\",\"pay\":1}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\",\"level\":\"senior\",\"skills\":[1],\"pay\":\"1\"}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\",\"level\":\"senior\",\"skills\":[],\"pay\":1,\"extra\":2}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\"}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
    {"{\"title\":\"x\",\"level\":\"senior\",\"skills\":[],\"pay\":1}{\"title\":\"y\",\"level\":\"senior\",\"skills\":[]"
     ",\"pay\":1}",
     LLM_FINISH_STOP, JSON_REPLY_AMBIGUOUS},
    {"{\"title\":\"x\" level senior}", LLM_FINISH_STOP, JSON_REPLY_BROKEN},
    {"{\"title\":\"x\",\"level\":{\"title\":\"x\",\"level\":\"senior\",\"skills\":[],\"pay\":1}", LLM_FINISH_STOP,
     JSON_REPLY_TRUNCATED},
    {"{}", LLM_FINISH_STOP, JSON_REPLY_WRONG},
};

Test(json_reply, what_cannot_be_read_is_named)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct got g;
        struct buf complaint;
        get(&g, str_of(refused[i].text), refused[i].finish, SCHEMA);
        cr_expect_eq(g.r.verdict, refused[i].verdict, "%s: %s", refused[i].text, json_reply_verdict_name(g.r.verdict));
        cr_expect(g.r.verdict != JSON_REPLY_WRONG || g.r.faults.count, "%s", refused[i].text);
        buf_init(&complaint, 65536);
        json_reply_complaint(&g.r, &complaint);
        cr_expect(complaint.len > 40);
        buf_fini(&complaint);
        arena_fini(&g.arena);
    }
    LEAK_NONE();
}

Test(json_reply, words_in_another_case_and_null_for_optional)
{
    struct got g;
    get(&g, STR("{\"title\":\"x\",\"level\":\"Senior\",\"skills\":[],\"pay\":1,\"note\":null}"), LLM_FINISH_STOP,
        SCHEMA);
    cr_assert_eq(g.r.verdict, JSON_REPLY_OK);
    cr_assert(g.r.repairs & JSON_REPAIR_CASE);
    cr_assert(str_eqc(json_get_str(g.r.root, "level"), "senior"));
    arena_fini(&g.arena);
}

Test(json_reply, two_answers_without_a_schema_are_ambiguous)
{
    struct got g;
    get(&g, STR("use {\"a\":1}, so: {\"b\":2}"), LLM_FINISH_STOP, NULL);
    cr_assert_eq(g.r.verdict, JSON_REPLY_AMBIGUOUS);
    arena_fini(&g.arena);
}

Test(json_reply, depth_and_size_are_bounded)
{
    struct got g;
    char *deep = malloc(200001);
    for (size_t i = 0; i < 200000; i++)
        deep[i] = i % 5 == 0 ? '{' : "\"a\":"[i % 5 - 1];
    get(&g, (struct str){.p = deep, .n = 200000}, LLM_FINISH_STOP, NULL);
    cr_assert_neq(g.r.verdict, JSON_REPLY_OK);
    arena_fini(&g.arena);
    memset(deep, '[', 200000);
    get(&g, (struct str){.p = deep, .n = 200000}, LLM_FINISH_STOP, NULL);
    cr_assert_neq(g.r.verdict, JSON_REPLY_OK);
    arena_fini(&g.arena);
    free(deep);
    LEAK_NONE();
}
