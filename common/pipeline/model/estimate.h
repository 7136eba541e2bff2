/* What work will cost, before any of it is bought: from the routes, the price table, the prompts themselves and the
 * length of the posting. */
#pragma once

#include "core/config.h"
#include "io/llm/settings.h"
#include "io/llm/tokens.h"

/* Stages on a model, priced; those that are offline cost nothing. */
struct estimate_stage {
    bool on_model, priced;
    struct price price;
    int64_t fixed_tokens;  /* instructions, schema and what the protocol adds, counted */
    int64_t tokens_per_mb; /* of data, by the model's tokenizer */
};
struct estimator {
    struct estimate_stage stage[LLM_TASK_COUNT];
    bool any; /* some stage is on a model */
};
struct estimate {
    int64_t tokens, cost_microusd;
};

/* Settings that cannot be read make everything offline, with err filled. day: YYYYMMDD. */
int estimator_init(struct estimator *e, const struct config *c, int64_t day, struct err *err);
/* Adds one application. posting_bytes: length of its source (0: a posting that is stored: a usual length is taken);
 * format: enum posting_format; known: the posting was counted before (what is shared is bought once). Over a batch it
 * is within 0.7 to 1.5 of what is bought, most often above: tests/e2e/test_model_stages.py holds it to that. */
void estimator_add(const struct estimator *e, int64_t posting_bytes, int format, bool known, struct estimate *sum);
