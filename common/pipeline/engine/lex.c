/* A light stemmer: enough to join the forms of one word that postings and résumés use, cheap enough to run on every
 * word. Collisions of unrelated words are possible and harmless: nothing is written from a stem, it only ranks. */
#include "pipeline/engine/lex.h"

#include <pthread.h>

#include "base/cleanup.h"

#define LEX_WORD_MAX     48
#define LEX_STOP_LONGEST 14   /* "qualifications" */
#define LEX_STOP_SLOTS   1024 /* powers of two, more than twice the words in the tables */
#define LEX_FORM_SLOTS   128
#define LEX_HASH_SEED    2166136261u
#define LEX_HASH_PRIME   16777619u

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

/* Stop words and irregular forms by the hash of the word. Filled once by the first caller (lex_build under lex_once)
 * and constant afterwards. */
struct lex_slot {
    const char *word; /* NULL: free */
    const char *stem; /* NULL: a stop word */
};
static struct lex_slot lex_stop_slots[LEX_STOP_SLOTS], lex_irregular_slots[LEX_FORM_SLOTS];
static pthread_once_t lex_once = PTHREAD_ONCE_INIT;

static uint32_t lex_hash(const char *w, size_t n)
{
    uint32_t h = LEX_HASH_SEED;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)w[i]) * LEX_HASH_PRIME;
    return h;
}

static void lex_slot_put(struct lex_slot *slots, size_t n, const char *word, const char *stem)
{
    size_t at = lex_hash(word, strlen(word)) & (n - 1);
    while (slots[at].word)
        at = (at + 1) & (n - 1);
    slots[at] = (struct lex_slot){word, stem};
}

static const struct lex_slot *lex_slot_get(const struct lex_slot *slots, size_t n, const char *word, uint32_t hash)
{
    for (size_t at = hash & (n - 1); slots[at].word; at = (at + 1) & (n - 1))
        if (strcmp(slots[at].word, word) == 0)
            return &slots[at];
    return NULL;
}

static void lex_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(LEX_STOP); i++)
        lex_slot_put(lex_stop_slots, LEX_STOP_SLOTS, LEX_STOP[i], NULL);
    for (size_t i = 0; i < ARRAY_LEN(LEX_IRREGULAR); i++)
        lex_slot_put(lex_irregular_slots, LEX_FORM_SLOTS, LEX_IRREGULAR[i].word, LEX_IRREGULAR[i].stem);
}
_Static_assert(ARRAY_LEN(LEX_STOP) < LEX_STOP_SLOTS / 2 && ARRAY_LEN(LEX_IRREGULAR) < LEX_FORM_SLOTS / 2,
               "room to probe");

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
        char c = s.p[i];
        if (str_is_alnum(c)) {
            i++;
            continue;
        }
        if ((unsigned char)c >= 0x80 ? lex_separator(str_sub(s, i, s.n)) > 0 : c != '+' && c != '#') {
            /* a dot or apostrophe inside a word: "Node.js", "nurse's" */
            bool inner = (c == '.' || c == '\'') && i + 1 < s.n && str_is_alnum(s.p[i + 1]);
            if (!inner)
                break;
        }
        i++;
    }
    return i;
}

bool lex_next_word(struct str *rest, struct str *ret_word)
{
    while (rest->n) {
        size_t sep = (unsigned char)rest->p[0] >= 0x80 ? lex_separator(*rest) : 0;
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

/* w is folded, hash is its hash. */
static bool lex_stops(const char *w, size_t n, uint32_t hash)
{
    if (n < 2 && !(n == 1 && (w[0] == 'c' || w[0] == 'r')))
        return true;
    return n <= LEX_STOP_LONGEST && lex_slot_get(lex_stop_slots, LEX_STOP_SLOTS, w, hash);
}

bool lex_is_stop(struct str word)
{
    char w[LEX_WORD_MAX];
    pthread_once(&lex_once, lex_build);
    size_t n = lex_fold(word, w);
    return lex_stops(w, n, lex_hash(w, n));
}

/* Grouped by the last letter; within a letter the longest first. */
static const struct {
    char text[8];
    size_t n;
} LEX_ENDINGS[] = {{"ations", 6}, {"ments", 5}, {"ings", 4}, {"ions", 4}, {"ers", 3},
                   {"ors", 3},    {"ation", 5}, {"ion", 3},  {"ment", 4}, {"ing", 3},
                   {"er", 2},     {"or", 2},    {"ed", 2},   {"ly", 2},   {"e", 1}};

static void lex_endings_of(char last, size_t *ret_from, size_t *ret_to)
{
    static const struct {
        char last;
        unsigned char from, to;
    } GROUPS[] = {{'s', 0, 6},   {'n', 6, 8},   {'t', 8, 9},   {'g', 9, 10},
                  {'r', 10, 12}, {'d', 12, 13}, {'y', 13, 14}, {'e', 14, ARRAY_LEN(LEX_ENDINGS)}};
    *ret_from = *ret_to = 0;
    for (size_t i = 0; i < ARRAY_LEN(GROUPS); i++)
        if (GROUPS[i].last == last) {
            *ret_from = GROUPS[i].from;
            *ret_to = GROUPS[i].to;
        }
}

#define LEX_KEEP_MIN 4

static size_t lex_cut(char *w, size_t n)
{
    size_t from, to;
    if (n <= LEX_KEEP_MIN)
        return n;
    lex_endings_of(w[n - 1], &from, &to);
    for (size_t i = from; i < to; i++) {
        size_t e = LEX_ENDINGS[i].n;
        if (n < e + LEX_KEEP_MIN || memcmp(w + n - e, LEX_ENDINGS[i].text, e) != 0)
            continue;
        w[n - e] = '\0';
        return n - e;
    }
    return n;
}

static size_t lex_strip(char *w, size_t n)
{
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

/* w is folded (and is changed), hash is its hash. */
static uint32_t lex_stem_of(char *w, size_t n, uint32_t hash)
{
    for (size_t i = 0; i < n; i++)
        if (!str_is_alpha(w[i]))
            return hash;
    const struct lex_slot *irregular = lex_slot_get(lex_irregular_slots, LEX_FORM_SLOTS, w, hash);
    if (irregular)
        return lex_hash(irregular->stem, strlen(irregular->stem));
    n = lex_strip(w, n);
    return lex_hash(w, n);
}

uint32_t lex_stem(struct str word)
{
    char w[LEX_WORD_MAX];
    pthread_once(&lex_once, lex_build);
    size_t n = lex_fold(word, w);
    return lex_stem_of(w, n, lex_hash(w, n));
}

size_t lex_stems(struct str text, uint32_t *ret, size_t max)
{
    struct str word;
    size_t n = 0;
    pthread_once(&lex_once, lex_build);
    while (n < max && lex_next_word(&text, &word)) {
        char w[LEX_WORD_MAX];
        size_t len = lex_fold(word, w);
        uint32_t hash = lex_hash(w, len);
        if (lex_stops(w, len, hash))
            continue;
        uint32_t stem = lex_stem_of(w, len, hash);
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

/* The bit for a word that begins with these bytes; second is NUL for a word of one byte at the end of the text. */
static unsigned lex_start_bit(char first, char second)
{
    return ((unsigned)(unsigned char)str_lower_char(first) * 37u + (unsigned char)str_lower_char(second)) & 0xFFu;
}

void lex_text_init(struct lex_text *t, struct str text)
{
    *t = (struct lex_text){.text = text};
    bool inside = false;
    for (size_t i = 0; i < text.n; i++) {
        if (!inside) {
            unsigned bit = lex_start_bit(text.p[i], i + 1 < text.n ? text.p[i + 1] : '\0');
            t->starts[bit >> 6] |= (uint64_t)1 << (bit & 63);
        }
        inside = str_is_alnum(text.p[i]);
    }
}

bool lex_text_has(const struct lex_text *t, const char *phrase)
{
    if (phrase[0] && phrase[1]) {
        unsigned bit = lex_start_bit(phrase[0], phrase[1]);
        if (!(t->starts[bit >> 6] >> (bit & 63) & 1))
            return false;
    }
    return lex_has(t->text, phrase);
}

bool lex_text_has_any(const struct lex_text *t, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (lex_text_has(t, *phrases))
            return true;
    return false;
}

bool lex_has_any(struct str text, const char *const *phrases)
{
    struct lex_text t;
    lex_text_init(&t, text);
    return lex_text_has_any(&t, phrases);
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
