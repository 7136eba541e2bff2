#include <criterion/criterion.h>
#include <stdio.h>
#include "pipeline/engine/skills.h"

/* Slugs found in a text, separated by spaces. */
static const char *found(const char *text)
{
    static char out[1000];
    struct skill_mention m[64];
    size_t n = skills_find(str_of(text), m, ARRAY_LEN(m)), at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s", i ? " " : "", m[i].skill->slug);
    return out;
}

Test(skills, aliases_find_their_skill)
{
    cr_assert_str_eq(found("Postgres, k8s and Node.js"), "postgresql kubernetes nodejs");
    cr_assert_str_eq(found("C++, C# and .NET"), "cpp csharp dotnet");
    cr_assert_str_eq(found("RN license required"), "registered-nurse");
    cr_assert_str_eq(found("CI/CD, A/B testing"), "cicd ab-testing");
}

Test(skills, the_longest_name_wins)
{
    cr_assert_str_eq(found("React Native"), "react-native");
    cr_assert_str_eq(found("Google Analytics 4"), "google-analytics");
    cr_assert_str_eq(found("Lean Six Sigma"), "six-sigma");
}

Test(skills, names_that_are_words_need_case_and_company)
{
    cr_assert_str_eq(found("services in Go, Rust or C"), "go rust c");
    cr_assert_str_eq(found("Go onsite when something changes"), "");
    cr_assert_str_eq(found("go the extra mile"), "");
    cr_assert_str_eq(found("React quickly to incidents"), "");
    cr_assert_str_eq(found("you excel at details"), "");
    cr_assert_str_eq(found("strong Excel"), "excel");
    cr_assert_str_eq(found("a swift reply"), "");
    cr_assert_str_eq(found("Washington, D.C."), "");
    cr_assert_str_eq(found("C. Operation of scanners"), "");
    cr_assert_str_eq(found("R&D budget"), "");
    cr_assert_str_eq(found("a bit of Python or R"), "python r");
}

Test(skills, words_have_boundaries)
{
    cr_assert_str_eq(found("javascripting gosling"), "");
    cr_assert_str_eq(found("Spanish-speaking"), "spanish");
}

Test(skills, mentions_are_places_in_the_text)
{
    struct skill_mention m[4];
    struct str text = STR("We use PostgreSQL here");
    cr_assert_eq(skills_find(text, m, 4), 1);
    cr_assert(str_eqc(str_sub(text, m[0].start, m[0].end), "PostgreSQL"));
}

Test(skills, long_texts_are_read_to_the_end_and_max_holds)
{
    struct buf_text {
        char p[20000];
    } t;
    size_t n = 0;
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(t.p + n, sizeof(t.p) - n, "word SQL Server ");
    struct skill_mention *m = calloc(2000, sizeof(*m));
    cr_assert_eq(skills_find((struct str){t.p, n}, m, 2000), 1000);
    cr_assert_eq(skills_find((struct str){t.p, n}, m, 10), 10);
    free(m);
}

Test(skills, lookups)
{
    cr_assert_str_eq(skills_by_slug(STR("postgresql"))->label, "PostgreSQL");
    cr_assert_null(skills_by_slug(STR("no-such-skill")));
    cr_assert_null(skills_by_slug(STR("")));
    cr_assert_str_eq(skills_by_name(STR("golang"))->slug, "go");
    cr_assert_str_eq(skills_by_name(STR(" Amazon Web Services "))->slug, "aws");
    cr_assert_null(skills_by_name(STR("Python and more")));
}

Test(skills, slugs_are_unique)
{
    static const char *const slugs[] = {
#define S(slug, label, field, aliases) slug,
#define SC                             S
#define SA                             S
#include "pipeline/engine/skills.def"
    };
    cr_assert_geq(ARRAY_LEN(slugs), 450);
    for (size_t i = 0; i < ARRAY_LEN(slugs); i++)
        cr_assert_str_eq(skills_by_slug(str_of(slugs[i]))->slug, slugs[i]);
}
