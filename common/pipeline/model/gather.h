/* Which small asks (embeddings) travel in one request: the rule alone, without time, texts or a connection of its own.
 *
 * Asks wait in groups; a group is a tenant and an urgency, so a request never carries two tenants' texts. A group goes
 *   - at once, when nothing else is out and nothing more is coming: an idle process waits for nobody;
 *   - at once, as far as it is full: that many inputs, tokens or bytes;
 *   - when its oldest ask has waited wait_ms (at most GATHER_WAIT_MAX_MS);
 *   - not while an earlier request of the group still waits for the provider's limit: what comes meanwhile would only
 *     stand behind it, and goes together when that one is let through.
 * An ask that is `alone` is never put with others, and waits for nobody. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"
#include "base/uuid.h"

#define GATHER_WAIT_MAX_MS 50
#define GATHER_INPUTS_MAX  2048
#define GATHER_BYTES_MAX   ((int64_t)2 << 20) /* of the texts of one request */

/* One ask alone may be over any of them: it goes by itself. */
struct gather_rule {
    int inputs_max;
    int64_t tokens_max, bytes_max;
    uint64_t wait_ms; /* 0: nobody waits; what is ready at the same moment still goes together */
};

/* Part of the ask's own struct; the first four are the caller's. */
struct gather_item {
    struct uuid tenant_id;
    bool interactive, alone;
    int inputs;
    int64_t tokens, bytes;
    struct list node; /* the gather's from here */
    struct gather_group *group;
    uint64_t since_ms;
};

struct gather;

struct gather *gather_new(const struct gather_rule *rule); /* aborts on OOM */
void gather_free(struct gather *g);                        /* items that wait are forgotten; accepts NULL */
CLEANUP_DEFINE(struct gather, gather_free)

void gather_add(struct gather *g, struct gather_item *it, uint64_t now_ms);
/* It does not go (no effect on an item that is not in a group). */
void gather_remove(struct gather *g, struct gather_item *it);
int gather_waiting(const struct gather *g);
/* A request of so many inputs was refused as a whole: the next ones are half as large at most. One that was answered
 * lets them grow again, slowly, up to the rule. */
void gather_narrow(struct gather *g, int inputs);
void gather_widen(struct gather *g);

/* A request of that tenant and urgency begins to wait for the limit (by > 0), or waits no longer (by < 0). */
void gather_limited(struct gather *g, const struct uuid *tenant_id, bool interactive, int by);

/* What goes in one request now, oldest first, taken out: how many (0: nothing goes now). busy: other requests are out,
 * or more asks are on their way. most: room in out, at least 1. Call again until 0. */
int gather_take(struct gather *g, bool busy, uint64_t now_ms, struct gather_item **out, int most);
/* How long until gather_take may give something although it is busy; -1: nothing waits for time. */
int64_t gather_due_ms(const struct gather *g, uint64_t now_ms);
