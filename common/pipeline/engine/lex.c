/* A light stemmer: enough to join the forms of one word that postings and résumés use, cheap enough to run on every
 * word. Collisions of unrelated words are possible and harmless: nothing is written from a stem, it only ranks. */
#include "pipeline/engine/lex.h"

#include "base/cleanup.h"

#define LEX_WORD_MAX     48
#define LEX_STOP_LONGEST 14 /* "qualifications" */

/* sorted */
static const char *const LEX_STOP[] = {
#include "lex_stop.def"
};

/* Forms that the endings rule would keep apart. */
static const struct {
    const char *word, *stem;
} LEX_IRREGULAR[] = {
    {"analyses", "analy"},     {"analysis", "analy"},
    {"analyst", "analy"},      {"analysts", "analy"},
    {"analytical", "analy"},   {"analytics", "analy"},
    {"analyze", "analy"},      {"analyzed", "analy"},
    {"analyzing", "analy"},    {"analyse", "analy"},
    {"bought", "buy"},         {"built", "build"},
    {"children", "child"},     {"children's", "child"},
    {"cooking", "cook"},       {"data", "data"},
    {"designer", "design"},    {"led", "lead"},
    {"leadership", "lead"},    {"ran", "run"},
    {"running", "run"},        {"sold", "sell"},
    {"sales", "sale"},         {"taught", "teach"},
    {"wrote", "write"},        {"written", "write"},
    {"maths", "mathematic"},   {"mathematics", "mathematic"},
    {"programmer", "develop"}, {"programming", "program"},
    {"databases", "databas"},  {"database", "databas"},
};

static bool lex_is_word_byte(char c)
{
    return str_is_alnum(c) || (unsigned char)c >= 0x80 || c == '+' || c == '#';
}

/* Length of a separator at s: typographic punctuation (U+2000..U+206F), no-break space, middle dot; 0 when it is no
 * separator. */
static size_t lex_separator(struct str s)
{
    const unsigned char *u = (const unsigned char *)s.p;
    if (s.n >= 3 && u[0] == 0xE2 && (u[1] == 0x80 || u[1] == 0x81))
        return 3;
    if (s.n >= 2 && u[0] == 0xC2 && (u[1] == 0xA0 || u[1] == 0xB7 || u[1] == 0xAB || u[1] == 0xBB))
        return 2;
    return 0;
}

static size_t lex_word_end(struct str s)
{
    size_t i = 0;
    while (i < s.n) {
        if (lex_separator(str_sub(s, i, s.n)))
            break;
        if (lex_is_word_byte(s.p[i])) {
            i++;
            continue;
        }
        /* a dot or apostrophe inside a word: "Node.js", "nurse's" */
        bool inner = (s.p[i] == '.' || s.p[i] == '\'') && i + 1 < s.n && str_is_alnum(s.p[i + 1]);
        if (!inner)
            break;
        i++;
    }
    return i;
}

bool lex_next_word(struct str *rest, struct str *ret_word)
{
    while (rest->n) {
        size_t sep = lex_separator(*rest);
        if (sep == 0 && lex_is_word_byte(rest->p[0]) && rest->p[0] != '+')
            break;
        sep = sep ? sep : 1;
        rest->p += sep;
        rest->n -= sep;
    }
    if (rest->n == 0)
        return false;
    size_t n = lex_word_end(*rest);
    n = n ? n : 1;
    *ret_word = str_sub(*rest, 0, n);
    rest->p += n;
    rest->n -= n;
    return true;
}

static size_t lex_fold(struct str word, char *out)
{
    if (word.n > 2 && word.p[word.n - 2] == '\'' && str_lower_char(word.p[word.n - 1]) == 's')
        word.n -= 2;
    size_t n = MIN(word.n, (size_t)LEX_WORD_MAX - 1);
    for (size_t i = 0; i < n; i++)
        out[i] = str_lower_char(word.p[i]);
    out[n] = '\0';
    return n;
}

bool lex_is_stop(struct str word)
{
    char w[LEX_WORD_MAX];
    size_t n = lex_fold(word, w);
    if (n < 2 && !(n == 1 && (w[0] == 'c' || w[0] == 'r')))
        return true;
    if (n > LEX_STOP_LONGEST)
        return false;
    size_t lo = 0, hi = ARRAY_LEN(LEX_STOP);
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(w, LEX_STOP[mid]);
        if (c == 0)
            return true;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static const struct {
    char text[8];
    size_t n;
} LEX_ENDINGS[] = {{"ations", 6}, {"ation", 5}, {"ments", 5}, {"ment", 4}, {"ings", 4},
                   {"ing", 3},    {"ions", 4},  {"ion", 3},   {"ers", 3},  {"er", 2},
                   {"ors", 3},    {"or", 2},    {"ed", 2},    {"ly", 2},   {"e", 1}};

#define LEX_KEEP_MIN 4

static size_t lex_cut(char *w, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(LEX_ENDINGS); i++) {
        size_t e = LEX_ENDINGS[i].n;
        if (n < e + LEX_KEEP_MIN || w[n - 1] != LEX_ENDINGS[i].text[e - 1] ||
            memcmp(w + n - e, LEX_ENDINGS[i].text, e) != 0)
            continue;
        w[n - e] = '\0';
        return n - e;
    }
    return n;
}

static size_t lex_strip(char *w, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(LEX_IRREGULAR); i++) {
        if (w[0] == LEX_IRREGULAR[i].word[0] && w[1] == LEX_IRREGULAR[i].word[1] &&
            strcmp(w, LEX_IRREGULAR[i].word) == 0) {
            memcpy(w, LEX_IRREGULAR[i].stem, strlen(LEX_IRREGULAR[i].stem) + 1);
            return strlen(w);
        }
    }
    size_t before = n;
    if (n > 4 && memcmp(w + n - 3, "ies", 3) == 0) {
        w[n - 3] = 'y';
        n -= 2;
        w[n] = '\0';
    } else if (n > 3 && w[n - 1] == 's' && w[n - 2] != 's' && w[n - 2] != 'u' && w[n - 2] != 'i') {
        w[--n] = '\0';
    }
    /* twice: "engineering", "engineer" and "engineers" end up the same */
    n = lex_cut(w, n);
    n = lex_cut(w, n);
    if (n != before && n > 3 && w[n - 1] == w[n - 2] && w[n - 1] != 's' && w[n - 1] != 'l')
        w[--n] = '\0'; /* "planning" -> "plan" */
    if (n > 4 && w[n - 1] == 'e')
        w[--n] = '\0';
    if (n > 3 && w[n - 1] == 'y')
        w[n - 1] = 'i';
    return n;
}

uint32_t lex_stem(struct str word)
{
    char w[LEX_WORD_MAX];
    size_t n = lex_fold(word, w);
    bool plain = true;
    for (size_t i = 0; i < n; i++)
        plain = plain && str_is_alpha(w[i]);
    if (plain)
        n = lex_strip(w, n);
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)w[i]) * 16777619u;
    return h;
}

size_t lex_stems(struct str text, uint32_t *ret, size_t max)
{
    struct str word;
    size_t n = 0;
    while (n < max && lex_next_word(&text, &word)) {
        if (lex_is_stop(word))
            continue;
        uint32_t stem = lex_stem(word);
        size_t i = 0;
        while (i < n && ret[i] != stem)
            i++;
        if (i == n)
            ret[n++] = stem;
    }
    return n;
}

double lex_overlap(const uint32_t *want, size_t want_n, const uint32_t *have, size_t have_n, size_t *ret_hits)
{
    size_t hits = 0;
    for (size_t i = 0; i < want_n; i++) {
        for (size_t j = 0; j < have_n; j++) {
            if (want[i] == have[j]) {
                hits++;
                break;
            }
        }
    }
    if (ret_hits)
        *ret_hits = hits;
    return want_n ? (double)hits / (double)want_n : 0;
}

bool lex_has(struct str text, const char *phrase)
{
    return str_ifind_word(text, phrase, 0) >= 0;
}

bool lex_has_any(struct str text, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (lex_has(text, *phrases))
            return true;
    return false;
}

/* The number at s[i..end) belongs to a name: "PostgreSQL 14", "OAuth 2.0", "EDI 204/214". */
static bool lex_number_is_name(struct str s, size_t i, size_t end)
{
    if (end < s.n && (s.p[end] == '%' || s.p[end] == ','))
        return false;
    if (i < 2 || s.p[i - 1] != ' ')
        return false;
    size_t from = i - 1;
    while (from > 0 && (lex_is_word_byte(s.p[from - 1]) || s.p[from - 1] == '.'))
        from--;
    bool upper = false;
    for (size_t k = from; k + 1 < i; k++)
        upper = upper || (s.p[k] >= 'A' && s.p[k] <= 'Z');
    return upper && from > 0 && end - i <= 3; /* from > 0: a first word has its capital from the sentence */
}

bool lex_has_metric(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        if (!str_is_digit(s.p[i])) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < s.n && (str_is_digit(s.p[end]) ||
                             ((s.p[end] == ',' || s.p[end] == '.') && end + 1 < s.n && str_is_digit(s.p[end + 1]))))
            end++;
        bool glued = i > 0 && (str_is_alpha(s.p[i - 1]) || s.p[i - 1] == '-');
        bool year = end - i == 4 && (str_starts(str_sub(s, i, end), "19") || str_starts(str_sub(s, i, end), "20")) &&
                    !(end < s.n && s.p[end] == '%');
        if (!glued && !year && !lex_number_is_name(s, i, end))
            return true;
        i = end;
    }
    return false;
}
