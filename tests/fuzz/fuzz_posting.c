/* Any bytes as a posting: read, analysed, written as JSON, read back, embedded, its skills found. The first byte
 * chooses the format. */
#include <stdlib.h>
#include "base/utf8.h"
#include "pipeline/engine/embed.h"
#include "pipeline/engine/posting_trim.h"
#include "pipeline/engine/skill_spans.h"

#define FUZZ_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define FUZZ_SPANS       256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_quote(const struct posting *p, const struct analysis_quote *q)
{
    if (q->end > p->text.n || q->end - q->start != q->text.n || memcmp(p->text.p + q->start, q->text.p, q->text.n) != 0)
        abort();
}

static void check_spans(const struct posting *p)
{
    struct skill_span s[FUZZ_SPANS];
    size_t n = skill_spans_find(p->text, s, FUZZ_SPANS);
    for (size_t i = 0; i < n; i++)
        if (s[i].start >= s[i].end || s[i].end > p->text.n)
            abort();
}

/* However short it is made, what the analysis quotes stays. */
static void shorten(struct arena *a, const struct posting *p, const struct analysis *an)
{
    struct posting_trimmed t;
    struct err err;
    struct posting_ruler ruler = posting_bytes;
    ruler.mark = "[...]";
    if (posting_trim(a, p, &ruler, (int64_t)(p->text.n / 3), &t, &err) < 0)
        return;
    if (utf8_valid_prefix(t.text) != t.text.n)
        abort();
    for (size_t i = 0; i < an->requirements_n; i++)
        if (str_find(t.text, an->requirements[i].evidence.text) < 0)
            abort();
    for (size_t i = 0; i < an->responsibilities_n; i++)
        if (str_find(t.text, an->responsibilities[i].quote.text) < 0)
            abort();
}

static void analyse(struct arena *a, const struct posting *p)
{
    struct analysis *an, *again;
    struct str first, second;
    struct err err;
    float vector[EMBED_DIMENSIONS];
    if (analysis_make(a, p, &an, &err) < 0)
        return;
    for (size_t i = 0; i < an->requirements_n; i++)
        check_quote(p, &an->requirements[i].evidence);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        check_quote(p, &an->responsibilities[i].quote);
    if (analysis_to_json(a, an, &first, &err) < 0)
        return;
    if (analysis_from_json(a, first, &again, &err) < 0 || analysis_to_json(a, again, &second, &err) < 0 ||
        !str_eq(first, second))
        abort();
    check_spans(p);
    shorten(a, p, an);
    embed_text(p->text, vector);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct str body = {(const char *)data + 1, size - 1};
    body.n = utf8_valid_prefix(body);
    struct posting_source src = {.format = (enum posting_format)(data[0] % 3 + 1),
                                 .body = body,
                                 .title = {"", 0},
                                 .company = {"", 0},
                                 .now = {2026, 6, 15}};
    struct arena a;
    struct posting p;
    struct err err;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (posting_read(&a, &src, &p, &err) == 0) {
        if (utf8_valid_prefix(p.text) != p.text.n || p.text.n > POSTING_TEXT_MAX_BYTES)
            abort();
        analyse(&a, &p);
    }
    arena_fini(&a);
    return 0;
}
