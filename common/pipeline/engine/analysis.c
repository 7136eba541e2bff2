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

static enum analysis_verdict verdict_of(const struct reading *r)
{
    if (utf8_count(r->text) < POSTING_TEXT_MIN_CHARS)
        return ANALYSIS_TOO_SHORT;
    size_t evidence = posting_evidence(r);
    bool asks = r->an->requirements_n || r->an->responsibilities_n;
    if (!reads_like_hiring(r))
        return ANALYSIS_NOT_A_POSTING;
    return evidence >= 5 || (evidence >= 4 && asks) || (evidence >= 3 && asks && title_has_job_noun(r->an->title))
               ? ANALYSIS_POSTING
               : ANALYSIS_NOT_A_POSTING;
}

static double confidence_of(const struct reading *r)
{
    const struct analysis *an = r->an;
    size_t chars = utf8_count(r->text);
    double c = 0.15;
    if (an->verdict != ANALYSIS_POSTING)
        return an->verdict == ANALYSIS_TOO_SHORT ? 0.05 : 0.1;
    c += chars >= 1500 ? 0.15 : chars >= 600 ? 0.10 : 0.03;
    c += an->title.n ? (r->posting->facts.title.n ? 0.12 : 0.08) : 0;
    c += an->company.n ? 0.08 : 0;
    c += an->requirements_n >= 5 ? 0.2 : 0.04 * (double)an->requirements_n;
    c += an->responsibilities_n >= 3 ? 0.1 : 0.03 * (double)an->responsibilities_n;
    bool asked = false;
    for (size_t i = 0; i < an->sections_n; i++)
        asked = asked || str_eqc(an->sections[i].kind, "requirements");
    c += asked ? 0.1 : 0;
    c += an->language.n ? 0.05 : 0;
    c += str_eqc(r->posting->method, "json_ld") ? 0.05 : 0;
    c -= an->language.n && !str_eqc(an->language, "en") ? 0.1 : 0;
    c -= an->hidden_text ? 0.1 : 0;
    c -= an->truncated ? 0.1 : 0;
    for (size_t i = 0; i < an->signals_n; i++)
        c -= str_eqc(an->signals[i].code, "injection") && i == 0 ? 0.1 : 0;
    return round(fmax(0.05, fmin(0.99, c)) * 100) / 100;
}

static void facts_take(struct reading *r)
{
    struct analysis *an = r->an;
    if (r->posting->hidden_text && an->signals_n < ANALYSIS_SIGNALS_MAX)
        an->signals[an->signals_n++] = (struct analysis_signal){.code = STR("hidden_text"), .quote = {.text = {"", 0}}};
}

/* What both forms begin with: the reading, language, title and company. */
static int begin(struct arena *a, const struct posting *posting, struct reading *r, struct err *err)
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
    an->language = analysis_language(r);
    analysis_title(r);
    return 0;
}

int analysis_make_requirements(struct arena *a, const struct posting *posting, struct analysis **ret, struct err *err)
{
    struct reading r;
    int rc = begin(a, posting, &r, err);
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
    int rc = begin(a, posting, &r, err);
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
    facts_take(&r);
    an->verdict = verdict_of(&r);
    an->confidence = confidence_of(&r);
    *ret = an;
    return 0;
}
