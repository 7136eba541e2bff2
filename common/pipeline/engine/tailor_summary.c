/* One line of evidence after the candidate's own summary: the skills this posting asks for, in the profile's words,
 * with the place where each was used. No number, no adjective, nothing that is not an atom. */
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

struct place {
    int employment;
    struct str skills[TAILOR_SUMMARY_SKILLS];
    size_t atoms[TAILOR_SUMMARY_SKILLS];
    size_t n;
    double weight;
};

static double row_weight(const struct match_row *row)
{
    return row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0);
}

static bool is_taken(const struct place *places, size_t n, struct str skill)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < places[i].n; k++)
            if (str_ieq(places[i].skills[k], skill))
                return true;
    return false;
}

static void place_add(struct place *places, size_t *n, int employment, struct str skill, size_t atom, double w)
{
    size_t i = 0;
    while (i < *n && places[i].employment != employment)
        i++;
    if (i == *n) {
        if (*n == 8)
            return;
        places[(*n)++] = (struct place){.employment = employment};
    }
    if (places[i].n == TAILOR_SUMMARY_SKILLS)
        return;
    places[i].skills[places[i].n] = skill;
    places[i].atoms[places[i].n++] = atom;
    places[i].weight += w;
}

/* The first atom of a named place that names the skill, by preference in the posting's own word; atoms_n when none. */
static size_t atom_for(const struct tailor *t, const struct match_row *row, const struct skill *skill)
{
    struct str asked = phrase_skill_in(row->requirement->text, skill);
    size_t first = t->p->atoms_n;
    for (size_t k = 0; k < row->atoms_n; k++) {
        const struct atom *x = &t->p->atoms[row->atoms[k]];
        if (x->employment < 0 || t->p->employments[x->employment].organization.n == 0)
            continue;
        struct str word = phrase_skill(x, skill);
        if (word.n && str_ieq(word, asked))
            return row->atoms[k];
        if (word.n && first == t->p->atoms_n)
            first = row->atoms[k];
    }
    return first;
}

/* Rows by falling weight; each wanted skill goes to the first place whose atom names it. */
static size_t gather(const struct tailor *t, struct place *places)
{
    const struct match_row *rows[ANALYSIS_REQUIREMENTS_MAX];
    size_t n = 0, places_n = 0;
    for (size_t i = 0; i < t->m->rows_n; i++) {
        size_t at = n++;
        for (; at > 0 && row_weight(rows[at - 1]) < row_weight(&t->m->rows[i]); at--)
            rows[at] = rows[at - 1];
        rows[at] = &t->m->rows[i];
    }
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->status != MATCH_DIRECT && rows[i]->status != MATCH_STRONG && rows[i]->status != MATCH_SYNONYM)
            continue;
        for (size_t s = 0; s < rows[i]->requirement->skills_n; s++) {
            const struct skill *skill = skills_by_slug(rows[i]->requirement->skills[s]);
            size_t atom = skill && strcmp(skill->field, "soft") != 0 ? atom_for(t, rows[i], skill) : t->p->atoms_n;
            if (atom == t->p->atoms_n)
                continue;
            struct str word = phrase_skill(&t->p->atoms[atom], skill);
            if (!is_taken(places, places_n, word))
                place_add(places, &places_n, t->p->atoms[atom].employment, word, atom, row_weight(rows[i]));
        }
    }
    return places_n;
}

static struct str line_of(struct tailor *t, struct place *places, size_t n, struct tailor_op *op)
{
    struct str line = {.p = "", .n = 0};
    size_t skills = 0;
    for (size_t used = 0; used < TAILOR_SUMMARY_PLACES && used < n; used++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (places[i].n && (best == n || places[i].weight > places[best].weight))
                best = i;
        if (best == n)
            break;
        const struct employment *e = &t->p->employments[places[best].employment];
        struct str list = phrase_join(t->a, places[best].skills, places[best].n, "and");
        line =
            phrase_printf(t->a, STR_FMT "%s" STR_FMT " %s " STR_FMT, STR_ARG(line), line.n ? "; " : "", STR_ARG(list),
                          e->kind == EMPLOYMENT_PROJECT ? "in the project" : "at", STR_ARG(e->organization));
        for (size_t k = 0; k < places[best].n; k++)
            tailor_op_atom(t, op, places[best].atoms[k]);
        skills += places[best].n;
        places[best].n = 0;
    }
    return skills < 2 ? (struct str){.p = "", .n = 0}
                      : phrase_printf(t->a, "Most relevant here: " STR_FMT ".", STR_ARG(line));
}

static int put_summary(struct tailor *t, struct tailor_op *op, struct str text, struct err *err)
{
    yyjson_mut_val *now = yyjson_mut_doc_ptr_get(t->doc, "/basics/summary");
    op->op.kind = now ? RESUME_OP_SET : RESUME_OP_INSERT;
    op->op.path = STR("/basics/summary");
    op->op.before = now ? yyjson_mut_val_mut_copy(t->doc, now) : NULL;
    op->op.value = yyjson_mut_strncpy(t->doc, text.p, text.n);
    return tailor_do(t, op, err);
}

int tailor_summary(struct tailor *t, struct err *err)
{
    struct place places[8] = {0};
    struct tailor_op op = {0};
    size_t n = gather(t, places);
    struct str line = line_of(t, places, n, &op), old = t->p->summary;
    if (line.n == 0 || old.n > TAILOR_SUMMARY_MAX_BYTES || !yyjson_is_obj(yyjson_obj_get(t->p->document, "basics")))
        return 0;
    struct str text = line;
    if (old.n) {
        bool ended = strchr(".!?", old.p[old.n - 1]) != NULL;
        text = phrase_printf(t->a, STR_FMT "%s " STR_FMT, STR_ARG(old), ended ? "" : ".", STR_ARG(line));
    }
    tailor_op_rows(t, &op);
    op.reason =
        STR("One line says where the skills this posting asks for were used; the rest of the summary is unchanged.");
    memcpy(t->summary_atoms, op.atoms, sizeof(op.atoms));
    t->summary_atoms_n = op.atoms_n;
    t->summary_added = line;
    return put_summary(t, &op, text, err);
}
