/* From words on pages to lines in reading order. Pure: knows nothing of PDF. Coordinates in points from the top left.
 */
#pragma once

#include "base/doc.h"

struct layout_word {
    struct str text; /* in the arena */
    float x0, x1, y0, y1, size;
    bool bold;
    int link; /* index into layout.urls, -1: none */
};

struct layout_page {
    size_t from, to; /* words */
    float width, height;
    float gutter;      /* x between two columns; 0: one column */
    float top, bottom; /* where the columns are */
};

struct layout {
    struct arena *a;
    struct layout_word *words;
    size_t words_n, words_cap;
    struct layout_page *pages;
    size_t pages_n;
    struct str *urls;
    size_t urls_n;
};

/* ERR_MEMORY. */
int layout_add(struct layout *l, const struct layout_word *w, struct err *err) MUST_CHECK;
/* Finds the columns of the page. */
void layout_columns(struct layout *l, struct layout_page *p);
/* Writes all lines: above the columns, the left columns of all pages, then the right ones, when the pages agree; else
 * page by page. ERR_MEMORY, ERR_TOO_LARGE. */
int layout_write(struct layout *l, struct doc *d, struct err *err) MUST_CHECK;
