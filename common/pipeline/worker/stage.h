/* A stage: what a daemon of the fleet does with one task. Pure: no I/O, no clock, no state; the runtime owns everything
 * else and acts on the verdict. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/posting.h"
#include "pipeline/engine/profile.h"
#include "pipeline/facts/facts.h"
#include "pipeline/store/states.h"

enum verdict {
    VERDICT_DONE = 1,
    VERDICT_RETRY,
    VERDICT_REJECT,
    VERDICT_NEEDS_REVIEW
}; /* no zero value: a forgotten return shows */

/* Which inputs the runtime gets for a task before plan is called. */
enum stage_needs { STAGE_NEEDS_POSTING = 1, STAGE_NEEDS_ANALYSIS = 2, STAGE_NEEDS_PROFILE = 4 };

struct stage_input {
    int kind;                             /* enum task_kind */
    const struct posting_source *posting; /* with STAGE_NEEDS_POSTING */
    const struct analysis *analysis;      /* with STAGE_NEEDS_ANALYSIS */
    const struct profile *profile;        /* with STAGE_NEEDS_PROFILE */
    const struct facts_index *facts;      /* with STAGE_NEEDS_PROFILE: what documents are checked against */
    struct str options;                   /* JSON object of the application, "" for none */
    uint64_t seed;                        /* of the application: varies wording, the same at every attempt */
    struct month now;
};

/* Filled by the stage; texts live in the arena. Personal texts are plain here: the runtime seals them under the user's
 * key. */
struct stage_output {
    struct str document;       /* analysis, résumé document, letter document: JSON text */
    struct str score;          /* OPTIMIZE */
    int overall;               /* OPTIMIZE: 0..100, -1 none */
    struct str title, company; /* ANALYZE */
    float *vectors;            /* EMBED, as in struct task_result */
};

struct stage_spec {
    enum stage stage;
    const char *about;
    int (*needs)(int kind);
    /* DONE fills out; NEEDS_REVIEW fills out and err (why); RETRY and REJECT fill err. */
    enum verdict (*plan)(const struct stage_input *in, struct arena *a, struct stage_output *out, struct err *err);
};

/* The whole main() of a stage's daemon. */
int worker_main(const struct stage_spec *spec, int argc, char **argv);
