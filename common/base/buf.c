/* Doubles until the maximum. Invariant: data == NULL or data[len] == 0. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BUF_FIRST_BYTES 256

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max_bytes = max_bytes};
}

void buf_fini(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->max_bytes || b->len > b->max_bytes - n) {
        b->failed = true;
        return NULL;
    }
    if (b->len + n + 1 > b->cap) {
        size_t cap = b->cap ? b->cap : BUF_FIRST_BYTES;
        while (cap < b->len + n + 1)
            cap *= 2;
        char *p = realloc(b->data, cap);
        if (!p) {
            b->failed = true;
            return NULL;
        }
        b->data = p;
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
    char *p = buf_reserve(b, n);
    if (!p)
        return;
    if (n)
        memcpy(p, data, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    if (b->len + 1 >= b->cap || b->len >= b->max_bytes || b->failed) {
        buf_add(b, &c, 1);
        return;
    }
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    char *p = buf_reserve(b, (size_t)n);
    if (!p)
        return;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

static void buf_add_json_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(b, "\\\"", 2);
        break;
    case '\\':
        buf_add(b, "\\\\", 2);
        break;
    case '\n':
        buf_add(b, "\\n", 2);
        break;
    case '\r':
        buf_add(b, "\\r", 2);
        break;
    case '\t':
        buf_add(b, "\\t", 2);
        break;
    default:
        buf_addf(b, "\\u%04x", c);
    }
}

/* Whether any of the 8 bytes is a control character, a quote or a backslash: a byte of (x - n * 0x01..) & ~x has its
 * top bit set exactly when a byte of x below it borrowed, which is enough to say "none". */
static bool buf_word_escapes(const char *s)
{
    const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
    uint64_t x;
    memcpy(&x, s, sizeof(x));
    uint64_t quote = x ^ (ones * '"'), slash = x ^ (ones * '\\');
    return (((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops;
}

void buf_add_json(struct buf *b, const char *s, size_t n)
{
    buf_addc(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        while (i + 8 <= n && !buf_word_escapes(s + i))
            i += 8;
        unsigned char c = i < n ? (unsigned char)s[i] : ' ';
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, s + from, i - from);
        buf_add_json_escape(b, c);
        from = i + 1;
    }
    buf_add(b, s + from, n - from);
    buf_addc(b, '"');
}

void buf_shift(struct buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
    } else {
        memmove(b->data, b->data + n, b->len - n);
        b->len -= n;
    }
    if (b->data)
        b->data[b->len] = '\0';
}

char *buf_take(struct buf *b, size_t *ret_len)
{
    if (b->failed)
        return NULL;
    if (!b->data)
        buf_add(b, "", 0);
    char *p = b->data;
    if (ret_len)
        *ret_len = b->len;
    b->data = NULL;
    b->len = b->cap = 0;
    return p;
}

const char *buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}
