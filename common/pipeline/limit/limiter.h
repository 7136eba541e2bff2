/* Limits of model providers, kept by the whole fleet together: requests and tokens per minute and calls at once for
 * each budget (a provider's key and a model), divided between tenants by weight, interactive before bulk.
 *
 * Before a call: limiter_reserve. After it: limiter_settle with what it used. The counting is one Lua script in Redis
 * (limiter.lua); asks of many calls go in one request. Without Redis each process keeps to its static share: the limit
 * divided by the number of processes last seen. A process that dies leaks nothing: what it held counts only while it is
 * heard of. Waiting for a limit costs no attempt. Everything runs on the loop's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/list.h"
#include "base/uuid.h"
#include "core/loop.h"
#include "io/redis/redis.h"

#define LIMIT_BUDGETS_MAX    64
#define LIMIT_NAME_BYTES     96
#define LIMIT_HOLD_MAX_MS    (15 * 60 * 1000) /* a longer Retry-After is for the breaker */
#define LIMIT_SHARES_DEFAULT 4                /* processes assumed while nobody has said how many there are */

struct limiter;
struct limit_budget;

/* 0: without limit. */
struct limit_rule {
    int64_t requests_per_min, tokens_per_min;
    int calls;
};

/* Part of the caller's own struct; zero it before its first use. Granted exactly once, unless it is withdrawn before.
 */
struct limit_ask {
    struct uuid tenant_id;
    int weight; /* of the tenant, 1.. */
    bool interactive;
    int64_t tokens; /* estimate: prompt and the longest reply */
    void (*granted)(void *ud);
    void *ud;
    struct list node; /* the limiter's from here */
    struct limit_budget *budget;
    bool asked;
};

/* redis is borrowed, must outlive the limiter, and may be NULL (static shares for ever). me: an id of this process. */
struct limiter *limiter_new(struct loop *l, struct redis *redis, const struct uuid *me);
void limiter_free(struct limiter *l); /* asks that wait are forgotten, not called */
CLEANUP_DEFINE(struct limiter, limiter_free)

/* The budget of that name ("openai/k1/gpt-4o": never a secret), made on first use; the rule of the last call holds.
 * NULL: more than LIMIT_BUDGETS_MAX, or the name is too long. */
struct limit_budget *limiter_budget(struct limiter *l, const char *name, const struct limit_rule *rule);

/* granted(ud) runs later, never inside this call. */
void limiter_reserve(struct limit_budget *b, struct limit_ask *ask);
/* Withdraws one that was not granted yet (no effect on any other). */
void limiter_withdraw(struct limit_ask *ask);
/* The call of a granted ask is over: reserved is its ask's tokens, used what the provider counted (0: it was not
 * charged). */
void limiter_settle(struct limit_budget *b, int64_t reserved, int64_t used);
/* The provider said how much is left in its own window; -1 unknown. */
void limiter_seen(struct limit_budget *b, int64_t requests_left, int64_t tokens_left);
/* Nobody in the fleet calls for so long (Retry-After). */
void limiter_hold(struct limit_budget *b, int64_t ms);

/* For metrics, why and tests. */
int64_t limiter_held_ms(const struct limit_budget *b); /* 0: not held */
int limiter_waiting(const struct limit_budget *b);
int limiter_in_flight(const struct limit_budget *b);
bool limiter_shared(const struct limit_budget *b); /* false: the static share is in use */
