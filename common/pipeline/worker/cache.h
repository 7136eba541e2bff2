/* Bounded cache of immutable values by a 32-byte key (tenant and id), least recently used out first. Entries in use
 * (borrowed) are never freed. */
#pragma once

#include <stddef.h>
#include "base/uuid.h"

struct cache;
struct cache_entry;

typedef void cache_free_fn(void *value);

struct cache *cache_new(size_t max_entries, cache_free_fn *free_fn);
void cache_free(struct cache *c); /* nothing may be borrowed */

/* The entry with one more user, NULL when absent. */
struct cache_entry *cache_borrow(struct cache *c, const struct uuid *tenant_id, const struct uuid *id);
/* Stores a value (takes it) and returns the entry with one user; when one is there already, the new value is freed and
 * the old entry returned. */
struct cache_entry *cache_put(struct cache *c, const struct uuid *tenant_id, const struct uuid *id, void *value);
void cache_return(struct cache *c, struct cache_entry *e); /* accepts NULL */
void *cache_value(const struct cache_entry *e);
size_t cache_count(const struct cache *c);
