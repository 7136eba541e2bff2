/* Writing JSON objects field by field into a buffer; the comma is put by looking at the last byte. */
#pragma once

#include "base/buf.h"
#include "base/str.h"
#include "base/uuid.h"
#include "core/clock.h"

static inline void jsonw_comma(struct buf *b)
{
    char last = b->len ? b->data[b->len - 1] : ' ';
    if (last != '{' && last != '[' && last != ':' && last != ' ' && last != '\n')
        buf_addc(b, ',');
}
static inline void jsonw_key(struct buf *b, const char *key)
{
    jsonw_comma(b);
    buf_addf(b, "\"%s\":", key);
}
/* key NULL: an element of an array or the whole document. */
static inline void jsonw_open(struct buf *b, const char *key, char bracket)
{
    if (key)
        jsonw_key(b, key);
    else
        jsonw_comma(b);
    buf_addc(b, bracket);
}
static inline void jsonw_str(struct buf *b, const char *key, struct str v)
{
    jsonw_key(b, key);
    buf_add_json(b, v.n ? v.p : "", v.n);
}
static inline void jsonw_strc(struct buf *b, const char *key, const char *v)
{
    jsonw_str(b, key, str_of(v));
}
static inline void jsonw_null(struct buf *b, const char *key)
{
    jsonw_key(b, key);
    buf_adds(b, "null");
}
static inline void jsonw_int(struct buf *b, const char *key, int64_t v)
{
    jsonw_key(b, key);
    buf_addf(b, "%lld", (long long)v);
}
static inline void jsonw_num(struct buf *b, const char *key, double v)
{
    jsonw_key(b, key);
    buf_addf(b, "%.6g", v);
}
static inline void jsonw_bool(struct buf *b, const char *key, bool v)
{
    jsonw_key(b, key);
    buf_adds(b, v ? "true" : "false");
}
static inline void jsonw_uuid(struct buf *b, const char *key, const struct uuid *v)
{
    char text[UUID_TEXT_BYTES];
    if (uuid_is_nil(v))
        jsonw_null(b, key);
    else
        jsonw_strc(b, key, uuid_format(v, text));
}
/* 0 gives null. */
static inline void jsonw_time(struct buf *b, const char *key, uint64_t wall_us)
{
    char text[CLOCK_RFC3339_BYTES];
    if (wall_us == 0)
        jsonw_null(b, key);
    else
        jsonw_strc(b, key, clock_rfc3339(wall_us, text));
}
/* Valid JSON text as it is; null when empty. */
static inline void jsonw_raw(struct buf *b, const char *key, struct str json)
{
    jsonw_key(b, key);
    if (json.n)
        buf_add(b, json.p, json.n);
    else
        buf_adds(b, "null");
}
