/* What the tests of the fact check share: one person, and a way to ask what is wrong with a sentence. */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>
#include "pipeline/facts/facts.h"

#define FIXTURE_NOW ((struct month){.y = 2026, .m = 11})

static const char FIXTURE_PERSON[] =
    "{\"basics\":{\"name\":\"Ada Verne\",\"label\":\"Senior Backend Engineer\",\"email\":\"ada@example.com\"},"
    "\"work\":[{\"name\":\"Quaywater Systems\",\"position\":\"Senior Backend "
    "Engineer\",\"startDate\":\"2021-03\",\"highlights\":["
    "\"Cut the p99 latency of the payout API from 840 ms to 190 ms with PostgreSQL advisory locks\","
    "\"Moved 31 services to Kubernetes with Terraform\","
    "\"Contributed to a fraud model that saved $2.5 million a year\"]},"
    "{\"name\":\"Ombrelle\",\"position\":\"Assistant Store "
    "Manager\",\"startDate\":\"2018-01\",\"endDate\":\"2021-02\",\"highlights\":["
    "\"Reduced waste from 40 to 20 crates a week\",\"Scheduled a team of 12\","
    "\"Helped organize the yearly inventory of 9,800 articles\"]}],"
    "\"education\":[{\"institution\":\"Granite Peak University\",\"area\":\"Computer "
    "Science\",\"studyType\":\"Bachelor of Science\","
    "\"startDate\":\"2013-09\",\"endDate\":\"2017-06\"}],"
    "\"certificates\":[{\"name\":\"Certified Kubernetes Administrator (CKA)\",\"date\":\"2022-06\"}],"
    "\"skills\":[{\"name\":\"Languages\",\"keywords\":[\"Go\",\"Java\",\"Bash\"]}],"
    "\"languages\":[{\"language\":\"German\",\"fluency\":\"B1\"}]}";

struct fixture {
    struct arena arena;
    struct facts_input in;
    const struct facts_ledger *ledger;
};

static inline void fixture_check(struct fixture *f, enum facts_kind kind, const char *text, const char *posting)
{
    struct profile *p = NULL;
    struct err err = {0};
    arena_init(&f->arena, (size_t)64 * 1024 * 1024);
    cr_assert_eq(profile_read(&f->arena, str_of(FIXTURE_PERSON), &p, &err), 0, "%s", err.msg);
    f->in = (struct facts_input){.kind = kind, .text = str_of(text), .posting = str_of(posting), .now = FIXTURE_NOW};
    cr_assert_eq(facts_index_make(&f->arena, p, &f->in.index, &err), 0, "%s", err.msg);
    cr_assert_eq(facts_check(&f->arena, &f->in, &f->ledger, &err), 0, "%s", err.msg);
}

/* The first violation's code, FACTS_CODE_NONE when there is none. */
static inline enum facts_code fixture_code(enum facts_kind kind, const char *text, const char *posting)
{
    struct fixture f;
    enum facts_code code = FACTS_CODE_NONE;
    fixture_check(&f, kind, text, posting);
    for (size_t i = 0; i < f.ledger->sentences_n && code == FACTS_CODE_NONE; i++)
        if (f.ledger->sentences[i].violations_n)
            code = f.ledger->sentences[i].violations[0].code;
    arena_fini(&f.arena);
    return code;
}

#define LETTER_SAYS(code, text)                                                                                        \
    cr_assert_str_eq(facts_code_name(fixture_code(FACTS_LETTER, text, "")), facts_code_name(FACTS_##code), "%s", text)
#define RESUME_SAYS(code, text)                                                                                        \
    cr_assert_str_eq(facts_code_name(fixture_code(FACTS_RESUME, text, "")), facts_code_name(FACTS_##code), "%s", text)
