/* The dictionary is compiled in (skills.def); its phrase index is built once by the first caller and is constant
 * afterwards.
 *
 * A hit is taken when the longest alias at a word matches and its case rule holds. Names that are also plain words (Go,
 * React, Excel) need exact case and a neighbourhood that looks like technology: a list separator, a preposition or
 * "developer" beside it, or at least not the first word of a sentence that goes on in small letters. */
#include "pipeline/engine/skills.h"

#include <assert.h>
#include <pthread.h>
#include "pipeline/engine/skills_internal.h"

#define SKILLS_TEXT_TOKENS 512 /* tokens read at a time */

enum { SKILL_ANY = 0, SKILL_CASE = 1, SKILL_AMBIGUOUS = 2 };

#define S(slug_, label_, field_, aliases_) {.slug = slug_, .label = label_, .field = field_, .core = true},
#define SC                                 S
#define SA                                 S
static const struct skill skills_all[] = {
#include "pipeline/engine/skills.def"
#undef S
#define S(slug_, label_, field_, aliases_) {.slug = slug_, .label = label_, .field = field_},
#include "pipeline/engine/skills_more.def"
};
#undef S
#define S(slug_, label_, field_, aliases_) {.names = aliases_, .rule = SKILL_ANY},
#undef SC
#define SC(slug_, label_, field_, aliases_) {.names = aliases_, .rule = SKILL_CASE},
#undef SA
#define SA(slug_, label_, field_, aliases_) {.names = aliases_, .rule = SKILL_AMBIGUOUS},
static const struct skill_names {
    const char *names;
    int rule;
} skills_names[] = {
#include "pipeline/engine/skills.def"
#include "pipeline/engine/skills_more.def"
};
#undef S
#undef SC
#undef SA
#define S(slug_, label_, field_, aliases_) +sizeof(label_) + sizeof(aliases_) + 1
#define SC                                 S
#define SA                                 S
enum {
    SKILLS_POOL_BYTES = 0
#include "pipeline/engine/skills.def"
#include "pipeline/engine/skills_more.def"
};
#undef S
#undef SC
#undef SA

static struct {
    struct lexicon names;
    struct lexicon slugs;
    struct lexicon_row rows[LEXICON_ROWS_MAX];
    struct lexicon_row slug_rows[ARRAY_LEN(skills_all)];
    char pool[SKILLS_POOL_BYTES];
    size_t rows_n, pool_n;
} skills_index;
static pthread_once_t skills_once = PTHREAD_ONCE_INIT;

static void skills_name_add(struct str name, size_t skill, int rule)
{
    if (name.n && (name.p[0] == '=' || name.p[0] == '~')) {
        rule = name.p[0] == '=' ? SKILL_CASE : SKILL_AMBIGUOUS;
        name = str_sub(name, 1, name.n);
    }
    if (name.n == 0)
        return;
    assert(skills_index.rows_n < LEXICON_ROWS_MAX && skills_index.pool_n + name.n < SKILLS_POOL_BYTES);
    char *p = skills_index.pool + skills_index.pool_n;
    memcpy(p, name.p, name.n);
    p[name.n] = '\0';
    skills_index.pool_n += name.n + 1;
    skills_index.rows[skills_index.rows_n++] = (struct lexicon_row){p, (uint64_t)skill | (uint64_t)rule << 32};
}

static void skills_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(skills_all); i++) {
        struct str rest = str_of(skills_names[i].names), name;
        while (str_next_field(&rest, '|', &name))
            skills_name_add(name, i, SKILL_ANY);
        skills_name_add(str_of(skills_all[i].label), i, skills_names[i].rule);
        skills_index.slug_rows[i] = (struct lexicon_row){skills_all[i].slug, i};
    }
    lexicon_init(&skills_index.names, skills_index.rows, skills_index.rows_n);
    lexicon_init(&skills_index.slugs, skills_index.slug_rows, ARRAY_LEN(skills_all));
}

static const struct skill *row_skill(const struct lexicon_row *row)
{
    return &skills_all[row->value & 0xFFFFFFFFu];
}

static bool word_in(struct str w, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieqc(w, list[i]))
            return true;
    return false;
}

/* One capital letter is a language only beside a list separator or a telling word: never "C." of a list, "D.C.", "R&D",
 * "C-level". */
static bool letter_ok(struct str text, size_t start, size_t end)
{
    char before = start ? text.p[start - 1] : ' ', after = end < text.n ? text.p[end] : ' ';
    size_t next = end;
    while (next < text.n && text.p[next] == ' ')
        next++;
    bool column =
        start >= 2 && before == ' ' &&
        ((str_is_alpha(text.p[start - 2]) && (start == 2 || text.p[start - 3] == ' ')) ||
         (next + 1 < text.n && text.p[next] >= 'A' && text.p[next] <= 'Z' && !str_is_alnum(text.p[next + 1])));
    if (column || (next < text.n && text.p[next] == '='))
        return false; /* a column of marks, or the key to one */
    if (strchr(".&-'_", before) || (strchr("&-'_:", after) && after))
        return false;
    if (after == '.' || after == ')') {
        bool line_start = start == 0 || text.p[start - 1] == '\n' || (start >= 2 && text.p[start - 2] == '-');
        return !line_start && (end + 1 >= text.n || str_is_space(text.p[end + 1]));
    }
    return true;
}

static bool looks_listed(struct str text, const struct token *t, size_t n, size_t i, size_t words)
{
    static const char *const before[] = {"in",         "with",     "of",        "or",         "and",  "using",
                                         "like",       "know",     "our",       "the",        "some", "modern",
                                         "to",         "advanced", "Microsoft", "strong",     "as",   "via",
                                         "including",  "und",      "oder",      "mit",        "et",   "ou",
                                         "y",          "o",        "e",         "by",         "from", "both",
                                         "preferably", "MS",       "idiomatic", "production", "into"};
    static const char *const after[] = {"or",         "and",         "developer", "engineer",      "engineers",
                                        "developers", "programming", "language",  "code",          "services",
                                        "experience", "skills",      "backend",   "microservices", "und",
                                        "oder",       "proficiency", "knowledge", "programmer",    "a",
                                        "is",         "for",         "on"};
    size_t last = i + words - 1;
    char left = t[i].start ? text.p[t[i].start - 1] : '\n', right = t[last].end < text.n ? text.p[t[last].end] : '\n';
    if (right == '-' || left == '-' || left == '\'' || left == '@')
        return false;
    if (strchr("/(,", left) || (right && strchr(",/);", right)))
        return true;
    size_t space = t[i].start;
    while (space && text.p[space - 1] == ' ')
        space--;
    if (space && strchr(",;:/(", text.p[space - 1]))
        return true;
    bool first = t[i].flags & TOKEN_SENTENCE_START;
    bool word_after = last + 1 < n && !(t[last + 1].flags & TOKEN_SENTENCE_START);
    if (word_after && word_in(token_str(text, &t[last + 1]), after, ARRAY_LEN(after)))
        return !first || !word_in(token_str(text, &t[last + 1]), after + ARRAY_LEN(after) - 4, 4);
    if (first)
        return !word_after || (t[last + 1].flags & TOKEN_UPPER);
    return i == 0 || word_in(token_str(text, &t[i - 1]), before, ARRAY_LEN(before)) || !word_after ||
           (t[last + 1].flags & TOKEN_UPPER);
}

static bool rule_holds(struct str text, const struct token *t, size_t n, size_t i, size_t words,
                       const struct lexicon_row *row)
{
    int rule = (int)(row->value >> 32);
    if (rule == SKILL_ANY)
        return true;
    size_t start = t[i].start, end = t[i + words - 1].end;
    struct str found = str_sub(text, start, end);
    if (!str_eqc(found, row->phrase))
        return false;
    if (found.n == 1) {
        if (!letter_ok(text, start, end))
            return false;
        static const char *const reject[] = {"level", "suite", "section",  "corp", "class",
                                             "grade", "part",  "appendix", "unit", "us"};
        if (i + 1 < n && word_in(token_str(text, &t[i + 1]), reject, ARRAY_LEN(reject)))
            return false;
        static const char *const reject_before[] = {"series",   "vitamin", "hepatitis", "unit", "class", "part",
                                                    "building", "level",   "option",    "tab",  "plan",  "sections",
                                                    "title",    "section", "schedule",  "type"};
        return i == 0 || (t[i].flags & TOKEN_LINE_START) ||
               !word_in(token_str(text, &t[i - 1]), reject_before, ARRAY_LEN(reject_before));
    }
    return rule == SKILL_CASE || looks_listed(text, t, n, i, words);
}

size_t skills_find_tokens(struct str text, const struct token *t, size_t n, struct skill_mention *ret, size_t max)
{
    pthread_once(&skills_once, skills_build);
    size_t found = 0;
    for (size_t i = 0; i < n && found < max;) {
        size_t words;
        const struct lexicon_row *row = lexicon_at(&skills_index.names, t, n, i, &words);
        while (row && !rule_holds(text, t, n, i, words, row))
            row = lexicon_next(&skills_index.names, row, t, n, i, &words);
        if (!row) {
            i++;
            continue;
        }
        ret[found++] = (struct skill_mention){row_skill(row), t[i].start, t[i + words - 1].end};
        i += words;
    }
    return found;
}

size_t skills_find(struct str text, struct skill_mention *ret, size_t max)
{
    struct token t[SKILLS_TEXT_TOKENS];
    size_t found = 0, base = 0;
    while (base < text.n && found < max) {
        struct str rest = str_sub(text, base, text.n);
        size_t n = tokens_read(rest, t, SKILLS_TEXT_TOKENS);
        if (n == 0)
            break;
        size_t k = skills_find_tokens(rest, t, n, ret + found, max - found);
        /* a phrase may lie across the seam: go on at the last few tokens, without what was found in them */
        size_t seam = n == SKILLS_TEXT_TOKENS ? t[n - LEXICON_PHRASE_WORDS_MAX].start : rest.n;
        while (k && n == SKILLS_TEXT_TOKENS && ret[found + k - 1].start >= seam)
            k--;
        if (k && n == SKILLS_TEXT_TOKENS && ret[found + k - 1].end > seam)
            seam = ret[found + k - 1].end;
        for (size_t i = 0; i < k; i++) {
            ret[found + i].start += base;
            ret[found + i].end += base;
        }
        found += k;
        base += seam;
    }
    return found;
}

const struct skill *skills_by_slug(struct str slug)
{
    pthread_once(&skills_once, skills_build);
    struct token t[LEXICON_PHRASE_WORDS_MAX + 1];
    size_t n = tokens_read(slug, t, ARRAY_LEN(t)), words;
    if (n == 0)
        return NULL;
    const struct lexicon_row *row = lexicon_at(&skills_index.slugs, t, n, 0, &words);
    while (row && !str_eqc(slug, row->phrase))
        row = lexicon_next(&skills_index.slugs, row, t, n, 0, &words);
    return row ? row_skill(row) : NULL;
}

const struct skill *skills_by_name(struct str name)
{
    pthread_once(&skills_once, skills_build);
    name = str_trim(name);
    struct token t[LEXICON_PHRASE_WORDS_MAX + 1];
    size_t n = tokens_read(name, t, ARRAY_LEN(t)), words;
    if (n == 0)
        return NULL;
    const struct lexicon_row *row = lexicon_at(&skills_index.names, t, n, 0, &words);
    return row && words == n ? row_skill(row) : NULL;
}
