#include "engine_fixture.h"

static struct score_result score_of(struct arena *a, const struct analysis *an, const char *profile)
{
    struct profile *p = fixture_profile(a, profile);
    struct score_result r = {0};
    struct err err = {0};
    cr_assert_eq(score_make(a, an, p, fixture_match(a, an, p), FIXTURE_NOW, &r, &err), 0, "%s", err.msg);
    return r;
}

static struct analysis *posting(struct arena *a)
{
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Go");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kafka");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_PREFERRED, "Ansible");
    an->experience_years_min = 5;
    an->seniority = SENIORITY_SENIOR;
    return an;
}

/* A profile with the given skills and highlights, otherwise always the same. */
static const char *profile_with(struct arena *a, const char *skills, const char *highlights)
{
    return arena_printf(a,
                        "{\"basics\":{\"name\":\"A "
                        "B\",\"email\":\"a@example.com\",\"label\":\"Engineer\"},\"work\":[{\"name\":\"Org\","
                        "\"position\":\"Engineer\",\"startDate\":\"2019-01\",\"highlights\":[%s]}],"
                        "\"skills\":[{\"name\":\"All\",\"keywords\":[%s]}]}",
                        highlights, skills);
}

Test(score, same_input_same_bytes)
{
    struct arena *a = fixture_arena();
    struct analysis *an = posting(a);
    cr_assert(str_eq(score_of(a, an, FIXTURE_PROFILE).json, score_of(a, an, FIXTURE_PROFILE).json));
}

Test(score, points_add_up)
{
    struct arena *a = fixture_arena();
    yyjson_val *r = fixture_json(a, score_of(a, posting(a), FIXTURE_PROFILE).json), *row;
    double points = 0, max = 0;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(r, "requirement_match"), i, n, row)
    {
        points += json_get_num(row, "points", -1);
        max += json_get_num(row, "points_max", -1);
        cr_assert_gt(json_get_str(row, "reason").n, 0);
        cr_assert(json_get_num(row, "points", 0) == 0 || yyjson_arr_size(yyjson_obj_get(row, "evidence_ids")) > 0);
    }
    cr_assert_eq(n, 4);
    double shown = json_get_num(yyjson_arr_get(yyjson_obj_get(r, "dimensions"), 0), "score", -1),
           expected = (points + 3) / (max + 6);
    cr_assert(shown - expected < 0.001 && expected - shown < 0.001, "%f %f", shown, expected);
    double sum = 0, weight = 0;
    yyjson_arr_foreach(yyjson_obj_get(r, "dimensions"), i, n, row)
    {
        if (!json_get_bool(row, "present", false))
            continue;
        sum += json_get_num(row, "weight", 0) * json_get_num(row, "score", 0);
        weight += json_get_num(row, "weight", 0);
    }
    double raw = 100 * sum / weight;
    cr_assert(json_get_int(r, "raw", -1) >= raw - 0.6 && json_get_int(r, "raw", -1) <= raw + 0.6);
    cr_assert_not(json_get_bool(r, "llm_involved", true));
}

Test(score, a_repeated_keyword_never_raises)
{
    struct arena *a = fixture_arena();
    struct analysis *an = posting(a);
    const char *line = "\"Operated Kubernetes clusters for two teams\"";
    int once = score_of(a, an, profile_with(a, "\"Go\"", line)).overall;
    int often = score_of(a, an, profile_with(a, "\"Go\",\"Go\",\"Go\",\"Go\",\"Go\"", line)).overall;
    int lines =
        score_of(a, an,
                 profile_with(
                     a, "\"Go\"",
                     "\"Operated Kubernetes clusters for two teams\",\"Kubernetes Kubernetes Kubernetes Kubernetes\""))
            .overall;
    cr_assert_leq(often, once);
    cr_assert_leq(lines, once);
    yyjson_val *r = fixture_json(a, score_of(a, an, profile_with(a, "\"Go\",\"Go\",\"Go\"", line)).json);
    cr_assert_eq(yyjson_arr_size(yyjson_ptr_get(r, "/keyword/stuffing")), 1);
}

Test(score, true_evidence_never_lowers)
{
    struct arena *a = fixture_arena();
    struct analysis *an = posting(a);
    fixture_require(an, REQUIREMENT_SOFT, REQUIREMENT_REQUIRED, "Mentoring");
    fixture_require(an, REQUIREMENT_EXPERIENCE, REQUIREMENT_REQUIRED, "4 years of Go")->years_min = 4;
    static const char *const LINES[] = {"\"Wrote services in Go for the ledger\"", "\"Ran Kafka for forty topics\"",
                                        "\"Mentored three junior engineers\"", "\"Automated hosts with Ansible\"",
                                        "\"Kept the garden\""};
    char all[1024] = "\"Operated Kubernetes clusters\"";
    int before = score_of(a, an, profile_with(a, "\"Go\"", all)).overall;
    for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
        strcat(strcat(all, ","), LINES[i]);
        int after = score_of(a, an, profile_with(a, "\"Go\"", all)).overall;
        cr_assert_geq(after, before, "%s: %d to %d", LINES[i], before, after);
        before = after;
    }
    int listed = score_of(a, an, profile_with(a, "\"Go\",\"Kafka\",\"Ansible\"", all)).overall;
    cr_assert_geq(listed, before);
}

Test(score, thin_postings_shrink_to_the_middle)
{
    struct arena *a = fixture_arena();
    struct analysis *thin = fixture_posting(a), *full = fixture_posting(a);
    static const char *const HAVE[] = {"Kubernetes", "Terraform", "Java", "PostgreSQL", "Spring Boot"};
    fixture_require(thin, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, HAVE[0]);
    for (size_t i = 0; i < ARRAY_LEN(HAVE); i++)
        fixture_require(full, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, HAVE[i]);
    cr_assert_lt(score_of(a, thin, FIXTURE_PROFILE).overall, score_of(a, full, FIXTURE_PROFILE).overall);
    struct analysis *none = fixture_posting(a);
    none->title = STR("");
    yyjson_val *r = fixture_json(a, score_of(a, none, FIXTURE_PROFILE).json);
    cr_assert_eq(json_get_num(yyjson_arr_get(yyjson_obj_get(r, "dimensions"), 0), "score", -1), 0.5);
}

Test(score, blockers_need_both_sides)
{
    struct arena *a = fixture_arena();
    struct analysis *an = posting(a);
    fixture_require(an, REQUIREMENT_LANGUAGE, REQUIREMENT_REQUIRED, "French");
    cr_assert_leq(score_of(a, an, FIXTURE_PROFILE).overall, 70); /* languages are listed, French is not */
    yyjson_val *r = fixture_json(a, score_of(a, an, profile_with(a, "\"Go\"", "\"Ran Kafka\"")).json);
    cr_assert_eq(json_get_int(yyjson_obj_get(r, "cap"), "value", -1), 100);
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(r, "blockers")), 0);
}

Test(score, certificates_degrees_and_years_cap)
{
    static const struct {
        enum requirement_kind kind;
        const char *text, *category;
        int years, cap;
    } CASES[] = {
        {REQUIREMENT_CERTIFICATION, "Active CPA license", "certification", -1, 60},
        {REQUIREMENT_EDUCATION, "PhD in physics", "education", -1, 65},
        {REQUIREMENT_EXPERIENCE, "20 years of professional experience", "experience", 20, 65},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        struct analysis *an = posting(a);
        fixture_require(an, CASES[i].kind, REQUIREMENT_REQUIRED, CASES[i].text)->years_min = CASES[i].years;
        yyjson_val *r = fixture_json(a, score_of(a, an, FIXTURE_PROFILE).json);
        cr_assert_eq(json_get_int(yyjson_obj_get(r, "cap"), "value", -1), CASES[i].cap, "%s", CASES[i].text);
        cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/blockers/0/category")), CASES[i].category);
        cr_assert_leq(json_get_int(r, "overall", 999), CASES[i].cap);
        /* the same, preferred only, caps nothing */
        an->requirements[an->requirements_n - 1].priority = REQUIREMENT_PREFERRED;
        r = fixture_json(a, score_of(a, an, FIXTURE_PROFILE).json);
        cr_assert_eq(json_get_int(yyjson_obj_get(r, "cap"), "value", -1), 100);
    }
}

Test(score, no_posting_no_number)
{
    struct arena *a = fixture_arena();
    struct analysis *an = posting(a);
    an->verdict = ANALYSIS_TOO_SHORT;
    cr_assert_eq(score_of(a, an, FIXTURE_PROFILE).overall, -1);
}

Test(score, absent_dimensions_are_listed_and_carry_no_weight)
{
    struct arena *a = fixture_arena();
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes");
    yyjson_val *r = fixture_json(a, score_of(a, an, FIXTURE_PROFILE).json), *d;
    size_t i, n;
    double effective = 0;
    yyjson_arr_foreach(yyjson_obj_get(r, "dimensions"), i, n, d)
    {
        effective += json_get_num(d, "effective_weight", 0);
        if (str_eqc(json_get_str(d, "key"), "experience"))
            cr_assert_not(json_get_bool(d, "present", true));
        cr_assert_gt(json_get_str(d, "detail").n, 0);
    }
    cr_assert_eq(n, 7);
    cr_assert(effective > 99.9 && effective < 100.1);
}
