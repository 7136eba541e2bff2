/* The JSON of applicant tracking systems, microdata, last days. */
#include <criterion/criterion.h>
#include "pipeline/engine/analysis.h"

static struct arena arena;

static void up(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void down(void)
{
    arena_fini(&arena);
}

TestSuite(posting_ats, .init = up, .fini = down);

static struct posting read_on(enum posting_format format, const char *body, struct posting_day now)
{
    struct posting_source src = {
        .format = format, .body = str_of(body), .title = {"", 0}, .company = {"", 0}, .now = now};
    struct posting p;
    struct err err;
    cr_assert_eq(posting_read(&arena, &src, &p, &err), 0, "%s", err.msg);
    return p;
}

static struct posting read_json(const char *body)
{
    return read_on(POSTING_JSON_LD, body, (struct posting_day){0, 0, 0});
}

static const char greenhouse[] =
    "{\"id\":7,\"title\":\"Platform Engineer\",\"location\":{\"name\":\"Lisbon\"},\"company_name\":\"Orbweaver Labs\","
    "\"absolute_url\":\"https://boards.greenhouse.io/orbweaver/jobs/7\",\"departments\":[],"
    "\"pay_input_ranges\":[{\"min_cents\":6000000,\"max_cents\":7500000,\"currency_type\":\"EUR\"}],"
    "\"content\":\"&lt;h2&gt;Requirements&lt;/h2&gt;&lt;ul&gt;&lt;li&gt;Go &amp;amp; SQL&lt;/li&gt;&lt;/ul&gt;\"}";

Test(posting_ats, greenhouse)
{
    struct posting p = read_json(greenhouse);
    cr_assert(str_eqc(p.method, "greenhouse"));
    cr_assert(str_eqc(p.facts.title, "Platform Engineer"));
    cr_assert(str_eqc(p.facts.company, "Orbweaver Labs"));
    cr_assert(str_eqc(p.facts.location, "Lisbon"));
    cr_assert_float_eq(p.facts.salary_max, 75000, 0.1);
    cr_assert(str_eqc(p.facts.salary_period, "year"));
    cr_assert(str_find(p.text, STR("# Requirements\n\n- Go & SQL")) >= 0, "%.*s", STR_ARG(p.text));
}

Test(posting_ats, lever)
{
    struct posting p = read_json(
        "{\"id\":\"x\",\"text\":\"Cook\",\"categories\":{\"location\":\"Leeds\",\"commitment\":\"Part-time\"},"
        "\"workplaceType\":\"onsite\",\"hostedUrl\":\"https://jobs.lever.co/kettle-and-pine/x\","
        "\"description\":\"<div>We cook.</div>\",\"lists\":[{\"text\":\"What you need\",\"content\":"
        "\"<li>a knife</li><li>patience</li>\"}],\"additional\":\"<p>Apply soon.</p>\"}");
    cr_assert(str_eqc(p.method, "lever"));
    cr_assert(str_eqc(p.facts.title, "Cook"));
    cr_assert(str_eqc(p.facts.employment_type, "Part-time"));
    cr_assert(str_eqc(p.company_hint, "Kettle And Pine"), "%.*s", STR_ARG(p.company_hint));
    cr_assert(str_find(p.text, STR("# What you need\n\n- a knife\n- patience\n\nApply soon.")) >= 0, "%.*s",
              STR_ARG(p.text));
}

static const char ashby[] =
    "{\"apiVersion\":\"1\",\"jobs\":[{\"title\":\"Nurse\",\"location\":\"Cork\",\"isRemote\":false,"
    "\"employmentType\":\"FullTime\",\"jobUrl\":\"https://jobs.ashbyhq.com/Tern%20Clinic/1\","
    "\"descriptionHtml\":\"<p>Care.</p>\",\"compensation\":{\"summaryComponents\":[{"
    "\"compensationType\":\"Salary\",\"interval\":\"1 YEAR\",\"currencyCode\":\"EUR\",\"minValue\":"
    "40000,\"maxValue\":50000}]}}]}";

Test(posting_ats, ashby)
{
    struct posting p = read_json(ashby);
    cr_assert(str_eqc(p.method, "ashby"));
    cr_assert(str_eqc(p.facts.title, "Nurse"));
    cr_assert(str_eqc(p.company_hint, "Tern Clinic"));
    cr_assert(str_eqc(p.facts.salary_text, "EUR 40000 - 50000 per year"), "%.*s", STR_ARG(p.facts.salary_text));
}

Test(posting_ats, json_given_as_text_is_recognised)
{
    struct posting p = read_on(POSTING_TEXT, greenhouse, (struct posting_day){0, 0, 0});
    cr_assert(str_eqc(p.method, "greenhouse"));
    p = read_on(POSTING_TEXT, "[Cook] wanted at the mill", (struct posting_day){0, 0, 0});
    cr_assert(str_eqc(p.method, "text"));
}

Test(posting_ats, a_board_with_several_postings_is_refused)
{
    struct posting_source src = {
        .format = POSTING_JSON_LD,
        .body = STR(
            "{\"jobs\":[{\"title\":\"a\",\"content\":\"x\",\"absolute_url\":\"u\"},{\"title\":\"b\",\"content\":\"y\","
            "\"absolute_url\":\"v\"}]}"),
        .title = {"", 0},
        .company = {"", 0}};
    struct posting p;
    struct err err;
    cr_assert_eq(posting_read(&arena, &src, &p, &err), -ERR_NOT_A_POSTING);
    cr_assert(strstr(err.msg, "2 postings"), "%s", err.msg);
}

Test(posting_ats, microdata_gives_the_facts)
{
    struct posting p = read_on(
        POSTING_HTML,
        "<div itemscope itemtype='https://schema.org/JobPosting'><h2 itemprop='title'>Welder</h2><span "
        "itemprop='hiringOrganization' itemscope><b itemprop='name'>Marlpit Energy</b></span><span "
        "itemprop='jobLocation' itemscope><i itemprop='addressLocality'>Derby</i>, <i itemprop='addressRegion'>KS</i>"
        "</span><meta itemprop='validThrough' content='2026-05-31T10:00'><p>Weld frames.</p></div>",
        (struct posting_day){2026, 6, 1});
    cr_assert(str_eqc(p.method, "microdata"));
    cr_assert(str_eqc(p.facts.title, "Welder"));
    cr_assert(str_eqc(p.facts.company, "Marlpit Energy"));
    cr_assert(str_eqc(p.facts.location, "Derby, KS"), "%.*s", STR_ARG(p.facts.location));
    cr_assert(p.expired);
}

static bool over(const char *last, struct posting_day now)
{
    const char *json =
        arena_printf(&arena, "{\"@type\":\"JobPosting\",\"title\":\"Cook\",\"validThrough\":\"%s\"}", last);
    return read_on(POSTING_JSON_LD, json, now).expired;
}

Test(posting_ats, the_last_day_is_still_open)
{
    cr_assert_not(over("2026-06-15", (struct posting_day){2026, 6, 15}));
    cr_assert(over("2026-06-14", (struct posting_day){2026, 6, 15}));
    cr_assert(over("2025-12-31T23:59:59Z", (struct posting_day){2026, 1, 1}));
    cr_assert_not(over("2026-06-14", (struct posting_day){2026, 6, 0}), "only the month is known");
    cr_assert(over("2026-05-31", (struct posting_day){2026, 6, 0}));
    cr_assert_not(over("2020-01-01", (struct posting_day){0, 0, 0}), "no clock, no judgement");
    cr_assert_not(over("soon", (struct posting_day){2026, 6, 15}));
    cr_assert_not(over("01/02/2020", (struct posting_day){2026, 6, 15}));
}

static enum analysis_verdict verdict_of(const char *body)
{
    struct posting p = read_on(POSTING_TEXT, body, (struct posting_day){0, 0, 0});
    struct analysis *an;
    cr_assert_eq(analysis_make(&arena, &p, &an, NULL), 0);
    return an->verdict;
}

Test(posting_ats, what_the_page_says_about_its_end)
{
    cr_assert_eq(verdict_of("This job is no longer available."), ANALYSIS_EXPIRED);
    cr_assert_eq(verdict_of(
                     "Cook\n\nThis position has been filled.\n\nRequirements\n- Two years in a kitchen\n- A knife\n"),
                 ANALYSIS_EXPIRED);
    cr_assert_neq(verdict_of("Cook\n\nWe accept applications until the position has been filled.\n"), ANALYSIS_EXPIRED);
    cr_assert_neq(verdict_of("Cook\n\nIf this job is closed, write to us anyway.\n"), ANALYSIS_EXPIRED);
}
