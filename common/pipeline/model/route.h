/* Where the calls of a stage go: a list of endpoint and model, best first, each with its limits, its price and what is
 * known of its health. */
#pragma once

#include "base/breaker.h"
#include "io/llm/price.h"
#include "io/llm/settings.h"
#include "io/llm/tokens.h"
#include "pipeline/limit/limiter.h"

#define ROUTES_MAX       LLM_ROUTE_MAX
#define ROUTE_NAME_BYTES 96
#define ROUTE_LATER_MS   (10 * 60 * 1000)

struct route {
    const struct llm_endpoint *endpoint; /* the settings' */
    const char *provider;                /* "openai": for the ledger */
    char model[LLM_MODEL_BYTES];
    char name[ROUTE_NAME_BYTES]; /* "openai/gpt-4o": for people and metrics */
    struct limit_budget *budget;
    struct price price;
    bool priced;
    struct tokens_model known;
    struct tokens_scale scale;
    struct breaker breaker;
    char why[LLM_SENTENCE_BYTES]; /* what opened the breaker */
    enum err_code code;
    bool refused; /* by its key, quota or model, not by an endpoint that fails */
};

struct routes {
    struct route route[ROUTES_MAX];
    int n;
    uint32_t key_pause_ms; /* how long a refused key, quota or model stops its route */
    bool offline_last;     /* when none of them can be called, the offline engine does it */
};

/* The routes of a task up to the first "offline". limits: requests, tokens and calls a minute of each place, as the
 * settings say. n == 0: offline. */
void routes_init(struct routes *r, const struct llm_settings *s, enum llm_task task, const struct price_book *prices,
                 struct limiter *limiter, const struct limit_rule limits[LLM_PLACE_COUNT], int64_t day);

extern const struct breaker_rule route_breaker;

/* The first route that may be called now; NULL: none, *ret_wait_ms until one is tried again and *ret_closed the one
 * that says why. */
struct route *routes_choose(struct routes *r, uint64_t now_ms, uint64_t *ret_wait_ms, const struct route **ret_closed);
void route_ok(struct route *r, uint64_t now_ms);
/* Learns from a fault: opens what the fault says is broken. */
void route_fault(struct route *r, const struct llm_fault *f, uint32_t key_pause_ms, uint64_t now_ms);
