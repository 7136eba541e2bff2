/* Borrowed text: a pointer and a length, no final NUL promised. Plus small helpers on C strings. ASCII-only case rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(lit)   ((struct str){.p = (lit), .n = sizeof(lit) - 1})
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *c)
{
    return (struct str){.p = c ? c : "", .n = c ? strlen(c) : 0};
}
static inline struct str str_sub(struct str s, size_t from, size_t to)
{
    return (struct str){.p = s.p + from, .n = to - from};
}
static inline char str_lower_char(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool str_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool str_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool str_is_alnum(char c)
{
    return str_is_alpha(c) || str_is_digit(c);
}
static inline bool str_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool str_eq(struct str a, struct str b);
bool str_eqc(struct str a, const char *b);
bool str_ieq(struct str a, struct str b); /* ASCII case folded */
bool str_ieqc(struct str a, const char *b);
bool str_starts(struct str s, const char *prefix);
bool str_istarts(struct str s, const char *prefix);
bool str_iends(struct str s, const char *suffix);
struct str str_trim(struct str s);
/* Position of needle, -1 when absent. */
ptrdiff_t str_find(struct str hay, struct str needle);
ptrdiff_t str_ifind(struct str hay, struct str needle);
/* Whole-word search, ASCII case folded: the bytes beside the match are not letters or digits. From `from`. -1 when
 * absent. */
ptrdiff_t str_ifind_word(struct str hay, const char *needle, size_t from);
/* Takes the next line off *rest (without \n or \r\n); false at the end. */
bool str_next_line(struct str *rest, struct str *ret_line);
/* Takes the next piece before sep off *rest; false at the end. */
bool str_next_field(struct str *rest, char sep, struct str *ret_field);
/* Decimal without sign, whole text; false on anything else or overflow. */
bool str_to_u64(struct str s, uint64_t *ret);
char *str_dup(struct arena *a, struct str s) MUST_CHECK; /* NUL-terminated copy, NULL when exhausted */
/* Similarity for "did you mean": Levenshtein distance, both at most 64 bytes, larger inputs give a large number. */
unsigned str_distance(const char *a, const char *b);
