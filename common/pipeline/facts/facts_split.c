/* Where sentences end. A full stop ends one unless it belongs to an abbreviation, an initial or a name ("Node.js", "St.
 * Brannoc", "Inc. in"); a line break does unless the line was wrapped; bullets and headings always begin one. */
#include "pipeline/facts/facts_parts.h"

#define LINE_WRAPPED_BYTES 56

static bool abbreviation(struct str w)
{
    static const char *const list[] = {"eg", "ie",  "st",   "dr",     "mr",     "mrs",  "ms",   "prof", "sr",
                                       "jr", "no",  "incl", "approx", "vs",     "dept", "ref",  "tel",  "ca",
                                       "ft", "mt",  "fig",  "ave",    "messrs", "hon",  "rev",  "gen",  "capt",
                                       "lt", "sgt", "col",  "est",    "avg",    "min",  "max",  "nos",  "vol",
                                       "pp", "al",  "cf",   "viz",    "bros",   "assn", "natl", "intl"};
    if (w.n == 1)
        return str_is_alpha(w.p[0]) && w.p[0] != 'C' && w.p[0] != 'R' && w.p[0] != 'I';
    if (w.n > 6)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (str_ieqc(w, list[i]))
            return true;
    return false;
}

/* Inc., Ltd., Corp., Co. end a sentence only when a new one surely begins. */
static bool company_form(struct str w)
{
    return str_ieqc(w, "inc") || str_ieqc(w, "ltd") || str_ieqc(w, "corp") || str_ieqc(w, "co") || str_ieqc(w, "llc") ||
           str_ieqc(w, "pty") || str_ieqc(w, "bros");
}

static bool begins_surely(const struct ftext *x, size_t i)
{
    static const char *const WORDS[] = {"what",   "here",    "how",    "why",   "another", "please",
                                        "having", "thats",   "that's", "let's", "heres",   "it's",
                                        "permit", "further", "apart",  "count", NULL};
    for (size_t k = 0; WORDS[k]; k++)
        if ((x->t[i].flags & TOKEN_UPPER) && str_ieqc(facts_token_str(x, i), WORDS[k]))
            return true;
    return (x->w[i].cls & (FW(FIRST) | FW(YOU) | FW(CLOSING))) ||
           ((x->w[i].cls & FW(STOP)) && (x->t[i].flags & TOKEN_UPPER));
}

static bool stop_between(const struct ftext *x, size_t i)
{
    bool stop = false;
    for (size_t k = x->t[i - 1].end; k < x->t[i].start; k++) {
        char c = x->text.p[k];
        if (c == '.' || c == '!' || c == '?')
            stop = true;
        else if (stop && str_is_space(c))
            return true;
    }
    return false;
}

static bool line_wraps(const struct ftext *x, size_t i, enum facts_kind kind)
{
    struct str s = x->text;
    size_t end = x->t[i - 1].end, lines = 0, start = x->t[i - 1].end;
    for (size_t k = end; k < x->t[i].start; k++)
        lines += s.p[k] == '\n';
    if (lines > 1 || (x->w[i].flags & FT_BULLET))
        return false;
    while (start && s.p[start - 1] != '\n')
        start--;
    if (stop_between(x, i) || x->w[i].gap == ':')
        return false;
    for (size_t k = end; k < x->t[i].start && s.p[k] != '\n'; k++)
        if (s.p[k] == ':' || s.p[k] == '|')
            return false;
    bool comma = false;
    for (size_t k = end; k < x->t[i].start && s.p[k] != '\n'; k++)
        comma = comma || s.p[k] == ',';
    bool small = !(x->t[i].flags & TOKEN_UPPER) && !(x->t[i].flags & TOKEN_DIGIT);
    if (end - start < LINE_WRAPPED_BYTES)
        return small && kind == FACTS_LETTER && end - start > 30;
    return small || kind == FACTS_LETTER || comma || (x->w[i - 1].cls & FW(STOP));
}

size_t facts_sentence_end(const struct ftext *x, size_t i, enum facts_kind kind)
{
    for (i++; i < x->n; i++) {
        if (x->t[i].flags & TOKEN_LINE_START) {
            if (!line_wraps(x, i, kind))
                return i;
            continue;
        }
        if (!(x->t[i].flags & TOKEN_SENTENCE_START))
            continue;
        struct str w = facts_token_str(x, i - 1);
        bool upper = x->t[i].flags & (TOKEN_UPPER | TOKEN_DIGIT);
        if (!upper && (abbreviation(w) || company_form(w)))
            continue;
        bool quoted = w.n == 1 && x->w[i].gap == '"'; /* "below 2.5 s". Count */
        if ((abbreviation(w) && !quoted) || (company_form(w) && !begins_surely(x, i)))
            continue;
        if (!upper && !(x->w[i].flags & FT_TECHNICAL) && w.n <= 3 && x->w[i].gap == '.')
            continue;
        return i;
    }
    return x->n;
}
