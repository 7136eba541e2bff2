#include "engine_fixture.h"
#include "pipeline/engine/letter_parts.h"

Test(recast, lines_become_clauses)
{
    static const struct {
        const char *line;
        bool project;
        enum recast_form form;
        const char *tail;
    } CASES[] = {
        {"Cut the p99 latency by 40%.", false, RECAST_PAST, "cut the p99 latency by 40%"},
        {"Co-led a CAUTI reduction project", false, RECAST_PAST, "co-led a CAUTI reduction project"},
        {"Successfully won the regional prize", false, RECAST_PAST, "successfully won the regional prize"},
        {"Mentored team of 6 engineers", false, RECAST_PAST, "mentored a team of six engineers"},
        {"Developed MVP that acquired 50,000 users", false, RECAST_PAST, "developed an MVP that acquired 50,000 users"},
        {"Led migration from monolith to microservices", false, RECAST_PAST,
         "led the migration from monolith to microservices"},
        {"Trained team on modern JavaScript", false, RECAST_PAST, "trained the team on modern JavaScript"},
        {"Optimized database queries", false, RECAST_PAST, "optimized database queries"},
        {"Responsible for 24 residents per shift", false, RECAST_WAS, "responsible for 24 residents per shift"},
        {"Member of the triage team", false, RECAST_WAS, "a member of the triage team"},
        {"Promoted to intermediate developer after 6 months", false, RECAST_WAS,
         "promoted to intermediate developer after six months"},
        {"Packaged for Debian and Homebrew", true, RECAST_THING, "was packaged for Debian and Homebrew"},
        {"Run a ten-week Python course", false, RECAST_BASE, "run a ten-week Python course"},
        {"Developing and testing firmware", false, RECAST_GERUND, "developing and testing firmware"},
        {"Preceptor for 14 new graduate nurses", false, RECAST_WAS, "a preceptor for 14 new graduate nurses"},
        {"Technical lead for the storage team", false, RECAST_WAS, "a technical lead for the storage team"},
        {"40% increase in homework completion", false, RECAST_RESULT, "40% increase in homework completion"},
        {"$2.4M in new business in 2024", false, RECAST_RESULT, "$2.4M in new business in 2024"},
        {"Manages a book of 45 accounts", false, RECAST_PAST, "managed a book of 45 accounts"},
        {"Renders surfaces in WebGL", true, RECAST_THING, "renders surfaces in WebGL"},
        {"Prep lists and ordering for the kitchen", false, RECAST_NOUN, "prep lists and ordering for the kitchen"},
        {"Optimized bundle size reducing load time by 50%", false, RECAST_PAST,
         "optimized bundle size, reducing load time by 50%"},
        {"Onboarded 12 accounts & trained their staff", false, RECAST_PAST,
         "onboarded 12 accounts and trained their staff"},
        {"Digitalised the archive of the parish", false, RECAST_PAST, "digitalised the archive of the parish"},
        {"Wrote the parser; crashes since then: zero", false, RECAST_PAST,
         "wrote the parser (crashes since then: zero)"},
        {"Passed level 3 of the course", false, RECAST_PAST, "passed level 3 of the course"},
        {"REST APIs for partners", false, RECAST_NOUN, "REST APIs for partners"},
        {"About 1,900 stars", true, RECAST_NOUN, "about 1,900 stars"},
        {"I wrote the manual", false, RECAST_CLAUSE, "I wrote the manual"},
        {"Built the new parser in C. Then rewrote it.", false, RECAST_PAST,
         "built the new parser in C. Then rewrote it"},
        {"Built the new parser in a week. Then rewrote it in Rust.", false, RECAST_PAST,
         "built the new parser in a week"},
        {"Design of the carrier layer", false, RECAST_NOUN, "design of the carrier layer"},
        {"", false, RECAST_NOUN, ""},
    };
    struct arena *a = fixture_arena();
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct recast r = recast_highlight(a, str_of(CASES[i].line), CASES[i].project, false);
        cr_assert_eq(r.form, CASES[i].form, "%s: form %d", CASES[i].line, r.form);
        cr_assert(str_eqc(r.tail, CASES[i].tail), "%s: %.*s", CASES[i].line, STR_ARG(r.tail));
    }
}

Test(recast, numbers_survive)
{
    struct arena *a = fixture_arena();
    const char *line = "Reduced AWS spend by $410,000 a year (27%) on a 340-node fleet";
    struct recast r = recast_highlight(a, str_of(line), false, false);
    cr_assert(str_find(r.tail, STR("$410,000 a year (27%) on a 340-node fleet")) >= 0);
    cr_assert(r.whole);
}

Test(recast, a_post_still_held_may_take_the_perfect)
{
    static const struct {
        const char *line, *perfect;
    } CASES[] = {
        {"Cut the p99 latency by 40%", "cut the p99 latency by 40%"},
        {"Wrote the style guide", "written the style guide"},
        {"Trained 118 nurses and ran support for them", ""}, /* "have trained ... and ran" */
        {"Trained 118 nurses for the 2023 upgrade", ""},
        {"Reviewed 260 charts a year", ""},
        {"Redesigned the note; time per shift fell by a third", "redesigned the note; time per shift fell by a third"},
    };
    struct arena *a = fixture_arena();
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct recast r = recast_highlight(a, str_of(CASES[i].line), false, true);
        cr_assert(str_eqc(r.perfect, CASES[i].perfect), "%s: %.*s", CASES[i].line, STR_ARG(r.perfect));
        cr_assert_eq(recast_highlight(a, str_of(CASES[i].line), false, false).perfect.n, 0);
    }
    struct recast held = recast_highlight(a, STR("Leads the weekly club"), false, true);
    cr_assert_eq(held.form, RECAST_BASE);
    cr_assert(str_eqc(held.tail, "lead the weekly club"));
}
