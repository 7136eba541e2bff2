#include <criterion/criterion.h>
#include <string.h>
#include "cli/table.h"

static const struct table_column columns[] = {{"name", false, 6}, {"n", true, 0}};

static const char *written(struct table *t, struct buf *b)
{
    buf_init(b, 4096);
    table_write(t, b);
    return buf_str(b);
}

Test(table, columns_are_as_wide_as_their_widest_cell)
{
    struct buf b;
    _cleanup_(table_freep)
    struct table *t = table_new(columns, 2);
    table_cell(t, "a");
    table_cellf(t, "%d", 1234);
    table_cell(t, "bcd");
    table_cell(t, "5");
    cr_assert_eq(table_rows(t), 2);
    cr_assert_str_eq(written(t, &b), "name     n\na     1234\nbcd      5\n");
    buf_fini(&b);
}

Test(table, long_cells_are_cut_at_characters_not_bytes)
{
    struct buf b;
    _cleanup_(table_freep)
    struct table *t = table_new(columns, 2);
    table_cell(t, "ääääää");
    table_cell(t, "1");
    table_cell(t, "äääääää");
    table_cell(t, "2");
    cr_assert_str_eq(written(t, &b), "name    n\nääääää  1\näääää…  2\n");
    buf_fini(&b);
}

Test(table, control_characters_cannot_reach_the_terminal)
{
    struct buf b;
    _cleanup_(table_freep)
    struct table *t = table_new(columns, 2);
    table_cell(t, "a\033[2J\n");
    table_cell(t, "");
    written(t, &b);
    cr_assert_null(strchr(buf_str(&b), '\033'));
    buf_fini(&b);
}

Test(table, invalid_utf8_ends_the_cell)
{
    struct buf b;
    _cleanup_(table_freep)
    struct table *t = table_new(columns, 2);
    table_cell(t, "ab\xff"
                  "cd");
    table_cell(t, "1");
    cr_assert_str_eq(written(t, &b), "name  n\nab    1\n");
    buf_fini(&b);
}
