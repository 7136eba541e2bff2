/* Insertion into a short sorted array. */
#include "gateway/report.h"

#include <stdlib.h>
#include <string.h>
#include "gateway/render.h"

struct report_row {
    int index, code;
    int64_t byte_offset;
    size_t ref_n, pointer_n, detail_n;
    char text[]; /* client_ref, pointer, detail */
};

static struct report_row *report_row_new(const struct batch_reject *x)
{
    struct report_row *row = malloc(sizeof(*row) + x->client_ref.n + x->pointer.n + x->detail.n + 1);
    if (!row)
        abort();
    *row = (struct report_row){.index = x->index,
                               .code = x->code,
                               .byte_offset = x->byte_offset,
                               .ref_n = x->client_ref.n,
                               .pointer_n = x->pointer.n,
                               .detail_n = x->detail.n};
    char *at = row->text;
    const struct str parts[] = {x->client_ref, x->pointer, x->detail};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].n)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return row;
}

void report_add(struct report *r, const struct batch_reject *x)
{
    if (r->n == REPORT_MAX) {
        if (x->index >= r->rows[REPORT_MAX - 1]->index)
            return;
        free(r->rows[--r->n]);
    }
    size_t at = r->n;
    for (; at > 0 && r->rows[at - 1]->index > x->index; at--)
        r->rows[at] = r->rows[at - 1];
    r->rows[at] = report_row_new(x);
    r->n++;
}

void report_render(const struct report *r, struct buf *b, const char *key)
{
    jsonw_open(b, key, '[');
    for (size_t i = 0; i < r->n; i++) {
        const struct report_row *row = r->rows[i];
        struct str ref = {row->text, row->ref_n};
        struct str pointer = {row->text + row->ref_n, row->pointer_n};
        struct str detail = {row->text + row->ref_n + row->pointer_n, row->detail_n};
        jsonw_open(b, NULL, '{');
        jsonw_int(b, "index", row->index);
        jsonw_int(b, "byte_offset", row->byte_offset);
        if (ref.n)
            jsonw_str(b, "client_ref", ref);
        else
            jsonw_null(b, "client_ref");
        render_problem(b, "problem", row->code, detail, pointer);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

void report_fini(struct report *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->rows[i]);
    r->n = 0;
}
