/* Résumés tailored with a model: it proposes wording; selection, order, names and score stay the offline engine's. A
 * proposal that the engine or the fact check does not take is left out, with its reason, and the offline wording stands
 * there. */
#include "optimizer/optimizer.h"

#include "pipeline/engine/match.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/worker/options.h"
#include "pipeline/worker/prompt.h"

#define EVIDENCE_MAX 48

static enum verdict optimizer_ask(const struct stage_input *in, struct arena *a, struct model_ask *ret,
                                  struct stage_output *out, struct err *err)
{
    struct stage_options options;
    struct match *match;
    struct buf b;
    if (stage_inputs_check(in->analysis, in->profile, err) < 0)
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    if (!tailor_takes_wording(in->analysis, in->profile, (struct tailor_options){.strategy = options.strategy}))
        return optimizer_stage.plan(in, a, out, err); /* no wording, nothing to ask for */
    if (match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0)
        return VERDICT_REJECT;
    buf_init(&b, PROMPT_MAX_BYTES);
    buf_adds(&b, "<posting>\ntitle: ");
    prompt_line(&b, in->analysis->title);
    buf_adds(&b, "\n</posting>\n");
    prompt_requirements(&b, in->analysis, match);
    ret->kept = match;
    if (prompt_evidence(&b, in->profile, match, PROMPT_LINES, EVIDENCE_MAX, ret, err) < 0) {
        buf_fini(&b);
        return VERDICT_REJECT;
    }
    return prompt_take(&b, a, ret, err) < 0 ? VERDICT_REJECT : VERDICT_ASK;
}

struct draft {
    const struct stage_input *in;
    struct arena *a;
    const struct match *match;
    struct tailor_options how;
    struct tailor_proposals proposals;
    struct str document;
    bool blocked;
};

static int draft_make(struct draft *d, struct err *err)
{
    const struct stage_input *in = d->in;
    struct err none;
    int rc = tailor_make_with(d->a, in->analysis, in->profile, d->match, d->how, &d->proposals, &d->document, err);
    if (rc == 0)
        rc =
            facts_judge_resume(d->a, (struct facts_input){.index = in->facts, .analysis = in->analysis, .now = in->now},
                               d->document, &d->document, err);
    d->blocked = rc == 0 && stage_guard_check(d->a, d->document, &none) < 0;
    return rc;
}

static bool blocks(yyjson_val *violations, const char **ret_code)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_arr_foreach(violations, i, max, v) if (str_eqc(json_get_str(v, "severity"), "block"))
    {
        *ret_code = json_get_str(v, "code").p;
        return true;
    }
    return false;
}

/* Rejects the proposals in which violations stand; returns how many. */
static size_t draft_blame(struct draft *d)
{
    yyjson_val *root, *claim;
    struct err err;
    size_t i, max, n = 0;
    const char *code;
    if (json_parse(d->a, d->document, &root, NULL, &err) < 0)
        return 0;
    yyjson_arr_foreach(json_get_arr(root, "claims"), i, max, claim)
    {
        struct str said = json_get_str(claim, "sentence");
        if (said.n == 0 || !blocks(json_get_arr(claim, "violations"), &code))
            continue;
        for (size_t k = 0; k < d->proposals.n; k++) {
            struct tailor_proposal *x = &d->proposals.items[k];
            if (x->reject_code || (str_find(x->text, said) < 0 && str_find(said, x->text) < 0))
                continue;
            x->reject_code = code;
            n++;
        }
    }
    return n;
}

/* The document without what does not pass. */
static int draft_clean(struct draft *d, struct err *err)
{
    for (size_t round = 0; d->blocked && round < 2; round++) {
        if (draft_blame(d) == 0 || round == 1)
            for (size_t k = 0; k < d->proposals.n; k++)
                if (!d->proposals.items[k].reject_code)
                    d->proposals.items[k].reject_code = "FACT_CHECK";
        int rc = draft_make(d, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool ask_again(struct draft *d, struct buf *complaint)
{
    if (draft_blame(d) == 0)
        return false; /* it is not the model's wording */
    buf_adds(complaint, "These lines say what the résumé does not:\n");
    if (prompt_violations(d->a, d->document, complaint) == 0)
        return false;
    buf_adds(complaint,
             "Answer again with the whole JSON object; leave out a rewrite that cannot be made without them.");
    return true;
}

static enum verdict optimizer_finish(const struct stage_input *in, const struct model_call *call, bool last,
                                     struct arena *a, struct stage_output *out, struct buf *complaint, struct err *err)
{
    struct stage_options options;
    struct score_result score;
    struct draft *d = ARENA_NEW(a, struct draft);
    struct match *match = call->ask ? call->ask->kept : NULL;
    if (!d) {
        err_set(err, ERR_MEMORY, "no memory left for the document");
        return VERDICT_REJECT;
    }
    if (stage_inputs_check(in->analysis, in->profile, err) < 0 ||
        (!match && match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0))
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    d->in = in;
    d->a = a;
    d->match = match;
    d->how = (struct tailor_options){.strategy = options.strategy, .now = in->now};
    if (!tailor_proposals_read(a, in->analysis, in->profile, call->json->root, &d->proposals)) {
        err_set(err, ERR_MEMORY, "no memory left for the model's answer");
        return VERDICT_REJECT;
    }
    if (draft_make(d, err) < 0)
        return VERDICT_REJECT;
    if (d->blocked && !last && ask_again(d, complaint))
        return VERDICT_ASK_AGAIN;
    if (draft_clean(d, err) < 0 || score_make(a, in->analysis, in->profile, match, in->now, &score, err) < 0)
        return VERDICT_REJECT;
    out->document = d->document;
    out->score = score.json;
    out->overall = score.overall;
    return stage_guard_check(a, out->document, err) < 0 ? VERDICT_NEEDS_REVIEW : VERDICT_DONE;
}

const struct stage_model optimizer_model = {
    .task = LLM_TASK_OPTIMIZE,
    .prompt = tailor_prompt,
    .schema = tailor_schema,
    .max_output_tokens = 3000,
    .temperature = 0.2,
    .ask = optimizer_ask,
    .finish = optimizer_finish,
};
