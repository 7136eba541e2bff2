/* Writes the cover letter. */
#include "cover_letter/letter.h"

#include "pipeline/engine/letter.h"
#include "pipeline/engine/match.h"
#include "pipeline/worker/options.h"

static int letter_needs(int kind UNUSED)
{
    return STAGE_NEEDS_ANALYSIS | STAGE_NEEDS_PROFILE;
}

static enum verdict letter_plan(const struct stage_input *in, struct arena *a, struct stage_output *out,
                                struct err *err)
{
    struct stage_options options;
    struct match *match;
    if (stage_inputs_check(in->analysis, in->profile, err) < 0)
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    struct letter_options how = {.tone = options.tone, .length = options.length, .seed = in->seed, .now = in->now};
    if (match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0 ||
        letter_make(a, in->analysis, in->profile, match, how, &out->document, err) < 0 ||
        facts_judge_letter(a, (struct facts_input){.index = in->facts, .analysis = in->analysis, .now = in->now},
                           out->document, &out->document, err) < 0)
        return VERDICT_REJECT;
    return stage_guard_check(a, out->document, err) < 0 ? VERDICT_NEEDS_REVIEW : VERDICT_DONE;
}

const struct stage_spec letter_stage = {
    .stage = STAGE_COVER_LETTER,
    .about = "Writes cover letters whose every claim names its evidence.",
    .needs = letter_needs,
    .plan = letter_plan,
    .model = &letter_model,
};
