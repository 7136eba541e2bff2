/* A résumé as Markdown or text alone: in a file of its own, so that programs that write nothing else link no drawing.
 */
#include "pipeline/render/render.h"
#include "pipeline/render/render_int.h"

static int resume_as(struct arena *a, yyjson_val *resume, void (*write)(const struct sheet *d, struct buf *out),
                     struct str *ret, struct err *err)
{
    struct sheet d;
    struct buf out;
    int rc = resume_to_sheet(a, resume, &d, err);
    if (rc < 0)
        return rc;
    buf_init(&out, RENDER_MAX_BYTES);
    write(&d, &out);
    char *copy = buf_failed(&out) ? NULL : arena_strndup(a, buf_str(&out), out.len);
    *ret = (struct str){.p = copy, .n = out.len};
    buf_fini(&out);
    return copy ? 0 : err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
}

int resume_to_markdown(struct arena *a, yyjson_val *resume, struct str *ret, struct err *err)
{
    return resume_as(a, resume, sheet_write_markdown, ret, err);
}

int resume_to_text(struct arena *a, yyjson_val *resume, struct str *ret, struct err *err)
{
    return resume_as(a, resume, sheet_write_text, ret, err);
}
