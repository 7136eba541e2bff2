/* Dates of a résumé. Only what is stated counts: a missing month is taken as the middle of the year, so that "2019 -
 * 2021" is two years. */
#include "pipeline/engine/profile_parts.h"

#include "pipeline/engine/lex.h"

static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int digits(struct str s, size_t at, size_t n)
{
    if (at + n > s.n)
        return -1;
    int v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (!str_is_digit(s.p[i]))
            return -1;
        v = v * 10 + (s.p[i] - '0');
    }
    return v;
}

struct month month_parse(struct str s)
{
    s = str_trim(s);
    int y = digits(s, 0, 4);
    if (y < 1900 || y > 2200 || (s.n > 4 && str_is_digit(s.p[4])))
        return (struct month){0};
    int m = s.n > 5 && s.p[4] == '-' ? digits(s, 5, 2) : -1;
    return (struct month){.y = y, .m = m >= 1 && m <= 12 ? m : 0};
}

int month_number(struct month m, bool end)
{
    int month = m.m ? m.m : (end ? 6 : 7);
    return m.y * 12 + month - 1;
}

struct month month_max(struct month a, struct month b)
{
    if (a.y != b.y)
        return a.y > b.y ? a : b;
    return a.m > b.m ? a : b;
}

struct span {
    int from, to; /* months, both included */
};

static size_t work_spans(const struct profile *p, struct month now, const bool *counts, struct span *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < p->employments_n; i++) {
        const struct employment *e = &p->employments[i];
        struct month end = e->current ? now : e->end;
        if (e->kind != EMPLOYMENT_JOB || e->start.y == 0 || end.y == 0 || (counts && !counts[i]))
            continue;
        struct span s = {month_number(e->start, false), month_number(end, true)};
        if (now.y)
            s.to = MIN(s.to, month_number(now, true));
        if (!e->start.m && s.to < s.from)
            s.to = s.from;
        if (s.to < s.from)
            continue;
        size_t at = n++;
        for (; at > 0 && ret[at - 1].from > s.from; at--)
            ret[at] = ret[at - 1];
        ret[at] = s;
    }
    return n;
}

int profile_work_months_of(const struct profile *p, struct month now, const bool *counts)
{
    struct span s[PROFILE_EMPLOYMENTS_MAX];
    size_t n = work_spans(p, now, counts, s);
    int total = 0, done = -1; /* last month counted */
    for (size_t i = 0; i < n; i++) {
        int from = MAX(s[i].from, done + 1);
        if (s[i].to >= from)
            total += s[i].to - from + 1;
        done = MAX(done, s[i].to);
    }
    return total;
}

int profile_work_months(const struct profile *p, struct month now)
{
    return profile_work_months_of(p, now, NULL);
}

static struct str date_text(struct arena *a, struct month m)
{
    if (m.y == 0)
        return (struct str){.p = "", .n = 0};
    char *s = m.m ? arena_printf(a, "%s %d", MONTHS[m.m - 1], m.y) : arena_printf(a, "%d", m.y);
    return str_of(s);
}

struct str profile_dates(struct arena *a, const struct employment *e)
{
    struct str from = date_text(a, e->start);
    struct str to = e->current ? STR("present") : date_text(a, e->end);
    if (from.n == 0 || to.n == 0 || str_eq(from, to))
        return from.n ? from : (e->current ? str_of("") : to);
    char *s = arena_printf(a, STR_FMT " – " STR_FMT, STR_ARG(from), STR_ARG(to));
    return str_of(s);
}

static const char *const PHD_WORDS[] = {"phd",   "ph.d", "ph.d.", "doctorate", "doctoral", "doctor",
                                        "dphil", "dr",   "edd",   "dnp",       NULL};
static const char *const MASTER_WORDS[] = {"master", "masters", "master's", "msc",  "m.sc",     "ms",     "m.s",
                                           "ma",     "m.a",     "mba",      "meng", "m.eng",    "mphil",  "mfa",
                                           "msn",    "mph",     "med",      "m.ed", "magister", "diplom", NULL};
static const char *const BACHELOR_WORDS[] = {"bachelor", "bachelors", "bachelor's", "bachelor’s",
                                             "bsc",      "b.sc",      "bs",         "b.s",
                                             "ba",       "b.a",       "bba",        "beng",
                                             "b.eng",    "bfa",       "bsn",        "btech",
                                             "b.tech",   "llb",       "licentiate", "undergraduate degree",
                                             NULL};

enum education_level education_level_of(struct str text)
{
    struct lex_text t;
    lex_text_init(&t, text);
    if (lex_text_has_any(&t, PHD_WORDS) && !lex_text_has(&t, "post-doctoral"))
        return EDUCATION_PHD;
    if (lex_text_has_any(&t, MASTER_WORDS) && !lex_text_has(&t, "scrum master"))
        return EDUCATION_MASTER;
    return lex_text_has_any(&t, BACHELOR_WORDS) ? EDUCATION_BACHELOR : EDUCATION_NONE;
}

bool education_in_progress(struct str text)
{
    static const char *const WORDS[] = {"in progress", "candidate",     "pursuing", "ongoing", "expected",
                                        "incomplete",  "not completed", "current",  NULL};
    return lex_has_any(text, WORDS);
}
