/* What the tests of profile, match, tailor, letter and score share: a candidate, and postings built by hand. */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>
#include "pipeline/engine/letter.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/tailor.h"

#define FIXTURE_NOW ((struct month){.y = 2026, .m = 11})

static const char FIXTURE_PROFILE[] =
    "{\"basics\":{\"name\":\"Ada Verne\",\"label\":\"Backend "
    "Engineer\",\"email\":\"ada@example.com\",\"phone\":\"555-0100\",\"summary\":\"Backend engineer for "
    "payments.\",\"location\":{\"city\":\"Lyon\"}},"
    "\"work\":[{\"name\":\"Quaywater\",\"position\":\"Senior Backend "
    "Engineer\",\"startDate\":\"2021-03\",\"summary\":\"Ledger team.\",\"highlights\":["
    "\"Wrote the style guide for internal documents\",\"Cut the p99 latency of the payout API from 840 ms to 190 ms "
    "with PostgreSQL advisory locks\","
    "\"Moved 31 services to Kubernetes with Terraform\",\"Mentored three junior engineers, two of whom were promoted\","
    "\"Ran the office book club\",\"Organized the yearly summer party\"]},"
    "{\"name\":\"Ombrelle\",\"position\":\"Software "
    "Developer\",\"startDate\":\"2018-01\",\"endDate\":\"2021-02\",\"highlights\":["
    "\"Built a billing service in Java with Spring Boot\",\"Raised test coverage from 34% to 81%\"]}],"
    "\"education\":[{\"institution\":\"INSA\",\"area\":\"Computer Science\",\"studyType\":\"Master of "
    "Science\",\"startDate\":\"2013\",\"endDate\":\"2017\"}],"
    "\"certificates\":[{\"name\":\"Certified Kubernetes Administrator (CKA)\",\"date\":\"2022-06\"}],"
    "\"skills\":[{\"name\":\"Languages\",\"keywords\":[\"Bash\",\"Java\",\"Go\"]},{\"name\":\"Platform\",\"keywords\":["
    "\"Linux\",\"Kubernetes\",\"PostgreSQL\"]}],"
    "\"languages\":[{\"language\":\"English\",\"fluency\":\"Fluent\"},{\"language\":\"German\",\"fluency\":\"B1\"}],"
    "\"x_custom\":{\"kept\":[1,2.5,null]}}";

static inline struct arena *fixture_arena(void)
{
    struct arena *a = malloc(sizeof(*a));
    cr_assert_not_null(a);
    arena_init(a, (size_t)64 * 1024 * 1024);
    return a;
}

static inline struct profile *fixture_profile(struct arena *a, const char *json)
{
    struct profile *p = NULL;
    struct err err = {0};
    cr_assert_eq(profile_read(a, str_of(json), &p, &err), 0, "%s at %s", err.msg, err.pointer);
    return p;
}

static inline struct analysis *fixture_posting(struct arena *a)
{
    struct analysis *an = ARENA_NEW(a, struct analysis);
    cr_assert_not_null(an);
    an->verdict = ANALYSIS_POSTING;
    an->title = STR("Senior Platform Engineer");
    an->company = STR("Corvane Logistics");
    an->language = STR("en");
    an->mission = STR("Corvane moves chilled goods for small growers who cannot run their own trucks");
    an->experience_years_min = an->experience_years_max = -1;
    an->pay.min = an->pay.max = -1;
    an->confidence = 0.8;
    return an;
}

/* Skills are found in the text by the dictionary, as the analysis does it. */
static inline struct requirement *fixture_require(struct analysis *an, enum requirement_kind kind,
                                                  enum requirement_priority priority, const char *text)
{
    static const char *const IDS[] = {"r1",  "r2",  "r3",  "r4",  "r5",  "r6",  "r7",  "r8",  "r9",  "r10",
                                      "r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20"};
    cr_assert_lt(an->requirements_n, ARRAY_LEN(IDS));
    struct requirement *q = &an->requirements[an->requirements_n];
    *q = (struct requirement){.id = str_of(IDS[an->requirements_n++]),
                              .text = str_of(text),
                              .kind = kind,
                              .priority = priority,
                              .weight = priority == REQUIREMENT_REQUIRED ? 0.8 : 0.4,
                              .years_min = -1,
                              .evidence = {.text = str_of(text)}};
    struct skill_mention m[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX];
    size_t n = skills_find(q->text, m, ARRAY_LEN(m));
    for (size_t i = 0; i < n; i++)
        q->skills[q->skills_n++] = str_of(m[i].skill->slug);
    return q;
}

static inline struct match *fixture_match(struct arena *a, const struct analysis *an, const struct profile *p)
{
    struct match *m = NULL;
    struct err err = {0};
    cr_assert_eq(match_make_at(a, an, p, FIXTURE_NOW, &m, &err), 0, "%s", err.msg);
    return m;
}

static inline yyjson_val *fixture_json(struct arena *a, struct str text)
{
    yyjson_val *root = NULL;
    struct err err = {0};
    cr_assert_eq(json_parse(a, text, &root, NULL, &err), 0, "%s", err.msg);
    return root;
}
