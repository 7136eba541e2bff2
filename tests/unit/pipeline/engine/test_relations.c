#include "pipeline/engine/relations.h"

#include <criterion/criterion.h>

static bool related(const char *from, const char *to, enum relation_kind kind)
{
    const struct relation *r;
    size_t n = relations_of(skills_by_slug(str_of(from)), &r);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(r[i].from->slug, from);
        if (strcmp(r[i].to->slug, to) == 0 && r[i].kind == kind)
            return true;
    }
    return false;
}

Test(relations, both_ends_know)
{
    cr_assert(related("scrum", "agile", RELATION_IMPLIES));
    cr_assert(related("agile", "scrum", RELATION_IMPLIED_BY));
    cr_assert_not(related("agile", "scrum", RELATION_IMPLIES));
    cr_assert(related("aws", "azure", RELATION_SIMILAR));
    cr_assert(related("azure", "aws", RELATION_SIMILAR));
    cr_assert_not(related("aws", "scrum", RELATION_SIMILAR));
}

Test(relations, none_for_a_skill_without)
{
    const struct relation *r;
    cr_assert_eq(relations_of(NULL, &r), 0);
}
