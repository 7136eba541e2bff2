/* The part a person had, and where. Words of leading must be the statement's own, or those of the same employment's
 * title or summary; "sole", "founded", "all of" must be the statement's. A statement of one employer may not be told of
 * another. */
#include "pipeline/facts/facts_parts.h"

enum part { PART_NONE = 0, PART_HELP, PART_DO, PART_LEAD, PART_SOLE };

static bool word_is(const struct ftext *x, size_t i, const char *w)
{
    return i < x->n && str_ieqc(facts_token_str(x, i), w);
}

/* "co-led": led, together with others */
static bool shared_before(const struct ftext *x, size_t i)
{
    if (i == 0)
        return false;
    return (word_is(x, i - 1, "co") && x->w[i].gap == '-') || word_is(x, i - 1, "helped") ||
           word_is(x, i - 1, "helping") ||
           (i > 1 && word_is(x, i - 1, "to") && (word_is(x, i - 2, "helped") || word_is(x, i - 2, "assisted")));
}

static uint64_t part_at(const struct ftext *x, size_t i)
{
    uint64_t cls = x->w[i].cls;
    /* "run charts", "lead time", "drive-through", "own home": the noun or adjective, not the part */
    if (cls & FW(LEAD)) {
        bool shape = word_is(x, i, "lead") || word_is(x, i, "leads") || word_is(x, i, "run") ||
                     word_is(x, i, "drive") || word_is(x, i, "own") || word_is(x, i, "head") ||
                     word_is(x, i, "running") || word_is(x, i, "driving") || word_is(x, i, "leading");
        if (shape && x->w[i].phrase == 1)
            cls &= ~FW(LEAD);
        if (i > 0 && (x->w[i].flags & FT_JOINED) && x->w[i].gap == '-' && !word_is(x, i - 1, "co"))
            cls &= ~(FW(LEAD) | FW(STRONG_LEAD)); /* "nurse-driven", "data-led" */
    }
    if (cls & FW(STRONG_LEAD)) {
        bool verb = !word_is(x, i, "in") && !word_is(x, i, "at") && !word_is(x, i, "responsible") &&
                    !word_is(x, i, "accountable") && !word_is(x, i, "head");
        if (verb && i > 0 &&
            (word_is(x, i - 1, "was") || word_is(x, i - 1, "were") || word_is(x, i - 1, "is") ||
             word_is(x, i - 1, "that") || word_is(x, i - 1, "which") || word_is(x, i - 1, "being") ||
             word_is(x, i - 1, "this")))
            cls &= ~FW(STRONG_LEAD); /* "which led to", "was led by" */
        if (i + 1 < x->n && word_is(x, i + 1, "to") && word_is(x, i, "led"))
            cls &= ~(FW(STRONG_LEAD) | FW(LEAD));
        if (i + 1 < x->n && word_is(x, i + 1, "by"))
            cls &= ~(FW(STRONG_LEAD) | FW(LEAD));
        if (word_is(x, i, "managed") && i + 1 < x->n && word_is(x, i + 1, "to"))
            cls &= ~(FW(STRONG_LEAD) | FW(LEAD));
        if ((word_is(x, i, "managing") || word_is(x, i, "leading")) && (x->t[i].flags & TOKEN_UPPER) && i + 1 < x->n &&
            (x->w[i + 1].cls & FW(TITLE_HEAD)))
            cls &= ~(FW(STRONG_LEAD) | FW(LEAD));
        if (word_is(x, i, "leading") && i > 0 && (word_is(x, i - 1, "a") || word_is(x, i - 1, "the")))
            cls &= ~FW(STRONG_LEAD);
    }
    if ((cls & (FW(LEAD) | FW(STRONG_LEAD))) && shared_before(x, i))
        cls = (cls & ~(FW(LEAD) | FW(STRONG_LEAD) | FW(SOLE))) | FW(HELP);
    return cls;
}

/* What the source says of the person's part: bits of PART_*. */
static unsigned source_part(const struct facts_index *ix, const struct fsource *s)
{
    unsigned bits = 0;
    for (size_t k = s->first; k < s->first + s->n; k++) {
        uint64_t cls = part_at(&ix->words, k);
        bits |= cls & FW(LEAD) ? 1u << PART_LEAD : 0;
        bits |= cls & FW(HELP) ? 1u << PART_HELP : 0;
        bits |= cls & FW(SOLE) ? 1u << PART_SOLE : 0;
        if (s->role && (ix->words.w[k].cls & FW(SENIOR)) && !word_is(&ix->words, k, "senior") &&
            !word_is(&ix->words, k, "sr") && !word_is(&ix->words, k, "staff") && !word_is(&ix->words, k, "principal"))
            bits |= 1u << PART_LEAD;
    }
    return bits;
}

/* A title that leads ("Manager", "Supervisor", "technical lead" in the summary). */
static bool employment_leads(const struct facts_index *ix, int employment)
{
    for (size_t s = 0; s < ix->sources_n; s++) {
        const struct fsource *src = &ix->sources[s];
        if (src->employment != employment || employment < 0)
            continue;
        bool low = false;
        for (size_t k = src->first; k < src->first + src->n; k++)
            low |= src->role && (ix->words.w[k].cls & FW(DEMOTE)) && !word_is(&ix->words, k, "associate");
        if ((src->role || str_iends(src->pointer, "/summary")) && !low && (source_part(ix, src) >> PART_LEAD & 1))
            return true;
    }
    return false;
}

static bool source_says(const struct facts_index *ix, const struct fsource *s, const struct ftext *x, size_t i)
{
    for (size_t k = s->first; k < s->first + s->n; k++)
        if (ix->words.t[k].hash == x->t[i].hash)
            return true;
    return false;
}

/* Words beside which leading is a claim about work of one's own: "led the", "managed a team", not "ran a report". */
static bool sole_false(struct fcheck *c, size_t i, const struct falign *al, int employment)
{
    const struct facts_index *ix = c->ix;
    for (size_t k = 0; k < al->n && al->score[k] >= MAX(0.5, 0.6 * al->score[0]); k++) {
        const struct fsource *s = &ix->sources[al->source[k]];
        if (source_part(ix, s) >> PART_SOLE & 1)
            return false;
        if (source_says(ix, s, &c->x, i))
            return false;
    }
    /* "founded": the employment may be one's own */
    for (size_t s = 0; s < ix->sources_n; s++)
        if (ix->sources[s].employment == employment && employment >= 0 &&
            (source_part(ix, &ix->sources[s]) >> PART_SOLE & 1) &&
            (ix->sources[s].role || str_iends(ix->sources[s].pointer, "/summary")))
            return false;
    return facts_run_source(ix, &c->x, i, i + c->x.w[i].phrase, NULL, 0) < 0 || al->n;
}

void facts_check_scope(struct fcheck *c, int employment, size_t from, size_t to)
{
    const struct facts_index *ix = c->ix;
    struct falign al;
    bool aligned = false;
    for (size_t i = from; i < to; i++) {
        uint64_t cls = part_at(&c->x, i);
        if (!(cls & (FW(STRONG_LEAD) | FW(SOLE))) || c->x.w[i].scope != SCOPE_CLAIM || c->x.w[i].used)
            continue;
        /* the part is in what the sentence says from here on, and its own words count only there */
        size_t end = i + 1;
        while (end < to && c->x.w[end].gap != ';' && c->x.w[end].gap != ':' &&
               !(end > i + 2 && (part_at(&c->x, end) & (FW(STRONG_LEAD) | FW(SOLE)))))
            end++;
        if (cls & FW(SOLE))
            end = to;
        size_t near = i + c->x.w[i].phrase;
        while (near < end && c->x.w[near].gap != ',' && !(near > i + 2 && word_is(&c->x, near, "and")))
            near++;
        facts_align(c, cls & FW(SOLE) ? from : i + c->x.w[i].phrase, cls & FW(SOLE) ? end : near, true, &al);
        if ((!al.n || al.score[0] < 0.9) && !(cls & FW(SOLE)))
            facts_align(c, i + c->x.w[i].phrase, end, true, &al);
        if (!al.n || al.score[0] < 0.9)
            facts_align(c, from, to, true, &al);
        aligned = true;
        if (cls & FW(SOLE)) {
            if (sole_false(c, i, &al, employment))
                facts_violate(c, FACTS_SCOPE_INFLATION, i, i + c->x.w[i].phrase, al.n ? al.source[0] : -1);
            i += c->x.w[i].phrase - 1u;
            continue;
        }
        if (!al.n || al.score[0] < 0.6) {
            bool any = false;
            for (size_t s = 0; s < ix->sources_n && !any; s++)
                any = source_part(ix, &ix->sources[s]) >> PART_LEAD & 1;
            if (!any)
                facts_violate(c, FACTS_SCOPE_INFLATION, i, i + c->x.w[i].phrase, -1);
            continue;
        }
        bool ok = false;
        unsigned best = source_part(ix, &ix->sources[al.source[0]]);
        for (size_t k = 0; k < al.n && al.score[k] >= 0.75 * al.score[0] && !ok; k++) {
            const struct fsource *s = &ix->sources[al.source[k]];
            unsigned bits = source_part(ix, s);
            ok = (bits >> PART_LEAD & 1) || (bits >> PART_SOLE & 1);
            bool whole = !(bits >> PART_HELP & 1) && employment_leads(ix, s->employment);
            ok = ok || whole;
        }
        /* said of another statement of the same employment that is as near */
        if (!ok && !(best >> PART_HELP & 1) && employment >= 0 && employment_leads(ix, employment) && al.score[0] < 1.2)
            ok = true;
        if (!ok)
            facts_violate(c, FACTS_SCOPE_INFLATION, i, i + c->x.w[i].phrase, al.source[0]);
    }
    (void)aligned;
}

/* Weight of the shared words that only employments have: what the list of skills says too is said of no employer. */
static double own_score(struct fcheck *c, size_t from, size_t to, int source, size_t *ret_hits)
{
    const struct facts_index *ix = c->ix;
    double score = 0;
    *ret_hits = 0;
    for (size_t i = from; i < to; i++) {
        const struct fword *w = &c->x.w[i];
        if (w->stop || w->scope != SCOPE_CLAIM)
            continue;
        bool here = false, elsewhere = false, again = false;
        for (size_t k = from; k < i && !again; k++)
            again = c->x.w[k].stem == w->stem && w->number < 0;
        if (w->number >= 0) {
            const struct fnumber *m = &c->x.numbers[w->number];
            if (m->first != i || m->unit == UNIT_YEAR || m->value < 3)
                continue;
            size_t same = 0;
            for (size_t k = 0; k < ix->words.numbers_n; k++)
                if (facts_numbers_equal(m, &ix->words.numbers[k])) {
                    here |= ix->words.numbers[k].source == source;
                    same++;
                }
            score += here ? (same == 1 ? 0.9 : 0.3) : 0;
            *ret_hits += here;
            continue;
        }
        if (again)
            continue;
        for (const struct fnode *n = facts_table_first(&ix->by_stem, w->stem); n;
             n = facts_table_next(&ix->by_stem, n)) {
            here |= (int)n->source == source;
            elsewhere |= ix->sources[n->source].employment < 0 || ix->sources[n->source].name;
        }
        if (here) {
            score += facts_weight(ix, w->stem) * (elsewhere ? 0.3 : 1);
            *ret_hits += !elsewhere;
        }
    }
    return score;
}

static bool named_in(const struct fcheck *c, int employment)
{
    return employment >= 0 && (facts_employers_named(c, c->from, c->to, NULL) >> employment & 1);
}

void facts_check_attribution(struct fcheck *c, int employment, size_t from, size_t to)
{
    const struct facts_index *ix = c->ix;
    struct falign al;
    if (employment < 0)
        return;
    facts_align(c, from, to, true, &al);
    int other = -1;
    double other_score = 0, own = 0;
    size_t other_hits = 0, hits;
    for (size_t k = 0; k < al.n; k++) {
        const struct fsource *s = &ix->sources[al.source[k]];
        if (s->name || s->employment == employment || s->employment < 0)
            continue;
        double score = own_score(c, from, to, al.source[k], &hits);
        if (score > other_score) {
            other = al.source[k];
            other_score = score;
            other_hits = hits;
        }
    }
    if (other < 0 || other_hits < 2 || other_score < 1.5 || named_in(c, ix->sources[other].employment))
        return;
    for (size_t k = 0; k < al.n; k++) {
        const struct fsource *s = &ix->sources[al.source[k]];
        if (!s->name && (s->employment == employment || s->employment < 0))
            own = MAX(own, own_score(c, from, to, al.source[k], &hits));
    }
    if (other_score >= 1.7 * own + 0.2) {
        size_t a = from, b = to;
        while (a < b && c->x.w[a].scope != SCOPE_CLAIM)
            a++;
        facts_violate(c, FACTS_WRONG_EMPLOYER, a, b, other);
    }
}
