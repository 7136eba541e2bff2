/* Postings read by a model. The offline engine reads first: what it knows to be no posting is not worth a call, and
 * what the model says is laid over its reading, checked word by word against the posting (engine/analysis_merge.h). */
#include "analyzer/analyzer.h"

#include "base/utf8.h"
#include "pipeline/engine/analysis_merge.h"
#include "pipeline/worker/prompt.h"

#define POSTING_MAX_BYTES 48000 /* about 12,000 tokens; longer ones end in legal text */
#define WRONG_BYTES       200

/* What ask read, for finish. */
struct reading_kept {
    struct posting posting;
    struct analysis *analysis;
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

static enum verdict analyzer_ask(const struct stage_input *in, struct arena *a, struct model_ask *ret,
                                 struct stage_output *out, struct err *err)
{
    struct reading_kept *k = reading_of(in, a, err);
    if (!k)
        return VERDICT_REJECT;
    if (k->analysis->verdict != ANALYSIS_POSTING)
        return outcome(a, k->analysis, out, err);
    struct buf b;
    buf_init(&b, PROMPT_MAX_BYTES);
    buf_adds(&b, "<posting>\n");
    prompt_text(&b, utf8_cut(k->posting.text, POSTING_MAX_BYTES)); /* a posting's own tags close nothing */
    buf_adds(&b, "\n</posting>\n");
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
