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

/* Tables of growing size one behind the other, so that few bodies touch little memory: places are only given back all
 * at once, so what is in a larger one found no place in those before it. */
static const struct {
    uint32_t slots, probes;
} seen_tables[STUB_SEEN_TABLES] = {{1u << 12, 8}, {1u << 16, 16}, {STUB_SEEN_SLOTS - (1u << 16) - (1u << 12), 64}};

struct stub_seen *stub_seen_find(struct stub_shared *sh, uint64_t hash)
{
    struct stub_seen *table = sh->seen;
    for (uint32_t t = 0; t < STUB_SEEN_TABLES; table += seen_tables[t++].slots) {
        if (!atomic_load_explicit(&sh->seen_used[t], memory_order_relaxed))
            atomic_store(&sh->seen_used[t], true);
        for (uint32_t i = 0; i < seen_tables[t].probes; i++) {
            struct stub_seen *s = &table[((hash >> 1) + i) % seen_tables[t].slots];
            uint64_t there = atomic_load_explicit(&s->hash, memory_order_relaxed);
            if (there == 0 && atomic_compare_exchange_strong(&s->hash, &there, hash))
                return s;
            if (there == hash)
                return s;
        }
    }
    return NULL;
}

void stub_seen_forget(struct stub_shared *sh)
{
    struct stub_seen *s = sh->seen;
    for (uint32_t t = 0; t < STUB_SEEN_TABLES && atomic_load(&sh->seen_used[t]); t++)
        for (struct stub_seen *end = s + seen_tables[t].slots; s < end; s++) {
            if (atomic_load_explicit(&s->hash, memory_order_relaxed) == 0)
                continue;
            atomic_store(&s->asked, 0);
            atomic_store(&s->paid, 0);
            atomic_store(&s->hash, 0);
        }
}
