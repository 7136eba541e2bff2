#include "engine_fixture.h"
#include "pipeline/engine/phrase.h"

Test(phrase, articles)
{
    static const char *const AN[] = {"Engineer", "MVP",     "hour",      "8-week course",    "SRE",
                                     "RN",       "analyst", "HTML page", "18-month contract"};
    static const char *const A[] = {"Senior Engineer", "European team", "user",    "412-bed hospital",
                                    "UX Designer",     "university",    "one-off", "CNC Machinist"};
    for (size_t i = 0; i < ARRAY_LEN(AN); i++)
        cr_assert_str_eq(phrase_article(str_of(AN[i])), "an", "%s", AN[i]);
    for (size_t i = 0; i < ARRAY_LEN(A); i++)
        cr_assert_str_eq(phrase_article(str_of(A[i])), "a", "%s", A[i]);
}

Test(phrase, join)
{
    struct arena *a = fixture_arena();
    struct str items[] = {STR("a"), STR("b"), STR("c")};
    cr_assert(str_eqc(phrase_join(a, items, 0, "and"), ""));
    cr_assert(str_eqc(phrase_join(a, items, 1, "and"), "a"));
    cr_assert(str_eqc(phrase_join(a, items, 2, "or"), "a or b"));
    cr_assert(str_eqc(phrase_join(a, items, 3, "and"), "a, b and c"));
}

Test(phrase, capitals)
{
    struct arena *a = fixture_arena();
    cr_assert(str_eqc(phrase_lower_first(a, STR("Built it")), "built it"));
    cr_assert(str_eqc(phrase_lower_first(a, STR("REST APIs")), "REST APIs"));
    cr_assert(str_eqc(phrase_lower_first(a, STR("Python scripts")), "Python scripts"));
    cr_assert(str_eqc(phrase_title_case(a, STR("SENIOR SOFTWARE ENGINEER")), "Senior Software Engineer"));
    cr_assert(str_eqc(phrase_title_case(a, STR("HEAD OF QA")), "Head of QA"));
    cr_assert(str_eqc(phrase_title_case(a, STR("Teacher of Mathematics")), "Teacher of Mathematics"));
}
