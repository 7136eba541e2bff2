/* The evidence: per post one sentence that says where, for which of the posting's requirements or duties, and what;
 * further ones follow. Requirements are named in the posting's words: names of skills plainly, all else quoted. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define SKILLS_NAMED_MAX      3
#define REQUIREMENT_QUOTE_MAX 100
#define DUTY_FIT_MIN          0.3

static const struct str NOTHING = {.p = "", .n = 0};

static void clause_values(struct letter *l, const struct pick *p, const struct employment *e, struct letter_values *v)
{
    struct str t = p->recast.tail;
    bool current = e && e->current && e->kind != EMPLOYMENT_PROJECT;
    switch (p->recast.form) {
    case RECAST_PAST:
        VALUE(v, 'W') = t;
        VALUE(v, 'p') = p->recast.perfect;
        VALUE(v, 'K') = VALUE(v, 's') = phrase_printf(l->a, "I " STR_FMT, STR_ARG(t));
        if (p->recast.perfect.n && letter_random(l, 2))
            VALUE(v, 'K') = phrase_printf(l->a, "I have " STR_FMT, STR_ARG(p->recast.perfect));
        break;
    case RECAST_BASE:
        VALUE(v, 'K') = phrase_printf(l->a, "%s" STR_FMT, current ? "I " : "my work was to ", STR_ARG(t));
        VALUE(v, 'W') = current ? t : NOTHING;
        break;
    case RECAST_WAS:
        VALUE(v, 'K') = phrase_printf(l->a, "I %s " STR_FMT, current ? "have been" : "was", STR_ARG(t));
        break;
    case RECAST_GERUND:
        VALUE(v, 'K') = phrase_printf(l->a, "my work %s " STR_FMT, current ? "includes" : "included", STR_ARG(t));
        break;
    case RECAST_CLAUSE:
        VALUE(v, 'K') = t;
        break;
    case RECAST_THING:
    case RECAST_RESULT:
    case RECAST_NOUN:
        VALUE(v, 'N') = t;
        break;
    }
    if (VALUE(v, 's').n == 0 && !current)
        VALUE(v, 's') = VALUE(v, 'K');
}

static bool is_proper(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] >= 'A' && s.p[i] <= 'Z') || str_is_digit(s.p[i]))
            return true;
    return false;
}

/* The skill in the posting's words. A capital that only begins the requirement gives way to the profile's spelling. */
static struct str skill_word(struct letter *l, struct str text, struct str theirs, struct str mine)
{
    if (str_ieq(theirs, mine))
        return mine.p[0] >= 'a' || theirs.p == text.p ? mine : theirs;
    if (str_ifind(theirs, mine) >= 0 && is_proper(mine))
        return mine; /* "Epic" of "Epic super user" */
    bool small = theirs.p == text.p && mine.p[0] >= 'a' && mine.p[0] <= 'z';
    return small ? phrase_lower_first(l->a, theirs) : theirs;
}

/* The requirement this line answers best, among those no earlier line was given for. */
static const struct match_row *row_for(struct letter *l, size_t atom)
{
    const struct match_row *best = NULL;
    double top = 0;
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        enum requirement_kind kind = row->requirement->kind;
        if (l->row_used[i] || match_status_value(row->status) < 0.8 ||
            (kind != REQUIREMENT_SKILL && kind != REQUIREMENT_EXPERIENCE && kind != REQUIREMENT_OTHER))
            continue;
        for (size_t k = 0; k < row->atoms_n; k++) {
            double v = row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0) /
                       (1.0 + 0.2 * (double)k);
            if (row->atoms[k] == atom && v > top) {
                top = v;
                best = row;
            }
        }
    }
    return best;
}

/* "You've launched ...", "be able to ...": no object of "you ask for". */
static bool addresses_reader(struct str t)
{
    static const char *const STARTS[] = {"you",         "we",    "our",         "must",        "should",     "will",
                                         "be ",         "have",  "has",         "is ",         "are ",       "can ",
                                         "know",        "hold",  "able",        "bring",       "i ",         "your ",
                                         "if ",         "when ", "demonstrate", "show",        "that ",      "who ",
                                         "not ",        "no ",   "as a ",       "the ability", "ability to", "someone",
                                         "a person",    "this ", "these ",      "to ",         "desire",     "willing",
                                         "comfortable", "love ", "and ",        "or ",         NULL};
    for (const char *const *w = STARTS; *w; w++)
        if (str_istarts(t, *w))
            return true;
    static const char *const CLAUSES[] = {"you", "your", "you'll", "you've", "is", "are",
                                          "we",  "our",  "must",   "will",   NULL};
    struct str rest = t, first = {0};
    if (lex_has_any(t, CLAUSES))
        return true;
    return lex_next_word(&rest, &first) && recast_is_base(first) && first.p == t.p;
}

/* Names of skills that the requirement and the line share. */
static size_t shared_skills(struct letter *l, const struct requirement *q, const struct atom *x, struct str *names)
{
    size_t n = 0;
    for (size_t i = 0; i < q->skills_n && n < SKILLS_NAMED_MAX; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        struct str mine = s && strcmp(s->field, "soft") != 0 ? phrase_skill(x, s) : NOTHING;
        struct str rest = mine, verb;
        if (mine.n && lex_next_word(&rest, &verb) && verb.n < mine.n && recast_is_base(verb))
            continue; /* "read prints" is what is done, no name */
        struct str theirs = mine.n ? phrase_skill_in(q->text, s) : NOTHING;
        /* one word for two things in the dictionary ("EC2" is AWS): only a name that both use is named */
        if (theirs.n && (str_ieq(mine, theirs) || str_ifind(mine, theirs) >= 0 || str_ifind(theirs, mine) >= 0))
            names[n++] = skill_word(l, q->text, theirs, mine);
    }
    return n;
}

/* Sets S, or Q and q; whether it did. */
static bool requirement_values(struct letter *l, struct pick *p, struct letter_values *v)
{
    const struct match_row *row = row_for(l, p->atom);
    if (!row)
        return false;
    const struct requirement *q = row->requirement;
    struct str names[SKILLS_NAMED_MAX];
    size_t n = shared_skills(l, q, &l->p->atoms[p->atom], names);
    struct str joined = n ? phrase_join(l->a, names, n, "and") : NOTHING;
    /* quoted only where the line has a word of it: a quote promises an answer */
    const struct match_text *words = &l->m->requirements[row->requirement - l->an->requirements];
    const struct atom *x = &l->p->atoms[p->atom];
    size_t hits = 0;
    (void)lex_overlap(words->stems, words->stems_n, x->stems, x->stems_n, &hits);
    bool quote_first = hits && !is_proper(joined) && q->years_min <= 0 && !addresses_reader(q->text);
    struct str quote = quote_first ? letter_quote(l, q->text, REQUIREMENT_QUOTE_MAX) : NOTHING;
    if (quote.n && str_find(q->evidence.text, quote) >= 0) {
        VALUE(v, 'Q') = quote;
        VALUE(v, 'q') = letter_quote_is_inner(quote) ? quote : NOTHING;
    } else if (n) {
        VALUE(v, 'S') = joined;
    } else {
        return false;
    }
    if (VALUE(v, 'S').n && l->skills_said.n == 0 && n == 1)
        l->skills_said = names[0];
    l->row_used[row - l->m->rows] = true;
    p->row = row;
    return true;
}

/* Sets d to the duty that the line speaks to; whether it did. */
static bool duty_values(struct letter *l, const struct pick *p, struct letter_values *v, struct str *ret_quote)
{
    const struct atom *x = &l->p->atoms[p->atom];
    size_t best = l->an->responsibilities_n;
    double top = DUTY_FIT_MIN;
    for (size_t i = 0; i < l->an->responsibilities_n; i++) {
        const struct match_text *t = &l->m->responsibilities[i];
        double fit =
            t->stems_n >= 3 && !l->duty_used[i] ? lex_overlap(t->stems, t->stems_n, x->stems, x->stems_n, NULL) : 0;
        if (fit < top)
            continue;
        struct str said = letter_duty(l, l->an->responsibilities[i].quote.text, ret_quote);
        if (said.n == 0)
            continue;
        VALUE(v, 'd') = said;
        best = i;
        top = fit;
    }
    if (best == l->an->responsibilities_n)
        return false;
    VALUE(v, 'd') = letter_duty(l, l->an->responsibilities[best].quote.text, ret_quote);
    l->duty_used[best] = true;
    return true;
}

/* "Before that" when both posts are jobs whose dates say so. */
static struct str time_word(struct letter *l, const struct employment *e)
{
    static const char *const EARLIER[] = {"Before that", "Earlier", "Previously"};
    static const char *const LATER[] = {"More recently", "Later", "After that"};
    if (l->last_employment < 0 || !e || e->kind != EMPLOYMENT_JOB)
        return NOTHING;
    const struct employment *o = &l->p->employments[l->last_employment];
    if (o == e || o->kind != EMPLOYMENT_JOB || o->start.y == 0 || e->start.y == 0)
        return NOTHING;
    int ours = e->start.y * 12 + e->start.m, theirs = o->start.y * 12 + o->start.m;
    if (e->end.y && !e->current && e->end.y * 12 + e->end.m <= theirs)
        return str_of(EARLIER[letter_random(l, 3)]);
    if (o->end.y && !o->current && o->end.y * 12 + o->end.m <= ours)
        return str_of(LATER[letter_random(l, 3)]);
    return NOTHING;
}

static const char *const *list_for(const struct pick *p, const struct letter_values *v, bool first)
{
    if (p->recast.form == RECAST_THING)
        return first ? LETTER_THING : LETTER_THING_NEXT;
    if (p->recast.form == RECAST_RESULT)
        return first ? LETTER_RESULT : LETTER_RESULT_NEXT;
    if (p->recast.form == RECAST_NOUN)
        return first ? LETTER_NOUN : LETTER_NOUN_NEXT;
    if (VALUE(v, 'S').n)
        return first ? LETTER_LEAD_SKILL : LETTER_NEXT_SKILL;
    if (VALUE(v, 'Q').n)
        return first ? LETTER_LEAD_QUOTE : LETTER_NEXT_QUOTE;
    if (VALUE(v, 'd').n && first)
        return LETTER_LEAD_DUTY;
    return first ? LETTER_LEAD_PLAIN : LETTER_NEXT;
}

/* A line of two clauses that is too long for one sentence becomes two. */
static struct str split_line(struct pick *p)
{
    ptrdiff_t at = p->recast.tail.n > 190 ? str_find(p->recast.tail, STR("; ")) : -1;
    if (at < 40)
        return NOTHING;
    struct str rest = str_sub(p->recast.tail, (size_t)at + 2, p->recast.tail.n);
    p->recast.tail.n = (size_t)at;
    if (p->recast.perfect.n) {
        ptrdiff_t also = str_find(p->recast.perfect, STR("; "));
        p->recast.perfect.n = also > 0 ? (size_t)also : 0;
    }
    return rest;
}

void letter_evidence_one(struct letter *l, bool plain, int paragraph)
{
    size_t rank = l->picks_said++;
    struct pick *p = &l->picks[rank];
    const struct atom *x = &l->p->atoms[p->atom];
    const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
    bool first = rank == 0 || l->picks[rank - 1].group != p->group;
    struct letter_values v = l->values;
    struct sentence s = {.claim = true,
                         .relation = "paraphrase",
                         .atoms = {p->atom},
                         .atoms_n = 1,
                         .paragraph = paragraph,
                         .role = paragraph ? "evidence" : "opening",
                         .priority = rank == 0 ? 0 : 20 + (int)rank};
    struct str rest = split_line(p);
    letter_place(l, e, first, &v);
    clause_values(l, p, e, &v);
    if (first && rank) {
        VALUE(&v, 'x') = time_word(l, e);
        VALUE(&v, 'y') = STR("Another");
        VALUE(&v, 'z') = VALUE(&v, 'G');
    }
    bool verbless = VALUE(&v, 'N').n > 0;
    if (!plain && !verbless && (first || letter_random(l, 3))) {
        bool duty_first = first && letter_random(l, 3) == 0 && duty_values(l, p, &v, &s.quote);
        if (!duty_first && !requirement_values(l, p, &v) && first)
            (void)duty_values(l, p, &v, &s.quote);
    }
    if (VALUE(&v, 'Q').n)
        s.quote = VALUE(&v, 'Q');
    s.names = VALUE(&v, 'S');
    if (letter_say(l, list_for(p, &v, first), &v, &s) == 0) {
        s.quote = NOTHING;
        (void)letter_say(l, verbless ? LETTER_NOUN : LETTER_LEAD_PLAIN, &v, &s);
    }
    if (rest.n) {
        static const char *const REST[] = {"{W}.", NULL};
        VALUE(&v, 'W') = rest;
        s.priority += s.priority ? 1 : 26;
        s.quote = NOTHING;
        (void)letter_say(l, REST, &v, &s);
    }
    l->last_employment = x->employment;
}

/* No line to tell: what the entries say of themselves, then the skills. */
static void without_lines(struct letter *l, int paragraph)
{
    size_t said = 0;
    for (size_t i = 0; i < l->p->atoms_n && said < 2; i++) {
        const struct atom *x = &l->p->atoms[i];
        if (x->kind != ATOM_SUMMARY || x->employment < 0 || x->text.n < 30 || x->text.n > 260 ||
            str_find(x->text, STR("](")) >= 0 || x->filler)
            continue;
        struct letter_values v = l->values;
        letter_place(l, &l->p->employments[x->employment], false, &v);
        VALUE(&v, 'N') = recast_highlight(l->a, x->text, false, false).tail;
        struct sentence s = {.claim = true,
                             .relation = "paraphrase",
                             .atoms = {i},
                             .atoms_n = 1,
                             .paragraph = paragraph,
                             .role = "evidence"};
        said += letter_say(l, LETTER_SUMMARY, &v, &s) > 0;
    }
    struct sentence s = {.claim = true, .relation = "merge", .paragraph = paragraph, .role = "evidence"};
    struct str names[LETTER_ATOMS_PER_SENTENCE];
    for (size_t pass = 0; pass < 2 && s.atoms_n == 0; pass++)
        for (size_t i = 0; i < l->p->atoms_n && s.atoms_n < LETTER_ATOMS_PER_SENTENCE; i++)
            if (l->p->atoms[i].kind == ATOM_SKILL && l->p->atoms[i].text.n < 40 &&
                (pass || l->m->atom_relevance[i] > 0.2)) {
                names[s.atoms_n] = l->p->atoms[i].text;
                s.atoms[s.atoms_n++] = i;
            }
    if (s.atoms_n == 0)
        return;
    struct letter_values v = l->values;
    VALUE(&v, 'S') = phrase_join(l->a, names, s.atoms_n, "and");
    letter_say(l, l->m->atom_relevance[s.atoms[0]] > 0.2 ? LETTER_SKILLS : LETTER_SKILLS_PLAIN, &v, &s);
}

void letter_evidence(struct letter *l)
{
    int group = l->picks_said ? l->picks[l->picks_said - 1].group : -1, paragraph = l->picks_said ? 11 : 10;
    for (size_t i = l->picks_said; i < l->picks_n; i++) {
        /* the first post has a paragraph of its own, the others share one */
        if (l->picks[i].group != group && l->o.length != LETTER_SHORT && paragraph < 12)
            paragraph++;
        group = l->picks[i].group;
        letter_evidence_one(l, false, paragraph);
    }
    if (l->picks_n == 0)
        without_lines(l, paragraph);
}
