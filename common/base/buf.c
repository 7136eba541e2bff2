/* Doubles until the maximum. Invariant: data == NULL or data[len] == 0. */
#include "base/buf.h"

#include <endian.h>
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

/* Straight into the memory that is free anyway; a second time only when that was too little. */
void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    size_t room = b->failed ? 0 : b->cap - b->len;
    va_start(ap, fmt);
    int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < room && (size_t)n <= b->max_bytes - b->len) {
        b->len += (size_t)n;
        return;
    }
    if (room)
        b->data[b->len] = '\0';
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
    static const char short_form[] = {['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
    if (!short_form[c]) {
        buf_addf(b, "\\u%04x", c);
        return;
    }
    char *to = buf_reserve(b, 2);
    if (!to)
        return;
    to[0] = '\\';
    to[1] = short_form[c];
    to[2] = '\0';
    b->len += 2;
}

/* Which of the 8 bytes are a control character, a quote or a backslash: the lowest top bit that is set stands at the
 * first of them, those above it may be wrong (a byte of (x - n * 0x01..) & ~x also has it when one below borrowed). */
static uint64_t buf_word_escapes(const char *s)
{
    const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
    uint64_t x;
    memcpy(&x, s, sizeof(x));
    x = le64toh(x);
    uint64_t quote = x ^ (ones * '"'), slash = x ^ (ones * '\\');
    return (((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops;
}

/* Length of the longest beginning of s[0..n) that needs no escape; it is copied to `to`, which has room for n. */
static size_t buf_plain(char *to, const char *s, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t found = buf_word_escapes(s + i);
        memcpy(to + i, s + i, 8);
        if (found)
            return i + (size_t)__builtin_ctzll(found) / 8;
    }
    for (; i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\'; i++)
        to[i] = s[i];
    return i;
}

void buf_add_json(struct buf *b, const char *s, size_t n)
{
    buf_addc(b, '"');
    while (n) {
        char *to = buf_reserve(b, n);
        if (!to)
            return;
        size_t plain = buf_plain(to, s, n);
        b->len += plain;
        b->data[b->len] = '\0';
        if (plain < n)
            buf_add_json_escape(b, (unsigned char)s[plain++]);
        s += plain;
        n -= plain;
    }
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
