/* Years: counted from the dates of jobs. With a skill, the jobs whose role, summary or highlights name it; with a field ("backend",
 * "nursing"), the jobs that speak of it, or the whole career when the candidate's headline names the field. */
#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/profile_parts.h"

#define YEARS_NEARLY 0.75

/* Words that say "work" in general, not a field of work. */
static const char *const GENERIC_WORK[] = {"professional", "commercial", "industry", "hand", "engineering", "engineer", "software", "development", "develop", "developer",
                                           "building", "build", "practice", "progressive", "progressively", "full-time", "paid", "employment", "career",
                                           "specialist", "specialized", "service", "senior", "project", "system", "product", "seven", "six", "eight",
                                           "ten", "nine", "production", "responsible", "success", "successful", "analysis", "zero", "specialised",
                                           "running", "shipping", "delivering", "demonstrable", "documented", "right", "worth", "min", "max", NULL};

struct months_of {
    bool counts[PROFILE_EMPLOYMENTS_MAX];
};

static int months_counted(const struct matcher *m, const struct months_of *sel)
{
    /* a copy with only the selected jobs: overlaps are then counted once by the one function that knows how */
    struct profile *p = ARENA_NEW(m->a, struct profile);
    if (!p)
        return 0;
    for (size_t i = 0; i < m->p->employments_n; i++)
        if (sel->counts[i])
            p->employments[p->employments_n++] = m->p->employments[i];
    return profile_work_months(p, m->now);
}

static size_t jobs_with_skill(const struct matcher *m, struct str slug, struct months_of *ret)
{
    const struct profile_skill *s = match_profile_skill(m->p, skills_by_slug(slug));
    size_t n = 0;
    for (size_t i = 0; s && i < s->atoms_n; i++) {
        int e = m->p->atoms[s->atoms[i]].employment;
        if (e < 0 || ret->counts[e])
            continue;
        ret->counts[e] = true;
        n++;
    }
    return n;
}

static bool is_generic_work(uint32_t stem)
{
    for (const char *const *w = GENERIC_WORK; *w; w++)
        if (lex_stem(str_of(*w)) == stem)
            return true;
    return false;
}

/* The words of the requirement that name a field of work. */
static size_t field_stems(struct str text, uint32_t *ret, size_t max)
{
    uint32_t all[LEX_TOKENS_MAX];
    size_t n = lex_stems(text, all, LEX_TOKENS_MAX), kept = 0;
    for (size_t i = 0; i < n && kept < max; i++)
        if (!is_generic_work(all[i]))
            ret[kept++] = all[i];
    return kept;
}

static bool text_has_stem(struct str text, const uint32_t *stems, size_t n)
{
    uint32_t have[LEX_TOKENS_MAX];
    size_t hits = 0;
    lex_overlap(stems, n, have, lex_stems(text, have, LEX_TOKENS_MAX), &hits);
    return hits > 0;
}

/* Marks the jobs that speak of the field; offers their roles as evidence. */
static void jobs_of_field(struct matcher *m, struct match_row *row, const uint32_t *stems, size_t n, struct months_of *ret)
{
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->employment < 0 || (x->kind != ATOM_ROLE && x->kind != ATOM_SUMMARY && x->kind != ATOM_HIGHLIGHT))
            continue;
        if (!text_has_stem(x->text, stems, n))
            continue;
        ret->counts[x->employment] = true;
        match_row_offer(m, row, strengths, i, x->kind == ATOM_ROLE ? 1.0 : 0.8);
    }
}

static void offer_jobs(struct matcher *m, struct match_row *row, const struct months_of *sel)
{
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->kind == ATOM_ROLE && x->employment >= 0 && sel->counts[x->employment] && m->p->employments[x->employment].kind == EMPLOYMENT_JOB)
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
        row->reason = match_says(m, "The dates of the work history give %s%s; %d asked.", years_text(m, months), of, row->requirement->years_min);
    else if (months > 0)
        row->reason = match_says(m, "The dates of the work history give %s%s, less than the %d years asked.", years_text(m, months), of, row->requirement->years_min);
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
        row->reason = match_says(m, STR_FMT " How long is not stated; %zu year%s asked.", STR_ARG(listed_reason), years_min, years_min == 1 ? "" : "s");
        return;
    }
    struct match_row keep = *row;
    judge(m, row, months, " in jobs that name it", MATCH_DIRECT);
    memcpy(row->atoms, keep.atoms, sizeof(row->atoms));
    row->atoms_n = keep.atoms_n;
    row->matched_form = keep.matched_form;
}

void match_years(struct matcher *m, struct match_row *row)
{
    const struct requirement *q = row->requirement;
    if (q->years_min <= 0) {
        match_skill(m, row);
        return;
    }
    bool hard = false;
    for (size_t i = 0; i < q->skills_n; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        hard = hard || (s && strcmp(s->field, "soft") != 0);
    }
    uint32_t stems[16];
    size_t n = field_stems(q->text, stems, ARRAY_LEN(stems));
    bool headline = n && (text_has_stem(m->p->label, stems, n) || text_has_stem(m->p->summary, stems, n));
    struct months_of all = {0}, field = {0};
    memset(all.counts, 1, sizeof(all.counts));
    if (hard && !headline) {
        years_of_skills(m, row);
        if (row->status != MATCH_MISSING)
            return;
        row->reason = STR("");
    }
    if (n == 0) {
        offer_jobs(m, row, &all);
        judge(m, row, m->work_months, " of work", MATCH_DIRECT);
        return;
    }
    jobs_of_field(m, row, stems, n, &field);
    int months = months_counted(m, &field);
    if (months >= q->years_min * 12 || !headline) {
        judge(m, row, months, " in this field", MATCH_DIRECT);
        return;
    }
    row->atoms_n = 0;
    offer_jobs(m, row, &all);
    judge(m, row, m->work_months, " of work, and the headline or summary names this field", MATCH_STRONG);
}
