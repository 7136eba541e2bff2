/* The post applied for is no claim; the same words told of the person are one. */
#include "pipeline/facts/facts_fixture.h"

struct post {
    const char *title, *company;
};

static enum facts_code code_for(const struct post *post, const char *text)
{
    struct fixture f = {0};
    struct analysis an = {.title = str_of(post->title), .company = str_of(post->company)};
    struct profile *p = NULL;
    struct err err = {0};
    enum facts_code code = FACTS_CODE_NONE;
    arena_init(&f.arena, (size_t)64 * 1024 * 1024);
    cr_assert_eq(profile_read(&f.arena, str_of(FIXTURE_PERSON), &p, &err), 0, "%s", err.msg);
    f.in = (struct facts_input){.kind = FACTS_LETTER, .text = str_of(text), .analysis = &an, .now = FIXTURE_NOW};
    cr_assert_eq(facts_index_make(&f.arena, p, &f.in.index, &err), 0, "%s", err.msg);
    cr_assert_eq(facts_check(&f.arena, &f.in, &f.ledger, &err), 0, "%s", err.msg);
    for (size_t i = 0; i < f.ledger->sentences_n && code == FACTS_CODE_NONE; i++)
        if (f.ledger->sentences[i].violations_n)
            code = f.ledger->sentences[i].violations[0].code;
    arena_fini(&f.arena);
    return code;
}

static const struct post ACADEMY = {"Teacher of Mathematics (Key Stage 3)", "St Aldhelm's Academy"};
static const struct post GROCER = {"Junior BI Analyst II", "Quarry Lane Grocers, Inc."};
static const struct post CITY = {"QA Automation Engineers", "The City of Harlow Falls"};
static const struct post NUMBER = {"Machine Learning Engineer", "10x"};

#define APPLIED(post, text) cr_assert_str_eq(facts_code_name(code_for(&post, text)), "", "%s", text)
#define CLAIMED(post, text) cr_assert_neq(code_for(&post, text), FACTS_CODE_NONE, "%s", text)

Test(facts_post, wishes_and_applications)
{
    APPLIED(GROCER, "I'd like to join Quarry Lane Grocers as a Junior BI Analyst.");
    APPLIED(GROCER, "Here is my case for the Junior BI Analyst role at Quarry Lane Grocers.");
    APPLIED(GROCER, "For Quarry Lane Grocers I would add that I moved 31 services to Kubernetes.");
    APPLIED(GROCER,
            "What I would bring to Quarry Lane Grocers as a Junior BI Analyst comes from Quaywater Systems, where "
            "I moved 31 services to Kubernetes.");
    APPLIED(GROCER, "Kindly consider me for the Junior BI Analyst post at Quarry Lane.");
    APPLIED(GROCER, "My last post was as an Assistant Store Manager at Ombrelle; my next, I hope, is as a Junior BI "
                    "Analyst at Quarry Lane Grocers.");
    APPLIED(GROCER,
            "I've been at Quaywater Systems since 2021, and the Junior BI Analyst role at Quarry Lane Grocers is "
            "what I'd like to do next.");
    APPLIED(GROCER, "If I joined Quarry Lane Grocers, I'd lean on Ombrelle, where I scheduled a team of 12.");
}

Test(facts_post, names_as_they_are_said)
{
    APPLIED(ACADEMY, "At St Aldhelm's Academy I would draw on Ombrelle, where I scheduled a team of 12.");
    APPLIED(ACADEMY, "I would also bring this to St Aldhelm's Academy: I have worked at Quaywater Systems since 2021.");
    APPLIED(ACADEMY, "I wish to apply for the Teacher of Mathematics position at St Aldhelm's.");
    APPLIED(CITY, "I'd love to talk about the QA Automation Engineer role at the City of Harlow Falls.");
    APPLIED(CITY, "To Harlow Falls I would bring what I know from Ombrelle.");
    APPLIED(NUMBER, "Another thing I would bring to 10x: I moved 31 services to Kubernetes.");
    APPLIED(NUMBER, "10x has advertised for a Machine Learning Engineer, and I wish to be considered.");
}

Test(facts_post, told_of_the_person_it_is_a_claim)
{
    CLAIMED(GROCER, "I was a Junior BI Analyst at Quarry Lane Grocers.");
    CLAIMED(GROCER, "I worked at Quarry Lane Grocers.");
    CLAIMED(GROCER, "As a Junior BI Analyst at Quarry Lane Grocers I led a team of 12.");
    CLAIMED(GROCER, "As a Junior BI Analyst at Quarry Lane Grocers, I scheduled a team of 12.");
    CLAIMED(GROCER, "In my role at Quarry Lane Grocers I scheduled a team of 12.");
    CLAIMED(GROCER, "At Quarry Lane Grocers I scheduled a team of 12.");
    CLAIMED(GROCER, "My years at Quarry Lane Grocers taught me to schedule.");
    CLAIMED(GROCER, "Quarry Lane Grocers hired me in 2019.");
    CLAIMED(GROCER, "I am a Junior BI Analyst at Quaywater Systems.");
    CLAIMED(GROCER, "I would bring what I did as a Junior BI Analyst at Quaywater Systems.");
    CLAIMED(ACADEMY, "I worked as a Teacher of Mathematics at St Aldhelm's Academy from 2018 to 2021.");
    CLAIMED(CITY, "I was a QA Automation Engineer at the City of Harlow Falls and would like to come back.");
    CLAIMED(NUMBER, "I have been a Machine Learning Engineer since 2021.");
}

Test(facts_post, the_posting_lends_nothing)
{
    CLAIMED(GROCER,
            "What I would bring to Quarry Lane Grocers comes from Initech, where I moved 31 services to Kubernetes.");
    CLAIMED(GROCER, "You may want to know that at Globex Dynamics, where I have worked since 2021, I cut latency.");
    APPLIED(GROCER, "I would come to Quarry Lane Grocers from Ombrelle, where I scheduled a team of 12.");
    APPLIED(GROCER, "Should my experience be of use to Quarry Lane Grocers, I would gladly come to speak with you.");
    CLAIMED(GROCER,
            "I am applying for the Junior BI Analyst role at Quarry Lane Grocers. I worked for Globex Dynamics.");
    CLAIMED(GROCER, "I'd like to join Quarry Lane Grocers as a Junior BI Analyst and bring my Snowflake experience.");
    CLAIMED(NUMBER, "I would bring ten years of Rust to 10x.");
}

Test(facts_post, evident_without_the_posting)
{
    LETTER_SAYS(CODE_NONE,
                "I am applying to Quarry Lane Grocers for the role of Junior BI Analyst. For Quarry Lane Grocers I "
                "would add that I moved 31 services to Kubernetes.");
    LETTER_SAYS(CODE_NONE, "Here is my case for the QA Automation Engineer role at Second Plate Food Rescue.");
    LETTER_SAYS(CODE_NONE, "Quarry Lane Grocers has advertised for a BI Analyst, and I wish to be considered.");
    LETTER_SAYS(CODE_NONE,
                "Dear hiring team at Login.gov,\n\nIt may be of use to Login.gov that I moved 31 services to "
                "Kubernetes.");
    LETTER_SAYS(UNGROUNDED_EMPLOYER,
                "I am applying to Quarry Lane Grocers. Before that I worked at Quarry Lane Grocers.");
    LETTER_SAYS(UNGROUNDED_EMPLOYER, "In my role at Globex Dynamics I scheduled a team of 12.");
    LETTER_SAYS(UNGROUNDED_EMPLOYER, "I worked at Globex Dynamics and would like to join Quarry Lane Grocers.");
}

Test(facts_post, first_words_name_no_employer)
{
    LETTER_SAYS(CODE_NONE, "Previously I worked at Ombrelle, where I scheduled a team of 12.");
    LETTER_SAYS(CODE_NONE, "Permit me to mention Ombrelle, where I scheduled a team of 12.");
    LETTER_SAYS(UNGROUNDED_EMPLOYER, "Globex, where I scheduled a team of 12, was my first employer.");
    RESUME_SAYS(CODE_NONE, "SUMMARY\nCurrently works with Kubernetes at Quaywater Systems.\n");
    RESUME_SAYS(CODE_NONE, "SUMMARY\nBrings Kubernetes from Quaywater Systems.\n");
}

Test(facts_post, certificates_end_where_the_employer_begins)
{
    APPLIED(GROCER, "On paper I would bring the Certified Kubernetes Administrator (CKA) to Quarry Lane Grocers.");
    CLAIMED(GROCER, "On paper I would bring the AWS Certified Solutions Architect to Quarry Lane Grocers.");
}

Test(facts_post, what_would_have_to_be_learned)
{
    LETTER_SAYS(CODE_NONE, "As to Rust or Kafka, I would have to learn it.");
    LETTER_SAYS(CODE_NONE, "If Rust is a must, you should know I'd have to learn it.");
    LETTER_SAYS(CODE_NONE, "I do not at present hold an RN license.");
    LETTER_SAYS(UNGROUNDED_SKILL, "As to Rust, I have used it for years.");
}
