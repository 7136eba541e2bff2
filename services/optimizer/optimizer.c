/* Tailors the résumé and scores the match. */
#include "optimizer/optimizer.h"

#include "pipeline/engine/match.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/worker/options.h"

static int optimizer_needs(int kind UNUSED)
{
    return STAGE_NEEDS_ANALYSIS | STAGE_NEEDS_PROFILE;
}

static enum verdict optimizer_plan(const struct stage_input *in, struct arena *a, struct stage_output *out,
                                   struct err *err)
{
    struct stage_options options;
    struct match *match;
    struct score_result score;
    if (stage_inputs_check(in->analysis, in->profile, err) < 0)
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    struct tailor_options how = {.strategy = options.strategy, .now = in->now};
    if (match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0 ||
        tailor_make(a, in->analysis, in->profile, match, how, &out->document, err) < 0 ||
        facts_judge_resume(a, (struct facts_input){.index = in->facts, .analysis = in->analysis, .now = in->now},
                           out->document, &out->document, err) < 0 ||
        score_make(a, in->analysis, in->profile, match, in->now, &score, err) < 0)
        return VERDICT_REJECT;
    out->score = score.json;
    out->overall = score.overall;
    return stage_guard_check(a, out->document, err) < 0 ? VERDICT_NEEDS_REVIEW : VERDICT_DONE;
}

const struct stage_spec optimizer_stage = {
    .stage = STAGE_OPTIMIZE,
    .about = "Tailors résumés to postings without adding anything, and scores the match.",
    .needs = optimizer_needs,
    .plan = optimizer_plan,
    .model = &optimizer_model,
};
