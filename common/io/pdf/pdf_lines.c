/* Blocks as lines, top to bottom, with the space above each and what must stay together:
 *
 * - a heading stays with what follows, the head of an entry with its first text;
 * - a paragraph of up to three lines is not divided, of a longer one at least two lines are on either page;
 * - an entry (or a section of list items) that is no higher than a part of the page is not divided, so that pages break
 *   between entries where they can. */
#include "io/pdf/pdf_int.h"

#define UNDIVIDED    0.30 /* of the height of a page */
#define DATES_GAP    16.0
#define BULLET_AT    3.0
#define BULLET_TEXT  14.0
#define RULE_ROOM    4.5
#define LETTER_SPACE 10.0

static struct pdf_line *line_new(struct pdf_job *j)
{
    if (j->lines_n == j->lines_cap) {
        size_t cap = j->lines_cap ? 2 * j->lines_cap : 256;
        struct pdf_line *more = ARENA_NEW_N(j->d->a, struct pdf_line, cap);
        if (!more)
            return NULL;
        if (j->lines_n)
            memcpy(more, j->lines, j->lines_n * sizeof(*more));
        j->lines = more;
        j->lines_cap = cap;
    }
    return &j->lines[j->lines_n++];
}

/* All lines of a text at x; the first one has `before` above it. */
static int lines_of(struct pdf_job *j, const struct pdf_text *t, double x, double before)
{
    PangoLayoutIter *it = pango_layout_get_iter(t->layout);
    int rc = 0, last = 0;
    do {
        PangoRectangle box;
        struct pdf_line *l = line_new(j);
        if (!l) {
            rc = err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
            break;
        }
        int y0, y1;
        pango_layout_iter_get_line_extents(it, NULL, &box);
        pango_layout_iter_get_line_yrange(it, &y0, &y1);
        *l = (struct pdf_line){.text = t, .line = pango_layout_iter_get_line_readonly(it), .before = before * j->tight};
        l->x = x + (double)box.x / PANGO_SCALE;
        l->baseline = (double)(pango_layout_iter_get_baseline(it) - last) / PANGO_SCALE;
        l->height = (double)(y1 - last) / PANGO_SCALE;
        last = y1;
        before = 0;
    } while (pango_layout_iter_next_line(it));
    pango_layout_iter_free(it);
    return rc;
}

/* Two lines at least on either page. */
static void keep_ends(struct pdf_job *j, size_t from)
{
    size_t n = j->lines_n - from;
    for (size_t i = from; i + 1 < j->lines_n; i++)
        j->lines[i].keep = n <= 3 || i == from || i + 2 == j->lines_n;
}

static void keep_all(struct pdf_job *j, size_t from)
{
    for (size_t i = from; i < j->lines_n; i++)
        j->lines[i].keep = true;
}

static int simple(struct pdf_job *j, const struct sheet_block *b, enum pdf_role role, double before)
{
    const struct pdf_text *t;
    size_t from = j->lines_n;
    int rc = pdf_text_make(j, role, &b->pieces, sheet_separator(b), pdf_inner(j), &t);
    if (rc == 0)
        rc = lines_of(j, t, j->left, before);
    if (rc == 0)
        keep_ends(j, from);
    return rc;
}

static int heading(struct pdf_job *j, const struct sheet_block *b)
{
    size_t from = j->lines_n;
    int rc = simple(j, b, PDF_HEADING, 13);
    if (rc < 0)
        return rc;
    keep_all(j, from);
    j->lines[j->lines_n - 1].rule = true;
    j->lines[j->lines_n - 1].height += RULE_ROOM;
    return 0;
}

static bool is_rtl(const struct pdf_text *t)
{
    PangoLayoutLine *first = pango_layout_get_line_readonly(t->layout, 0);
    return pango_layout_line_get_resolved_direction(first) == PANGO_DIRECTION_RTL;
}

static int bullet(struct pdf_job *j, const struct sheet_block *b, const struct pdf_text *mark)
{
    const struct pdf_text *t;
    size_t from = j->lines_n;
    int rc = pdf_text_make(j, PDF_BODY, &b->pieces, sheet_separator(b), pdf_inner(j) - BULLET_TEXT, &t);
    if (rc == 0)
        rc = lines_of(j, t, is_rtl(t) ? j->left : j->left + BULLET_TEXT, 2);
    if (rc < 0)
        return rc;
    j->lines[from].mark = mark;
    j->lines[from].mark_x = is_rtl(t) ? j->width - j->right - BULLET_AT - pdf_text_width(mark) : j->left + BULLET_AT;
    keep_ends(j, from);
    return 0;
}

/* Dates stand at the right margin of the entry's first line when both fit there, else before its details. */
static int entry(struct pdf_job *j, const struct sheet_block *b, double before)
{
    const struct pdf_text *head = NULL, *dates = NULL, *details;
    struct sheet_piece date = {.text = b->dates};
    struct sheet_pieces one = {.at = &date, .n = 1}, rest = b->details;
    size_t from = j->lines_n;
    int rc = 0;
    if (b->pieces.n)
        rc = pdf_text_make(j, PDF_ENTRY, &b->pieces, sheet_separator(b), pdf_inner(j), &head);
    if (rc == 0 && b->dates.n && head)
        rc = pdf_text_make(j, PDF_DATES, &one, STR(""), 0, &dates);
    if (rc == 0 && head)
        rc = lines_of(j, head, j->left, before);
    if (rc < 0)
        return rc;
    bool beside = dates && j->lines_n == from + 1 && !is_rtl(head) &&
                  pdf_text_width(head) + DATES_GAP + pdf_text_width(dates) <= pdf_inner(j);
    if (beside) {
        j->lines[from].right = dates;
        j->lines[from].right_x = j->width - j->right - pdf_text_width(dates);
    } else if (b->dates.n) {
        rest = (struct sheet_pieces){.at = ARENA_NEW_N(j->d->a, struct sheet_piece, b->details.n + 1),
                                     .n = b->details.n + 1};
        if (!rest.at)
            return err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
        rest.at[0] = date;
        for (size_t i = 0; i < b->details.n; i++)
            rest.at[i + 1] = b->details.at[i];
    }
    if (rest.n) {
        rc = pdf_text_make(j, PDF_DETAILS, &rest, sheet_details_separator(), pdf_inner(j), &details);
        if (rc == 0)
            rc = lines_of(j, details, j->left, head ? 1 : before);
    }
    if (rc == 0)
        keep_all(j, from);
    return rc;
}

static int block(struct pdf_job *j, size_t i, const struct pdf_text *mark)
{
    const struct sheet_block *b = &j->d->blocks[i];
    enum sheet_kind above = i > 0 ? j->d->blocks[i - 1].kind : SHEET_NAME;
    switch (b->kind) {
    case SHEET_NAME:
        return simple(j, b, PDF_NAME, 0);
    case SHEET_LABEL:
        return simple(j, b, PDF_LABEL, 0);
    case SHEET_CONTACT:
        return simple(j, b, PDF_CONTACT, 4);
    case SHEET_HEADING:
        return heading(j, b);
    case SHEET_ENTRY:
        return entry(j, b, above == SHEET_HEADING ? 4 : 9);
    case SHEET_BULLET:
        return bullet(j, b, mark);
    case SHEET_PARAGRAPH:
        break;
    }
    if (j->d->letter)
        return simple(j, b, PDF_PROSE, i == 0 ? 0 : LETTER_SPACE);
    return simple(j, b, PDF_BODY, i == 0 ? 0 : above == SHEET_HEADING ? 4 : 3);
}

/* Lines from `from` on are one unit: not divided when it is small, and never with one last item alone. */
static void close_unit(struct pdf_job *j, size_t from, size_t last_item)
{
    double height = 0;
    for (size_t i = from; i < j->lines_n; i++)
        height += j->lines[i].before + j->lines[i].height;
    if (j->lines_n <= from || j->d->letter)
        return;
    if (height <= UNDIVIDED * (j->height - j->top - j->bottom)) {
        for (size_t i = from; i + 1 < j->lines_n; i++)
            j->lines[i].keep = true;
    } else if (last_item > from) {
        j->lines[last_item - 1].keep = true;
    }
}

int pdf_lines_make(struct pdf_job *j)
{
    const struct pdf_text *mark;
    struct sheet_piece dot = {.text = STR("•")};
    struct sheet_pieces one = {.at = &dot, .n = 1};
    int rc = pdf_text_make(j, PDF_BODY, &one, STR(""), 0, &mark);
    size_t unit = 0, item = 0;
    for (size_t i = 0; rc == 0 && i < j->d->n; i++) {
        enum sheet_kind kind = j->d->blocks[i].kind;
        if (kind == SHEET_ENTRY || kind == SHEET_HEADING) {
            close_unit(j, unit, item);
            unit = j->lines_n;
        }
        item = j->lines_n;
        rc = block(j, i, mark);
    }
    if (rc == 0)
        close_unit(j, unit, item);
    return rc;
}
