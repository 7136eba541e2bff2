/* What the person will do: items of the duties, or the sentences that say "you will". */
#include "pipeline/engine/analysis_internal.h"

#define QUOTE_BYTES 240

static bool is_duty(const struct clause *c)
{
    if (c->heading || clause_has(c, CUE(INJECTION) | CUE(LEGAL) | CUE(NOT_NEEDED)) || c->end - c->start < 12)
        return false;
    return c->kind == SECTION_DUTIES && (c->item || !clause_has(c, CUE(BENEFIT) | CUE(APPLY))) &&
           (c->item || c->lead || clause_has(c, CUE(DUTY)) || c->end - c->start > 30);
}

static void responsibility_add(struct reading *r, const struct clause *c)
{
    struct analysis *an = r->an;
    if (an->responsibilities_n >= ANALYSIS_RESPONSIBILITIES_MAX)
        return;
    struct analysis_quote q = quote_make(r, c->start, c->end, QUOTE_BYTES);
    if (q.text.n)
        an->responsibilities[an->responsibilities_n++] = (struct analysis_responsibility){.text = q.text, .quote = q};
}

void analysis_responsibilities(struct reading *r)
{
    size_t items = 0;
    for (size_t i = 0; i < r->clauses_n; i++)
        items += r->clauses[i].item && is_duty(&r->clauses[i]);
    /* with a list of duties, the sentences around it only introduce it */
    for (size_t i = 0; i < r->clauses_n; i++)
        if (is_duty(&r->clauses[i]) && (items < 3 || r->clauses[i].item))
            responsibility_add(r, &r->clauses[i]);
    for (size_t i = 0; i < r->clauses_n && r->an->responsibilities_n == 0; i++) {
        const struct clause *c = &r->clauses[i];
        if (!c->heading && clause_has(c, CUE(DUTY)) &&
            (c->kind == SECTION_NONE || c->kind == SECTION_OTHER || c->kind == SECTION_ABOUT) &&
            !clause_has(c, CUE(BENEFIT) | CUE(APPLY) | CUE(LEGAL) | CUE(INJECTION))) {
            /* a prose posting: this sentence and those that say "you will" after it */
            for (; i < r->clauses_n; i++)
                if (!r->clauses[i].heading && clause_has(&r->clauses[i], CUE(DUTY)) &&
                    !clause_has(&r->clauses[i],
                                CUE(BENEFIT) | CUE(APPLY) | CUE(LEGAL) | CUE(INJECTION) | CUE(NOT_NEEDED)))
                    responsibility_add(r, &r->clauses[i]);
        }
    }
}
