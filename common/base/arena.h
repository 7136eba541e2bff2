/* Arena: everything allocated for one request or item dies with it. Has a hard maximum.
 *
 * Chunks are malloc'ed; a reset keeps the first chunk. Not thread-safe. All memory is 16-byte aligned. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include "base/cleanup.h"

#define ARENA_CHUNK_BYTES ((size_t)16 * 1024)

struct arena_chunk;

struct arena {
    struct arena_chunk *head; /* newest chunk first */
    size_t used_bytes;        /* handed out, with alignment */
    size_t max_bytes;         /* refused beyond it */
    size_t chunk_bytes;       /* of the next chunk; may be changed at any time */
};

/* max_bytes > 0. Nothing is allocated until the first use. */
void arena_init(struct arena *a, size_t max_bytes);
void arena_fini(struct arena *a);  /* frees all; accepts a zeroed struct */
void arena_reset(struct arena *a); /* everything handed out is gone; one chunk is kept */

/* NULL when the maximum or memory is exhausted: a size influenced by input is checked by the caller. n may be 0. */
void *arena_try_alloc(struct arena *a, size_t n) MUST_CHECK;
/* Zeroed memory. */
void *arena_try_zalloc(struct arena *a, size_t n) MUST_CHECK;
/* Aborts instead of NULL: only for small sizes that no input influences. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));

#define ARENA_NEW(a, T)      ((T *)arena_try_zalloc((a), sizeof(T)))
#define ARENA_NEW_N(a, T, n) ((T *)arena_try_zalloc_n((a), (n), sizeof(T)))
void *arena_try_zalloc_n(struct arena *a, size_t n, size_t size_bytes) MUST_CHECK; /* overflow-checked */

/* Copies with a final NUL; NULL when the arena is exhausted. */
char *arena_strdup(struct arena *a, const char *s) MUST_CHECK;
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_CHECK;
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
