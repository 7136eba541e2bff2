/* What tailoring writes: names of the posting, lines verb first, the summary, questions. */
#include "engine_fixture.h"
#include "pipeline/engine/tailor_parts.h"

static yyjson_val *tailor_json(struct arena *a, struct analysis *an, struct profile *p, enum tailor_strategy strategy)
{
    struct err err = {0};
    struct str out;
    struct tailor_options o = {.strategy = strategy, .now = FIXTURE_NOW};
    cr_assert_eq(tailor_make(a, an, p, fixture_match(a, an, p), o, &out, &err), 0, "%s", err.msg);
    return fixture_json(a, out);
}

static yyjson_val *tailor_one(struct arena *a, const char *requirement, const char *profile,
                              enum tailor_strategy strategy)
{
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, requirement);
    return tailor_json(a, an, fixture_profile(a, profile), strategy);
}

static const char *at(yyjson_val *r, const char *pointer)
{
    return json_str(yyjson_ptr_get(yyjson_obj_get(r, "document"), pointer)).p;
}

/* One job that has ended; %s is its only line. */
static struct profile *with_line(struct arena *a, const char *line, bool ended)
{
    char *json = arena_printf(a,
                              "{\"work\":[{\"name\":\"Ombrelle\",\"position\":\"Manager\",\"startDate\":\"2018-01\"%s,"
                              "\"highlights\":[\"%s\"]}]}",
                              ended ? ",\"endDate\":\"2020-01\"" : "", line);
    return fixture_profile(a, json);
}

Test(tailor_words, lines_begin_with_what_was_done)
{
    static const struct {
        const char *before, *after;
        bool ended;
    } CASES[] = {
        {"Responsible for managing a team of 5", "Managed a team of 5", true},
        {"Responsible for managing a team of 5", "Manage a team of 5", false},
        {"Was responsible for leading the 2019 audit", "Led the 2019 audit", true},
        {"Tasked with planning the move of 3 sites", "Planned the move of 3 sites", true},
        {"Successfully reduced waste by 12%", "Reduced waste by 12%", true},
        {"Was able to cut costs by 4%", "Cut costs by 4%", true},
        {"I built the billing service in Java", "Built the billing service in Java", true},
        {"Manage a team of 5", "Managed a team of 5", true},
        {"Managing a team of 5", "Managed a team of 5", true},
        /* left alone */
        {"Managing a team of 5", "Managing a team of 5", false},
        {"Responsible for managing a team and ordering supplies",
         "Responsible for managing a team and ordering supplies", true},
        {"Responsible for 24 residents per shift", "Responsible for 24 residents per shift", true},
        {"Helped with managing a team of 5", "Helped with managing a team of 5", true},
        {"We built the billing service", "We built the billing service", true},
        {"Lead engineer for the billing service", "Lead engineer for the billing service", true},
        {"Design a menu and cook for 80 guests", "Design a menu and cook for 80 guests", true},
        {"Led a team of 5", "Led a team of 5", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        struct analysis *an = fixture_posting(a);
        fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes");
        yyjson_val *r = tailor_json(a, an, with_line(a, CASES[i].before, CASES[i].ended), TAILOR_FULL);
        cr_assert_str_eq(at(r, "/work/0/highlights/0"), CASES[i].after);
        cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass");
        bool same = strcmp(CASES[i].before, CASES[i].after) == 0;
        cr_assert_eq(yyjson_arr_size(yyjson_obj_get(r, "ops")), same ? 0 : 1, "%s", CASES[i].before);
        const char *relation = yyjson_get_str(yyjson_ptr_get(r, "/claims/0/relation"));
        cr_assert_str_eq(relation, same ? "verbatim" : "paraphrase");
    }
}

Test(tailor_words, skills_take_the_name_of_the_posting)
{
    static const struct {
        const char *asked, *mine, *after;
    } CASES[] = {
        {"JavaScript", "JS", "JavaScript"},
        {"Amazon Web Services", "AWS", "Amazon Web Services (AWS)"},
        {"AWS", "Amazon Web Services", "Amazon Web Services (AWS)"},
        {"K8s", "Kubernetes", "Kubernetes (K8s)"},
        {"Kubernetes", "K8s", "Kubernetes"},
        {"Postgres", "PostgreSQL", "PostgreSQL"},
        /* another thing under the same head of the dictionary */
        {"Kubernetes", "EKS", "EKS"},
        {"PostgreSQL", "PostGIS", "PostGIS"},
        {"SQL", "T-SQL", "T-SQL"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        const char *profile = arena_printf(a, "{\"skills\":[{\"name\":\"All\",\"keywords\":[\"%s\"]}]}", CASES[i].mine);
        yyjson_val *r = tailor_one(a, CASES[i].asked, profile, TAILOR_KEYWORDS);
        cr_assert_str_eq(at(r, "/skills/0/keywords/0"), CASES[i].after, "%s for %s", CASES[i].asked, CASES[i].mine);
        cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass");
        yyjson_val *n = tailor_one(a, CASES[i].asked, profile, TAILOR_NUDGE);
        cr_assert_str_eq(at(n, "/skills/0/keywords/0"), CASES[i].mine, "nudge changes no word");
    }
}

Test(tailor_words, every_row_of_names_is_one_skill_of_the_dictionary)
{
    static const char *const ROWS[] = {
#define NAMES(row) row,
#include "pipeline/engine/tailor_names.def"
#undef NAMES
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct str rest = str_of(ROWS[i]), name, first = {0};
        const struct skill *skill = NULL;
        while (str_next_field(&rest, '|', &name)) {
            const struct skill *s = skills_by_name(name);
            cr_assert(!skill || !s || s == skill, "%.*s and %.*s are apart in the dictionary", STR_ARG(first),
                      STR_ARG(name));
            skill = s ? s : skill;
            first = s ? name : first;
        }
    }
}

Test(tailor_words, a_skill_that_only_a_line_names_is_listed)
{
    struct arena *a = fixture_arena();
    const char *profile = "{\"work\":[{\"name\":\"Ombrelle\",\"startDate\":\"2018\",\"highlights\":[\"Moved 31 "
                          "services with Terraform\"]}],"
                          "\"skills\":[{\"name\":\"Languages\",\"keywords\":[\"Go\"]},{\"name\":\"Operations\","
                          "\"keywords\":[\"Ansible\",\"Linux\"]}]}";
    yyjson_val *r = tailor_one(a, "Terraform", profile, TAILOR_FULL);
    cr_assert_str_eq(at(r, "/skills/0/keywords/0"), "Terraform", "beside Ansible, first, and its group first");
    cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass");
}

Test(tailor_words, a_summary_is_written_where_there_is_none)
{
    struct arena *a = fixture_arena();
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Terraform");
    const char *profile = "{\"basics\":{\"name\":\"A\"},\"work\":[{\"name\":\"Quaywater\",\"position\":\"Platform "
                          "Engineer\",\"startDate\":\"2021-03\","
                          "\"highlights\":[\"Moved 31 services to Kubernetes with Terraform\"]}]}";
    yyjson_val *r = tailor_json(a, an, fixture_profile(a, profile), TAILOR_FULL);
    const char *summary = at(r, "/basics/summary");
    cr_assert(str_starts(str_of(summary), "Platform Engineer at Quaywater since 2021. "), "%s", summary);
    cr_assert(strstr(summary, "Kubernetes and Terraform"), "%s", summary);
    cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass");
    an->company = STR("Another");
    an->title = STR("Cloud Engineer");
    size_t different = 0;
    for (int i = 0; i < 12; i++) {
        an->company = str_of(arena_printf(a, "Company %d", i));
        different +=
            strcmp(summary, at(tailor_json(a, an, fixture_profile(a, profile), TAILOR_FULL), "/basics/summary")) != 0;
    }
    cr_assert_gt(different, 3, "it depends on the posting");
}

Test(tailor_words, nothing_is_worded_in_a_language_that_is_not_ours)
{
    struct arena *a = fixture_arena();
    const char *profile =
        "{\"basics\":{\"summary\":\"Ich baue die Dienste mit Kubernetes und Terraform für den Versand.\"},"
        "\"work\":[{\"name\":\"Kai GmbH\",\"startDate\":\"2021\",\"highlights\":[\"Umzug der Dienste mit Kubernetes "
        "und Terraform in das Rechenzentrum\"]}]}";
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Terraform");
    yyjson_val *r = tailor_json(a, an, fixture_profile(a, profile), TAILOR_FULL);
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(r, "ops")), 0);
}

Test(tailor_words, a_line_that_points_back_stays_behind_its_line)
{
    struct arena *a = fixture_arena();
    const char *profile = "{\"work\":[{\"name\":\"Ombrelle\",\"highlights\":[\"Wrote the style guide\",\"Moved 31 "
                          "services to Kubernetes\","
                          "\"This cut deployments to 4 minutes\"]}]}";
    yyjson_val *r = tailor_one(a, "Kubernetes", profile, TAILOR_FULL);
    cr_assert_str_eq(at(r, "/work/0/highlights/0"), "Moved 31 services to Kubernetes");
    cr_assert_str_eq(at(r, "/work/0/highlights/1"), "This cut deployments to 4 minutes");
}

static const char *only_question(struct arena *a, enum requirement_kind kind, const char *text, int years)
{
    struct analysis *an = fixture_posting(a);
    fixture_require(an, kind, REQUIREMENT_REQUIRED, text)->years_min = years;
    yyjson_val *r = tailor_json(a, an, fixture_profile(a, FIXTURE_PROFILE), TAILOR_FULL);
    return yyjson_get_str(yyjson_ptr_get(r, "/coverage/questions/0"));
}

Test(tailor_words, questions_by_kind)
{
    struct arena *a = fixture_arena();
    cr_assert_str_eq(only_question(a, REQUIREMENT_SKILL, "Ansible or Puppet", -1),
                     "Do you have experience with Ansible or Puppet?");
    cr_assert_str_eq(only_question(a, REQUIREMENT_EXPERIENCE, "5 years of Ansible", 5),
                     "Do you have 5 years of experience with Ansible that the profile does not show?");
    cr_assert_str_eq(
        only_question(a, REQUIREMENT_CERTIFICATION, "Certified Scrum Master.", -1),
        "The posting asks for “Certified Scrum Master”. Do you hold that certificate, or are you working towards it?");
    cr_assert_str_eq(only_question(a, REQUIREMENT_LANGUAGE, "Fluent French", -1), "Do you speak French, and how well?");
    cr_assert_str_eq(only_question(a, REQUIREMENT_AUTHORIZATION, "No visa sponsorship", -1),
                     "The posting says “No visa sponsorship”. May you work there without sponsorship?");
}

Test(tailor_words, what_does_not_hold)
{
    struct arena *a = fixture_arena();
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    size_t atom = 0;
    while (!str_starts(p->atoms[atom].text, "Cut the p99"))
        atom++;
    struct str before = p->atoms[atom].text, word;
    static const struct {
        const char *value, *code; /* code NULL: it holds */
    } CASES[] = {
        {"Cut the p99 latency of the payout API from 840 ms to 190 ms with PostgreSQL advisory locks", NULL},
        {"Cut the p99 latency of the payout API from 840 ms to 190 ms with Postgres advisory locks", NULL},
        {"Cut the p99 latency of the payout API by 77% from 840 ms to 190 ms with PostgreSQL advisory locks",
         "UNGROUNDED_METRIC"},
        {"Cut the p99 latency of the payout API to 190 ms with PostgreSQL advisory locks", "CHANGED_METRIC"},
        {"Cut the p99 latency of the payout API from 840 ms to 190 ms with Oracle advisory locks", "UNGROUNDED_TEXT"},
        {"Cut the p99 latency of the payout API from 840 ms to 190 ms with advisory locks", "CONTENT_LOST"},
        {"Led the cut of the p99 latency of the payout API from 840 ms to 190 ms with PostgreSQL advisory locks",
         "UNGROUNDED_TEXT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct tailor_text text = {.value = str_of(CASES[i].value), .before = before, .atoms = &atom, .atoms_n = 1};
        const char *code = "";
        bool holds = tailor_text_holds(p, &text, &word, &code);
        cr_assert_eq(holds, CASES[i].code == NULL, "%s: %s %.*s", CASES[i].value, code, STR_ARG(word));
        if (!holds)
            cr_assert_str_eq(code, CASES[i].code, "%s", CASES[i].value);
    }
}
