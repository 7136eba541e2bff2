/* How people set things apart on a line. */
#include "pipeline/resume/resume_parts.h"

#include "base/utf8.h"

/* A separator at s.p[i] (i > 0): its length, 0 when there is none. Dashes and slashes count only between spaces. */
static size_t separator_at(struct str s, size_t i)
{
    static const char *const ALWAYS[] = {"\t", "|", "·", "•", "∙", "‖", "⋅", "●", "▪", "■", "◆", "♦", "\xEF\x82\xB7"};
    static const char *const SPACED[] = {"–", "—", "-", "―", "/", "//", "~", "::"};
    struct str rest = str_sub(s, i, s.n);
    for (size_t k = 0; k < ARRAY_LEN(ALWAYS); k++)
        if (str_starts(rest, ALWAYS[k]))
            return strlen(ALWAYS[k]);
    if (i == 0 || s.p[i - 1] != ' ')
        return 0;
    for (size_t k = 0; k < ARRAY_LEN(SPACED); k++) {
        size_t n = strlen(SPACED[k]);
        if (str_starts(rest, SPACED[k]) && i + n < s.n && s.p[i + n] == ' ')
            return n;
    }
    return 0;
}

struct str trim_separators(struct str s)
{
    static const char *const EDGE[] = {" ", "\t", "|", "·", "•",  ",",  ";",  "–",  "—",
                                       "-", "―",  ":", "~", " /", "/ ", "\n", "()", "[]"};
    bool again = true;
    while (again && s.n) {
        again = false;
        for (size_t k = 0; k < ARRAY_LEN(EDGE); k++) {
            struct str e = str_of(EDGE[k]);
            if (s.n >= e.n && str_starts(s, EDGE[k])) {
                s = str_sub(s, e.n, s.n);
                again = true;
            }
            if (s.n >= e.n && memcmp(s.p + s.n - e.n, e.p, e.n) == 0) {
                s.n -= e.n;
                again = true;
            }
        }
        if (s.n >= 2 && ((s.p[0] == '(' && s.p[s.n - 1] == ')') || (s.p[0] == '[' && s.p[s.n - 1] == ']')) &&
            !memchr(s.p + 1, s.p[0], s.n - 1)) {
            s = str_sub(s, 1, s.n - 1);
            again = true;
        }
        /* what a date left behind when it was taken out of its parentheses */
        if (s.n && s.p[s.n - 1] == '(') {
            s.n--;
            again = true;
        } else if (s.n && s.p[0] == ')') {
            s = str_sub(s, 1, s.n);
            again = true;
        }
    }
    return s;
}

size_t split_segments(struct str s, struct str *ret, size_t max)
{
    size_t n = 0, from = 0, depth = 0;
    for (size_t i = 0; i <= s.n; i++) {
        size_t len = i < s.n && depth == 0 ? separator_at(s, i) : 0;
        if (i < s.n && s.p[i] == '(')
            depth++;
        else if (i < s.n && s.p[i] == ')' && depth)
            depth--;
        if (i < s.n && s.p[i] == '\t') { /* a column ends whatever was open */
            depth = 0;
            len = 1;
        }
        if (i < s.n && len == 0)
            continue;
        struct str part = str_trim(str_sub(s, from, i));
        if (part.n && n < max)
            ret[n++] = part;
        else if (part.n)
            ret[max - 1].n = (size_t)(part.p + part.n - ret[max - 1].p); /* the rest stays together */
        if (i < s.n) {
            i += len - 1;
            from = i + 1;
        }
    }
    return n;
}

size_t split_list(struct str s, struct str *ret, size_t max)
{
    static const char *const STRONG[] = {";", "|", "•", "·", "\t"};
    size_t depth = 0;
    const char *sep = ",";
    for (size_t k = 0; k < ARRAY_LEN(STRONG) && strcmp(sep, ",") == 0; k++) {
        depth = 0;
        for (size_t i = 0; i < s.n; i++) {
            if (s.p[i] == '(')
                depth++;
            else if (s.p[i] == ')' && depth)
                depth--;
            else if (depth == 0 && i > 0 && i + strlen(STRONG[k]) < s.n && str_starts(str_sub(s, i, s.n), STRONG[k]))
                sep = STRONG[k];
        }
    }
    size_t n = 0, from = 0, sep_n = strlen(sep);
    depth = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] == '(')
            depth++;
        else if (i < s.n && s.p[i] == ')' && depth)
            depth--;
        bool cut = i == s.n || (depth == 0 && str_starts(str_sub(s, i, s.n), sep) &&
                                !(*sep == ',' && i + 1 < s.n && str_is_digit(s.p[i + 1])));
        if (!cut)
            continue;
        struct str part = str_trim(str_sub(s, MIN(from, i), i));
        if (part.n && n < max)
            ret[n++] = part;
        else if (part.n)
            ret[max - 1].n = (size_t)(part.p + part.n - ret[max - 1].p);
        from = i + sep_n;
        if (i < s.n)
            i += sep_n - 1;
    }
    return n;
}

bool split_label(struct str s, size_t max_words, struct str *ret_label, struct str *ret_rest)
{
    const char *colon = memchr(s.p, ':', s.n);
    if (!colon)
        return false;
    size_t at = (size_t)(colon - s.p);
    struct str label = str_trim(str_sub(s, 0, at));
    bool url = at + 2 < s.n && s.p[at + 1] == '/' && s.p[at + 2] == '/';
    bool hour = at > 0 && at + 1 < s.n && str_is_digit(s.p[at - 1]) && str_is_digit(s.p[at + 1]);
    if (label.n == 0 || url || hour || words_count(label) > max_words ||
        (at + 1 < s.n && !str_is_space(s.p[at + 1]) && max_words < 2))
        return false;
    *ret_label = label;
    *ret_rest = str_trim(str_sub(s, at + 1, s.n));
    return true;
}
