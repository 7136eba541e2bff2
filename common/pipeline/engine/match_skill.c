/* Skills: the best status of each named skill, then the requirement as their AND or OR.
 *
 * Used in a highlight of a job, project or voluntary work: direct. Stated elsewhere (role, summary, certificate,
 * course, skills section under the name the posting uses): strong. In the skills section under another name, or
 * contained in a skill that is stated: synonym. A neighbour of a stated skill: transferable. */
#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/relations.h"

const struct profile_skill *match_profile_skill(const struct profile *p, const struct skill *skill)
{
    for (size_t i = 0; skill && i < p->skills_n; i++)
        if (p->skills[i].skill == skill)
            return &p->skills[i];
    return NULL;
}

const struct profile_skill *match_related(const struct profile *p, const struct skill *wanted, bool *ret_implied)
{
    const struct profile_skill *similar = NULL;
    const struct relation *r;
    size_t n = relations_of(wanted, &r);
    *ret_implied = false;
    for (size_t i = 0; i < n; i++) {
        if (r[i].kind == RELATION_IMPLIES || (similar && r[i].kind == RELATION_SIMILAR))
            continue;
        const struct profile_skill *s = match_profile_skill(p, r[i].to);
        if (s && r[i].kind == RELATION_IMPLIED_BY) {
            *ret_implied = true;
            return s;
        }
        similar = s ? s : similar;
    }
    return similar;
}

struct skill_answer {
    enum match_status status;
    const struct profile_skill *have; /* what answered; for a neighbour the neighbour */
    struct str wanted;                /* label of what was asked */
    double strength[16];              /* per atom of have */
};

/* How well one atom shows the skill: the status and, for the order of the evidence, a strength. */
static enum match_status atom_shows(const struct matcher *m, const struct match_row *row, const struct atom *atom,
                                    const struct skill *skill, double *ret)
{
    const struct employment *e = atom->employment >= 0 ? &m->p->employments[atom->employment] : NULL;
    double recent = e ? 0.08 / (1.0 + (double)e->index) : 0;
    switch (atom->kind) {
    case ATOM_HIGHLIGHT:
        *ret = (e && e->kind == EMPLOYMENT_JOB ? 1.0 : 0.9) + recent;
        return MATCH_DIRECT;
    case ATOM_SKILL: {
        *ret = 0.5;
        bool same = str_ieqc(atom->text, skill->label);
        same = same || str_ifind(row->requirement->text, atom->text) >= 0;
        return same ? MATCH_STRONG : MATCH_SYNONYM;
    }
    case ATOM_CERTIFICATE:
        *ret = 0.8;
        return MATCH_STRONG;
    case ATOM_SUMMARY:
        *ret = e ? 0.75 + recent : 0.65;
        return MATCH_STRONG;
    case ATOM_ROLE:
        *ret = 0.7 + recent;
        return MATCH_STRONG;
    default:
        *ret = 0.6;
        return MATCH_STRONG;
    }
}

static struct skill_answer answer_one(const struct matcher *m, const struct match_row *row, struct str slug)
{
    struct skill_answer r = {.status = MATCH_MISSING, .wanted = slug};
    const struct skill *skill = skills_by_slug(slug);
    if (!skill)
        return r;
    r.wanted = str_of(skill->label);
    r.have = match_profile_skill(m->p, skill);
    if (r.have) {
        for (size_t i = 0; i < r.have->atoms_n; i++) {
            enum match_status s = atom_shows(m, row, &m->p->atoms[r.have->atoms[i]], skill, &r.strength[i]);
            if (match_status_value(s) > match_status_value(r.status))
                r.status = s;
        }
        return r;
    }
    bool implied = false;
    r.have = match_related(m->p, skill, &implied);
    if (r.have) {
        r.status = implied ? MATCH_SYNONYM : MATCH_TRANSFERABLE;
        for (size_t i = 0; i < r.have->atoms_n; i++) {
            atom_shows(m, row, &m->p->atoms[r.have->atoms[i]], r.have->skill, &r.strength[i]);
            r.strength[i] *= implied ? 0.8 : 0.6;
        }
    }
    return r;
}

static enum match_status status_of_value(double v)
{
    return v >= 0.95   ? MATCH_DIRECT
           : v >= 0.82 ? MATCH_STRONG
           : v >= 0.72 ? MATCH_SYNONYM
           : v >= 0.3  ? MATCH_TRANSFERABLE
                       : MATCH_MISSING;
}

/* "Kafka and gRPC", "Kafka, gRPC or Avro" of the wanted labels that do (or do not) have an answer. */
static struct str labels(struct matcher *m, const struct skill_answer *r, size_t n, bool answered, const char *last)
{
    struct str out = {.p = "", .n = 0};
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        left += (r[i].status != MATCH_MISSING) == answered;
    for (size_t i = 0; i < n; i++) {
        if ((r[i].status != MATCH_MISSING) != answered)
            continue;
        left--;
        out = out.n ? match_says(m, STR_FMT "%s" STR_FMT, STR_ARG(out), left ? ", " : last, STR_ARG(r[i].wanted))
                    : r[i].wanted;
    }
    return out;
}

static void row_reason(struct matcher *m, struct match_row *row, const struct skill_answer *r, size_t n, size_t best)
{
    if (row->status == MATCH_MISSING) {
        row->reason =
            match_says(m, "The profile does not mention " STR_FMT ".", STR_ARG(labels(m, r, n, false, " or ")));
        return;
    }
    const struct skill_answer *b = &r[best];
    struct str place = row->atoms_n ? match_place(m, row->atoms[0]) : STR("in the profile");
    struct str missing = row->requirement->alternatives ? (struct str){0} : labels(m, r, n, false, " or ");
    struct str what = labels(m, r, n, true, " and ");
    if (row->requirement->alternatives)
        what = b->wanted;
    if (b->status == MATCH_TRANSFERABLE ||
        (b->status == MATCH_SYNONYM && b->have->skill && !str_eqc(b->wanted, b->have->skill->label)))
        what = match_says(m, STR_FMT ", which is %s " STR_FMT ",", STR_ARG(b->have->label),
                          b->status == MATCH_TRANSFERABLE ? "close to" : "a form of", STR_ARG(b->wanted));
    bool many = !row->requirement->alternatives && str_find(what, STR(" and ")) >= 0 && b->status != MATCH_TRANSFERABLE;
    bool listed = row->atoms_n && m->p->atoms[row->atoms[0]].kind == ATOM_SKILL;
    const char *how = listed ? (many ? "are listed" : "is listed") : many ? "are shown" : "is shown";
    if (missing.n)
        row->reason = match_says(m, STR_FMT " %s " STR_FMT "; " STR_FMT " is not mentioned.", STR_ARG(what), how,
                                 STR_ARG(place), STR_ARG(missing));
    else
        row->reason = match_says(m, STR_FMT " %s " STR_FMT ".", STR_ARG(what), how, STR_ARG(place));
}

void match_skill(struct matcher *m, struct match_row *row)
{
    const struct requirement *q = row->requirement;
    struct skill_answer r[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX];
    size_t n = 0, best = 0;
    for (size_t i = 0; i < q->skills_n; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        /* a soft skill beside hard ones is not what the clause is about */
        if (q->skills_n > 1 && s && strcmp(s->field, "soft") == 0)
            continue;
        r[n++] = answer_one(m, row, q->skills[i]);
    }
    if (n == 0) {
        match_words(m, row);
        return;
    }
    double sum = 0, top = 0, strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < n; i++) {
        double v = match_status_value(r[i].status);
        sum += v;
        if (v > top) {
            top = v;
            best = i;
        }
        for (size_t k = 0; r[i].have && k < r[i].have->atoms_n; k++)
            match_row_offer(m, row, strengths, r[i].have->atoms[k], r[i].strength[k]);
    }
    row->status = q->alternatives ? r[best].status : status_of_value(sum / (double)n);
    if (row->status == MATCH_MISSING)
        row->atoms_n = 0;
    else if (r[best].have)
        row->matched_form = r[best].have->label;
    row_reason(m, row, r, n, best);
    /* the dictionary may know only a side word of the clause */
    if (row->status == MATCH_MISSING && n == 1) {
        struct str reason = row->reason;
        match_words(m, row);
        if (row->status == MATCH_MISSING)
            row->reason = reason;
        else
            row->status = MATCH_TRANSFERABLE;
    }
}
