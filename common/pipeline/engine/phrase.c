#include "pipeline/engine/phrase.h"

#include <stdarg.h>
#include <stdio.h>

#include "pipeline/engine/lex.h"

struct str phrase_printf(struct arena *a, const char *fmt, ...)
{
    char text[3072];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : MIN((size_t)n, sizeof(text) - 1);
    while (len && len == sizeof(text) - 1 && ((unsigned char)text[len - 1] & 0x80))
        len--;
    char *s = arena_strndup(a, text, len);
    return str_of(s);
}

struct str phrase_join(struct arena *a, const struct str *items, size_t n, const char *last)
{
    struct str out = {.p = "", .n = 0};
    for (size_t i = 0; i < n; i++) {
        if (i == 0)
            out = items[0];
        else if (i + 1 < n)
            out = phrase_printf(a, STR_FMT ", " STR_FMT, STR_ARG(out), STR_ARG(items[i]));
        else
            out = phrase_printf(a, STR_FMT " %s " STR_FMT, STR_ARG(out), last, STR_ARG(items[i]));
    }
    return out;
}

static struct str first_word(struct str text)
{
    size_t i = 0;
    while (i < text.n && !str_is_space(text.p[i]) && text.p[i] != ',')
        i++;
    return str_sub(text, 0, i);
}

const char *phrase_article(struct str text)
{
    static const char *const A[] = {"uni", "use", "usa",     "user",   "eu",      "one", "once", "ux",
                                    "ui",  "us ", "utility", "unique", "ubiquit", "uk",  NULL};
    static const char *const AN[] = {"hour", "honest", "heir", "honor", "honour", NULL};
    struct str w = first_word(text);
    if (w.n == 0)
        return "a";
    bool upper = w.n > 1 && w.p[1] >= 'A' && w.p[1] <= 'Z' && w.p[0] >= 'A' && w.p[0] <= 'Z';
    if (upper && !str_istarts(w, "U"))
        return strchr("AEFHILMNORSX", w.p[0]) ? "an" : "a"; /* spelled letter by letter */
    for (const char *const *x = A; *x; x++)
        if (str_istarts(w, *x))
            return "a";
    for (const char *const *x = AN; *x; x++)
        if (str_istarts(w, *x))
            return "an";
    if (str_is_digit(w.p[0])) {
        size_t digits = 0;
        while (digits < w.n && str_is_digit(w.p[digits]))
            digits++;
        struct str number = str_sub(w, 0, digits); /* an 8, an 80, an 11, an 18F, an 18,000; a 110 */
        return w.p[0] == '8' || str_eqc(number, "11") || str_eqc(number, "18") ? "an" : "a";
    }
    return strchr("aeiou", str_lower_char(w.p[0])) ? "an" : "a";
}

bool phrase_may_lower(struct str text)
{
    struct str w = first_word(text);
    if (w.n < 2 || w.p[0] < 'A' || w.p[0] > 'Z')
        return false;
    for (size_t i = 1; i < w.n; i++)
        if ((w.p[i] >= 'A' && w.p[i] <= 'Z') || str_is_digit(w.p[i]))
            return false; /* CI, DevOps, REST, P99 */
    struct skill_mention m[1];
    return skills_find(w, m, 1) == 0 || strcmp(m[0].skill->field, "technology") != 0;
}

static struct str with_first(struct arena *a, struct str text, char c)
{
    char *s = str_dup(a, text);
    if (!s)
        return text;
    s[0] = c;
    return (struct str){.p = s, .n = text.n};
}

struct str phrase_lower_first(struct arena *a, struct str text)
{
    return phrase_may_lower(text) ? with_first(a, text, str_lower_char(text.p[0])) : text;
}

struct str phrase_upper_first(struct arena *a, struct str text)
{
    return text.n && text.p[0] >= 'a' && text.p[0] <= 'z' ? with_first(a, text, (char)(text.p[0] - 32)) : text;
}

struct str phrase_skill_in(struct str text, const struct skill *skill)
{
    struct skill_mention m[64];
    size_t n = skill ? skills_find(text, m, ARRAY_LEN(m)) : 0;
    for (size_t i = 0; i < n; i++)
        if (m[i].skill == skill)
            return str_sub(text, m[i].start, m[i].end);
    return (struct str){.p = "", .n = 0};
}

struct str phrase_skill(const struct atom *atom, const struct skill *skill)
{
    size_t i = 0;
    while (i < atom->skills_n && atom->skills[i] != skill)
        i++;
    if (i == atom->skills_n && atom->skills_whole)
        return (struct str){.p = "", .n = 0};
    return phrase_skill_in(atom->text, skill);
}

static bool is_small_word(struct str w)
{
    static const char *const WORDS[] = {"of", "and", "the", "for", "in",   "at", "a",
                                        "an", "or",  "to",  "on",  "with", NULL};
    for (const char *const *x = WORDS; *x; x++)
        if (str_ieqc(w, *x))
            return true;
    return false;
}

static bool is_known_acronym(struct str w)
{
    static const char *const WORDS[] = {"QA",  "IT",  "UX",  "UI",   "RN",  "HR",   "SRE", "BI",  "ML",  "AI",
                                        "IOS", "LLC", "LTD", "GMBH", "USA", "US",   "UK",  "NHS", "CEO", "CTO",
                                        "VP",  "II",  "III", "IV",   "SQL", "API",  "AWS", "ICU", "ER",  "PHP",
                                        "ETL", "GIS", "KS3", "KS5",  "CNC", "HVAC", "EMT", "LPN", "CNA", NULL};
    for (const char *const *x = WORDS; *x; x++)
        if (str_eqc(w, *x))
            return true;
    return false;
}

struct str phrase_title_case(struct arena *a, struct str text)
{
    size_t upper = 0, words = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= 'a' && text.p[i] <= 'z')
            return text;
        upper += text.p[i] >= 'A' && text.p[i] <= 'Z';
        words += text.p[i] == ' ';
    }
    char *s = upper > 6 || words ? str_dup(a, text) : NULL;
    if (!s)
        return text;
    for (size_t i = 0; i < text.n;) {
        size_t end = i;
        while (end < text.n && (str_is_alnum(s[end]) || s[end] == '\''))
            end++;
        struct str w = {.p = s + i, .n = end - i};
        if (w.n > 1 && !is_known_acronym(w)) {
            bool small = i > 0 && is_small_word(w);
            for (size_t k = i + (small ? 0 : 1); k < end; k++)
                s[k] = str_lower_char(s[k]);
        }
        i = end > i ? end : i + 1;
    }
    return (struct str){.p = s, .n = text.n};
}
