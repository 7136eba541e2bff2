/* Words on pages, without any PDF: rows, columns, running headers. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "io/pdfin/layout.h"
#include "io/pdfin/pdfin.h"

struct sheet {
    struct arena arena;
    struct layout l;
    struct doc d;
    struct err err;
};

static void sheet_init(struct sheet *s, size_t pages)
{
    *s = (struct sheet){0};
    arena_init(&s->arena, (size_t)32 << 20);
    doc_init(&s->d, &s->arena, DOC_FORMAT_PDF);
    s->l.a = &s->arena;
    s->l.pages = ARENA_NEW_N(&s->arena, struct layout_page, pages);
}

static void page_new(struct sheet *s)
{
    s->l.pages[s->l.pages_n++] =
        (struct layout_page){.from = s->l.words_n, .to = s->l.words_n, .width = 600, .height = 800};
}

/* Words at 5 points a letter. */
static void put(struct sheet *s, float x, float y, const char *text)
{
    struct str rest = str_of(text), w;
    while (str_next_field(&rest, ' ', &w)) {
        struct layout_word word = {
            .text = w, .x0 = x, .x1 = x + 5 * (float)w.n, .y0 = y, .y1 = y + 10, .size = 10, .link = -1};
        cr_assert_eq(layout_add(&s->l, &word, &s->err), 0);
        x = word.x1 + 4;
    }
    s->l.pages[s->l.pages_n - 1].to = s->l.words_n;
}

static void sheet_write(struct sheet *s)
{
    for (size_t i = 0; i < s->l.pages_n; i++)
        layout_columns(&s->l, &s->l.pages[i]);
    cr_assert_eq(layout_write(&s->l, &s->d, &s->err), 0);
    cr_assert_eq(doc_finish(&s->d, &s->err), 0);
}

static void sheet_fini(struct sheet *s)
{
    doc_fini(&s->d);
    arena_fini(&s->arena);
}

static void check(const struct sheet *s, const char *want)
{
    cr_expect(str_eqc(s->d.text, want), STR_FMT, STR_ARG(s->d.text));
}

Test(layout, dates_at_the_margin_stay_in_their_row)
{
    struct sheet s;
    sheet_init(&s, 1);
    page_new(&s);
    for (int i = 0; i < 8; i++) {
        put(&s, 40, (float)(50 + i * 40), "Engineer Acme");
        put(&s, 480, (float)(50 + i * 40), "2019 – 2021");
        put(&s, 40, (float)(64 + i * 40), "built a thing that many people used for years");
    }
    sheet_write(&s);
    cr_expect_eq(s.d.lines_n, 16);
    cr_expect(str_eqc(doc_line_text(&s.d, 0), "Engineer Acme\t2019 – 2021"));
    sheet_fini(&s);
}

Test(layout, a_side_bar_is_read_on_its_own)
{
    static const char *const SIDE[] = {"CONTACT", "jane@x.co", "Berlin", "SKILLS", "Golang", "Postgres", "Kafka"};
    struct sheet s;
    sheet_init(&s, 1);
    page_new(&s);
    put(&s, 40, 20, "Jane Doe who has a name across the whole page and more of it than that");
    for (int i = 0; i < 7; i++)
        put(&s, 40, (float)(60 + i * 21), SIDE[i]);
    for (int i = 0; i < 12; i++)
        put(&s, 200, (float)(60 + i * 13), "text of the main column which goes on for a while");
    sheet_write(&s);
    cr_expect_eq(s.d.lines_n, 20);
    cr_expect(str_eqc(doc_line_text(&s.d, 1), "CONTACT"));
    cr_expect(str_eqc(doc_line_text(&s.d, 7), "Kafka"));
    cr_expect(str_starts(doc_line_text(&s.d, 8), "text of the main"));
    sheet_fini(&s);
}

Test(layout, right_to_left_rows_and_gaps)
{
    struct sheet s;
    sheet_init(&s, 1);
    page_new(&s);
    put(&s, 100, 50, "עולם");
    put(&s, 124, 50, "שלום");
    put(&s, 40, 80, "next");
    put(&s, 40, 92, "line");
    put(&s, 40, 104, "line");
    put(&s, 40, 116, "line");
    sheet_write(&s);
    check(&s, "שלום עולם\nnext\nline\nline\nline\n");
    cr_expect(s.d.lines[1].gap && !s.d.lines[2].gap);
    sheet_fini(&s);
}

Test(layout, running_headers_are_furniture)
{
    struct sheet s;
    sheet_init(&s, 2);
    for (int p = 0; p < 2; p++) {
        page_new(&s);
        put(&s, 40, 10, "Jane Doe");
        put(&s, 40, 300, p ? "second" : "first");
        put(&s, 40, 780, p ? "Page 2 of 2" : "Page 1 of 2");
    }
    sheet_write(&s);
    cr_expect_not(s.d.lines[0].furniture);
    cr_expect(s.d.lines[3].furniture);
    cr_expect(s.d.lines[5].furniture);
    cr_expect_eq(s.d.lines[4].page, 2);
    sheet_fini(&s);
}

Test(pdfin, bytes_that_are_no_pdf_get_a_verdict)
{
    static const struct {
        const char *bytes;
        enum doc_verdict want;
    } CASES[] = {{"%PDF-1.4\nrubbish", DOC_TRUNCATED},
                 {"%PDF-1.4\nrubbish\n%%EOF\n", DOC_DAMAGED},
                 {"", DOC_TRUNCATED}};
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct sheet s;
        sheet_init(&s, 1);
        cr_expect_lt(pdfin_read(str_of(CASES[i].bytes), &s.d, &s.err), 0);
        cr_expect_eq(doc_verdict_of(&s.err), CASES[i].want, "case %zu: %s", i, s.err.msg);
        sheet_fini(&s);
    }
}
