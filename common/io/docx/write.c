/* The package: its parts as XML text, zipped in a fixed order with a fixed time. */
#include <stdio.h>
#include <zip.h>

#include "base/utf8.h"
#include "io/docx/docx_parts.h"

#define XML     "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define REL     "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define DOSDATE 0x2821 /* 2000-01-01 */

void docx_add_xml(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '<')
            buf_adds(out, "&lt;");
        else if (c == '>')
            buf_adds(out, "&gt;");
        else if (c == '&')
            buf_adds(out, "&amp;");
        else if (c == '"')
            buf_adds(out, "&quot;");
        else if (c >= ' ' || c == '\n')
            buf_addc(out, s.p[i]);
    }
}

static size_t link_id(struct docx_links *links, struct str target)
{
    for (size_t i = 0; i < links->n; i++)
        if (str_eq(links->at[i], target))
            return i + 1;
    if (links->n == DOCX_LINKS_MAX)
        return 0;
    links->at[links->n++] = target;
    return links->n;
}

/* Letters written from right to left: such a paragraph and its runs say so. */
static bool is_rtl(struct str s)
{
    while (s.n) {
        uint32_t cp;
        size_t len = utf8_decode(s, &cp);
        if ((cp >= 0x590 && cp <= 0x8ff) || (cp >= 0xfb1d && cp <= 0xfdff) || (cp >= 0xfe70 && cp <= 0xfefc))
            return true;
        if ((cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || (cp >= 0xc0 && cp < 0x590) || cp > 0x1e00)
            return false;
        s = str_sub(s, len, s.n);
    }
    return false;
}

static void add_text(struct buf *out, struct str text)
{
    struct str line;
    bool first = true;
    while (str_next_field(&text, '\n', &line)) {
        buf_adds(out, first ? "" : "<w:br/>");
        buf_adds(out, "<w:t xml:space=\"preserve\">");
        docx_add_xml(out, line);
        buf_adds(out, "</w:t>");
        first = false;
    }
}

static void add_run(struct buf *out, struct str text, bool bold, const char *style)
{
    buf_adds(out, "<w:r>");
    if (bold || style || is_rtl(text)) {
        buf_adds(out, "<w:rPr>");
        if (style)
            buf_addf(out, "<w:rStyle w:val=\"%s\"/>", style);
        buf_adds(out, bold ? "<w:b/><w:bCs/>" : "");
        buf_adds(out, is_rtl(text) ? "<w:rtl/>" : "");
        buf_adds(out, "</w:rPr>");
    }
    add_text(out, text);
    buf_adds(out, "</w:r>");
}

static void add_piece(struct buf *out, const struct sheet_piece *p, bool bold, struct docx_links *links)
{
    size_t id = p->link.n ? link_id(links, p->link) : 0;
    if (id)
        buf_addf(out, "<w:hyperlink r:id=\"rIdL%zu\" w:history=\"1\">", id);
    add_run(out, p->text, bold && p->strong, id ? "Hyperlink" : NULL);
    if (id)
        buf_adds(out, "</w:hyperlink>");
}

static void add_pieces(struct buf *out, const struct sheet_pieces *list, struct str separator, bool bold,
                       struct docx_links *links)
{
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0 && list->at[i].apart)
            buf_adds(out, "<w:r><w:br/></w:r>");
        else if (i > 0 && separator.n)
            add_run(out, separator, false, NULL);
        add_piece(out, &list->at[i], bold, links);
    }
}

static void open_paragraph(struct buf *out, const char *style, struct str first, bool keep, int after)
{
    buf_adds(out, "<w:p><w:pPr>");
    if (style)
        buf_addf(out, "<w:pStyle w:val=\"%s\"/>", style);
    buf_adds(out, keep ? "<w:keepNext/>" : "");
    buf_adds(out, is_rtl(first) ? "<w:bidi/>" : "");
    if (after)
        buf_addf(out, "<w:spacing w:after=\"%d\"/>", after);
    buf_adds(out, "</w:pPr>");
}

static struct str first_text(const struct sheet_pieces *p)
{
    return p->n ? p->at[0].text : str_of("");
}

static void add_entry(const struct sheet_block *b, struct docx_links *links, struct buf *out)
{
    open_paragraph(out, "Heading2", first_text(&b->pieces), false, 0);
    add_pieces(out, &b->pieces, sheet_separator(b), true, links);
    if (b->dates.n) {
        buf_adds(out, "<w:r><w:rPr><w:color w:val=\"4D545E\"/><w:sz w:val=\"21\"/><w:szCs w:val=\"21\"/></w:rPr>");
        buf_adds(out, b->pieces.n ? "<w:tab/>" : "");
        add_text(out, b->dates);
        buf_adds(out, "</w:r>");
    }
    buf_adds(out, "</w:p>");
    if (b->details.n) {
        open_paragraph(out, "Details", first_text(&b->details), false, 0);
        add_pieces(out, &b->details, sheet_details_separator(), false, links);
        buf_adds(out, "</w:p>");
    }
}

static void add_block(const struct sheet *d, const struct sheet_block *b, struct docx_links *links, struct buf *out)
{
    static const char *const STYLE_OF[] = {[SHEET_NAME] = "Title",
                                           [SHEET_LABEL] = "Subtitle",
                                           [SHEET_CONTACT] = "Contact",
                                           [SHEET_HEADING] = "Heading1",
                                           [SHEET_BULLET] = "ListBullet"};
    if (b->kind == SHEET_ENTRY) {
        add_entry(b, links, out);
        return;
    }
    const char *style = b->kind == SHEET_PARAGRAPH ? NULL : STYLE_OF[b->kind];
    open_paragraph(out, style, first_text(&b->pieces), false, d->letter ? 200 : 0);
    add_pieces(out, &b->pieces, sheet_separator(b), b->kind == SHEET_BULLET, links);
    buf_adds(out, "</w:p>");
}

void docx_part_document(const struct sheet *d, struct docx_links *links, struct buf *out)
{
    int side = d->letter ? 1500 : 1120, above = d->letter ? 1500 : 1000;
    buf_adds(out, XML "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "
                      "xmlns:r=\"" REL "\"><w:body>");
    for (size_t i = 0; i < d->n; i++)
        add_block(d, &d->blocks[i], links, out);
    buf_addf(out,
             "<w:sectPr><w:pgSz w:w=\"%d\" w:h=\"%d\"/><w:pgMar w:top=\"%d\" w:right=\"%d\" w:bottom=\"1080\" "
             "w:left=\"%d\" w:header=\"560\" w:footer=\"560\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
             d->paper == SHEET_LETTER ? 12240 : 11906, d->paper == SHEET_LETTER ? 15840 : 16838, above, side, side);
}

void docx_part_relations(const struct docx_links *links, struct buf *out)
{
    static const char *const OWN[] = {"styles", "numbering", "settings"};
    buf_adds(out, XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    for (size_t i = 0; i < ARRAY_LEN(OWN); i++)
        buf_addf(out, "<Relationship Id=\"rId%zu\" Type=\"" REL "/%s\" Target=\"%s.xml\"/>", i + 1, OWN[i], OWN[i]);
    for (size_t i = 0; i < links->n; i++) {
        buf_addf(out, "<Relationship Id=\"rIdL%zu\" Type=\"" REL "/hyperlink\" TargetMode=\"External\" Target=\"",
                 i + 1);
        docx_add_xml(out, links->at[i]);
        buf_adds(out, "\"/>");
    }
    buf_adds(out, "</Relationships>");
}

/* text: borrowed until the archive is closed. */
static int put(zip_t *zip, const char *name, struct str text, struct err *err)
{
    zip_source_t *source = zip_source_buffer(zip, text.p, text.n, 0);
    zip_int64_t at = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        zip_source_free(source);
        return err_set(err, ERR_MEMORY, "no memory left for the document");
    }
    zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 6);
    zip_file_set_dostime(zip, (zip_uint64_t)at, 0, DOSDATE, 0);
    return 0;
}

/* The bytes of a closed archive. */
static int take(zip_source_t *archive, struct buf *out, struct err *err)
{
    zip_stat_t st;
    if (zip_source_stat(archive, &st) < 0 || zip_source_open(archive) < 0)
        return err_set(err, ERR_MEMORY, "no memory left for the document");
    char *place = buf_reserve(out, st.size);
    zip_int64_t n = place ? zip_source_read(archive, place, st.size) : -1;
    zip_source_close(archive);
    if (!place)
        return err_set(err, ERR_LIMIT, "the document is larger than %zu bytes", out->max_bytes);
    if (n < 0 || (zip_uint64_t)n != st.size)
        return err_set(err, ERR_IO, "the document could not be read back");
    out->len += st.size;
    return 0;
}

static int pack(const struct str *texts, const char *const *names, size_t n, struct buf *out, struct err *err)
{
    zip_error_t why;
    zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *zip = archive ? zip_open_from_source(archive, ZIP_TRUNCATE, &why) : NULL;
    if (!zip) {
        zip_source_free(archive);
        return err_set(err, ERR_MEMORY, "no memory left for the document");
    }
    zip_source_keep(archive);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = put(zip, names[i], texts[i], err);
    if (rc < 0) {
        zip_discard(zip);
    } else if (zip_close(zip) < 0) {
        rc = err_set(err, ERR_MEMORY, "the document could not be packed: %s", zip_strerror(zip));
        zip_discard(zip);
    } else {
        rc = take(archive, out, err);
    }
    zip_source_free(archive);
    return rc;
}

int docx_write(const struct sheet *d, struct buf *out, struct err *err)
{
    enum { DOCUMENT, RELATIONS, STYLES, CORE, MADE };
    static const char *const NAMES[] = {"[Content_Types].xml", "_rels/.rels",        "docProps/core.xml",
                                        "docProps/app.xml",    "word/document.xml",  "word/_rels/document.xml.rels",
                                        "word/styles.xml",     "word/numbering.xml", "word/settings.xml"};
    struct docx_links *links = ARENA_NEW(d->a, struct docx_links);
    struct buf made[MADE];
    bool failed = !links;
    if (!links)
        return err_set(err, ERR_MEMORY, "no memory left for the document");
    for (size_t i = 0; i < MADE; i++)
        buf_init(&made[i], DOCX_XML_MAX_BYTES);
    docx_part_document(d, links, &made[DOCUMENT]);
    docx_part_relations(links, &made[RELATIONS]);
    docx_part_styles(d, &made[STYLES]);
    docx_part_core(d, &made[CORE]);
    struct str texts[ARRAY_LEN(NAMES)] = {str_of(docx_part_types), str_of(docx_part_root), {0}, str_of(docx_part_app)};
    static const int AT[MADE] = {[DOCUMENT] = 4, [RELATIONS] = 5, [STYLES] = 6, [CORE] = 2};
    texts[7] = str_of(docx_part_numbering);
    texts[8] = str_of(docx_part_settings);
    for (size_t i = 0; i < MADE; i++) {
        texts[AT[i]] = (struct str){.p = buf_str(&made[i]), .n = made[i].len};
        failed = failed || buf_failed(&made[i]);
    }
    int rc = failed ? err_set(err, ERR_LIMIT, "the document is larger than %zu bytes", DOCX_XML_MAX_BYTES)
                    : pack(texts, NAMES, ARRAY_LEN(NAMES), out, err);
    for (size_t i = 0; i < MADE; i++)
        buf_fini(&made[i]);
    return rc;
}
