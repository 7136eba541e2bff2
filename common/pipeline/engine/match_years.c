/* Years: counted from the dates of jobs. With a skill, the jobs whose role, summary or highlights name it; with a field
 * ("backend", "nursing"), the jobs that speak of it, or the whole career when the candidate's headline names the field.
 */
#include <pthread.h>

#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/profile_parts.h"

#define YEARS_NEARLY 0.75

/* Words that say "work" in general, or belong to the sentence, not to a field of work. */
static const char *const GENERIC_WORK[] = {
    "professional",  "commercial", "industry",   "hand",         "building",    "practice",   "progressive",
    "progressively", "full-time",  "paid",       "employment",   "career",      "specialist", "specialized",
    "specialised",   "service",    "senior",     "system",       "six",         "seven",      "eight",
    "nine",          "ten",        "zero",       "production",   "responsible", "success",    "successful",
    "running",       "shipping",   "delivering", "demonstrable", "documented",  "right",      "worth",
    "min",           "max",        "capacity",   "fewer",        "prior",       "post",       "recent",
    "total",         "combined",   "between"};

struct months_of {
    bool counts[PROFILE_EMPLOYMENTS_MAX];
};

static int months_counted(const struct matcher *m, const struct months_of *sel)
{
    return profile_work_months_of(m->p, m->now, sel->counts);
}

static size_t jobs_with_skill(const struct matcher *m, struct str slug, struct months_of *ret)
{
    const struct skill *skill = skills_by_slug(slug);
    size_t n = 0;
    /* over the atoms themselves: a profile_skill names only the first of them */
    for (size_t i = 0; skill && i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        size_t k = 0;
        while (k < x->skills_n && x->skills[k] != skill)
            k++;
        if (k == x->skills_n || x->employment < 0 || ret->counts[x->employment])
            continue;
        ret->counts[x->employment] = true;
        n++;
    }
    return n;
}

/* Their stems: filled once by the first caller, constant afterwards. */
static uint32_t generic_stems[ARRAY_LEN(GENERIC_WORK)];
static pthread_once_t generic_once = PTHREAD_ONCE_INIT;

static void generic_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(GENERIC_WORK); i++)
        generic_stems[i] = lex_stem(str_of(GENERIC_WORK[i]));
}

static bool is_generic_work(uint32_t stem)
{
    pthread_once(&generic_once, generic_build);
    for (size_t i = 0; i < ARRAY_LEN(generic_stems); i++)
        if (generic_stems[i] == stem)
            return true;
    return false;
}

/* A field of work as the clause names it: alternatives ("data or backend engineering"), each a few stems of which the
 * last is the head. */
#define FIELD_ALTERNATIVES_MAX 6
#define FIELD_STEMS_MAX        4
struct field {
    uint32_t stems[FIELD_ALTERNATIVES_MAX][FIELD_STEMS_MAX];
    size_t stems_n[FIELD_ALTERNATIVES_MAX];
    size_t n;
};

static bool is_break(struct str word)
{
    static const char *const WORDS[] = {"or",     "and",       "in",  "at", "with", "of",   "as",  "on",      "using",
                                        "within", "including", "for", "a",  "an",   "them", "you", "through", NULL};
    for (const char *const *w = WORDS; *w; w++)
        if (str_ieqc(word, *w))
            return true;
    return false;
}

static void field_read(struct str text, struct field *f)
{
    struct str word;
    const char *end = text.p;
    *f = (struct field){.n = 1};
    while (lex_next_word(&text, &word)) {
        bool gap =
            word.p > end && (memchr(end, ',', (size_t)(word.p - end)) || memchr(end, ';', (size_t)(word.p - end)) ||
                             memchr(end, '/', (size_t)(word.p - end)) || memchr(end, '.', (size_t)(word.p - end)));
        end = word.p + word.n;
        if ((gap || is_break(word)) && f->stems_n[f->n - 1]) {
            if (f->n == FIELD_ALTERNATIVES_MAX)
                return;
            f->n++;
        }
        size_t *n = &f->stems_n[f->n - 1];
        if (*n == FIELD_STEMS_MAX || str_is_digit(word.p[0]) || lex_is_stop(word))
            continue;
        uint32_t stem = lex_stem(word);
        if (!is_generic_work(stem))
            f->stems[f->n - 1][(*n)++] = stem;
    }
    if (f->stems_n[f->n - 1] == 0)
        f->n--;
}

static bool has_stem(const uint32_t *have, size_t n, uint32_t stem)
{
    for (size_t i = 0; i < n; i++)
        if (have[i] == stem)
            return true;
    return false;
}

/* Whether the head of any alternative is in the text: "engineering" in "Backend Engineer". */
static bool has_head(const uint32_t *have, size_t n, const struct field *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (has_stem(have, n, f->stems[i][f->stems_n[i] - 1]))
            return true;
    return false;
}

static bool text_has_head(struct str text, const struct field *f)
{
    uint32_t have[LEX_TOKENS_MAX];
    return has_head(have, lex_stems(text, have, LEX_TOKENS_MAX), f);
}

/* Marks the jobs in which all words of an alternative are spoken of, and whose role or summary has its head; offers
 * them as evidence. */
static void jobs_of_field(struct matcher *m, struct match_row *row, const struct field *f, struct months_of *ret)
{
    uint32_t seen[PROFILE_EMPLOYMENTS_MAX] = {0};
    bool head[PROFILE_EMPLOYMENTS_MAX] = {false};
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->employment < 0 || (x->kind != ATOM_ROLE && x->kind != ATOM_SUMMARY && x->kind != ATOM_HIGHLIGHT))
            continue;
        const uint32_t *have = x->stems;
        size_t n = x->stems_n;
        for (size_t k = 0; k < f->n; k++)
            for (size_t w = 0; w < f->stems_n[k]; w++)
                if (has_stem(have, n, f->stems[k][w]))
                    seen[x->employment] |= 1u << (k * FIELD_STEMS_MAX + w);
        head[x->employment] = head[x->employment] || (x->kind != ATOM_HIGHLIGHT && has_head(have, n, f));
    }
    for (size_t e = 0; e < m->p->employments_n; e++)
        for (size_t k = 0; head[e] && k < f->n; k++) {
            uint32_t all = ((1u << f->stems_n[k]) - 1) << (k * FIELD_STEMS_MAX);
            ret->counts[e] = ret->counts[e] || (seen[e] & all) == all;
        }
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->kind == ATOM_ROLE && x->employment >= 0 && ret->counts[x->employment])
            match_row_offer(m, row, strengths, i, 1.0 / (1.0 + (double)m->p->employments[x->employment].index));
    }
}

static void offer_jobs(struct matcher *m, struct match_row *row, const struct months_of *sel)
{
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->kind == ATOM_ROLE && x->employment >= 0 && sel->counts[x->employment] &&
            m->p->employments[x->employment].kind == EMPLOYMENT_JOB)
            match_row_offer(m, row, strengths, i, 1.0 / (1.0 + (double)m->p->employments[x->employment].index));
    }
}

static const char *years_text(struct matcher *m, int months)
{
    if (months < 24)
        return match_says(m, "%d month%s", months, months == 1 ? "" : "s").p;
    return match_says(m, "about %d years", months / 12).p;
}

static void judge(struct matcher *m, struct match_row *row, int months, const char *of, enum match_status full)
{
    int need = row->requirement->years_min * 12;
    row->matched_form = months ? str_of(years_text(m, months)) : STR("");
    if (months >= need)
        row->status = full;
    else
        row->status = months >= need * YEARS_NEARLY ? MATCH_SYNONYM : months > 0 ? MATCH_TRANSFERABLE : MATCH_MISSING;
    if (months >= need)
        row->reason = match_says(m, "The dates of the work history give %s%s; %d asked.", years_text(m, months), of,
                                 row->requirement->years_min);
    else if (months > 0)
        row->reason = match_says(m, "The dates of the work history give %s%s, less than the %d years asked.",
                                 years_text(m, months), of, row->requirement->years_min);
    else
        row->reason = match_says(m, "The work history shows no dated work%s.", of);
    if (row->status == MATCH_MISSING)
        row->atoms_n = 0;
}

static void years_of_skills(struct matcher *m, struct match_row *row)
{
    const struct requirement *q = row->requirement;
    struct months_of sel = {0};
    size_t years_min = (size_t)q->years_min;
    match_skill(m, row);
    enum match_status listed = row->status;
    struct str listed_reason = row->reason;
    for (size_t i = 0; i < q->skills_n; i++)
        jobs_with_skill(m, q->skills[i], &sel);
    if (listed == MATCH_MISSING)
        return;
    int months = months_counted(m, &sel);
    if (listed == MATCH_TRANSFERABLE || months == 0) {
        row->status = MATCH_TRANSFERABLE;
        row->reason = match_says(m, STR_FMT " How long is not stated; %zu year%s asked.", STR_ARG(listed_reason),
                                 years_min, years_min == 1 ? "" : "s");
        return;
    }
    struct match_row keep = *row;
    judge(m, row, months, " in jobs that name it", MATCH_DIRECT);
    memcpy(row->atoms, keep.atoms, sizeof(row->atoms));
    row->atoms_n = keep.atoms_n;
    row->matched_form = keep.matched_form;
}

/* The field of work that the clause names, or the whole career where it names none or the headline is of that field. */
static void years_of_field(struct matcher *m, struct match_row *row, const struct field *f, bool headline)
{
    struct months_of all = {0}, field = {0};
    memset(all.counts, 1, sizeof(all.counts));
    if (f->n == 0) {
        offer_jobs(m, row, &all);
        judge(m, row, m->work_months, " of work", MATCH_DIRECT);
        return;
    }
    jobs_of_field(m, row, f, &field);
    int months = months_counted(m, &field);
    if (months >= row->requirement->years_min * 12 || !headline) {
        judge(m, row, months, " in this field", MATCH_DIRECT);
        return;
    }
    row->atoms_n = 0;
    offer_jobs(m, row, &all);
    judge(m, row, m->work_months, " of work, and the headline or summary names this field", MATCH_STRONG);
}

void match_years(struct matcher *m, struct match_row *row)
{
    const struct requirement *q = row->requirement;
    if (q->years_min == 0) {
        struct months_of all;
        memset(all.counts, 1, sizeof(all.counts));
        offer_jobs(m, row, &all);
        row->status = row->atoms_n ? MATCH_DIRECT : MATCH_NOT_ASSESSED;
        row->reason = STR("The posting welcomes beginners; no years are asked.");
        return;
    }
    if (q->years_min < 0) {
        match_skill(m, row);
        return;
    }
    bool hard = false;
    for (size_t i = 0; i < q->skills_n; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        hard = hard || (s && strcmp(s->field, "soft") != 0);
    }
    struct field f;
    field_read(q->text, &f);
    bool headline = f.n && (text_has_head(m->p->label, &f) || text_has_head(m->p->summary, &f));
    if (!hard || headline) {
        years_of_field(m, row, &f, headline);
        return;
    }
    /* by the skill or by the field, whichever answers better: naming the skill in one place more must not cost anything
     */
    struct match_row by_field = *row;
    years_of_skills(m, row);
    if (row->status == MATCH_DIRECT)
        return;
    years_of_field(m, &by_field, &f, false);
    if (match_status_value(by_field.status) > match_status_value(row->status) || row->status == MATCH_MISSING)
        *row = by_field;
}
