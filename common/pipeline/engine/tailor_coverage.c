/* How much of the posting the profile answers.
 *
 * covered     stated, in the posting's words
 * injectable  stated under another name, or contained in what is stated: could be said without inventing anything
 * gaps        not there, or only something near it
 * current_pct is the weight of what is covered; potential_pct adds what is injectable: more cannot be reached
 * truthfully. A requirement with several skills counts by the share of them. What cannot be judged is left out of both.
 */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define QUESTIONS_MAX     6
#define QUESTION_BYTES    160
#define QUESTION_MIN      4   /* a shorter quote says nothing */
#define MIDDLE_OF_SYNONYM 0.5 /* nearly enough years, a language one level below */

struct share {
    double covered, injectable; /* 0..1, together at most 1 */
};

static bool is_stated(enum match_status s)
{
    return s == MATCH_DIRECT || s == MATCH_STRONG;
}

static struct share share_of_skills(struct tailor *t, const struct match_row *row)
{
    const struct requirement *q = row->requirement;
    struct share best = {0}, sum = {0};
    size_t n = 0;
    for (size_t i = 0; i < q->skills_n; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        if (!s || (q->skills_n > 1 && strcmp(s->field, "soft") == 0))
            continue;
        struct share one = {0};
        bool implied = false;
        const struct profile_skill *have = match_profile_skill(t->p, s);
        const struct profile_skill *near = have ? NULL : match_related(t->p, s, &implied);
        for (size_t k = 0; have && k < have->atoms_n && one.covered < 1; k++) {
            const struct atom *x = &t->p->atoms[have->atoms[k]];
            bool named = x->kind != ATOM_SKILL || str_ieqc(x->text, s->label) || str_ifind(q->text, x->text) >= 0;
            struct str word = phrase_skill_in(q->text, s);
            named = named &&
                    (word.n == 0 || str_ifind(x->text, word) >= 0 || str_ieqc(word, s->label) || x->kind != ATOM_SKILL);
            one = named ? (struct share){.covered = 1} : (struct share){.injectable = 1};
        }
        if (near && implied)
            one.injectable = 1;
        n++;
        sum.covered += one.covered;
        sum.injectable += one.injectable;
        if (one.covered * 2 + one.injectable > best.covered * 2 + best.injectable)
            best = one;
    }
    if (n == 0)
        return (struct share){.covered = is_stated(row->status)};
    if (q->alternatives)
        return best;
    return (struct share){.covered = sum.covered / (double)n, .injectable = sum.injectable / (double)n};
}

static struct share share_of(struct tailor *t, const struct match_row *row)
{
    const struct requirement *q = row->requirement;
    bool by_skills = q->skills_n && (q->kind == REQUIREMENT_SKILL || q->kind == REQUIREMENT_OTHER) && q->years_min <= 0;
    if (by_skills && row->status != MATCH_BLOCKED)
        return share_of_skills(t, row);
    if (is_stated(row->status))
        return (struct share){.covered = 1};
    return (struct share){.covered = row->status == MATCH_SYNONYM ? MIDDLE_OF_SYNONYM : 0};
}

/* The skills of the row that the profile does not have, in the posting's words; "" when they cannot be named alone. */
static struct str lacking(struct tailor *t, const struct match_row *row)
{
    struct str names[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < row->requirement->skills_n; i++) {
        const struct skill *s = skills_by_slug(row->requirement->skills[i]);
        bool implied = false;
        if (!s || strcmp(s->field, "soft") == 0 || match_profile_skill(t->p, s) ||
            (match_related(t->p, s, &implied) && implied))
            continue;
        struct str word = phrase_skill_in(row->requirement->text, s);
        if (word.n && !tailor_is_name(word, s))
            return (struct str){.p = "", .n = 0}; /* "charting tool", "nurses": only the quote says what is meant */
        names[n++] = tailor_spoken(t, word.n ? word : str_of(s->label), s);
    }
    return phrase_join(t->a, names, n, "or");
}

static struct str quoted(struct tailor *t, struct str text)
{
    return tailor_quote(t, text, QUESTION_BYTES);
}

static struct str ask_years(struct tailor *t, const struct match_row *row, struct str what)
{
    int years = row->requirement->years_min;
    const char *s = years == 1 ? "" : "s";
    if (what.n)
        return phrase_printf(t->a,
                             "Do you have %d year%s of experience with " STR_FMT " that the profile does not show?",
                             years, s, STR_ARG(what));
    return phrase_printf(t->a,
                         "The posting asks for " STR_FMT
                         ". Is there earlier or other work, with its dates, that the profile leaves out?",
                         STR_ARG(quoted(t, row->requirement->text)));
}

static struct str ask_degree(struct tailor *t, const struct match_row *row)
{
    bool other = lex_has(row->requirement->text, "equivalent") || lex_has(row->requirement->text, "comparable");
    return phrase_printf(t->a, "The posting asks for " STR_FMT ". Do you have such a degree, %s?",
                         STR_ARG(quoted(t, row->requirement->text)),
                         other ? "or experience that you would put forward as its equivalent"
                               : "finished or under way");
}

static struct str ask_language(struct tailor *t, const struct match_row *row, struct str what)
{
    if (row->atoms_n)
        return phrase_printf(t->a,
                             "The profile states " STR_FMT ", and the posting asks for " STR_FMT
                             ". Is your level higher by now?",
                             STR_ARG(t->p->atoms[row->atoms[0]].text), STR_ARG(quoted(t, row->requirement->text)));
    return what.n ? phrase_printf(t->a, "Do you speak " STR_FMT ", and how well?", STR_ARG(what))
                  : phrase_printf(t->a,
                                  "The posting asks for " STR_FMT
                                  ". Which of your languages answers that, and how well do you speak it?",
                                  STR_ARG(quoted(t, row->requirement->text)));
}

static struct str ask_place(struct tailor *t, const struct match_row *row)
{
    struct str text = row->requirement->text, q = quoted(t, text);
    if (lex_has(text, "sponsorship") || lex_has(text, "visa") || lex_has(text, "authorized") ||
        lex_has(text, "authorised") || lex_has(text, "right to work"))
        return phrase_printf(t->a, "The posting says " STR_FMT ". May you work there without sponsorship?", STR_ARG(q));
    if (lex_has(text, "clearance"))
        return phrase_printf(t->a, "The posting says " STR_FMT ". Do you hold this clearance, or could you get it?",
                             STR_ARG(q));
    if (lex_has(text, "travel"))
        return phrase_printf(t->a, "The posting says " STR_FMT ". Could you travel that much?", STR_ARG(q));
    if (lex_has(text, "license") || lex_has(text, "licence"))
        return phrase_printf(t->a, "The posting asks for " STR_FMT ". Do you have it?", STR_ARG(q));
    if (lex_has(text, "citizen") || lex_has(text, "citizens") || lex_has(text, "citizenship"))
        return phrase_printf(t->a, "The posting says " STR_FMT ". Does that hold for you?", STR_ARG(q));
    return phrase_printf(t->a, "The posting says " STR_FMT ". Would that work for you?", STR_ARG(q));
}

static struct str question(struct tailor *t, const struct match_row *row)
{
    const struct requirement *q = row->requirement;
    struct str what = lacking(t, row);
    if (q->text.n < QUESTION_MIN)
        return (struct str){.p = "", .n = 0};
    if (q->kind == REQUIREMENT_CERTIFICATION) {
        bool license = lex_has(q->text, "license") || lex_has(q->text, "licence") || lex_has(q->text, "licensed") ||
                       lex_has(q->text, "licensure");
        return phrase_printf(t->a, "The posting asks for " STR_FMT ". Do you hold %s, or are you working towards it?",
                             STR_ARG(quoted(t, q->text)), license ? "that license" : "that certificate");
    }
    if (q->kind == REQUIREMENT_EDUCATION)
        return ask_degree(t, row);
    if (q->kind == REQUIREMENT_LANGUAGE)
        return ask_language(t, row, what);
    if (q->kind == REQUIREMENT_AUTHORIZATION || q->kind == REQUIREMENT_LOCATION)
        return ask_place(t, row);
    if (q->years_min > 0)
        return ask_years(t, row, what);
    if (what.n)
        return phrase_printf(t->a, "Do you have experience with " STR_FMT "?", STR_ARG(what));
    if (q->kind == REQUIREMENT_SOFT)
        return phrase_printf(t->a, "The posting asks for " STR_FMT ". Which piece of your work shows it best?",
                             STR_ARG(quoted(t, q->text)));
    bool says = str_istarts(q->text, "you") || str_istarts(q->text, "we ") || str_istarts(q->text, "must ");
    return phrase_printf(t->a, "The posting %s " STR_FMT ". Have you done that, and where?", says ? "says" : "asks for",
                         STR_ARG(quoted(t, q->text)));
}

static void emit_row(struct emit *e, const struct match_row *row, struct str ask)
{
    emit_obj(e, NULL);
    emit_str(e, "requirement_id", row->requirement->id);
    emit_str(e, "text", row->requirement->text);
    emit_strc(e, "status", match_status_name(row->status));
    emit_str(e, "reason", row->reason);
    if (ask.n)
        emit_str(e, "question", ask);
    emit_obj_end(e);
}

/* The form the profile has and the one the posting uses. */
static void emit_injectable(struct tailor *t, struct emit *e, const struct match_row *row)
{
    emit_obj(e, NULL);
    emit_str(e, "requirement_id", row->requirement->id);
    emit_str(e, "text", row->requirement->text);
    emit_strc(e, "status", match_status_name(row->status));
    emit_str(e, "reason", row->reason);
    emit_str(e, "profile_says", row->matched_form);
    emit_arr(e, "evidence_ids");
    for (size_t i = 0; i < row->atoms_n; i++)
        emit_str(e, NULL, t->p->atoms[row->atoms[i]].id);
    emit_arr_end(e);
    emit_obj_end(e);
}

enum triage { TRIAGE_NONE, TRIAGE_COVERED, TRIAGE_INJECTABLE, TRIAGE_GAP };

static enum triage triage_of(const struct match_row *row, struct share s)
{
    if (row->status == MATCH_NOT_ASSESSED)
        return TRIAGE_NONE;
    if (s.covered >= 0.999)
        return TRIAGE_COVERED;
    return s.covered + s.injectable >= 0.999 && s.injectable > 0 ? TRIAGE_INJECTABLE : TRIAGE_GAP;
}

static void emit_triage(struct tailor *t, struct emit *e, const char *key, const struct share *shares, enum triage want,
                        const struct str *asks)
{
    emit_arr(e, key);
    for (size_t i = 0; i < t->m->rows_n; i++) {
        if (triage_of(&t->m->rows[i], shares[i]) != want)
            continue;
        if (want == TRIAGE_INJECTABLE)
            emit_injectable(t, e, &t->m->rows[i]);
        else
            emit_row(e, &t->m->rows[i], want == TRIAGE_GAP ? asks[i] : (struct str){0});
    }
    emit_arr_end(e);
}

/* The gaps that weigh most, then what could not be judged. */
static void emit_questions(struct tailor *t, struct emit *e, const struct share *shares, const struct str *asks)
{
    bool asked[ANALYSIS_REQUIREMENTS_MAX] = {false};
    emit_arr(e, "questions");
    for (size_t n = 0; n < QUESTIONS_MAX; n++) {
        size_t best = t->m->rows_n;
        double top = 0;
        for (size_t i = 0; i < t->m->rows_n; i++) {
            const struct match_row *row = &t->m->rows[i];
            enum triage k = triage_of(row, shares[i]);
            double w = tailor_row_weight(row) * (k == TRIAGE_GAP ? 1.0 - shares[i].covered : 0.4);
            bool open = k == TRIAGE_GAP || (k == TRIAGE_NONE && row->requirement->kind != REQUIREMENT_SOFT);
            if (open && !asked[i] && asks[i].n && w > top) {
                top = w;
                best = i;
            }
        }
        if (best == t->m->rows_n)
            break;
        asked[best] = true;
        for (size_t i = 0; i < t->m->rows_n; i++) /* two clauses may ask the same */
            asked[i] = asked[i] || str_eq(asks[i], asks[best]);
        emit_str(e, NULL, asks[best]);
    }
    emit_arr_end(e);
}

void tailor_coverage(struct tailor *t, struct emit *e)
{
    struct share shares[ANALYSIS_REQUIREMENTS_MAX];
    struct str asks[ANALYSIS_REQUIREMENTS_MAX] = {{0}};
    double total = 0, covered = 0, injectable = 0;
    for (size_t i = 0; i < t->m->rows_n; i++) {
        const struct match_row *row = &t->m->rows[i];
        double w = tailor_row_weight(row);
        shares[i] = share_of(t, row);
        enum triage k = triage_of(row, shares[i]);
        if (k == TRIAGE_GAP || k == TRIAGE_NONE)
            asks[i] = question(t, row);
        if (k == TRIAGE_NONE)
            continue;
        total += w;
        covered += w * shares[i].covered;
        injectable += w * shares[i].injectable;
    }
    emit_obj(e, "coverage");
    emit_int(e, "current_pct", total > 0 ? (long long)(100 * covered / total + 0.5) : 0);
    emit_int(e, "potential_pct", total > 0 ? (long long)(100 * (covered + injectable) / total + 0.5) : 0);
    emit_triage(t, e, "covered", shares, TRIAGE_COVERED, asks);
    emit_triage(t, e, "injectable", shares, TRIAGE_INJECTABLE, asks);
    emit_triage(t, e, "gaps", shares, TRIAGE_GAP, asks);
    emit_questions(t, e, shares, asks);
    emit_obj_end(e);
}
