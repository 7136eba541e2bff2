#include "render_fixture.h"

static const char LETTER[] = "{\"schema_version\":1,\"language\":\"en\",\"body\":\"Dear team,\\n\\nI *cut* latency — "
                             "twice.\\n\\nBest regards,\\nEva "
                             "Oh\\neva@example.com\\n(412) 555-0143\",\"complete\":true}";

Test(letter, text_and_markdown_are_the_body)
{
    struct arena *a = fixture_memory();
    struct str body = json_get_str(fixture_json(a, LETTER), "body");
    cr_assert(str_eq(fixture_render(a, LETTER, (struct render_options){.format = RENDER_TEXT}, NULL), body));
    cr_assert(str_eq(fixture_render(a, LETTER, (struct render_options){.format = RENDER_MARKDOWN}, NULL), body));
}

Test(letter, blocks_are_its_paragraphs)
{
    struct arena *a = fixture_memory();
    struct sheet d;
    struct err err = {0};
    cr_assert_eq(letter_to_sheet(a, fixture_json(a, LETTER), &d, &err), 0);
    cr_assert_eq(d.n, 3);
    cr_assert(d.letter);
    cr_assert(str_eqc(d.author, "Eva Oh"));
    cr_assert(str_eqc(d.title, "Eva Oh – Cover letter"));
    cr_assert_eq(d.paper, SHEET_LETTER, "the phone is American");
    cr_assert(str_eqc(d.blocks[2].pieces.at[0].text, "Best regards,\nEva Oh\neva@example.com\n(412) 555-0143"));
}

Test(letter, an_empty_one_is_refused)
{
    struct arena *a = fixture_memory();
    struct buf out;
    struct err err = {0};
    buf_init(&out, RENDER_MAX_BYTES);
    cr_assert_eq(render_document(a, fixture_json(a, "{\"body\":\" \\n\\n\"}"),
                                 (struct render_options){.format = RENDER_PDF}, &out, NULL, &err),
                 -ERR_NO_EVIDENCE);
    buf_fini(&out);
}
