/* Growable byte buffer with a declared maximum. A failed append marks the buffer as failed and changes nothing else;
 * so a series of appends is checked once at the end with buf_failed(). The content is always followed by a NUL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "base/cleanup.h"

struct buf {
    char *data; /* NULL while empty */
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes); /* max_bytes: content without the NUL */
void buf_fini(struct buf *b);
void buf_reset(struct buf *b); /* empty again, memory kept, failure forgotten */

void buf_add(struct buf *b, const void *data, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends s as a JSON string with quotes; s is valid UTF-8 (checked earlier). */
void buf_add_json(struct buf *b, const char *s, size_t n);
/* Removes the first n bytes (n <= len). */
void buf_shift(struct buf *b, size_t n);
/* Makes room for n more bytes and returns the place, NULL when over the maximum; len is the caller's to raise. */
char *buf_reserve(struct buf *b, size_t n);
/* Hands the bytes over (returns owned, free() it); the buffer is empty afterwards. Never NULL unless failed. */
char *buf_take(struct buf *b, size_t *ret_len);
const char *buf_str(const struct buf *b); /* "" while empty; borrowed until the next change */
static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}
