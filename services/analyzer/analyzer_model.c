/* Postings read by a model. The offline engine reads first: what it knows to be no posting is not worth a call, and
 * what the model says is laid over its reading, checked word by word against the posting (engine/analysis_merge.h). */
#include "analyzer/analyzer.h"

#include <string.h>
#include "base/utf8.h"
#include "pipeline/engine/analysis_merge.h"
#include "pipeline/engine/posting_trim.h"
#include "pipeline/worker/prompt.h"

#define POSTING_TOKENS 12000 /* what is not asked for goes beyond it, however large the window */
#define TAGS_TOKENS    100   /* around the posting, and what is said about its length */
#define WRONG_BYTES    200

/* What ask read, for finish. */
struct reading_kept {
    struct posting posting;
    struct analysis *analysis;
    struct model_left_out left_out;
};

static enum verdict outcome(struct arena *a, const struct analysis *an, struct stage_output *out, struct err *err)
{
    if (analysis_to_json(a, an, &out->document, err) < 0)
        return VERDICT_REJECT;
    out->title = an->title;
    out->company = an->company;
    return VERDICT_DONE;
}

static struct reading_kept *reading_of(const struct stage_input *in, struct arena *a, struct err *err)
{
    struct reading_kept *k = ARENA_NEW(a, struct reading_kept);
    struct posting_source source = *in->posting;
    if (!k) {
        err_set(err, ERR_MEMORY, "no memory left to read the posting");
        return NULL;
    }
    source.now = (struct posting_day){in->now.y, in->now.m, 0};
    if (posting_read(a, &source, &k->posting, err) < 0 || analysis_make(a, &k->posting, &k->analysis, err) < 0)
        return NULL;
    return k;
}

static int64_t measure(const void *how, struct str text)
{
    return model_room_count(how, text);
}

static int shorten(const struct posting *p, struct arena *a, const struct model_ask *ask, struct posting_trimmed *ret,
                   struct err *err)
{
    struct posting_ruler ruler = {.measure = measure, .how = &ask->room, .mark = "[...]"};
    int64_t room = ask->room.tokens ? MAX(ask->room.tokens - TAGS_TOKENS, (int64_t)1) : INT64_MAX;
    *ret = (struct posting_trimmed){.text = p->text};
    if (model_room_surely(&(struct model_room){.tokens = MIN(room, (int64_t)POSTING_TOKENS)}, p->text.n))
        return 0;
    int rc = posting_trim(a, p, &ruler, MIN(room, (int64_t)POSTING_TOKENS), ret, err);
    if (rc == 0 && ret->length > room)
        rc = prompt_too_large(ask, ret->length, "the posting's requirements and duties", err);
    return rc;
}

static enum verdict analyzer_ask(const struct stage_input *in, struct arena *a, struct model_ask *ret,
                                 struct stage_output *out, struct err *err)
{
    struct reading_kept *k = reading_of(in, a, err);
    if (!k)
        return VERDICT_REJECT;
    if (k->analysis->verdict != ANALYSIS_POSTING)
        return outcome(a, k->analysis, out, err);
    struct posting_trimmed t;
    if (shorten(&k->posting, a, ret, &t, err) < 0)
        return VERDICT_REJECT;
    memcpy(k->left_out.posting, t.left_out, sizeof(t.left_out));
    ret->left_out = k->left_out;
    struct buf b;
    buf_init(&b, PROMPT_MAX_BYTES);
    buf_adds(&b, "<posting>\n");
    prompt_text(&b, t.text); /* a posting's own tags close nothing */
    buf_adds(&b, "\n</posting>\n");
    if (t.text.p != k->posting.text.p) {
        buf_adds(&b, "Left out, because the posting is long: ");
        posting_left_out_write(t.left_out, &b);
        buf_adds(&b, ".\n");
    }
    if (prompt_take(&b, a, ret, err) < 0)
        return VERDICT_REJECT;
    ret->kept = k;
    return VERDICT_ASK;
}

static void complain(const struct analysis_merge *m, struct buf *complaint)
{
    buf_adds(complaint, "These quotes do not stand in the posting. Copy each from one place, character by character, "
                        "or leave the item out:\n");
    for (size_t i = 0; i < m->wrong_n; i++) {
        struct str s = utf8_cut(m->wrong[i], WRONG_BYTES);
        buf_addf(complaint, "- " STR_FMT "\n", STR_ARG(s));
    }
    buf_adds(complaint, "Answer again with the whole JSON object.");
}

static enum verdict analyzer_finish(const struct stage_input *in, const struct model_call *call, bool last,
                                    struct arena *a, struct stage_output *out, struct buf *complaint, struct err *err)
{
    struct analysis_merge m;
    struct reading_kept *k = call->ask ? call->ask->kept : NULL;
    if (!k && !(k = reading_of(in, a, err)))
        return VERDICT_REJECT;
    struct analysis *an = ARENA_NEW(a, struct analysis); /* a second answer starts from the same reading */
    if (!an) {
        err_set(err, ERR_MEMORY, "no memory left for the analysis");
        return VERDICT_REJECT;
    }
    *an = *k->analysis;
    if (analysis_merge(a, &k->posting, call->json->root, an, &m, err) < 0)
        return VERDICT_REJECT;
    if (!last && analysis_merge_is_poor(&m)) {
        complain(&m, complaint);
        return VERDICT_ASK_AGAIN;
    }
    for (size_t i = 0; i < POSTING_PARTS; i++)
        an->left_out[i] += k->left_out.posting[i];
    if (call->route)
        an->engine = str_of(call->route);
    return outcome(a, an, out, err);
}

const struct stage_model analyzer_model = {
    .task = LLM_TASK_ANALYZE,
    .prompt = analyze_prompt,
    .schema = analyze_schema,
    .max_output_tokens = 6000,
    .temperature = 0,
    .ask = analyzer_ask,
    .finish = analyzer_finish,
};
