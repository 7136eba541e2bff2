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
#define ROUTE_HELD_MS    2000 /* who may be called elsewhere does not wait longer than this for a limit (Retry-After) */

struct route;

/* A call's way there and back. Zero it before its first use. */
struct route_trip {
    uint64_t at_ms; /* when it was sent; 0: it was not */
    bool out;       /* it is not back yet */
    bool probe;     /* it is the one call that finds out whether the route is well again */
    bool many;      /* it carries several asks: its failure counts twice, for the next one comes that much later */
    /* where it just failed: the next choice, and only that, is another one if there is any */
    const struct route *avoid;
};

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
    bool refused; /* by what people have to mend (key, quota, model, address), not by an endpoint that fails */
    int out;      /* calls that were sent and are not back */
    /* silence: when the last call came back (or the first one went out), how many of those that were out then still
     * are, how many answers there were (few are counted), the longest time one took of late, and how many looks in a
     * row found it silent for too long */
    uint64_t heard_ms;
    int heard_out, answers;
    int64_t slow_ms;
    int silent;
    bool hangs; /* that closed it */
    /* rate limits only: since when nothing else came back, and of the calls sent since how many did */
    uint64_t limited_ms;
    int limited_sent, limited_back;
    uint64_t judged_ms; /* when the breaker last opened or closed: what was sent before says nothing about it */
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
 * that says why. trip may be NULL. */
struct route *routes_choose(struct routes *r, struct route_trip *trip, uint64_t now_ms, uint64_t *ret_wait_ms,
                            const struct route **ret_closed);
/* Whether a call that was chosen for it, and waited for its limit since, must choose again. */
bool route_shut(const struct route *r, const struct route_trip *trip);
/* A call goes out; it comes back (once for each that went out; answered: whole, not an error); it was cut by us. */
void route_sent(struct route *r, struct route_trip *trip, uint64_t now_ms);
void route_back(struct route *r, struct route_trip *trip, bool answered, uint64_t now_ms);
void route_cut(struct route *r, struct route_trip *trip);
void route_ok(struct route *r, uint64_t now_ms);
/* Learns from a fault: opens what the fault says is broken. trip: of the call, which may be back already. */
void route_fault(struct route *r, const struct llm_fault *f, uint32_t key_pause_ms, const struct route_trip *trip,
                 uint64_t now_ms);
/* Every ROUTE_WATCH_MS while calls are out: opens the breaker of a route none of whose calls comes back. */
#define ROUTE_WATCH_MS 100
void routes_watch(struct routes *r, uint64_t now_ms);
