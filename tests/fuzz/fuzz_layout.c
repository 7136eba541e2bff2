/* Words anywhere on pages: their lines hold every word once, and become a résumé or a refusal. Six bytes a word. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "io/pdfin/layout.h"
#include "pipeline/resume/resume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const WORDS[] = {"Experience",
                                        "2019",
                                        "–",
                                        "present",
                                        "Engineer",
                                        "Acme",
                                        "GmbH",
                                        "•",
                                        "Skills",
                                        "Go,",
                                        "שלום",
                                        "jane@example.com",
                                        "SKILLS",
                                        "Education",
                                        "https://example.com",
                                        "Built",
                                        "a",
                                        "very",
                                        "long-word-that-goes-on",
                                        "🚀"};
    struct arena a;
    struct doc d;
    struct str json;
    struct err err = {0};
    size_t letters = 0, found = 0;
    arena_init(&a, (size_t)256 << 20);
    doc_init(&d, &a, DOC_FORMAT_PDF);
    struct layout l = {.a = &a};
    l.pages_n = size ? data[0] % 3 + 1 : 1;
    l.pages = ARENA_NEW_N(&a, struct layout_page, l.pages_n);
    size_t n = MIN(size / 6, (size_t)600);
    for (size_t p = 0; p < l.pages_n; p++) {
        l.pages[p] = (struct layout_page){.from = l.words_n, .width = 600, .height = 800};
        for (size_t i = n * p / l.pages_n; i < n * (p + 1) / l.pages_n; i++) {
            const uint8_t *w = data + i * 6;
            struct layout_word word = {.text = str_of(WORDS[w[0] % ARRAY_LEN(WORDS)]),
                                       .size = (float)(w[4] % 24),
                                       .bold = w[5] & 1,
                                       .link = -1};
            word.x0 = (float)(w[1] * 256 + w[2]) / 100;
            word.y0 = (float)w[3] * 3;
            word.x1 = word.x0 + (float)word.text.n * 5;
            word.y1 = word.y0 + 1 + (float)(w[4] % 24);
            letters += word.text.n;
            assert(layout_add(&l, &word, &err) == 0);
        }
        l.pages[p].to = l.words_n;
        layout_columns(&l, &l.pages[p]);
    }
    assert(layout_write(&l, &d, &err) == 0 && doc_finish(&d, &err) == 0);
    for (size_t i = 0; i < d.text.n; i++)
        found += !str_is_space(d.text.p[i]);
    assert(found == letters);
    if (d.lines_n)
        (void)!resume_read(&a, &d, &json, &err);
    doc_fini(&d);
    arena_fini(&a);
    return 0;
}
