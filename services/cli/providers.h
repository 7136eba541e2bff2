/* One cheap authenticated call to each endpoint and model that the settings name. */
#pragma once

#include "core/config.h"
#include "base/err.h"

struct provider_check {
    const char *model;   /* "openai/gpt-4o", or "settings" when these cannot be read */
    const char *used_by; /* "analyze, optimize" */
    bool ok;
    const char *sentence; /* what is wrong and what to do; ok: "answers in 120 ms" */
};
/* Called for each check as it ends; its texts are borrowed until return. Returns the number of checks; 0: every stage
 * is offline. */
typedef void provider_check_fn(void *ud, const struct provider_check *check);
int providers_check(const struct config *c, uint64_t timeout_ms, provider_check_fn *fn, void *ud);
