#include <criterion/criterion.h>
#include "pipeline/engine/lint.h"

static struct lint_report *lint(const char *json)
{
    struct arena *a = malloc(sizeof(*a));
    struct lint_report *r = malloc(sizeof(*r));
    struct err err = {0};
    yyjson_val *root = NULL;
    arena_init(a, (size_t)64 << 20);
    cr_assert_eq(json_parse(a, str_of(json), &root, NULL, &err), 0, "%s", err.msg);
    cr_assert_eq(lint_resume(a, root, r, &err), 0);
    return r;
}

static bool says(const struct lint_report *r, const char *code, const char *pointer)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->at[i].code, code) == 0 && str_eqc(r->at[i].pointer, pointer))
            return true;
    return false;
}

#define GOOD                                                                                                           \
    "{\"basics\":{\"name\":\"Eva Oh\",\"email\":\"eva@example.com\",\"phone\":\"+1 412 555 "                           \
    "0143\",\"summary\":\"Analyst "                                                                                    \
    "for maps.\",\"location\":{\"city\":\"Lyon\"}},\"work\":[{\"name\":\"Quay\",\"position\":\"Lead\",\"startDate\":"  \
    "\"2021-03\",\"highlights\":[\"Cut latency from 840 ms to 190 ms\"]}],\"education\":[{\"institution\":\"UPM\","    \
    "\"area\":\"Maths\",\"startDate\":\"2010\",\"endDate\":\"2014\"}],\"skills\":[{\"name\":\"Data\",\"keywords\":["   \
    "\"SQL\"]}]}"

Test(lint, a_good_resume_has_no_findings)
{
    struct lint_report *r = lint(GOOD);
    cr_assert_eq(r->n, 0, "%s at %s", r->n ? r->at[0].code : "", r->n ? r->at[0].pointer.p : "");
}

/* One case a rule: what is wrong, which code at which place. */
static const struct {
    const char *json, *code, *pointer;
} CASES[] = {
    {"{}", "name_missing", "/basics/name"},
    {"{}", "email_missing", "/basics/email"},
    {"{\"basics\":{\"email\":\"eva at example\"}}", "email_invalid", "/basics/email"},
    {"{}", "phone_missing", "/basics/phone"},
    {"{\"basics\":{\"phone\":\"12\"}}", "phone_invalid", "/basics/phone"},
    {"{}", "location_missing", "/basics/location"},
    {"{}", "summary_missing", "/basics/summary"},
    {"{\"basics\":{\"image\":\"a.png\"}}", "image_not_printed", "/basics/image"},
    {"{\"basics\":{\"profiles\":[{\"network\":\"X\"}]}}", "profile_incomplete", "/basics/profiles/0"},
    {"{}", "content_missing", ""},
    {"{}", "skills_missing", "/skills"},
    {"{\"work\":[{\"name\":\"A\"}]}", "education_missing", "/education"},
    {"{\"hobbies\":[\"x\"]}", "section_unknown", "/hobbies"},
    {"{\"awards\":[]}", "section_empty", "/awards"},
    {"{\"work\":[{\"name\":\"A\"},{}]}", "entry_empty", "/work/1"},
    {"{\"work\":[{\"highlights\":\"x\"}]}", "field_type", "/work/0/highlights"},
    {"{\"work\":[{\"name\":\"A\"}]}", "title_missing", "/work/0/position"},
    {"{\"work\":[{\"position\":\"A\"}]}", "employer_missing", "/work/0/name"},
    {"{\"work\":[{\"name\":\"A\"}]}", "dates_missing", "/work/0"},
    {"{\"work\":[{\"name\":\"A\",\"endDate\":\"2020\"}]}", "start_missing", "/work/0/startDate"},
    {"{\"work\":[{\"startDate\":\"Summer 2019\"}]}", "date_unreadable", "/work/0/startDate"},
    {"{\"work\":[{\"startDate\":\"2019-13\"}]}", "date_month", "/work/0/startDate"},
    {"{\"work\":[{\"startDate\":\"2019-05\",\"endDate\":\"2018-05\"}]}", "dates_reversed", "/work/0/endDate"},
    {"{\"work\":[{\"name\":\"A\",\"startDate\":\"2010\"},{\"name\":\"B\",\"startDate\":\"2015\"}]}",
     "order_not_newest_first", "/work"},
    {"{\"work\":[{\"name\":\"A\"}]}", "highlights_missing", "/work/0"},
    {"{\"work\":[{\"highlights\":[\"short\"]}]}", "highlight_short", "/work/0/highlights/0"},
    {"{\"work\":[{\"highlights\":[\"\"]}]}", "highlight_empty", "/work/0/highlights/0"},
    {"{\"work\":[{\"highlights\":[\"The same words again\",\"the SAME words again\"]}]}", "highlight_duplicate",
     "/work/0/highlights/1"},
    {"{\"education\":[{\"area\":\"x\"}]}", "institution_missing", "/education/0/institution"},
    {"{\"work\":[{\"highlights\":[\"I built my own rocket\"]}]}", "first_person", "/work/0/highlights/0"},
    {"{\"work\":[{\"name\":\"o\\ufb03ce\"}]}", "unsearchable_characters", "/work/0/name"},
    {"{\"basics\":{\"name\":\"a\\u200bb\"}}", "invisible_characters", "/basics/name"},
    {"{\"basics\":{\"label\":\"\\ud83d\\ude80 rockets\"}}", "pictograph", "/basics/label"},
    {"{\"work\":[{\"highlights\":[\"\\u2022 Did a thing well\"]}]}", "typed_bullet", "/work/0/highlights/0"},
    {"{\"basics\":{\"name\":\"Jos\\u00c3\\u00a9\"}}", "mojibake", "/basics/name"},
    {"{\"work\":[{\"highlights\":[\"a\\tb\\tc\"]}]}", "table_in_text", "/work/0/highlights/0"},
    {"{\"basics\":{\"summary\":\"EVERYTHING HERE IS VERY LOUD\"}}", "all_capitals", "/basics/summary"},
    {"{\"basics\":{\"summary\":\"a <b>bold</b> claim\"}}", "markup", "/basics/summary"},
    {"{\"basics\":{\"summary\":\"I want to join [Company]\"}}", "template_left", "/basics/summary"},
    {"{\"work\":[{\"highlights\":[\"first line\\nsecond line\"]}]}", "line_breaks", "/work/0/highlights/0"},
    {"{\"basics\":{\"url\":\"my page\"}}", "url_invalid", "/basics/url"},
    {"{\"skills\":[{\"keywords\":[\"Go\",\"go\"]}]}", "keyword_twice", "/skills/0/keywords/0"},
    {"{\"skills\":[{\"keywords\":[\"Go\",\"go\"]},{\"keywords\":[\"GO\"]}]}", "keyword_repeated",
     "/skills/0/keywords/0"},
};

Test(lint, every_rule_finds_its_case)
{
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
        cr_assert(says(lint(CASES[i].json), CASES[i].code, CASES[i].pointer), "%s in %s", CASES[i].code, CASES[i].json);
}

Test(lint, no_rule_but_the_one_about_it_speaks_about_a_good_resume)
{
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
        cr_assert_not(says(lint(GOOD), CASES[i].code, CASES[i].pointer));
}

Test(lint, findings_are_json)
{
    struct lint_report *r = lint("{\"work\":[{\"startDate\":\"\\\"x\\\"\"}]}");
    struct buf b;
    struct arena a;
    yyjson_val *root = NULL;
    buf_init(&b, 1 << 20);
    arena_init(&a, 1 << 20);
    lint_write_json(r, &b);
    cr_assert_eq(json_parse(&a, (struct str){.p = buf_str(&b), .n = b.len}, &root, NULL, NULL), 0);
    cr_assert_eq(yyjson_arr_size(root), r->n);
    buf_fini(&b);
    arena_fini(&a);
}
