/* Two columns or a row with something at its right?
 *
 * For each x the tallest band of the page that no word crosses is looked for. Such a band has columns when both sides
 * have lines of their own: the narrower side's lines are not merely dates and places beside the lines of the other. */
#include "io/pdfin/layout.h"

#include <stdlib.h>

#define COLUMNS_STEP       3.0f
#define COLUMNS_CLEAR      4.5f /* on each side of the gutter */
#define COLUMNS_LINES_MIN  5
#define COLUMNS_BAND_SHARE 0.3f
#define COLUMNS_SIDE_SHARE 0.08f

struct interval {
    float from, to;
};

static bool has_year(struct str s)
{
    for (size_t i = 0; i + 4 <= s.n; i++)
        if ((memcmp(s.p + i, "19", 2) == 0 || memcmp(s.p + i, "20", 2) == 0) && str_is_digit(s.p[i + 2]) &&
            str_is_digit(s.p[i + 3]))
            return true;
    return str_ieqc(s, "present") || str_ieqc(s, "heute") || str_ieqc(s, "remote");
}

static int by_from(const void *a, const void *b)
{
    const struct interval *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

struct side {
    size_t lines, dated, letters;
    struct interval *at; /* of its lines */
};

/* The lines of the words on one side, as intervals of y. */
static void side_read(const struct layout *l, const struct layout_page *p, float x, bool left, struct interval band,
                      struct side *s)
{
    size_t n = 0;
    s->letters = s->dated = 0;
    for (size_t i = p->from; i < p->to; i++) {
        const struct layout_word *w = &l->words[i];
        if (w->y0 < band.from || w->y1 > band.to || (w->x0 + w->x1 < 2 * x) != left)
            continue;
        s->at[n++] = (struct interval){w->y0, w->y1};
        s->letters += w->text.n;
    }
    qsort(s->at, n, sizeof(*s->at), by_from);
    s->lines = 0;
    for (size_t i = 0; i < n; i++) {
        struct interval *last = s->lines ? &s->at[s->lines - 1] : NULL;
        float middle = (s->at[i].from + s->at[i].to) / 2;
        if (last && middle < last->to && middle > last->from)
            last->to = MAX(last->to, s->at[i].to);
        else
            s->at[s->lines++] = s->at[i];
    }
    for (size_t k = 0; k < s->lines; k++) {
        bool dated = false;
        for (size_t i = p->from; i < p->to && !dated; i++) {
            const struct layout_word *w = &l->words[i];
            float middle = (w->y0 + w->y1) / 2;
            dated =
                middle > s->at[k].from && middle < s->at[k].to && (w->x0 + w->x1 < 2 * x) == left && has_year(w->text);
        }
        s->dated += dated;
    }
}

/* Share of a's lines that stand beside a line of b. */
static float beside(const struct side *a, const struct side *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->lines; i++) {
        for (size_t k = 0; k < b->lines; k++) {
            float d = (a->at[i].from + a->at[i].to - b->at[k].from - b->at[k].to) / 2;
            if (d < 1.5f && d > -1.5f) {
                n++;
                break;
            }
        }
    }
    return a->lines ? (float)n / (float)a->lines : 1;
}

/* The tallest band without a word across x. */
static struct interval band_at(const struct layout *l, const struct layout_page *p, float x, struct interval *crossing,
                               float top, float bottom)
{
    size_t n = 0;
    for (size_t i = p->from; i < p->to; i++)
        if (l->words[i].x0 < x + COLUMNS_CLEAR && l->words[i].x1 > x - COLUMNS_CLEAR)
            crossing[n++] = (struct interval){l->words[i].y0, l->words[i].y1};
    qsort(crossing, n, sizeof(*crossing), by_from);
    struct interval best = {top, top};
    float from = top;
    for (size_t i = 0; i <= n; i++) {
        float to = i < n ? crossing[i].from : bottom;
        if (to - from > best.to - best.from)
            best = (struct interval){from, to};
        if (i < n)
            from = MAX(from, crossing[i].to);
    }
    return best;
}

static bool are_columns(const struct side *left, const struct side *right)
{
    const struct side *narrow = left->letters < right->letters ? left : right, *wide = narrow == left ? right : left;
    float all = (float)(left->letters + right->letters);
    if (narrow->lines < COLUMNS_LINES_MIN || wide->lines < COLUMNS_LINES_MIN ||
        (float)narrow->letters < COLUMNS_SIDE_SHARE * all)
        return false;
    float dated = (float)narrow->dated / (float)narrow->lines;
    float aligned = beside(narrow, wide);
    if (dated > 0.4f)
        return false;
    return aligned < 0.75f || (dated < 0.1f && (float)narrow->letters / (float)narrow->lines > 8);
}

void layout_columns(struct layout *l, struct layout_page *p)
{
    size_t n = p->to - p->from;
    float top = p->height, bottom = 0, x0 = p->width, x1 = 0, best = 0;
    p->gutter = 0;
    struct interval *space = n ? ARENA_NEW_N(l->a, struct interval, n * 3) : NULL;
    if (!space)
        return;
    for (size_t i = p->from; i < p->to; i++) {
        top = MIN(top, l->words[i].y0);
        bottom = MAX(bottom, l->words[i].y1);
        x0 = MIN(x0, l->words[i].x0);
        x1 = MAX(x1, l->words[i].x1);
    }
    for (float x = x0 + (x1 - x0) * 0.12f; x < x0 + (x1 - x0) * 0.88f; x += COLUMNS_STEP) {
        struct interval band = band_at(l, p, x, space, top - 1, bottom + 1);
        if (band.to - band.from < COLUMNS_BAND_SHARE * (bottom - top) || band.to - band.from < 60)
            continue;
        struct side left = {.at = space + n}, right = {.at = space + 2 * n};
        side_read(l, p, x, true, band, &left);
        side_read(l, p, x, false, band, &right);
        float score = (band.to - band.from) * (float)MIN(left.letters, right.letters);
        if (score <= best || !are_columns(&left, &right))
            continue;
        best = score;
        p->gutter = x;
        p->top = band.from;
        p->bottom = band.to;
    }
}
