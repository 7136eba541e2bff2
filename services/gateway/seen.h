/* Which items of an upload were there before: 128-bit hashes with the index of the first. Bounded; at most 80 bytes an
 * item. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"

#define SEEN_NEW  (-1)
#define SEEN_FULL (-2)

struct seen;

struct seen *seen_new(size_t max_items);
void seen_free(struct seen *s);
CLEANUP_DEFINE(struct seen, seen_free)
/* The index it was first seen with, SEEN_NEW (and kept with this index), or SEEN_FULL. */
int seen_add(struct seen *s, const uint8_t identity[16], int index);
