/* Plan (which evidence), say (sentences with a paragraph and a priority), trim (drop the least important until it
 * fits), check, write.
 *
 * Invariants: every claim names its atoms or its place in the profile; words of the posting appear only inside
 * quotation marks, as title, employer or name of a skill; no number stands outside a quote unless the evidence of its
 * sentence has it; the same input gives the same bytes. */
#include "pipeline/engine/letter.h"

#include "base/utf8.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

static const size_t CEILING[] = {[LETTER_SHORT] = 900, [LETTER_STANDARD] = 1800, [LETTER_LONG] = 2600};

size_t letter_ceiling(enum letter_length length)
{
    return CEILING[length ? length : LETTER_STANDARD];
}

/* The posting's own voice: contractions and "you" read as conversational, "the candidate" and "shall" as formal. */
static enum letter_tone voice_of(const struct analysis *an)
{
    int casual = 0, stiff = 0;
    static const char *const CASUAL[] = {"you'll", "we're", "you're", "don't", "it's",  "we've",  "you’ll", "we’re",
                                         "you’re", "don’t", "it’s",   "we’ve", "isn't", "what's", "that's", NULL};
    static const char *const STIFF[] = {"incumbent",  "shall",  "the candidate", "successful candidate", "candidates",
                                        "applicants", "duties", "must possess",  "demonstrated",         NULL};
    for (size_t i = 0; i < an->requirements_n + an->responsibilities_n + 1; i++) {
        struct str t = i < an->requirements_n ? an->requirements[i].evidence.text
                       : i - an->requirements_n < an->responsibilities_n
                           ? an->responsibilities[i - an->requirements_n].quote.text
                           : an->mission;
        casual += lex_has_any(t, CASUAL) || memchr(t.p ? t.p : "", '!', t.n) != NULL;
        stiff += lex_has_any(t, STIFF);
    }
    return casual > stiff ? LETTER_CONVERSATIONAL : stiff ? LETTER_FORMAL : LETTER_DIRECT;
}

#define LONG_NAME 26 /* bytes: said no more often than needed */

static const struct str NOTHING = {.p = "", .n = 0};

static uint64_t mix(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
    return h;
}

/* "Product Designer, public services" is a Product Designer after it was named once; "Manager of Quality, Safety and
 * Accreditation" stays whole; the step in "Data Analyst I" is not spoken. */
static struct str title_head(struct str full)
{
    struct str s = full;
    const char *comma = s.n ? memchr(s.p, ',', s.n) : NULL;
    size_t at = comma ? (size_t)(comma - s.p) : s.n;
    bool list =
        lex_has(str_sub(s, at, s.n), "and") && (lex_has(str_sub(s, 0, at), "of") || lex_has(str_sub(s, 0, at), "for"));
    if (!list && letter_names_job(str_sub(s, 0, at)))
        s.n = at;
    static const char *const STEPS[] = {" I", " II", " III", " IV", " 1", " 2", " 3"};
    for (size_t i = 0; i < ARRAY_LEN(STEPS); i++)
        if (s.n > 8 && str_iends(s, STEPS[i])) {
            s.n -= strlen(STEPS[i]);
            break;
        }
    return s;
}

static void prepare(struct letter *l)
{
    l->o.tone = l->o.tone ? l->o.tone : LETTER_DIRECT;
    l->o.length = l->o.length ? l->o.length : LETTER_STANDARD;
    l->tone = l->o.tone == LETTER_MIRROR ? voice_of(l->an) : l->o.tone;
    l->last_employment = -1;
    struct str full = letter_spoken_title(l->a, l->an->title), company = NOTHING;
    l->title = title_head(full);
    if (!l->an->confidential)
        company = letter_spoken_company(l->a, l->an->company);
    else
        VALUE(&l->values, 'L') = STR("your client");
    l->company = str_istarts(company, "the ") ? str_sub(company, 4, company.n) : company;
    l->rng = mix(mix(mix(l->o.seed ^ 1469598103934665603ULL, l->an->title), l->an->company), l->p->name);
    l->rng = mix(l->rng, l->an->mission);
    for (size_t i = 0; i < l->an->requirements_n; i++)
        l->rng = mix(l->rng, l->an->requirements[i].text);
    for (size_t i = 0; i < l->an->responsibilities_n; i++)
        l->rng = mix(l->rng, l->an->responsibilities[i].quote.text);
    l->company_max = l->company.n > LONG_NAME || l->o.length == LETTER_SHORT ? 1 : 2;
    l->title_max = l->title.n > LONG_NAME ? 1 : 2;
    VALUE(&l->values, 'T') = l->title;
    VALUE(&l->values, 'F') = full;
    VALUE(&l->values, 'C') = letter_with_the(l->a, company);
    VALUE(&l->values, 'c') = l->company;
    VALUE(&l->values, 'A') = l->title.n ? str_of(phrase_article(l->title)) : NOTHING;
}

static struct str salutation(struct letter *l)
{
    static const char *const PLAIN[] = {"@f Dear Hiring Manager,", "@d Dear hiring team,", "@c Hello,", NULL};
    struct str greeting = letter_fill(l, l->company.n ? LETTER_SALUTATION : PLAIN, &l->values);
    return greeting.n ? greeting : letter_fill(l, PLAIN, &l->values);
}

bool letter_new_paragraph(const struct letter *l, size_t i)
{
    return i == 0 || l->sentences[i].paragraph != l->sentences[i - 1].paragraph;
}

struct str letter_body(const struct letter *l, struct str greeting, struct str signoff)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    buf_add(&b, greeting.p, greeting.n);
    for (size_t i = 0; i < l->sentences_n; i++) {
        buf_adds(&b, letter_new_paragraph(l, i) ? "\n\n" : " ");
        buf_add(&b, l->sentences[i].text.p, l->sentences[i].text.n);
    }
    buf_adds(&b, "\n\n");
    buf_add(&b, signoff.p, signoff.n);
    struct str block[] = {l->p->name, l->p->email, l->p->phone};
    for (size_t i = 0; i < ARRAY_LEN(block); i++) {
        buf_adds(&b, block[i].n ? "\n" : "");
        buf_add(&b, block[i].p, block[i].n);
    }
    char *text = buf_failed(&b) ? NULL : arena_strndup(l->a, buf_str(&b), b.len);
    buf_fini(&b);
    return str_of(text);
}

/* Drops the least important sentence, of one paragraph when `paragraph` is not -1. */
static bool drop_one(struct letter *l, int paragraph)
{
    size_t worst = l->sentences_n;
    for (size_t i = 0; i < l->sentences_n; i++)
        if (l->sentences[i].priority > 0 && (paragraph < 0 || l->sentences[i].paragraph == paragraph) &&
            (worst == l->sentences_n || l->sentences[i].priority >= l->sentences[worst].priority))
            worst = i;
    if (worst == l->sentences_n)
        return false;
    memmove(&l->sentences[worst], &l->sentences[worst + 1], (l->sentences_n - worst - 1) * sizeof(l->sentences[0]));
    l->sentences_n--;
    return true;
}

#define PARAGRAPH_MAX 900

static void trim_paragraphs(struct letter *l)
{
    for (size_t i = 0; i < l->sentences_n; i++) {
        size_t n = 0;
        for (size_t k = 0; k < l->sentences_n; k++)
            n += l->sentences[k].paragraph == l->sentences[i].paragraph ? l->sentences[k].text.n + 1 : 0;
        if (n > PARAGRAPH_MAX && drop_one(l, l->sentences[i].paragraph))
            i = (size_t)-1; /* from the start */
    }
}

/* One way to say it all. */
static bool compose_once(struct letter *l)
{
    letter_opening(l);
    letter_evidence(l);
    letter_credentials(l);
    bool evidence = false;
    for (size_t i = 0; i < l->sentences_n; i++)
        evidence = evidence || l->sentences[i].atoms_n;
    if (!evidence)
        return false;
    letter_gap(l);
    l->company_max++; /* the closing may name them again */
    l->title_max++;
    l->loose_max = 0;
    letter_closing(l);
    trim_paragraphs(l);
    return true;
}

/* How many sentences with nothing of this posting there are beyond a third. */
static int excess(const struct letter *l)
{
    int plain = 0;
    for (size_t i = 0; i < l->sentences_n; i++)
        plain += l->sentences[i].loose > 1;
    return 3 * plain - (int)l->sentences_n;
}

/* Another way when the first holds too little of this posting: two letters of one person must not share more than a
 * third of their sentences. The best of three. */
static bool compose(struct letter *l)
{
    static const unsigned LOOSE_MAX[] = {[LETTER_SHORT] = 2, [LETTER_STANDARD] = 5, [LETTER_LONG] = 7};
    struct letter *start = ARENA_NEW(l->a, struct letter), *best = ARENA_NEW(l->a, struct letter);
    l->loose_max = LOOSE_MAX[l->o.length];
    if (!start || !best)
        return compose_once(l);
    *start = *l;
    for (unsigned i = 0; i < 3; i++) {
        *l = *start;
        l->rng += i;
        l->loose_max -= MIN(2 * i, l->loose_max);
        l->title_max += l->title.n > LONG_NAME ? 0 : i;
        l->company_max += l->company.n > LONG_NAME ? 0 : i;
        if (!compose_once(l))
            return false;
        if (i == 0 || excess(l) < excess(best))
            *best = *l;
        if (excess(l) <= 0)
            break;
    }
    *l = *best;
    return true;
}

int letter_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct letter_options o, struct str *ret, struct err *err)
{
    if (p->empty)
        return err_set(err, ERR_NO_EVIDENCE,
                       "the profile has no work, project, voluntary work, education or skill to write from");
    struct letter *l = ARENA_NEW(a, struct letter);
    if (!l)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    l->a = a;
    l->an = an;
    l->p = p;
    l->m = m;
    l->o = o;
    prepare(l);
    letter_pick(l);
    if (!compose(l))
        return err_set(err, ERR_NO_EVIDENCE, "the profile states nothing that a letter could say");
    struct str greeting = salutation(l), signoff = letter_fill(l, LETTER_SIGNOFF, &l->values), body;
    while (utf8_count(body = letter_body(l, greeting, signoff)) > CEILING[l->o.length])
        if (!drop_one(l, -1))
            break;
    if (body.n == 0)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    return letter_write(l, greeting, body, CEILING[l->o.length], ret, err);
}
