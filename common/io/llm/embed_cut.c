/* One pass over the bytes. Strings are skipped with memchr, so that vectors in base64 cost next to nothing. Depth is
 * counted and bounded; anything odd ends the pass and nothing is cut. */
#include "io/llm/embed_cut.h"

#include <string.h>

#define CUT_DEPTH_MAX 64

struct scan {
    const char *at, *end;
};

static void blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool next_is(struct scan *s, char c)
{
    blanks(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* At the opening quote. text: what is inside, escapes and all. */
static bool string_skip(struct scan *s, struct str *text)
{
    if (!next_is(s, '"'))
        return false;
    const char *from = s->at;
    for (;;) {
        const char *quote = s->at < s->end ? memchr(s->at, '"', (size_t)(s->end - s->at)) : NULL;
        if (!quote)
            return false;
        size_t slashes = 0;
        while (quote - slashes > from && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        s->at = quote + 1;
        if (slashes % 2 == 0) {
            *text = (struct str){.p = from, .n = (size_t)(quote - from)};
            return true;
        }
    }
}

/* Any value: to behind it. */
static bool value_skip(struct scan *s)
{
    int depth = 0;
    struct str text;
    blanks(s);
    const char *from = s->at;
    while (s->at < s->end) {
        char c = *s->at;
        if (c == '"') {
            if (!string_skip(s, &text))
                return false;
            if (depth == 0)
                return true;
        } else if (c == '{' || c == '[') {
            if (++depth > CUT_DEPTH_MAX)
                return false;
            s->at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0) /* the end of what is around a plain value */
                return s->at > from;
            s->at++;
            if (--depth == 0)
                return true;
        } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            return s->at > from;
        } else {
            s->at++;
        }
    }
    return false;
}

/* With its colon. A name that is written with escapes could be any. */
static bool key_skip(struct scan *s, struct str *key)
{
    return string_skip(s, key) && !memchr(key->p, '\\', key->n) && next_is(s, ':');
}

/* One element; index: what it says, or what it said before. */
static bool element_skip(struct scan *s, size_t *index)
{
    struct str key;
    bool said = false;
    if (!next_is(s, '{'))
        return false;
    if (next_is(s, '}'))
        return true;
    do {
        if (!key_skip(s, &key))
            return false;
        blanks(s);
        const char *from = s->at;
        if (!value_skip(s))
            return false;
        uint64_t n;
        if (str_eqc(key, "index")) {
            if (said || !str_to_u64((struct str){.p = from, .n = (size_t)(s->at - from)}, &n))
                return false;
            said = true;
            *index = (size_t)n;
        }
    } while (next_is(s, ','));
    return next_is(s, '}');
}

/* Behind the '[' of data, to behind its ']'. */
static bool data_cut(struct scan *s, struct llm_cut *cut)
{
    memset(cut->elements, 0, cut->n * sizeof(*cut->elements));
    for (size_t i = 0; i < cut->n; i++) {
        if (i && !next_is(s, ','))
            return false;
        blanks(s);
        const char *from = s->at;
        size_t index = i;
        if (!element_skip(s, &index) || index >= cut->n || cut->elements[index].p)
            return false;
        cut->elements[index] = (struct str){.p = from, .n = (size_t)(s->at - from)};
    }
    return next_is(s, ']');
}

bool llm_embed_cut(struct str body, size_t n, struct str *elements, struct llm_cut *ret)
{
    struct scan s = {.at = body.p, .end = body.p + body.n};
    struct str key;
    bool found = false;
    *ret = (struct llm_cut){.elements = elements, .n = n};
    if (n == 0 || !next_is(&s, '{'))
        return false;
    do {
        if (!key_skip(&s, &key))
            return false;
        if (str_eqc(key, "data")) {
            if (found || !next_is(&s, '['))
                return false;
            ret->before = (struct str){.p = body.p, .n = (size_t)(s.at - body.p)};
            if (!data_cut(&s, ret))
                return false;
            ret->after = (struct str){.p = s.at - 1, .n = (size_t)(s.end - s.at) + 1};
            found = true;
        } else if (!value_skip(&s)) {
            return false;
        }
    } while (next_is(&s, ','));
    if (!found || !next_is(&s, '}'))
        return false;
    blanks(&s);
    return s.at == s.end;
}

void llm_embed_cut_part(const struct llm_cut *cut, size_t first, size_t count, struct buf *out)
{
    buf_add(out, cut->before.p, cut->before.n);
    for (size_t i = first; i < first + count; i++) {
        if (i > first)
            buf_addc(out, ',');
        buf_add(out, cut->elements[i].p, cut->elements[i].n);
    }
    buf_add(out, cut->after.p, cut->after.n);
}
