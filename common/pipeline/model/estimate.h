/* What work will cost, before any of it is bought: from the routes, the price table and the length of the posting. */
#pragma once

#include "core/config.h"
#include "io/llm/settings.h"

/* Stages on a model, priced; those that are offline cost nothing. */
struct estimate_stage {
    bool on_model, priced;
    struct price price;
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
/* Adds one application. posting_bytes: length of its text (0: a posting that is stored: a usual length is taken);
 * known: the posting was counted before (what is shared is bought once). Errs to the high side. */
void estimator_add(const struct estimator *e, int64_t posting_bytes, bool known, struct estimate *sum);
