/* Which requirements say again what others have said. A posting that names a skill in five clauses asks for it once;
 * who counts rows must not count it five times.
 *
 * By skills: a clause without years, degree or certificate adds nothing when all its skills are named by the counted
 * clauses before it, required ones first. So what is said again further down changes nothing of what was counted. */
#include "pipeline/engine/analysis.h"

#include <string.h>

#define NAMED_MAX (ANALYSIS_REQUIREMENTS_MAX * ANALYSIS_SKILLS_PER_REQUIREMENT_MAX)

struct named {
    struct str slugs[NAMED_MAX];
    size_t n;
};

static bool is_named(const struct named *s, struct str slug)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->slugs[i], slug))
            return true;
    return false;
}

static bool plain_skills(const struct requirement *q)
{
    return q->skills_n > 0 && q->years_min < 0 &&
           (q->kind == REQUIREMENT_SKILL || q->kind == REQUIREMENT_OTHER || q->kind == REQUIREMENT_EXPERIENCE ||
            q->kind == REQUIREMENT_SOFT);
}

/* Names its skills; whether one of them was new. */
static bool names_more(struct named *s, const struct requirement *q)
{
    bool more = false;
    for (size_t i = 0; i < q->skills_n; i++) {
        if (is_named(s, q->skills[i]))
            continue;
        s->slugs[s->n++] = q->skills[i];
        more = true;
    }
    return more;
}

void analysis_repeats(const struct analysis *an, bool ret[ANALYSIS_REQUIREMENTS_MAX])
{
    static const enum requirement_priority ORDER[] = {REQUIREMENT_REQUIRED, REQUIREMENT_PREFERRED};
    struct named s = {.n = 0};
    memset(ret, 0, sizeof(bool) * ANALYSIS_REQUIREMENTS_MAX);
    for (size_t p = 0; p < ARRAY_LEN(ORDER); p++)
        for (size_t i = 0; i < an->requirements_n; i++) {
            const struct requirement *q = &an->requirements[i];
            if (q->priority == ORDER[p] && plain_skills(q))
                ret[i] = !names_more(&s, q);
        }
}
