/* Text of a block as a pango layout. Ligatures are off and words are never hyphenated, so that what is extracted is
 * what was written. A word wider than the line is set smaller until it fits (a long address stays one word); only one
 * that would become unreadable is broken. */
#include "io/pdf/pdf_int.h"

#include "base/utf8.h"

#define TEXT_MAX_BYTES    ((size_t)1024 * 1024) /* of one block */
#define TEXT_SMALLEST     0.55                  /* of the size that the role asks for */
#define TEXT_WORD_LOOK    32                    /* bytes: shorter words fit any line */
#define TEXT_ITEM_UNSPLIT 60                    /* bytes: longer items may break */
#define TEXT_STEP         (PANGO_SCALE / 4)     /* of sizes: each that is used stays in the font map's cache */
#define TEXT_FEATURES     "liga=0, clig=0, dlig=0, hlig=0"

static const struct {
    double size;
    bool bold;
    double rgb[3];
    double leading; /* added between lines */
} ROLES[] = {
    [PDF_NAME] = {24, true, {0.10, 0.20, 0.33}, 0},       [PDF_LABEL] = {13, false, {0.27, 0.33, 0.40}, 0},
    [PDF_CONTACT] = {10, false, {0.27, 0.30, 0.34}, 1},   [PDF_HEADING] = {13, true, {0.10, 0.20, 0.33}, 0},
    [PDF_ENTRY] = {11.5, false, {0.07, 0.07, 0.08}, 0},   [PDF_DATES] = {10.5, false, {0.30, 0.33, 0.37}, 0},
    [PDF_DETAILS] = {10, false, {0.30, 0.33, 0.37}, 0},   [PDF_BODY] = {11, false, {0.07, 0.07, 0.08}, 0.7},
    [PDF_PROSE] = {11.5, false, {0.07, 0.07, 0.08}, 2.2}, [PDF_FOOT] = {9, false, {0.40, 0.42, 0.45}, 0},
};

void pdf_role_colour(enum pdf_role role, double rgb[3])
{
    memcpy(rgb, ROLES[role].rgb, sizeof(ROLES[role].rgb));
}

static void attr(PangoAttrList *list, PangoAttribute *a, size_t from, size_t to)
{
    a->start_index = (guint)from;
    a->end_index = (guint)to;
    pango_attr_list_insert(list, a);
}

static PangoFontDescription *font_of(const struct pdf_job *j, enum pdf_role role)
{
    PangoFontDescription *f = pango_font_description_new();
    pango_font_description_set_family_static(f, j->fonts->families);
    pango_font_description_set_weight(f, ROLES[role].bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_size(f, (int)(ROLES[role].size * j->fonts->scale * j->tight * PANGO_SCALE + 0.5));
    return f;
}

/* The text of the pieces, with the attributes and links at their places. */
static int gather(struct pdf_job *j, struct pdf_text *t, const struct sheet_pieces *pieces, struct str separator,
                  struct buf *text, PangoAttrList *attrs)
{
    t->links = ARENA_NEW_N(j->d->a, struct pdf_link, pieces->n);
    if (!t->links)
        return err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
    for (size_t i = 0; i < pieces->n; i++) {
        const struct sheet_piece *p = &pieces->at[i];
        if (text->len && p->apart)
            buf_adds(text, "\xe2\x80\xa8"); /* a line of its own */
        else if (text->len)
            buf_add(text, separator.p, separator.n);
        size_t from = text->len;
        buf_add(text, p->text.p, p->text.n);
        if (p->strong)
            attr(attrs, pango_attr_weight_new(PANGO_WEIGHT_BOLD), from, text->len);
        if (t->role == PDF_CONTACT && p->text.n < TEXT_ITEM_UNSPLIT)
            attr(attrs, pango_attr_allow_breaks_new(FALSE), from, text->len);
        if (p->link.n)
            t->links[t->links_n++] = (struct pdf_link){.from = (int)from, .to = (int)text->len, .uri = p->link};
    }
    return buf_failed(text) ? err_set(j->err, ERR_LIMIT, "a paragraph is longer than %zu bytes", TEXT_MAX_BYTES) : 0;
}

static double width_of(PangoLayout *layout)
{
    PangoRectangle r;
    pango_layout_get_extents(layout, NULL, &r);
    return (double)r.width / PANGO_SCALE;
}

double pdf_text_width(const struct pdf_text *t)
{
    return width_of(t->layout);
}

/* Scripts that are written without spaces between words. */
static bool breaks_anywhere(struct str word)
{
    while (word.n) {
        uint32_t cp;
        size_t len = utf8_decode(word, &cp);
        if ((cp >= 0x0e00 && cp < 0x0f00) || (cp >= 0x1000 && cp < 0x10a0) || (cp >= 0x1780 && cp < 0x1800) ||
            cp >= 0x2e80)
            return true;
        word = str_sub(word, len, word.n);
    }
    return false;
}

static bool has_inner_break(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (!str_is_alnum(word.p[i]))
            return true;
    return false;
}

/* Lines break at spaces only, so that a word with a hyphen or a web address is extracted whole. Words that are wider
 * than the line are set smaller. */
static void hold_words(struct pdf_job *j, struct pdf_text *t, struct str text, PangoAttrList *attrs, double width)
{
    PangoLayout *probe = NULL;
    size_t at = 0;
    for (size_t end; at < text.n; at = end + 1) {
        double factor = 1;
        end = at;
        while (end < text.n && text.p[end] != ' ' && text.p[end] != '\n')
            end++;
        struct str word = str_sub(text, at, end);
        if (word.n == 0 || breaks_anywhere(word))
            continue;
        if (word.n > TEXT_WORD_LOOK) {
            if (!probe) {
                probe = pango_layout_new(j->context);
                pango_layout_set_font_description(probe, pango_layout_get_font_description(t->layout));
            }
            pango_layout_set_text(probe, word.p, (int)word.n);
            factor = width / (width_of(probe) * 1.08 + 0.5); /* it may be bold */
        }
        int size = pango_font_description_get_size(pango_layout_get_font_description(t->layout));
        if (factor < 1 && factor >= TEXT_SMALLEST)
            attr(attrs, pango_attr_size_new((int)(size * factor) / TEXT_STEP * TEXT_STEP), at, end);
        if (factor >= TEXT_SMALLEST && has_inner_break(word))
            attr(attrs, pango_attr_allow_breaks_new(FALSE), at, end);
    }
    if (probe)
        g_object_unref(probe);
}

/* The first character of the layout that no font has; 0: all are there. */
static uint32_t first_unknown(PangoLayout *layout)
{
    if (pango_layout_get_unknown_glyphs_count(layout) == 0)
        return 0;
    for (GSList *l = pango_layout_get_lines_readonly(layout); l; l = l->next)
        for (GSList *r = ((PangoLayoutLine *)l->data)->runs; r; r = r->next) {
            const PangoGlyphString *g = ((PangoGlyphItem *)r->data)->glyphs;
            for (int i = 0; i < g->num_glyphs; i++)
                if (g->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
                    return g->glyphs[i].glyph & ~PANGO_GLYPH_UNKNOWN_FLAG;
        }
    return 0;
}

/* The pieces without one character. */
static int without(struct pdf_job *j, const struct sheet_pieces *from, uint32_t cp, struct sheet_pieces *ret)
{
    *ret = (struct sheet_pieces){.at = ARENA_NEW_N(j->d->a, struct sheet_piece, from->n), .n = from->n};
    for (size_t i = 0; ret->at && i < from->n; i++) {
        struct str s = from->at[i].text;
        char *out = arena_try_alloc(j->d->a, s.n + 1);
        size_t n = 0;
        ret->at[i] = from->at[i];
        if (!out)
            return err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
        while (s.n) {
            uint32_t c;
            size_t len = utf8_decode(s, &c);
            if (c != cp)
                memcpy(out + n, s.p, len), n += len;
            else
                j->notes.left_out++;
            s = str_sub(s, len, s.n);
        }
        ret->at[i].text = (struct str){.p = out, .n = n};
    }
    if (j->notes.first == 0)
        j->notes.first = cp;
    return ret->at ? 0 : err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
}

static struct pdf_text *text_new(struct pdf_job *j, enum pdf_role role)
{
    if (j->texts_n == j->texts_cap) {
        size_t cap = j->texts_cap ? 2 * j->texts_cap : 128;
        struct pdf_text **more = ARENA_NEW_N(j->d->a, struct pdf_text *, cap);
        if (!more)
            return NULL;
        if (j->texts_n)
            memcpy(more, j->texts, j->texts_n * sizeof(*more));
        j->texts = more;
        j->texts_cap = cap;
    }
    struct pdf_text *t = ARENA_NEW(j->d->a, struct pdf_text);
    if (!t)
        return NULL;
    PangoFontDescription *font = font_of(j, role);
    t->role = role;
    t->layout = pango_layout_new(j->context);
    pango_layout_set_font_description(t->layout, font);
    pango_layout_set_wrap(t->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_spacing(t->layout, (int)(ROLES[role].leading * PANGO_SCALE));
    pango_font_description_free(font);
    j->texts[j->texts_n++] = t;
    return t;
}

void pdf_text_free(struct pdf_text *t)
{
    if (t)
        g_object_unref(t->layout);
}

int pdf_text_make(struct pdf_job *j, enum pdf_role role, const struct sheet_pieces *pieces, struct str separator,
                  double width, const struct pdf_text **ret)
{
    struct pdf_text *t = text_new(j, role);
    struct buf text;
    struct sheet_pieces fewer;
    *ret = t;
    if (!t)
        return err_set(j->err, ERR_MEMORY, "no memory left to lay out the document");
    buf_init(&text, TEXT_MAX_BYTES);
    PangoAttrList *attrs = pango_attr_list_new();
    pango_attr_list_insert(attrs, pango_attr_font_features_new(TEXT_FEATURES));
    pango_attr_list_insert(attrs, pango_attr_insert_hyphens_new(FALSE));
    int rc = gather(j, t, pieces, separator, &text, attrs);
    if (rc == 0) {
        if (width > 0) {
            hold_words(j, t, (struct str){.p = buf_str(&text), .n = text.len}, attrs, width);
            pango_layout_set_width(t->layout, (int)(width * PANGO_SCALE));
        }
        pango_layout_set_attributes(t->layout, attrs);
        pango_layout_set_text(t->layout, buf_str(&text), (int)text.len);
    }
    pango_attr_list_unref(attrs);
    buf_fini(&text);
    uint32_t cp = rc == 0 ? first_unknown(t->layout) : 0;
    if (cp == 0)
        return rc;
    if (!pdf_fonts_may_leave_out(cp))
        return pdf_fonts_missing(cp, j->err);
    rc = without(j, pieces, cp, &fewer); /* each turn has one character less: it ends */
    return rc < 0 ? rc : pdf_text_make(j, role, &fewer, separator, width, ret);
}
