/* What was asked before: bodies, and the stable beginnings of prompts. */
#include "stub_llm/stub.h"

#include "core/clock.h"

#define STUB_PREFIX_US ((uint64_t)300 * 1000000)

bool stub_prefix_seen(struct stub_shared *sh, uint64_t hash)
{
    uint64_t now = clock_mono_us();
    pthread_mutex_lock(&sh->lock);
    struct stub_prefix *p = &sh->prefixes[hash % STUB_PREFIX_SLOTS];
    bool seen = p->hash == hash && now - p->at_us < STUB_PREFIX_US;
    *p = (struct stub_prefix){.hash = hash, .at_us = now};
    pthread_mutex_unlock(&sh->lock);
    return seen;
}

struct stub_seen *stub_seen_find(struct stub_shared *sh, uint64_t hash)
{
    for (uint32_t i = 0; i < 64; i++) {
        struct stub_seen *s = &sh->seen[(hash + i) % STUB_SEEN_SLOTS];
        uint64_t there = atomic_load_explicit(&s->hash, memory_order_relaxed);
        if (there == 0 && atomic_compare_exchange_strong(&s->hash, &there, hash))
            return s;
        if (there == hash)
            return s;
    }
    return NULL;
}
