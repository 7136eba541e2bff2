/* Which statements of the profile a piece of text is about: sources score the weight of the rare words they share with
 * it. */
#include "pipeline/facts/facts_parts.h"

#include <math.h>

static void score_add(struct fcheck *c, uint32_t source, float score)
{
    if (c->scores[source] == 0)
        c->touched[c->touched_n++] = source;
    c->scores[source] += score;
}

static void best_keep(struct falign *ret, int source, double score)
{
    size_t at = ret->n;
    while (at > 0 && ret->score[at - 1] < score)
        at--;
    if (at == FACTS_ALIGN_MAX)
        return;
    size_t last = MIN(ret->n, (size_t)FACTS_ALIGN_MAX - 1);
    for (size_t i = last; i > at; i--) {
        ret->source[i] = ret->source[i - 1];
        ret->score[i] = ret->score[i - 1];
    }
    ret->source[at] = source;
    ret->score[at] = score;
    ret->n = MIN(ret->n + 1, (size_t)FACTS_ALIGN_MAX);
}

void facts_align(struct fcheck *c, size_t from, size_t to, bool claim, struct falign *ret)
{
    const struct facts_index *ix = c->ix;
    for (size_t i = 0; i < c->touched_n; i++)
        c->scores[c->touched[i]] = 0;
    c->touched_n = 0;
    for (size_t i = from; i < to; i++) {
        const struct fword *w = &c->x.w[i];
        if (w->stop || w->number >= 0 || (c->x.t[i].flags & TOKEN_DIGIT) || (claim && w->scope != SCOPE_CLAIM))
            continue;
        bool again = false;
        for (size_t k = from; k < i && !again; k++)
            again = c->x.w[k].stem == w->stem;
        double weight = again ? 0 : facts_weight(ix, w->stem);
        if (weight <= 0)
            continue;
        for (const struct fnode *n = facts_table_first(&ix->by_stem, w->stem); n; n = facts_table_next(&ix->by_stem, n))
            if (!ix->sources[n->source].dated)
                score_add(c, n->source, (float)weight);
    }
    *ret = (struct falign){.all = c->scores};
    for (size_t i = 0; i < c->touched_n; i++)
        best_keep(ret, (int)c->touched[i], c->scores[c->touched[i]]);
}

bool facts_is_company_word(const struct fcheck *c, uint32_t hash)
{
    for (size_t i = 0; i < c->company_n; i++)
        if (c->company[i] == hash)
            return true;
    return false;
}

bool facts_in_posting(struct fcheck *c, size_t from, size_t to)
{
    for (const struct fnode *n =
             from < to && facts_posting(c)->n ? facts_table_first(&c->posting_words, c->x.t[from].hash) : NULL;
         n; n = facts_table_next(&c->posting_words, n)) {
        size_t k = 1;
        while (from + k < to && n->at + k < c->posting.n && c->posting.t[n->at + k].hash == c->x.t[from + k].hash)
            k++;
        if (from + k == to)
            return true;
    }
    return false;
}

/* The first word alone does not tell: it is also a place's or another organization's. */
static bool name_shared(const struct facts_index *ix, const struct fsource *s, uint32_t hash)
{
    for (const struct fnode *n = facts_table_first(&ix->by_word, hash); n; n = facts_table_next(&ix->by_word, n)) {
        const struct fsource *o = &ix->sources[n->source];
        if (o != s && !str_ieq(o->text, s->text) && (o->name || str_find(o->pointer, STR("/location")) >= 0))
            return true;
    }
    return false;
}

/* Whether token i begins a mention of the employment's name; its tokens. The first word that is more than a form of
 * company has to be there, written as in the profile or with a capital. */
static size_t name_at(const struct fcheck *c, const struct fsource *s, size_t from, size_t i, size_t to)
{
    const struct ftext *y = &c->ix->words;
    size_t best = 0;
    if (c->x.w[i].post == FACTS_POST_COMPANY)
        return 0; /* "St" of the employer applied for is not "St." of one's own */
    for (size_t k = s->first; k < s->first + s->n; k++) {
        if (y->t[k].hash != c->x.t[i].hash)
            continue;
        size_t n = 0, rare = 0;
        while (i + n < to && k + n < s->first + s->n && y->t[k + n].hash == c->x.t[i + n].hash) {
            bool generic = (y->w[k + n].cls & (FW(GENERIC_ORG) | FW(STOP) | FW(COMMON))) != 0;
            rare += !generic && (c->x.t[i + n].flags & (TOKEN_UPPER | TOKEN_DIGIT)) &&
                    (y->t[k + n].end - y->t[k + n].start) > 1;
            n++;
        }
        bool whole = n == s->n;
        bool capitals = whole;
        for (size_t j = 0; j < n && capitals; j++)
            capitals = (c->x.t[i + j].flags & (TOKEN_UPPER | TOKEN_DIGIT)) || (c->x.w[i + j].cls & FW(STOP));
        if (capitals && (n > 1 || c->in->kind == FACTS_RESUME || i > from))
            rare = 1;
        /* a name all in small letters ("pgquiet") is a name where it stands */
        if (whole && !rare)
            rare = n > 1 || !(y->t[s->first].flags & TOKEN_UPPER);
        bool ends = i + n >= to || c->x.w[i + n].gap != ' ' || !(c->x.t[i + n].flags & TOKEN_UPPER) ||
                    (c->x.w[i + n].cls & (FW(STOP) | FW(FIRST)));
        bool part = rare && k == s->first && ends && !name_shared(c->ix, s, c->x.t[i].hash);
        if ((whole || part) && rare && n > best)
            best = n;
    }
    return best;
}

uint64_t facts_employers_named(const struct fcheck *c, size_t from, size_t to, size_t *ret_at)
{
    uint64_t named = 0;
    size_t begin = from;
    size_t longest[PROFILE_EMPLOYMENTS_MAX] = {0};
    while (from < to && !(c->x.w[from].flags & FT_EMPLOYER))
        from++;
    for (size_t s = 0; s < c->ix->names_n && from < to; s++) {
        const struct fsource *src = &c->ix->sources[c->ix->names[s]];
        for (size_t i = from; i < to; i++) {
            size_t n = c->x.w[i].flags & FT_EMPLOYER ? name_at(c, src, begin, i, to) : 0;
            if (!n)
                continue;
            if (!(named >> src->employment & 1) && ret_at)
                ret_at[src->employment] = i;
            named |= (uint64_t)1 << src->employment;
            longest[src->employment] = MAX(longest[src->employment], n);
            i += n - 1;
        }
    }
    /* two names that begin alike: the longer mention counts */
    for (size_t a = 0; a < PROFILE_EMPLOYMENTS_MAX && ret_at && (named & (named - 1)); a++)
        for (size_t b = 0; b < PROFILE_EMPLOYMENTS_MAX; b++)
            if ((named >> a & 1) && (named >> b & 1) && ret_at[a] == ret_at[b] && longest[a] < longest[b])
                named &= ~((uint64_t)1 << a);
    return named;
}
