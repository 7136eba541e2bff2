/* Open addressing over a table that doubles at half load; the hash is its own hash. */
#include "gateway/seen.h"

#include <stdbool.h>
#include <string.h>

#define SEEN_START 1024

struct seen_slot {
    uint8_t identity[16];
    int32_t index; /* + 1; 0: free */
};

struct seen {
    struct seen_slot *slots;
    size_t cap, count, max;
};

struct seen *seen_new(size_t max_items)
{
    struct seen *s = calloc(1, sizeof(*s));
    if (s)
        s->slots = calloc(SEEN_START, sizeof(*s->slots));
    if (!s || !s->slots)
        abort();
    s->cap = SEEN_START;
    s->max = max_items;
    return s;
}

void seen_free(struct seen *s)
{
    if (!s)
        return;
    free(s->slots);
    free(s);
}

static struct seen_slot *seen_slot(struct seen_slot *slots, size_t cap, const uint8_t identity[16])
{
    uint64_t at;
    memcpy(&at, identity, sizeof(at));
    for (size_t i = (size_t)at & (cap - 1);; i = (i + 1) & (cap - 1))
        if (slots[i].index == 0 || memcmp(slots[i].identity, identity, 16) == 0)
            return &slots[i];
}

static bool seen_grow(struct seen *s)
{
    size_t cap = s->cap * 2;
    struct seen_slot *slots = calloc(cap, sizeof(*slots));
    if (!slots)
        return false;
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i].index)
            *seen_slot(slots, cap, s->slots[i].identity) = s->slots[i];
    free(s->slots);
    s->slots = slots;
    s->cap = cap;
    return true;
}

int seen_add(struct seen *s, const uint8_t identity[16], int index)
{
    struct seen_slot *slot = seen_slot(s->slots, s->cap, identity);
    if (slot->index)
        return slot->index - 1;
    if (s->count >= s->max)
        return SEEN_FULL;
    if (s->count * 2 >= s->cap) {
        if (!seen_grow(s))
            return SEEN_FULL;
        slot = seen_slot(s->slots, s->cap, identity);
    }
    memcpy(slot->identity, identity, 16);
    slot->index = index + 1;
    s->count++;
    return SEEN_NEW;
}
