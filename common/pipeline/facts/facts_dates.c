/* Years and months: "since 2019", "from 2017 to 2021", "(Mar 2023 – present)". Where the text says which employment,
 * degree or certificate it is about, its own dates count; otherwise any date that the profile states. */
#include "pipeline/facts/facts_parts.h"

struct fdate {
    int y, m;
    bool now;
};

static bool same(struct fdate d, struct month s)
{
    return s.y && d.y == s.y && (!d.m || !s.m || d.m == s.m);
}

static struct fdate date_of(const struct fnumber *n)
{
    return (struct fdate){.y = (int)n->value, .m = n->month};
}

static bool start_is(const struct fentry *e, struct fdate d)
{
    return same(d, e->start);
}

static bool end_is(const struct fentry *e, struct fdate d)
{
    return d.now ? e->current : same(d, e->end);
}

static bool range_in(const struct fcheck *c, int entry, struct fdate a, struct fdate b)
{
    const struct fentry *e = &c->ix->entries[entry];
    return start_is(e, a) && end_is(e, b);
}

static bool stated_in(const struct fcheck *c, const struct fnumber *m,
                      bool (*want)(const struct fcheck *c, int source, int arg), int arg)
{
    for (size_t i = 0; i < c->ix->words.numbers_n; i++) {
        const struct fnumber *p = &c->ix->words.numbers[i];
        if (p->unit == UNIT_YEAR && p->value == m->value && (!m->month || !p->month || p->month == m->month) &&
            p->source >= 0 && (!want || want(c, p->source, arg)))
            return true;
    }
    return false;
}

static bool undated(const struct fcheck *c, int source, int arg UNUSED)
{
    return !c->ix->sources[source].dated;
}

static bool undated_of_entry(const struct fcheck *c, int source, int arg)
{
    return c->ix->sources[source].entry == arg && !c->ix->sources[source].dated;
}

static bool is_source(const struct fcheck *c UNUSED, int source, int arg)
{
    return source == arg;
}

/* The date or "present" that ends a range begun by number m; the token after it, 0 when there is none. */
static size_t range_end(const struct fcheck *c, const struct fnumber *m, struct fdate *ret)
{
    const struct ftext *x = &c->x;
    size_t i = m->last + 1;
    bool joined = false;
    if (i < c->to) {
        char g = x->w[i].gap;
        joined = g == '-' || g == ':' || g == '/';
        struct str w = facts_token_str(x, i);
        if (!joined && (str_ieqc(w, "to") || str_ieqc(w, "and") || str_ieqc(w, "until") || str_ieqc(w, "through") ||
                        str_ieqc(w, "till"))) {
            bool between = m->first > c->from &&
                           str_ieqc(facts_token_str(x, m->first - (m->month ? MIN(2u, m->first) : 1)), "between");
            if (str_ieqc(w, "and") && !between)
                return 0;
            joined = true;
            i++;
        }
    }
    while (joined && i < c->to &&
           (str_ieqc(facts_token_str(x, i), "the") || str_ieqc(facts_token_str(x, i), "early") ||
            str_ieqc(facts_token_str(x, i), "late")))
        i++;
    if (!joined || i >= c->to)
        return 0;
    if ((x->w[i].cls & FW(NOW)) && !str_ieqc(facts_token_str(x, i), "date")) {
        *ret = (struct fdate){.now = true};
        return i + 1;
    }
    if (x->w[i].cls & FW(MONTH))
        i++;
    if (i < c->to && x->w[i].number >= 0) {
        const struct fnumber *n = &x->numbers[x->w[i].number];
        if (n->unit == UNIT_YEAR) {
            *ret = date_of(n);
            return n->last + 1;
        }
        if (n->unit == UNIT_COUNT && x->t[i].end - x->t[i].start == 2 && n->value > 0 && n->value < 100) { /* 2019-21 */
            *ret = (struct fdate){.y = (int)(m->value / 100) * 100 + (int)n->value};
            return i + 1;
        }
    }
    return 0;
}

static bool any_range(const struct fcheck *c, struct fdate a, struct fdate b)
{
    bool starts = false, ends = false;
    for (size_t e = 0; e < c->ix->entries_n; e++)
        if (range_in(c, (int)e, a, b))
            return true;
    for (size_t e = 0; e < c->ix->entries_n; e++) {
        const struct fentry *n = &c->ix->entries[e];
        if (n->section != SECTION_WORK && n->section != SECTION_VOLUNTEER)
            continue;
        starts |= start_is(n, a);
        ends |= end_is(n, b);
    }
    return starts && ends;
}

/* Several employers in one sentence: the range may span them. */
static bool range_named(const struct fcheck *c, uint64_t named, struct fdate a, struct fdate b)
{
    bool starts = false, ends = false;
    for (size_t e = 0; e < c->ix->entries_n; e++) {
        int emp = c->ix->entries[e].employment;
        if (emp < 0 || !(named >> emp & 1))
            continue;
        if (range_in(c, (int)e, a, b))
            return true;
        starts |= start_is(&c->ix->entries[e], a);
        ends |= end_is(&c->ix->entries[e], b);
    }
    return (named & (named - 1)) && starts && ends;
}

static int entry_of_employment(const struct facts_index *ix, int employment)
{
    for (size_t e = 0; e < ix->entries_n; e++)
        if (employment >= 0 && ix->entries[e].employment == employment)
            return (int)e;
    return -1;
}

/* The degrees, certificates and awards that the sentence is about, best first. */
static size_t learning_entries(struct fcheck *c, int *ret, size_t max)
{
    struct falign al;
    size_t n = 0;
    if (!(c->cls & (FW(EDU) | FW(SCHOOL) | FW(DEGREE) | FW(CERT) | FW(CERT_NAME))))
        return 0;
    facts_align(c, c->from, c->to, false, &al);
    for (size_t i = 0; i < al.n && n < max; i++) {
        const struct fsource *s = &c->ix->sources[al.source[i]];
        if (al.score[i] >= 0.5 && s->entry >= 0 &&
            (s->section == SECTION_EDUCATION || s->section == SECTION_CERTIFICATE || s->section == SECTION_AWARD))
            ret[n++] = s->entry;
    }
    return n;
}

/* What the dates may be of: the entry of a résumé, else the employer that is named, the degrees and certificates spoken
 * of. */
static size_t context_entries(struct fcheck *c, int employment, int *ret, size_t max)
{
    size_t n = 0;
    if (c->entry >= 0) {
        ret[0] = c->entry;
        return 1;
    }
    int e = entry_of_employment(c->ix, employment);
    if (e >= 0)
        ret[n++] = e;
    return n + learning_entries(c, ret + n, max - n);
}

static void judge_range(struct fcheck *c, const struct fnumber *m, struct fdate b, size_t end, const int *entries,
                        size_t n)
{
    struct fdate a = date_of(m);
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    uint64_t named = facts_employers_named(c, c->from, c->to, at);
    bool ok = false, dated = false;
    int entry = n ? entries[0] : -1;
    for (size_t i = 0; i < n; i++) {
        dated |= c->ix->entries[entries[i]].start.y || c->ix->entries[entries[i]].end.y;
        ok |= range_in(c, entries[i], a, b);
    }
    if (!ok)
        ok = dated ? c->entry < 0 && range_named(c, named, a, b) : any_range(c, a, b);
    if (!ok && !b.now) { /* a range that a statement itself has */
        struct fnumber two = {.value = b.y, .month = b.m};
        for (size_t s = 0; s < c->ix->sources_n && !ok; s++)
            ok =
                !c->ix->sources[s].dated && stated_in(c, m, is_source, (int)s) && stated_in(c, &two, is_source, (int)s);
    }
    if (!ok)
        facts_violate(c, FACTS_DATE_CHANGED,
                      m->first -
                          (m->month && m->first > c->from && !(c->x.t[m->first - 1].flags & TOKEN_DIGIT) ? 1 : 0),
                      end, entry >= 0 ? (int)c->ix->entries[entry].first : -1);
}

static bool cue_before(const struct fcheck *c, const struct fnumber *m, uint64_t bits)
{
    size_t back = m->month ? 2 : 1;
    for (size_t k = back; k <= back + 2 && k <= m->first - c->from; k++) {
        if (c->x.w[m->first - k].cls & bits)
            return true;
        struct str w = facts_token_str(&c->x, m->first - k);
        if (!str_ieqc(w, "in") && !str_ieqc(w, "the") && !str_ieqc(w, "early") && !str_ieqc(w, "late") &&
            !str_ieqc(w, "of"))
            return false;
    }
    return false;
}

static bool any_start(const struct fcheck *c, struct fdate d)
{
    for (size_t e = 0; e < c->ix->entries_n; e++)
        if (start_is(&c->ix->entries[e], d))
            return true;
    return false;
}

static bool inside(const struct fentry *e, struct month now, struct fdate d)
{
    struct month end = e->current ? now : e->end;
    return e->start.y && d.y >= e->start.y && d.y <= end.y;
}

static bool single_of(const struct fcheck *c, const struct fnumber *m, int entry, bool since, bool until)
{
    const struct fentry *e = &c->ix->entries[entry];
    struct fdate d = date_of(m);
    return (since   ? start_is(e, d)
            : until ? end_is(e, d)
                    : start_is(e, d) || end_is(e, d)) ||
           stated_in(c, m, undated_of_entry, entry);
}

static void judge_single(struct fcheck *c, const struct fnumber *m, const int *entries, size_t n)
{
    struct fdate d = date_of(m);
    bool since = cue_before(c, m, FW(SINCE)), until = cue_before(c, m, FW(UNTIL)), ok = false;
    struct falign al;
    int rival = n ? (int)c->ix->entries[entries[0]].first : -1;
    for (size_t i = 0; i < n && !ok; i++)
        ok = single_of(c, m, entries[i], since, until);
    if (ok && (since || until || c->ix->entries[entries[0]].employment < 0))
        return;
    if (!ok && n == 0)
        ok = since ? any_start(c, d) || stated_in(c, m, undated, 0) : stated_in(c, m, NULL, 0);
    else if (!ok && !since && !until && c->ix->entries[entries[0]].employment >= 0) /* of that time, told elsewhere */
        ok = stated_in(c, m, NULL, 0) && inside(&c->ix->entries[entries[0]], c->now, d);
    facts_align(c, c->from, c->to, false, &al);
    bool learnt = al.n && c->ix->sources[al.source[0]].section >= SECTION_EDUCATION &&
                  c->ix->sources[al.source[0]].section <= SECTION_AWARD;
    if (ok && !since && al.n && al.score[0] >= (learnt ? 1.1 : 1.8)) {
        /* the statement this is about has a year of its own */
        int s = al.source[0];
        bool own = false;
        for (size_t i = 0; i < c->ix->words.numbers_n; i++) {
            const struct fnumber *p = &c->ix->words.numbers[i];
            own |= p->source == s && p->unit == UNIT_YEAR;
        }
        bool near = stated_in(c, m, is_source, s);
        for (size_t i = 1; i < al.n && !near; i++)
            near = al.score[i] >= 0.6 * al.score[0] && stated_in(c, m, is_source, al.source[i]);
        if (own && !near) {
            ok = false;
            rival = s;
        }
        /* a certificate's or award's date is beside its name */
        const struct fsource *src = &c->ix->sources[s];
        if (n == 0 &&
            (src->section == SECTION_CERTIFICATE || src->section == SECTION_AWARD || src->section == SECTION_EDUCATION))
            if (!single_of(c, m, src->entry, false, false)) {
                ok = false;
                rival = s;
            }
    }
    if (!ok)
        facts_violate(c, FACTS_DATE_CHANGED,
                      m->first -
                          (m->month && m->first > c->from && !(c->x.t[m->first - 1].flags & TOKEN_DIGIT) ? 1 : 0),
                      m->last + 1,
                      rival >= 0                  ? rival
                      : al.n && al.score[0] > 0.6 ? al.source[0]
                                                  : -1);
}

void facts_check_dates(struct fcheck *c, int employment, size_t from, size_t to)
{
    for (size_t k = 0; k < c->x.numbers_n; k++) {
        const struct fnumber *m = &c->x.numbers[k];
        if (m->first < from || m->first >= to || m->unit != UNIT_YEAR || (c->x.w[m->first].flags & FT_SKIP) ||
            c->x.w[m->first].used || c->x.w[m->first].scope != SCOPE_CLAIM || (int)m->value > c->now.y)
            continue;
        struct fdate b;
        size_t end = range_end(c, m, &b);
        int entries[6];
        size_t n = context_entries(c, employment, entries, ARRAY_LEN(entries));
        if (end) {
            for (size_t i = m->first; i < end; i++)
                c->x.w[i].used = true;
            judge_range(c, m, b, end, entries, n);
        } else {
            judge_single(c, m, entries, n);
        }
    }
}
