/* "5+ years", "at least five years", "two to four years", "Seven (7) years", "between three and six years", "up to
 * three years", "3ish years". */
#include "pipeline/engine/analysis_internal.h"

#define YEARS_MAX      40
#define YEARS_DISTANCE 7 /* tokens from the number to the word */

static int word_number(struct str w)
{
    static const char *const words[][12] = {{"zero"},
                                            {"one", "ein", "eine", "einem", "un", "une", "uno", "een", "um",
                                             "einjährige"},
                                            {"two", "zwei", "deux", "dos", "due", "twee", "dois"},
                                            {"three", "drei", "trois", "tres", "tre", "drie", "três"},
                                            {"four", "vier", "quatre", "cuatro", "quattro", "quatro"},
                                            {"five", "fünf", "cinq", "cinco", "cinque", "vijf"},
                                            {"six", "sechs", "seis", "sei", "zes"},
                                            {"seven", "sieben", "sept", "siete", "sette", "zeven"},
                                            {"eight", "acht", "huit", "ocho", "otto", "oito"},
                                            {"nine", "neun"},
                                            {"ten", "zehn", "dix", "diez", "dieci", "tien", "dez"},
                                            {"eleven"},
                                            {"twelve", "zwölf"},
                                            {"thirteen"},
                                            {"fourteen"},
                                            {"fifteen"}};
    char first = w.n ? str_lower_char(w.p[0]) : ' ';
    for (size_t n = 0; n < ARRAY_LEN(words); n++)
        for (size_t i = 0; i < ARRAY_LEN(words[n]) && words[n][i]; i++)
            if (words[n][i][0] == first && str_ieqc(w, words[n][i]))
                return (int)n;
    return str_ieqc(w, "twenty") ? 20 : -1;
}

static int token_number(struct str text, const struct token *t)
{
    struct str w = token_str(text, t);
    if (!(t->flags & TOKEN_DIGIT))
        return word_number(w);
    int v = 0;
    size_t i = 0;
    while (i < w.n && i < 2 && str_is_digit(w.p[i]))
        v = v * 10 + (w.p[i++] - '0');
    struct str rest = str_sub(w, i, w.n);
    if (rest.n && !str_ieqc(rest, "ish") && !str_ieqc(rest, "yrs") && !str_ieqc(rest, "yr") && !str_ieqc(rest, "y") &&
        !str_eqc(rest, "+"))
        return -1;
    return v <= YEARS_MAX ? v : -1;
}

static bool is_years(struct str w)
{
    /* nearly every word fails here */
    char c = w.n ? str_lower_char(w.p[0]) : ' ';
    if ((c != 'y' && c != 'j' && c != 'a') || w.n > 8)
        return false;
    static const char *const list[] = {"years",  "year", "yrs",  "yr",     "years'", "year's", "jahre",
                                       "jahren", "jahr", "ans",  "années", "an",     "años",   "año",
                                       "anni",   "anno", "jaar", "anos",   "ano"};
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (str_ieqc(w, list[i]))
            return true;
    return false;
}

static bool word_is(struct str text, const struct token *t, const char *a, const char *b, const char *c, const char *d)
{
    struct str w = token_str(text, t);
    return str_ieqc(w, a) || str_ieqc(w, b) || str_ieqc(w, c) || str_ieqc(w, d);
}

/* Is what stands between two number tokens a range sign? */
static bool range_between(struct str text, const struct token *a, const struct token *b)
{
    struct str gap = str_trim(str_sub(text, a->end, b->start));
    return str_eqc(gap, "-") || str_eqc(gap, "\xE2\x80\x93") || str_eqc(gap, "\xE2\x80\x94") || str_eqc(gap, "+ -");
}

/* The second number of a range after token i; *ret_next is the token after it. -1 when there is none. */
static int range_end(struct str text, const struct token *t, size_t i, size_t to, size_t *ret_next)
{
    int v;
    if (i + 1 < to && range_between(text, &t[i], &t[i + 1]) && (v = token_number(text, &t[i + 1])) >= 0) {
        *ret_next = i + 2;
        return v;
    }
    if (i + 2 < to && word_is(text, &t[i + 1], "to", "bis", "and", "à") && (v = token_number(text, &t[i + 2])) >= 0) {
        *ret_next = i + 3;
        return v;
    }
    if (i + 2 < to && word_is(text, &t[i + 1], "or", "a", "oder", "tot") && (v = token_number(text, &t[i + 2])) >= 0) {
        *ret_next = i + 3;
        return v;
    }
    return -1;
}

/* The word "years" within three tokens of at; its index, or to. */
static size_t years_word(struct str text, const struct token *t, size_t at, size_t to)
{
    static const char *const between[] = {"more",   "or",   "plus", "full",     "professional",
                                          "recent", "mehr", "oder", "relevant", "of"};
    for (size_t i = at; i < to && i < at + 4; i++) {
        struct str w = token_str(text, &t[i]);
        if (is_years(w))
            return i;
        bool skip = t[i].flags & TOKEN_DIGIT;
        for (size_t k = 0; k < ARRAY_LEN(between); k++)
            skip = skip || str_ieqc(w, between[k]);
        if (!skip)
            return to;
    }
    return to;
}

/* Years that are no experience: "three years ago", "24 years old", "a two-year project", "for ten years". */
static bool other_years(struct str text, const struct token *t, size_t from, size_t at, size_t years, size_t to)
{
    static const char *const after[] = {"ago",      "old",          "contract", "project",     "term",
                                        "position", "probationary", "trial",    "appointment", "later",
                                        "strategy", "plan",         "history"};
    for (size_t k = 0; years + 1 < to && k < ARRAY_LEN(after); k++)
        if (word_is(text, &t[years + 1], after[k], after[k], after[k], after[k]))
            return true;
    /* "one year of specialized experience equivalent to the next lower grade" names a grade, not a span */
    for (size_t k = years + 1; k < to && k < years + 6; k++)
        if (word_is(text, &t[k], "equivalent", "specialized", "specialised", "next"))
            return true;
    if (years + 1 < to && word_is(text, &t[years], "year", "an", "ano", "año") && text.p[t[years].start - 1] == '-')
        return true;
    return at > from && word_is(text, &t[at - 1], "over", "last", "next", "past") &&
           !(years + 2 < to && (word_is(text, &t[years + 2], "experience", "professional", "work", "relevant") ||
                                word_is(text, &t[years + 1], "experience", "of", "in", "as")));
}

static bool names_years(struct str text, const struct token *t)
{
    struct str w = token_str(text, t);
    return is_years(w) || ((t->flags & TOKEN_DIGIT) && str_lower_char(w.p[w.n - 1]) >= 'r'); /* "5yrs", "3y" */
}

void years_find(struct str text, const struct token *t, size_t from, size_t to, int *min, int *max)
{
    *min = *max = -1;
    size_t mark = from; /* the next word for years: numbers far before it need no look */
    for (size_t i = from; i < to; i++) {
        while (mark < to && (mark < i || !names_years(text, &t[mark])))
            mark++;
        if (mark >= to)
            return;
        if (mark - i > YEARS_DISTANCE)
            continue;
        int low = token_number(text, &t[i]);
        if (low < 0)
            continue;
        size_t next = i + 1;
        int high = range_end(text, t, i, to, &next);
        if (high < 0 && next < to && token_number(text, &t[next]) == low)
            next++; /* "Seven (7)" */
        bool glued = (t[i].flags & TOKEN_DIGIT) && str_is_alpha(text.p[t[i].end - 1]) &&
                     str_lower_char(text.p[t[i].end - 1]) != 'h';
        size_t years = glued ? i : years_word(text, t, next, to);
        if (years >= to || other_years(text, t, from, i, years, to))
            continue;
        bool up_to = i > from && word_is(text, &t[i - 1], "to", "maximum", "max", "bis") && i > from + 1 &&
                     word_is(text, &t[i - 2], "up", "bis", "a", "maximal");
        *min = up_to ? 0 : low;
        *max = up_to ? low : high >= low ? high : -1;
        return;
    }
}
