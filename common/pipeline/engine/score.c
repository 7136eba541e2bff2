/* The formula of the header, and the document that shows its working. All inputs are counts and table values; the only
 * floating-point operations are +, *, / in a fixed order, so that every host rounds alike. */
#include "pipeline/engine/score.h"

#include "pipeline/engine/phrase.h"
#include "pipeline/engine/score_parts.h"

#define PRIOR_POINTS    6.0
#define REQUIRED_FACTOR 1.25

static const struct {
    const char *key;
    int weight;
} DIMENSION[] = {
    [SCORE_REQUIREMENTS] = {"requirements", 45}, [SCORE_TITLE] = {"title", 10},
    [SCORE_EXPERIENCE] = {"experience", 15},     [SCORE_SENIORITY] = {"seniority", 10},
    [SCORE_KEYWORDS] = {"keywords", 10},         [SCORE_PARSEABILITY] = {"parseability", 5},
    [SCORE_LOCATION] = {"location", 5},
};

static double row_max(const struct scorer *s, size_t i)
{
    const struct match_row *row = &s->m->rows[i];
    if (row->status == MATCH_NOT_ASSESSED || s->row_repeats[i])
        return 0;
    return row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? REQUIRED_FACTOR : 1.0);
}

/* The weighted mean of the dimensions that are present, without the one of the requirements. */
static double mean_of_others(const struct scorer *s)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < SCORE_DIMENSIONS; i++) {
        if (i == SCORE_REQUIREMENTS || !s->part[i].present)
            continue;
        sum += DIMENSION[i].weight * s->part[i].value;
        weight += DIMENSION[i].weight;
    }
    return weight > 0 ? sum / weight : SCORE_PRIOR_VALUE;
}

/* The last dimension. The prior stands in the middle, or where the other dimensions stand when that is lower: a posting
 * that asks for little is judged by what else is known of it, and comes neither first nor before those that say more.
 */
static void score_requirements(struct scorer *s)
{
    double points = 0, max = 0;
    int judged = 0;
    for (size_t i = 0; i < s->m->rows_n; i++) {
        points += row_max(s, i) * match_status_value(s->m->rows[i].status);
        max += row_max(s, i);
        judged += row_max(s, i) > 0;
    }
    struct score_part *p = &s->part[SCORE_REQUIREMENTS];
    s->prior_value = MIN(SCORE_PRIOR_VALUE, mean_of_others(s));
    p->present = true;
    p->value = (points + PRIOR_POINTS * s->prior_value) / (max + PRIOR_POINTS);
    p->detail = phrase_printf(s->a,
                              "%d of %zu requirements count and could be judged; %d prior points keep short postings "
                              "near the middle.",
                              judged, s->m->rows_n, (int)PRIOR_POINTS);
}

static int cap_of(const struct scorer *s)
{
    int cap = 100;
    for (size_t i = 0; i < s->blockers_n; i++)
        cap = MIN(cap, s->blockers[i].cap);
    return cap;
}

static const char *band_of(int overall)
{
    return overall < 0     ? "none"
           : overall >= 75 ? "strong"
           : overall >= 60 ? "good"
           : overall >= 45 ? "moderate"
           : overall >= 30 ? "weak"
                           : "poor";
}

static int raw_of(const struct scorer *s)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < SCORE_DIMENSIONS; i++) {
        if (!s->part[i].present)
            continue;
        sum += DIMENSION[i].weight * s->part[i].value;
        weight += DIMENSION[i].weight;
    }
    return weight > 0 ? (int)(100 * sum / weight + 0.5) : 0;
}

static void emit_dimensions(const struct scorer *s, struct emit *e)
{
    double present = 0;
    for (size_t i = 0; i < SCORE_DIMENSIONS; i++)
        present += s->part[i].present ? DIMENSION[i].weight : 0;
    emit_arr(e, "dimensions");
    for (size_t i = 0; i < SCORE_DIMENSIONS; i++) {
        const struct score_part *p = &s->part[i];
        emit_obj(e, NULL);
        emit_strc(e, "key", DIMENSION[i].key);
        emit_int(e, "weight", DIMENSION[i].weight);
        emit_milli(e, "effective_weight", p->present && present > 0 ? 100.0 * DIMENSION[i].weight / present : 0);
        emit_milli(e, "score", p->present ? p->value : 0);
        emit_bool(e, "present", p->present);
        emit_str(e, "detail", p->detail);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static void emit_rows(const struct scorer *s, struct emit *e)
{
    emit_arr(e, "requirement_match");
    for (size_t i = 0; i < s->m->rows_n; i++) {
        const struct match_row *row = &s->m->rows[i];
        emit_obj(e, NULL);
        emit_str(e, "requirement_id", row->requirement->id);
        emit_str(e, "text", row->requirement->text);
        emit_strc(e, "priority", row->requirement->priority == REQUIREMENT_REQUIRED ? "required" : "preferred");
        emit_strc(e, "status", match_status_name(row->status));
        emit_bool(e, "repeats", s->row_repeats[i]);
        emit_milli(e, "weight", row->requirement->weight);
        emit_milli(e, "points_max", row_max(s, i));
        emit_milli(e, "points", row_max(s, i) * match_status_value(row->status));
        emit_arr(e, "evidence_ids");
        for (size_t k = 0; k < row->atoms_n; k++)
            emit_str(e, NULL, s->p->atoms[row->atoms[k]].id);
        emit_arr_end(e);
        emit_str(e, "matched_form", row->matched_form);
        emit_str(e, "reason", row->reason);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

/* The constants, so that who has the document can compute it again. */
static void emit_formula(const struct scorer *s, struct emit *e)
{
    emit_obj(e, "formula");
    emit_milli(e, "prior_points", PRIOR_POINTS);
    emit_milli(e, "prior_value", s->prior_value);
    emit_milli(e, "required_factor", REQUIRED_FACTOR);
    emit_obj(e, "status_values");
    for (int i = MATCH_MISSING; i <= MATCH_NOT_ASSESSED; i++)
        if (i != MATCH_NOT_ASSESSED)
            emit_milli(e, match_status_name((enum match_status)i), match_status_value((enum match_status)i));
    emit_obj_end(e);
    emit_obj_end(e);
}

static void emit_blockers(const struct scorer *s, struct emit *e)
{
    emit_obj(e, "cap");
    emit_int(e, "value", cap_of(s));
    emit_arr(e, "reasons");
    for (size_t i = 0; i < s->blockers_n; i++)
        emit_str(e, NULL, s->blockers[i].reason);
    emit_arr_end(e);
    emit_obj_end(e);
    emit_arr(e, "blockers");
    for (size_t i = 0; i < s->blockers_n; i++) {
        const struct score_blocker *b = &s->blockers[i];
        emit_obj(e, NULL);
        emit_strc(e, "category", b->category);
        emit_strc(e, "severity", b->cap <= 60 ? "high" : "medium");
        emit_int(e, "cap", b->cap);
        emit_bool(e, "met", false);
        emit_str(e, "requirement_id", b->requirement ? b->requirement->id : STR(""));
        emit_str(e, "quote", b->requirement ? b->requirement->evidence.text : s->an->location);
        emit_str(e, "reason", b->reason);
        emit_str(e, "action", b->action);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static void emit_keywords(const struct scorer *s, struct emit *e)
{
    static const char *const LIST[] = {
        [SCORE_KEYWORD_GAP] = "gaps", [SCORE_KEYWORD_INJECTABLE] = "injectable", [SCORE_KEYWORD_MATCHED] = "matched"};
    emit_obj(e, "keyword");
    for (size_t list = ARRAY_LEN(LIST); list-- > 0;) {
        emit_arr(e, LIST[list]);
        for (size_t i = 0; i < s->an->keywords_n; i++)
            if (s->keyword[i] == (enum score_keyword)list)
                emit_str(e, NULL, s->an->keywords[i].term);
        emit_arr_end(e);
    }
    emit_arr(e, "stuffing");
    for (size_t i = 0; i < s->stuffing_n; i++)
        emit_str(e, NULL, s->stuffing[i]);
    emit_arr_end(e);
    emit_obj_end(e);
    emit_arr(e, "lint");
    for (size_t i = 0; i < s->lint_n; i++) {
        emit_obj(e, NULL);
        emit_strc(e, "code", s->lint[i].code);
        emit_str(e, "pointer", s->lint[i].pointer);
        emit_strc(e, "severity", s->lint[i].severity);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

/* How far the number can be trusted: the reading of the posting, how much of it could be judged, how many dimensions
 * had data. */
static void emit_confidence(const struct scorer *s, struct emit *e)
{
    double judged = 0, all = 0, dims = 0;
    for (size_t i = 0; i < s->m->rows_n; i++) {
        all += s->m->rows[i].requirement->weight;
        judged += row_max(s, i) > 0 ? s->m->rows[i].requirement->weight : 0;
    }
    for (size_t i = 0; i < SCORE_DIMENSIONS; i++)
        dims += s->part[i].present ? DIMENSION[i].weight : 0;
    double share = all > 0 ? judged / all : 0;
    emit_obj(e, "confidence");
    emit_milli(e, "value", s->an->confidence * 0.5 + share * 0.3 + dims / 100 * 0.2);
    emit_arr(e, "drivers");
    emit_str(e, NULL,
             phrase_printf(s->a, "The posting was read with a confidence of %d%%.",
                           (int)(s->an->confidence * 100 + 0.5)));
    emit_str(e, NULL,
             phrase_printf(s->a, "%d%% of the requirements by weight could be judged.", (int)(share * 100 + 0.5)));
    if (s->m->rows_n < 4)
        emit_strc(e, NULL, "The posting states few requirements.");
    emit_arr_end(e);
    emit_obj_end(e);
}

static int write_result(const struct scorer *s, struct score_result *ret, struct err *err)
{
    struct emit e;
    bool judged = s->an->verdict == ANALYSIS_POSTING;
    int raw = raw_of(s);
    ret->overall = judged ? MIN(raw, cap_of(s)) : -1;
    ret->band = str_of(band_of(ret->overall));
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_int(&e, "schema_version", 1);
    emit_int(&e, "formula_version", SCORE_FORMULA_VERSION);
    emit_int(&e, "overall", ret->overall);
    emit_str(&e, "band", ret->band);
    emit_int(&e, "raw", judged ? raw : -1);
    if (!judged)
        emit_strc(&e, "reason",
                  s->an->verdict == ANALYSIS_TOO_SHORT ? "The text is too short to be judged as a posting."
                  : s->an->verdict == ANALYSIS_EXPIRED ? "The posting is over: it takes no more applications."
                                                       : "The text is not a job posting.");
    emit_blockers(s, &e);
    emit_formula(s, &e);
    emit_dimensions(s, &e);
    emit_rows(s, &e);
    emit_keywords(s, &e);
    emit_confidence(s, &e);
    emit_bool(&e, "llm_involved", false);
    emit_obj_end(&e);
    return emit_take(&e, s->a, &ret->json, err);
}

int score_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
               struct month now, struct score_result *ret, struct err *err)
{
    struct scorer *s = ARENA_NEW(a, struct scorer);
    if (!s)
        return err_set(err, ERR_MEMORY, "the score needs more memory than its limit");
    s->a = a;
    s->an = an;
    s->p = p;
    s->m = m;
    s->now = now.y ? now : p->as_of;
    s->months = profile_work_months(p, s->now);
    score_repeats(s);
    score_title(s);
    score_experience(s);
    score_seniority(s);
    score_keywords(s);
    score_parseability(s);
    score_location(s);
    score_requirements(s);
    score_blockers(s);
    return write_result(s, ret, err);
}
