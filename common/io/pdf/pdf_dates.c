/* Dates at the right margin. A program that extracts text sees a wide gap before them, takes them for a second column
 * and may put them anywhere. So their first letter is drawn as one cluster of two glyphs: a space at the end of the
 * entry's head and the letter itself. cairo marks such a cluster with its text (ActualText), and an extractor that
 * honours it sees a letter that begins where the head ends: one line. Nothing is added to the text, nothing is seen. */
#include "io/pdf/pdf_int.h"

#include <hb.h>

#include "base/utf8.h"

#define DATES_GLYPHS 64

/* The only run of the line when it has a glyph per character; else NULL. */
static PangoGlyphItem *plain_run(PangoLayoutLine *line, struct str text)
{
    PangoGlyphItem *run = line->runs && !line->runs->next ? line->runs->data : NULL;
    size_t n = utf8_count(text);
    return run && n > 0 && n < DATES_GLYPHS && (size_t)run->glyphs->num_glyphs == n ? run : NULL;
}

bool pdf_dates_draw(cairo_t *cr, const struct pdf_text *t, double from, double x, double y)
{
    cairo_glyph_t glyphs[DATES_GLYPHS + 1];
    cairo_text_cluster_t clusters[DATES_GLYPHS];
    struct str text = str_of(pango_layout_get_text(t->layout));
    PangoGlyphItem *run = plain_run(pango_layout_get_line_readonly(t->layout, 0), text);
    hb_codepoint_t space;
    if (!run || !hb_font_get_nominal_glyph(pango_font_get_hb_font(run->item->analysis.font), ' ', &space))
        return false;
    cairo_scaled_font_t *font = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(run->item->analysis.font));
    if (!font)
        return false;
    int n = run->glyphs->num_glyphs;
    struct str rest = text;
    glyphs[0] = (cairo_glyph_t){.index = space, .x = from, .y = y};
    for (int i = 0; i < n; i++) {
        const PangoGlyphInfo *g = &run->glyphs->glyphs[i];
        uint32_t cp;
        size_t len = utf8_decode(rest, &cp);
        if (g->glyph & PANGO_GLYPH_UNKNOWN_FLAG || g->glyph == PANGO_GLYPH_EMPTY)
            return false;
        glyphs[i + 1] = (cairo_glyph_t){.index = g->glyph,
                                        .x = x + (double)g->geometry.x_offset / PANGO_SCALE,
                                        .y = y + (double)g->geometry.y_offset / PANGO_SCALE};
        clusters[i] = (cairo_text_cluster_t){.num_bytes = (int)len, .num_glyphs = i == 0 ? 2 : 1};
        x += (double)g->geometry.width / PANGO_SCALE;
        rest = str_sub(rest, len, rest.n);
    }
    cairo_set_scaled_font(cr, font);
    cairo_show_text_glyphs(cr, text.p, (int)text.n, glyphs, n + 1, clusters, n, 0);
    return true;
}
