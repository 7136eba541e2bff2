/* Blocks of the plain form: items follow each other line by line, lines of one paragraph too, everything else has a
 * blank line between. */
#include "pipeline/engine/posting_internal.h"

#include "base/utf8.h"

void posting_writer_init(struct posting_writer *w)
{
    *w = (struct posting_writer){.hidden = {.quote = {"", 0}}};
    buf_init(&w->out, POSTING_WRITER_MAX_BYTES);
}

void posting_writer_fini(struct posting_writer *w)
{
    buf_fini(&w->out);
}

static void writer_block(struct posting_writer *w, enum posting_block kind, const char *mark, struct str text)
{
    text = str_trim(text);
    if (text.n == 0 || w->full)
        return;
    size_t room = w->out.max_bytes - w->out.len;
    if (room < text.n + 8) {
        w->full = true;
        text = utf8_cut(text, room > 8 ? room - 8 : 0);
        if (text.n == 0)
            return;
    }
    if (w->out.len)
        buf_adds(&w->out, w->last == kind && kind != POSTING_BLOCK_HEADING ? "\n" : "\n\n");
    buf_adds(&w->out, mark);
    for (size_t i = 0; i < text.n;) {
        size_t run = i;
        while (run < text.n && !str_is_space(text.p[run]))
            run++;
        if (i)
            buf_addc(&w->out, ' ');
        buf_add(&w->out, text.p + i, run - i);
        while (run < text.n && str_is_space(text.p[run]))
            run++;
        i = run;
    }
    w->last = kind;
}

void posting_write_heading(struct posting_writer *w, struct str text)
{
    text = str_trim(text);
    while (text.n && (text.p[text.n - 1] == ':' || text.p[text.n - 1] == ' '))
        text.n--;
    writer_block(w, POSTING_BLOCK_HEADING, "# ", text);
}

void posting_write_item(struct posting_writer *w, struct str text)
{
    writer_block(w, POSTING_BLOCK_ITEM, "- ", text);
}

void posting_write_line(struct posting_writer *w, struct str text)
{
    writer_block(w, POSTING_BLOCK_LINE, "", text);
}

void posting_write_break(struct posting_writer *w)
{
    if (w->last == POSTING_BLOCK_LINE)
        w->last = POSTING_BLOCK_NONE;
}

void posting_write_fact(struct posting_writer *w, const char *label, struct str value)
{
    if (value.n == 0)
        return;
    struct buf b;
    buf_init(&b, POSTING_WRITER_MAX_BYTES);
    buf_adds(&b, label);
    buf_adds(&b, ": ");
    buf_add(&b, value.p, value.n);
    if (!buf_failed(&b))
        posting_write_line(w, (struct str){b.data, b.len});
    buf_fini(&b);
}

bool posting_writer_take(struct posting_writer *w, struct arena *a, struct str *ret)
{
    char *p = arena_strndup(a, buf_str(&w->out), w->out.len);
    *ret = (struct str){p ? p : "", p ? w->out.len : 0};
    return p != NULL && !(buf_failed(&w->out) && !w->full);
}
