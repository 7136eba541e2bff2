/* Drawing: lines to a cairo PDF surface, page by page, with links and metadata. When the last page holds only a few
 * lines, the document is laid out again a little smaller and closer, and that is taken if it saves the page. */
#include "io/pdf/pdf_int.h"

#include <cairo-pdf.h>

#include "base/utf8.h"

#define LAST_PAGE_FULL 0.16 /* of its height: below, closing up is tried */
#define FOOT_ROOM      28.0
#define RULE_GAP       2.2
#define TIED_GAP       3.0 /* about a space */
#define URI_MAX        1024

static const double TIGHT[] = {1.0, 0.965, 0.93};

struct sink {
    struct buf *out;
};

static cairo_status_t sink_write(void *ud, const unsigned char *data, unsigned n)
{
    struct sink *s = ud;
    buf_add(s->out, data, n);
    return buf_failed(s->out) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void job_clear(struct pdf_job *j)
{
    for (size_t i = 0; i < j->texts_n; i++)
        pdf_text_free(j->texts[i]);
    j->texts_n = j->lines_n = 0;
    j->notes = (struct pdf_notes){0};
}

static int lay_out(struct pdf_job *j, double tight)
{
    job_clear(j);
    j->tight = tight;
    int rc = pdf_lines_make(j);
    return rc < 0 ? rc : pdf_pages_make(j);
}

static int lay_out_well(struct pdf_job *j)
{
    int rc = lay_out(j, TIGHT[0]);
    size_t pages = j->pages, step = 1;
    double inner = j->height - j->top - j->bottom;
    if (rc < 0 || pages < 2 || j->last_y - j->top > LAST_PAGE_FULL * inner)
        return rc;
    while (rc == 0 && step < ARRAY_LEN(TIGHT) && j->pages == pages)
        rc = lay_out(j, TIGHT[step++]);
    if (rc == 0 && j->pages == pages)
        rc = lay_out(j, TIGHT[0]);
    return rc;
}

/* cairo reads attributes with ' as the quote. */
static bool uri_quoted(struct str uri, char out[URI_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < uri.n; i++) {
        unsigned char c = (unsigned char)uri.p[i];
        if (n + 4 >= URI_MAX || c <= ' ' || c == 0x7f)
            return false;
        if (c == '\'' || c == '\\' || c >= 0x80 || c == '(' || c == ')')
            n += (size_t)snprintf(out + n, URI_MAX - n, "%%%02X", c);
        else
            out[n++] = (char)c;
    }
    out[n] = 0;
    return true;
}

static void draw_links(cairo_t *cr, const struct pdf_line *l)
{
    char uri[URI_MAX], words[URI_MAX + 160];
    int from = l->line->start_index, to = from + l->line->length;
    for (size_t i = 0; i < l->text->links_n; i++) {
        const struct pdf_link *k = &l->text->links[i];
        int *ranges = NULL, n = 0;
        if (k->to <= from || k->from >= to || !uri_quoted(k->uri, uri))
            continue;
        pango_layout_line_get_x_ranges(l->line, MAX(k->from, from), MIN(k->to, to), &ranges, &n);
        PangoRectangle box;
        pango_layout_line_get_extents(l->line, NULL, &box);
        double origin = l->x;
        int shift = 0; /* ranges are relative to the layout, which an aligned line is not */
        if (n > 0 && pango_layout_get_width(l->text->layout) > 0 &&
            pango_layout_line_get_resolved_direction(l->line) == PANGO_DIRECTION_RTL)
            shift = pango_layout_get_width(l->text->layout) - box.width;
        for (int r = 0; r < n; r++) {
            double x0 = origin + (double)(ranges[2 * r] - shift) / PANGO_SCALE;
            double w = (double)(ranges[2 * r + 1] - ranges[2 * r]) / PANGO_SCALE;
            char numbers[4][G_ASCII_DTOSTR_BUF_SIZE];
            double values[4] = {x0, l->y, w, l->height};
            for (int v = 0; v < 4; v++)
                g_ascii_formatd(numbers[v], sizeof(numbers[v]), "%.2f", values[v]);
            snprintf(words, sizeof(words), "rect=[%s %s %s %s] uri='%s'", numbers[0], numbers[1], numbers[2],
                     numbers[3], uri);
            cairo_tag_begin(cr, CAIRO_TAG_LINK, words);
            cairo_tag_end(cr, CAIRO_TAG_LINK);
        }
        g_free(ranges);
    }
}

static void draw_text(cairo_t *cr, const struct pdf_text *t, PangoLayoutLine *line, double x, double y)
{
    double rgb[3];
    pdf_role_colour(t->role, rgb);
    cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout_line(cr, line);
}

static void draw_dates(cairo_t *cr, const struct pdf_line *l, double y)
{
    double rgb[3];
    pdf_role_colour(l->right->role, rgb);
    cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
    if (!pdf_dates_draw(cr, l->right, l->x + pdf_text_width(l->text) + TIED_GAP, l->right_x, y))
        draw_text(cr, l->right, pango_layout_get_line_readonly(l->right->layout, 0), l->right_x, y);
}

static void draw_line(struct pdf_job *j, cairo_t *cr, const struct pdf_line *l)
{
    double y = l->y + l->baseline;
    if (l->mark)
        draw_text(cr, l->mark, pango_layout_get_line_readonly(l->mark->layout, 0), l->mark_x, y);
    draw_text(cr, l->text, l->line, l->x, y);
    if (l->right)
        draw_dates(cr, l, y);
    if (l->rule) {
        cairo_set_source_rgb(cr, 0.62, 0.67, 0.73);
        cairo_set_line_width(cr, 0.7);
        cairo_move_to(cr, j->left, l->y + l->height - RULE_GAP);
        cairo_line_to(cr, j->width - j->right, l->y + l->height - RULE_GAP);
        cairo_stroke(cr);
    }
    draw_links(cr, l);
}

/* "Page 2 of 3", from the second page on. */
static int draw_foot(struct pdf_job *j, cairo_t *cr, size_t page)
{
    char text[48];
    const struct pdf_text *t;
    struct sheet_piece piece = {.text = {.p = text}};
    struct sheet_pieces one = {.at = &piece, .n = 1};
    if (page == 0)
        return 0;
    piece.text.n = (size_t)snprintf(text, sizeof(text), "Page %zu of %zu", page + 1, j->pages);
    int rc = pdf_text_make(j, PDF_FOOT, &one, STR(""), 0, &t);
    if (rc == 0)
        draw_text(cr, t, pango_layout_get_line_readonly(t->layout, 0), j->width - j->right - pdf_text_width(t),
                  j->height - FOOT_ROOM);
    return rc;
}

static void set_metadata(const struct sheet *d, cairo_surface_t *surface)
{
    struct sheet_date day = d->date.y ? d->date : (struct sheet_date){.y = 2000, .m = 1, .d = 1};
    char date[48], text[512];
    snprintf(date, sizeof(date), "%04d-%02d-%02dT00:00:00Z", day.y % 10000, day.m % 100, day.d % 100);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    struct str title = utf8_cut(d->title, sizeof(text) - 1), author = utf8_cut(d->author, sizeof(text) - 1);
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(title));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text);
    if (author.n) {
        snprintf(text, sizeof(text), STR_FMT, STR_ARG(author));
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, text);
    }
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "jobmill");
}

static int draw(struct pdf_job *j, struct buf *out)
{
    struct sink sink = {.out = out};
    int rc = 0;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(sink_write, &sink, j->width, j->height);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    set_metadata(j->d, surface);
    cairo_t *cr = cairo_create(surface);
    for (size_t i = 0; i < j->lines_n && rc == 0; i++) {
        const struct pdf_line *l = &j->lines[i];
        draw_line(j, cr, l);
        if (i + 1 == j->lines_n || j->lines[i + 1].page != l->page) {
            rc = draw_foot(j, cr, l->page);
            cairo_show_page(cr);
        }
    }
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_status(cr) ? cairo_status(cr) : cairo_surface_status(surface);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (rc == 0 && buf_failed(out))
        return err_set(j->err, ERR_LIMIT, "the PDF is larger than %zu bytes", out->max_bytes);
    if (rc == 0 && status)
        return err_set(j->err, status == CAIRO_STATUS_NO_MEMORY ? ERR_MEMORY : ERR_BUG, "drawing the PDF failed: %s",
                       cairo_status_to_string(status));
    return rc;
}

static void job_paper(struct pdf_job *j)
{
    bool letter = j->d->paper == SHEET_LETTER;
    j->width = letter ? 612 : 595.276;
    j->height = letter ? 792 : 841.89;
    j->left = j->right = j->d->letter ? 76 : 56;
    j->top = j->d->letter ? 80 : 50;
    j->bottom = j->d->letter ? 72 : 54;
}

static PangoContext *context_new(const struct pdf_fonts *fonts, struct str language)
{
    char tag[3] = "en";
    PangoContext *c = pango_font_map_create_context(fonts->map);
    cairo_font_options_t *how = cairo_font_options_create();
    cairo_font_options_set_hint_style(how, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(how, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(how, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(c, how);
    cairo_font_options_destroy(how);
    pango_context_set_round_glyph_positions(c, FALSE);
    if (language.n >= 2 && str_is_alpha(language.p[0]) && str_is_alpha(language.p[1]) &&
        (language.n == 2 || language.p[2] == '-')) { /* pango keeps every tag it is told: these are few */
        tag[0] = str_lower_char(language.p[0]);
        tag[1] = str_lower_char(language.p[1]);
    }
    pango_context_set_language(c, pango_language_from_string(tag));
    return c;
}

static int write_with(struct pdf_job *j, enum pdf_fonts_set set)
{
    int rc = pdf_fonts_borrow(set, &j->fonts, j->err);
    if (rc < 0)
        return rc;
    if (j->context)
        g_object_unref(j->context);
    j->context = context_new(j->fonts, j->d->language);
    return lay_out_well(j);
}

int pdf_write(const struct sheet *d, struct buf *out, struct pdf_notes *ret, struct err *err)
{
    struct pdf_job j = {.d = d, .err = err};
    size_t start = out->len;
    job_paper(&j);
    int rc = write_with(&j, PDF_FONTS_FEW);
    if (rc == -ERR_UNSUPPORTED || (rc == 0 && j.notes.left_out)) {
        job_clear(&j);
        rc = write_with(&j, PDF_FONTS_ALL);
    }
    if (rc == 0)
        rc = draw(&j, out);
    if (rc == 0)
        rc = pdf_catalog_update(out, start, d->language, err);
    if (ret) {
        *ret = j.notes;
        ret->pages = j.pages;
    }
    job_clear(&j);
    if (j.context)
        g_object_unref(j.context);
    return rc;
}
