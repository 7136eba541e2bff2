/* Lines: words whose middles lie within one another's height, in order of x (right to left where most letters are). */
#include "io/pdfin/layout.h"

#include <math.h>
#include <stdlib.h>
#include "base/utf8.h"

#define LAYOUT_COLUMN_GAP 1.6f /* letters' sizes between two words that stand in different columns of a row */
#define LAYOUT_GAP        0.35f
#define LAYOUT_EDGE_SHARE 0.09f /* of the page: where running headers and footers stand */

enum part { PART_ALL, PART_ABOVE, PART_LEFT, PART_RIGHT, PART_BELOW };

struct line {
    size_t from, to; /* in the sorted array of word pointers */
    float x0, x1, y0, y1, size;
    bool bold, tabs;
    size_t page;
};

struct writer {
    struct layout *l;
    struct doc *d;
    const struct layout_word **sorted;
    struct line *lines;
    size_t lines_n;
    struct str seen_top[64], seen_bottom[64];
    size_t top_n, bottom_n;
};

int layout_add(struct layout *l, const struct layout_word *w, struct err *err)
{
    if (l->words_n == l->words_cap) {
        size_t more = l->words_cap ? l->words_cap * 2 : 1024;
        struct layout_word *v = ARENA_NEW_N(l->a, struct layout_word, more);
        if (!v)
            return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
        if (l->words_n)
            memcpy(v, l->words, l->words_n * sizeof(*v));
        l->words = v;
        l->words_cap = more;
    }
    l->words[l->words_n++] = *w;
    return 0;
}

static bool in_part(const struct layout_page *p, const struct layout_word *w, enum part part)
{
    float middle = (w->y0 + w->y1) / 2;
    if (part == PART_ALL)
        return true;
    if (middle < p->top)
        return part == PART_ABOVE;
    if (middle > p->bottom)
        return part == PART_BELOW;
    return part == (w->x0 + w->x1 < 2 * p->gutter ? PART_LEFT : PART_RIGHT);
}

static int by_y(const void *a, const void *b)
{
    const struct layout_word *x = *(const struct layout_word *const *)a, *y = *(const struct layout_word *const *)b;
    float mx = x->y0 + x->y1, my = y->y0 + y->y1;
    if (mx != my)
        return mx > my ? 1 : -1;
    return (x->x0 > y->x0) - (x->x0 < y->x0);
}

static int by_x(const void *a, const void *b)
{
    const struct layout_word *x = *(const struct layout_word *const *)a, *y = *(const struct layout_word *const *)b;
    return (x->x0 > y->x0) - (x->x0 < y->x0);
}

static bool right_to_left(const struct layout_word *const *w, size_t n)
{
    size_t rtl = 0, ltr = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < w[i]->text.n;) {
            uint32_t cp;
            k += utf8_decode(str_sub(w[i]->text, k, w[i]->text.n), &cp);
            rtl += (cp >= 0x590 && cp < 0x900) || (cp >= 0xFB1D && cp < 0xFE00) || (cp >= 0xFE70 && cp < 0xFEFF);
            ltr += (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || (cp >= 0xC0 && cp < 0x590);
        }
    }
    return rtl > ltr;
}

/* The lines of one part of one page, appended to w->lines. */
static void lines_of(struct writer *w, size_t page, enum part part)
{
    const struct layout_page *p = &w->l->pages[page];
    size_t n = 0, first = w->lines_n;
    const struct layout_word **s = w->sorted;
    for (size_t i = p->from; i < p->to; i++)
        if (in_part(p, &w->l->words[i], part))
            s[n++] = &w->l->words[i];
    qsort(s, n, sizeof(*s), by_y);
    for (size_t i = 0; i < n; i++) {
        struct line *l = w->lines_n > first ? &w->lines[w->lines_n - 1] : NULL;
        float middle = (s[i]->y0 + s[i]->y1) / 2;
        bool same = l && middle > l->y0 && middle < l->y1 && middle - (l->y0 + l->y1) / 2 < 0.45f * (l->y1 - l->y0);
        if (!same) {
            l = &w->lines[w->lines_n++];
            *l = (struct line){.from = i,
                               .to = i,
                               .x0 = s[i]->x0,
                               .x1 = s[i]->x1,
                               .y0 = s[i]->y0,
                               .y1 = s[i]->y1,
                               .bold = true,
                               .page = page};
        }
        l->to = i + 1;
        l->x0 = MIN(l->x0, s[i]->x0);
        l->x1 = MAX(l->x1, s[i]->x1);
        l->bold = l->bold && s[i]->bold;
        l->size = MAX(l->size, s[i]->size);
    }
}

/* Without digits: "Page 1 of 2" is "Page  of ". */
static struct str signature(struct writer *w, struct str text)
{
    char *copy = arena_strndup(w->l->a, text.p, text.n);
    size_t n = 0;
    for (size_t i = 0; copy && i < text.n; i++)
        if (!str_is_digit(text.p[i]))
            copy[n++] = text.p[i];
    return (struct str){.p = copy ? copy : "", .n = n};
}

static bool seen(struct str *list, size_t *n, struct str s)
{
    for (size_t i = 0; i < *n; i++)
        if (str_eq(list[i], s))
            return true;
    if (*n < 64)
        list[(*n)++] = s;
    return false;
}

/* A line that other pages have at their edge too. */
static bool is_furniture(struct writer *w, const struct line *l, struct str text)
{
    const struct layout_page *p = &w->l->pages[l->page];
    if (w->l->pages_n < 2)
        return false;
    if (l->y0 < LAYOUT_EDGE_SHARE * p->height)
        return seen(w->seen_top, &w->top_n, signature(w, text));
    if (l->y1 > (1 - LAYOUT_EDGE_SHARE) * p->height)
        return seen(w->seen_bottom, &w->bottom_n, signature(w, text));
    return false;
}

static int line_write(struct writer *w, const struct line *l, bool gap, float edge, struct err *err)
{
    const struct layout_word **s = w->sorted + l->from;
    size_t n = l->to - l->from;
    struct buf b;
    struct {
        size_t from, to;
        int url;
    } links[16];
    size_t links_n = 0;
    bool tabs = false;
    buf_init(&b, DOC_TEXT_MAX_BYTES);
    qsort(s, n, sizeof(*s), by_x);
    if (right_to_left(s, n)) {
        for (size_t i = 0; i < n / 2; i++) {
            const struct layout_word *swap = s[i];
            s[i] = s[n - 1 - i];
            s[n - 1 - i] = swap;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (i) {
            float space = MAX(s[i]->x0 - s[i - 1]->x1, s[i - 1]->x0 - s[i]->x1);
            bool tab = space > LAYOUT_COLUMN_GAP * MAX(s[i]->size, 6.0f) && !(i == 1 && utf8_count(s[0]->text) == 1);
            tabs = tabs || tab;
            buf_adds(&b, tab ? "\t" : " ");
        }
        if (s[i]->link >= 0 && links_n && links[links_n - 1].url == s[i]->link)
            links[links_n - 1].to = b.len + s[i]->text.n;
        else if (s[i]->link >= 0 && links_n < ARRAY_LEN(links)) {
            links[links_n].from = b.len;
            links[links_n].to = b.len + s[i]->text.n;
            links[links_n++].url = s[i]->link;
        }
        buf_add(&b, s[i]->text.p, s[i]->text.n);
    }
    struct str text = {.p = buf_str(&b), .n = b.len};
    struct doc_line like = {.page = (unsigned)l->page + 1,
                            .bold = l->bold,
                            .gap = gap,
                            .left = l->x0,
                            .right = l->x1,
                            .edge = edge,
                            .size = l->size,
                            .furniture = is_furniture(w, l, text)};
    size_t base = w->d->building.len;
    int rc = doc_add(w->d, text, &like, err);
    for (size_t i = 0; rc == 0 && i < links_n; i++)
        doc_add_link(w->d, base + links[i].from, base + links[i].to, w->l->urls[links[i].url]);
    buf_fini(&b);
    return rc;
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* What lies between two lines of running text. */
static float usual_space(struct writer *w)
{
    float *space = ARENA_NEW_N(w->l->a, float, w->lines_n + 1);
    size_t n = 0;
    if (!space)
        return 0;
    for (size_t i = 1; i < w->lines_n; i++) {
        float d = w->lines[i].y0 - w->lines[i - 1].y1;
        if (d > -5 && d < 40)
            space[n++] = d;
    }
    qsort(space, n, sizeof(*space), by_float);
    return n ? space[n * 2 / 5] : 0;
}

static int part_write(struct writer *w, size_t page, enum part part, bool begins, struct err *err)
{
    w->lines_n = 0;
    lines_of(w, page, part);
    float edge = 0, usual = usual_space(w);
    for (size_t i = 0; i < w->lines_n; i++)
        edge = MAX(edge, w->lines[i].x1);
    for (size_t i = 0; i < w->lines_n; i++) {
        const struct line *l = &w->lines[i];
        float space = i ? l->y0 - w->lines[i - 1].y1 : 0;
        bool gap = i ? space > usual + LAYOUT_GAP * MAX(l->size, 6.0f) : begins;
        int rc = line_write(w, l, gap, edge, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Columns of all pages one after the other: only when every page with columns has its gutter at about the same place.
 */
static bool pages_agree(const struct layout *l)
{
    float gutter = 0;
    for (size_t i = 0; i < l->pages_n; i++) {
        float g = l->pages[i].gutter;
        if (g > 0 && gutter > 0 && fabsf(g - gutter) > 30)
            return false;
        gutter = g > 0 ? g : gutter;
    }
    return gutter > 0 && l->pages[0].gutter > 0;
}

static size_t letters_on(const struct layout *l, bool left)
{
    size_t n = 0;
    for (size_t k = 0; k < l->pages_n; k++)
        for (size_t i = l->pages[k].from; i < l->pages[k].to; i++)
            if (l->pages[k].gutter > 0 && in_part(&l->pages[k], &l->words[i], left ? PART_LEFT : PART_RIGHT))
                n += l->words[i].text.n;
    return n;
}

static int columns_write(struct writer *w, struct err *err)
{
    struct layout *l = w->l;
    enum part main_part = letters_on(l, true) >= letters_on(l, false) ? PART_LEFT : PART_RIGHT;
    static const enum part ORDER[] = {PART_LEFT, PART_RIGHT};
    int rc = part_write(w, 0, PART_ABOVE, true, err);
    for (size_t k = 0; k < ARRAY_LEN(ORDER) && rc == 0; k++) {
        for (size_t i = 0; i < l->pages_n && rc == 0; i++) {
            bool plain = l->pages[i].gutter <= 0, is_main = ORDER[k] == main_part;
            if (plain && is_main)
                rc = part_write(w, i, PART_ALL, false, err);
            if (plain)
                continue;
            if (is_main && i > 0)
                rc = part_write(w, i, PART_ABOVE, false, err);
            if (rc == 0)
                rc = part_write(w, i, ORDER[k], i == 0, err);
            if (rc == 0 && is_main && i > 0)
                rc = part_write(w, i, PART_BELOW, true, err);
        }
    }
    return rc == 0 ? part_write(w, 0, PART_BELOW, true, err) : rc;
}

int layout_write(struct layout *l, struct doc *d, struct err *err)
{
    size_t most = 0;
    for (size_t i = 0; i < l->pages_n; i++)
        most = MAX(most, l->pages[i].to - l->pages[i].from);
    struct writer *w = ARENA_NEW(l->a, struct writer);
    const struct layout_word **sorted = ARENA_NEW_N(l->a, const struct layout_word *, most + 1);
    struct line *lines = ARENA_NEW_N(l->a, struct line, most + 1);
    if (!w || !sorted || !lines)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    w->l = l;
    w->d = d;
    w->sorted = sorted;
    w->lines = lines;
    if (pages_agree(l))
        return columns_write(w, err);
    int rc = 0;
    static const enum part PARTS[] = {PART_ABOVE, PART_LEFT, PART_RIGHT, PART_BELOW};
    for (size_t i = 0; i < l->pages_n && rc == 0; i++) {
        if (l->pages[i].gutter <= 0) {
            rc = part_write(w, i, PART_ALL, i == 0, err);
            continue;
        }
        for (size_t k = 0; k < ARRAY_LEN(PARTS) && rc == 0; k++)
            rc = part_write(w, i, PARTS[k], true, err);
    }
    return rc;
}
