/* Turns a line of a résumé ("Cut p99 latency 40% by ...") into the first person ("I cut p99 latency 40% by ...")
 * without changing what it says: the first word is made small, a missing article is put in where the noun plainly needs
 * one, and only the first sentence is kept. When the line does not begin with a verb that is known, nothing is guessed:
 * it is quoted after a colon. */
#include <pthread.h>

#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define RECAST_WORD_MAX 32

static const struct {
    const char *base, *past;
} VERBS[] = {
#define VERB(base, past) {base, past},
#include "letter_verbs.def"
#undef VERB
};

enum verb_kind { VERB_NONE, VERB_PAST, VERB_BASE };

/* The forms by hash; a word that is both ("cut") is a past form. Filled once by the first caller, constant afterwards.
 */
#define VERB_SLOTS 4096 /* power of two, more than twice the forms */
_Static_assert(ARRAY_LEN(VERBS) * 4 < VERB_SLOTS, "room to probe");
static struct verb_form {
    const char *word; /* NULL: free */
    enum verb_kind kind;
} verb_forms[VERB_SLOTS];
static pthread_once_t verbs_once = PTHREAD_ONCE_INIT;

static struct verb_form *verb_slot(struct str word)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < word.n; i++)
        h = (h ^ (unsigned char)str_lower_char(word.p[i])) * 16777619u;
    size_t at = h & (VERB_SLOTS - 1);
    while (verb_forms[at].word && !str_ieqc(word, verb_forms[at].word))
        at = (at + 1) & (VERB_SLOTS - 1);
    return &verb_forms[at];
}

static void verbs_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
        *verb_slot(str_of(VERBS[i].base)) = (struct verb_form){VERBS[i].base, VERB_BASE};
    for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
        *verb_slot(str_of(VERBS[i].past)) = (struct verb_form){VERBS[i].past, VERB_PAST};
}

static struct str word_at(struct str text, size_t *at)
{
    while (*at < text.n && text.p[*at] == ' ')
        (*at)++;
    size_t from = *at;
    while (*at < text.n && text.p[*at] != ' ' && text.p[*at] != ',' && text.p[*at] != ';' && text.p[*at] != ':')
        (*at)++;
    return str_sub(text, from, *at);
}

static bool is_one_of(struct str w, const char *const *list)
{
    for (; *list; list++)
        if (str_ieqc(w, *list))
            return true;
    return false;
}

static enum verb_kind verb_of(struct str word)
{
    enum verb_kind kind = VERB_NONE;
    if (word.n >= RECAST_WORD_MAX)
        return kind;
    pthread_once(&verbs_once, verbs_build);
    if (word.n)
        kind = verb_slot(word)->kind;
    /* "co-designed", "pre-computed" */
    const char *dash = memchr(word.p, '-', word.n);
    if (kind == VERB_NONE && dash && dash - word.p <= 4)
        return verb_of(str_sub(word, (size_t)(dash - word.p) + 1, word.n));
    return kind;
}

/* The end of the first sentence: a period, then a space and a capital, not after an abbreviation. */
static size_t first_sentence(struct str s)
{
    for (size_t i = 20; i + 2 < s.n; i++) {
        if (s.p[i] != '.' || s.p[i + 1] != ' ' || s.p[i + 2] < 'A' || s.p[i + 2] > 'Z')
            continue;
        size_t from = i;
        while (from > 0 && s.p[from - 1] != ' ')
            from--;
        if (i - from >= 3 && !memchr(s.p + from, '.', i - from))
            return i;
    }
    return s.n;
}

static bool is_adverb(struct str w)
{
    return w.n > 4 && str_iends(w, "ly") && !str_ieqc(w, "weekly") && !str_ieqc(w, "daily") &&
           !str_ieqc(w, "monthly") && !str_ieqc(w, "supply") && !str_ieqc(w, "apply");
}

static const char *const PREPOSITIONS[] = {"as",   "at",    "for",    "by",     "in",     "on",
                                           "to",   "from",  "with",   "within", "across", "into",
                                           "over", "under", "during", "among",  NULL};
static const char *const PERSON_PASSIVE[] = {"promoted",  "awarded",   "recognized", "recognised", "selected",
                                             "nominated", "elected",   "appointed",  "chosen",     "hired",
                                             "invited",   "named",     "honored",    "certified",  "ranked",
                                             "seconded",  "entrusted", "tasked",     "assigned",   "accepted",
                                             NULL};
static const char *const THING_PASSIVE[] = {"packaged",   "presented",   "given",        "published",
                                            "released",   "featured",    "used",         "adopted",
                                            "deployed",   "built",       "written",      "developed",
                                            "awarded",    "selected",    "accepted",     "cited",
                                            "downloaded", "hosted",      "open-sourced", "designed",
                                            "created",    "implemented", "funded",       NULL};
static const char *const DETERMINERS[] = {"a",        "an",       "the",     "my",      "our",   "its",    "their",
                                          "his",      "her",      "all",     "any",     "each",  "every",  "both",
                                          "new-hire", "this",     "that",    "these",   "those", "some",   "several",
                                          "many",     "more",     "most",    "no",      "up",    "over",   "multiple",
                                          "various",  "numerous", "one",     "two",     "three", "four",   "five",
                                          "six",      "seven",    "eight",   "nine",    "ten",   "eleven", "twelve",
                                          "about",    "around",   "nearly",  "almost",  "at",    "to",     "in",
                                          "on",       "with",     "from",    "by",      "for",   "as",     "into",
                                          "out",      "off",      "through", "between", "how",   "what",   "where",
                                          "when",     "whether",  "and",     "or",      NULL};
/* Singular countable nouns that a telegraphic line leaves without an article. */
static const char *const COUNTABLE[] = {
    "team",      "system",    "pipeline",     "platform",    "dashboard", "migration",  "service",   "framework",
    "tool",      "library",   "app",          "application", "api",       "engine",     "website",   "site",
    "mvp",       "process",   "program",      "programme",   "project",   "initiative", "database",  "feature",
    "strategy",  "model",     "architecture", "layer",       "study",     "report",     "survey",    "course",
    "runbook",   "group",     "department",   "campaign",    "portal",    "module",     "component", "script",
    "prototype", "plan",      "budget",       "workflow",    "tracker",   "schedule",   "network",   "warehouse",
    "store",     "suite",     "integration",  "solution",    "toolkit",   "plugin",     "bot",       "job",
    "procedure", "committee", "workshop",     "curriculum",  "unit",      "catalog",    "catalogue", "mechanism",
    "algorithm", "monolith",  "product",      "crew",        "squad",     "kitchen",    "menu",      "classroom",
    "award",     "prize",     "grant",        "contract",    NULL};
static const char *const NP_ENDS[] = {"that",      "which",   "who",       "of",         "using",      "supporting",
                                      "handling",  "serving", "reducing",  "improving",  "increasing", "enabling",
                                      "and",       "or",      "achieving", "where",      "while",      "so",
                                      "through",   "via",     "between",   "allowing",   "covering",   "including",
                                      "resulting", "saving",  "spanning",  "processing", "cutting",    "leading",
                                      "adopted",   "used",    "based",     "built",      NULL};

/* Puts "a" or "an" (or "the", before "migration from") after the verb when the noun phrase there is singular, countable
 * and bare. */
static struct str with_article(struct arena *a, struct str tail, size_t after_verb)
{
    size_t at = after_verb, np = 0, head_end = 0, words = 0;
    struct str head = {0}, next = {0};
    while (at < tail.n && words < 6) {
        size_t from = at;
        struct str w = word_at(tail, &at);
        if (w.n == 0)
            break;
        if (words == 0) {
            np = (size_t)(w.p - tail.p);
            bool name =
                (w.p[0] >= 'A' && w.p[0] <= 'Z') && !lex_has_any(w, COUNTABLE) && !phrase_may_lower(w) && w.n > 5;
            if (is_one_of(w, DETERMINERS) || str_is_digit(w.p[0]) || !str_is_alpha(w.p[0]) || name ||
                str_iends(w, "'s"))
                return tail;
        }
        if (is_one_of(w, NP_ENDS) || is_one_of(w, PREPOSITIONS)) {
            next = w;
            break;
        }
        head = w;
        head_end = (size_t)(w.p - tail.p) + w.n;
        words++;
        if (at < tail.n && tail.p[at] != ' ')
            break; /* a comma ends the phrase */
        (void)from;
    }
    if (words == 0 || words >= 6 || !is_one_of(head, COUNTABLE) || (words == 1 && head_end == 0))
        return tail;
    bool definite = (str_ieqc(head, "migration") || str_ieqc(head, "integration") || str_ieqc(head, "architecture") ||
                     str_ieqc(head, "strategy") || str_ieqc(head, "department")) &&
                    (str_ieqc(next, "from") || str_ieqc(next, "of") || str_ieqc(next, "for"));
    definite = definite || (words == 1 && str_ieqc(head, "team") && !str_ieqc(next, "of"));
    struct str rest = str_sub(tail, np, tail.n);
    return phrase_printf(a, STR_FMT "%s " STR_FMT, STR_ARG(str_sub(tail, 0, np)),
                         definite ? "the" : phrase_article(rest), STR_ARG(rest));
}

/* "found X; wrote it up" needs a second "I". */
static struct str second_subject(struct arena *a, struct str tail)
{
    ptrdiff_t at = str_find(tail, STR("; "));
    if (at < 0)
        return tail;
    size_t from = (size_t)at + 2, end = from;
    struct str w = word_at(tail, &end);
    if (verb_of(w) != VERB_PAST)
        return tail;
    return phrase_printf(a, STR_FMT "I " STR_FMT, STR_ARG(str_sub(tail, 0, from)),
                         STR_ARG(str_sub(tail, from, tail.n)));
}

static struct recast of_verb(struct arena *a, struct str s, struct str first, struct str second, bool project)
{
    struct recast r = {.form = RECAST_NOUN, .tail = phrase_lower_first(a, s)};
    bool before_preposition = is_one_of(second, PREPOSITIONS);
    enum verb_kind kind = verb_of(first);
    size_t after = str_ieqc(second, "with") ? (size_t)(second.p - s.p) + second.n : first.n;
    if (kind == VERB_NONE && is_adverb(first) && (kind = verb_of(second)) != VERB_NONE)
        after = (size_t)(second.p - s.p) + second.n;
    if (before_preposition && project && (is_one_of(first, THING_PASSIVE) || str_ieqc(first, "open-sourced"))) {
        r.form = RECAST_PASSIVE;
    } else if (before_preposition && is_one_of(first, PERSON_PASSIVE)) {
        r.form = RECAST_WAS;
    } else if (str_ieqc(first, "awarded") || str_ieqc(first, "named") || str_ieqc(first, "elected") ||
               str_ieqc(first, "appointed")) {
        r.form = RECAST_WAS;
    } else if (kind == VERB_PAST) {
        r.form = RECAST_PAST;
        r.tail = second_subject(a, with_article(a, r.tail, after));
    } else if (kind == VERB_BASE && !before_preposition && !str_ieqc(second, "of") && second.n) {
        static const char *const NOUN_NEXT[] = {"engineer",   "developer",   "manager",   "designer",
                                                "analyst",    "lead",        "and",       "author",
                                                "maintainer", "contributor", "assistant", NULL};
        r.form = is_one_of(second, NOUN_NEXT) && !str_ieqc(second, "and") ? RECAST_NOUN : RECAST_BASE;
    }
    return r;
}

struct recast recast_highlight(struct arena *a, struct str text, bool project)
{
    struct str s = str_trim(text);
    size_t end = first_sentence(s);
    bool whole = end == s.n;
    s = str_sub(s, 0, end);
    while (s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ';' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == ','))
        s.n--;
    size_t at = 0;
    struct str first = word_at(s, &at);
    struct str second = word_at(s, &at);
    struct recast r = {.form = RECAST_NOUN};
    if (str_eqc(first, "I") || str_eqc(first, "My") || str_eqc(first, "We")) {
        r.form = RECAST_CLAUSE;
        r.tail = str_eqc(first, "I") ? s : phrase_lower_first(a, s);
        if (str_eqc(first, "We"))
            r.tail = phrase_printf(a, "we" STR_FMT, STR_ARG(str_sub(s, 2, s.n)));
    } else if (str_ieqc(first, "responsible")) {
        r.form = RECAST_WAS;
        r.tail = phrase_lower_first(a, s);
    } else if (str_ieqc(first, "member") && str_ieqc(second, "of")) {
        r.form = RECAST_WAS;
        r.tail = phrase_printf(a, "a " STR_FMT, STR_ARG(phrase_lower_first(a, s)));
    } else if (first.n > 4 && str_iends(first, "ing") && !str_iends(first, "thing") && !str_ieqc(first, "during") &&
               phrase_may_lower(first)) {
        r.form = RECAST_GERUND;
        r.tail = phrase_lower_first(a, s);
    } else {
        r = of_verb(a, s, first, second, project);
    }
    r.whole = whole;
    return r;
}
