/* Reads a posting. What is no posting is no failure here: the analysis says so, and the applications to it are refused
 * by the next stage. */
#include "analyzer/analyzer.h"

static int analyzer_needs(int kind UNUSED)
{
    return STAGE_NEEDS_POSTING;
}

static enum verdict analyzer_plan(const struct stage_input *in, struct arena *a, struct stage_output *out,
                                  struct err *err)
{
    struct posting posting;
    struct analysis *analysis;
    struct posting_source source = *in->posting;
    source.now = (struct posting_day){in->now.y, in->now.m, 0};
    if (posting_read(a, &source, &posting, err) < 0 || analysis_make(a, &posting, &analysis, err) < 0 ||
        analysis_to_json(a, analysis, &out->document, err) < 0)
        return VERDICT_REJECT;
    out->title = analysis->title;
    out->company = analysis->company;
    return VERDICT_DONE;
}

const struct stage_spec analyzer_stage = {
    .stage = STAGE_ANALYZE,
    .about = "Reads job postings: requirements, level, pay, culture.",
    .needs = analyzer_needs,
    .plan = analyzer_plan,
    .model = &analyzer_model,
};
