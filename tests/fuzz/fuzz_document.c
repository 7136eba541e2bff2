/* Any JSON as a résumé, a tailored résumé or a letter: every form is refused with a code or made whole, twice the same,
 * and the findings about it are JSON. */
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/engine/lint.h"
#include "pipeline/render/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool render(struct arena *a, yyjson_val *root, enum render_format f, struct buf *out)
{
    struct render_notes notes;
    struct err err = {0};
    struct render_options how = {.format = f};
    buf_init(out, RENDER_MAX_BYTES);
    int rc = render_document(a, root, how, out, &notes, &err);
    if (rc != 0 && (err.code == ERR_BUG || (int)err.code != -rc))
        abort();
    return rc == 0;
}

static void twice_the_same(struct arena *a, yyjson_val *root, enum render_format f)
{
    struct buf x, y;
    if (render(a, root, f, &x) != render(a, root, f, &y) || x.len != y.len ||
        memcmp(buf_str(&x), buf_str(&y), x.len) != 0)
        abort();
    if (f == RENDER_PDF && x.len && memcmp(buf_str(&x), "%PDF-", 5) != 0)
        abort();
    buf_fini(&x);
    buf_fini(&y);
}

static void findings_are_json(struct arena *a, yyjson_val *root)
{
    struct lint_report *r = ARENA_NEW(a, struct lint_report);
    struct buf out;
    yyjson_val *back;
    if (!r || lint_resume(a, root, r, NULL) != 0)
        return;
    buf_init(&out, (size_t)1 << 20);
    lint_write_json(r, &out);
    if (json_parse(a, (struct str){.p = buf_str(&out), .n = out.len}, &back, NULL, NULL) != 0)
        abort();
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    yyjson_val *root;
    arena_init(&a, (size_t)128 * 1024 * 1024);
    if (size <= 64 * 1024 && json_parse(&a, (struct str){.p = (const char *)data, .n = size}, &root, NULL, NULL) == 0) {
        for (enum render_format f = RENDER_JSON; f <= RENDER_DOCX; f++)
            twice_the_same(&a, root, f);
        findings_are_json(&a, root);
    }
    arena_fini(&a);
    return 0;
}
