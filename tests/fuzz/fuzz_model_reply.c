/* Any bytes as the answer of a model, brought to the three stages: whatever it says, an outcome comes out, quotes are
 * the posting's bytes, and a document that is done has passed its guard. What is no JSON is taken as a text inside of
 * it. */
#include <stdint.h>
#include <stdlib.h>
#include "analyzer/analyzer.h"
#include "base/utf8.h"
#include "cover_letter/letter.h"
#include "optimizer/optimizer.h"
#include "pipeline/worker/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char PERSON[] =
    "{\"basics\":{\"name\":\"Ada Verne\",\"summary\":\"Backend engineer for "
    "payments.\"},\"work\":[{\"name\":\"Quaywater "
    "Systems\",\"position\":\"Senior Engineer\",\"startDate\":\"2021-03\",\"highlights\":[\"Cut latency from 840 ms to "
    "190 ms with PostgreSQL\","
    "\"Moved 31 services to Kubernetes with Terraform\"]}],\"skills\":[{\"name\":\"Go\"}]}";
static const char POSTING[] = "# Senior Platform Engineer\n\nCorvane Logistics, Lyon\n\n## What you will do\n\n- Own "
                              "the deployment platform on Kubernetes\n- Review the work of two engineers\n\n"
                              "## Requirements\n\n- You must have 5 years of experience with Go or Java\n- PostgreSQL "
                              "is a plus\n\nWe offer flexible hours. Apply by e-mail.\n";

static void quotes_check(struct arena *a, const struct stage_input *in, struct str document)
{
    struct posting p;
    struct analysis *an;
    if (posting_read(a, in->posting, &p, NULL) != 0 || analysis_from_json(a, document, &an, NULL) != 0)
        abort();
    for (size_t i = 0; i < an->requirements_n; i++) {
        const struct analysis_quote *q = &an->requirements[i].evidence;
        if (q->start > q->end || q->end > p.text.n || !str_eq(q->text, str_sub(p.text, q->start, q->end)))
            abort();
    }
}

static void try(const struct stage_model *m, const struct stage_input *in, yyjson_val *root, struct arena *a, bool last)
{
    struct model_ask ask = {0};
    struct json_reply json = {.root = root};
    struct model_call call = {.ask = &ask, .route = "openai/x", .json = &json};
    struct stage_output out = {.overall = -1};
    struct buf complaint;
    struct err err = {0};
    buf_init(&complaint, 16384);
    enum verdict v = m->finish(in, &call, last, a, &out, &complaint, &err);
    if (v == VERDICT_ASK_AGAIN ? last || complaint.len == 0 : v == VERDICT_ASK || v == 0)
        abort();
    if (v == VERDICT_DONE && m != &analyzer_model && stage_guard_check(a, out.document, &err) < 0)
        abort();
    if (v == VERDICT_DONE && m == &analyzer_model)
        quotes_check(a, in, out.document);
    buf_fini(&complaint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct stage_model *const MODELS[] = {&analyzer_model, &optimizer_model, &letter_model};
    struct arena a;
    struct profile *p;
    struct posting posting;
    struct analysis *an;
    yyjson_val *root;
    struct posting_source source = {.format = POSTING_TEXT, .body = str_of(POSTING)};
    struct stage_input in = {.posting = &source, .options = STR(""), .now = {.y = 2026, .m = 11}};
    struct str text = {.p = (const char *)data, .n = size};
    if (size > 65536 || utf8_valid_prefix(text) != size)
        return 0;
    arena_init(&a, (size_t)128 * 1024 * 1024);
    if (profile_read(&a, str_of(PERSON), &p, NULL) != 0 || facts_index_make(&a, p, &in.facts, NULL) != 0 ||
        posting_read(&a, &source, &posting, NULL) != 0 || analysis_make(&a, &posting, &an, NULL) != 0)
        abort();
    in.profile = p;
    in.analysis = an;
    if (json_parse(&a, text, &root, NULL, NULL) < 0) {
        struct buf b;
        buf_init(&b, 1 << 20);
        buf_adds(&b,
                 "{\"summary_evidence_ids\":[\"a1\",\"a3\"],\"salutation\":\"Hi,\",\"sign_off\":\"Bye,\",\"summary\":");
        buf_add_json(&b, text.p, text.n);
        buf_adds(&b, ",\"requirements\":[{\"kind\":\"skill\",\"quote\":");
        buf_add_json(&b, text.p, text.n);
        buf_adds(&b, "}],\"rewrites\":[{\"evidence_id\":\"a3\",\"text\":");
        buf_add_json(&b, text.p, text.n);
        buf_adds(&b, "}],\"paragraphs\":[{\"role\":\"opening\",\"evidence_ids\":[\"a3\"],\"text\":");
        buf_add_json(&b, text.p, text.n);
        buf_adds(&b, "}]}");
        if (json_parse(&a, (struct str){.p = buf_str(&b), .n = b.len}, &root, NULL, NULL) < 0)
            root = NULL;
        buf_fini(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(MODELS) && root; i++) {
        try(MODELS[i], &in, root, &a, false);
        try(MODELS[i], &in, root, &a, true);
    }
    arena_fini(&a);
    return 0;
}
