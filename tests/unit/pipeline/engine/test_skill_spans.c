#include <criterion/criterion.h>
#include "base/arena.h"
#include "pipeline/engine/skill_spans.h"

#define SPANS 64

static bool found(const char *text, const char *span, enum skill_span_kind kind)
{
    struct skill_span s[SPANS];
    size_t n = skill_spans_find(str_of(text), s, SPANS);
    for (size_t i = 0; i < n; i++)
        if (s[i].kind == kind && str_eqc(str_sub(str_of(text), s[i].start, s[i].end), span))
            return true;
    return false;
}

static size_t count(const char *text)
{
    struct skill_span s[SPANS];
    return skill_spans_find(str_of(text), s, SPANS);
}

Test(skill_spans, names_and_what_follows_experience_with)
{
    const char *text = "You have experience with property law, statistical methods and PostgreSQL.";
    cr_assert(found(text, "property law", SKILL_SPAN_KNOWLEDGE));
    cr_assert(found(text, "statistical methods", SKILL_SPAN_KNOWLEDGE));
    cr_assert(found(text, "PostgreSQL", SKILL_SPAN_KNOWLEDGE));
}

Test(skill_spans, verbs_take_their_object)
{
    const char *text = "You will design reporting tools and train new colleagues in their first month.";
    cr_assert(found(text, "design reporting tools", SKILL_SPAN_SKILL));
    cr_assert(found(text, "train new colleagues", SKILL_SPAN_SKILL));
    cr_assert(found("Ability to work with stakeholders on all levels", "work with stakeholders", SKILL_SPAN_SKILL));
}

Test(skill_spans, attitudes)
{
    cr_assert(found("You have excellent communication skills.", "communication skills", SKILL_SPAN_SKILL));
    cr_assert(found("We look for a curious person, are you proactive?", "proactive", SKILL_SPAN_SKILL));
}

Test(skill_spans, a_line_of_tags)
{
    cr_assert_eq(count("java docker kubernetes sql"), 4);
}

Test(skill_spans, titles_offers_and_law_name_nothing)
{
    cr_assert_eq(count("Senior Java Developer"), 0);
    cr_assert_eq(count("Health insurance, flexible working hours and a bonus"), 0);
    cr_assert_eq(count("regardless of race, gender, sexual orientation, disability or veteran status"), 0);
}

Test(skill_spans, spans_are_in_order_inside_the_text_and_never_more_than_asked)
{
    struct skill_span s[4];
    struct str text =
        STR("Go, Rust, C++, SQL, Kafka, Python, Docker\nExperience in leading teams\n\xF0\x9F\x9A\x80 SQL");
    size_t n = skill_spans_find(text, s, 4);
    cr_assert_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        cr_assert_lt(s[i].start, s[i].end);
        cr_assert_leq(s[i].end, text.n);
        cr_assert(i == 0 || s[i - 1].start <= s[i].start);
    }
    cr_assert_eq(skill_spans_find((struct str){"", 0}, s, 4), 0);
}
