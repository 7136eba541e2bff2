/* Answers of model servers against arbitrary bytes. The first byte chooses provider, status and schema; the rest is
 * read as an answer (whole or stream), as a text with JSON in it, as a journal entry, as a schema and as headers.
 * Nothing may crash; what is said to be JSON is JSON and fits; what is repaired is read again as the same; a sentence
 * never holds the key. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/curl/fetch.h"
#include "io/llm/embed_cut.h"
#include "io/llm/json_reply.h"
#include "io/llm/reply.h"
#include "io/llm/tokens.h"

#define KEY "sk-fuzz-0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static const char schema_text[] =
    "{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"additionalProperties\":false,\"properties\":{\"a\":{\"type\":["
    "\"string\",\"null\"]},"
    "\"b\":{\"enum\":[\"x\",\"y\",1]},\"c\":{\"type\":\"array\",\"items\":{\"type\":\"number\",\"minimum\":0}}}}";

static void json(struct arena *a, struct str text, uint8_t choice)
{
    struct schema *s = choice & 1 ? schema_compile(a, str_of(schema_text), NULL) : NULL;
    struct json_reply r, again;
    json_reply_read(a, text, choice & 2 ? LLM_FINISH_LENGTH : LLM_FINISH_STOP, s, &r);
    must((r.verdict == JSON_REPLY_OK || r.verdict == JSON_REPLY_WRONG) || !r.root);
    if (r.verdict != JSON_REPLY_OK)
        return;
    must(yyjson_is_obj(r.root) && (!s || schema_check(s, r.root, NULL)));
    json_reply_read(a, r.json, LLM_FINISH_STOP, s, &again);
    must(again.verdict == JSON_REPLY_OK && again.repairs == 0 && yyjson_equals(again.root, r.root));
}

static void reply(struct arena *a, struct str text, uint8_t choice)
{
    static const int statuses[] = {200, 400, 401, 404, 429, 500, 503, 529};
    struct llm_endpoint e = {.name = "fuzz",
                             .provider = choice & 1 ? LLM_PROVIDER_ANTHROPIC : LLM_PROVIDER_OPENAI,
                             .key = KEY};
    struct llm_raw raw = {.end = FETCH_END_DONE,
                          .status = choice & 64 ? statuses[choice >> 3 & 7] : 200,
                          .head = STR(""),
                          .body = text,
                          .reason = STR("")};
    struct llm_expect expect = {.kind = choice & 2 ? LLM_CALL_EMBED : LLM_CALL_CHAT, .inputs_count = 2};
    struct llm_reply r;
    struct llm_fault f;
    if (choice & 4) {
        raw.head = text;
        raw.body = STR("{\"error\":\"x\"}");
    }
    int rc = llm_reply_parse(&e, &raw, &expect, a, &r, &f);
    must((rc == 0) == (f.kind == LLM_FAULT_NONE));
    must(!strstr(f.sentence, "0123456789"));
    must(r.usage.input >= 0 && r.usage.cached_read + r.usage.cache_write <= r.usage.input);
}

/* An answer with two embeddings that is cut says in its parts what it says as a whole, and nothing else. */
static void cut(struct arena *a, struct str text)
{
    struct llm_endpoint e = {.name = "fuzz", .provider = LLM_PROVIDER_OPENAI, .key = KEY};
    struct llm_raw raw = {
        .end = FETCH_END_DONE, .status = 200, .head = STR(""), .body = str_trim(text), .reason = STR("")};
    struct llm_expect expect = {.kind = LLM_CALL_EMBED, .inputs_count = 2};
    struct str elements[2];
    struct llm_cut c;
    struct llm_reply whole, part;
    struct llm_fault f;
    if (!llm_embed_cut(raw.body, 2, elements, &c))
        return;
    must(c.before.p == raw.body.p && c.after.p + c.after.n == raw.body.p + raw.body.n);
    int rc = llm_reply_parse(&e, &raw, &expect, a, &whole, &f);
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        buf_init(&b, text.n);
        llm_embed_cut_part(&c, i, 1, &b);
        must(!buf_failed(&b));
        raw.body = (struct str){.p = buf_str(&b), .n = b.len};
        expect.inputs_count = 1;
        expect.inputs_first = i;
        if (rc == 0) {
            must(llm_reply_parse(&e, &raw, &expect, a, &part, &f) == 0 && part.dimensions == whole.dimensions);
            must(memcmp(part.vectors, whole.vectors + i * whole.dimensions, whole.dimensions * sizeof(float)) == 0);
            must(part.usage.input == whole.usage.input);
        }
        buf_fini(&b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct llm_raw raw;
    if (size < 1)
        return 0;
    struct str text = {.p = (const char *)data + 1, .n = size - 1};
    arena_init(&a, (size_t)32 << 20);
    json(&a, text, data[0]);
    reply(&a, text, data[0]);
    arena_reset(&a);
    cut(&a, text);
    arena_reset(&a);
    if (schema_compile(&a, text, NULL)) {
        struct schema *s = schema_compile(&a, text, NULL);
        must(!s || schema_portable(s, &a).p || a.used_bytes > a.max_bytes / 2);
    }
    if (llm_raw_unpack(text, &raw, NULL) == 0)
        must(raw.body.n <= text.n);
    must(tokens_estimate((enum tokens_family)(data[0] % TOKENS_FAMILY_COUNT), text) >= 0);
    llm_duration_ms(text);
    arena_fini(&a);
    return 0;
}
