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
        {"Mentored team of 6 engineers", false, RECAST_PAST, "mentored a team of 6 engineers"},
        {"Developed MVP that acquired 50,000 users", false, RECAST_PAST, "developed an MVP that acquired 50,000 users"},
        {"Led migration from monolith to microservices", false, RECAST_PAST,
         "led the migration from monolith to microservices"},
        {"Trained team on modern JavaScript", false, RECAST_PAST, "trained the team on modern JavaScript"},
        {"Optimized database queries", false, RECAST_PAST, "optimized database queries"},
        {"Responsible for 24 residents per shift", false, RECAST_WAS, "responsible for 24 residents per shift"},
        {"Member of the triage team", false, RECAST_WAS, "a member of the triage team"},
        {"Promoted to intermediate developer after 6 months", false, RECAST_WAS,
         "promoted to intermediate developer after 6 months"},
        {"Packaged for Debian and Homebrew", true, RECAST_PASSIVE, "packaged for Debian and Homebrew"},
        {"Run a ten-week Python course", false, RECAST_BASE, "run a ten-week Python course"},
        {"Developing and testing firmware", false, RECAST_GERUND, "developing and testing firmware"},
        {"Preceptor for 14 new graduate nurses", false, RECAST_NOUN, "preceptor for 14 new graduate nurses"},
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
        struct recast r = recast_highlight(a, str_of(CASES[i].line), CASES[i].project);
        cr_assert_eq(r.form, CASES[i].form, "%s: form %d", CASES[i].line, r.form);
        cr_assert(str_eqc(r.tail, CASES[i].tail), "%s: %.*s", CASES[i].line, STR_ARG(r.tail));
    }
}

Test(recast, numbers_survive)
{
    struct arena *a = fixture_arena();
    const char *line = "Reduced AWS spend by $410,000 a year (27%) on a 340-node fleet";
    struct recast r = recast_highlight(a, str_of(line), false);
    cr_assert(str_find(r.tail, STR("$410,000 a year (27%) on a 340-node fleet")) >= 0);
    cr_assert(r.whole);
}
