#include "render_fixture.h"

static struct str as(struct arena *a, const char *json, enum render_format f)
{
    return fixture_render(a, json, (struct render_options){.format = f}, NULL);
}

Test(resume, text_has_its_shape)
{
    struct arena *a = fixture_memory();
    struct str t = as(a, FIXTURE_FULL, RENDER_TEXT);
    cr_assert(
        str_starts(t, "Ana Núñez\nAnalyst\nana@example.com · +34 600 000 000 · Calle 1, 28001, Madrid, Madrid Region, "
                      "ES · https://ana.example.com · GitHub: https://github.example/anan · Fora: ana7\n\nSUMMARY\n"),
        "%s", t.p);
    cr_assert(fixture_has(t, "\nEXPERIENCE\n\nLead, Quay\nMar 2021 – present · Lyon · Shipping\nhttps://quay.example\n"
                             "Ledger team.\n- Cut latency\n- Ran 3 teams\n\nClerk, Ombre\nSummer 2018 – 2021\n"),
              "%s", t.p);
    cr_assert(fixture_has(t, "\nPROJECTS\n\nMapper — OSS\n2022 – 2023 · application · https://map.example\nDraws maps\n"
                             "- 1,900 stars\nRole: Author\nWith: Go\n"));
    cr_assert(
        fixture_has(t, "\nBSc in Statistics, UPM\n2010 – 2014 · Grade: 8.1 · https://upm.example\nCourses: Inference, "
                       "Algebra\n"));
    cr_assert(
        fixture_has(t,
                    "\nSKILLS\n- Data (Expert): SQL, R\n\nCERTIFICATES\n- CKA, CNCF, Jun 2022. https://cka.example\n"));
    cr_assert(fixture_has(t, "\n- On Maps, Journal, Feb 2020. About maps.\n  https://doi.example/1\n"));
    cr_assert(fixture_has(t, "\n- Bo Li: Reliable.\n"));
}

Test(resume, markdown_has_its_shape)
{
    struct arena *a = fixture_memory();
    struct str t = as(a, FIXTURE_FULL, RENDER_MARKDOWN);
    cr_assert(str_starts(t, "# Ana Núñez\n\nAnalyst\n\nana@example.com · "));
    cr_assert(fixture_has(t, "\n## Experience\n\n### Lead, Quay\n\nMar 2021 – present · Lyon · Shipping\n\n"
                             "https://quay.example\n\nLedger team.\n\n- Cut latency\n- Ran 3 teams\n"),
              "%s", t.p);
    cr_assert(fixture_has(t, "\n## Skills\n\n- **Data** (Expert): SQL, R\n"));
}

static void every_text(yyjson_val *v, const char *key, struct str all)
{
    static const char *const HIDDEN[] = {"image",     "lastModified", "x_goals", "x_kept",
                                         "startDate", "endDate",      "date",    "releaseDate"};
    size_t i, n;
    yyjson_val *k, *item;
    for (size_t h = 0; key && h < ARRAY_LEN(HIDDEN); h++)
        if (strcmp(key, HIDDEN[h]) == 0)
            return;
    if (yyjson_is_str(v)) {
        bool user = key && strcmp(key, "username") == 0;
        cr_assert(user || str_find(all, json_str(v)) >= 0, "%s is lost", yyjson_get_str(v));
    }
    if (yyjson_is_arr(v))
        yyjson_arr_foreach(v, i, n, item) every_text(item, key, all);
    if (yyjson_is_obj(v))
        yyjson_obj_foreach(v, i, n, k, item) every_text(item, yyjson_get_str(k), all);
}

Test(resume, nothing_is_lost_but_what_nobody_should_see)
{
    struct arena *a = fixture_memory();
    struct str t = as(a, FIXTURE_FULL, RENDER_TEXT);
    every_text(fixture_json(a, FIXTURE_FULL), NULL, t);
    cr_assert(fixture_has(t, "ana7"));
    cr_assert_not(fixture_has(t, "secret"));
    cr_assert_not(fixture_has(t, "a.png"));
}

Test(resume, json_keeps_unknown_fields)
{
    struct arena *a = fixture_memory();
    struct str t = as(a, FIXTURE_FULL, RENDER_JSON);
    size_t n = 0, m = 0;
    const char *before = json_write(a, fixture_json(a, FIXTURE_FULL), &n);
    const char *after = json_write(a, fixture_json(a, t.p), &m);
    cr_assert_eq(n, m);
    cr_assert_eq(memcmp(before, after, n), 0);
}

Test(resume, a_tailored_document_is_its_resume)
{
    struct arena *a = fixture_memory();
    char *tailored = arena_printf(a, "{\"schema_version\":1,\"ops\":[],\"document\":%s}", FIXTURE_FULL);
    for (enum render_format f = RENDER_JSON; f <= RENDER_DOCX; f++) {
        struct str x = as(a, FIXTURE_FULL, f), y = as(a, tailored, f);
        cr_assert(str_eq(x, y), "%s", render_format_name(f));
    }
}

Test(resume, dates_are_never_lost)
{
    struct arena *a = fixture_memory();
    struct str t =
        as(a,
           "{\"work\":[{\"name\":\"A\",\"startDate\":\"Summer 2019\",\"endDate\":\"Present\"},{\"name\":\"B\","
           "\"endDate\":\"early 2010\"},{\"name\":\"C\",\"startDate\":\"2011-02\",\"endDate\":\"2011-02\"}]}",
           RENDER_TEXT);
    cr_assert(fixture_has(t, "A\nSummer 2019 – present\n"), "%s", t.p);
    cr_assert(fixture_has(t, "B\nearly 2010\n"), "%s", t.p);
    cr_assert(fixture_has(t, "C\nFeb 2011\n"), "%s", t.p);
}

Test(resume, text_is_cleaned)
{
    struct arena *a = fixture_memory();
    struct str t = as(a,
                      "{\"basics\":{\"name\":\"\\u200bEva\\u00a0\\u202eOh\"},\"work\":[{\"name\":\"o\\ufb03ce\","
                      "\"highlights\":[\"two\\n lines\\t here\",\"\\u00ad\"]}]}",
                      RENDER_TEXT);
    cr_assert(str_starts(t, "Eva Oh\n"), "%s", t.p);
    cr_assert(fixture_has(t, "\noffice\n"), "%s", t.p);
    cr_assert(fixture_has(t, "- two lines here\n"), "%s", t.p);
    cr_assert_not(fixture_has(t, "- \n"), "%s", t.p);
}

Test(resume, markdown_is_escaped)
{
    struct arena *a = fixture_memory();
    struct str md = as(a,
                       "{\"basics\":{\"name\":\"*A* <b>\"},\"work\":[{\"name\":\"X\",\"highlights\":[\"# not a "
                       "heading\",\"snake_case and [link]\"]}]}",
                       RENDER_MARKDOWN);
    cr_assert(str_starts(md, "# \\*A\\* \\<b>"), "%s", md.p);
    cr_assert(fixture_has(md, "- \\# not a heading\n- snake_case and \\[link\\]\n"), "%s", md.p);
}

Test(resume, nothing_to_print_is_said)
{
    struct arena *a = fixture_memory();
    struct buf out;
    struct err err = {0};
    yyjson_val *empty =
        fixture_json(a, "{\"work\":[{\"name\":\"\",\"highlights\":[\"\"]}],\"skills\":[{\"keywords\":[\"\"]}]}");
    struct str md;
    buf_init(&out, RENDER_MAX_BYTES);
    cr_assert_eq(render_document(a, empty, (struct render_options){.format = RENDER_PDF}, &out, NULL, &err),
                 -ERR_NO_EVIDENCE);
    cr_assert_eq(out.len, 0);
    cr_assert_eq(resume_to_markdown(a, empty, &md, &err), 0);
    cr_assert_eq(str_trim(md).n, 0, "%s", md.p);
    buf_fini(&out);
}

Test(resume, a_wrong_type_is_named)
{
    struct arena *a = fixture_memory();
    struct buf out;
    struct err err = {0};
    buf_init(&out, RENDER_MAX_BYTES);
    cr_assert_eq(render_document(a, fixture_json(a, "{\"work\":[{\"highlights\":\"one\"}]}"),
                                 (struct render_options){.format = RENDER_TEXT}, &out, NULL, &err),
                 -ERR_INVALID);
    cr_assert_str_eq(err.pointer, "/work/0/highlights");
    buf_fini(&out);
}
