/* Opening, credentials, gap and closing. Why this employer comes from a quote of its posting and from nowhere else; a
 * gap is said in one sentence and only for what the posting requires. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"
#include "pipeline/engine/match_parts.h"

#define GOAL_SHARE_MIN 0.3
#define DUTY_FIT_MIN   0.34
#define GAP_ITEMS_MAX  2
#define NAME_MAX_BYTES 70

static const struct str NOTHING = {.p = "", .n = 0};

static const struct letter_phrases *phrases(const struct letter *l)
{
    return &LETTER_PHRASES[l->tone - 1];
}

static struct sentence remark(int paragraph, const char *role, int priority)
{
    return (struct sentence){.relation = "", .paragraph = paragraph, .role = role, .priority = priority};
}

/* The duty that the chosen evidence speaks to most; the first one when it speaks to none. */
static struct str duty_quote(struct letter *l)
{
    struct str best = NOTHING;
    double top = -1;
    for (size_t i = 0; i < l->an->responsibilities_n; i++) {
        struct str text = l->an->responsibilities[i].quote.text;
        uint32_t want[LEX_TOKENS_MAX];
        size_t n = lex_stems(text, want, LEX_TOKENS_MAX);
        double fit = 0;
        for (size_t k = 0; n >= 3 && k < l->picks_n; k++)
            fit = MAX(fit, lex_overlap(want, n, l->p->atoms[l->picks[k].atom].stems,
                                       l->p->atoms[l->picks[k].atom].stems_n, NULL));
        /* "Build ingestion ..." says what is to be done; "Since then ..." does not */
        bool duty = fit >= DUTY_FIT_MIN || recast_highlight(l->a, text, false).form == RECAST_BASE;
        struct str q = duty && fit > top ? letter_quote(l, text) : NOTHING;
        if (q.n) {
            top = fit;
            best = q;
        }
    }
    return best;
}

void letter_opening(struct letter *l)
{
    struct sentence s = remark(0, "opening", 0);
    letter_say(l, phrases(l)->opening, &l->values, &s);
    struct letter_values v = l->values;
    s.priority = l->o.length == LETTER_SHORT ? 60 : 30;
    s.relation = "posting";
    VALUE(&v, 'Q') = letter_quote(l, l->an->mission);
    s.quote = VALUE(&v, 'Q');
    if (VALUE(&v, 'Q').n) {
        letter_say(l, phrases(l)->company, &v, &s);
        return;
    }
    VALUE(&v, 'Q') = duty_quote(l);
    s.quote = VALUE(&v, 'Q');
    letter_say(l, phrases(l)->duty, &v, &s);
}

static void credentials(struct letter *l)
{
    struct str names[3];
    struct sentence s = {.claim = true, .relation = "merge", .paragraph = 40, .role = "evidence", .priority = 50};
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        for (size_t k = 0; k < row->atoms_n && match_status_value(row->status) >= 0.8 && s.atoms_n < 3; k++) {
            size_t atom = row->atoms[k];
            const struct atom *x = &l->p->atoms[atom];
            if (x->kind != ATOM_CERTIFICATE || x->text.n > NAME_MAX_BYTES ||
                (k > 0 && row->requirement->kind != REQUIREMENT_CERTIFICATION))
                continue;
            bool seen = false;
            for (size_t n = 0; n < s.atoms_n; n++)
                seen = seen || s.atoms[n] == atom;
            if (row->requirement->priority == REQUIREMENT_REQUIRED)
                s.priority = 10;
            if (seen)
                continue;
            names[s.atoms_n] = x->text;
            s.atoms[s.atoms_n++] = atom;
        }
    }
    if (s.atoms_n == 0)
        return;
    struct letter_values v = l->values;
    VALUE(&v, 'J') = phrase_join(l->a, names, s.atoms_n, "and");
    letter_say(l, LETTER_CREDENTIALS, &v, &s);
}

static void languages(struct letter *l)
{
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        if (row->requirement->kind != REQUIREMENT_LANGUAGE || row->atoms_n == 0 || row->status == MATCH_MISSING)
            continue;
        const struct atom *x = &l->p->atoms[row->atoms[0]];
        const char *open = memchr(x->text.p, '(', x->text.n);
        if (x->kind != ATOM_LANGUAGE || str_istarts(x->text, "English") || !open)
            continue;
        struct letter_values v = l->values;
        struct str level = str_trim(str_sub(x->text, (size_t)(open - x->text.p) + 1, x->text.n));
        level.n -= level.n && level.p[level.n - 1] == ')';
        VALUE(&v, 'M') = str_trim(str_sub(x->text, 0, (size_t)(open - x->text.p)));
        VALUE(&v, 'F') = phrase_lower_first(l->a, level);
        struct sentence s = {.claim = true,
                             .relation = "paraphrase",
                             .atoms = {row->atoms[0]},
                             .atoms_n = 1,
                             .paragraph = 40,
                             .role = "evidence",
                             .priority = 45};
        static const char *const NESTED[] = {"I speak {M}; my level is {F}.", NULL};
        static const char *const NATIVE[] = {"{M} is my native language.", NULL};
        static const char *const FLUENT[] = {"I speak {M} fluently.", NULL};
        const char *const *list = str_istarts(level, "native")    ? NATIVE
                                  : str_ieqc(level, "fluent")     ? FLUENT
                                  : memchr(level.p, '(', level.n) ? NESTED
                                                                  : LETTER_LANGUAGE;
        letter_say(l, list, &v, &s);
        return;
    }
}

/* "a Bachelor of Arts in Geography", "a bachelor's degree in Law". */
static struct str degree_words(struct letter *l, yyjson_val *entry)
{
    struct str type = str_trim(json_get_str(entry, "studyType")), area = str_trim(json_get_str(entry, "area"));
    for (size_t i = 0; i < type.n; i++)
        if (type.p[i] == '(')
            type = str_trim(str_sub(type, 0, i));
    if (str_ieqc(type, "bachelor") || str_ieqc(type, "bachelors") || str_ieqc(type, "bachelor's"))
        type = STR("bachelor's degree");
    if (str_ieqc(type, "master") || str_ieqc(type, "masters") || str_ieqc(type, "master's"))
        type = STR("master's degree");
    if (type.n == 0)
        return NOTHING;
    const char *article = phrase_article(type);
    if (str_find(type, STR(" in ")) >= 0) /* "Bachelor of Science in Nursing" says the area itself */
        area = str_ifind(type, area) >= 0 ? NOTHING : area;
    return area.n ? phrase_printf(l->a, "%s " STR_FMT " in " STR_FMT, article, STR_ARG(type), STR_ARG(area))
                  : phrase_printf(l->a, "%s " STR_FMT, article, STR_ARG(type));
}

static bool wants_degree(const struct letter *l)
{
    if (profile_work_months(l->p, l->o.now.y ? l->o.now : l->p->as_of) < 30 || l->picks_n == 0)
        return true;
    for (size_t i = 0; i < l->m->rows_n; i++)
        if (l->m->rows[i].requirement->kind == REQUIREMENT_EDUCATION && l->m->rows[i].status == MATCH_DIRECT &&
            l->o.length != LETTER_SHORT)
            return true;
    return false;
}

static void degree(struct letter *l)
{
    size_t atom = l->p->atoms_n;
    for (size_t i = 0; i < l->m->rows_n && atom == l->p->atoms_n; i++)
        if (l->m->rows[i].requirement->kind == REQUIREMENT_EDUCATION && l->m->rows[i].atoms_n)
            atom = l->m->rows[i].atoms[0];
    for (size_t i = 0; i < l->p->atoms_n && atom == l->p->atoms_n; i++)
        if (l->p->atoms[i].kind == ATOM_EDUCATION && str_find(l->p->atoms[i].pointer, STR("courses")) < 0)
            atom = i;
    if (!wants_degree(l) || atom == l->p->atoms_n || l->p->atoms[atom].kind != ATOM_EDUCATION)
        return;
    yyjson_val *entry = yyjson_ptr_getn(l->p->document, l->p->atoms[atom].pointer.p, l->p->atoms[atom].pointer.n);
    struct letter_values v = l->values;
    struct str type = json_get_str(entry, "studyType"), area = str_trim(json_get_str(entry, "area"));
    bool done = json_get_str(entry, "endDate").n && str_ifind(type, STR("progress")) < 0 &&
                str_ifind(type, STR("expected")) < 0;
    VALUE(&v, 'I') = str_trim(json_get_str(entry, "institution"));
    VALUE(&v, 'U') = done ? degree_words(l, entry) : area;
    struct sentence s = {.claim = true,
                         .relation = "paraphrase",
                         .atoms = {atom},
                         .atoms_n = 1,
                         .paragraph = 39,
                         .role = "evidence",
                         .priority = l->picks_n ? 40 : 0};
    letter_say(l, done ? LETTER_DEGREE : LETTER_STUDENT, &v, &s);
}

void letter_credentials(struct letter *l)
{
    if (l->o.length == LETTER_SHORT && l->picks_n >= 2) {
        credentials(l);
        return;
    }
    degree(l);
    credentials(l);
    languages(l);
}

/* -- the gap -- */

struct gap {
    struct str lacking[GAP_ITEMS_MAX];
    size_t lacking_n;
    struct str near; /* the neighbour in the profile, for one item */
    size_t near_atom;
    const struct match_row *row;
};

static bool profile_has(const struct letter *l, const struct skill *s)
{
    for (size_t i = 0; i < l->p->skills_n; i++)
        if (l->p->skills[i].skill == s)
            return true;
    return false;
}

/* The skills of a required row that the profile lacks, in the posting's words. */
static void gap_of_row(struct letter *l, const struct match_row *row, struct gap *g)
{
    const struct requirement *q = row->requirement;
    for (size_t i = 0; i < q->skills_n && g->lacking_n < GAP_ITEMS_MAX; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        struct str word = s && strcmp(s->field, "soft") != 0 && strcmp(s->field, "method") != 0 && !profile_has(l, s)
                              ? phrase_skill_in(q->text, s)
                              : NOTHING;
        bool name = word.n && ((word.p[0] >= 'A' && word.p[0] <= 'Z') || str_ieqc(word, s->label));
        bool implied = false;
        if (name && match_related(l->p, s, &implied) && implied)
            continue; /* PostgreSQL is SQL: no gap */
        bool seen = !name || word.n > 40;
        for (size_t k = 0; k < g->lacking_n; k++)
            seen = seen || str_ieq(g->lacking[k], word);
        if (!seen)
            g->lacking[g->lacking_n++] = word;
    }
}

/* What the profile has beside the first thing that is lacking. */
static void nearest(struct letter *l, const struct match_row *row, struct gap *g)
{
    for (size_t i = 0; i < row->requirement->skills_n; i++) {
        const struct skill *s = skills_by_slug(row->requirement->skills[i]);
        struct str word = s ? phrase_skill_in(row->requirement->text, s) : NOTHING;
        if (word.n == 0 || !str_eq(word, g->lacking[0]))
            continue;
        bool implied = false;
        const struct profile_skill *near = match_related(l->p, s, &implied);
        struct str name = near && near->atoms_n ? phrase_skill(&l->p->atoms[near->atoms[0]], near->skill) : NOTHING;
        if (name.n == 0 || name.n > 40)
            return;
        g->near = name;
        g->near_atom = near->atoms[0];
        g->lacking_n = 1;
        return;
    }
}

void letter_gap(struct letter *l)
{
    struct gap g = {.near = NOTHING};
    const struct match_row *rows[ANALYSIS_REQUIREMENTS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        bool lacks =
            row->status == MATCH_MISSING || (row->status == MATCH_TRANSFERABLE && row->requirement->years_min <= 0);
        bool kind = row->requirement->kind == REQUIREMENT_SKILL || row->requirement->kind == REQUIREMENT_OTHER ||
                    row->requirement->kind == REQUIREMENT_CERTIFICATION ||
                    row->requirement->kind == REQUIREMENT_EXPERIENCE;
        if (row->requirement->priority != REQUIREMENT_REQUIRED || !lacks || !kind || row->requirement->years_min > 0)
            continue;
        size_t at = n++;
        for (; at > 0 && rows[at - 1]->requirement->weight < row->requirement->weight; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    for (size_t i = 0; i < n && g.lacking_n == 0; i++) {
        gap_of_row(l, rows[i], &g);
        if (g.lacking_n && rows[i]->requirement->alternatives)
            g.lacking_n = MIN(g.lacking_n, (size_t)GAP_ITEMS_MAX);
        if (g.lacking_n) {
            g.row = rows[i];
            nearest(l, rows[i], &g);
        }
    }
    if (g.lacking_n == 0)
        return;
    struct letter_values v = l->values;
    struct sentence s = remark(50, "gap", 15);
    VALUE(&v, 'X') = phrase_join(l->a, g.lacking, g.lacking_n, "or");
    VALUE(&v, 'Y') = g.near;
    s.names = VALUE(&v, 'X');
    s.claim = g.near.n > 0;
    s.relation = g.near.n ? "paraphrase" : "gap";
    if (g.near.n)
        s.atoms[s.atoms_n++] = g.near_atom;
    letter_say(l, g.near.n ? phrases(l)->gap_near : phrases(l)->gap, &v, &s);
}

/* -- closing -- */

/* A goal that names what is looked for ("A first analyst position ...") and that shares words with this posting. */
static void goal(struct letter *l)
{
    for (size_t i = 0; i < l->p->goals_n; i++) {
        struct str g = l->p->goals[i];
        if ((!str_starts(g, "A ") && !str_starts(g, "An ")) || g.n > 140)
            continue;
        uint32_t want[LEX_TOKENS_MAX], have[LEX_TOKENS_MAX];
        size_t n = lex_stems(g, want, LEX_TOKENS_MAX), hits = 0;
        double share = lex_overlap(want, n, have, lex_stems(l->an->title, have, LEX_TOKENS_MAX), &hits);
        /* a wish for other work must not go into this letter */
        if (hits < 2 && share < GOAL_SHARE_MIN)
            continue;
        struct letter_values v = l->values;
        char *pointer = arena_printf(l->a, "/x_goals/%zu", i);
        struct sentence s = remark(60, "closing", 80);
        s.relation = "profile";
        s.pointer = str_of(pointer);
        while (g.n && g.p[g.n - 1] == '.')
            g.n--;
        char *lower = arena_printf(l->a, "a" STR_FMT, STR_ARG(str_sub(g, 1, g.n)));
        VALUE(&v, 'U') = str_of(lower);
        letter_say(l, phrases(l)->goal, &v, &s);
        return;
    }
}

static void place(struct letter *l)
{
    char city[64];
    if (l->p->city.n == 0 || l->p->city.n >= sizeof(city) || l->an->work_mode == WORK_MODE_REMOTE)
        return;
    memcpy(city, l->p->city.p, l->p->city.n);
    city[l->p->city.n] = '\0';
    if (!lex_has(l->an->location, city))
        return;
    struct letter_values v = l->values;
    struct sentence s = remark(60, "closing", 70);
    s.claim = true;
    s.relation = "profile";
    s.pointer = STR("/basics/location/city");
    VALUE(&v, 'I') = l->p->city;
    letter_say(l, phrases(l)->place, &v, &s);
}

void letter_closing(struct letter *l)
{
    struct letter_values v = l->values;
    if (l->o.length != LETTER_SHORT)
        goal(l);
    place(l);
    /* a detail to come back to: the place of the first line of evidence */
    const struct employment *e = l->picks_n && l->p->atoms[l->picks[0].atom].employment >= 0
                                     ? &l->p->employments[l->p->atoms[l->picks[0].atom].employment]
                                     : NULL;
    if (e && e->kind == EMPLOYMENT_JOB && e->organization.n)
        VALUE(&v, 'G') = e->organization;
    struct sentence s = remark(60, "closing", 0);
    letter_say(l, phrases(l)->closing, &v, &s);
}
