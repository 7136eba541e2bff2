#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

#define TABLE_TEXT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define TABLE_GAP            2

/* Cells one after the other, each ended by a NUL. */
struct table {
    const struct table_column *columns;
    int n;
    int cells;
    struct buf text;
};

struct table *table_new(const struct table_column *columns, int n)
{
    struct table *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->columns = columns;
    t->n = MIN(n, TABLE_COLUMNS_MAX);
    buf_init(&t->text, TABLE_TEXT_MAX_BYTES);
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    buf_fini(&t->text);
    free(t);
}

/* At most max characters of valid text. */
static struct str table_fit(struct str s, int max, bool *ret_cut)
{
    size_t at = 0;
    int seen = 0;
    *ret_cut = false;
    while (at < s.n) {
        uint32_t cp;
        if (max > 0 && seen == max) {
            *ret_cut = true;
            break;
        }
        at += utf8_decode(str_sub(s, at, s.n), &cp);
        seen++;
    }
    return str_sub(s, 0, at);
}

void table_cell(struct table *t, const char *text)
{
    int max = t->columns[t->cells % t->n].max_width;
    struct str s = str_of(text);
    s.n = utf8_valid_prefix(s);
    s = utf8_cut(s, TABLE_CELL_BYTES);
    bool cut;
    table_fit(s, max, &cut);
    if (cut)
        s = table_fit(s, max - 1, &cut);
    for (size_t i = 0; i < s.n; i++)
        buf_addc(&t->text, (unsigned char)s.p[i] < 32 || s.p[i] == 127 ? ' ' : s.p[i]);
    if (cut)
        buf_adds(&t->text, "…");
    buf_addc(&t->text, '\0');
    t->cells++;
}

void table_cellf(struct table *t, const char *fmt, ...)
{
    char text[TABLE_CELL_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    table_cell(t, text);
}

int table_rows(const struct table *t)
{
    return t->cells / t->n;
}

static int table_width(const char *s)
{
    return (int)utf8_count(str_of(s));
}

static void table_pad(struct buf *out, int n)
{
    while (n-- > 0)
        buf_addc(out, ' ');
}

static void table_put(const struct table *t, int column, const int *widths, const char *cell, struct buf *out)
{
    int space = widths[column] - table_width(cell);
    if (column > 0)
        table_pad(out, TABLE_GAP);
    if (t->columns[column].right)
        table_pad(out, space);
    buf_adds(out, cell);
    if (!t->columns[column].right)
        table_pad(out, space);
}

static void table_line_end(struct buf *out)
{
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
    buf_addc(out, '\n');
}

void table_write(const struct table *t, struct buf *out)
{
    int widths[TABLE_COLUMNS_MAX] = {0};
    for (int c = 0; c < t->n; c++)
        widths[c] = table_width(t->columns[c].title);
    const char *cell = buf_str(&t->text);
    for (int i = 0; i < t->cells; i++, cell += strlen(cell) + 1)
        widths[i % t->n] = MAX(widths[i % t->n], table_width(cell));
    for (int c = 0; c < t->n; c++)
        table_put(t, c, widths, t->columns[c].title, out);
    table_line_end(out);
    cell = buf_str(&t->text);
    for (int i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
        table_put(t, i % t->n, widths, cell, out);
        if (i % t->n == t->n - 1)
            table_line_end(out);
    }
}
