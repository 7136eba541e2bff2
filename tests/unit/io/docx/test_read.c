#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>
#include "io/docx/read.h"
#include "io/docx/zip.h"

#define BODY(x) "<w:document xmlns:w='w' xmlns:r='r'><w:body>" x "</w:body></w:document>"
#define P(x)    "<w:p>" x "</w:p>"
#define R(x)    "<w:r><w:t xml:space='preserve'>" x "</w:t></w:r>"

struct part {
    const char *name, *text;
};

struct archive {
    struct arena arena;
    struct doc doc;
    struct err err;
    char *bytes;
    size_t n;
};

static void archive_make(struct archive *x, const struct part *parts)
{
    zip_error_t e;
    *x = (struct archive){0};
    zip_error_init(&e);
    zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, &e);
    zip_source_keep(s);
    zip_t *z = zip_open_from_source(s, ZIP_TRUNCATE, &e);
    for (; parts->name; parts++)
        cr_assert_geq(zip_file_add(z, parts->name, zip_source_buffer(z, parts->text, strlen(parts->text), 0), 0), 0);
    cr_assert_eq(zip_close(z), 0);
    zip_source_open(s);
    zip_source_seek(s, 0, SEEK_END);
    x->n = (size_t)zip_source_tell(s);
    x->bytes = malloc(x->n);
    zip_source_seek(s, 0, SEEK_SET);
    cr_assert_eq(zip_source_read(s, x->bytes, x->n), (zip_int64_t)x->n);
    zip_source_close(s);
    zip_source_free(s);
    arena_init(&x->arena, (size_t)128 << 20);
    doc_init(&x->doc, &x->arena, DOC_FORMAT_DOCX);
}

static void archive_fini(struct archive *x)
{
    doc_fini(&x->doc);
    arena_fini(&x->arena);
    free(x->bytes);
}

static int archive_read(struct archive *x)
{
    return docx_read((struct str){.p = x->bytes, .n = x->n}, &x->doc, &x->err);
}

static void document(struct archive *x, const char *xml)
{
    archive_make(x, (const struct part[]){{"word/document.xml", xml}, {NULL, NULL}});
    cr_assert_eq(archive_read(x), 0, "%s", x->err.msg);
}

static void check_line(const struct archive *x, size_t i, const char *want)
{
    cr_assert_lt(i, x->doc.lines_n, "no line %zu", i);
    struct str s = doc_line_text(&x->doc, i);
    cr_expect(str_eqc(s, want), "line %zu is \"" STR_FMT "\"", i, STR_ARG(s));
}

Test(docx, paragraphs_runs_tabs_and_breaks)
{
    struct archive x;
    document(&x, BODY(P(R("Engin") R("eer") "<w:r><w:tab/></w:r>" R("2019 – 2021")) P("")
                          P(R("One") "<w:r><w:br/></w:r>" R("Two"))));
    cr_expect_eq(x.doc.lines_n, 3);
    check_line(&x, 0, "Engineer\t2019 – 2021");
    check_line(&x, 1, "One");
    check_line(&x, 2, "Two");
    cr_expect(x.doc.lines[1].gap && !x.doc.lines[2].gap);
    archive_fini(&x);
}

Test(docx, styles_make_headings_and_bullets)
{
    struct archive x;
    archive_make(&x,
                 (const struct part[]){
                     {"word/styles.xml",
                      "<w:styles xmlns:w='w'><w:style w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style>"
                      "<w:style w:styleId='LB'><w:name w:val='List Bullet'/></w:style></w:styles>"},
                     {"word/document.xml",
                      BODY(P("<w:pPr><w:pStyle w:val='berschrift1'/></w:pPr>" R("Skills"))
                               P("<w:pPr><w:pStyle w:val='LB'/></w:pPr>" R("Go")) P(
                                   "<w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='3'/></w:numPr></w:pPr>" R("C"))
                                   P("<w:pPr><w:numPr><w:numId "
                                     "w:val='0'/></w:numPr></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>Bold</w:t></w:r>"))},
                     {NULL, NULL}});
    cr_assert_eq(archive_read(&x), 0, "%s", x.err.msg);
    cr_expect(x.doc.lines[0].kind == DOC_HEADING && x.doc.lines[0].level == 1);
    cr_expect(x.doc.lines[1].kind == DOC_BULLET);
    cr_expect(x.doc.lines[2].kind == DOC_BULLET && x.doc.lines[2].level == 1);
    cr_expect(x.doc.lines[3].kind == DOC_PLAIN && x.doc.lines[3].bold);
    archive_fini(&x);
}

Test(docx, a_row_of_short_cells_is_one_line)
{
    struct archive x;
    document(&x, BODY("<w:tbl><w:tr><w:tc>" P(R("2019")) "</w:tc><w:tc>" P(
                     R("Engineer")) "</w:tc></w:tr>"
                                    "<w:tr><w:tc>" P(R("2018")) "</w:tc><w:tc>" P(R("Cook"))
                                        P(R("Cooked")) "</w:tc></w:tr></w:tbl>"));
    check_line(&x, 0, "2019\tEngineer");
    check_line(&x, 1, "2018");
    check_line(&x, 2, "Cook");
    check_line(&x, 3, "Cooked");
    archive_fini(&x);
}

Test(docx, deleted_hidden_and_fallback_text_is_left_out)
{
    struct archive x;
    document(&x, BODY(P("<w:del><w:r><w:delText>old</w:delText></w:r></w:del>" R(
                     "kept") "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
                             "<AlternateContent><Choice>" R(" box") "</Choice><Fallback>" R(
                                 " box") "</Fallback></AlternateContent>")));
    cr_expect_eq(x.doc.lines_n, 1);
    check_line(&x, 0, "kept box");
    cr_expect(x.doc.hidden);
    archive_fini(&x);
}

Test(docx, links_are_kept_with_their_place)
{
    struct archive x;
    archive_make(&x, (const struct part[]){
                         {"word/_rels/document.xml.rels",
                          "<Relationships><Relationship Id='rId1' Target='https://example.com/me'/></Relationships>"},
                         {"word/document.xml",
                          BODY(P(R("See ") "<w:hyperlink r:id='rId1'>" R("my site") "</w:hyperlink>"))},
                         {NULL, NULL}});
    cr_assert_eq(archive_read(&x), 0);
    cr_assert_eq(x.doc.links_n, 1);
    cr_expect(str_eqc(x.doc.links[0].url, "https://example.com/me"));
    cr_expect(str_eqc(str_sub(x.doc.text, x.doc.links[0].from, x.doc.links[0].to), "my site"));
    archive_fini(&x);
}

Test(docx, each_refusal_has_its_verdict)
{
    static const struct {
        struct part parts[3];
        enum doc_verdict want;
    } CASES[] = {
        {{{"word/document.xml", BODY("")}}, DOC_EMPTY},
        {{{"word/document.xml", "<w:document><w:p>"}}, DOC_DAMAGED},
        {{{"word/document.xml", "<!DOCTYPE d [<!ENTITY a 'x'>]><d>&a;</d>"}}, DOC_DAMAGED},
        {{{"word/document.xml", BODY(P(R("x")))}, {"word/vbaProject.bin", "x"}}, DOC_MACROS},
        {{{"[Content_Types].xml",
           "<Types><Default ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/></Types>"},
          {"word/document.xml", BODY(P(R("x")))}},
         DOC_MACROS},
        {{{"mimetype", "application/vnd.oasis.opendocument.text"}}, DOC_UNSUPPORTED},
        {{{"readme.txt", "x"}}, DOC_NOT_A_DOCUMENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct archive x;
        archive_make(&x, CASES[i].parts);
        cr_expect_lt(archive_read(&x), 0, "case %zu", i);
        cr_expect_eq(doc_verdict_of(&x.err), CASES[i].want, "case %zu: %s", i, x.err.msg);
        archive_fini(&x);
    }
}

Test(docx, a_cut_archive_and_a_bomb)
{
    struct archive x;
    archive_make(&x, (const struct part[]){{"word/document.xml", BODY(P(R("text")))}, {NULL, NULL}});
    x.n -= 30;
    cr_expect_lt(archive_read(&x), 0);
    cr_expect_eq(doc_verdict_of(&x.err), DOC_TRUNCATED);
    archive_fini(&x);
    size_t n = (size_t)40 << 20;
    char *zeros = malloc(n + 1);
    memset(zeros, ' ', n);
    zeros[n] = '\0';
    archive_make(&x, (const struct part[]){{"word/document.xml", zeros}, {NULL, NULL}});
    cr_expect_lt(archive_read(&x), 0);
    cr_expect_eq(doc_verdict_of(&x.err), DOC_UNPACKS_TOO_LARGE);
    archive_fini(&x);
    free(zeros);
}
