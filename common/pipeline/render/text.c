/* Blocks as text, in two dresses: Markdown and plain. Both are one column; plain text has its headings in capitals. */
#include "pipeline/render/render_int.h"

struct text {
    struct buf *out;
    bool markdown;
};

/* In Markdown the characters that would become markup are escaped. */
static void put(struct text *t, struct str s, bool line_start)
{
    if (!t->markdown) {
        buf_add(t->out, s.p, s.n);
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool inner = i > 0 && i + 1 < s.n && str_is_alnum(s.p[i - 1]) && str_is_alnum(s.p[i + 1]);
        bool mark = c == '*' || c == '`' || c == '\\' || c == '<' || c == '[' || c == ']' || (c == '_' && !inner);
        bool first =
            line_start && i == 0 && (c == '#' || c == '>' || ((c == '-' || c == '+') && s.n > 1 && s.p[1] == ' '));
        if (mark || first)
            buf_addc(t->out, '\\');
        buf_addc(t->out, c);
    }
}

static void put_pieces(struct text *t, const struct sheet_pieces *list, struct str separator, bool bold, bool apart)
{
    bool any = false;
    for (size_t i = 0; i < list->n; i++) {
        const struct sheet_piece *p = &list->at[i];
        if (p->apart != apart)
            continue;
        if (any)
            buf_add(t->out, separator.p, separator.n);
        const char *mark = t->markdown && bold && p->strong ? "**" : "";
        buf_adds(t->out, mark);
        put(t, p->text, !any && !*mark);
        buf_adds(t->out, mark);
        any = true;
    }
}

static bool has_apart(const struct sheet_pieces *list, bool apart)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].apart == apart)
            return true;
    return false;
}

static void open_line(struct text *t)
{
    if (t->markdown)
        buf_addc(t->out, '\n');
}

static void write_heading(struct text *t, const struct sheet_block *b)
{
    buf_adds(t->out, t->markdown ? "\n## " : "\n");
    for (size_t i = 0; i < b->pieces.n; i++)
        for (size_t k = 0; k < b->pieces.at[i].text.n; k++) {
            char c = b->pieces.at[i].text.p[k];
            buf_addc(t->out, !t->markdown && c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
        }
    buf_addc(t->out, '\n');
}

static void write_entry(struct text *t, const struct sheet_block *b)
{
    struct str dot = sheet_details_separator();
    buf_adds(t->out, t->markdown ? "\n### " : "\n");
    put_pieces(t, &b->pieces, sheet_separator(b), false, false);
    buf_addc(t->out, '\n');
    if (b->dates.n || has_apart(&b->details, false)) {
        open_line(t);
        put(t, b->dates, true);
        if (b->dates.n && has_apart(&b->details, false))
            buf_add(t->out, dot.p, dot.n);
        put_pieces(t, &b->details, dot, false, false);
        buf_addc(t->out, '\n');
    }
    if (has_apart(&b->details, true)) {
        open_line(t);
        put_pieces(t, &b->details, dot, false, true);
        buf_addc(t->out, '\n');
    }
}

static void write_block(struct text *t, const struct sheet_block *b, bool in_list)
{
    switch (b->kind) {
    case SHEET_HEADING:
        write_heading(t, b);
        return;
    case SHEET_ENTRY:
        write_entry(t, b);
        return;
    case SHEET_NAME:
        buf_adds(t->out, t->markdown ? "# " : "");
        break;
    case SHEET_BULLET:
        if (!in_list)
            open_line(t);
        buf_adds(t->out, "- ");
        break;
    default:
        open_line(t);
    }
    put_pieces(t, &b->pieces, sheet_separator(b), b->kind == SHEET_BULLET, false);
    buf_addc(t->out, '\n');
    if (has_apart(&b->pieces, true)) {
        buf_adds(t->out, "  ");
        put_pieces(t, &b->pieces, STR(" "), false, true);
        buf_addc(t->out, '\n');
    }
}

static void write_all(const struct sheet *d, struct buf *out, bool markdown)
{
    struct text t = {.out = out, .markdown = markdown};
    size_t start = out->len;
    for (size_t i = 0; i < d->n; i++)
        write_block(&t, &d->blocks[i], i > 0 && d->blocks[i - 1].kind == SHEET_BULLET);
    if (!buf_failed(out) && out->len > start && out->data[start] == '\n') { /* nothing above the first block */
        memmove(out->data + start, out->data + start + 1, out->len - start);
        out->len--;
    }
}

void sheet_write_markdown(const struct sheet *d, struct buf *out)
{
    write_all(d, out, true);
}

void sheet_write_text(const struct sheet *d, struct buf *out)
{
    write_all(d, out, false);
}
