/* Credentials, studies, languages, time in the field, the gap and the closing. A gap is said in one sentence, only for
 * what the posting requires and only when the rest of the requirements is mostly met. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"
#include "pipeline/engine/match_parts.h"

#define GOAL_SHARE_MIN 0.3
#define GAP_ITEMS_MAX  2
#define GAP_MET_MIN    0.5 /* of the weight of what is required */
#define NAME_MAX_BYTES 70
#define TENURE_QUOTE   80
#define CLOSING_DUTY   100

static const struct str NOTHING = {.p = "", .n = 0};

static struct sentence remark(int paragraph, const char *role, int priority)
{
    return (struct sentence){.relation = "", .paragraph = paragraph, .role = role, .priority = priority};
}

static struct str certificate_words(struct letter *l, struct str name)
{
    bool bare = str_iends(name, " certificate") || str_iends(name, " certification") || str_iends(name, " license") ||
                str_iends(name, " licence");
    return bare && !str_istarts(name, "the ") ? phrase_printf(l->a, "the " STR_FMT, STR_ARG(name)) : name;
}

/* "A, B; C; and D" */
static struct str semicolon_list(struct letter *l, const struct str *names, size_t n)
{
    struct str out = names[0];
    for (size_t i = 1; i < n; i++)
        out = phrase_printf(l->a, STR_FMT "; %s" STR_FMT, STR_ARG(out), i + 1 == n ? "and " : "", STR_ARG(names[i]));
    return out;
}

static void credentials(struct letter *l)
{
    struct str names[3];
    bool commas = false;
    struct sentence s = {.claim = true, .relation = "merge", .paragraph = 38, .role = "evidence", .priority = 50};
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
            commas = commas || memchr(x->text.p, ',', x->text.n);
            names[s.atoms_n] = certificate_words(l, x->text);
            s.atoms[s.atoms_n++] = atom;
        }
    }
    if (s.atoms_n == 0)
        return;
    struct letter_values v = l->values;
    bool one = s.atoms_n == 1;
    struct str list = commas && !one ? semicolon_list(l, names, s.atoms_n) : phrase_join(l->a, names, s.atoms_n, "and");
    VALUE(&v, 'j') = commas || !one ? list : NOTHING;
    VALUE(&v, 'k') = one ? NOTHING : list;
    VALUE(&v, 'J') = commas ? NOTHING : list;
    letter_say(l, LETTER_CREDENTIALS, &v, &s);
}

static void languages(struct letter *l, bool required_only)
{
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        if (row->requirement->kind != REQUIREMENT_LANGUAGE || row->atoms_n == 0 ||
            match_status_value(row->status) < 0.6 ||
            (required_only && row->requirement->priority != REQUIREMENT_REQUIRED))
            continue;
        const struct atom *x = &l->p->atoms[row->atoms[0]];
        const char *open = memchr(x->text.p, '(', x->text.n);
        static const char *const LITTLE[] = {"elementary", "basic", "limited", "beginner", "a1", "a2", NULL};
        if (row->requirement->priority != REQUIREMENT_REQUIRED && lex_has_any(x->text, LITTLE))
            continue; /* a little of what is not required is no news */
        if (x->kind != ATOM_LANGUAGE || str_istarts(x->text, "English") || !open)
            continue;
        struct letter_values v = l->values;
        struct str level = str_trim(str_sub(x->text, (size_t)(open - x->text.p) + 1, x->text.n));
        level.n -= level.n && level.p[level.n - 1] == ')';
        VALUE(&v, 'M') = str_trim(str_sub(x->text, 0, (size_t)(open - x->text.p)));
        VALUE(&v, 'f') = phrase_lower_first(l->a, level);
        struct sentence s = {.claim = true,
                             .relation = "paraphrase",
                             .atoms = {row->atoms[0]},
                             .atoms_n = 1,
                             .paragraph = 38,
                             .role = "evidence",
                             .priority = 45};
        static const char *const NESTED[] = {"I speak {M}; my level is {f}.", NULL};
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
    VALUE(&v, 'I') = letter_with_the(l->a, str_trim(json_get_str(entry, "institution")));
    VALUE(&v, 'U') = done ? degree_words(l, entry) : area;
    struct sentence s = {.claim = true,
                         .relation = "paraphrase",
                         .atoms = {atom},
                         .atoms_n = 1,
                         .paragraph = 38,
                         .role = "evidence",
                         .priority = l->picks_n ? 40 : 0};
    letter_say(l, done ? LETTER_DEGREE : LETTER_STUDENT, &v, &s);
}

/* "have been a Charge Nurse at St. Brannoc since 2021", "was a Staff Nurse at Kettle Lakes from 2017 to 2021". */
static struct str post_words(struct letter *l, const struct employment *e, bool second)
{
    struct letter_values v = {0};
    letter_place(l, e, false, &v);
    struct str role = VALUE(&v, 'R'), org = VALUE(&v, 'G');
    if (e->kind != EMPLOYMENT_JOB || role.n == 0 || org.n == 0 || letter_is_freelance(e->organization) ||
        e->start.y < 1900)
        return NOTHING;
    if (second)
        return phrase_printf(l->a, "was " STR_FMT " at " STR_FMT " before that", STR_ARG(role), STR_ARG(org));
    if (e->current)
        return phrase_printf(l->a, "have been " STR_FMT " at " STR_FMT " since %d", STR_ARG(role), STR_ARG(org),
                             e->start.y);
    if (e->end.y <= e->start.y)
        return NOTHING;
    return phrase_printf(l->a, "was " STR_FMT " at " STR_FMT " from %d to %d", STR_ARG(role), STR_ARG(org), e->start.y,
                         e->end.y);
}

/* Years in the field, where the posting asks for them: the posts that show them. */
static void tenure(struct letter *l)
{
    for (size_t i = 0; i < l->m->rows_n && l->shape != SHAPE_SELF; i++) {
        const struct match_row *row = &l->m->rows[i];
        const struct requirement *q = row->requirement;
        struct str quote = q->years_min > 0 && q->skills_n > 0 && q->kind == REQUIREMENT_EXPERIENCE &&
                                   match_status_value(row->status) >= 0.8
                               ? letter_quote(l, q->text, TENURE_QUOTE)
                               : NOTHING;
        if (quote.n == 0 || str_istarts(quote, "at least") || str_istarts(quote, "you") ||
            str_find(q->evidence.text, quote) < 0)
            continue;
        struct sentence s = {
            .claim = true, .relation = "merge", .quote = quote, .paragraph = 38, .role = "evidence", .priority = 55};
        struct str words[2];
        const struct employment *said = NULL;
        for (size_t k = 0; k < row->atoms_n && s.atoms_n < 2; k++) {
            const struct atom *x = &l->p->atoms[row->atoms[k]];
            const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
            bool follows = !said || (e && e->end.y && e->end.y * 12 + e->end.m <= said->start.y * 12 + said->start.m);
            struct str w =
                x->kind == ATOM_ROLE && e && e != said && follows ? post_words(l, e, s.atoms_n > 0) : NOTHING;
            if (w.n == 0)
                continue;
            said = e;
            words[s.atoms_n] = w;
            s.atoms[s.atoms_n++] = row->atoms[k];
        }
        if (s.atoms_n == 0)
            continue;
        struct letter_values v = l->values;
        VALUE(&v, 'U') = phrase_join(l->a, words, s.atoms_n, "and");
        VALUE(&v, 'Q') = quote;
        VALUE(&v, 'q') = letter_quote_is_inner(quote) ? phrase_printf(l->a, "“" STR_FMT "”", STR_ARG(quote)) : NOTHING;
        (void)letter_say(l, LETTER_TENURE, &v, &s);
        return;
    }
}

void letter_credentials(struct letter *l)
{
    if (l->o.length == LETTER_SHORT && l->picks_n >= 2) {
        credentials(l);
        languages(l, true);
        return;
    }
    tenure(l);
    degree(l);
    credentials(l);
    languages(l, false);
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
    size_t small = 0;
    for (size_t i = 0; i < q->text.n; i++)
        small += q->text.p[i] >= 'a' && q->text.p[i] <= 'z';
    for (size_t i = 0; small * 2 > q->text.n && i < q->skills_n && g->lacking_n < GAP_ITEMS_MAX; i++) {
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

/* How much of what is required is met, by weight: 0..1; 1 when nothing is required. */
static double share_met(const struct letter *l)
{
    double all = 0, met = 0;
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        if (row->requirement->priority != REQUIREMENT_REQUIRED || row->requirement->kind == REQUIREMENT_AUTHORIZATION ||
            row->requirement->kind == REQUIREMENT_LOCATION || row->requirement->kind == REQUIREMENT_SOFT)
            continue;
        all += row->requirement->weight;
        met += row->requirement->weight * match_status_value(row->status);
    }
    return all > 0 ? met / all : 1;
}

static bool lacks_plainly(const struct match_row *row)
{
    const struct requirement *q = row->requirement;
    bool lacks = row->status == MATCH_MISSING || row->status == MATCH_TRANSFERABLE;
    bool kind = q->kind == REQUIREMENT_SKILL || q->kind == REQUIREMENT_OTHER || q->kind == REQUIREMENT_CERTIFICATION ||
                q->kind == REQUIREMENT_EXPERIENCE;
    return q->priority == REQUIREMENT_REQUIRED && lacks && kind && q->years_min <= 0;
}

void letter_gap(struct letter *l)
{
    struct gap g = {.near = NOTHING};
    const struct match_row *rows[ANALYSIS_REQUIREMENTS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        if (!lacks_plainly(row))
            continue;
        size_t at = n++;
        for (; at > 0 && rows[at - 1]->requirement->weight < row->requirement->weight; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    for (size_t i = 0; i < n && g.lacking_n == 0; i++) {
        gap_of_row(l, rows[i], &g);
        if (g.lacking_n) {
            g.row = rows[i];
            nearest(l, rows[i], &g);
        }
    }
    /* a letter that meets little says what there is; a list of what is not there helps nobody */
    double met = share_met(l);
    if (g.lacking_n == 0 || (g.near.n == 0 && (met < GAP_MET_MIN || l->o.length == LETTER_SHORT)) ||
        met < GAP_MET_MIN / 2)
        return;
    struct letter_values v = l->values;
    bool joins = l->sentences_n && l->sentences[l->sentences_n - 1].paragraph == 38;
    struct sentence s = remark(joins ? 38 : 60, joins ? "evidence" : "gap", 15);
    for (size_t i = 0; i < g.lacking_n; i++)
        if (str_iends(g.lacking[i], " license") || str_iends(g.lacking[i], " licence") ||
            str_iends(g.lacking[i], " certificate") || str_iends(g.lacking[i], " card"))
            g.lacking[i] = phrase_printf(l->a, "%s " STR_FMT, phrase_article(g.lacking[i]), STR_ARG(g.lacking[i]));
    VALUE(&v, 'X') = phrase_join(l->a, g.lacking, g.lacking_n, "or");
    if (g.row->requirement->kind == REQUIREMENT_CERTIFICATION)
        g.near = NOTHING; /* no skill stands in for a paper */
    VALUE(&v, 'Y') = g.near;
    s.names = VALUE(&v, 'X');
    s.claim = g.near.n > 0;
    s.relation = g.near.n ? "paraphrase" : "gap";
    if (g.near.n)
        s.atoms[s.atoms_n++] = g.near_atom;
    bool paper = g.row->requirement->kind == REQUIREMENT_CERTIFICATION;
    letter_say(l, g.near.n && !paper ? LETTER_GAP_NEAR : paper ? LETTER_GAP_PAPER : LETTER_GAP, &v, &s);
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
        letter_say(l, LETTER_GOAL, &v, &s);
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
    letter_say(l, LETTER_LIVES, &v, &s);
}

void letter_closing(struct letter *l)
{
    struct letter_values v = l->values;
    if (l->o.length != LETTER_SHORT)
        goal(l);
    place(l);
    /* a detail to come back to: the place of the first line of evidence, or a duty */
    int first = l->picks_n ? l->p->atoms[l->picks[0].atom].employment : -1;
    const struct employment *e = first >= 0 ? &l->p->employments[first] : NULL;
    struct letter_values at = {0};
    if (e && e->kind == EMPLOYMENT_JOB)
        letter_place(l, e, false, &at);
    VALUE(&v, 'G') = VALUE(&at, 'G');
    VALUE(&v, 'S') = l->skills_said;
    struct sentence s = remark(60, "closing", 0);
    for (size_t i = 0; i < l->an->responsibilities_n && VALUE(&v, 'd').n == 0; i++)
        if (!l->duty_used[i] && l->an->responsibilities[i].quote.text.n < CLOSING_DUTY)
            VALUE(&v, 'd') = letter_duty(l, l->an->responsibilities[i].quote.text, &s.quote);
    if (s.quote.n)
        s.relation = "posting";
    letter_say(l, LETTER_CLOSING, &v, &s);
}
