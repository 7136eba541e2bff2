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
    /* "Digitalised the archive": a regular past form that the table does not have */
    static const char *const ADJECTIVES[] = {
        "advanced",      "experienced", "skilled",   "licensed", "detailed", "seasoned", "motivated",
        "hundred",       "unlimited",   "related",   "applied",  "embed",    "indeed",   "accomplished",
        "distinguished", "talented",    "gifted",    "limited",  "mixed",    "speed",    "need",
        "feed",          "seed",        "certified", "varied",   "naked",    "united",   "paid",
        "unpaid",        "registered",  "chartered", "bed",      "med",      NULL};
    if (kind == VERB_NONE && word.n > 5 && str_iends(word, "ed") && !str_iends(word, "eed") &&
        !memchr(word.p, '-', word.n) && word.p[1] >= 'a' && !is_one_of(word, ADJECTIVES))
        return VERB_PAST;
    /* "co-designed", "pre-computed" */
    const char *dash = memchr(word.p, '-', word.n);
    if (kind == VERB_NONE && dash && dash - word.p <= 4)
        return verb_of(str_sub(word, (size_t)(dash - word.p) + 1, word.n));
    return kind;
}

bool recast_is_base(struct str word)
{
    if (word.n < 2 || word.n >= RECAST_WORD_MAX)
        return false;
    pthread_once(&verbs_once, verbs_build);
    if (verb_slot(word)->kind == VERB_BASE)
        return true;
    static const char *const BOTH[] = {"cut", "set", "put", "let", "read", "split", "run", "hit", "beat", NULL};
    return is_one_of(word, BOTH);
}

/* The verb of a third person ("manages", "applies", "teaches"); NULL when it is none. */
static const char *third_person(struct str w, const char **ret_past)
{
    static const char *const ENDS[] = {"s", "es", "ies", NULL};
    char base[RECAST_WORD_MAX];
    if (w.n < 4 || w.n >= RECAST_WORD_MAX || w.p[w.n - 1] != 's' || str_iends(w, "ss"))
        return NULL;
    for (const char *const *e = ENDS; *e; e++) {
        size_t n = w.n - strlen(*e);
        if (!str_iends(w, *e))
            continue;
        memcpy(base, w.p, n);
        base[n] = 'y';
        struct str b = {.p = base, .n = n + (strcmp(*e, "ies") == 0)};
        for (size_t i = 0; verb_of(b) != VERB_NONE && i < ARRAY_LEN(VERBS); i++)
            if (str_ieqc(b, VERBS[i].base)) {
                *ret_past = VERBS[i].past;
                return VERBS[i].base;
            }
    }
    return NULL;
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
    "award",     "prize",     "grant",        "contract",    "rollout",   "roll-out",   "launch",    "redesign",
    "upgrade",   "policy",    "protocol",     "newsletter",  "guide",     "manual",     "handbook",  "backlog",
    "roadmap",   "cluster",   "interface",    "template",    "checklist", "session",    "ward",      "clinic",
    "branch",    "class",     "section",      "line",        "register",  "ledger",     "audit",     NULL};
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
                     str_ieqc(head, "strategy") || str_ieqc(head, "department") || str_ieqc(head, "rollout") ||
                     str_ieqc(head, "roll-out") || str_ieqc(head, "launch") || str_ieqc(head, "redesign") ||
                     str_ieqc(head, "upgrade")) &&
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

/* "size reducing initial load time" is "size, reducing initial load time": the result, not the kind of size. */
static struct str result_comma(struct arena *a, struct str tail)
{
    static const char *const RESULTS[] = {"reducing", "improving",  "increasing", "saving",  "resulting",
                                          "boosting", "decreasing", "lowering",   "raising", NULL};
    static const char *const NO_COMMA[] = {"and", "or", "while", "by",      "of",     "in",      "for",
                                           "to",  "on", "from",  "at",      "with",   "through", "of",
                                           "the", "a",  "as",    "without", "toward", NULL};
    struct str prev = {0};
    for (size_t at = 0; at < tail.n;) {
        size_t from = at;
        struct str w = word_at(tail, &at);
        if (w.n == 0)
            break;
        size_t start = (size_t)(w.p - tail.p);
        bool loose = start > from && prev.n && prev.p + prev.n + 1 == w.p;
        if (start > 12 && loose && is_one_of(w, RESULTS) && !is_one_of(prev, NO_COMMA) && !is_adverb(prev))
            return phrase_printf(a, STR_FMT ", " STR_FMT, STR_ARG(str_sub(tail, 0, start - 1)),
                                 STR_ARG(str_sub(tail, start, tail.n)));
        prev = w;
        while (at < tail.n && tail.p[at] != ' ')
            at++;
    }
    return tail;
}

/* Whether the digit at `at` is a count in words: "6 engineers", not "level 3", "3 %" or "Python 3". */
static bool is_small_count(struct str tail, size_t at)
{
    static const char *const UNITS[] = {"million", "billion", "thousand", "percent", "of", "to", "and", "or", NULL};
    static const char *const NAMES[] = {"level", "phase", "tier", "version", "grade", "class", "key", "type", "stage",
                                        "band",  "part",  "top",  "year",    "unit",  "room",  "day", NULL};
    if (at == 0 || at + 5 > tail.n || tail.p[at] < '2' || tail.p[at - 1] != ' ' || tail.p[at + 1] != ' ' ||
        tail.p[at + 2] < 'a' || tail.p[at + 2] > 'z')
        return false;
    size_t end = at + 1, from = at - 1;
    struct str next = word_at(tail, &end);
    while (from > 0 && tail.p[from - 1] != ' ')
        from--;
    struct str prev = str_sub(tail, from, at - 1);
    bool of = str_ieqc(next, "of") && prev.n && prev.p[prev.n - 1] == ','; /* ", 2 of whom" */
    return (of || (next.n > 2 && !is_one_of(next, UNITS))) && !is_one_of(prev, NAMES) && prev.n &&
           !(prev.p[0] >= 'A' && prev.p[0] <= 'Z');
}

/* "a team of 6 engineers" is "a team of six engineers" when it has no other numbers than such. */
static struct str small_number(struct arena *a, struct str tail)
{
    static const char *const WORDS[] = {"two", "three", "four", "five", "six", "seven", "eight", "nine"};
    bool any = false;
    for (size_t i = 0; i < tail.n; i++)
        if (str_is_digit(tail.p[i])) {
            if (!is_small_count(tail, i))
                return tail;
            any = true;
        }
    for (size_t i = 0; any && i < tail.n; i++)
        if (str_is_digit(tail.p[i]))
            tail = phrase_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(tail, 0, i)), WORDS[tail.p[i] - '2'],
                                 STR_ARG(str_sub(tail, i + 1, tail.n)));
    return tail;
}

/* "HubSpot & trained" is "HubSpot and trained"; "P&L" and "Salt & Cedar" stay. */
static struct str ampersand(struct arena *a, struct str tail)
{
    ptrdiff_t at = str_find(tail, STR(" & "));
    if (at < 0 || (size_t)at + 3 >= tail.n || tail.p[at + 3] < 'a' || tail.p[at + 3] > 'z')
        return tail;
    return phrase_printf(a, STR_FMT " and " STR_FMT, STR_ARG(str_sub(tail, 0, (size_t)at)),
                         STR_ARG(str_sub(tail, (size_t)at + 3, tail.n)));
}

/* "in first 6 months" is "in the first 6 months". */
static struct str first_count(struct arena *a, struct str tail)
{
    ptrdiff_t at = str_find(tail, STR("in first "));
    if (at < 0)
        return tail;
    return phrase_printf(a, STR_FMT "in the first " STR_FMT, STR_ARG(str_sub(tail, 0, (size_t)at)),
                         STR_ARG(str_sub(tail, (size_t)at + 9, tail.n)));
}

/* "; duplicate payouts since then: zero" has no verb: it goes into brackets. */
static struct str in_brackets(struct arena *a, struct str tail)
{
    ptrdiff_t at = str_find(tail, STR("; "));
    struct str rest = at > 0 ? str_sub(tail, (size_t)at + 2, tail.n) : tail;
    if (at < 0 || str_find(rest, STR(": ")) < 0 || str_find(rest, STR("; ")) >= 0 || memchr(rest.p, '(', rest.n))
        return tail;
    return phrase_printf(a, STR_FMT " (" STR_FMT ")", STR_ARG(str_sub(tail, 0, (size_t)at)), STR_ARG(rest));
}

static const struct {
    const char *past, *participle;
} IRREGULAR[] = {
    {"wrote", "written"},
    {"ran", "run"},
    {"drove", "driven"},
    {"grew", "grown"},
    {"took", "taken"},
    {"oversaw", "overseen"},
    {"gave", "given"},
    {"knew", "known"},
    {"showed", "shown"},
    {"began", "begun"},
    {"became", "become"},
    {"came", "come"},
    {"overcame", "overcome"},
    {"broke", "broken"},
    {"chose", "chosen"},
    {"drew", "drawn"},
    {"flew", "flown"},
    {"froze", "frozen"},
    {"rose", "risen"},
    {"saw", "seen"},
    {"shrank", "shrunk"},
    {"spoke", "spoken"},
    {"threw", "thrown"},
    {"undertook", "undertaken"},
    {"wore", "worn"},
    {"wove", "woven"},
    {"went", "gone"},
    {"did", "done"},
    {"fell", "fallen"},
    {"rewrote", "rewritten"},
    {"co-wrote", "co-written"},
    {"underwrote", "underwritten"},
    {"was", "been"},
    {"were", "been"},
    {"had", "had"},
    {"sang", "sung"},
    {"beat", "beaten"},
    {"got", "got"},
};

static size_t irregular(struct str w)
{
    size_t i = 0;
    while (i < ARRAY_LEN(IRREGULAR) && !str_ieqc(w, IRREGULAR[i].past))
        i++;
    return i;
}

/* "have cut", unless the line says when or goes on with another verb whose participle differs. */
static struct str perfect_of(struct arena *a, struct str tail)
{
    static const char *const TIME[] = {"ago",        "last",   "first", "during",    "when",  "after",     "until",
                                       "then",       "before", "since", "yesterday", "later", "initially", "originally",
                                       "previously", "while",  "once",  "weekly",    "daily", "monthly",   "quarterly",
                                       "per",        "each",   "every", NULL};
    size_t at = 0;
    struct str w = word_at(tail, &at);
    if (is_adverb(w))
        w = word_at(tail, &at);
    static const char *const RATES[] = {"a year",  "a month",   "a week", "a day", "a shift",
                                        "an hour", "a quarter", "a term", NULL};
    if (verb_of(w) != VERB_PAST || lex_has_any(tail, RATES))
        return (struct str){.p = "", .n = 0};
    size_t start = (size_t)(w.p - tail.p), end = start + w.n, form = irregular(w);
    while (at < tail.n && tail.p[at] != ';') {
        struct str next = word_at(tail, &at);
        if (is_one_of(next, TIME) || irregular(next) < ARRAY_LEN(IRREGULAR))
            return (struct str){.p = "", .n = 0};
        for (size_t i = 0; i + 4 <= next.n; i++)
            if ((next.p[i] == '1' || next.p[i] == '2') && (next.p[i + 1] == '9' || next.p[i + 1] == '0') &&
                str_is_digit(next.p[i + 2]) && str_is_digit(next.p[i + 3]))
                return (struct str){.p = "", .n = 0};
        if (at < tail.n && next.n == 0 && tail.p[at] != ';')
            at++;
        else if (at < tail.n && tail.p[at] != ' ' && tail.p[at] != ';')
            at++;
    }
    if (form == ARRAY_LEN(IRREGULAR))
        return tail;
    return phrase_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(tail, 0, start)), IRREGULAR[form].participle,
                         STR_ARG(str_sub(tail, end, tail.n)));
}

/* "Preceptor for 14 nurses", "Technical lead for the storage team": what the person was. */
static bool is_agent(struct str w)
{
    static const char *const AGENTS[] = {"lead",        "champion",       "preceptor",  "mentor",    "liaison",
                                         "chair",       "secretary",      "treasurer",  "captain",   "head",
                                         "guide",       "instructor",     "assistant",  "delegate",  "contact",
                                         "coach",       "tutor",          "organizer",  "organiser", "founder",
                                         "co-founder",  "contributor",    "maintainer", "author",    "co-author",
                                         "editor",      "representative", "ambassador", "trainer",   "supervisor",
                                         "coordinator", "member",         "reviewer",   NULL};
    return is_one_of(w, AGENTS);
}

static bool person_line(struct str s)
{
    static const char *const NEXT[] = {"for", "of", "to", "on", "in", "at", NULL};
    size_t at = 0, words = 0;
    struct str w = word_at(s, &at);
    while (w.n && words < 4) {
        size_t look = at;
        struct str next = word_at(s, &look);
        if (is_agent(w) && is_one_of(next, NEXT) && !(at < s.n && s.p[at] != ' '))
            return true;
        if (at < s.n && s.p[at] != ' ')
            return false;
        w = next;
        at = look;
        words++;
    }
    return false;
}

static struct recast of_verb(struct arena *a, struct str s, struct str first, struct str second, bool project,
                             bool current)
{
    struct recast r = {.form = RECAST_NOUN, .tail = phrase_lower_first(a, s)};
    bool before_preposition = is_one_of(second, PREPOSITIONS);
    enum verb_kind kind = verb_of(first);
    size_t after = str_ieqc(second, "with") ? (size_t)(second.p - s.p) + second.n : first.n;
    const char *past = NULL, *base = kind == VERB_NONE && second.n ? third_person(first, &past) : NULL;
    if (kind == VERB_NONE && is_adverb(first) && (kind = verb_of(second)) != VERB_NONE)
        after = (size_t)(second.p - s.p) + second.n;
    if (before_preposition && project && (is_one_of(first, THING_PASSIVE) || str_ieqc(first, "open-sourced"))) {
        r.form = RECAST_THING;
        r.tail = phrase_printf(a, "was " STR_FMT, STR_ARG(r.tail));
    } else if (before_preposition && is_one_of(first, PERSON_PASSIVE)) {
        r.form = RECAST_WAS;
    } else if (str_ieqc(first, "awarded") || str_ieqc(first, "named") || str_ieqc(first, "elected") ||
               str_ieqc(first, "appointed")) {
        r.form = RECAST_WAS;
    } else if (person_line(s)) {
        r.form = RECAST_WAS;
        r.tail = phrase_printf(a, "%s " STR_FMT, phrase_article(r.tail), STR_ARG(r.tail));
    } else if (kind == VERB_PAST) {
        r.form = RECAST_PAST;
        r.tail = result_comma(a, second_subject(a, with_article(a, r.tail, after)));
    } else if (base && !before_preposition && !str_ieqc(second, "and") &&
               (project || is_one_of(second, DETERMINERS) || verb_of(second) == VERB_NONE)) {
        struct str rest = str_sub(s, first.n, s.n);
        r.form = project ? RECAST_THING : current ? RECAST_BASE : RECAST_PAST;
        if (!project)
            r.tail = phrase_printf(a, "%s" STR_FMT, current ? base : past, STR_ARG(rest));
    } else if (kind == VERB_BASE && !before_preposition && !str_ieqc(second, "of") && second.n) {
        static const char *const NOUN_NEXT[] = {"engineer",   "developer",   "manager",   "designer",
                                                "analyst",    "lead",        "and",       "author",
                                                "maintainer", "contributor", "assistant", NULL};
        /* words that are as often nouns: "Prep lists", "Design reviews" against "Design a course" */
        static const char *const NOUNS_TOO[] = {"prep",     "design",  "support", "test",     "report", "review",
                                                "research", "plan",    "work",    "study",    "audit",  "care",
                                                "process",  "project", "market",  "chart",    "budget", "display",
                                                "contract", "service", "control", "store",    "stock",  "document",
                                                "catalog",  "program", "record",  "sample",   "post",   "place",
                                                "host",     "form",    "shift",   "schedule", "staff",  "team",
                                                "top",      "bar",     "ward",    "book",     "pilot",  "model",
                                                "survey",   "lead",    NULL};
        bool noun = is_one_of(second, NOUN_NEXT) && !str_ieqc(second, "and");
        bool listed = second.p + second.n < s.p + s.n && second.p[second.n] == ',';
        noun = noun || (is_one_of(first, NOUNS_TOO) && !is_one_of(second, DETERMINERS) && (!current || listed));
        r.form = noun ? RECAST_NOUN : RECAST_BASE;
    } else if (str_is_digit(s.p ? s.p[0] : 0) || (s.n > 1 && s.p[0] == '$')) {
        r.form = RECAST_RESULT;
    }
    return r;
}

struct recast recast_highlight(struct arena *a, struct str text, bool project, bool current)
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
        r = of_verb(a, s, first, second, project, current);
    }
    r.tail = small_number(a, ampersand(a, in_brackets(a, first_count(a, r.tail))));
    if (r.form == RECAST_PAST && current)
        r.perfect = perfect_of(a, r.tail);
    r.whole = whole;
    return r;
}
