/* Numbers. A number of the text is true when the profile states it about the same thing, or when it follows from what
 * one statement says (from 40 to 20 is half), from several counts of the same thing, or from the employments' dates.
 * When the statement that the sentence is plainly about has another number in its place, the number was changed, though
 * it may stand elsewhere. */
#include "pipeline/facts/facts_parts.h"

#include <math.h>

#include "pipeline/engine/profile_parts.h"

#define STRONG 1.6 /* weight of shared words from which a sentence is about a statement */
#define WEAK   0.6

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance + 1e-9 * fabs(b);
}

static bool units_fit(const struct fnumber *a, const struct fnumber *b)
{
    if (a->unit == b->unit)
        return true;
    bool money = (a->unit == UNIT_MONEY && b->unit == UNIT_COUNT) || (a->unit == UNIT_COUNT && b->unit == UNIT_MONEY);
    if (money)
        return MIN(a->value, b->value) >= 1000;
    /* 18 months, a year and a half; 52 weeks */
    if ((a->unit == UNIT_YEAR && b->unit == UNIT_COUNT && !a->month) ||
        (a->unit == UNIT_COUNT && b->unit == UNIT_YEAR && !b->month))
        return true;
    return (a->unit == UNIT_TIMES && b->unit == UNIT_COUNT) || (a->unit == UNIT_COUNT && b->unit == UNIT_TIMES);
}

bool facts_numbers_equal(const struct fnumber *m, const struct fnumber *p)
{
    if (!units_fit(m, p))
        return false;
    double v = p->value;
    if (near(m->value, v, 0))
        return true;
    if (m->grain > 0 && m->value >= 20 * m->grain && near(m->value, v, m->grain))
        return true;
    double size = fabs(m->value);
    switch (m->bound) {
    case BOUND_OVER:
        return v >= m->value && v <= m->value + 0.12 * size;
    case BOUND_UNDER:
        return v <= m->value && v >= m->value - 0.12 * size;
    case BOUND_ABOUT:
        return near(m->value, v, 0.051 * size);
    case BOUND_EXACT:
        break;
    }
    return false;
}

static bool source_has_stem(const struct facts_index *ix, int source, uint32_t stem)
{
    for (const struct fnode *n = stem ? facts_table_first(&ix->by_stem, stem) : NULL; n;
         n = facts_table_next(&ix->by_stem, n))
        if ((int)n->source == source)
            return true;
    return false;
}

static bool nouns_shared(const struct fnumber *a, const struct fnumber *b)
{
    for (size_t i = 0; i < ARRAY_LEN(a->nouns); i++)
        for (size_t k = 0; k < ARRAY_LEN(b->nouns); k++)
            if (a->nouns[i] && a->nouns[i] == b->nouns[k])
                return true;
    return false;
}

static bool mentioned(const struct fcheck *c, const struct fnumber *p, size_t from, size_t to)
{
    for (size_t k = 0; k < c->x.numbers_n; k++) {
        const struct fnumber *m = &c->x.numbers[k];
        if (m->first >= from && m->first < to && facts_numbers_equal(m, p))
            return true;
    }
    return false;
}

struct verdict_of {
    const struct fnumber *exact, *rival; /* the profile's same number; the one it should have been */
    double exact_score, rival_score;
};

/* Derived from two numbers of one statement: a percentage, a factor, a difference, a sum. */
static bool derived_pair(const struct fnumber *m, const struct fnumber *a, const struct fnumber *b, bool differs)
{
    bool unlike = a->unit != b->unit && !(units_fit(a, b) && a->unit != UNIT_YEAR && b->unit != UNIT_YEAR);
    if (unlike || a->unit == UNIT_YEAR || a == b || a->value <= 0 || b->value <= 0)
        return false;
    double lo = MIN(a->value, b->value), hi = MAX(a->value, b->value);
    double slack = m->vague ? 4 : m->bound == BOUND_ABOUT ? 2.5 : 0.6;
    if (m->unit == UNIT_PERCENT) {
        double down = (hi - lo) / hi * 100, up = (hi - lo) / lo * 100;
        if (a->unit == UNIT_PERCENT && near(m->value, hi - lo, 0.01))
            return true;
        if (m->bound == BOUND_OVER)
            return (down >= m->value && down < m->value + 5) || (up >= m->value && up < m->value + 8);
        if (m->bound == BOUND_UNDER)
            return (down <= m->value && down > m->value - 5) || (up <= m->value && up > m->value - 8);
        return near(m->value, down, slack) || near(m->value, up, slack + (up > 150 ? 4 : 0));
    }
    if (m->unit == UNIT_TIMES || (m->unit == UNIT_COUNT && m->nouns[0] == 0)) {
        double times = hi / lo;
        if (m->bound == BOUND_OVER)
            return times >= m->value && times < m->value * 1.2;
        if (m->bound == BOUND_UNDER)
            return times <= m->value && times > m->value * 0.85;
        if (near(m->value, times, (m->vague || m->bound ? 0.08 : 0.03) * times))
            return true;
    }
    if (!units_fit(m, a) || !differs)
        return false;
    return near(m->value, hi - lo, 1e-6 * hi) || near(m->value, hi + lo, 1e-6 * hi) ||
           (m->bound == BOUND_OVER && hi + lo >= m->value && hi + lo < m->value * 1.1);
}

static bool derived_from(const struct fcheck *c, const struct fnumber *m, int source)
{
    const struct fnumber *n = c->ix->words.numbers;
    size_t count = c->ix->words.numbers_n, lo = 0;
    while (lo < count && n[lo].source != source)
        lo++;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; n[i].source == source && k < count; k++)
            if (n[k].source == source &&
                derived_pair(m, &n[i], &n[k],
                             (c->cls & (FW(TOTAL) | (m->unit == UNIT_COUNT ? 0 : FW(DIFFERENCE)))) != 0))
                return true;
    /* the statement says "halved" where the text says 50 % */
    for (size_t i = 0; i < count; i++) {
        if (n[i].source != source)
            continue;
        if (n[i].vague && n[i].unit == m->unit && near(n[i].value, m->value, m->unit == UNIT_PERCENT ? 2.5 : 0.15))
            return true;
        if (m->vague && n[i].unit == m->unit && near(n[i].value, m->value, m->unit == UNIT_PERCENT ? 4 : 0.25))
            return true;
        if (m->vague && m->unit == UNIT_TIMES && n[i].unit == UNIT_PERCENT && near(m->value * 100 - 100, n[i].value, 6))
            return true;
    }
    return false;
}

/* Counts of the same thing added up over the profile: 14 and 3 trainees are 17. */
static bool sum_of_same(const struct fcheck *c, const struct fnumber *m)
{
    const struct fnumber *n = c->ix->words.numbers;
    double total = 0;
    int many = 0;
    if (m->unit != UNIT_COUNT && m->unit != UNIT_MONEY)
        return false;
    for (size_t i = 0; i < c->ix->words.numbers_n; i++) {
        if (n[i].unit != m->unit || n[i].source < 0 || !(m->unit == UNIT_MONEY || nouns_shared(m, &n[i])))
            continue;
        total += n[i].value;
        many++;
    }
    return many >= 2 &&
           (near(total, m->value, 0) || (m->bound == BOUND_OVER && total >= m->value && total < m->value * 1.15));
}

/* "three roles", "two degrees": how many the profile has. */
static bool counts_profile(const struct fcheck *c, const struct fnumber *m)
{
    size_t i = m->last + 1;
    const struct facts_index *ix = c->ix;
    if (m->unit != UNIT_COUNT || i >= c->x.n)
        return false;
    for (size_t k = i; k < c->x.n && k < i + 3; k++) {
        uint64_t cls = c->x.w[k].cls;
        size_t volunteer = 0, projects = 0, languages = 0;
        for (size_t e = 0; e < ix->entries_n; e++) {
            volunteer += ix->entries[e].section == SECTION_VOLUNTEER;
            projects += ix->entries[e].section == SECTION_PROJECT;
            languages += ix->entries[e].section == SECTION_LANGUAGE;
        }
        struct str w = facts_token_str(&c->x, k);
        if (cls & FW(JOBS))
            return m->value <= (double)(ix->jobs_n + volunteer) && m->value >= 1;
        if (str_ieqc(w, "degrees"))
            return near(m->value, (double)ix->degrees_n, 0);
        if (str_ieqc(w, "certifications") || str_ieqc(w, "certificates") || str_ieqc(w, "credentials"))
            return m->value <= (double)ix->certificates_n;
        if (str_ieqc(w, "languages"))
            return m->value <= (double)MAX(languages, ix->skills_n);
        if (str_ieqc(w, "projects"))
            return m->value <= (double)projects;
    }
    return false;
}

static bool idle(const struct fcheck *c, const struct fnumber *m)
{
    const struct ftext *x = &c->x;
    struct str w = facts_token_str(x, m->first);
    size_t i = m->last + 1;
    if (m->ordinal)
        return true;
    if (m->spelled && (str_ieqc(w, "one") || str_ieqc(w, "zero") || (m->value == 1 && m->unit == UNIT_COUNT)))
        return true;
    /* "double" as an adjective, "half" of nothing */
    if (m->unit == UNIT_MONTHS && m->value == 12 && m->spelled)
        return true;
    if (m->unit == UNIT_COUNT && m->value <= 5 && i < x->n && m->spelled)
        for (size_t k = i; k < x->n && k < i + 3; k++)
            if (x->w[k].cls & FW(IDLE))
                return true;
    if (m->unit == UNIT_COUNT && (x->w[m->first].flags & FT_JOINED) && m->first > 0 && x->w[m->first].gap == '/' &&
        m->value == 7)
        return true; /* 24/7 */
    if (m->unit == UNIT_COUNT && m->value == 24 && i < x->n && x->w[i].gap == '/')
        return true;
    if (m->unit == UNIT_PERCENT && m->value == 100 && i < x->n &&
        (str_ieqc(facts_token_str(x, i), "committed") || str_ieqc(facts_token_str(x, i), "remote") ||
         str_ieqc(facts_token_str(x, i), "sure")))
        return true;
    if (m->unit == UNIT_COUNT && m->value == 360)
        return true;
    return false;
}

/* Names with a number in them ("GPT-4", "ISO 27001", "Level 3") stand in the profile as they are, or are judged as
 * names. */
static bool part_of_name(const struct fcheck *c, const struct fnumber *m)
{
    size_t i = m->first;
    if (m->unit != UNIT_COUNT && m->unit != UNIT_YEAR)
        return false;
    if (i > c->from && (c->x.t[i - 1].flags & TOKEN_UPPER) && (c->x.w[i].gap == ' ' || c->x.w[i].gap == '-') &&
        i - 1 > c->from)
        return facts_run_source(c->ix, &c->x, i - 1, m->last + 1, NULL, 0) >= 0;
    return false;
}

static double likeness(const struct fcheck *c, const struct fnumber *m, const struct fnumber *p,
                       const struct falign *al, int employment)
{
    double s = p->source >= 0 ? (double)al->all[p->source] : 0;
    bool noun = nouns_shared(m, p);
    const struct fsource *src = &c->ix->sources[p->source];
    if (!noun)
        for (size_t i = 0; i < ARRAY_LEN(m->nouns) && !noun; i++)
            noun = source_has_stem(c->ix, p->source, m->nouns[i]) && m->nouns[i];
    s += noun ? 0.5 : 0;
    if (employment >= 0 && src->employment >= 0)
        s += src->employment == employment ? 0.4 : -0.4;
    return s;
}

static struct verdict_of weigh(const struct fcheck *c, const struct fnumber *m, const struct falign *al, int employment,
                               size_t from, size_t to)
{
    struct verdict_of v = {.exact_score = -9, .rival_score = -9};
    for (size_t i = 0; i < c->ix->words.numbers_n; i++) {
        const struct fnumber *p = &c->ix->words.numbers[i];
        const struct fsource *s = p->source >= 0 ? &c->ix->sources[p->source] : NULL;
        if (!s || (s->dated && m->unit != UNIT_YEAR) || p->ordinal)
            continue;
        bool equal = facts_numbers_equal(m, p);
        if (!equal && !(units_fit(m, p) && (m->unit == p->unit)))
            continue;
        double score = likeness(c, m, p, al, employment);
        if (equal) {
            if (score > v.exact_score)
                v.exact_score = score, v.exact = p;
        } else if (score > v.rival_score && !mentioned(c, p, from, to) &&
                   (m->unit != UNIT_COUNT || nouns_shared(m, p) || (!m->nouns[0] && !p->nouns[0]))) {
            v.rival_score = score;
            v.rival = p;
        }
    }
    return v;
}

/* One end of "from 55 to 33": stated, never worked out. */
static bool end_of_range(const struct fcheck *c, const struct fnumber *m)
{
    const struct ftext *x = &c->x;
    for (size_t k = m->last + 1; k < c->to && k < m->last + 4; k++)
        if (str_ieqc(facts_token_str(x, k), "to") && k + 1 < c->to && x->w[k + 1].number >= 0 &&
            x->numbers[x->w[k + 1].number].unit == m->unit)
            return true;
    if (m->first <= c->from || !str_ieqc(facts_token_str(x, m->first - 1), "to"))
        return false;
    for (size_t k = m->first - 1; k > c->from && k + 6 > m->first; k--)
        if (x->w[k - 1].number >= 0 && x->numbers[x->w[k - 1].number].unit == m->unit)
            return true;
    return false;
}

static bool derived(struct fcheck *c, const struct fnumber *m, const struct falign *al, const struct verdict_of *v)
{
    if (end_of_range(c, m))
        return false;
    if (v->rival && v->rival_score >= STRONG && derived_from(c, m, v->rival->source))
        return true;
    if (v->rival && v->rival_score >= STRONG && v->rival->unit == m->unit && m->unit == UNIT_PERCENT)
        return false;
    for (size_t i = 0; i < al->n; i++)
        if (al->score[i] >= MAX(WEAK, 0.4 * al->score[0]) && derived_from(c, m, al->source[i]))
            return true;
    /* "That is a cut of half.": of what the sentence before was about */
    for (size_t i = 0; i < c->before_n; i++)
        if (derived_from(c, m, c->before[i]))
            return true;
    return counts_profile(c, m) || ((c->cls & FW(TOTAL)) && sum_of_same(c, m));
}

static void judge(struct fcheck *c, const struct fnumber *m, const struct falign *al, int employment, size_t from,
                  size_t to)
{
    struct verdict_of v = weigh(c, m, al, employment, from, to);
    int closest = v.rival && v.rival_score >= WEAK ? v.rival->source
                  : al->n && al->score[0] >= WEAK  ? al->source[0]
                                                   : -1;
    bool duration = m->unit == UNIT_MONTHS;
    if (v.exact) {
        bool swapped = v.rival && v.rival->source != v.exact->source && v.rival_score >= STRONG + 0.5 &&
                       v.rival_score >= 2.2 * MAX(v.exact_score, 0.3) && !derived_from(c, m, v.rival->source);
        if (!swapped)
            return;
        if (duration && facts_duration_true(c, m, employment))
            return;
        facts_violate(c, FACTS_CHANGED_METRIC, m->first, m->last + 1, closest);
        return;
    }
    if (duration) {
        bool rival = v.rival && v.rival_score >= STRONG + 0.9 &&
                     (employment < 0 || c->ix->sources[v.rival->source].employment ==
                                            employment); /* "two years" stands where the text has eighteen */
        if ((!rival && facts_duration_true(c, m, employment)) || derived(c, m, al, &v))
            return;
        facts_violate(c, FACTS_DATE_CHANGED, m->first, m->last + 1, closest);
        return;
    }
    if (m->vague && !m->change)
        return; /* "half of my week": said of nothing that is counted */
    if (derived(c, m, al, &v))
        return;
    bool changed = v.rival && v.rival_score >= STRONG;
    facts_violate(c, changed ? FACTS_CHANGED_METRIC : FACTS_UNGROUNDED_METRIC, m->first, m->last + 1, closest);
}

static bool in_posting_number(struct fcheck *c, const struct fnumber *m)
{
    const struct ftext *p = facts_posting(c);
    for (size_t i = 0; i < p->numbers_n; i++)
        if (facts_numbers_equal(m, &p->numbers[i]))
            return true;
    return false;
}

void facts_check_numbers(struct fcheck *c, int employment, size_t from, size_t to)
{
    bool aligned = false;
    struct falign al;
    for (size_t k = 0; k < c->x.numbers_n; k++) {
        const struct fnumber *m = &c->x.numbers[k];
        if (m->first < from || m->first >= to || m->unit == UNIT_YEAR || (c->x.w[m->first].flags & FT_SKIP) ||
            c->x.w[m->first].used)
            continue;
        uint8_t scope = c->x.w[m->first].scope;
        if (scope == SCOPE_COMPANY) {
            if (c->in->posting.n && facts_posting(c)->n && !idle(c, m) && !in_posting_number(c, m) && !m->vague)
                facts_violate(c, FACTS_COMPANY_FACT, m->first, m->last + 1, -1);
            continue;
        }
        if (scope != SCOPE_CLAIM || idle(c, m) || part_of_name(c, m))
            continue;
        if (!aligned)
            facts_align(c, c->from, c->to, false, &al);
        aligned = true;
        judge(c, m, &al, employment, c->from, c->to);
    }
}

/* lengths of time */

int facts_duration_months(const struct facts_index *ix, int employment, struct month now)
{
    bool counts[PROFILE_EMPLOYMENTS_MAX] = {0};
    const struct employment *e = &ix->p->employments[employment];
    if (e->kind == EMPLOYMENT_JOB) {
        counts[employment] = true;
        return profile_work_months_of(ix->p, now, counts);
    }
    struct month end = e->current ? now : e->end;
    return e->start.y && end.y ? month_number(end, true) - month_number(e->start, false) + 1 : 0;
}

static bool length_fits(const struct fnumber *m, int months)
{
    double v = m->value, have = months;
    if (months <= 0)
        return false;
    double unit = v >= 12 && fabs(v / 12 - (double)(int)(v / 12 + 0.5)) < 1e-9 ? 12 : 1;
    if (m->bound == BOUND_OVER)
        return have >= v - 0.6 && have < v + MAX(24.0, 0.25 * v);
    if (m->bound == BOUND_UNDER)
        return have <= v + 1 && have >= v - MAX(8.0, 0.15 * v);
    if (m->bound == BOUND_ABOUT)
        return near(v, have, MAX(7.0, 0.1 * v));
    if (unit == 12)
        return have >= v - 3.6 && have < v + 12.1;
    return near(v, have, 1.1);
}

static bool word_in_employment(const struct facts_index *ix, uint32_t stem, int employment)
{
    for (const struct fnode *n = facts_table_first(&ix->by_stem, stem); n; n = facts_table_next(&ix->by_stem, n))
        if (ix->sources[n->source].employment == employment)
            return true;
    return false;
}

static bool skill_length(struct fcheck *c, const struct fnumber *m)
{
    const struct facts_index *ix = c->ix;
    for (size_t i = m->last + 1; i < c->to && i < m->last + 9; i++) {
        const struct fword *w = &c->x.w[i];
        char g = w->gap;
        if (g == ',' || g == ';' || g == '.')
            return false;
        if (w->stop || w->number >= 0)
            continue;
        bool counts[PROFILE_EMPLOYMENTS_MAX] = {0};
        bool any = false;
        for (size_t e = 0; e < ix->p->employments_n; e++)
            any |= counts[e] = word_in_employment(ix, w->stem, (int)e);
        if (any && length_fits(m, profile_work_months_of(ix->p, c->now, counts)))
            return true;
    }
    return false;
}

bool facts_duration_true(struct fcheck *c, const struct fnumber *m, int employment)
{
    const struct facts_index *ix = c->ix;
    if (employment >= 0) {
        if (length_fits(m, facts_duration_months(ix, employment, c->now)))
            return true;
        size_t at[PROFILE_EMPLOYMENTS_MAX];
        uint64_t named = facts_employers_named(c, c->from, c->to, at);
        bool counts[PROFILE_EMPLOYMENTS_MAX] = {0};
        for (size_t e = 0; e < ix->p->employments_n; e++)
            counts[e] = named >> e & 1;
        if ((named & (named - 1)) && length_fits(m, profile_work_months_of(ix->p, c->now, counts)))
            return true;
        if (named && !(c->cls & (FW(WISH) | FW(BRING))))
            return false;
    }
    if (length_fits(m, profile_work_months(ix->p, c->now)) || skill_length(c, m))
        return true;
    int first = 0, last = 0;
    for (size_t e = 0; e < ix->entries_n; e++) {
        const struct fentry *n = &ix->entries[e];
        struct month end = n->current ? c->now : n->end;
        if (n->section == SECTION_EDUCATION && n->start.y && end.y && (c->cls & FW(EDU)) &&
            length_fits(m, month_number(end, true) - month_number(n->start, false) + 1))
            return true;
        if (n->section != SECTION_WORK || !n->start.y || !end.y)
            continue;
        int a = month_number(n->start, false), b = month_number(end, true);
        first = first ? MIN(first, a) : a;
        last = MAX(last, b);
    }
    if (first && length_fits(m, last - first + 1))
        return true;
    /* "the last four years": from some start until today */
    for (size_t i = m->first; i > c->from && i + 3 > m->first; i--) {
        struct str w = facts_token_str(&c->x, i - 1);
        if (!str_ieqc(w, "last") && !str_ieqc(w, "past") && !str_ieqc(w, "recent"))
            continue;
        for (size_t e = 0; e < ix->p->employments_n; e++)
            if (ix->p->employments[e].start.y &&
                length_fits(m, month_number(c->now, true) - month_number(ix->p->employments[e].start, false) + 1))
                return true;
    }
    return false;
}
