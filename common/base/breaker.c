/* The window restarts when it is over: two counters are enough to see that half of recent calls fail. */
#include "base/breaker.h"

#include "base/cleanup.h"

bool breaker_allows(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms)
{
    if (b->open_until_ms == 0)
        return true;
    if (now_ms < b->open_until_ms)
        return false;
    if (b->probing && now_ms - b->probe_at_ms < r->open_max_ms)
        return false;
    b->probing = true;
    b->probe_at_ms = now_ms;
    return true;
}

static void window_turn(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms)
{
    if (now_ms - b->window_at_ms < r->window_ms)
        return;
    b->window_at_ms = now_ms;
    b->good = b->bad = 0;
}

void breaker_ok(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms)
{
    if (b->open_until_ms && !b->probing)
        return; /* an answer from before it opened says nothing about now */
    window_turn(b, r, now_ms);
    b->good++;
    b->row = 0;
    b->opened = 0;
    b->open_until_ms = 0;
    b->probing = false;
}

static void trip(struct breaker *b, uint64_t now_ms, uint64_t for_ms)
{
    b->open_until_ms = MAX(b->open_until_ms, now_ms + for_ms);
    b->probing = false;
    b->row = b->good = b->bad = 0;
    b->window_at_ms = now_ms;
}

bool breaker_bad(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms)
{
    if (b->open_until_ms && !b->probing)
        return false;
    window_turn(b, r, now_ms);
    b->bad++;
    b->row++;
    bool half = b->bad + b->good >= r->window_min && b->bad >= b->good;
    if (!b->probing && b->row < r->in_a_row && !half)
        return false;
    uint64_t ms = r->open_ms;
    for (unsigned i = 0; i < b->opened && ms < r->open_max_ms; i++)
        ms *= 2;
    b->opened++;
    trip(b, now_ms, MIN(ms, r->open_max_ms));
    return true;
}

void breaker_skip(struct breaker *b)
{
    b->probing = false;
}

void breaker_open(struct breaker *b, uint64_t now_ms, uint32_t for_ms)
{
    b->opened++;
    trip(b, now_ms, for_ms);
}

uint64_t breaker_wait_ms(const struct breaker *b, uint64_t now_ms)
{
    return b->open_until_ms > now_ms ? b->open_until_ms - now_ms : 0;
}
