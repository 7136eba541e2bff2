/* What goes with a tailored résumé: how much of the posting it answers, which atom each line is, and the check that
 * nothing was added. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define QUESTIONS_MAX 6

static bool is_stated(enum match_status s)
{
    return s == MATCH_DIRECT || s == MATCH_STRONG || s == MATCH_SYNONYM;
}

static bool is_gap(enum match_status s)
{
    return s == MATCH_MISSING || s == MATCH_TRANSFERABLE || s == MATCH_UNSTATED || s == MATCH_BLOCKED;
}

static void emit_row(struct emit *e, const struct match_row *row)
{
    emit_obj(e, NULL);
    emit_str(e, "requirement_id", row->requirement->id);
    emit_str(e, "text", row->requirement->text);
    emit_strc(e, "status", match_status_name(row->status));
    emit_str(e, "reason", row->reason);
    emit_obj_end(e);
}

/* The skills of the row that the profile does not have. */
static struct str lacking(struct tailor *t, const struct match_row *row)
{
    struct str names[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < row->requirement->skills_n; i++) {
        const struct skill *s = skills_by_slug(row->requirement->skills[i]);
        bool have = false;
        for (size_t k = 0; s && k < t->p->skills_n; k++)
            have = have || t->p->skills[k].skill == s;
        if (!s || have || strcmp(s->field, "soft") == 0)
            continue;
        struct str word = phrase_skill_in(row->requirement->text, s);
        names[n++] = word.n ? word : str_of(s->label);
    }
    return phrase_join(t->a, names, n, "or");
}

static struct str question(struct tailor *t, const struct match_row *row)
{
    const struct requirement *q = row->requirement;
    bool names_skill = q->kind != REQUIREMENT_CERTIFICATION && q->kind != REQUIREMENT_EDUCATION &&
                       q->kind != REQUIREMENT_AUTHORIZATION && q->kind != REQUIREMENT_LOCATION;
    struct str what = names_skill ? lacking(t, row) : STR("");
    switch (q->kind) {
    case REQUIREMENT_CERTIFICATION:
        return phrase_printf(t->a, "The posting asks for “" STR_FMT "”. Do you hold such a credential?",
                             STR_ARG(q->text));
    case REQUIREMENT_EDUCATION:
        return phrase_printf(t->a,
                             "The posting asks for “" STR_FMT
                             "”. Is there a degree or equivalent that the profile leaves out?",
                             STR_ARG(q->text));
    case REQUIREMENT_LANGUAGE:
        return what.n ? phrase_printf(t->a, "Do you speak " STR_FMT ", and how well?", STR_ARG(what))
                      : phrase_printf(t->a, "The posting asks for “" STR_FMT "”. Do you speak it, and how well?",
                                      STR_ARG(q->text));
    case REQUIREMENT_AUTHORIZATION:
    case REQUIREMENT_LOCATION:
        return phrase_printf(t->a, "The posting says “" STR_FMT "”. Does that fit you?", STR_ARG(q->text));
    default:
        if (what.n)
            return phrase_printf(t->a, "Do you have experience with " STR_FMT "?", STR_ARG(what));
        return phrase_printf(t->a, "The posting asks for “" STR_FMT "”. Is there work of yours that shows it?",
                             STR_ARG(q->text));
    }
}

static void emit_questions(struct tailor *t, struct emit *e)
{
    size_t n = 0;
    emit_arr(e, "questions");
    for (int priority = REQUIREMENT_REQUIRED; priority >= REQUIREMENT_PREFERRED; priority--) {
        for (size_t i = 0; i < t->m->rows_n && n < QUESTIONS_MAX; i++) {
            const struct match_row *row = &t->m->rows[i];
            bool ask = is_gap(row->status) ||
                       (row->status == MATCH_NOT_ASSESSED && row->requirement->kind != REQUIREMENT_SOFT);
            if (!ask || (int)row->requirement->priority != priority)
                continue;
            emit_str(e, NULL, question(t, row));
            n++;
        }
    }
    emit_arr_end(e);
}

void tailor_coverage(struct tailor *t, struct emit *e)
{
    double total = 0, stated = 0, possible = 0;
    for (size_t i = 0; i < t->m->rows_n; i++) {
        const struct match_row *row = &t->m->rows[i];
        double w = row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0);
        if (row->status == MATCH_NOT_ASSESSED)
            continue;
        total += w;
        stated += is_stated(row->status) ? w : 0;
        possible +=
            is_stated(row->status) || row->status == MATCH_TRANSFERABLE || row->status == MATCH_UNSTATED ? w : 0;
    }
    emit_obj(e, "coverage");
    emit_int(e, "current_pct", total > 0 ? (long long)(100 * stated / total + 0.5) : 0);
    emit_int(e, "potential_pct", total > 0 ? (long long)(100 * possible / total + 0.5) : 0);
    emit_arr(e, "covered");
    for (size_t i = 0; i < t->m->rows_n; i++)
        if (is_stated(t->m->rows[i].status))
            emit_row(e, &t->m->rows[i]);
    emit_arr_end(e);
    emit_arr(e, "gaps");
    for (size_t i = 0; i < t->m->rows_n; i++)
        if (is_gap(t->m->rows[i].status))
            emit_row(e, &t->m->rows[i]);
    emit_arr_end(e);
    emit_questions(t, e);
    emit_obj_end(e);
}

static void emit_claim(struct emit *e, const char *path, struct str sentence, const char *relation)
{
    emit_obj(e, NULL);
    emit_strc(e, "path", path);
    emit_str(e, "sentence", sentence);
    emit_strc(e, "class", "claim");
    emit_strc(e, "relation", relation);
    emit_arr(e, "evidence_ids");
}

static void claims_of_list(struct tailor *t, struct emit *e, const struct employment *emp, int index)
{
    char path[96];
    snprintf(path, sizeof(path), STR_FMT "/highlights", STR_ARG(emp->pointer));
    /* in full, projects may stand in another place than in the profile: the path names the place in the result */
    size_t i, n;
    yyjson_mut_val *item, *list = yyjson_mut_doc_ptr_get(t->doc, path);
    yyjson_mut_arr_foreach(list, i, n, item)
    {
        struct str text = {.p = yyjson_mut_get_str(item), .n = yyjson_mut_get_len(item)}, trimmed = str_trim(text);
        for (size_t k = 0; k < t->p->atoms_n; k++) {
            const struct atom *x = &t->p->atoms[k];
            if (x->kind != ATOM_HIGHLIGHT || (emp->kind != EMPLOYMENT_PROJECT && x->employment != index) ||
                !str_eq(x->text, trimmed))
                continue;
            char at[TAILOR_PATH_BYTES];
            tailor_path_element(at, path, i);
            emit_claim(e, at, text, "verbatim");
            emit_str(e, NULL, x->id);
            emit_arr_end(e);
            emit_obj_end(e);
            break;
        }
    }
}

void tailor_claims(struct tailor *t, struct emit *e)
{
    emit_arr(e, "claims");
    if (t->summary_added.n) {
        emit_claim(e, "/basics/summary", t->summary_added, "merge");
        for (size_t i = 0; i < t->summary_atoms_n; i++)
            emit_str(e, NULL, t->p->atoms[t->summary_atoms[i]].id);
        emit_arr_end(e);
        emit_obj_end(e);
    }
    for (size_t i = 0; i < t->p->employments_n; i++)
        claims_of_list(t, e, &t->p->employments[i], (int)i);
    emit_arr_end(e);
}

/* -- guard -- */

struct guard {
    const struct tailor *t;
    struct emit *e;
    size_t violations;
};

static void violation(struct guard *g, const char *code, struct str value)
{
    emit_obj(g->e, NULL);
    emit_strc(g->e, "code", code);
    emit_str(g->e, "value", value);
    emit_strc(g->e, "severity", "block");
    emit_obj_end(g->e);
    g->violations++;
}

static void check_strings(struct guard *g, yyjson_mut_val *v, yyjson_mut_val *summary)
{
    size_t i, n;
    yyjson_mut_val *key, *item;
    if (yyjson_mut_is_str(v)) {
        struct str text = {.p = yyjson_mut_get_str(v), .n = yyjson_mut_get_len(v)};
        if (v != summary && !profile_states(g->t->p, text))
            violation(g, "UNGROUNDED_TEXT", text);
    } else if (yyjson_mut_is_arr(v)) {
        yyjson_mut_arr_foreach(v, i, n, item) check_strings(g, item, summary);
    } else if (yyjson_mut_is_obj(v)) {
        yyjson_mut_obj_foreach(v, i, n, key, item) check_strings(g, item, summary);
    }
}

/* Every word of the added line stands in an atom it names, in that atom's organisation, or in the fixed words around
 * them. */
static void check_summary(struct guard *g)
{
    static const char *const FIXED = "Most relevant here and at in the project";
    const struct tailor *t = g->t;
    struct str rest = t->summary_added, word;
    while (lex_next_word(&rest, &word)) {
        char w[96];
        if (word.n >= sizeof(w))
            continue;
        memcpy(w, word.p, word.n);
        w[word.n] = '\0';
        bool found = lex_has(str_of(FIXED), w);
        for (size_t i = 0; i < t->summary_atoms_n && !found; i++) {
            const struct atom *x = &t->p->atoms[t->summary_atoms[i]];
            found = lex_has(x->text, w) ||
                    (x->employment >= 0 && lex_has(t->p->employments[x->employment].organization, w));
        }
        if (!found)
            violation(g, "UNGROUNDED_SUMMARY", word);
    }
}

void tailor_guard(struct tailor *t, struct emit *e)
{
    struct guard g = {.t = t, .e = e};
    yyjson_mut_val *root = yyjson_mut_doc_get_root(t->doc);
    emit_obj(e, "guard");
    emit_int(e, "ruleset_version", 1);
    emit_arr(e, "violations");
    check_strings(&g, root, t->summary_added.n ? yyjson_mut_doc_ptr_get(t->doc, "/basics/summary") : NULL);
    check_summary(&g);
    emit_arr_end(e);
    emit_strc(e, "verdict", g.violations ? "block" : "pass");
    emit_obj_end(e);
}
