/* Which evidence goes into the letter: greedily the atom that answers most of what is still unanswered, with numbers
 * and readable lines preferred; then grouped by employment so that each is introduced once. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define LINE_MIN_BYTES  24
#define LINE_LONG_BYTES 240
#define JITTER          0.16
#define RELEVANT_MIN    0.15

static double row_weight(const struct match_row *row)
{
    return row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0);
}

static bool is_stated(const struct match_row *row)
{
    return row->status == MATCH_DIRECT || row->status == MATCH_STRONG || row->status == MATCH_SYNONYM ||
           row->status == MATCH_TRANSFERABLE;
}

static bool has_markup(struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '<' || (s.p[i] == ']' && s.p[i + 1] == '(') || (s.p[i] == '*' && s.p[i + 1] == '*') ||
            (s.p[i] == ':' && s.p[i + 1] == '/'))
            return true;
    return false;
}

static bool is_line(const struct atom *x)
{
    static const char *const DANGLING[] = {"and", "or", "the", "a", "with", "of", "to", "for", "by", "in", NULL};
    size_t words = 0;
    struct str rest = x->text, last = {0};
    if (x->kind != ATOM_HIGHLIGHT || x->text.n < LINE_MIN_BYTES || has_markup(x->text))
        return false;
    while (lex_next_word(&rest, &last))
        words++;
    for (const char *const *d = DANGLING; *d; d++)
        if (str_ieqc(last, *d))
            return false;
    return words >= 4;
}

static double form_bonus(enum recast_form f)
{
    return f == RECAST_PAST || f == RECAST_CLAUSE   ? 0.18
           : f == RECAST_WAS                        ? 0.1
           : f == RECAST_NOUN || f == RECAST_RESULT ? -0.2
           : f == RECAST_THING                      ? -0.1
                                                    : -0.05;
}

static double base_value(const struct letter *l, size_t atom, const struct recast *r)
{
    const struct atom *x = &l->p->atoms[atom];
    const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
    bool present = e && e->current && r->form == RECAST_BASE;
    double v = (present ? 0.18 : 0) + l->m->atom_relevance[atom] + (x->has_number ? 0.12 : 0) + form_bonus(r->form);
    if (e)
        v += 0.1 / (1.0 + (double)e->index) + (e->kind == EMPLOYMENT_JOB ? 0.18 : 0);
    if (r->tail.n > LINE_LONG_BYTES)
        v -= 0.1;
    if (x->filler)
        v -= 0.5;
    return v - (r->tail.n > LINE_LONG_BYTES + 120 ? 0.3 : 0);
}

static double new_rows(const struct letter *l, size_t atom, const bool *covered)
{
    double v = 0;
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        for (size_t k = 0; !covered[i] && is_stated(row) && k < row->atoms_n; k++)
            if (row->atoms[k] == atom)
                v += 0.35 * row_weight(row) * match_status_value(row->status) / (1.0 + 0.3 * (double)k);
    }
    return v;
}

static void cover(const struct letter *l, size_t atom, bool *covered)
{
    for (size_t i = 0; i < l->m->rows_n; i++)
        for (size_t k = 0; k < l->m->rows[i].atoms_n; k++)
            covered[i] = covered[i] || l->m->rows[i].atoms[k] == atom;
}

struct budget {
    size_t picks, bytes, least;
};

static struct budget budget_of(enum letter_length length)
{
    static const struct budget B[] = {
        [LETTER_SHORT] = {2, 420, 2}, [LETTER_STANDARD] = {4, 900, 3}, [LETTER_LONG] = {6, 1450, 4}};
    return B[length];
}

/* How many picks one employment may have, so that a letter shows more than one place when there is one. */
static size_t picks_of(const struct letter *l, int employment)
{
    size_t n = 0;
    for (size_t i = 0; i < l->picks_n; i++)
        n += l->p->atoms[l->picks[i].atom].employment == employment;
    return n;
}

static void group(struct letter *l)
{
    struct pick out[LETTER_PICKS_MAX];
    size_t n = 0;
    int g = 0;
    for (size_t i = 0; i < l->picks_n; i++) {
        int e = l->p->atoms[l->picks[i].atom].employment;
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || l->p->atoms[l->picks[k].atom].employment == e;
        if (seen)
            continue;
        for (size_t k = i; k < l->picks_n; k++) {
            if (l->p->atoms[l->picks[k].atom].employment != e)
                continue;
            out[n] = l->picks[k];
            out[n++].group = g;
        }
        g++;
    }
    memcpy(l->picks, out, n * sizeof(*out));
}

void letter_pick(struct letter *l)
{
    struct budget b = budget_of(l->o.length);
    bool covered[ANALYSIS_REQUIREMENTS_MAX] = {false};
    size_t n = l->p->atoms_n, bytes = 0;
    struct recast *recast = ARENA_NEW_N(l->a, struct recast, n + 1);
    double *value = ARENA_NEW_N(l->a, double, n + 1);
    if (!recast || !value)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct atom *x = &l->p->atoms[i];
        if (!is_line(x))
            continue;
        const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
        recast[i] = recast_highlight(l->a, x->text, e && e->kind == EMPLOYMENT_PROJECT,
                                     e && e->current && e->kind != EMPLOYMENT_PROJECT);
        value[i] = base_value(l, i, &recast[i]) + 1.0;                /* 0 marks what is no line */
        value[i] += JITTER * (double)letter_random(l, 1000) / 1000.0; /* of lines as good, another each time */
    }
    while (l->picks_n < b.picks) {
        size_t best = n;
        double top = 0;
        for (size_t i = 0; i < n; i++) {
            if (value[i] <= 0 || (l->picks_n && bytes + recast[i].tail.n > b.bytes))
                continue;
            size_t same = picks_of(l, l->p->atoms[i].employment);
            double fresh = new_rows(l, i, covered);
            if (l->picks_n >= b.least && l->m->atom_relevance[i] + fresh < RELEVANT_MIN)
                continue; /* what the posting does not ask for makes no letter better */
            double v = value[i] + fresh - 0.12 * (double)same - (same >= 3 ? 0.5 : 0);
            if (v > top) {
                top = v;
                best = i;
            }
        }
        if (best == n)
            break;
        l->picks[l->picks_n++] = (struct pick){.atom = best, .recast = recast[best]};
        bytes += recast[best].tail.n;
        for (size_t i = 0; i < n; i++)
            if (str_ieq(l->p->atoms[i].text, l->p->atoms[best].text))
                value[i] = 0; /* said once is enough */
        cover(l, best, covered);
    }
    group(l);
}
