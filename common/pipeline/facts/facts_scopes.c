/* Who each part of a sentence is about: the person (a claim), the employer that is written to (company), the future
 * (wish), or what the person says they lack (gap). Read clause by clause; a clause without a subject goes on with the
 * one before. */
#include "pipeline/facts/facts_parts.h"

static bool clause_ends(const struct ftext *x, size_t from, size_t i)
{
    char g = x->w[i].gap;
    if (g == ';' || g == ':' || g == '\n' || g == '|')
        return true;
    if (g == ',' || g == '(' || g == ')' || g == '-')
        return g == ',' || g == '(' || g == ')';
    struct str w = facts_token_str(x, i);
    if (str_ieqc(w, "but") || str_ieqc(w, "while") || str_ieqc(w, "because") || str_ieqc(w, "although") ||
        str_ieqc(w, "though") || str_ieqc(w, "whereas") || str_ieqc(w, "so") || str_ieqc(w, "where"))
        return i > from;
    if (str_ieqc(w, "and") || str_ieqc(w, "as") || str_ieqc(w, "which") || str_ieqc(w, "that"))
        return i + 1 < x->n && (x->w[i + 1].cls & (FW(FIRST) | FW(YOUR)));
    return false;
}

static bool has_company(const struct fcheck *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if ((c->x.w[i].post & FACTS_POST_COMPANY) ||
            (facts_is_company_word(c, c->x.t[i].hash) && facts_is_upper(&c->x, i)))
            return true;
    return false;
}

/* The words after "your" up to what is no part of it. */
static void your_phrase(struct fcheck *c, size_t i, size_t to)
{
    for (size_t k = i; k < to; k++) {
        uint64_t cls = c->x.w[k].cls;
        char g = c->x.w[k].gap;
        if (k > i && (g == ',' || g == ';' || g == ':' || g == '\n' || g == '(') && !(g == ',' && k == i + 1))
            return;
        if (k > i && (cls & FW(FIRST)))
            return;
        if (k > i + 1 && (cls & FW(PREP)) && !(cls & FW(NOT))) {
            struct str w = facts_token_str(&c->x, k);
            if (!str_ieqc(w, "of") && !str_ieqc(w, "and") && !str_ieqc(w, "for") && !str_ieqc(w, "to") &&
                !str_ieqc(w, "in") && !str_ieqc(w, "on"))
                return;
        }
        c->x.w[k].scope = SCOPE_COMPANY;
    }
}

static enum facts_scope clause_scope(struct fcheck *c, size_t from, size_t to, enum facts_scope before,
                                     uint64_t *ret_cls)
{
    uint64_t cls = 0;
    for (size_t i = from; i < to; i++)
        cls |= c->x.w[i].cls;
    *ret_cls = cls;
    bool me = cls & FW(FIRST), company = (cls & (FW(YOU) | FW(ASK))) || has_company(c, from, to);
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    bool mine = !me && facts_employers_named(c, from, to, at) && !has_company(c, from, to);
    if (cls & FW(GAP))
        return SCOPE_GAP;
    if ((cls & FW(WISH)) && !(mine && !me && !(cls & FW(YOUR))))
        return SCOPE_WISH;
    if (me)
        return SCOPE_CLAIM;
    if (mine)
        return SCOPE_CLAIM;
    if (company)
        return SCOPE_COMPANY;
    return before;
}

/* "I would like to bring eight years of Go to you": what comes after "bring", "my", "I have" is claimed all the same.
 */
static void wish_claims(struct fcheck *c, size_t from, size_t to)
{
    bool claim = false;
    for (size_t i = from; i < to; i++) {
        uint64_t cls = c->x.w[i].cls;
        struct str w = facts_token_str(&c->x, i);
        if ((cls & FW(BRING)) || (str_ieqc(w, "my") && !(i + 1 < to && (c->x.w[i + 1].cls & FW(WISH)))))
            claim = true;
        if ((cls & FW(YOU)) || facts_is_company_word(c, c->x.t[i].hash))
            claim = false;
        if (claim)
            c->x.w[i].scope = SCOPE_CLAIM;
    }
}

/* "the line “...”", "To “...” I would answer", "to support “the onboarding of Fellows”" */
static bool quotes_posting(const struct fcheck *c, size_t i, size_t to)
{
    static const char *const BEFORE[] = {"to", "line", "words", "phrase", "sentence", "write", "say", NULL};
    for (size_t k = 0; BEFORE[k] && i > c->from; k++)
        if (str_ieqc(facts_token_str(&c->x, i - 1), BEFORE[k]))
            return true;
    return to - i > 2 && i > c->from + 1 && str_ieqc(facts_token_str(&c->x, i - 2), "to");
}

/* What is quoted is the posting's, or nobody's: the person's own words are in the profile as they stand. */
static void quotes(struct fcheck *c)
{
    for (size_t i = c->from; i < c->to; i++) {
        if (!(c->x.w[i].flags & FT_QUOTED))
            continue;
        size_t k = i;
        while (k < c->to && (c->x.w[k].flags & FT_QUOTED))
            k++;
        bool own = facts_run_source(c->ix, &c->x, i, k, NULL, 0) >= 0;
        bool name = k - i <= 4 && !facts_in_posting(c, i, k) && !quotes_posting(c, i, k); /* my project "Late buses" */
        bool foreign = c->in->posting.n && !own && !name && !facts_in_posting(c, i, k), me = false;
        for (size_t j = i; j < k; j++)
            me |= (c->x.w[j].cls & FW(FIRST)) != 0;
        for (size_t j = i; j < k && !own && !name && !(foreign && me); j++)
            c->x.w[j].scope = SCOPE_COMPANY;
        if (foreign && !me && k - i > 4)
            facts_violate(c, FACTS_COMPANY_FACT, i, k, -1);
        i = k;
    }
}

/* "As to Kafka, I would have to learn it": the opening only says what the sentence is about. */
static bool names_topic(const struct fcheck *c, size_t i)
{
    static const char *const TOPICS[] = {"on", "about", "regarding", "concerning", "if", NULL};
    struct str w = facts_token_str(&c->x, i), next = i + 1 < c->to ? facts_token_str(&c->x, i + 1) : w;
    for (size_t k = 0; TOPICS[k]; k++)
        if (str_ieqc(w, TOPICS[k]))
            return true;
    return str_ieqc(w, "as") && (str_ieqc(next, "to") || str_ieqc(next, "for"));
}

void facts_scopes(struct fcheck *c)
{
    enum facts_scope before = SCOPE_CLAIM;
    for (size_t i = c->from; i < c->to; i++)
        c->x.w[i].scope = SCOPE_CLAIM;
    if (c->in->kind == FACTS_RESUME && !c->first_person && !(c->cls & FW(YOUR)))
        return;
    for (size_t from = c->from; from < c->to;) {
        size_t to = from + 1;
        while (to < c->to && !clause_ends(&c->x, from, to))
            to++;
        uint64_t cls;
        bool fresh = from == c->from || c->x.w[from].gap == ';' || c->x.w[from].gap == ':';
        size_t after = to; /* "you write; at B, I cleaned ...": the opening belongs to what follows */
        while (after + 1 < c->to && !clause_ends(&c->x, to, after + 1))
            after++;
        uint64_t next = 0;
        for (size_t i = to; i <= after && i < c->to; i++)
            next |= c->x.w[i].cls;
        enum facts_scope s = clause_scope(c, from, to, fresh && (next & FW(FIRST)) ? SCOPE_CLAIM : before, &cls);
        if (s == SCOPE_CLAIM && (next & FW(GAP)) && !(cls & FW(FIRST)) && names_topic(c, from))
            s = SCOPE_GAP;
        for (size_t i = from; i < to; i++)
            c->x.w[i].scope = (uint8_t)s;
        if (s == SCOPE_WISH)
            wish_claims(c, from, to);
        if (s == SCOPE_CLAIM)
            for (size_t i = from; i < to; i++)
                if (c->x.w[i].cls & FW(YOUR))
                    your_phrase(c, i, to);
        before = s == SCOPE_WISH && c->x.w[to - 1].scope == SCOPE_CLAIM ? SCOPE_CLAIM : s;
        from = to;
    }
    quotes(c);
}
