/* The posting's words: what may be quoted, cut to a clause, once in a letter. Words of the posting stand between
 * quotation marks exactly as they are there; a verb that the sentence needs small ("to coach “two associate
 * engineers”") stands before the marks. */
#include "pipeline/engine/filler.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define QUOTE_MIN_BYTES 18
#define DUTY_MAX_BYTES  120

static const struct str NOTHING = {.p = "", .n = 0};

static bool has_forbidden_bytes(struct str q)
{
    static const char FORBIDDEN[] = "\n@<>|{}$*#`[]_\"\\~=";
    for (size_t i = 0; i < q.n; i++)
        if (strchr(FORBIDDEN, q.p[i]))
            return true;
    return str_find(q, STR("“")) >= 0 || str_find(q, STR("”")) >= 0 || str_find(q, STR("...")) >= 0 ||
           str_find(q, STR("…")) >= 0 || str_find(q, STR(" ,")) >= 0 || str_find(q, STR("  ")) >= 0;
}

static bool is_shouting(struct str q)
{
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < q.n; i++) {
        upper += q.p[i] >= 'A' && q.p[i] <= 'Z';
        lower += q.p[i] >= 'a' && q.p[i] <= 'z';
    }
    return upper > lower;
}

static int open_brackets(struct str q)
{
    int n = 0;
    for (size_t i = 0; i < q.n; i++)
        n += q.p[i] == '(' ? 1 : q.p[i] == ')' ? -1 : 0;
    return n;
}

/* "... and supervisor to": the list that followed is gone. */
static bool is_dangling(struct str q)
{
    static const char *const LAST[] = {"to",        "and",  "or",   "of",  "for",  "with", "the", "a",
                                       "an",        "in",   "by",   "as",  "on",   "that", "at",  "from",
                                       "including", "such", "like", "you", "will", NULL};
    size_t i = q.n;
    while (i > 0 && q.p[i - 1] != ' ')
        i--;
    struct str w = str_sub(q, i, q.n);
    for (const char *const *l = LAST; *l; l++)
        if (str_ieqc(w, *l))
            return true;
    return false;
}

/* Quotes must be about the work: no links, no addressing of readers or machines, no apply-here lines. */
static bool quotable(const struct letter *l, struct str q)
{
    static const char *const BAD[] = {"ignore",
                                      "instructions",
                                      "instruction",
                                      "prompt",
                                      "assistant",
                                      "system:",
                                      "http",
                                      "www",
                                      "apply",
                                      "applicants",
                                      "applicant",
                                      "résumé",
                                      "resume",
                                      "cv",
                                      "cover letter",
                                      "click",
                                      "salary",
                                      "benefits",
                                      "equal opportunity",
                                      "sponsorship",
                                      "disability",
                                      "email",
                                      "e-mail",
                                      "language model",
                                      "ai model",
                                      "candidate must",
                                      "output",
                                      "forget",
                                      "disregard",
                                      "job description",
                                      "posting",
                                      "401",
                                      "insurance to",
                                      "compensation",
                                      "visa",
                                      "citizens",
                                      "citizen",
                                      "interview",
                                      "vacation",
                                      "per hour",
                                      "an hour",
                                      "paid",
                                      "background check",
                                      "drug test",
                                      "grade",
                                      "gs-grade",
                                      "e.g",
                                      "i.e",
                                      "following",
                                      "the above",
                                      "as follows",
                                      "specialized experience",
                                      "this position",
                                      "this job",
                                      "click here",
                                      NULL};
    if (q.n < QUOTE_MIN_BYTES || q.n > LETTER_QUOTE_MAX || has_forbidden_bytes(q) || q.p[q.n - 1] == ':' ||
        q.p[q.n - 1] == ',' || is_dangling(q) || is_shouting(q) || open_brackets(q) != 0 || lex_has_any(q, BAD) ||
        filler_has(q))
        return false;
    for (size_t i = 0; i < l->quotes_n; i++)
        if (str_find(l->quotes[i], q) >= 0 || str_find(q, l->quotes[i]) >= 0)
            return false;
    for (size_t i = 0; i < l->an->signals_n; i++)
        if (str_find(l->an->signals[i].quote.text, q) >= 0 || str_find(q, l->an->signals[i].quote.text) >= 0)
            return false;
    return true;
}

/* The longest clause of at least `min` bytes that ends before `max`. */
static struct str cut_clause(struct str q, size_t min, size_t max)
{
    static const char *const ENDS[] = {". ", "; ", " (", " – ", " — ", ", including ", ", such as "};
    if (q.n <= max)
        return q;
    size_t cut = 0;
    for (size_t i = min; i < max; i++)
        for (size_t k = 0; k < ARRAY_LEN(ENDS); k++)
            if (str_starts(str_sub(q, i, q.n), ENDS[k]))
                cut = i;
    q.n = cut;
    return q;
}

static struct str tidy(struct str q)
{
    q = str_trim(q);
    while (q.n && strchr(".;, :-", q.p[q.n - 1]))
        q.n--;
    return q;
}

struct str letter_quote(struct letter *l, struct str text, size_t max)
{
    struct str q = tidy(cut_clause(str_trim(text), 30, MIN(max, (size_t)LETTER_QUOTE_MAX)));
    return quotable(l, q) ? q : NOTHING;
}

bool letter_quote_is_inner(struct str quote)
{
    if (quote.n == 0 || quote.p[0] < 'A' || quote.p[0] > 'Z')
        return quote.n > 0;
    size_t end = 0;
    while (end < quote.n && quote.p[end] != ' ' && quote.p[end] != ',')
        end++;
    struct str w = str_sub(quote, 0, end);
    size_t upper = 0;
    for (size_t i = 0; i < w.n; i++)
        upper += w.p[i] >= 'A' && w.p[i] <= 'Z';
    return upper > 1 || !phrase_may_lower(w); /* "SQL", "PostgreSQL", "Kubernetes" */
}

static struct str after_prefix(struct str s, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (str_istarts(s, *prefixes))
            return str_sub(s, strlen(*prefixes), s.n);
    return s;
}

static bool is_one_of(struct str w, const char *const *list)
{
    for (; *list; list++)
        if (str_ieqc(w, *list))
            return true;
    return false;
}

struct str letter_duty(struct letter *l, struct str text, struct str *ret_quote)
{
    static const char *const PREFIXES[] = {
        "you will be able to ", "you will ", "you'll ", "you’ll ", "will ", "to ", "and ", NULL};
    struct str s = after_prefix(str_trim(text), PREFIXES), rest = s, verb, second;
    *ret_quote = NOTHING;
    if (!lex_next_word(&rest, &verb) || verb.p != s.p || verb.n == s.n || s.p[verb.n] != ' ' || !recast_is_base(verb))
        return NOTHING;
    static const char *const NOT_NEXT[] = {"of", "and", "or",  "is",   "are", "was",  "to", "for",
                                           "in", "us",  "our", "more", "if",  "this", NULL};
    static const char *const PARTICLES[] = {"over", "up", "out", "down", "off", "on", "part", NULL};
    static const char *const NOT_DUTIES[] = {"check", "see",  "visit", "join",   "click", "contact", "submit",
                                             "note",  "like", "love",  "enjoy",  "want",  "need",    "let",
                                             "know",  "come", "hear",  "thrive", "live",  "get",     NULL};
    struct str look = rest;
    if (is_one_of(verb, NOT_DUTIES) || !lex_next_word(&look, &second) || is_one_of(second, NOT_NEXT))
        return NOTHING;
    if (second.p == s.p + verb.n + 1 && is_one_of(second, PARTICLES) && look.n > 0)
        verb.n += second.n + 1; /* "take over", "set up" */
    struct str q = letter_quote(l, str_sub(s, verb.n + 1, s.n), DUTY_MAX_BYTES);
    char small[40];
    if (q.n == 0 || verb.n >= sizeof(small))
        return NOTHING;
    for (size_t i = 0; i < verb.n; i++)
        small[i] = str_lower_char(verb.p[i]);
    *ret_quote = q;
    return phrase_printf(l->a, "%.*s “" STR_FMT "”", (int)verb.n, small, STR_ARG(q));
}

struct str letter_deed(struct letter *l, struct str text, struct str *ret_quote)
{
    static const char *const NOT_DEEDS[] = {"are",    "have",  "believe", "want",  "need",  "hope",  "seek", "look",
                                            "expect", "offer", "will",    "can",   "don't", "don’t", "know", "love",
                                            "value",  "may",   "do",      "would", "also",  "were",  NULL};
    struct str s = str_trim(text), rest, verb;
    *ret_quote = NOTHING;
    if (!str_starts(s, "We ") && !str_starts(s, "we "))
        return NOTHING;
    rest = s = str_sub(s, 3, s.n);
    if (!lex_next_word(&rest, &verb) || !(recast_is_base(verb)))
        return NOTHING;
    if (is_one_of(verb, NOT_DEEDS))
        return NOTHING;
    struct str q = letter_quote(l, s, LETTER_QUOTE_MAX);
    *ret_quote = q;
    return q.n ? phrase_printf(l->a, "“" STR_FMT "”", STR_ARG(q)) : NOTHING;
}

void letter_quote_used(struct letter *l, struct str quote)
{
    if (quote.n && l->quotes_n < LETTER_QUOTES_MAX)
        l->quotes[l->quotes_n++] = quote;
}
