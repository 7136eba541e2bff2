/* W3C Trace Context, level 1. Of the flags only "sampled" is passed on, as the recommendation asks of version 00. A
 * header of a later version is read like version 00 as long as its first 55 characters have that shape; what is sent is
 * always version 00. */
#include "core/trace.h"

#include <string.h>
#include "base/hex.h"
#include "core/ids.h"

#define TRACE_TEXT_CHARS 55
#define TRACE_ID_RAW     16
#define TRACE_SPAN_RAW   8

static bool trace_lower_hex(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return true;
}

static bool trace_all_zero(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '0')
            return false;
    return true;
}

/* The pieces of a valid header; false for any other text. */
static bool trace_split(struct str s, struct str *ret_id, struct str *ret_span, bool *ret_sampled)
{
    if (s.n < TRACE_TEXT_CHARS || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
        return false;
    struct str version = str_sub(s, 0, 2), id = str_sub(s, 3, 35), span = str_sub(s, 36, 52),
               flags = str_sub(s, 53, 55);
    if (!trace_lower_hex(version) || !trace_lower_hex(id) || !trace_lower_hex(span) || !trace_lower_hex(flags))
        return false;
    if (trace_all_zero(id) || trace_all_zero(span) || str_eqc(version, "ff"))
        return false;
    if (s.n > TRACE_TEXT_CHARS && (str_eqc(version, "00") || s.p[TRACE_TEXT_CHARS] != '-'))
        return false;
    uint8_t bits = 0;
    if (!hex_decode(flags.p, flags.n, &bits, 1))
        return false;
    *ret_id = id;
    *ret_span = span;
    *ret_sampled = bits & 1;
    return true;
}

/* n random bytes as hexadecimal text; never all zero, which means "invalid" there. */
static void trace_random_hex(size_t n, char *out)
{
    uint8_t raw[TRACE_ID_RAW];
    do {
        ids_random(raw, n);
        hex_encode(raw, n, out);
    } while (trace_all_zero(str_of(out)));
}

static void trace_build(struct trace *t, const char *span, bool sampled)
{
    char *p = t->parent;
    memcpy(p, "00-", 3);
    memcpy(p + 3, t->id, 32);
    p[35] = '-';
    memcpy(p + 36, span, 16);
    memcpy(p + 52, sampled ? "-01" : "-00", 4);
}

void trace_from_header(struct str traceparent, struct trace *ret)
{
    struct str id, old_span;
    bool sampled = false; /* who wants lines in the logs says so */
    if (trace_split(str_trim(traceparent), &id, &old_span, &sampled)) {
        memcpy(ret->id, id.p, id.n);
        ret->id[id.n] = '\0';
    } else {
        trace_random_hex(TRACE_ID_RAW, ret->id);
    }
    char span[2 * TRACE_SPAN_RAW + 1];
    trace_random_hex(TRACE_SPAN_RAW, span);
    trace_build(ret, span, sampled);
}

void trace_from_stored(struct str traceparent, struct trace *ret)
{
    struct str id, span;
    bool sampled;
    *ret = (struct trace){0};
    if (!trace_split(traceparent, &id, &span, &sampled))
        return;
    memcpy(ret->id, id.p, id.n);
    trace_build(ret, span.p, sampled);
}
