/* A stage: what a daemon of the fleet does with one task. Pure: no I/O, no clock, no state; the runtime owns everything
 * else and acts on the verdict. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/posting.h"
#include "pipeline/engine/profile.h"
#include "pipeline/model/caller.h"
#include "pipeline/facts/facts.h"
#include "pipeline/store/states.h"

enum verdict {
    VERDICT_DONE = 1,
    VERDICT_RETRY,
    VERDICT_REJECT,
    VERDICT_NEEDS_REVIEW,
    VERDICT_ASK_AGAIN, /* of finish only: the complaint says what was wrong */
    VERDICT_ASK        /* of ask only: the model is to be called */
};                     /* no zero value: a forgotten return shows */

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

/* The stage on a model. The prompt is the same for all calls (providers cache it); posting and profile are data behind
 * it. */
struct stage_model {
    enum llm_task task;
    const char *prompt; /* instructions; its first line is "version: N" */
    const char *schema; /* JSON Schema of the answer; NULL: none (embeddings) */
    int max_output_tokens;
    double temperature;
    /* ASK fills user (and user_count) or embed of *ret; texts live in the arena. Every other verdict is the outcome, as
     * of plan: no call is needed. */
    enum verdict (*ask)(const struct stage_input *in, struct arena *a, struct model_ask *ret, struct stage_output *out,
                        struct err *err);
    /* What becomes of an answer that fits the schema (or of vectors). As plan; ASK_AGAIN fills complaint. last: there
     * is no further ask. */
    enum verdict (*finish)(const struct stage_input *in, const struct model_call *call, bool last, struct arena *a,
                           struct stage_output *out, struct buf *complaint, struct err *err);
};

#define STAGE_ASKS_MAX 2 /* calls for one attempt: the first, and one that says what was wrong with its answer */

struct stage_spec {
    enum stage stage;
    const char *about;
    int (*needs)(int kind);
    /* DONE fills out; NEEDS_REVIEW fills out and err (why); RETRY and REJECT fill err. */
    enum verdict (*plan)(const struct stage_input *in, struct arena *a, struct stage_output *out, struct err *err);
    const struct stage_model *model; /* NULL: the offline engine only */
};

/* The whole main() of a stage's daemon. */
int worker_main(const struct stage_spec *spec, int argc, char **argv);
