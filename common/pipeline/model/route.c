/* Keys and models that are refused stop their route at once (a refused key is refused for all thousand calls); an
 * endpoint that fails stops it after a few failures in a row, and one probe at a time finds out when it is well again.
 */
#include "pipeline/model/route.h"

#include <stdio.h>
#include "core/log.h"
#include "core/metrics.h"

const struct breaker_rule route_breaker = {
    .in_a_row = 5, .window_min = 20, .window_ms = 10000, .open_ms = 1000, .open_max_ms = 30000};

struct route *routes_choose(struct routes *r, uint64_t now_ms, uint64_t *ret_wait_ms, const struct route **ret_closed)
{
    *ret_wait_ms = ROUTE_LATER_MS;
    *ret_closed = NULL;
    for (int i = 0; i < r->n; i++) {
        struct route *one = &r->route[i];
        if (breaker_allows(&one->breaker, &route_breaker, now_ms))
            return one;
        uint64_t wait = MAX(breaker_wait_ms(&one->breaker, now_ms), 100);
        if (wait < *ret_wait_ms || !*ret_closed) {
            *ret_wait_ms = wait;
            *ret_closed = one;
        }
    }
    return NULL;
}

void route_ok(struct route *r, uint64_t now_ms)
{
    bool was_open = r->breaker.open_until_ms != 0;
    breaker_ok(&r->breaker, &route_breaker, now_ms);
    if (was_open && r->breaker.open_until_ms == 0) {
        log_info(NULL, "%s answers again", r->name);
        metrics_set(METRICS_MODEL_BREAKER, 0, r->name, NULL);
    }
}

static void route_closed(struct route *r, const struct llm_fault *f, uint64_t now_ms)
{
    snprintf(r->why, sizeof(r->why), "%s", f->sentence);
    struct err err;
    llm_fault_err(f, &err);
    r->code = err.code;
    metrics_set(METRICS_MODEL_BREAKER, 1, r->name, NULL);
    log_error(NULL, "%s is not called for %llu ms: %s", r->name,
              (unsigned long long)breaker_wait_ms(&r->breaker, now_ms), f->sentence);
}

void route_fault(struct route *r, const struct llm_fault *f, uint32_t key_pause_ms, uint64_t now_ms)
{
    if (f->breaker == LLM_BREAKER_NONE) {
        if (r->breaker.probing)
            breaker_ok(&r->breaker, &route_breaker, now_ms); /* it answers, if only to say no to this one */
        return;
    }
    if (f->breaker == LLM_BREAKER_KEY || f->breaker == LLM_BREAKER_MODEL) {
        bool first = breaker_wait_ms(&r->breaker, now_ms) == 0;
        breaker_open(&r->breaker, now_ms, (uint32_t)MAX(f->retry_after_ms, (int64_t)key_pause_ms));
        r->refused = true;
        if (first)
            route_closed(r, f, now_ms);
    } else if (breaker_bad(&r->breaker, &route_breaker, now_ms)) {
        r->refused = false;
        route_closed(r, f, now_ms);
    }
}

void routes_init(struct routes *r, const struct llm_settings *s, enum llm_task task, const struct price_book *prices,
                 struct limiter *limiter, const struct limit_rule limits[LLM_PLACE_COUNT], int64_t day)
{
    const struct llm_route *steps = &s->routes[task];
    *r = (struct routes){.n = 0};
    for (size_t i = 0; i < steps->count; i++) {
        enum llm_place place = steps->steps[i].place;
        if (place == LLM_PLACE_OFFLINE) {
            r->offline_last = true;
            return;
        }
        struct route *one = &r->route[r->n++];
        one->endpoint = &s->endpoints[place];
        one->provider = llm_place_name(place);
        snprintf(one->model, sizeof(one->model), "%s", steps->steps[i].model);
        snprintf(one->name, sizeof(one->name), "%s/%.80s", one->provider, steps->steps[i].model);
        for (char *p = one->name; *p; p++)
            if (*p == ' ')
                *p = '_';
        one->budget = limiter_budget(limiter, one->name, &limits[place]);
        one->priced = price_find(prices, str_of(one->model), day, &one->price);
        one->known = tokens_model(str_of(one->model));
        one->scale.milli = 1000;
        if (!one->priced)
            log_warn(NULL, "%s has no price: its calls are counted, its cost is not (llm.prices)", one->name);
    }
}
