#include "engine_fixture.h"

static int read_code(const char *json, struct err *err)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    int rc = profile_read(a, str_of(json), &p, err);
    arena_fini(a);
    free(a);
    return rc;
}

Test(profile, reads_employments_atoms_and_skills)
{
    struct arena *a = fixture_arena();
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    cr_assert_eq(p->employments_n, 2);
    cr_assert(str_eqc(p->employments[0].organization, "Quaywater"));
    cr_assert(p->employments[0].current);
    cr_assert_not(p->employments[1].current);
    cr_assert_eq(p->employments[1].end.y, 2021);
    cr_assert_not(p->empty);
    cr_assert_eq(p->education, EDUCATION_MASTER);
    for (size_t i = 0; i < p->atoms_n; i++) {
        char id[32];
        snprintf(id, sizeof(id), "a%zu", i + 1);
        cr_assert(str_eqc(p->atoms[i].id, id));
        cr_assert_not_null(yyjson_ptr_getn(p->document, p->atoms[i].pointer.p, p->atoms[i].pointer.n), "%.*s",
                           STR_ARG(p->atoms[i].pointer));
    }
    bool found = false;
    for (size_t i = 0; i < p->atoms_n; i++) {
        if (!str_eqc(p->atoms[i].pointer, "/work/0/highlights/1"))
            continue;
        found = true;
        cr_assert_eq(p->atoms[i].employment, 0);
        cr_assert(p->atoms[i].has_number);
        bool postgres = false;
        for (size_t k = 0; k < p->atoms[i].skills_n; k++)
            postgres = postgres || strcmp(p->atoms[i].skills[k]->slug, "postgresql") == 0;
        cr_assert(postgres);
    }
    cr_assert(found);
}

Test(profile, wrong_types_name_the_place)
{
    static const struct {
        const char *json, *pointer;
    } CASES[] = {
        {"[]", ""},
        {"{\"basics\":[]}", "/basics"},
        {"{\"basics\":{\"name\":1}}", "/basics/name"},
        {"{\"work\":{}}", "/work"},
        {"{\"work\":[1]}", "/work/0"},
        {"{\"work\":[{},{\"highlights\":\"x\"}]}", "/work/1/highlights"},
        {"{\"work\":[{\"highlights\":[\"a\",2]}]}", "/work/0/highlights/1"},
        {"{\"skills\":[{\"keywords\":{}}]}", "/skills/0/keywords"},
        {"{\"x_goals\":7}", "/x_goals"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct err err = {0};
        cr_assert_eq(read_code(CASES[i].json, &err), -ERR_INVALID, "%s", CASES[i].json);
        cr_assert_str_eq(err.pointer, CASES[i].pointer);
    }
}

Test(profile, partial_documents_are_fine)
{
    static const char *const FINE[] = {"{}", "{\"basics\":null,\"work\":null}", "{\"work\":[{\"endDate\":null}]}",
                                       "{\"skills\":[]}", "{\"unknown\":{\"work\":3}}"};
    for (size_t i = 0; i < ARRAY_LEN(FINE); i++) {
        struct arena *a = fixture_arena();
        cr_assert(fixture_profile(a, FINE[i])->empty, "%s", FINE[i]);
        arena_fini(a);
        free(a);
    }
}

Test(profile, blank_templates_are_empty)
{
    struct arena *a = fixture_arena();
    cr_assert(fixture_profile(a, "{\"basics\":{\"name\":\"\"},\"work\":[{\"company\":\"\",\"position\":\"\","
                                 "\"highlights\":[\"\"]}],\"skills\":[{\"name\":\"\",\"keywords\":[\"\"]}]}")
                  ->empty);
}

Test(profile, unknown_fields_stay_in_the_document)
{
    struct arena *a = fixture_arena();
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    cr_assert_str_eq(json_write(a, yyjson_obj_get(p->document, "x_custom"), NULL), "{\"kept\":[1,2.5,null]}");
}

static int months(const char *work, struct month now)
{
    struct arena *a = fixture_arena();
    char json[512];
    snprintf(json, sizeof(json), "{\"work\":[%s]}", work);
    int n = profile_work_months(fixture_profile(a, json), now);
    arena_fini(a);
    free(a);
    return n;
}

Test(profile, work_months_count_overlaps_once)
{
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2020-01\",\"endDate\":\"2020-03\"}", FIXTURE_NOW), 3);
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2020-01\",\"endDate\":\"2020-06\"},{\"name\":\"B\","
                        "\"startDate\":\"2020-04-15\",\"endDate\":\"2020-12-31\"}",
                        FIXTURE_NOW),
                 12);
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2019\",\"endDate\":\"2021\"}", FIXTURE_NOW), 24);
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2026-10\"}", FIXTURE_NOW), 2);
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2021-05\",\"endDate\":\"2020-01\"}", FIXTURE_NOW), 0);
    cr_assert_eq(months("{\"name\":\"A\",\"startDate\":\"2030-01\",\"endDate\":\"2031-01\"}", FIXTURE_NOW), 0);
    cr_assert_eq(months("{\"name\":\"A\"}", FIXTURE_NOW), 0);
}

Test(profile, dates_read_well)
{
    struct arena *a = fixture_arena();
    static const struct {
        struct employment e;
        const char *text;
    } CASES[] = {
        {{.start = {2020, 1}, .current = true}, "Jan 2020 – present"},
        {{.start = {2020, 1}, .end = {2022, 0}}, "Jan 2020 – 2022"},
        {{.start = {2024, 10}, .end = {2024, 10}}, "Oct 2024"},
        {{.end = {2019, 5}}, "May 2019"},
        {{.start = {2018, 0}}, "2018"},
        {{.index = 0}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct str s = profile_dates(a, &CASES[i].e);
        cr_assert(str_eqc(s, CASES[i].text), "%.*s", STR_ARG(s));
    }
}

Test(profile, a_degree_in_progress_is_not_held)
{
    struct arena *a = fixture_arena();
    cr_assert_eq(
        fixture_profile(a, "{\"education\":[{\"studyType\":\"Master of Science (in progress)\",\"endDate\":\"2027\"}]}")
            ->education,
        EDUCATION_NONE);
    cr_assert_eq(fixture_profile(a, "{\"education\":[{\"studyType\":\"PhD\",\"startDate\":\"2024\"}]}")->education,
                 EDUCATION_NONE);
    cr_assert_eq(fixture_profile(a, "{\"education\":[{\"studyType\":\"BSc\",\"endDate\":\"2015\"}]}")->education,
                 EDUCATION_BACHELOR);
}

Test(profile, too_large_is_refused)
{
    char *big = malloc(PROFILE_MAX_BYTES + 2);
    memset(big, ' ', PROFILE_MAX_BYTES + 1);
    big[PROFILE_MAX_BYTES + 1] = '\0';
    struct err err = {0};
    cr_assert_eq(read_code(big, &err), -ERR_TOO_LARGE);
    free(big);
}

Test(profile, knows_its_own_strings)
{
    struct arena *a = fixture_arena();
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    cr_assert(profile_states(p, STR("Ran the office book club")));
    cr_assert(profile_states(p, STR("Quaywater")));
    cr_assert(profile_states(p, STR("2021-03")));
    cr_assert_not(profile_states(p, STR("Ran the office book clu")));
    cr_assert_not(profile_states(p, STR("quaywater")));
    cr_assert_not(profile_states(p, STR("organization"))); /* keys are no values */
    cr_assert_not(profile_states(p, STR("")));
    arena_fini(a);
    free(a);
}
