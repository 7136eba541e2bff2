/* Between the files of io/pdf; nobody else includes this. Lengths are in points (1/72 inch). */
#pragma once

#include <pango/pangocairo.h>
#undef MIN /* glib has its own; base/cleanup.h defines the project's */
#undef MAX

#include "io/pdf/pdf.h"

/* --- fonts (pdf_fonts.c) --- */
enum pdf_fonts_set { PDF_FONTS_FEW, PDF_FONTS_ALL, PDF_FONTS_SETS };

struct pdf_fonts {
    PangoFontMap *map;
    const char *families; /* by preference */
    double scale;         /* of the first one that is installed, so that all look equally large */
};
/* The calling thread's own; lives as long as the thread. FEW is ALL where it would be empty. ERR_UNAVAILABLE. */
int pdf_fonts_borrow(enum pdf_fonts_set set, const struct pdf_fonts **ret, struct err *err) MUST_CHECK;
/* The sentence about a character that no font has. ERR_UNSUPPORTED. */
int pdf_fonts_missing(uint32_t cp, struct err *err);
bool pdf_fonts_may_leave_out(uint32_t cp); /* a pictograph or symbol, not a letter, digit or mark */

/* --- laid out text (pdf_text.c) --- */
enum pdf_role {
    PDF_NAME,
    PDF_LABEL,
    PDF_CONTACT,
    PDF_HEADING,
    PDF_ENTRY,
    PDF_DATES,
    PDF_DETAILS,
    PDF_BODY,
    PDF_PROSE,
    PDF_FOOT
};

struct pdf_link {
    int from, to; /* bytes of the layout's text */
    struct str uri;
};

struct pdf_text {
    PangoLayout *layout;
    struct pdf_link *links;
    size_t links_n;
    enum pdf_role role;
};

/* --- lines and pages (pdf_lines.c, pdf_pages.c) --- */
struct pdf_line {
    const struct pdf_text *text, *right, *mark; /* right: dates; mark: the bullet; NULL: none */
    PangoLayoutLine *line;
    double x, right_x, mark_x;
    double before; /* space above; dropped at the top of a page */
    double baseline, height;
    bool keep; /* stays on the page of the next line */
    bool rule; /* a rule below */
    size_t page;
    double y;
};

struct pdf_job {
    const struct sheet *d;
    struct err *err;
    const struct pdf_fonts *fonts;
    PangoContext *context;
    struct pdf_text **texts; /* all of them, for the end */
    size_t texts_n, texts_cap;
    struct pdf_line *lines;
    size_t lines_n, lines_cap;
    double width, height, left, right, top, bottom; /* the sheet, its margins */
    double tight;                                   /* 1: as designed; below: smaller and closer */
    size_t pages;
    double last_y; /* where the last page ends */
    struct pdf_notes notes;
};

static inline double pdf_inner(const struct pdf_job *j)
{
    return j->width - j->left - j->right;
}
/* Pieces as one text that wraps at width (<= 0: never), with the separator between. ERR_MEMORY,
 * ERR_UNSUPPORTED. */
int pdf_text_make(struct pdf_job *j, enum pdf_role role, const struct sheet_pieces *pieces, struct str separator,
                  double width, const struct pdf_text **ret) MUST_CHECK;
double pdf_text_width(const struct pdf_text *t);
void pdf_role_colour(enum pdf_role role, double rgb[3]);
void pdf_text_free(struct pdf_text *t); /* what is not the arena's */

int pdf_lines_make(struct pdf_job *j) MUST_CHECK;
int pdf_pages_make(struct pdf_job *j) MUST_CHECK;

/* --- drawing (pdf_dates.c) --- */
/* Dates at x, tied to the text that ends at `from`; the colour is set. false: nothing drawn, the text is not plain. */
bool pdf_dates_draw(cairo_t *cr, const struct pdf_text *t, double from, double x, double y);

/* --- bytes (pdf_catalog.c) --- */
/* Appends an update of the catalog of the PDF that begins at out->data[start]: language, title in the window. */
int pdf_catalog_update(struct buf *out, size_t start, struct str language, struct err *err) MUST_CHECK;
