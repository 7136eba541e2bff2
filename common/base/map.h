/* Hash map from byte keys to pointers, with a maximum number of entries. Open addressing, linear probing, FNV-1a.
 * Keys are copied; values are the caller's (borrowed). Not thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/str.h"

struct map;

struct map *map_new(size_t max_entries); /* aborts on OOM */
void map_free(struct map *m);            /* values are not touched */
CLEANUP_DEFINE(struct map, map_free)

void *map_get(const struct map *m, const void *key, size_t key_len); /* NULL when absent */
/* Stores or replaces; value not NULL. false when the map is full. */
bool map_put(struct map *m, const void *key, size_t key_len, void *value) MUST_CHECK;
void *map_remove(struct map *m, const void *key, size_t key_len); /* the removed value or NULL */
size_t map_count(const struct map *m);
/* Iteration: *at starts at 0; false at the end. The map must not change meanwhile. */
bool map_next(const struct map *m, size_t *at, struct str *ret_key, void **ret_value);
uint64_t map_hash(const void *key, size_t n); /* FNV-1a 64 */
