#include <criterion/criterion.h>
#include "base/buf.h"
#include "pipeline/engine/posting.h"

static struct arena arena;

static void up(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void down(void)
{
    arena_fini(&arena);
}

TestSuite(posting, .init = up, .fini = down);

static struct posting read_as(enum posting_format format, const char *body)
{
    struct posting_source src = {.format = format, .body = str_of(body), .title = {"", 0}, .company = {"", 0}};
    struct posting p;
    struct err err;
    cr_assert_eq(posting_read(&arena, &src, &p, &err), 0, "%s", err.msg);
    return p;
}

static bool text_has(const struct posting *p, const char *s)
{
    return str_find(p->text, str_of(s)) >= 0;
}

Test(posting, plain_text_becomes_headings_items_and_lines)
{
    struct posting p =
        read_as(POSTING_TEXT, "Data Engineer\r\n\r\nREQUIREMENTS\r\n* SQL\r\n2) Python\r\n\r\nWe pay well.\r\n");
    cr_assert(str_eqc(p.text, "# Data Engineer\n\n# REQUIREMENTS\n\n- SQL\n- Python\n\nWe pay well."), "%.*s",
              STR_ARG(p.text));
    cr_assert(str_eqc(p.method, "text"));
}

Test(posting, hard_wrapped_lines_are_joined)
{
    struct posting p = read_as(POSTING_TEXT, "Writer\n\nRewrite the getting-started path so that a newcomer inserts "
                                             "and queries\ndata within ten minutes.\n");
    cr_assert(text_has(&p, "inserts and queries data within"), "%.*s", STR_ARG(p.text));
}

Test(posting, markdown_marks_are_taken_off)
{
    struct posting p =
        read_as(POSTING_TEXT, "# Backend Engineer\n\n**Remote** and [hybrid](https://x.example.org/a_b)\n\n## Must "
                              "have\n- `EXPLAIN` and snake_case\n");
    cr_assert(text_has(&p, "\nRemote and hybrid\n"), "%.*s", STR_ARG(p.text));
    cr_assert(text_has(&p, "- EXPLAIN and snake_case"));
    cr_assert(str_eqc(p.method, "markdown"));
}

Test(posting, markdown_table_rows_are_items)
{
    struct posting p = read_as(POSTING_TEXT, "# T\n\n| Requirement | Level |\n|---|---|\n| C | 5 years |\n");
    cr_assert(text_has(&p, "- C: 5 years"));
    cr_assert_not(text_has(&p, "Requirement"));
}

Test(posting, front_matter_gives_facts_and_sections)
{
    struct posting p = read_as(
        POSTING_TEXT,
        "---\nlayout: job\n# a comment\ntitle: \"Login: Analyst\"\nlocation: Anywhere\nkey_objectives:\n  - title: You "
        "will do the first thing well, every day\n    items:\n    - Find the data that nobody else finds\n"
        "role_summary: | The analyst reads all day and writes all night long.\n\nSecond paragraph.\n---\nBody here.\n");
    cr_assert(str_eqc(p.facts.title, "Login: Analyst"));
    cr_assert(str_eqc(p.facts.location, "Anywhere"));
    cr_assert(text_has(&p, "# Key objectives"));
    cr_assert(text_has(&p, "- Find the data that nobody else finds"));
    cr_assert(text_has(&p, "Second paragraph."));
    cr_assert(text_has(&p, "Body here."));
    cr_assert_not(text_has(&p, "comment"));
    cr_assert_not(text_has(&p, "layout"));
}

Test(posting, template_and_html_comments_are_dropped)
{
    struct posting p = read_as(POSTING_TEXT, "# Job\n\n{% comment --- %}\nuse {% include x %} here\n{% endcomment --- "
                                             "%}\n<!-- note -->Real text. {{ var }}\n");
    cr_assert(str_eqc(p.text, "# Job\n\nReal text."), "%.*s", STR_ARG(p.text));
}

Test(posting, html_keeps_the_main_content_only)
{
    struct posting p = read_as(
        POSTING_HTML,
        "<html><head><title>Nurse | Clinic</title></head><body><nav>Home</nav><div id='cookie-consent'>cookies</div>"
        "<main><h1>Nurse</h1><p>We care for people &amp; their families every day of the week.</p><ul><li>RN "
        "license</li></ul></main>"
        "<aside><h3>Similar jobs</h3><p>Surgeon</p></aside><footer>imprint</footer></body></html>");
    cr_assert(str_eqc(p.text, "# Nurse\n\nWe care for people & their families every day of the week.\n\n- RN license"),
              "%.*s", STR_ARG(p.text));
    cr_assert(str_eqc(p.title_hint, "Nurse | Clinic"));
    cr_assert_not(p.hidden_text);
}

Test(posting, html_hidden_text_is_dropped_and_reported)
{
    static const char *const hiders[] = {
        "<p style='display:none'>secret words here</p>",
        "<p style='VISIBILITY: hidden'>secret words here</p>",
        "<p style='font-size:0'>secret words here</p>",
        "<p style='color:#ffffff'>secret words here</p>",
        "<p hidden>secret words here</p>",
        "<p aria-hidden='true'>secret words here</p>",
        "<style>.x{position:absolute;left:-9999px}</style><p class='a x'>secret words here</p>",
        "<p style='font-size:1px'>secret words here</p>"};
    for (size_t i = 0; i < ARRAY_LEN(hiders); i++) {
        char *body = arena_printf(&arena, "<body><h1>Engineer</h1>%s<p>Visible text.</p></body>", hiders[i]);
        struct posting p = read_as(POSTING_HTML, body);
        cr_assert_not(text_has(&p, "secret"), "%s", hiders[i]);
        cr_assert(text_has(&p, "Visible text."));
        cr_assert(p.hidden_text, "%s", hiders[i]);
    }
}

Test(posting, zero_width_characters_are_dropped_and_counted)
{
    struct posting p =
        read_as(POSTING_TEXT,
                "Eng\xE2\x80\x8Bin\xE2\x80\x8B"
                "eer \xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B\xE2\x80\x8B wanted");
    cr_assert(text_has(&p, "Engineer wanted"), "%.*s", STR_ARG(p.text));
    cr_assert_eq(p.hidden_chars, 9);
    cr_assert(p.hidden_text);
}

Test(posting, html_bold_paragraph_is_a_heading_and_a_data_row_an_item)
{
    struct posting p = read_as(POSTING_HTML, "<h1>Cook</h1><p><b>What you "
                                             "do</b></p><p>Cook.</p><table><tr><th>Skill</th><th>Level</th></"
                                             "tr><tr><td>Fire</td><td>daily</td></tr></table>");
    cr_assert(text_has(&p, "# What you do"), "%.*s", STR_ARG(p.text));
    cr_assert(text_has(&p, "- Fire: daily"));
}

static const char jsonld[] =
    "{\"@context\":\"https://"
    "schema.org\",\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":[\"JobPosting\"],\"title\":\"Data "
    "Engineer\",\"hiringOrganization\":{\"name\":\"Acme &amp; Co\"},"
    "\"jobLocation\":[{\"address\":{\"addressLocality\":\"Derby\",\"addressCountry\":{\"name\":\"GB\"}}},{\"address\":"
    "\"York\"}],\"jobLocationType\":\"TELECOMMUTE\",\"employmentType\":[\"FULL_TIME\"],"
    "\"baseSalary\":{\"currency\":\"USD\",\"value\":{\"minValue\":140000,\"maxValue\":\"172,000\",\"unitText\":"
    "\"YEAR\"}},\"experienceRequirements\":{\"monthsOfExperience\":36},"
    "\"description\":\"<p>We read meters.</p><ul><li>Build &amp; run</li></ul>\"}]}";

Test(posting, json_ld_facts_and_text)
{
    struct posting p = read_as(POSTING_JSON_LD, jsonld);
    cr_assert(str_eqc(p.facts.title, "Data Engineer"));
    cr_assert(str_eqc(p.facts.company, "Acme & Co"));
    cr_assert(str_eqc(p.facts.location, "Derby, GB; York"), "%.*s", STR_ARG(p.facts.location));
    cr_assert(p.facts.remote);
    cr_assert_float_eq(p.facts.salary_min, 140000, 0.1);
    cr_assert_float_eq(p.facts.salary_max, 172000, 0.1);
    cr_assert(str_eqc(p.facts.currency, "USD"));
    cr_assert(str_eqc(p.facts.salary_period, "year"));
    cr_assert(text_has(&p, "We read meters.\n\n- Build & run"), "%.*s", STR_ARG(p.text));
    cr_assert(text_has(&p, "At least 3 years of experience"));
}

Test(posting, json_ld_inside_a_page_gives_the_facts)
{
    char *body = arena_printf(&arena,
                              "<head><script type='application/ld+json'>{bad</script><script "
                              "type=\"application/ld+json\">%s</script></head><body><h1>Other title</h1></body>",
                              jsonld);
    struct posting p = read_as(POSTING_HTML, body);
    cr_assert(str_eqc(p.facts.company, "Acme & Co"));
}

Test(posting, what_the_caller_says_wins)
{
    struct posting_source src = {.format = POSTING_JSON_LD,
                                 .body = str_of(jsonld),
                                 .title = STR("My title"),
                                 .company = STR("My company")};
    struct posting p;
    cr_assert_eq(posting_read(&arena, &src, &p, NULL), 0);
    cr_assert(str_eqc(p.facts.title, "My title"));
    cr_assert(str_eqc(p.facts.company, "My company"));
}

static int code_of(enum posting_format format, struct str body)
{
    struct posting_source src = {.format = format, .body = body, .title = {"", 0}, .company = {"", 0}};
    struct posting p;
    return posting_read(&arena, &src, &p, NULL);
}

Test(posting, errors)
{
    cr_assert_eq(code_of(POSTING_TEXT, STR("")), -ERR_NOT_A_POSTING);
    cr_assert_eq(code_of(POSTING_TEXT, STR(" \n \t ")), -ERR_NOT_A_POSTING);
    cr_assert_eq(code_of(POSTING_JSON_LD, STR("{\"a\":")), -ERR_MALFORMED);
    cr_assert_eq(code_of(POSTING_JSON_LD, STR("{\"@type\":\"Person\"}")), -ERR_NOT_A_POSTING);
    cr_assert_eq(code_of(POSTING_TEXT, STR("\xFF\xFE")), -ERR_MALFORMED);
    char *big = arena_try_zalloc(&arena, POSTING_SOURCE_MAX_BYTES + 1);
    cr_assert_eq(code_of(POSTING_TEXT, (struct str){big, POSTING_SOURCE_MAX_BYTES + 1}), -ERR_TOO_LARGE);
}

Test(posting, a_nul_is_a_blank)
{
    static const char PAGE[] = "---\ntitle: Data\0Engineer\n---\n<p>We look for a data\0engineer.</p>";
    for (int format = POSTING_TEXT; format <= POSTING_HTML; format++) {
        struct posting_source src = {.format = (enum posting_format)format, .body = {PAGE, sizeof(PAGE) - 1}};
        struct posting p;
        cr_assert_eq(posting_read(&arena, &src, &p, NULL), 0);
        cr_assert(str_eqc(p.facts.title, "Data Engineer"), "%.*s", STR_ARG(p.facts.title));
        cr_assert(p.text.n && !memchr(p.text.p, '\0', p.text.n));
    }
}

Test(posting, a_long_text_is_cut_and_says_so)
{
    size_t n = POSTING_SOURCE_MAX_BYTES;
    char *big = arena_alloc(&arena, n);
    for (size_t i = 0; i < n; i++)
        big[i] = i % 50 == 49 ? '\n' : i % 7 == 6 ? ' ' : 'x';
    struct posting_source src = {.format = POSTING_TEXT, .body = {big, n}, .title = {"", 0}, .company = {"", 0}};
    struct posting p;
    cr_assert_eq(posting_read(&arena, &src, &p, NULL), 0);
    cr_assert(p.truncated);
    cr_assert_leq(p.text.n, POSTING_TEXT_MAX_BYTES);
}

Test(posting, deep_nesting_is_read)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 60000; i++)
        buf_adds(&b, "<div>");
    buf_adds(&b, "Nurse wanted");
    struct posting_source src = {.format = POSTING_HTML, .body = {b.data, b.len}, .title = {"", 0}, .company = {"", 0}};
    struct posting p;
    cr_assert_eq(posting_read(&arena, &src, &p, NULL), 0);
    cr_assert(str_eqc(p.text, "Nurse wanted"));
    buf_fini(&b);
}
