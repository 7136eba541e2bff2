/* A map for look-up and a list in order of use. Idle entries (users == 0) beyond the maximum go at once; when all are
 * in use the cache may exceed its maximum by what is in use, which the worker's concurrency bounds. */
#include "pipeline/worker/cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "base/map.h"

#define CACHE_KEY_BYTES (2 * UUID_BYTES)
#define CACHE_MAP_MAX   ((size_t)1 << 22)

struct cache_entry {
    struct list node; /* front: used last */
    unsigned char key[CACHE_KEY_BYTES];
    void *value;
    int users;
};

struct cache {
    struct map *map;
    struct list used;
    size_t max_entries;
    cache_free_fn *free_fn;
};

struct cache *cache_new(size_t max_entries, cache_free_fn *free_fn)
{
    struct cache *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->map = map_new(CACHE_MAP_MAX);
    c->max_entries = max_entries;
    c->free_fn = free_fn;
    list_init(&c->used);
    return c;
}

static void cache_drop(struct cache *c, struct cache_entry *e)
{
    map_remove(c->map, e->key, sizeof(e->key));
    list_remove(&e->node);
    c->free_fn(e->value);
    free(e);
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    list_for_each_safe (it, &c->used)
        cache_drop(c, CONTAINER_OF(it, struct cache_entry, node));
    map_free(c->map);
    free(c);
}

static void cache_key(unsigned char key[CACHE_KEY_BYTES], const struct uuid *tenant_id, const struct uuid *id)
{
    memcpy(key, tenant_id->b, UUID_BYTES);
    memcpy(key + UUID_BYTES, id->b, UUID_BYTES);
}

struct cache_entry *cache_borrow(struct cache *c, const struct uuid *tenant_id, const struct uuid *id)
{
    unsigned char key[CACHE_KEY_BYTES];
    cache_key(key, tenant_id, id);
    struct cache_entry *e = map_get(c->map, key, sizeof(key));
    if (e) {
        e->users++;
        list_remove(&e->node);
        list_prepend(&c->used, &e->node);
    }
    return e;
}

static void cache_shrink(struct cache *c)
{
    struct list *it = c->used.prev;
    while (map_count(c->map) > c->max_entries && it != &c->used) {
        struct cache_entry *e = CONTAINER_OF(it, struct cache_entry, node);
        it = it->prev;
        if (e->users == 0)
            cache_drop(c, e);
    }
}

struct cache_entry *cache_put(struct cache *c, const struct uuid *tenant_id, const struct uuid *id, void *value)
{
    struct cache_entry *e = cache_borrow(c, tenant_id, id);
    if (e) {
        c->free_fn(value);
        return e;
    }
    e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    cache_key(e->key, tenant_id, id);
    e->value = value;
    e->users = 1;
    list_prepend(&c->used, &e->node);
    if (!map_put(c->map, e->key, sizeof(e->key), e))
        abort();
    cache_shrink(c);
    return e;
}

void cache_return(struct cache *c, struct cache_entry *e)
{
    if (!e)
        return;
    assert(e->users > 0);
    e->users--;
    if (map_count(c->map) > c->max_entries)
        cache_shrink(c);
}

void *cache_value(const struct cache_entry *e)
{
    return e->value;
}

size_t cache_count(const struct cache *c)
{
    return map_count(c->map);
}
