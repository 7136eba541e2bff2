/* Lines to pages: what is kept together goes to the next page together, unless it is higher than a page. */
#include "io/pdf/pdf_int.h"

/* Height of the lines from i to the first one that may be followed by a page break. *ret_end: behind it. */
static double kept(const struct pdf_job *j, size_t i, size_t *ret_end)
{
    double height = j->lines[i].height;
    while (j->lines[i].keep && i + 1 < j->lines_n) {
        i++;
        height += j->lines[i].before + j->lines[i].height;
    }
    *ret_end = i + 1;
    return height;
}

int pdf_pages_make(struct pdf_job *j)
{
    double end = j->height - j->bottom, y = j->top;
    size_t page = 0, together = 0;
    for (size_t i = 0; i < j->lines_n; i++) {
        struct pdf_line *l = &j->lines[i];
        bool at_top = y <= j->top;
        double before = at_top ? 0 : l->before;
        bool fits = y + before + l->height <= end;
        if (i >= together) {
            double height = kept(j, i, &together);
            fits = y + before + height <= end || (at_top && fits);
            if (!fits && height > end - j->top) { /* higher than a page: it is divided where it must be */
                fits = y + before + l->height <= end;
                together = i + 1;
            }
        }
        if (!fits && !at_top) {
            page++;
            y = j->top;
            before = 0;
        }
        if (page >= PDF_PAGES_MAX)
            return err_set(j->err, ERR_LIMIT, "the document has more than %zu pages", PDF_PAGES_MAX);
        l->page = page;
        l->y = y + before;
        y = l->y + l->height;
    }
    j->pages = page + 1;
    j->last_y = y;
    return 0;
}
