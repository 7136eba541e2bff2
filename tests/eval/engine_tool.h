/* Between the files of engine_tool; nobody else includes this. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/embed.h"
#include "pipeline/engine/emit.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/match.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/tailor.h"

struct facts_index;

/* One request. What an operation needs is read on demand by the call_ functions below. */
struct call {
    struct arena *a;
    yyjson_val *request;
    struct posting_source source; /* format 0: not read */
    struct posting posting;
    struct analysis *analysis; /* NULL: not made */
    struct str profile_json;
    struct profile *profile; /* NULL: not read */
    struct match *match;
    const struct facts_index *facts; /* NULL: not made */
    struct str letter, resume;       /* documents that are judged */
    struct month now;
    struct str result; /* JSON text */
    struct err err;
};

int call_source(struct call *c) MUST_CHECK;
int call_posting(struct call *c) MUST_CHECK; /* source, posting, analysis */
int call_posting_b(struct call *c, struct posting *ret, struct analysis **ret_analysis) MUST_CHECK;
int call_profile(struct call *c) MUST_CHECK;
int call_match(struct call *c) MUST_CHECK; /* all of it */
/* The 1-based place of request.options[option] among the names, 0 when it is not given. */
int call_choice(struct call *c, const char *option, const char *const *names, int n, int *ret) MUST_CHECK;

/* Runs the operation that the request names; c->result is its document. */
int call_run(struct call *c) MUST_CHECK;
int call_time(struct call *c) MUST_CHECK;
int call_letter(struct call *c) MUST_CHECK;
int call_tailor(struct call *c) MUST_CHECK;
int call_facts(struct call *c) MUST_CHECK;   /* where the fact check is part of the build */
int call_judge(struct call *c, bool letter); /* c->result, where the request says so; part of the same build */
int call_judged(struct call *c) MUST_CHECK;  /* the profile's index, a letter and a résumé */
int time_judge_letter(struct call *c) MUST_CHECK;
int time_judge_resume(struct call *c) MUST_CHECK;
int time_facts_index(struct call *c) MUST_CHECK;
