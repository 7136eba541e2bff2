/* Text tables for people: columns as wide as their widest cell, numbers to the right, long cells cut. Pure. */
#pragma once

#include <stdbool.h>
#include "base/buf.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_CELL_BYTES  256

struct table;

struct table_column {
    const char *title;
    bool right;    /* aligned to the right */
    int max_width; /* characters; longer cells end with "…"; 0: no limit */
};

/* columns is borrowed as long as the table. NULL without memory. */
struct table *table_new(const struct table_column *columns, int n);
void table_free(struct table *t);
CLEANUP_DEFINE(struct table, table_free)
/* The next cell of the current row, row by row from the left. Control characters become spaces; text is cut at
 * TABLE_CELL_BYTES. */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
int table_rows(const struct table *t);
/* Appends the header and the rows. No blanks at the ends of lines. */
void table_write(const struct table *t, struct buf *out);
