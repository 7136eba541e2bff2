/* Keys and models that are refused stop their route at once (a refused key is refused for all thousand calls); an
 * endpoint that fails stops it after a few failures in a row, and one probe at a time finds out when it is well again.
 *
 * Two more states are failures although no call says so. Hanging: calls are out, and none came back for twice the
 * longest time an answer took of late (four times, when only one or two wait and few answers are known); the calls that
 * are out stay out (they may be paid for), and the first that answers after all opens the route. Refusing everything:
 * for a second every call that was sent was answered with a rate limit, and none of them is still out; a limit
 * that lets some through is only a limit. */
#include "pipeline/model/route.h"

#include <stdio.h>
#include "core/log.h"
#include "core/metrics.h"

#define SILENT_MIN_MS  1000
#define SILENT_CALLS   3 /* that are out for so long; fewer prove as much only ... */
#define SILENT_KNOWN   8 /* ... where so many answers say how long one takes */
#define SILENT_LOOKS   2 /* in a row: after a pause of our own, what came meanwhile is read between two looks */
#define LIMITED_MS     1000
#define LIMITED_CALLS  3
#define LIMITED_MAX_MS 5000 /* a limit ends by itself: it is tried again sooner than a failure */

const struct breaker_rule route_breaker = {
    .in_a_row = 5, .window_min = 20, .window_ms = 10000, .open_ms = 1000, .open_max_ms = 30000};

/* How long silence may last: calls that went out within the first quarter of it count as old enough at its end. */
static uint64_t silence_ms(const struct route *r)
{
    return MAX((uint64_t)SILENT_MIN_MS, 2 * (uint64_t)r->slow_ms);
}

static int trip_weight(const struct route_trip *trip)
{
    return trip->many ? 2 : 1;
}

/* Taken only when there is no other: it is held for long, or the call just failed there. */
static bool route_second(const struct route *r, const struct route_trip *trip)
{
    return (trip && trip->avoid == r) || (r->budget && limiter_held_ms(r->budget) >= ROUTE_HELD_MS);
}

struct route *routes_choose(struct routes *r, struct route_trip *trip, uint64_t now_ms, uint64_t *ret_wait_ms,
                            const struct route **ret_closed)
{
    struct route *found = NULL;
    *ret_wait_ms = ROUTE_LATER_MS;
    *ret_closed = NULL;
    for (int pass = 0; pass < 2 && !found; pass++) /* the first choices, then the second, each in order */
        for (int i = 0; i < r->n && !found; i++) {
            struct route *one = &r->route[i];
            if (route_second(one, trip) != (pass == 1))
                continue;
            if (breaker_allows(&one->breaker, &route_breaker, now_ms)) {
                found = one;
                break;
            }
            uint64_t wait = MAX(breaker_wait_ms(&one->breaker, now_ms), 100);
            if (wait < *ret_wait_ms || !*ret_closed) {
                *ret_wait_ms = wait;
                *ret_closed = one;
            }
        }
    if (trip)
        *trip = (struct route_trip){.probe = found && found->breaker.open_until_ms != 0};
    return found;
}

bool route_shut(const struct route *r, const struct route_trip *trip)
{
    return r->breaker.open_until_ms != 0 && !trip->probe;
}

void route_sent(struct route *r, struct route_trip *trip, uint64_t now_ms)
{
    trip->at_ms = now_ms;
    trip->out = true;
    if (r->out++ == 0) {
        r->heard_ms = now_ms;
        r->heard_out = 0;
    }
    if (now_ms - r->heard_ms <= silence_ms(r) / 4)
        r->heard_out++;
    if (r->limited_ms)
        r->limited_sent += trip_weight(trip);
}

void route_cut(struct route *r, struct route_trip *trip)
{
    if (!trip->out)
        return;
    trip->out = false;
    r->out--;
    r->heard_out = MIN(r->heard_out, r->out);
    if (r->limited_ms && trip->at_ms >= r->limited_ms)
        r->limited_back += trip_weight(trip);
}

void route_back(struct route *r, struct route_trip *trip, bool answered, uint64_t now_ms)
{
    if (!trip->out)
        return;
    route_cut(r, trip);
    r->heard_ms = now_ms;
    r->heard_out = r->out;
    if (!answered)
        return;
    r->answers = MIN(r->answers + 1, SILENT_KNOWN);
    r->slow_ms = MAX((int64_t)(now_ms - trip->at_ms), r->slow_ms - r->slow_ms / 32);
    if (trip->at_ms >= r->limited_ms)
        r->limited_ms = 0;
}

static void route_opened(struct route *r, uint64_t now_ms)
{
    log_info(NULL, "%s answers again", r->name);
    metrics_set(METRICS_MODEL_BREAKER, 0, r->name, NULL);
    r->judged_ms = now_ms;
    r->hangs = false;
}

void route_ok(struct route *r, uint64_t now_ms)
{
    bool was_open = r->breaker.open_until_ms != 0;
    if (r->hangs)
        r->breaker.probing = true; /* it was closed for not answering, and it answers */
    breaker_ok(&r->breaker, &route_breaker, now_ms);
    if (was_open && r->breaker.open_until_ms == 0)
        route_opened(r, now_ms);
}

static void route_closed(struct route *r, const struct llm_fault *f, uint64_t now_ms)
{
    snprintf(r->why, sizeof(r->why), "%s", f->sentence);
    struct err err;
    llm_fault_err(f, &err);
    r->code = err.code;
    r->judged_ms = now_ms;
    r->hangs = false;
    metrics_set(METRICS_MODEL_BREAKER, 1, r->name, NULL);
    log_error(NULL, "%s is not called for %llu ms: %s", r->name,
              (unsigned long long)breaker_wait_ms(&r->breaker, now_ms), f->sentence);
}

/* For what no count of failures tells: longer each time, as the breaker would. */
static void route_close(struct route *r, const struct llm_fault *f, uint64_t least_ms, uint64_t most_ms,
                        uint64_t now_ms)
{
    uint64_t ms = route_breaker.open_ms;
    for (unsigned i = 0; i < r->breaker.opened && ms < most_ms; i++)
        ms *= 2;
    breaker_open(&r->breaker, now_ms, (uint32_t)MAX(least_ms, MIN(ms, most_ms)));
    r->refused = false;
    route_closed(r, f, now_ms);
}

static void route_limited(struct route *r, const struct llm_fault *f, uint64_t now_ms)
{
    bool all = r->limited_ms && now_ms - r->limited_ms >= LIMITED_MS && r->limited_back >= LIMITED_CALLS &&
               r->limited_back == r->limited_sent;
    if (!r->limited_ms) {
        r->limited_ms = now_ms;
        r->limited_sent = r->limited_back = 0;
    }
    if (r->breaker.probing || (all && r->breaker.open_until_ms == 0))
        route_close(r, f, (uint64_t)MAX(f->retry_after_ms, 0), LIMITED_MAX_MS, now_ms);
}

static bool route_bad(struct route *r, const struct route_trip *trip, uint64_t now_ms)
{
    bool opened = breaker_bad(&r->breaker, &route_breaker, now_ms);
    return opened || (trip->many && breaker_bad(&r->breaker, &route_breaker, now_ms));
}

void route_fault(struct route *r, const struct llm_fault *f, uint32_t key_pause_ms, const struct route_trip *trip,
                 uint64_t now_ms)
{
    if (trip->at_ms && trip->at_ms < r->judged_ms)
        return;
    if (f->kind == LLM_FAULT_RATE_LIMIT) {
        route_limited(r, f, now_ms);
        return;
    }
    if (f->breaker == LLM_BREAKER_NONE) {
        if (r->breaker.probing)
            route_ok(r, now_ms); /* it answers, if only to say no to this one */
        return;
    }
    if (f->breaker == LLM_BREAKER_KEY || f->breaker == LLM_BREAKER_MODEL) {
        bool first = breaker_wait_ms(&r->breaker, now_ms) == 0;
        breaker_open(&r->breaker, now_ms, (uint32_t)MAX(f->retry_after_ms, (int64_t)key_pause_ms));
        r->refused = true;
        if (first)
            route_closed(r, f, now_ms);
    } else if (route_bad(r, trip, now_ms)) {
        r->refused = f->breaker == LLM_BREAKER_ADDRESS;
        route_closed(r, f, now_ms);
    }
}

static void route_watch(struct route *r, uint64_t now_ms)
{
    uint64_t since = r->heard_ms, most = silence_ms(r) + silence_ms(r) / 4;
    bool probing = r->breaker.probing, open = r->breaker.open_until_ms != 0;
    if (!probing && r->heard_out < SILENT_CALLS && r->answers < SILENT_KNOWN)
        most = 2 * silence_ms(r);
    if (probing)
        since = MAX(since, r->breaker.probe_at_ms);
    bool silent = r->slow_ms > 0 && (probing ? r->hangs : r->heard_out > 0) && now_ms - since >= most;
    r->silent = silent ? r->silent + 1 : 0;
    if (r->silent < SILENT_LOOKS || (open && !probing))
        return;
    struct llm_fault f;
    llm_fault_set(&f, LLM_FAULT_TIMEOUT_FIRST, "%d calls are out and nothing came back for %.1f s", r->out,
                  (double)(now_ms - since) / 1e3);
    route_close(r, &f, 0, route_breaker.open_max_ms, now_ms);
    r->hangs = true;
    r->silent = 0;
}

void routes_watch(struct routes *r, uint64_t now_ms)
{
    for (int i = 0; i < r->n; i++)
        if (r->route[i].out > 0)
            route_watch(&r->route[i], now_ms);
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
        if (s->context[place])
            one->known.context = s->context[place];
        one->scale.milli = 1000;
        if (!one->priced)
            log_warn(NULL, "%s has no price: its calls are counted, its cost is not (llm.prices)", one->name);
    }
}
