/* Each class of fabrication, and true sentences in other words beside it. */
#include "pipeline/facts/facts_fixture.h"

Test(facts, numbers)
{
    LETTER_SAYS(CODE_NONE, "At Quaywater Systems I brought payout latency down from 840 to 190 milliseconds.");
    LETTER_SAYS(CODE_NONE, "I moved thirty-one services to Kubernetes.");
    LETTER_SAYS(CODE_NONE, "I contributed to a fraud model that saves $2,500,000 each year.");
    LETTER_SAYS(CODE_NONE, "I contributed to a fraud model that saves $2.5M each year.");
    LETTER_SAYS(CHANGED_METRIC, "I moved 45 services to Kubernetes.");
    LETTER_SAYS(CHANGED_METRIC, "I contributed to a fraud model that saved $3.5 million a year.");
    LETTER_SAYS(CHANGED_METRIC, "I brought payout latency down from 840 ms to 90 ms with advisory locks.");
    LETTER_SAYS(UNGROUNDED_METRIC, "I answered 700 tickets.");
}

Test(facts, numbers_that_follow_from_others)
{
    LETTER_SAYS(CODE_NONE, "At Ombrelle I cut waste in half, from 40 to 20 crates a week.");
    LETTER_SAYS(CODE_NONE, "At Ombrelle I reduced waste by 50%.");
    LETTER_SAYS(CODE_NONE, "At Ombrelle waste was halved to twenty crates a week.");
    LETTER_SAYS(CODE_NONE, "I scheduled a dozen people as a team.");
    LETTER_SAYS(CODE_NONE, "I reduced payout latency by about 77 percent.");
    cr_assert_neq(fixture_code(FACTS_LETTER, "At Ombrelle I reduced waste by 65%.", ""), FACTS_CODE_NONE);
    cr_assert_neq(fixture_code(FACTS_LETTER, "At Ombrelle I reduced waste to a third, from 40 to 13 crates.", ""),
                  FACTS_CODE_NONE);
}

Test(facts, durations)
{
    LETTER_SAYS(CODE_NONE, "I bring more than eight years of experience.");
    LETTER_SAYS(CODE_NONE, "I spent three years at Ombrelle.");
    LETTER_SAYS(DATE_CHANGED, "I spent seven years at Ombrelle.");
    LETTER_SAYS(DATE_CHANGED, "I bring fifteen years of experience.");
}

Test(facts, dates)
{
    LETTER_SAYS(CODE_NONE, "I have worked at Quaywater Systems since 2021.");
    LETTER_SAYS(CODE_NONE, "From January 2018 to February 2021 I worked at Ombrelle.");
    LETTER_SAYS(DATE_CHANGED, "I have worked at Quaywater Systems since 2020.");
    LETTER_SAYS(DATE_CHANGED, "From 2017 to 2021 I worked at Ombrelle.");
    LETTER_SAYS(DATE_CHANGED, "I earned the CKA in 2021.");
    RESUME_SAYS(DATE_CHANGED, "EXPERIENCE\nAssistant Store Manager, Ombrelle\nJan 2017 - Feb 2021\n");
    RESUME_SAYS(CODE_NONE, "EXPERIENCE\nAssistant Store Manager, Ombrelle\n2018 - 2021\n");
}

Test(facts, employers)
{
    LETTER_SAYS(UNGROUNDED_EMPLOYER, "Before that I worked at Globex Dynamics.");
    LETTER_SAYS(UNGROUNDED_EMPLOYER, "Initech has been my employer since 2021.");
    LETTER_SAYS(CODE_NONE, "I am applying for the Platform Engineer position at Globex Dynamics. At Globex Dynamics I "
                           "would like to learn more.");
    LETTER_SAYS(CODE_NONE, "At Quaywater I moved services to Kubernetes.");
}

Test(facts, titles)
{
    LETTER_SAYS(CODE_NONE, "I work as a senior backend engineer at Quaywater Systems.");
    LETTER_SAYS(UNGROUNDED_TITLE, "I am Director of Engineering at Quaywater Systems.");
    LETTER_SAYS(UNGROUNDED_TITLE, "As Store Manager at Ombrelle I scheduled a team of 12.");
    LETTER_SAYS(UNGROUNDED_TITLE, "I was a senior backend engineer at Ombrelle.");
    LETTER_SAYS(CODE_NONE, "I am applying for the Principal Engineer position on your team.");
    RESUME_SAYS(UNGROUNDED_TITLE, "EXPERIENCE\nPrincipal Backend Engineer, Quaywater Systems\n");
}

Test(facts, degrees_and_schools)
{
    LETTER_SAYS(CODE_NONE, "I hold a Bachelor of Science in Computer Science from Granite Peak University.");
    LETTER_SAYS(CODE_NONE, "I earned my BSc in 2017.");
    LETTER_SAYS(DEGREE_NOT_HELD, "I hold a Master of Science in Computer Science from Granite Peak University.");
    LETTER_SAYS(DEGREE_NOT_HELD, "I hold a Bachelor of Science in Physics.");
    LETTER_SAYS(DEGREE_NOT_HELD, "I graduated from Stanford University.");
    LETTER_SAYS(DEGREE_NOT_HELD, "I have an MBA.");
}

Test(facts, certificates)
{
    LETTER_SAYS(CODE_NONE, "I am a Certified Kubernetes Administrator.");
    LETTER_SAYS(CODE_NONE, "I hold the CKA certification.");
    LETTER_SAYS(CERT_NOT_HELD, "I am an AWS Certified Solutions Architect.");
    LETTER_SAYS(CERT_NOT_HELD, "I hold the PMP.");
    LETTER_SAYS(CERT_NOT_HELD, "I am a licensed electrician.");
}

Test(facts, technologies)
{
    LETTER_SAYS(CODE_NONE, "I write Go and Java and know Postgres well.");
    LETTER_SAYS(UNGROUNDED_SKILL, "I write Go, Java and Rust.");
    LETTER_SAYS(UNGROUNDED_SKILL, "I have experience with Snowflake.");
    LETTER_SAYS(UNGROUNDED_SKILL, "I speak fluent French.");
    RESUME_SAYS(UNGROUNDED_SKILL, "SKILLS\nGo, Java, Kafka\n");
    RESUME_SAYS(UNGROUNDED_SKILL, "SKILLS\nGo, Java, welding\n");
}

Test(facts, parts_in_the_work)
{
    LETTER_SAYS(SCOPE_INFLATION, "I led a fraud model that saved $2.5 million a year.");
    LETTER_SAYS(SCOPE_INFLATION, "I single-handedly moved 31 services to Kubernetes.");
    LETTER_SAYS(SCOPE_INFLATION, "At Quaywater I founded the payout API.");
    LETTER_SAYS(CODE_NONE, "I helped build a fraud model.");
}

Test(facts, attribution)
{
    LETTER_SAYS(WRONG_EMPLOYER, "At Ombrelle I cut the p99 latency of the payout API with advisory locks.");
    LETTER_SAYS(CODE_NONE, "At Quaywater I cut the p99 latency of the payout API with advisory locks.");
    LETTER_SAYS(CODE_NONE, "At Ombrelle I reduced waste, and at Quaywater I cut the latency of the payout API.");
    RESUME_SAYS(WRONG_EMPLOYER,
                "EXPERIENCE\nAssistant Store Manager, Ombrelle\n- Moved 31 services to Kubernetes with Terraform\n");
}

Test(facts, what_is_not_claimed)
{
    LETTER_SAYS(CODE_NONE, "I have not used Ansible.");
    LETTER_SAYS(CODE_NONE, "You ask for five years of Rust.");
    LETTER_SAYS(CODE_NONE, "I would love to learn Rust with you.");
    LETTER_SAYS(CODE_NONE, "Your Snowflake platform serves 400 teams.");
    LETTER_SAYS(CODE_NONE, "I can bring my Go experience to your Snowflake platform.");
    LETTER_SAYS(UNGROUNDED_SKILL, "I would love to bring my Snowflake experience to your team.");
}

Test(facts, the_posting_is_no_evidence)
{
    const char *posting = "We serve 400 teams on Snowflake. You have ten years of Rust.";
    cr_assert_eq(fixture_code(FACTS_LETTER, "I have ten years of Rust.", posting), FACTS_DATE_CHANGED);
    cr_assert_eq(fixture_code(FACTS_LETTER, "Your platform serves 400 teams.", posting), FACTS_CODE_NONE);
    cr_assert_eq(fixture_code(FACTS_LETTER, "Your platform serves 900 teams.", posting), FACTS_COMPANY_FACT);
}
