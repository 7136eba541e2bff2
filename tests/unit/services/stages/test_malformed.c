/* Answers as models spoil them, made from one good answer of each stage by rules: fences, thinking, prose, notation
 * that is not quite JSON, cuts at every 50th byte of text and of the whole reply, wrong types, wrong roots. Each ends
 * as the answer it was meant to be, or with a name for what is wrong and words for the model. At least 99 in 100 of
 * each kind. */
#include <stdio.h>
#include "analyzer/analyzer.h"
#include "cover_letter/letter.h"
#include "io/curl/fetch.h"
#include "optimizer/optimizer.h"
#include "unit/services/stages/stage_fixture.h"

#define GENERATED_MIN 200 /* of each stage */
#define CUT_BYTES     50

static const char ANALYSIS[] =
    "{\"verdict\":\"posting\",\"title\":\"Senior Platform Engineer\",\"company\":\"Corvane Logistics\",\"seniority\":"
    "\"senior\",\"experience_years_min\":5,\"education_level\":null,\"degree_optional\":true,\"work_mode\":\"remote\","
    "\"location\":\"Lyon\",\"requirements\":[{\"text\":\"5 years of Go\",\"kind\":\"experience\",\"priority\":"
    "\"required\",\"skills\":[\"Go\"],\"alternatives\":false,\"years_min\":5,\"knockout\":true,\"quote\":\"You must "
    "have "
    "5 years of experience with "
    "Go\"},{\"text\":\"PostgreSQL\",\"kind\":\"skill\",\"priority\":\"preferred\",\"skills\":"
    "[\"PostgreSQL\"],\"alternatives\":false,\"years_min\":null,\"knockout\":false,\"quote\":\"PostgreSQL is a "
    "plus\"}],"
    "\"responsibilities\":[{\"text\":\"Own the platform\",\"quote\":\"Own the deployment platform on Kubernetes\"}],"
    "\"culture\":[{\"signal\":\"flexibility\",\"polarity\":\"positive\",\"quote\":\"We offer flexible hours\"}],"
    "\"mission_quote\":\"\"}";
static const char POSTING[] =
    "# Senior Platform Engineer\n\nCorvane Logistics\n\n## What you will do\n\n- Own the "
    "deployment platform on Kubernetes\n- Review the work of two engineers\n\n## "
    "Requirements\n\n- You must have 5 years of experience with Go\n- PostgreSQL is a plus\n\n"
    "We offer flexible hours. Apply by e-mail. We look forward to your application.\n";
static const char TAILORED[] =
    "{\"summary\":\"\",\"summary_evidence_ids\":[],\"rewrites\":[{\"evidence_id\":\"a7\",\"text\":\"Moved 31 "
    "production "
    "services to Kubernetes with Terraform\",\"reason\":\"The posting asks for \\\"Kubernetes and Terraform in "
    "production\\\".\",\"requirement_ids\":[\"r1\"]},{\"evidence_id\":\"a6\",\"text\":\"Cut the p99 latency of the "
    "payout "
    "API from 840 ms to 190 ms with PostgreSQL advisory locks\",\"reason\":\"PostgreSQL under load.\","
    "\"requirement_ids\":[\"r2\"]}]}";
static const char LETTER[] =
    "{\"salutation\":\"Dear Hiring Team,\",\"paragraphs\":[{\"role\":\"opening\",\"text\":\"At Quaywater I moved 31 "
    "services to Kubernetes with Terraform, and kept them running while the payments team went on shipping.\","
    "\"evidence_ids\":[\"a7\"],\"requirement_ids\":[\"r1\"],\"quote\":\"\"},{\"role\":\"evidence\",\"text\":\"I cut "
    "the "
    "p99 latency of the payout API from 840 ms to 190 ms with PostgreSQL advisory locks.\",\"evidence_ids\":[\"a6\"],"
    "\"requirement_ids\":[\"r2\"],\"quote\":\"\"},{\"role\":\"closing\",\"text\":\"I would be glad to talk about the "
    "platform that dispatch depends on.\",\"evidence_ids\":[],\"requirement_ids\":[],\"quote\":\"\"}],\"sign_off\":"
    "\"Kind regards,\"}";

enum must { MUST_RECOVER, MUST_CLASSIFY }; /* an answer that is wrong must not pass for the good one */

struct tally {
    size_t made, right;
};

struct bench {
    const struct stage_model *model;
    const char *good;
    struct stage_try t;
    struct arena mem; /* of the schema and the good answer */
    struct schema *schema;
    yyjson_val *want;
    struct tally recover, classify, cut;
};

static void bench_init(struct bench *b)
{
    struct err err = {0};
    stage_try_init(&b->t);
    struct posting_source *source = ARENA_NEW(b->t.a, struct posting_source);
    *source = (struct posting_source){.format = POSTING_TEXT, .body = str_of(POSTING)};
    b->t.in.posting = source;
    cr_assert_eq(stage_try_ask(&b->t, b->model), VERDICT_ASK, "%s", b->t.err.msg);
    arena_init(&b->mem, (size_t)16 << 20);
    b->schema = schema_compile(&b->mem, str_of(b->model->schema), &err);
    cr_assert_not_null(b->schema, "%s", err.msg);
    cr_assert_eq(json_parse(&b->mem, str_of(b->good), &b->want, NULL, &err), 0, "%s", err.msg);
}

static void bench_fini(struct bench *b)
{
    arena_fini(&b->mem);
    stage_try_fini(&b->t);
}

/* The answer goes on to the stage: nothing that fits a schema may break it. */
static void finish(struct bench *b, yyjson_val *root)
{
    struct arena a;
    struct stage_output out = {.overall = -1};
    struct json_reply json = {.root = root};
    struct model_call call = {.ask = &b->t.ask, .route = "openai/gpt-4o", .json = &json};
    struct buf complaint;
    struct err err = {0};
    arena_init(&a, (size_t)64 << 20);
    buf_init(&complaint, 65536);
    enum verdict v = b->model->finish(&b->t.in, &call, true, &a, &out, &complaint, &err);
    cr_assert(v == VERDICT_DONE || v == VERDICT_NEEDS_REVIEW || (v == VERDICT_REJECT && err.msg[0]));
    buf_fini(&complaint);
    arena_fini(&a);
}

static void try_text(struct bench *b, struct str text, enum llm_finish why, enum must must, struct tally *into)
{
    struct arena a;
    struct json_reply r;
    struct buf said;
    arena_init(&a, (size_t)16 << 20);
    buf_init(&said, 65536);
    json_reply_read(&a, text, why, b->schema, &r);
    bool same = r.verdict == JSON_REPLY_OK && yyjson_equals(r.root, b->want), right = same;
    if (must == MUST_CLASSIFY) {
        json_reply_complaint(&r, &said);
        right = r.verdict != JSON_REPLY_OK && said.len > 20;
    }
    if (r.verdict == JSON_REPLY_OK)
        finish(b, r.root);
    if (!right)
        fprintf(stderr, "%s: %.*s\n", json_reply_verdict_name(r.verdict), (int)MIN(text.n, (size_t)160), text.p);
    into->made++;
    into->right += right;
    buf_fini(&said);
    arena_fini(&a);
}

/* Between two texts; with the good answer spoiled inside, too. */
static void around(struct bench *b)
{
    static const char *const FRAMES[][2] = {{"```json\n", "\n```"},
                                            {"```\n", "\n```"},
                                            {"```JSON\n", "\n```\nI hope this helps."},
                                            {"Here is the answer:\n\n```json\n", "\n```"},
                                            {"~~~\n", "\n~~~"},
                                            {"```json\n", ""},
                                            {"<think>The posting {\"asks\": for} Go.</think>\n", ""},
                                            {"<thinking>so\n[1]</thinking>", "\n"},
                                            {"<think>\n\n</think>\n\n```json\n", "\n```\n"},
                                            {"Sure! ", ""},
                                            {"", "\n\nLet me know if you need anything else."},
                                            {"The JSON object:\n", "\nThat is all."},
                                            {"\xef\xbb\xbf", ""},
                                            {"\n\n\t ", " \r\n"},
                                            {"[", "]"},
                                            {"{\"answer\":", "}"},
                                            {"{\"result\":", "}"},
                                            {"json\n", ""},
                                            {"Answer: ", ";"}};
    for (size_t i = 0; i < ARRAY_LEN(FRAMES); i++) {
        struct buf s;
        buf_init(&s, 1 << 20);
        buf_addf(&s, "%s%s%s", FRAMES[i][0], b->good, FRAMES[i][1]);
        try_text(b, (struct str){.p = s.data, .n = s.len}, LLM_FINISH_STOP, MUST_RECOVER, &b->recover);
        buf_fini(&s);
    }
}

/* One mark of the notation at a time, each place of it in turn. */
static void replaced(struct bench *b, const char *what, const char *by, size_t most, enum must must, struct tally *into)
{
    const char *from = b->good;
    size_t n = 0;
    for (const char *at; n < most && (at = strstr(from, what)); n++) {
        struct buf s;
        buf_init(&s, 1 << 20);
        buf_add(&s, b->good, (size_t)(at - b->good));
        buf_addf(&s, "%s%s", by, at + strlen(what));
        try_text(b, (struct str){.p = s.data, .n = s.len}, LLM_FINISH_STOP, must, into);
        buf_fini(&s);
        from = at + strlen(what);
    }
}

static void notation(struct bench *b)
{
    static const char *const ROWS[][2] = {{"}", ",}"},
                                          {"]", ",]"},
                                          {"\",\"", "\",\n // a remark\n\""},
                                          {"\",\"", "\", /* so */ \""},
                                          {":", " :\n\t"},
                                          {"\",\"", "\"\n\""},
                                          {"true", "True"},
                                          {"false", "False"},
                                          {"null", "None"}};
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        replaced(b, ROWS[i][0], ROWS[i][1], 8, MUST_RECOVER, &b->recover);
}

static void put(struct buf *s, yyjson_mut_doc *d)
{
    size_t n;
    char *text = yyjson_mut_write(d, 0, &n);
    buf_reset(s);
    buf_add(s, text, n);
    free(text);
}

/* Every member of the object, and of the first object in each of its lists, gets values of types it cannot have; or is
 * left out; or gets company. */
static void wrong_members(struct bench *b, yyjson_mut_doc *d, yyjson_mut_val *object)
{
    struct buf s;
    yyjson_mut_val *key, *v;
    size_t members = yyjson_mut_obj_size(object);
    buf_init(&s, 1 << 20);
    for (size_t i = 0; i < members; i++) {
        yyjson_mut_obj_iter it = yyjson_mut_obj_iter_with(object);
        for (size_t k = 0; k <= i; k++)
            key = yyjson_mut_obj_iter_next(&it);
        v = yyjson_mut_obj_iter_get_val(key);
        const char *name = yyjson_mut_get_str(key);
        yyjson_mut_val *const values[] = {yyjson_mut_obj(d),
                                          yyjson_mut_is_arr(v) ? yyjson_mut_int(d, 7) : yyjson_mut_arr(d),
                                          yyjson_mut_real(d, 1.5), NULL};
        for (size_t k = 0; k < ARRAY_LEN(values); k++) {
            if (values[k])
                yyjson_mut_obj_replace(object, yyjson_mut_str(d, name), values[k]);
            else
                yyjson_mut_obj_remove_key(object, name);
            put(&s, d);
            try_text(b, (struct str){.p = s.data, .n = s.len}, LLM_FINISH_STOP, MUST_CLASSIFY, &b->classify);
            if (!values[k])
                yyjson_mut_obj_insert(object, yyjson_mut_str(d, name), v, i);
            else
                yyjson_mut_obj_replace(object, yyjson_mut_str(d, name), v);
        }
        if (yyjson_mut_is_arr(v) && yyjson_mut_is_obj(yyjson_mut_arr_get_first(v)))
            wrong_members(b, d, yyjson_mut_arr_get_first(v));
    }
    buf_fini(&s);
}

static void wrong_types(struct bench *b)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_val_mut_copy(d, b->want);
    yyjson_mut_doc_set_root(d, root);
    wrong_members(b, d, root);
    yyjson_mut_doc_free(d);
}

static void wrong_roots(struct bench *b)
{
    static const char *const ROOTS[] = {"",
                                        " ",
                                        "null",
                                        "true",
                                        "0",
                                        "-1.5e300",
                                        "\"\"",
                                        "\"text\"",
                                        "[]",
                                        "[[]]",
                                        "{}",
                                        "[1,2,3]",
                                        "{\"error\":\"no\"}",
                                        "[{}]",
                                        "I am sorry, I cannot help with that.",
                                        "```json\n```",
                                        "```json\n[]\n```",
                                        "<think>",
                                        "<think>hm</think>",
                                        "{",
                                        "}",
                                        "][",
                                        "{\"a\":{\"b\":{\"c\":[]}}}",
                                        "undefined",
                                        "<html><body>no</body></html>"};
    for (size_t i = 0; i < ARRAY_LEN(ROOTS); i++)
        try_text(b, str_of(ROOTS[i]), LLM_FINISH_STOP, MUST_CLASSIFY, &b->classify);
}

static void cut_texts(struct bench *b)
{
    static const char *const BEFORE[] = {"", "```json\n", "<think>so {x}</think>", "Here it is: "};
    for (size_t f = 0; f < ARRAY_LEN(BEFORE); f++) {
        struct buf s;
        buf_init(&s, 1 << 20);
        buf_addf(&s, "%s%s", BEFORE[f], b->good);
        for (size_t n = f ? CUT_BYTES : 1; n < s.len; n += CUT_BYTES)
            for (int stop = 0; stop < 2; stop++)
                try_text(b, (struct str){.p = s.data, .n = n}, stop ? LLM_FINISH_STOP : LLM_FINISH_LENGTH,
                         MUST_CLASSIFY, &b->classify);
        buf_fini(&s);
    }
}

/* The whole reply of a provider, cut: a fault with a sentence, or the answer that was cut. */
static void cut_reply(struct bench *b, enum llm_provider p, struct str body)
{
    struct llm_endpoint e;
    struct err err;
    const struct llm_endpoint_options o = {.provider = p, .key = STR("sk-test-0123456789abcdef")};
    const struct llm_expect expect = {.kind = LLM_CALL_CHAT};
    cr_assert_eq(llm_endpoint_init(&e, &o, &err), 0);
    for (size_t n = 0; n <= body.n; n = n == body.n ? n + 1 : MIN(n + CUT_BYTES, body.n)) {
        struct arena a;
        struct llm_reply reply;
        struct llm_fault fault = {.kind = LLM_FAULT_NONE};
        struct json_reply r = {.verdict = JSON_REPLY_EMPTY};
        struct llm_raw raw = {.end = FETCH_END_DONE, .status = 200, .sent = true, .head = STR(""), .reason = STR("")};
        raw.body = str_sub(body, 0, n);
        arena_init(&a, (size_t)16 << 20);
        bool read = llm_reply_parse(&e, &raw, &expect, &a, &reply, &fault) == 0;
        if (read)
            json_reply_read(&a, reply.text, reply.finish, b->schema, &r);
        bool whole = read && r.verdict == JSON_REPLY_OK && yyjson_equals(r.root, b->want);
        bool right = n == body.n ? whole : !read && fault.kind != LLM_FAULT_NONE && fault.sentence[0];
        b->cut.made++;
        b->cut.right += right || whole; /* a stream may lack no more than its last word */
        arena_fini(&a);
    }
}

static void cut_replies(struct bench *b)
{
    struct buf s;
    struct str text = str_of(b->good);
    buf_init(&s, 1 << 20);
    buf_adds(&s, "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,"
                 "\"message\":{\"role\":\"assistant\",\"content\":");
    buf_add_json(&s, text.p, text.n);
    buf_adds(&s,
             ",\"refusal\":null},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":"
             "20,\"total_tokens\":30}}");
    cut_reply(b, LLM_PROVIDER_OPENAI, (struct str){.p = s.data, .n = s.len});
    buf_reset(&s);
    buf_adds(&s,
             "{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[{\"type\":"
             "\"text\",\"text\":");
    buf_add_json(&s, text.p, text.n);
    buf_adds(&s, "}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":10,\"output_tokens\":20}}");
    cut_reply(b, LLM_PROVIDER_ANTHROPIC, (struct str){.p = s.data, .n = s.len});
    buf_reset(&s);
    for (size_t at = 0; at < text.n; at += 37) {
        struct str piece = str_sub(text, at, MIN(at + 37, text.n));
        buf_adds(&s, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":");
        buf_add_json(&s, piece.p, piece.n);
        buf_adds(&s, "}}]}\n\n");
    }
    buf_adds(&s, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    cut_reply(b, LLM_PROVIDER_OPENAI, (struct str){.p = s.data, .n = s.len});
    buf_fini(&s);
}

static void mostly(const struct tally *t, const char *what, const char *stage)
{
    cr_expect(t->right * 100 >= t->made * 99, "%s, %s: %zu of %zu", stage, what, t->right, t->made);
}

static void spoil(const struct stage_model *model, const char *good, const char *stage)
{
    struct bench b = {.model = model, .good = good};
    bench_init(&b);
    around(&b);
    notation(&b);
    wrong_types(&b);
    wrong_roots(&b);
    cut_texts(&b);
    cut_replies(&b);
    mostly(&b.recover, "recovered", stage);
    mostly(&b.classify, "classified", stage);
    mostly(&b.cut, "cut replies", stage);
    size_t made = b.recover.made + b.classify.made + b.cut.made;
    cr_expect_geq(made, GENERATED_MIN, "%zu", made);
    fprintf(stderr, "%s: %zu recovered of %zu, %zu classified of %zu, %zu cut replies of %zu\n", stage, b.recover.right,
            b.recover.made, b.classify.right, b.classify.made, b.cut.right, b.cut.made);
    bench_fini(&b);
}

TestSuite(malformed, .timeout = 120);

Test(malformed, analysis)
{
    spoil(&analyzer_model, ANALYSIS, "analyze");
}

Test(malformed, tailoring)
{
    spoil(&optimizer_model, TAILORED, "optimize");
}

Test(malformed, letter)
{
    spoil(&letter_model, LETTER, "letter");
}
