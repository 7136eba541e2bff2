/* analysis_make: one reading, then the parts in the order in which they need each other; verdict and confidence at the
 * end. */
#include "pipeline/engine/analysis_internal.h"

#include <math.h>
#include "base/utf8.h"

/* How many kinds of evidence for a job posting the text shows. */
static size_t posting_evidence(const struct reading *r)
{
    const struct analysis *an = r->an;
    uint64_t cues = 0;
    bool kinds[SECTION_OTHER + 1] = {false};
    for (size_t i = 0; i < r->clauses_n; i++) {
        if (r->clauses[i].cues & CUE(INJECTION))
            continue;
        cues |= r->clauses[i].cues;
        kinds[r->clauses[i].kind] = true;
    }
    size_t n = 0;
    n += title_has_job_noun(an->title);
    n += kinds[SECTION_DUTIES];
    n += kinds[SECTION_REQUIREMENTS] || kinds[SECTION_PREFERRED];
    n += kinds[SECTION_BENEFITS] || kinds[SECTION_APPLY];
    n += (cues & CUE(APPLY)) != 0;
    n += (cues & (CUE(REQUIRED) | CUE(PREFERRED))) && (cues & (CUE(EXPERIENCE) | CUE(ABILITY) | CUE(DEGREE)));
    n += (cues & CUE(SEEK)) != 0;
    n += (cues & CUE(DUTY)) != 0;
    n += an->pay.text.n != 0;
    n += (cues & CUE(HIRING)) != 0;
    n += (cues & (CUE(FULL_TIME) | CUE(PART_TIME) | CUE(CONTRACT))) != 0;
    n += (cues & CUE(BENEFIT)) && an->pay.text.n;
    n += r->posting->facts.title.n && r->posting->facts.company.n;
    return n;
}

/* Do the words of hiring come often enough? In postings they are 3.4 to 9 per cent of all words, in résumés and essays
 * on work below 3 (measured). Where the text speaks to "you" or structured data says it is a posting, half of that will
 * do. Only English is counted. */
static bool reads_like_hiring(const struct reading *r)
{
    const uint64_t words = CUE(SEEK) | CUE(DUTY) | CUE(APPLY) | CUE(HIRING) | CUE(REQUIRED) | CUE(PREFERRED) |
                           CUE(EXPERIENCE) | CUE(ABILITY) | CUE(BENEFIT) | CUE(PAY) | CUE(DEGREE) | CUE(CERTIFICATE);
    const uint32_t you = token_hash(STR("you")), your = token_hash(STR("your"));
    size_t hiring = 0, addressed = 0;
    if (r->an->language.n && !str_eqc(r->an->language, "en"))
        return true;
    for (size_t i = 0; i < r->hits_n; i++)
        hiring += (r->hits[i].cues & words) != 0;
    for (size_t i = 0; i < r->tokens_n; i++)
        addressed += r->tokens[i].hash == you || r->tokens[i].hash == your;
    bool spoken_to = addressed * 1000 >= r->tokens_n * 3 || (r->posting->facts.title.n && r->posting->facts.company.n);
    return hiring * 1000 >= r->tokens_n * (spoken_to ? 15 : 30);
}

/* Headings that a résumé has, and nobody who is spoken to. */
static bool reads_like_resume(const struct reading *r)
{
    static const char *const names[] = {"summary",           "profile",
                                        "work experience",   "professional experience",
                                        "employment",        "education",
                                        "work history",      "skills",
                                        "technical skills",  "certifications",
                                        "projects",          "languages",
                                        "references",        "experience",
                                        "objective",         "awards",
                                        "publications",      "employment history",
                                        "career history",    "interests",
                                        "volunteering",      "professional summary",
                                        "core competencies", "key skills"};
    size_t headings = 0;
    uint64_t cues = 0;
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        cues |= c->cues;
        for (size_t k = 0; k < ARRAY_LEN(names) && c->heading; k++)
            headings += str_ieqc(clause_str(r, c), names[k]);
    }
    return headings >= 3 && !(cues & (CUE(SEEK) | CUE(DUTY) | CUE(APPLY)));
}

/* Does a clause ask in words: required, preferred, we look for? */
static bool says_how_much(const struct reading *r)
{
    for (size_t i = 0; i < r->clauses_n; i++)
        if (r->clauses[i].cues & (CUE(REQUIRED) | CUE(PREFERRED) | CUE(SEEK)))
            return true;
    return false;
}

/* "I led", not the I of a list of letters or numerals: a word in small letters comes next, one blank away. */
static bool is_said(const struct reading *r, size_t i)
{
    size_t end = r->tokens[i].end;
    return end + 1 < r->text.n && r->text.p[end] == ' ' && r->text.p[end + 1] >= 'a' && r->text.p[end + 1] <= 'z';
}

/* Somebody speaks of himself: a résumé or an essay. Only English is counted. */
static bool speaks_of_itself(const struct reading *r)
{
    const uint32_t me[] = {token_hash(STR("I")), token_hash(STR("my")), token_hash(STR("I'm")),
                           token_hash(STR("I've"))};
    const uint32_t you[] = {token_hash(STR("you")), token_hash(STR("your")), token_hash(STR("you'll")),
                            token_hash(STR("we"))};
    size_t first = 0, second = 0;
    if (r->an->language.n && !str_eqc(r->an->language, "en"))
        return false;
    for (size_t i = 0; i < r->tokens_n; i++)
        for (size_t k = 0; k < ARRAY_LEN(me); k++) {
            first += r->tokens[i].hash == me[k] && is_said(r, i);
            second += r->tokens[i].hash == you[k];
        }
    return first >= 3 && first > second;
}

/* "This position has been filled.": short, about the posting, and no condition. */
static bool says_closed(const struct reading *r)
{
    static const char *const conditions[] = {"if", "once", "until", "when", "unless", "may", "after", "will", "before"};
    static const char *const about[] = {"this",    "job",          "position",    "role",   "posting",
                                        "vacancy", "applications", "opportunity", "opening"};
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        struct str s = clause_str(r, c);
        bool conditional = false, named = false;
        if (!(c->cues & CUE(CLOSED)) || s.n > 160 || c->kind == SECTION_DUTIES || c->kind == SECTION_REQUIREMENTS ||
            c->kind == SECTION_BENEFITS)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(conditions); k++)
            conditional = conditional || str_ifind_word(s, conditions[k], 0) >= 0;
        for (size_t k = 0; k < ARRAY_LEN(about); k++)
            named = named || str_ifind_word(s, about[k], 0) >= 0;
        if (!conditional && named)
            return true;
    }
    return false;
}

static enum analysis_verdict verdict_of(const struct reading *r)
{
    if (r->posting->expired || says_closed(r))
        return ANALYSIS_EXPIRED;
    if (utf8_count(r->text) < POSTING_TEXT_MIN_CHARS)
        return ANALYSIS_TOO_SHORT;
    size_t evidence = posting_evidence(r);
    bool asks = r->an->requirements_n || r->an->responsibilities_n;
    if (!reads_like_hiring(r) || speaks_of_itself(r) || reads_like_resume(r))
        return ANALYSIS_NOT_A_POSTING;
    if (r->an->requirements_n >= 3 && title_has_job_noun(r->an->title) && evidence >= 2 && says_how_much(r))
        return ANALYSIS_POSTING; /* a short notice */
    return evidence >= 5 || (evidence >= 4 && asks) || (evidence >= 3 && asks && title_has_job_noun(r->an->title))
               ? ANALYSIS_POSTING
               : ANALYSIS_NOT_A_POSTING;
}

double analysis_confidence(const struct analysis *an, const struct posting *p)
{
    size_t chars = utf8_count(p->text);
    double c = 0.15;
    if (an->verdict != ANALYSIS_POSTING)
        return an->verdict == ANALYSIS_TOO_SHORT ? 0.05 : 0.1; /* nothing is scored */
    c += chars >= 1500 ? 0.15 : chars >= 600 ? 0.10 : 0.03;
    c += an->title.n ? (p->facts.title.n ? 0.12 : 0.08) : 0;
    c += an->company.n ? 0.08 : 0;
    c += an->requirements_n >= 5 ? 0.2 : 0.04 * (double)an->requirements_n;
    c += an->responsibilities_n >= 3 ? 0.1 : 0.03 * (double)an->responsibilities_n;
    bool asked = false;
    for (size_t i = 0; i < an->sections_n; i++)
        asked = asked || str_eqc(an->sections[i].kind, "requirements");
    c += asked ? 0.1 : 0;
    c += an->language.n ? 0.05 : 0;
    c += str_eqc(p->method, "json_ld") ? 0.05 : 0;
    c -= an->language.n && !str_eqc(an->language, "en") ? 0.1 : 0;
    c -= an->truncated ? 0.1 : 0;
    return round(fmax(0.05, fmin(0.99, c)) * 100) / 100;
}

/* What was dropped before the reading: hidden text, and what speaks to a machine. */
static void notes_take(struct reading *r)
{
    struct analysis *an = r->an;
    const struct posting *p = r->posting;
    bool hidden = false;
    for (size_t i = 0; i < p->notes_n && an->signals_n < ANALYSIS_SIGNALS_MAX; i++) {
        an->signals[an->signals_n++] =
            (struct analysis_signal){.code = p->notes[i].code, .quote = {.text = p->notes[i].quote}};
        hidden = hidden || str_eqc(p->notes[i].code, "hidden_text");
    }
    if (p->hidden_text && !hidden && an->signals_n < ANALYSIS_SIGNALS_MAX)
        an->signals[an->signals_n++] = (struct analysis_signal){.code = STR("hidden_text"), .quote = {.text = {"", 0}}};
}

int reading_begin(struct arena *a, const struct posting *posting, struct reading *r, struct err *err)
{
    struct analysis *an = ARENA_NEW(a, struct analysis);
    struct str none = {"", 0};
    *r = (struct reading){.a = a, .posting = posting, .an = an};
    if (!an || !reading_make(r))
        return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
    an->title = an->company = an->language = an->employment_type = an->location = an->mission = none;
    an->pay.text = an->pay.currency = an->pay.period = none;
    an->pay.min = an->pay.max = -1;
    an->hidden_text = posting->hidden_text;
    an->truncated = posting->truncated;
    memcpy(an->left_out, posting->left_out, sizeof(an->left_out));
    an->language = analysis_language(r);
    analysis_title(r);
    return 0;
}

int analysis_make_requirements(struct arena *a, const struct posting *posting, struct analysis **ret, struct err *err)
{
    struct reading r;
    int rc = reading_begin(a, posting, &r, err);
    if (rc)
        return rc;
    analysis_requirements(&r);
    analysis_responsibilities(&r);
    *ret = r.an;
    return 0;
}

int analysis_make(struct arena *a, const struct posting *posting, struct analysis **ret, struct err *err)
{
    struct reading r;
    int rc = reading_begin(a, posting, &r, err);
    if (rc)
        return rc;
    struct analysis *an = r.an;
    analysis_pay(&r);
    analysis_requirements(&r);
    analysis_responsibilities(&r);
    analysis_place(&r);
    analysis_seniority(&r);
    analysis_culture(&r);
    analysis_signals(&r);
    analysis_keywords(&r);
    notes_take(&r);
    an->verdict = verdict_of(&r);
    an->confidence = analysis_confidence(an, posting);
    *ret = an;
    return 0;
}
