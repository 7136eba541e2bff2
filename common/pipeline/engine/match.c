/* One row per requirement, answered by a function per kind; then how much the posting cares about each atom.
 *
 * Invariants: more evidence never makes a row worse; a status above missing names its evidence, except for language and
 * location facts that stand outside the atoms; nothing here reads a clock. */
#include "pipeline/engine/match.h"

#include <stdarg.h>
#include <stdio.h>

#include "pipeline/engine/match_parts.h"

static const struct {
    const char *name;
    double value;
} STATUS[] = {
    [MATCH_MISSING] = {"missing", 0},
    [MATCH_DIRECT] = {"direct", 1},
    [MATCH_STRONG] = {"strong", 0.85},
    [MATCH_SYNONYM] = {"synonym", 0.8},
    [MATCH_TRANSFERABLE] = {"transferable", 0.6},
    [MATCH_UNSTATED] = {"unstated", 0},
    [MATCH_BLOCKED] = {"blocked", 0},
    [MATCH_NOT_ASSESSED] = {"not_assessed", 0},
};

const char *match_status_name(enum match_status s)
{
    return s < ARRAY_LEN(STATUS) ? STATUS[s].name : "missing";
}

double match_status_value(enum match_status s)
{
    return s < ARRAY_LEN(STATUS) ? STATUS[s].value : 0;
}

struct str match_says(struct matcher *m, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : MIN((size_t)n, sizeof(text) - 1);
    while (len && len == sizeof(text) - 1 && ((unsigned char)text[len - 1] & 0x80))
        len--; /* a cut must not leave half a character */
    char *s = arena_strndup(m->a, text, len);
    m->failed = m->failed || !s;
    return str_of(s);
}

struct str match_place(struct matcher *m, size_t atom)
{
    static const char *const SECTION[] = {[ATOM_HIGHLIGHT] = "in the profile",
                                          [ATOM_SUMMARY] = "in the summary",
                                          [ATOM_ROLE] = "in the headline",
                                          [ATOM_SKILL] = "in the skills section",
                                          [ATOM_EDUCATION] = "under education",
                                          [ATOM_CERTIFICATE] = "among the certificates",
                                          [ATOM_LANGUAGE] = "among the languages",
                                          [ATOM_AWARD] = "among the awards",
                                          [ATOM_PUBLICATION] = "among the publications"};
    const struct atom *x = &m->p->atoms[atom];
    if (x->employment < 0)
        return str_of(SECTION[x->kind]);
    const struct employment *e = &m->p->employments[x->employment];
    if (e->organization.n == 0)
        return e->role.n ? match_says(m, "in the work as " STR_FMT, STR_ARG(e->role)) : STR("in the work history");
    return match_says(m, "%s " STR_FMT, e->kind == EMPLOYMENT_PROJECT ? "in the project" : "at",
                      STR_ARG(e->organization));
}

static void match_other(struct matcher *m, struct match_row *row)
{
    if (row->requirement->skills_n)
        match_skill(m, row);
    else
        match_words(m, row);
}

static void (*const ANSWER[])(struct matcher *, struct match_row *) = {
    [REQUIREMENT_SKILL] = match_skill,         [REQUIREMENT_EXPERIENCE] = match_years,
    [REQUIREMENT_EDUCATION] = match_education, [REQUIREMENT_CERTIFICATION] = match_certification,
    [REQUIREMENT_LANGUAGE] = match_language,   [REQUIREMENT_AUTHORIZATION] = match_authorization,
    [REQUIREMENT_LOCATION] = match_location,   [REQUIREMENT_SOFT] = match_soft,
    [REQUIREMENT_OTHER] = match_other,
};

static void answer(struct matcher *m, struct match_row *row)
{
    const struct requirement *q = row->requirement;
    if (q->years_min > 0 && q->kind != REQUIREMENT_EDUCATION)
        match_years(m, row);
    else
        ANSWER[q->kind >= REQUIREMENT_SKILL && q->kind <= REQUIREMENT_OTHER ? q->kind : REQUIREMENT_OTHER](m, row);
    if (row->reason.n == 0)
        row->reason = STR("Nothing in the profile answers this.");
}

/* Relevance of an atom: the rows it answers, the posting's skills it names, the words it shares with duties and
 * requirements. */
static void relevance(struct matcher *m, struct match *r)
{
    const struct analysis *an = m->an;
    const struct profile *p = m->p;
    for (size_t i = 0; i < r->rows_n; i++) {
        const struct match_row *row = &r->rows[i];
        double w = row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0) *
                   match_status_value(row->status);
        for (size_t k = 0; k < row->atoms_n; k++)
            r->atom_relevance[row->atoms[k]] += w / (1.0 + 0.25 * (double)k);
        for (size_t k = 0; k < row->requirement->skills_n; k++) {
            const struct profile_skill *s = match_profile_skill(p, skills_by_slug(row->requirement->skills[k]));
            for (size_t x = 0; s && x < s->atoms_n; x++)
                r->atom_relevance[s->atoms[x]] += 0.3 * row->requirement->weight;
        }
    }
    for (size_t i = 0; i < an->responsibilities_n; i++)
        match_index_add(m, r->responsibilities[i].stems, r->responsibilities[i].stems_n, 0.07);
    for (size_t i = 0; i < an->requirements_n; i++)
        match_index_add(m, r->requirements[i].stems, r->requirements[i].stems_n, 0.05);
    match_index_add(m, r->title.stems, r->title.stems_n, 0.08);
    for (size_t i = 0; i < p->atoms_n; i++) {
        double x = r->atom_relevance[i] + MIN(m->score[i], 0.6) + (p->atoms[i].has_number ? 0.06 : 0);
        m->score[i] = 0;
        r->atom_relevance[i] = x / (x + 1.0);
    }
}

static void duties_fit(struct matcher *m, struct match *r)
{
    for (size_t k = 0; k < m->an->responsibilities_n; k++) {
        double total = match_index_hits(m, r->responsibilities[k].stems, r->responsibilities[k].stems_n), best = 0;
        for (size_t i = 0; i < m->p->atoms_n; i++) {
            best = MAX(best, m->score[i]);
            m->score[i] = 0;
        }
        r->responsibility_fit[k] = total > 0 ? best / total : 0;
    }
}

static struct match_text text_read(struct matcher *m, struct str text)
{
    uint32_t stems[LEX_TOKENS_MAX];
    size_t n = lex_stems(text, stems, LEX_TOKENS_MAX);
    uint32_t *kept = arena_try_alloc(m->a, sizeof(*kept) * n);
    m->failed = m->failed || !kept;
    if (!kept || n == 0)
        return (struct match_text){0};
    memcpy(kept, stems, sizeof(*kept) * n);
    return (struct match_text){.stems = kept, .stems_n = n};
}

static void texts_read(struct matcher *m, struct match *r)
{
    const struct analysis *an = m->an;
    r->title = text_read(m, an->title);
    for (size_t i = 0; i < an->requirements_n; i++)
        r->requirements[i] = text_read(m, an->requirements[i].text);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        r->responsibilities[i] = text_read(m, an->responsibilities[i].text);
}

int match_make_at(struct arena *a, const struct analysis *an, const struct profile *p, struct month now,
                  struct match **ret, struct err *err)
{
    struct matcher *m = ARENA_NEW(a, struct matcher);
    struct match *r = ARENA_NEW(a, struct match);
    if (!m || !r)
        return err_set(err, ERR_MEMORY, "the match needs more memory than its limit");
    /* field by field: the arena gave zeros, and the index is too large to be copied */
    m->a = a;
    m->an = an;
    m->p = p;
    m->match = r;
    m->now = now;
    m->work_months = profile_work_months(p, now);
    m->score = ARENA_NEW_N(a, double, p->atoms_n + 1);
    r->atom_relevance = ARENA_NEW_N(a, double, p->atoms_n + 1);
    if (!m->score || !r->atom_relevance)
        return err_set(err, ERR_MEMORY, "the match needs more memory than its limit");
    int rc = match_index_build(m, err);
    if (rc)
        return rc;
    texts_read(m, r);
    for (size_t i = 0; i < an->requirements_n; i++) {
        r->rows[i] = (struct match_row){.requirement = &an->requirements[i], .matched_form = STR("")};
        answer(m, &r->rows[i]);
        r->rows_n++;
    }
    duties_fit(m, r);
    relevance(m, r);
    if (m->failed)
        return err_set(err, ERR_MEMORY, "the match needs more memory than its limit");
    *ret = r;
    return 0;
}

int match_make(struct arena *a, const struct analysis *an, const struct profile *p, struct match **ret, struct err *err)
{
    return match_make_at(a, an, p, p->as_of, ret, err);
}
