/* What the posting says again is asked once: neither a row nor a duty counts twice. */
#include "pipeline/engine/score_parts.h"

/* Every content word of a is in b. */
static bool within(const struct match_text *a, const struct match_text *b)
{
    for (size_t i = 0; i < a->stems_n; i++) {
        size_t k = 0;
        while (k < b->stems_n && b->stems[k] != a->stems[i])
            k++;
        if (k == b->stems_n)
            return false;
    }
    return a->stems_n > 0;
}

/* Of one kind, with the same years, and every word of it in one clause before it; an earlier one that is only wished
 * does not make a required one superfluous. */
static bool row_within_earlier(const struct scorer *s, size_t at)
{
    const struct requirement *q = s->m->rows[at].requirement;
    for (size_t i = 0; i < s->m->rows_n; i++) {
        const struct requirement *o = s->m->rows[i].requirement;
        bool before = o->priority > q->priority || (o->priority == q->priority && i < at);
        if (before && !s->row_repeats[i] && o->kind == q->kind && o->years_min == q->years_min &&
            within(&s->m->requirements[at], &s->m->requirements[i]))
            return true;
    }
    return false;
}

/* A requirement that stands among the duties too is asked for as a requirement. */
static bool duty_within_earlier(const struct scorer *s, size_t at)
{
    for (size_t i = 0; i < s->m->rows_n; i++)
        if (within(&s->m->responsibilities[at], &s->m->requirements[i]))
            return true;
    for (size_t i = 0; i < at; i++)
        if (!s->duty_repeats[i] && within(&s->m->responsibilities[at], &s->m->responsibilities[i]))
            return true;
    return false;
}

void score_repeats(struct scorer *s)
{
    analysis_repeats(s->an, s->row_repeats);
    for (int priority = REQUIREMENT_REQUIRED; priority >= REQUIREMENT_PREFERRED; priority--)
        for (size_t i = 0; i < s->m->rows_n; i++)
            if ((int)s->m->rows[i].requirement->priority == priority && !s->row_repeats[i])
                s->row_repeats[i] = row_within_earlier(s, i);
    for (size_t i = 0; i < s->an->responsibilities_n; i++)
        s->duty_repeats[i] = duty_within_earlier(s, i);
}
