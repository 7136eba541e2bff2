/* Linear probing with backward-shift deletion (no tombstones); grows at 3/4 full. */
#include "base/map.h"

#include <stdio.h>
#include <string.h>

#define MAP_FIRST_SLOTS 16

struct map_slot {
    char *key; /* NULL: empty */
    size_t key_len;
    uint64_t hash;
    void *value;
};

struct map {
    struct map_slot *slots;
    size_t cap; /* power of two */
    size_t count;
    size_t max_entries;
};

uint64_t map_hash(const void *key, size_t n)
{
    const unsigned char *p = key;
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < n; i++) {
        h ^= p[i];
        h *= 1099511628211ULL;
    }
    return h;
}

static void *map_must(void *p)
{
    if (!p) {
        fputs("map: out of memory\n", stderr);
        abort();
    }
    return p;
}

struct map *map_new(size_t max_entries)
{
    struct map *m = map_must(calloc(1, sizeof(*m)));
    m->max_entries = max_entries;
    m->cap = MAP_FIRST_SLOTS;
    m->slots = map_must(calloc(m->cap, sizeof(*m->slots)));
    return m;
}

void map_free(struct map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i].key);
    free(m->slots);
    free(m);
}

static size_t map_find(const struct map *m, const void *key, size_t n, uint64_t h)
{
    size_t i = h & (m->cap - 1);
    while (m->slots[i].key) {
        const struct map_slot *s = &m->slots[i];
        if (s->hash == h && s->key_len == n && memcmp(s->key, key, n) == 0)
            return i;
        i = (i + 1) & (m->cap - 1);
    }
    return i;
}

void *map_get(const struct map *m, const void *key, size_t key_len)
{
    const struct map_slot *s = &m->slots[map_find(m, key, key_len, map_hash(key, key_len))];
    return s->key ? s->value : NULL;
}

static void map_grow(struct map *m)
{
    struct map_slot *old = m->slots;
    size_t old_cap = m->cap;
    m->cap *= 2;
    m->slots = map_must(calloc(m->cap, sizeof(*m->slots)));
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].key)
            m->slots[map_find(m, old[i].key, old[i].key_len, old[i].hash)] = old[i];
    free(old);
}

bool map_put(struct map *m, const void *key, size_t key_len, void *value)
{
    uint64_t h = map_hash(key, key_len);
    size_t i = map_find(m, key, key_len, h);
    if (m->slots[i].key) {
        m->slots[i].value = value;
        return true;
    }
    if (m->count >= m->max_entries)
        return false;
    if ((m->count + 1) * 4 > m->cap * 3) {
        map_grow(m);
        i = map_find(m, key, key_len, h);
    }
    char *copy = map_must(malloc(key_len ? key_len : 1));
    if (key_len)
        memcpy(copy, key, key_len);
    m->slots[i] = (struct map_slot){.key = copy, .key_len = key_len, .hash = h, .value = value};
    m->count++;
    return true;
}

void *map_remove(struct map *m, const void *key, size_t key_len)
{
    size_t i = map_find(m, key, key_len, map_hash(key, key_len));
    if (!m->slots[i].key)
        return NULL;
    void *value = m->slots[i].value;
    free(m->slots[i].key);
    m->count--;
    size_t hole = i, mask = m->cap - 1;
    for (size_t j = (i + 1) & mask; m->slots[j].key; j = (j + 1) & mask) {
        size_t home = m->slots[j].hash & mask;
        if (((j - home) & mask) >= ((j - hole) & mask)) {
            m->slots[hole] = m->slots[j];
            hole = j;
        }
    }
    m->slots[hole] = (struct map_slot){0};
    return value;
}

size_t map_count(const struct map *m)
{
    return m->count;
}

bool map_next(const struct map *m, size_t *at, struct str *ret_key, void **ret_value)
{
    for (; *at < m->cap; (*at)++) {
        const struct map_slot *s = &m->slots[*at];
        if (!s->key)
            continue;
        if (ret_key)
            *ret_key = (struct str){.p = s->key, .n = s->key_len};
        if (ret_value)
            *ret_value = s->value;
        (*at)++;
        return true;
    }
    return false;
}
