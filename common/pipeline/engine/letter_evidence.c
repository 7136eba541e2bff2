/* The paragraphs of evidence: per employment one sentence that says where, for which of the posting's requirements, and
 * what; further ones follow. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define SKILLS_NAMED_MAX      3
#define ROLE_MAX_BYTES        48
#define REQUIREMENT_QUOTE_MAX 90

static const struct str NOTHING = {.p = "", .n = 0};

static bool plain_role(struct str role)
{
    return role.n && role.n <= ROLE_MAX_BYTES && !memchr(role.p, ',', role.n) && !memchr(role.p, '/', role.n) &&
           !memchr(role.p, '(', role.n) && !lex_has(role, "and") && !memchr(role.p, '&', role.n) &&
           !lex_has(role, "volunteer") && !memchr(role.p, '|', role.n);
}

static bool is_freelance(struct str org)
{
    static const char *const WORDS[] = {"freelance",   "freelancer", "self-employed", "self employed",
                                        "independent", "various",    "contractor",    NULL};
    for (const char *const *w = WORDS; *w; w++)
        if (str_ieqc(org, *w))
            return true;
    return false;
}

static struct str quoted_name(struct letter *l, struct str name)
{
    return memchr(name.p, ' ', name.n) ? phrase_printf(l->a, "“" STR_FMT "”", STR_ARG(name)) : name;
}

static void place_values(struct letter *l, const struct employment *e, struct letter_values *v)
{
    bool job = e && e->kind == EMPLOYMENT_JOB, named = e && e->organization.n > 0;
    VALUE(v, 'H') = e && e->kind == EMPLOYMENT_PROJECT ? STR("project") : STR("role");
    if (!e) {
        VALUE(v, 'O') = STR("in earlier work");
    } else if (e->kind == EMPLOYMENT_PROJECT) {
        VALUE(v, 'O') = named ? phrase_printf(l->a, "in my project " STR_FMT, STR_ARG(quoted_name(l, e->organization)))
                              : STR("in a project of mine");
    } else if (named && is_freelance(e->organization)) {
        VALUE(v, 'O') = STR("in freelance work");
    } else if (e->kind == EMPLOYMENT_VOLUNTEER) {
        VALUE(v, 'O') =
            named ? phrase_printf(l->a, "as a volunteer at " STR_FMT, STR_ARG(e->organization)) : STR("as a volunteer");
    } else if (named) {
        VALUE(v, 'O') = phrase_printf(l->a, "at " STR_FMT, STR_ARG(e->organization));
    } else {
        VALUE(v, 'O') =
            plain_role(e->role) ? phrase_printf(l->a, "as " STR_FMT, STR_ARG(e->role)) : STR("in earlier work");
    }
    VALUE(v, 'P') = phrase_upper_first(l->a, VALUE(v, 'O'));
    if (!job || !named || is_freelance(e->organization))
        return;
    VALUE(v, 'G') = e->organization;
    VALUE(v, e->current ? 'B' : 'D') = e->organization;
    VALUE(v, 'V') = e->current ? STR("am") : STR("was");
    if (plain_role(e->role))
        VALUE(v, 'R') = e->role;
}

static void clause_values(struct letter *l, const struct pick *p, const struct employment *e, struct letter_values *v)
{
    struct str t = p->recast.tail;
    bool current = e && e->current;
    switch (p->recast.form) {
    case RECAST_PAST:
        VALUE(v, 'W') = t;
        VALUE(v, 'K') = phrase_printf(l->a, "I " STR_FMT, STR_ARG(t));
        break;
    case RECAST_BASE:
        VALUE(v, 'K') = phrase_printf(l->a, "%s" STR_FMT, current ? "I " : "my work was to ", STR_ARG(t));
        VALUE(v, 'W') = current ? t : NOTHING;
        break;
    case RECAST_WAS:
        VALUE(v, 'K') = phrase_printf(l->a, "I was " STR_FMT, STR_ARG(t));
        break;
    case RECAST_GERUND:
        VALUE(v, 'K') = phrase_printf(l->a, "my work included " STR_FMT, STR_ARG(t));
        break;
    case RECAST_PASSIVE:
        VALUE(v, 'N') = t;
        break;
    case RECAST_CLAUSE:
        VALUE(v, 'K') = t;
        break;
    case RECAST_NOUN:
        VALUE(v, 'N') = t;
        break;
    }
}

/* The skill in the posting's words. A capital that only begins the requirement gives way to the profile's spelling. */
static struct str skill_word(struct letter *l, struct str text, struct str theirs, struct str mine)
{
    if (str_ieq(theirs, mine))
        return mine.p[0] >= 'a' || theirs.p == text.p ? mine : theirs;
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
        if (l->row_used[i] || match_status_value(row->status) < 0.8 || row->requirement->kind == REQUIREMENT_SOFT)
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
    static const char *const STARTS[] = {"you", "we",   "our",  "must", "should", "will", "be ",   "have", "has",
                                         "is ", "are ", "can ", "know", "hold",   "able", "bring", NULL};
    for (const char *const *w = STARTS; *w; w++)
        if (str_istarts(t, *w))
            return true;
    return false;
}

static void requirement_values(struct letter *l, struct pick *p, struct letter_values *v)
{
    const struct atom *x = &l->p->atoms[p->atom];
    const struct match_row *row = row_for(l, p->atom);
    if (!row)
        return;
    const struct requirement *q = row->requirement;
    struct str names[SKILLS_NAMED_MAX];
    size_t n = 0;
    for (size_t i = 0; i < q->skills_n && n < SKILLS_NAMED_MAX; i++) {
        const struct skill *s = skills_by_slug(q->skills[i]);
        struct str mine = s && strcmp(s->field, "soft") != 0 ? phrase_skill(x, s) : NOTHING;
        struct str theirs = mine.n ? phrase_skill_in(q->text, s) : NOTHING;
        /* one word for two things in the dictionary ("EC2" is AWS): only a name that both use is named */
        if (theirs.n && (str_ieq(mine, theirs) || str_ifind(mine, theirs) >= 0 || str_ifind(theirs, mine) >= 0))
            names[n++] = skill_word(l, q->text, theirs, mine);
    }
    if (n) {
        VALUE(v, 'S') = phrase_join(l->a, names, n, "and");
        VALUE(v, 'Z') = phrase_upper_first(l->a, VALUE(v, 'S'));
    } else if (q->text.n <= REQUIREMENT_QUOTE_MAX && !addresses_reader(q->text)) {
        struct str quote = letter_quote(l, q->text);
        VALUE(v, 'Q') = quote.n && str_find(q->evidence.text, quote) >= 0 ? quote : NOTHING;
    }
    if (VALUE(v, 'S').n || VALUE(v, 'Q').n) {
        l->row_used[row - l->m->rows] = true;
        p->row = row;
    }
}

static void one(struct letter *l, struct pick *p, bool first, int paragraph, size_t rank)
{
    const struct atom *x = &l->p->atoms[p->atom];
    const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
    struct letter_values v = l->values;
    place_values(l, e, &v);
    clause_values(l, p, e, &v);
    /* a requirement is named where it helps: at the start of each place, and for about half of what follows */
    if (first || letter_random(l, 2))
        requirement_values(l, p, &v);
    struct sentence s = {.claim = true,
                         .relation = "paraphrase",
                         .atoms = {p->atom},
                         .atoms_n = 1,
                         .quote = VALUE(&v, 'Q'),
                         .names = VALUE(&v, 'S'),
                         .paragraph = paragraph,
                         .role = "evidence"};
    s.priority = rank == 0 ? 0 : 20 + (int)rank;
    bool noun = p->recast.form == RECAST_NOUN || p->recast.form == RECAST_PASSIVE;
    if (p->recast.form == RECAST_PASSIVE) {
        static const char *const PASSIVE[] = {"My project {J} was {N}.", "{J}, a project of mine, was {N}.", NULL};
        static const char *const PASSIVE_NEXT[] = {"It was {N}.", "The project was {N}.", NULL};
        VALUE(&v, 'J') = e ? quoted_name(l, e->organization) : NOTHING;
        letter_say(l, first ? PASSIVE : PASSIVE_NEXT, &v, &s);
        return;
    }
    if (noun) {
        letter_say(l, first ? LETTER_NOUN : LETTER_NOUN_NEXT, &v, &s);
        return;
    }
    const char *const *list = !first ? LETTER_NEXT : rank ? LETTER_LEAD_MORE : LETTER_LEAD_PLAIN;
    if (VALUE(&v, 'S').n)
        list = first ? LETTER_LEAD_SKILL : LETTER_NEXT_SKILL;
    else if (VALUE(&v, 'Q').n && first)
        list = LETTER_LEAD_QUOTE;
    if (letter_say(l, list, &v, &s) == 0)
        letter_say(l, LETTER_LEAD_PLAIN, &v, &s);
}

/* No line to tell: what the entries say of themselves, then the skills. */
static void without_lines(struct letter *l, int paragraph)
{
    size_t said = 0;
    for (size_t i = 0; i < l->p->atoms_n && said < 2; i++) {
        const struct atom *x = &l->p->atoms[i];
        if (x->kind != ATOM_SUMMARY || x->employment < 0 || x->text.n < 30 || x->text.n > 260)
            continue;
        struct letter_values v = l->values;
        place_values(l, &l->p->employments[x->employment], &v);
        VALUE(&v, 'N') = recast_highlight(l->a, x->text, false).tail;
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
    static const char *const PLAIN[] = {"My skills include {S}.", NULL};
    letter_say(l, l->m->atom_relevance[s.atoms[0]] > 0.2 ? LETTER_SKILLS : PLAIN, &v, &s);
}

void letter_evidence(struct letter *l)
{
    int paragraph = 10, group = -1;
    for (size_t i = 0; i < l->picks_n; i++) {
        bool first = l->picks[i].group != group;
        if (first && l->o.length != LETTER_SHORT)
            paragraph++;
        group = l->picks[i].group;
        one(l, &l->picks[i], first, paragraph, i);
    }
    if (l->picks_n == 0)
        without_lines(l, paragraph);
}
