/* The first paragraph, in one of four shapes: the role first, the employer's need first, the person first, or the
 * strongest evidence first. Why this employer comes from a quote of its posting and from nowhere else. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

static const struct str NOTHING = {.p = "", .n = 0};

static struct sentence remark(const char *relation, int priority)
{
    return (struct sentence){.relation = relation, .role = "opening", .priority = priority};
}

/* A duty in the words of the posting, one of the first few at random; empty when none can be said. */
static struct str some_duty(struct letter *l, struct str *ret_quote)
{
    size_t n = MIN(l->an->responsibilities_n, (size_t)8);
    uint32_t from = letter_random(l, n > 3 ? 3 : 1);
    for (size_t i = from; i < n; i++) {
        struct str said = l->duty_used[i] ? NOTHING : letter_duty(l, l->an->responsibilities[i].quote.text, ret_quote);
        if (said.n == 0)
            continue;
        l->duty_used[i] = true;
        return said;
    }
    return NOTHING;
}

struct need {
    struct str deed, quote, duty, words; /* one of the first three; words: what stands between the marks */
};

static struct need find_need(struct letter *l)
{
    struct need n = {NOTHING, NOTHING, NOTHING, NOTHING};
    bool duty_first = l->an->mission.n == 0 || letter_random(l, 3) == 0;
    if (duty_first && (n.duty = some_duty(l, &n.words)).n)
        return n;
    if ((n.deed = letter_deed(l, l->an->mission, &n.words)).n)
        return n;
    if ((n.quote = n.words = letter_quote(l, l->an->mission, LETTER_QUOTE_MAX)).n)
        return n;
    if (!duty_first)
        n.duty = some_duty(l, &n.words);
    return n;
}

static bool has_need(const struct need *n)
{
    return n->deed.n || n->quote.n || n->duty.n;
}

static void say_need(struct letter *l, const struct need *n, const char *const *duty, const char *const *deed,
                     const char *const *quote, int priority)
{
    struct letter_values v = l->values;
    struct sentence s = remark("posting", priority);
    VALUE(&v, 'd') = n->duty;
    VALUE(&v, 'm') = n->deed;
    VALUE(&v, 'Q') = n->quote;
    s.quote = n->words;
    (void)letter_say(l, n->duty.n ? duty : n->deed.n ? deed : quote, &v, &s);
}

/* The post that the person would name: the present one, else the last; NULL when it cannot be named. */
static const struct employment *own_post(struct letter *l, struct str *ret_role)
{
    const struct employment *best = NULL;
    struct str bare;
    for (size_t i = 0; i < l->p->employments_n; i++) {
        const struct employment *e = &l->p->employments[i];
        if (e->kind != EMPLOYMENT_JOB)
            continue;
        bool newer = !best || (e->current && !best->current) ||
                     (e->current == best->current && e->start.y * 12 + e->start.m > best->start.y * 12 + best->start.m);
        best = newer ? e : best;
    }
    if (!best || best->organization.n == 0 || letter_is_freelance(best->organization))
        return NULL;
    *ret_role = letter_role(l->a, best->role, &bare);
    return ret_role->n ? best : NULL;
}

static size_t role_atom(const struct letter *l, const struct employment *e)
{
    for (size_t i = 0; i < l->p->atoms_n; i++)
        if (l->p->atoms[i].kind == ATOM_ROLE && l->p->atoms[i].employment == (int)(e - l->p->employments))
            return i;
    return l->p->atoms_n;
}

static bool say_self(struct letter *l)
{
    struct str role = NOTHING;
    const struct employment *e = own_post(l, &role);
    size_t atom = e ? role_atom(l, e) : l->p->atoms_n;
    if (atom == l->p->atoms_n)
        return false;
    struct letter_values v = l->values;
    letter_place(l, e, false, &v);
    struct sentence s = remark("paraphrase", 0);
    s.claim = true;
    s.atoms[s.atoms_n++] = atom;
    if (letter_say(l, LETTER_OPEN_SELF, &v, &s) == 0)
        return false;
    l->employment_shown[e - l->p->employments] = true;
    return true;
}

static bool evidence_can_open(const struct letter *l)
{
    if (l->picks_n < 2)
        return false;
    const struct pick *p = &l->picks[0];
    int e = l->p->atoms[p->atom].employment;
    return (p->recast.form == RECAST_PAST || p->recast.form == RECAST_CLAUSE) && e >= 0 &&
           l->p->employments[e].kind == EMPLOYMENT_JOB && p->recast.tail.n < 150;
}

/* Which shape, by chance among those that this posting and this person allow. */
static enum letter_shape shape_of(struct letter *l, const struct need *need)
{
    static const unsigned char SHARES[] = {[SHAPE_ROLE] = 3, [SHAPE_NEED] = 3, [SHAPE_SELF] = 2, [SHAPE_EVIDENCE] = 2};
    struct str role;
    bool can[] = {[SHAPE_ROLE] = true,
                  [SHAPE_NEED] = has_need(need) && (need->duty.n || l->company.n),
                  [SHAPE_SELF] = own_post(l, &role) != NULL,
                  [SHAPE_EVIDENCE] = evidence_can_open(l)};
    uint32_t all = 0;
    for (size_t i = 0; i < ARRAY_LEN(SHARES); i++)
        all += can[i] ? SHARES[i] : 0;
    uint32_t dice = letter_random(l, all);
    for (size_t i = 0; i < ARRAY_LEN(SHARES); i++) {
        uint32_t share = can[i] ? SHARES[i] : 0;
        if (dice < share)
            return (enum letter_shape)i;
        dice -= share;
    }
    return SHAPE_ROLE;
}

void letter_opening(struct letter *l)
{
    struct need need = find_need(l);
    struct sentence s = remark("", 0);
    l->shape = l->title.n ? shape_of(l, &need) : SHAPE_ROLE;
    bool hook = has_need(&need) && (l->o.length != LETTER_SHORT || letter_random(l, 3));
    switch (l->shape) {
    case SHAPE_NEED:
        say_need(l, &need, LETTER_NEED_DUTY, LETTER_NEED_DEED, LETTER_NEED_QUOTE, 0);
        (void)letter_say(l, LETTER_NEED_TIE, &l->values, &s);
        hook = false;
        break;
    case SHAPE_SELF:
        if (!say_self(l))
            (void)letter_say(l, LETTER_OPEN_ROLE, &l->values, &s);
        break;
    case SHAPE_EVIDENCE:
        letter_evidence_one(l, true, 0);
        (void)letter_say(l, LETTER_EVIDENCE_TIE, &l->values, &s);
        break;
    case SHAPE_ROLE:
        (void)letter_say(l, l->title.n ? LETTER_OPEN_ROLE : LETTER_OPEN_PLAIN, &l->values, &s);
        break;
    }
    if (hook)
        say_need(l, &need, LETTER_HOOK_DUTY, LETTER_HOOK_DEED, LETTER_HOOK_QUOTE,
                 l->o.length == LETTER_SHORT ? 60 : 30);
}
