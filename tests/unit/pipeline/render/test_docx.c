#include "render_fixture.h"

#include <zip.h>

/* A part of the package, as text in the arena. */
static struct str part(struct arena *a, struct str docx, const char *name)
{
    zip_error_t why;
    zip_source_t *source = zip_source_buffer_create(docx.p, docx.n, 0, &why);
    zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &why);
    zip_stat_t st;
    cr_assert_not_null(zip);
    cr_assert_eq(zip_stat(zip, name, 0, &st), 0, "%s", name);
    char *text = arena_try_alloc(a, st.size + 1);
    zip_file_t *f = zip_fopen(zip, name, 0);
    cr_assert_eq(zip_fread(f, text, st.size), (zip_int64_t)st.size);
    text[st.size] = 0;
    zip_fclose(f);
    zip_discard(zip);
    return (struct str){.p = text, .n = st.size};
}

static struct str docx(struct arena *a, const char *json)
{
    return fixture_render(a, json, (struct render_options){.format = RENDER_DOCX}, NULL);
}

Test(docx, has_styles_numbering_links_and_properties)
{
    struct arena *a = fixture_memory();
    struct str s = docx(a, FIXTURE_FULL), document = part(a, s, "word/document.xml");
    cr_assert(fixture_has(document, "<w:pStyle w:val=\"Title\"/>"));
    cr_assert(
        fixture_has(document, "<w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t xml:space=\"preserve\">Experience"));
    cr_assert(fixture_has(document, "<w:pStyle w:val=\"ListBullet\"/>"));
    cr_assert(fixture_has(document, "<w:tab/><w:t xml:space=\"preserve\">Mar 2021 – present</w:t>"));
    cr_assert(fixture_has(part(a, s, "word/numbering.xml"), "<w:numFmt w:val=\"bullet\"/>"));
    cr_assert(fixture_has(part(a, s, "word/_rels/document.xml.rels"), "Target=\"https://github.example/anan\""));
    cr_assert(fixture_has(part(a, s, "docProps/core.xml"), "<dc:creator>Ana Núñez</dc:creator>"));
    cr_assert(fixture_has(part(a, s, "docProps/core.xml"), "2024-05-06T00:00:00Z"));
    cr_assert(fixture_has(part(a, s, "[Content_Types].xml"), "/word/document.xml"));
}

Test(docx, the_same_input_gives_the_same_bytes)
{
    struct arena *a = fixture_memory();
    cr_assert(str_eq(docx(a, FIXTURE_FULL), docx(a, FIXTURE_FULL)));
}

Test(docx, markup_is_text)
{
    struct arena *a = fixture_memory();
    struct str s = part(a, docx(a, "{\"basics\":{\"name\":\"A <b>&\\\"\"}}"), "word/document.xml");
    cr_assert(fixture_has(s, "A &lt;b&gt;&amp;&quot;</w:t>"), "%s", s.p);
}
