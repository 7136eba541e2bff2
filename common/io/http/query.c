/* Query parameters: application/x-www-form-urlencoded pieces of the target, decoded on demand. */
#include "io/http/request.h"

#include <stdlib.h>
#include "base/utf8.h"

static int query_hex(char c)
{
    if (str_is_digit(c))
        return c - '0';
    c = str_lower_char(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int http_decode(struct arena *a, struct str text, bool plus_is_space, struct str *ret, struct err *err)
{
    char *out = arena_try_alloc(a, text.n + 1);
    if (!out)
        return err_set(err, ERR_MEMORY, "no memory for the request");
    size_t len = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int hi = i + 2 < text.n ? query_hex(text.p[i + 1]) : -1, lo = hi >= 0 ? query_hex(text.p[i + 2]) : -1;
            if (lo < 0)
                return err_set(err, ERR_MALFORMED, "a percent sign is not followed by two hexadecimal digits");
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return err_set(err, ERR_MALFORMED, "a NUL byte is not allowed");
        out[len++] = c;
    }
    out[len] = '\0';
    *ret = (struct str){.p = out, .n = len};
    if (utf8_valid_prefix(*ret) != len)
        return err_set(err, ERR_MALFORMED, "the text is not valid UTF-8");
    return 0;
}

/* Splits "name=value"; the value of "name" alone is empty. */
static struct str query_split(struct str pair, struct str *ret_value)
{
    const char *eq = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    size_t at = eq ? (size_t)(eq - pair.p) : pair.n;
    *ret_value = eq ? str_sub(pair, at + 1, pair.n) : (struct str){.p = pair.p + at, .n = 0};
    return str_sub(pair, 0, at);
}

int http_query_get(struct http_request *req, const char *name, struct str *ret, struct err *err)
{
    struct str rest = http_request_query(req), pair, value;
    int found = 0;
    *ret = (struct str){0};
    while (rest.n && str_next_field(&rest, '&', &pair)) {
        if (!str_eqc(query_split(pair, &value), name))
            continue;
        if (found++)
            return err_set(err, ERR_INVALID, "the parameter %s is given more than once", name);
        int rc = http_decode(http_request_arena(req), value, true, ret, err);
        if (rc < 0) {
            err_prefix(err, "parameter %s", name);
            return rc;
        }
    }
    return found;
}

static bool query_to_int(struct str s, int64_t *ret)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t v = 0;
    if (!str_to_u64(negative ? str_sub(s, 1, s.n) : s, &v) || v > INT64_MAX)
        return false;
    *ret = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

int http_query_int(struct http_request *req, const char *name, int64_t min, int64_t max, int64_t otherwise,
                   int64_t *ret, struct err *err)
{
    struct str text;
    *ret = otherwise;
    int rc = http_query_get(req, name, &text, err);
    if (rc <= 0)
        return rc;
    int64_t v = 0;
    if (!query_to_int(text, &v) || v < min || v > max)
        return err_set(err, ERR_INVALID, "the parameter %s is a whole number from %lld to %lld", name, (long long)min,
                       (long long)max);
    *ret = v;
    return 1;
}

int http_query_bool(struct http_request *req, const char *name, bool otherwise, bool *ret, struct err *err)
{
    struct str text;
    *ret = otherwise;
    int rc = http_query_get(req, name, &text, err);
    if (rc <= 0)
        return rc;
    bool yes = text.n == 0 || str_eqc(text, "true") || str_eqc(text, "1");
    if (!yes && !str_eqc(text, "false") && !str_eqc(text, "0"))
        return err_set(err, ERR_INVALID, "the parameter %s is true or false", name);
    *ret = yes;
    return 1;
}

static int query_unknown(struct http_request *req, struct str name, const char *const *names, struct err *err)
{
    struct str plain;
    int rc = http_decode(http_request_arena(req), name, true, &plain, err);
    if (rc < 0)
        return rc;
    struct str shown = utf8_cut(plain, 40);
    const char *nearest = NULL;
    unsigned best = 3;
    for (size_t i = 0; names[i]; i++) {
        unsigned d = str_distance(plain.p, names[i]);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    if (nearest)
        return err_set(err, ERR_INVALID, "there is no parameter \"" STR_FMT "\"; did you mean %s?", STR_ARG(shown),
                       nearest);
    return err_set(err, ERR_INVALID, "there is no parameter \"" STR_FMT "\"", STR_ARG(shown));
}

int http_query_check(struct http_request *req, const char *const *names, struct err *err)
{
    struct str rest = http_request_query(req), pair, value;
    while (rest.n && str_next_field(&rest, '&', &pair)) {
        struct str name = query_split(pair, &value);
        bool known = pair.n == 0;
        for (size_t i = 0; names[i] && !known; i++)
            known = str_eqc(name, names[i]);
        if (!known)
            return query_unknown(req, name, names, err);
    }
    return 0;
}
