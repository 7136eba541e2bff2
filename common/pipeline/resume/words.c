/* What a text looks like, by the words of words.def. All of it is heuristics: the callers compare. */
#include "pipeline/resume/resume_parts.h"

#include "base/utf8.h"

#define WORDS_TEXT_BYTES 200

enum words_list {
    WORDS_TITLE,
    WORDS_ORG,
    WORDS_SCHOOL,
    WORDS_DEGREE,
    WORDS_PLACE,
    WORDS_CITY,
    WORDS_TONGUE,
    WORDS_LEVEL
};

static const struct {
    enum words_list list;
    bool end;
    const char *word;
} WORDS[] = {
#define W(list, word) {WORDS_##list, false, word},
#define P(list, word) {WORDS_##list, true, word},
#include "pipeline/resume/words.def"
#undef W
#undef P
};

/* Number of words of the list in folded text; *ret_first: where the first one begins. */
static int hits(struct str folded, enum words_list list, size_t *ret_first)
{
    int n = 0;
    *ret_first = folded.n;
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        if (WORDS[i].list != list)
            continue;
        struct str w = str_of(WORDS[i].word);
        for (size_t at = 0; at + w.n <= folded.n;) {
            ptrdiff_t k = str_find(str_sub(folded, at, folded.n), w);
            if (k < 0)
                break;
            size_t from = at + (size_t)k, to = from + w.n;
            bool begins = from == 0 || strchr(" /-", folded.p[from - 1]),
                 ends = to == folded.n || strchr(" /-'", folded.p[to]);
            if (ends && (WORDS[i].end ? !begins : begins)) {
                n++;
                *ret_first = MIN(*ret_first, from);
                break;
            }
            at = from + 1;
        }
    }
    return n;
}

static int score(struct str s, enum words_list list, size_t *ret_first)
{
    char folded[WORDS_TEXT_BYTES + 8];
    size_t first;
    struct str f = {.p = folded, .n = heading_fold(s, folded, sizeof(folded))};
    int n = hits(f, list, &first);
    if (ret_first)
        *ret_first = first;
    return n;
}

int words_title(struct str s)
{
    int n = score(s, WORDS_TITLE, NULL);
    return n ? 2 + MIN(n, 3) - (words_count(s) > 9 ? 2 : 0) : 0;
}

int words_organization(struct str s)
{
    int n = score(s, WORDS_ORG, NULL);
    return n ? 1 + MIN(n, 3) : 0;
}

int words_school(struct str s)
{
    int n = score(s, WORDS_SCHOOL, NULL);
    return n ? 2 + MIN(n, 2) : 0;
}

int words_degree(struct str s)
{
    /* with the dots of "B.Sc.", which folding takes away */
    int n = score(s, WORDS_DEGREE, NULL);
    if (n == 0) {
        static const char *const DOTTED[] = {"B.S", "M.S", "B.A", "M.A", "Ph.D", "B.E", "M.E",
                                             "B.T", "A.A", "A.S", "J.D", "M.D",  "Dr."};
        for (size_t i = 0; i < ARRAY_LEN(DOTTED); i++)
            n += str_starts(s, DOTTED[i]);
    }
    return n ? 2 + MIN(n, 2) : 0;
}

bool words_level(struct str s)
{
    return score(s, WORDS_LEVEL, NULL) > 0 && words_count(s) <= 8;
}

bool words_language(struct str s)
{
    size_t first;
    return score(s, WORDS_TONGUE, &first) > 0 && first == 0;
}

static bool is_one_of(struct str s, enum words_list list)
{
    char folded[WORDS_TEXT_BYTES + 8];
    struct str f = {.p = folded, .n = heading_fold(s, folded, sizeof(folded))};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (WORDS[i].list == list && str_eqc(f, WORDS[i].word))
            return true;
    return false;
}

bool words_country(struct str s)
{
    return is_one_of(s, WORDS_PLACE) || is_one_of(s, WORDS_CITY);
}

size_t words_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += !str_is_space(s.p[i]) && (i == 0 || str_is_space(s.p[i - 1]));
    return n;
}

static bool upper_first(struct str w)
{
    uint32_t cp;
    if (w.n == 0)
        return false;
    utf8_decode(w, &cp);
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z';
    char folded[16];
    struct str one = {.p = folded,
                      .n = heading_fold(str_sub(w, 0, utf8_encode(cp, (char[4]){0})), folded, sizeof(folded))};
    return one.n && !str_starts(w, "\xC3\x9F") && !(one.n <= w.n && memcmp(one.p, w.p, one.n) == 0);
}

/* "City, ST", "City, Country", "Remote", "Pittsburgh, PA (hybrid)", "75011 Paris": no words of other kinds. */
bool words_location(struct str s)
{
    s = str_trim(s);
    ptrdiff_t open = str_find(s, STR(" ("));
    struct str core = open > 0 && s.p[s.n - 1] == ')' ? str_sub(s, 0, (size_t)open) : s;
    if (s.n < 2 || s.n > 70 || words_count(core) > 7 || memchr(s.p, '@', s.n) || memchr(s.p, ':', s.n) ||
        s.p[s.n - 1] == '.')
        return false;
    struct str rest = core, part, last = {.p = "", .n = 0};
    size_t parts = 0, digits = 0;
    while (str_next_field(&rest, ',', &part)) {
        part = str_trim(part);
        if (part.n == 0)
            return false;
        if (words_count(part) > 4 || (words_organization(part) && !words_country(part)))
            return false;
        last = part;
        parts++;
    }
    for (size_t i = 0; i < core.n; i++)
        digits += str_is_digit(core.p[i]);
    if (digits > 6)
        return false;
    if (parts == 1)
        return words_country(last) || (digits >= 4 && digits <= 5 && str_is_digit(core.p[0]) &&
                                       words_count(core) <= 3 && words_title(core) == 0 && words_count(core) >= 2);
    if (parts > 4 || words_title(core) > 0)
        return false;
    bool code = last.n == 2 && last.p[0] >= 'A' && last.p[0] <= 'Z' && last.p[1] >= 'A' && last.p[1] <= 'Z';
    bool code_zip = last.n > 3 && last.n <= 10 && last.p[0] >= 'A' && last.p[0] <= 'Z' && last.p[1] >= 'A' &&
                    last.p[1] <= 'Z' && last.p[2] == ' ' && str_is_digit(last.p[3]);
    return (code || code_zip || is_one_of(last, WORDS_PLACE) || str_istarts(last, "D.C")) && upper_first(core);
}

/* Two to five capitalised words (or all capitals) of letters; particles in between. */
bool words_name(struct str s)
{
    static const char *const PARTICLES[] = {"de",  "da", "di",  "von", "van", "der", "den", "del", "la",  "le", "du",
                                            "bin", "al", "dos", "y",   "zu",  "ten", "ter", "el",  "ibn", NULL};
    s = str_trim(s);
    ptrdiff_t comma = str_find(s, STR(","));
    if (comma > 0) /* "Jane Doe, PhD" */
        s = str_sub(s, 0, (size_t)comma);
    if (s.n < 4 || s.n > 60 || memchr(s.p, '\t', s.n))
        return false;
    size_t words = 0;
    struct str rest = s, w;
    while (str_next_field(&rest, ' ', &w)) {
        if (w.n == 0)
            continue;
        bool particle = false;
        for (size_t i = 0; PARTICLES[i]; i++)
            particle = particle || str_ieqc(w, PARTICLES[i]);
        if (!particle && !upper_first(w) && (unsigned char)w.p[0] < 0xD7)
            return false;
        for (size_t i = 0; i < w.n; i++)
            if ((unsigned char)w.p[i] < 0x80 && !str_is_alpha(w.p[i]) && !strchr(".'-()\"", w.p[i]))
                return false;
        words++;
    }
    return words >= 2 && words <= 5 && words_title(s) == 0 && words_organization(s) == 0 && words_school(s) == 0 &&
           words_degree(s) == 0 && heading_section(s, NULL) == RESUME_NONE && !words_location(s) && !words_country(s);
}

bool words_sentence(struct str s)
{
    if (s.n == 0)
        return false;
    char last = s.p[s.n - 1];
    size_t words = words_count(s);
    if (words > 14)
        return true;
    bool abbreviation = str_iends(s, "inc.") || str_iends(s, "ltd.") || str_iends(s, "co.") || str_iends(s, "corp.") ||
                        str_iends(s, "e.v.") || str_iends(s, "s.a.") || str_iends(s, "jr.") || str_iends(s, "u.s.") ||
                        str_iends(s, "sc.") || str_iends(s, "d.") || str_iends(s, "eng.") || str_iends(s, "a.") ||
                        str_iends(s, "s.l.");
    return (last == '.' && words > 3 && !abbreviation) || ((last == '!' || last == '?') && words > 3);
}
