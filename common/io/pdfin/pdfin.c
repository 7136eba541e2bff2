/* poppler gives the letters of a page with a rectangle each and runs of attributes; words are what lies between spaces.
 * The order of the lines is layout.c's, because poppler's own puts dates at the right margin behind the column. */
#include "io/pdfin/pdfin.h"

#include <poppler.h>
#include "base/utf8.h"
#include "io/pdfin/layout.h"

#define PDFIN_URLS_MAX     256
#define PDFIN_END_BYTES    2048 /* "%%EOF" stands within so many bytes of the end */
#define PDFIN_TINY_POINTS  1.5f /* smaller letters are not for people */
#define PDFIN_SCAN_LETTERS 40   /* a page with a picture and fewer letters is a scan */

struct reader {
    struct layout l;
    struct doc *d;
    size_t letters, pictures;
};

static bool bold_font(const char *name)
{
    static const char *const WORDS[] = {"bold", "black", "heavy", "demi"};
    for (size_t i = 0; name && i < ARRAY_LEN(WORDS); i++)
        if (str_ifind(str_of(name), str_of(WORDS[i])) >= 0)
            return true;
    return false;
}

struct attributes {
    GList *list, *at;
};

/* The attributes of letter i; letters are asked for in order. */
static const PopplerTextAttributes *attributes_at(struct attributes *t, int i)
{
    while (t->at && ((PopplerTextAttributes *)t->at->data)->end_index < i)
        t->at = t->at->next;
    return t->at ? t->at->data : NULL;
}

struct areas {
    struct {
        float x0, y0, x1, y1;
        int url;
    } a[PDFIN_URLS_MAX];
    size_t n;
};

static void areas_read(struct reader *r, PopplerPage *page, float height, struct areas *ret)
{
    GList *links = poppler_page_get_link_mapping(page);
    ret->n = 0;
    for (GList *i = links; i && ret->n < PDFIN_URLS_MAX && r->l.urls_n < PDFIN_URLS_MAX; i = i->next) {
        const PopplerLinkMapping *m = i->data;
        if (m->action->type != POPPLER_ACTION_URI || !m->action->uri.uri ||
            !g_utf8_validate(m->action->uri.uri, -1, NULL))
            continue;
        char *copy = arena_strdup(r->l.a, m->action->uri.uri);
        if (!copy)
            break;
        r->l.urls[r->l.urls_n] = str_of(copy);
        ret->a[ret->n].x0 = (float)m->area.x1;
        ret->a[ret->n].x1 = (float)m->area.x2;
        ret->a[ret->n].y0 = height - (float)m->area.y2;
        ret->a[ret->n].y1 = height - (float)m->area.y1;
        ret->a[ret->n++].url = (int)r->l.urls_n++;
    }
    poppler_page_free_link_mapping(links);
}

static int link_of(const struct areas *areas, const struct layout_word *w)
{
    float x = (w->x0 + w->x1) / 2, y = (w->y0 + w->y1) / 2;
    for (size_t i = 0; i < areas->n; i++)
        if (x >= areas->a[i].x0 && x <= areas->a[i].x1 && y >= areas->a[i].y0 && y <= areas->a[i].y1)
            return areas->a[i].url;
    return -1;
}

static int word_add(struct reader *r, const struct areas *areas, struct layout_word *w, const struct layout_page *p,
                    struct err *err)
{
    if (w->text.n == 0)
        return 0;
    bool outside = w->x1 < -2 || w->x0 > p->width + 2 || w->y1 < -2 || w->y0 > p->height + 2;
    if (outside || (w->size > 0 && w->size < PDFIN_TINY_POINTS) || w->y1 - w->y0 < PDFIN_TINY_POINTS) {
        r->d->hidden = true;
        return 0;
    }
    char *copy = str_dup(r->l.a, w->text);
    if (!copy)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    w->text.p = copy;
    w->link = link_of(areas, w);
    r->letters += w->text.n;
    return layout_add(&r->l, w, err);
}

/* The letters of a page as words. */
static int words_read(struct reader *r, PopplerPage *page, struct layout_page *p, struct err *err)
{
    PopplerRectangle *rects = NULL;
    guint rects_n = 0;
    struct areas *areas = ARENA_NEW(r->l.a, struct areas);
    char *text = poppler_page_get_text(page);
    if (!text || !areas || !g_utf8_validate(text, -1, NULL) || !poppler_page_get_text_layout(page, &rects, &rects_n)) {
        g_free(text);
        return areas ? 0 : err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    }
    struct attributes at = {.list = poppler_page_get_text_attributes(page)};
    at.at = at.list;
    areas_read(r, page, p->height, areas);
    struct str s = str_of(text);
    struct layout_word w = {0};
    int rc = 0;
    for (guint i = 0; s.n && i < rects_n && rc == 0; i++) {
        uint32_t cp;
        size_t n = utf8_decode(s, &cp);
        bool space = cp <= 0x20 || cp == 0xA0;
        const PopplerRectangle *b = &rects[i];
        /* a letter far from the one before begins a word, whatever poppler says */
        bool apart = w.text.n && ((float)b->x1 > w.x1 + w.size || (float)b->y1 > w.y1 || (float)b->y2 < w.y0);
        if (space || apart) {
            rc = word_add(r, areas, &w, p, err);
            w.text.n = 0;
        }
        if (!space) {
            if (w.text.n == 0) {
                const PopplerTextAttributes *a = attributes_at(&at, (int)i);
                w = (struct layout_word){.text = {.p = s.p},
                                         .x0 = (float)b->x1,
                                         .x1 = (float)b->x2,
                                         .y0 = (float)b->y1,
                                         .y1 = (float)b->y2,
                                         .size = a && a->font_size > 0 ? (float)a->font_size : (float)(b->y2 - b->y1),
                                         .bold = a && bold_font(a->font_name)};
            }
            w.text.n = (size_t)(s.p + n - w.text.p);
            w.x1 = MAX(w.x1, (float)b->x2);
            w.x0 = MIN(w.x0, (float)b->x1);
        }
        s = str_sub(s, n, s.n);
        if (r->l.words_n - p->from > PDFIN_PAGE_WORDS_MAX)
            rc = doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    }
    if (rc == 0)
        rc = word_add(r, areas, &w, p, err);
    poppler_page_free_text_attributes(at.list);
    g_free(rects);
    g_free(text);
    return rc;
}

static int page_read(struct reader *r, PopplerDocument *pdf, int index, struct err *err)
{
    struct layout_page *p = &r->l.pages[r->l.pages_n++];
    PopplerPage *page = poppler_document_get_page(pdf, index);
    *p = (struct layout_page){.from = r->l.words_n, .to = r->l.words_n};
    if (!page)
        return doc_refuse(err, DOC_DAMAGED, NULL);
    double width, height;
    poppler_page_get_size(page, &width, &height);
    p->width = (float)width;
    p->height = (float)height;
    int rc = words_read(r, page, p, err);
    p->to = r->l.words_n;
    GList *images = poppler_page_get_image_mapping(page);
    r->pictures += images != NULL;
    poppler_page_free_image_mapping(images);
    g_object_unref(page);
    if (rc == 0)
        layout_columns(&r->l, p);
    return rc;
}

static int open_failed(const GError *e, struct err *err)
{
    if (e && e->domain == POPPLER_ERROR && e->code == POPPLER_ERROR_ENCRYPTED)
        return doc_refuse(err, DOC_ENCRYPTED, NULL);
    return doc_refuse(err, DOC_DAMAGED, NULL);
}

static bool has_end(struct str bytes)
{
    struct str tail = bytes.n > PDFIN_END_BYTES ? str_sub(bytes, bytes.n - PDFIN_END_BYTES, bytes.n) : bytes;
    return str_find(tail, STR("%%EOF")) >= 0;
}

static int pages_read(PopplerDocument *pdf, struct doc *d, struct err *err)
{
    char *creator = poppler_document_get_creator(pdf);
    d->ours = creator && strcmp(creator, "jobmill") == 0;
    g_free(creator);
    int n = poppler_document_get_n_pages(pdf);
    if (n > PDFIN_PAGES_MAX)
        return doc_refuse(err, DOC_TOO_MANY_PAGES, NULL);
    if (n <= 0)
        return doc_refuse(err, DOC_EMPTY, NULL);
    struct reader r = {.l = {.a = d->arena}, .d = d};
    r.l.pages = ARENA_NEW_N(d->arena, struct layout_page, (size_t)n);
    r.l.urls = ARENA_NEW_N(d->arena, struct str, PDFIN_URLS_MAX);
    if (!r.l.pages || !r.l.urls)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    d->pages = (unsigned)n;
    for (int i = 0; i < n; i++) {
        int rc = page_read(&r, pdf, i, err);
        if (rc < 0)
            return rc;
    }
    if (r.letters < PDFIN_SCAN_LETTERS && r.pictures)
        return doc_refuse(err, DOC_SCANNED, NULL);
    if (r.letters == 0)
        return doc_refuse(err, DOC_EMPTY, NULL);
    int rc = layout_write(&r.l, d, err);
    return rc < 0 ? rc : doc_finish(d, err);
}

int pdfin_read(struct str bytes, struct doc *d, struct err *err)
{
    if (!has_end(bytes))
        return doc_refuse(err, DOC_TRUNCATED, NULL);
    GError *e = NULL;
    GBytes *wrapped = g_bytes_new_static(bytes.p, bytes.n);
    PopplerDocument *pdf = poppler_document_new_from_bytes(wrapped, NULL, &e);
    int rc = pdf ? pages_read(pdf, d, err) : open_failed(e, err);
    g_clear_error(&e);
    if (pdf)
        g_object_unref(pdf);
    g_bytes_unref(wrapped);
    return rc;
}
