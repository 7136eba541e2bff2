/* Helpers on borrowed text. */
#include "base/str.h"

#define STR_DISTANCE_MAX 64

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Most comparisons are with the words of a table and fail at the first byte: the length of b is looked at last. */
bool str_eqc(struct str a, const char *b)
{
    if (a.n == 0 || *b == '\0')
        return a.n == 0 && *b == '\0';
    return a.p[0] == *b && strlen(b) == a.n && memcmp(a.p, b, a.n) == 0;
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (str_lower_char(a.p[i]) != str_lower_char(b.p[i]))
            return false;
    return true;
}

bool str_ieqc(struct str a, const char *b)
{
    for (size_t i = 0; i < a.n; i++)
        if (b[i] == '\0' || str_lower_char(a.p[i]) != str_lower_char(b[i]))
            return false;
    return b[a.n] == '\0';
}

bool str_starts(struct str s, const char *prefix)
{
    size_t i = 0;
    while (i < s.n && prefix[i] != '\0' && s.p[i] == prefix[i])
        i++;
    return prefix[i] == '\0';
}

bool str_istarts(struct str s, const char *prefix)
{
    size_t i = 0;
    while (i < s.n && prefix[i] != '\0' && str_lower_char(s.p[i]) == str_lower_char(prefix[i]))
        i++;
    return prefix[i] == '\0';
}

bool str_iends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && str_ieq(str_sub(s, s.n - n, s.n), str_of(suffix));
}

struct str str_trim(struct str s)
{
    while (s.n && str_is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && str_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

ptrdiff_t str_find(struct str hay, struct str needle)
{
    if (needle.n == 0)
        return 0;
    if (needle.n > hay.n)
        return -1;
    const char *at = memmem(hay.p, hay.n, needle.p, needle.n);
    return at ? at - hay.p : -1;
}

static ptrdiff_t str_ifind_from(struct str hay, struct str needle, size_t from)
{
    if (needle.n == 0 || needle.n > hay.n)
        return needle.n == 0 ? 0 : -1;
    char low = str_lower_char(needle.p[0]), high = str_is_alpha(low) ? (char)(low - 32) : low;
    struct str tail = str_sub(needle, 1, needle.n);
    char second = str_lower_char(tail.n ? tail.p[0] : '\0');
    for (size_t i = from; i + needle.n <= hay.n; i++)
        if ((hay.p[i] == low || hay.p[i] == high) && (tail.n == 0 || str_lower_char(hay.p[i + 1]) == second) &&
            str_ieq(str_sub(hay, i + 1, i + needle.n), tail))
            return (ptrdiff_t)i;
    return -1;
}

ptrdiff_t str_ifind(struct str hay, struct str needle)
{
    return str_ifind_from(hay, needle, 0);
}

ptrdiff_t str_ifind_word(struct str hay, const char *needle, size_t from)
{
    char low = str_lower_char(*needle), high = str_is_alpha(low) ? (char)(low - 32) : low;
    if (low == '\0')
        return -1;
    for (size_t i = from; i < hay.n; i++) {
        if ((hay.p[i] != low && hay.p[i] != high) || (i && str_is_alnum(hay.p[i - 1])))
            continue;
        size_t end = i + 1;
        const char *c = needle + 1;
        while (end < hay.n && *c && str_lower_char(hay.p[end]) == str_lower_char(*c)) {
            end++;
            c++;
        }
        if (*c == '\0' && (end == hay.n || !str_is_alnum(hay.p[end])))
            return (ptrdiff_t)i;
    }
    return -1;
}

bool str_next_line(struct str *rest, struct str *ret_line)
{
    if (rest->n == 0)
        return false;
    const char *nl = memchr(rest->p, '\n', rest->n);
    size_t n = nl ? (size_t)(nl - rest->p) : rest->n;
    *ret_line = str_sub(*rest, 0, n);
    if (n && ret_line->p[n - 1] == '\r')
        ret_line->n--;
    size_t skip = nl ? n + 1 : n;
    rest->p += skip;
    rest->n -= skip;
    return true;
}

bool str_next_field(struct str *rest, char sep, struct str *ret_field)
{
    if (!rest->p)
        return false;
    const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (!at) {
        *ret_field = *rest;
        *rest = (struct str){0};
        return true;
    }
    *ret_field = str_sub(*rest, 0, (size_t)(at - rest->p));
    rest->n -= (size_t)(at - rest->p) + 1;
    rest->p = at + 1;
    return true;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
    if (s.n == 0 || s.n > 20)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!str_is_digit(s.p[i]))
            return false;
        uint64_t d = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *ret = v;
    return true;
}

char *str_dup(struct arena *a, struct str s)
{
    return arena_strndup(a, s.p, s.n);
}

unsigned str_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > STR_DISTANCE_MAX || m > STR_DISTANCE_MAX)
        return STR_DISTANCE_MAX * 2;
    unsigned row[STR_DISTANCE_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned up = row[j];
            unsigned cost = str_lower_char(a[i - 1]) == str_lower_char(b[j - 1]) ? 0 : 1;
            unsigned best = diagonal + cost;
            best = MIN(best, up + 1);
            best = MIN(best, row[j - 1] + 1);
            row[j] = best;
            diagonal = up;
        }
    }
    return row[m];
}
