#include <criterion/criterion.h>
#include "pipeline/engine/lex.h"

static bool same(const char *a, const char *b)
{
    return lex_stem(str_of(a)) == lex_stem(str_of(b));
}

Test(lex, forms_of_one_word_agree)
{
    cr_assert(same("nursing", "Nurses") && same("nurse", "nursing"));
    cr_assert(same("engineering", "engineer") && same("Engineers", "engineer"));
    cr_assert(same("analysis", "analytics") && same("analyst", "analyzed"));
    cr_assert(same("planning", "plan") && same("policies", "policy"));
    cr_assert(same("developer", "development"));
    cr_assert_not(same("java", "javascript"));
    cr_assert_not(same("C", "C++"));
}

Test(lex, words_of_a_line)
{
    struct str rest = STR("C++, Node.js & CI/CD — “R” (nurse’s)"), w;
    const char *const want[] = {"C++", "Node.js", "CI", "CD", "R", "nurse", "s"};
    for (size_t i = 0; i < 7; i++) {
        cr_assert(lex_next_word(&rest, &w));
        cr_assert(str_eqc(w, want[i]), "%.*s", STR_ARG(w));
    }
    cr_assert_not(lex_next_word(&rest, &w));
}

Test(lex, stop_words_are_sorted_and_found)
{
    static const char *const STOP[] = {"a", "the", "experience", "Years", "your", "yrs", "with"};
    static const char *const WORDS[] = {"kafka", "nursing", "c", "r", "budget"};
    for (size_t i = 0; i < 7; i++)
        cr_assert(lex_is_stop(str_of(STOP[i])), "%s", STOP[i]);
    for (size_t i = 0; i < 5; i++)
        cr_assert_not(lex_is_stop(str_of(WORDS[i])), "%s", WORDS[i]);
}

Test(lex, metrics_and_names_with_digits)
{
    static const char *const YES[] = {"by 40%", "from 9 to 2 hours", "$410,000 a year", "12 people",
                                      "about 1,900 stars"};
    static const char *const NO[] = {"in PostgreSQL 14 and p99", "with OAuth 2.0 for partners", "since 2019",
                                     "no digits", "GPT-4"};
    for (size_t i = 0; i < 5; i++)
        cr_assert(lex_has_metric(str_of(YES[i])), "%s", YES[i]);
    for (size_t i = 0; i < 5; i++)
        cr_assert(!lex_has_metric(str_of(NO[i])), "%s", NO[i]);
}

Test(lex, a_text_answers_as_its_bytes_do)
{
    static const char *const texts[] = {
        "", "C", "Led a team of 4; co-led two.", "the Bachelor’s degree", "a (B.Sc.) in X", "Tél: résumé", "x"};
    static const char *const phrases[] = {"c",    "led",    "co-led", "team of", "team", "tea", "bachelor’s", "b.sc",
                                          "in x", "résumé", "sum",    "x",       "of 4", "two", "two."};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct lex_text t;
        lex_text_init(&t, str_of(texts[i]));
        for (size_t k = 0; k < ARRAY_LEN(phrases); k++)
            cr_assert_eq(lex_text_has(&t, phrases[k]), lex_has(str_of(texts[i]), phrases[k]), "%s in %s", phrases[k],
                         texts[i]);
    }
}

Test(lex, irregular_forms_and_stop_words_in_any_case)
{
    cr_assert(same("Wrote", "WRITTEN") && same("led", "Leadership") && same("maths", "Mathematics"));
    cr_assert(lex_is_stop(STR("The")) && lex_is_stop(STR("EXPERIENCE")) && lex_is_stop(STR("x")));
    cr_assert_not(lex_is_stop(STR("C")));
    cr_assert_not(lex_is_stop(STR("kubernetes")));
}
