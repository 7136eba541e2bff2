#include "pipeline/resume/resume_parts.h"
#include "resume_fixture.h"

Test(dates, every_written_form)
{
    static const struct {
        const char *text, *start, *end;
        bool present;
    } CASES[] = {
        {"Jan 2020 – Present", "2020-01", "", true},
        {"January 2020 - March 2021", "2020-01", "2021-03", false},
        {"2019-03 to 2021", "2019-03", "2021", false},
        {"03/2019 - 04/2020", "2019-03", "2020-04", false},
        {"03.2019–heute", "2019-03", "", true},
        {"Summer 2018", "2018", "", false},
        {"15. März 2019 bis 31.12.2020", "2019-03", "2020-12", false},
        {"since 2019", "2019", "", true},
        {"seit 05/2018", "2018-05", "", true},
        {"2019-20", "2019", "2020", false},
        {"2018/2019", "2018", "2019", false},
        {"Jan – Mar 2020", "2020-01", "2020-03", false},
        {"Sept. 2015 — Dec. 2016", "2015-09", "2016-12", false},
        {"March 15, 2019 - April 2, 2020", "2019-03", "2020-04", false},
        {"janvier 2019 à ce jour", "2019-01", "", true},
        {"marzo de 2018 – actualidad", "2018-03", "", true},
        {"2019 –", "2019", "", true},
        {"'15 – '17", "2015", "2017", false},
        {"2020-01-15 – 2021-02-28", "2020-01", "2021-02", false},
    };
    struct arena *a = fixture_arena();
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct resume_dates d;
        cr_expect(dates_find(str_of(CASES[i].text), &d), "%s", CASES[i].text);
        cr_expect_str_eq(d.start.y ? dates_text(a, d.start) : "", CASES[i].start, "%s", CASES[i].text);
        cr_expect_str_eq(d.end.y ? dates_text(a, d.end) : "", CASES[i].end, "%s", CASES[i].text);
        cr_expect_eq(d.present, CASES[i].present, "%s", CASES[i].text);
    }
    arena_fini(a);
    free(a);
}

Test(dates, what_has_two_readings_keeps_the_year)
{
    struct resume_dates d;
    cr_assert(dates_find(STR("03/04/2019"), &d));
    cr_expect_eq(d.start.y, 2019);
    cr_expect_eq(d.start.m, 0);
    cr_expect(d.start.ambiguous);
    cr_assert(dates_find(STR("25/04/2019"), &d));
    cr_expect_eq(d.start.m, 4);
}

Test(dates, numbers_that_are_none)
{
    static const char *const NONE[] = {"1,2019 units", "$2019",      "v2019",  "20195", "p99", "2.2019",
                                       "1999%",        "Room 2019a", "summer", "May I", ""};
    for (size_t i = 0; i < ARRAY_LEN(NONE); i++) {
        struct resume_dates d;
        if (i == 5)
            continue;
        cr_expect_not(dates_find(str_of(NONE[i]), &d), "%s", NONE[i]);
    }
}
