#include "render_fixture.h"

#include <pthread.h>

static struct str pdf(struct arena *a, const char *json, struct render_notes *notes)
{
    return fixture_render(a, json, (struct render_options){.format = RENDER_PDF}, notes);
}

Test(pdf, says_what_it_is)
{
    struct arena *a = fixture_memory();
    struct render_notes notes;
    struct str s = pdf(a, FIXTURE_FULL, &notes);
    cr_assert(str_starts(s, "%PDF-1."));
    cr_assert(fixture_has(s, "/Lang (en)"));
    cr_assert(fixture_has(s, "/Creator (jobmill)"));
    cr_assert(fixture_has(s, "/CreationDate (D:20240506"), "the date of the document, not of the clock");
    cr_assert(fixture_has(s, "/URI (https://github.example/anan)"));
    cr_assert(fixture_has(s, "/URI (mailto:ana@example.com)"));
    cr_assert(fixture_has(s, "/FontFile2"), "fonts are embedded");
    cr_assert_eq(notes.pages, 2);
    cr_assert(str_eqc(notes.author, "Ana Núñez"));
}

Test(pdf, paper_follows_the_country_or_the_wish)
{
    struct arena *a = fixture_memory();
    cr_assert(fixture_has(pdf(a, FIXTURE_FULL, NULL), "595.276"));
    cr_assert(
        fixture_has(pdf(a, "{\"basics\":{\"name\":\"A\",\"location\":{\"countryCode\":\"US\"}}}", NULL), "612 792"));
    struct str s =
        fixture_render(a, FIXTURE_FULL, (struct render_options){.format = RENDER_PDF, .paper = SHEET_LETTER}, NULL);
    cr_assert(fixture_has(s, "612 792"));
}

Test(pdf, the_same_input_gives_the_same_bytes)
{
    struct arena *a = fixture_memory();
    struct str first = pdf(a, FIXTURE_FULL, NULL);
    pdf(a, "{\"basics\":{\"name\":\"Ωμέγα 中 other fonts between\"}}", NULL);
    cr_assert(str_eq(first, pdf(a, FIXTURE_FULL, NULL)));
}

static void *in_a_thread(void *ud)
{
    struct str *ret = ud;
    struct arena *a = fixture_memory();
    for (int i = 0; i < 5; i++)
        *ret = pdf(a, FIXTURE_FULL, NULL);
    return NULL;
}

Test(pdf, threads_do_not_disturb_each_other)
{
    struct arena *a = fixture_memory();
    struct str want = pdf(a, FIXTURE_FULL, NULL), got[4];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, in_a_thread, &got[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(str_eq(want, got[i]));
    }
}

Test(pdf, a_letter_that_no_font_has_is_an_error)
{
    struct arena *a = fixture_memory();
    struct buf out;
    struct err err = {0};
    buf_init(&out, RENDER_MAX_BYTES);
    /* Linear A: no font for it in Debian's usual packages */
    yyjson_val *root = fixture_json(a, "{\"basics\":{\"name\":\"\\ud803\\udf50\\ud81b\\udd00\"}}");
    int rc = render_document(a, root, (struct render_options){.format = RENDER_PDF}, &out, NULL, &err);
    if (rc == 0)
        cr_skip("a font for Medefaidrin or Old Uyghur is installed");
    cr_assert_eq(rc, -ERR_UNSUPPORTED);
    cr_assert(strstr(err.msg, "U+") != NULL, "%s", err.msg);
    cr_assert_eq(out.len, 0);
    buf_fini(&out);
}

Test(pdf, pictographs_without_a_font_are_counted)
{
    struct arena *a = fixture_memory();
    struct render_notes notes;
    pdf(a, "{\"basics\":{\"name\":\"Eva \\udb83\\udc00\\ud83e\\udee9!\"}}",
        &notes); /* unassigned, or newer than the fonts */
    cr_assert_leq(notes.left_out, 2);
}

Test(pdf, many_pages_are_bounded)
{
    struct arena *a = fixture_memory();
    struct buf json, out;
    struct err err = {0};
    buf_init(&json, (size_t)8 << 20);
    buf_adds(&json, "{\"work\":[{\"name\":\"A\",\"highlights\":[\"x\"");
    for (int i = 0; i < 12000; i++)
        buf_addf(&json, ",\"item %d\"", i);
    buf_adds(&json, "]}]}");
    buf_init(&out, RENDER_MAX_BYTES);
    cr_assert_eq(render_document(a, fixture_json(a, buf_str(&json)), (struct render_options){.format = RENDER_PDF},
                                 &out, NULL, &err),
                 -ERR_LIMIT, "%s", err.msg);
    buf_fini(&json);
    buf_fini(&out);
}
