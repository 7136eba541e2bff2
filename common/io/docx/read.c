/* One pass over the XML of a part, driven by a table of elements. Paragraphs may nest (text boxes): each is built on a
 * small stack and becomes lines when it ends. The paragraphs of a table's row wait until the row ends, because a row of
 * one-line cells is one line with TABs and any other row is its cells one after the other.
 *
 * Left out: deleted text, hidden letters, field codes, the fallback copies of drawings. */
#include "io/docx/read.h"

#include <stdlib.h>
#include "io/docx/styles.h"
#include "io/docx/xml.h"
#include "io/docx/zip.h"

#define DOCX_NESTING     6   /* paragraphs in text boxes in paragraphs */
#define DOCX_ROW_MAX     512 /* paragraphs of one row that are kept together */
#define DOCX_CELLS_MAX   12  /* a row with more cells is a layout, not a line */
#define DOCX_HEADERS_MAX 6
#define DOCX_TINY_POINTS 2.0f /* smaller letters are not for people */
#define DOCX_GAP_TWIPS   100

struct paragraph {
    struct buf text;
    struct doc_line like;
    bool any_plain, any_bold, numbered;
    unsigned list_level;
    struct {
        size_t from, to;
        struct str url;
    } links[16];
    size_t links_n;
};

struct row_line {
    struct str text;
    struct doc_line like;
    unsigned cell;
};

struct docx {
    struct doc *d;
    struct docx_styles styles;
    struct docx_relations relations;
    struct paragraph stack[DOCX_NESTING];
    size_t depth;
    unsigned skip; /* inside so many elements that are left out */
    bool in_run, run_bold, run_bold_set, run_hidden, in_text;
    bool gap; /* an empty paragraph came before */
    bool furniture;
    float run_size;
    size_t link_from;
    struct str link_url;
    unsigned tables, rows_cell;
    struct row_line *row;
    size_t row_n;
    int rc;
    struct err *err;
};

static struct paragraph *top(struct docx *x)
{
    return x->depth ? &x->stack[x->depth - 1] : NULL;
}

static void line_out(struct docx *x, struct str text, const struct doc_line *like)
{
    if (x->rc == 0)
        x->rc = doc_add(x->d, text, like, x->err);
}

/* A row as one line, when each cell has at most one paragraph. */
static bool row_is_line(const struct docx *x)
{
    if (x->rows_cell > DOCX_CELLS_MAX)
        return false;
    for (size_t i = 1; i < x->row_n; i++)
        if (x->row[i].cell == x->row[i - 1].cell)
            return false;
    for (size_t i = 0; i < x->row_n; i++)
        if (x->row[i].text.n > 200 || x->row[i].like.kind == DOC_BULLET)
            return false;
    return x->row_n > 1;
}

static void row_out(struct docx *x)
{
    if (row_is_line(x)) {
        struct buf b;
        struct doc_line like = x->row[0].like;
        buf_init(&b, DOC_TEXT_MAX_BYTES);
        for (size_t i = 0; i < x->row_n; i++) {
            buf_adds(&b, i ? "\t" : "");
            buf_add(&b, x->row[i].text.p, x->row[i].text.n);
            like.bold = like.bold && x->row[i].like.bold;
        }
        line_out(x, (struct str){.p = buf_str(&b), .n = b.len}, &like);
        buf_fini(&b);
    } else {
        for (size_t i = 0; i < x->row_n; i++)
            line_out(x, x->row[i].text, &x->row[i].like);
    }
    x->row_n = 0;
}

static void paragraph_line(struct docx *x, struct paragraph *p, struct str text)
{
    if (x->tables && x->row_n < DOCX_ROW_MAX) {
        char *copy = str_dup(x->d->arena, text);
        if (!copy && x->rc == 0)
            x->rc = err_set(x->err, ERR_MEMORY, "the document needs more memory than its limit");
        if (copy)
            x->row[x->row_n++] =
                (struct row_line){.text = {.p = copy, .n = text.n}, .like = p->like, .cell = x->rows_cell};
        return;
    }
    if (x->tables && x->row_n)
        row_out(x);
    size_t base = x->d->building.len;
    size_t offset = (size_t)(text.p - buf_str(&p->text));
    line_out(x, text, &p->like);
    for (size_t i = 0; i < p->links_n; i++)
        if (p->links[i].from >= offset && p->links[i].to <= offset + text.n)
            doc_add_link(x->d, base + p->links[i].from - offset, base + p->links[i].to - offset, p->links[i].url);
}

static void paragraph_begin(struct docx *x)
{
    if (x->depth == DOCX_NESTING) {
        x->rc = x->rc ? x->rc : doc_refuse(x->err, DOC_DAMAGED, NULL);
        return;
    }
    struct paragraph *p = &x->stack[x->depth++];
    *p = (struct paragraph){.like = {.page = x->d->pages, .whole = true, .furniture = x->furniture}};
    buf_init(&p->text, DOC_TEXT_MAX_BYTES);
}

static void paragraph_end(struct docx *x)
{
    struct paragraph *p = top(x);
    if (!p)
        return;
    x->depth--;
    if (buf_failed(&p->text) && x->rc == 0)
        x->rc = doc_refuse(x->err, DOC_TOO_MUCH_TEXT, NULL);
    struct str text = {.p = buf_str(&p->text), .n = p->text.len}, line;
    if (str_trim(text).n == 0) {
        x->gap = true;
        buf_fini(&p->text);
        return;
    }
    p->like.gap = p->like.gap || x->gap;
    p->like.bold = p->any_bold && !p->any_plain;
    if (p->numbered && p->like.kind != DOC_HEADING) {
        p->like.kind = DOC_BULLET;
        p->like.level = p->list_level;
    }
    if (p->like.size <= 0)
        p->like.size = x->styles.size;
    x->gap = false;
    while (str_next_line(&text, &line)) {
        if (str_trim(line).n == 0)
            continue;
        paragraph_line(x, p, line);
        p->like.gap = false;
    }
    buf_fini(&p->text);
}

static void style_apply(struct docx *x, xmlTextReaderPtr r)
{
    char id[DOCX_ID_BYTES];
    struct paragraph *p = top(x);
    const struct docx_style *s = NULL;
    if (p && docx_xml_attribute(r, "val", id, sizeof(id)))
        s = docx_style_find(&x->styles, id);
    if (!s)
        return;
    if (s->heading) {
        p->like.kind = DOC_HEADING;
        p->like.level = s->heading;
    }
    p->numbered = p->numbered || s->list;
    p->like.size = s->size;
}

static unsigned long number(xmlTextReaderPtr r, const char *attribute)
{
    char v[24];
    return docx_xml_attribute(r, attribute, v, sizeof(v)) ? strtoul(v, NULL, 10) : 0;
}

static void page_next(struct docx *x)
{
    if (++x->d->pages > DOCX_PAGES_MAX && x->rc == 0)
        x->rc = doc_refuse(x->err, DOC_TOO_MANY_PAGES, NULL);
    struct paragraph *p = top(x);
    if (p && p->text.len == 0)
        p->like.page = x->d->pages;
}

static void text_add(struct docx *x, const char *s)
{
    struct paragraph *p = top(x);
    if (!p)
        return;
    if (x->run_hidden || (x->run_size > 0 && x->run_size < DOCX_TINY_POINTS)) {
        x->d->hidden = x->d->hidden || *s;
        return;
    }
    if (p->text.len == 0 && x->run_size > 0)
        p->like.size = x->run_size;
    for (const char *c = s; *c; c++)
        if (!str_is_space(*c)) {
            bool bold = x->run_bold_set ? x->run_bold : false;
            p->any_bold = p->any_bold || bold;
            p->any_plain = p->any_plain || !bold;
            break;
        }
    buf_adds(&p->text, s);
}

enum element {
    E_P,
    E_R,
    E_T,
    E_TAB,
    E_BR,
    E_STYLE,
    E_NUM,
    E_LEVEL,
    E_NUM_ID,
    E_OUTLINE,
    E_BOLD,
    E_SIZE,
    E_HIDDEN,
    E_SPACING,
    E_PAGE,
    E_HYPHEN,
    E_LINK,
    E_TABLE,
    E_ROW,
    E_CELL,
    E_SKIP,
};

static const struct {
    const char *name;
    enum element e;
} ELEMENTS[] = {
    {"p", E_P},
    {"r", E_R},
    {"t", E_T},
    {"tab", E_TAB},
    {"ptab", E_TAB},
    {"br", E_BR},
    {"cr", E_BR},
    {"pStyle", E_STYLE},
    {"numPr", E_NUM},
    {"ilvl", E_LEVEL},
    {"numId", E_NUM_ID},
    {"outlineLvl", E_OUTLINE},
    {"b", E_BOLD},
    {"sz", E_SIZE},
    {"vanish", E_HIDDEN},
    {"spacing", E_SPACING},
    {"lastRenderedPageBreak", E_PAGE},
    {"noBreakHyphen", E_HYPHEN},
    {"hyperlink", E_LINK},
    {"tbl", E_TABLE},
    {"tr", E_ROW},
    {"tc", E_CELL},
    {"del", E_SKIP},
    {"moveFrom", E_SKIP},
    {"Fallback", E_SKIP},
    {"instrText", E_SKIP},
    {"delText", E_SKIP},
    {"rPrChange", E_SKIP},
    {"pPrChange", E_SKIP},
    {"footnotePr", E_SKIP},
    {"tabs", E_SKIP},
    {"sectPr", E_SKIP},
};

static void link_begin(struct docx *x, xmlTextReaderPtr r)
{
    char id[DOCX_ID_BYTES];
    const struct docx_relation *rel =
        docx_xml_attribute(r, "id", id, sizeof(id)) ? docx_relation_find(&x->relations, id) : NULL;
    struct paragraph *p = top(x);
    x->link_url = rel ? rel->target : (struct str){0};
    x->link_from = p ? p->text.len : 0;
}

static void link_end(struct docx *x)
{
    struct paragraph *p = top(x);
    if (p && x->link_url.n && p->links_n < ARRAY_LEN(p->links) && p->text.len > x->link_from) {
        p->links[p->links_n].from = x->link_from;
        p->links[p->links_n].to = p->text.len;
        p->links[p->links_n++].url = x->link_url;
    }
    x->link_url = (struct str){0};
}

static void run_begin(struct docx *x)
{
    x->in_run = true;
    x->run_bold = x->run_bold_set = x->run_hidden = false;
    x->run_size = 0;
}

/* What a property of the paragraph or the run says. */
static void property(struct docx *x, xmlTextReaderPtr r, enum element e)
{
    struct paragraph *p = top(x);
    char v[24];
    if (!p)
        return;
    switch (e) {
    case E_STYLE:
        style_apply(x, r);
        break;
    case E_NUM:
        p->numbered = true;
        break;
    case E_LEVEL:
        p->list_level = (unsigned)MIN(number(r, "val"), 8UL);
        break;
    case E_NUM_ID:
        p->numbered = number(r, "val") != 0;
        break;
    case E_OUTLINE:
        if (number(r, "val") < 9) {
            p->like.kind = DOC_HEADING;
            p->like.level = (unsigned)number(r, "val") + 1;
        }
        break;
    case E_BOLD:
        if (x->in_run) {
            x->run_bold = docx_xml_on(r);
            x->run_bold_set = true;
        }
        break;
    case E_SIZE:
        if (x->in_run && docx_xml_attribute(r, "val", v, sizeof(v)))
            x->run_size = strtof(v, NULL) / 2;
        break;
    case E_HIDDEN:
        x->run_hidden = x->in_run && docx_xml_on(r);
        break;
    case E_SPACING:
        if (!x->in_run && number(r, "before") >= DOCX_GAP_TWIPS)
            p->like.gap = true;
        break;
    default:
        break;
    }
}

static void element_begin(struct docx *x, xmlTextReaderPtr r, enum element e)
{
    char v[16];
    switch (e) {
    case E_P:
        paragraph_begin(x);
        break;
    case E_R:
        run_begin(x);
        break;
    case E_T:
        x->in_text = true;
        break;
    case E_TAB:
        if (x->in_run)
            text_add(x, "\t");
        break;
    case E_HYPHEN:
        text_add(x, "-");
        break;
    case E_PAGE:
        page_next(x);
        break;
    case E_BR:
        if (docx_xml_attribute(r, "type", v, sizeof(v)) && strcmp(v, "page") == 0)
            page_next(x);
        else
            text_add(x, top(x) && top(x)->numbered ? " " : "\n");
        break;
    case E_LINK:
        link_begin(x, r);
        break;
    case E_TABLE:
        x->tables++;
        break;
    case E_ROW:
        x->rows_cell = x->tables == 1 ? 0 : x->rows_cell;
        break;
    case E_CELL:
        x->rows_cell += x->tables == 1;
        break;
    default:
        property(x, r, e);
        break;
    }
}

static void element_end(struct docx *x, enum element e)
{
    switch (e) {
    case E_P:
        paragraph_end(x);
        break;
    case E_R:
        x->in_run = false;
        break;
    case E_T:
        x->in_text = false;
        break;
    case E_LINK:
        link_end(x);
        break;
    case E_ROW:
        if (x->tables == 1)
            row_out(x);
        break;
    case E_TABLE:
        if (x->tables && --x->tables == 0) {
            row_out(x);
            x->gap = true;
        }
        break;
    default:
        break;
    }
}

static void node(struct docx *x, xmlTextReaderPtr r)
{
    int type = xmlTextReaderNodeType(r);
    if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE ||
        type == XML_READER_TYPE_CDATA || type == XML_READER_TYPE_WHITESPACE) {
        const xmlChar *v = x->in_text && x->skip == 0 ? xmlTextReaderConstValue(r) : NULL;
        if (v)
            text_add(x, (const char *)v);
        return;
    }
    if (type != XML_READER_TYPE_ELEMENT && type != XML_READER_TYPE_END_ELEMENT)
        return;
    bool empty = type == XML_READER_TYPE_ELEMENT && xmlTextReaderIsEmptyElement(r);
    for (size_t i = 0; i < ARRAY_LEN(ELEMENTS); i++) {
        if (!docx_xml_is(r, ELEMENTS[i].name))
            continue;
        enum element e = ELEMENTS[i].e;
        if (e == E_SKIP) {
            x->skip += type == XML_READER_TYPE_ELEMENT && !empty;
            x->skip -= type == XML_READER_TYPE_END_ELEMENT && x->skip;
        } else if (x->skip == 0) {
            if (type == XML_READER_TYPE_ELEMENT)
                element_begin(x, r, e);
            if (empty || type == XML_READER_TYPE_END_ELEMENT)
                element_end(x, e);
        }
        return;
    }
}

static int part_read(struct docx *x, struct str xml)
{
    xmlTextReaderPtr r = docx_xml_open(xml);
    if (!r)
        return err_set(x->err, ERR_MEMORY, "the document needs more memory than its limit");
    int more;
    while (x->rc == 0 && (more = docx_xml_next(r)) == 1)
        node(x, r);
    bool broken = x->rc == 0 && more < 0;
    xmlFreeTextReader(r);
    while (x->depth)
        paragraph_end(x);
    if (x->row_n)
        row_out(x);
    x->tables = x->skip = 0;
    x->in_text = x->in_run = false;
    if (broken)
        x->rc = doc_refuse(x->err, DOC_DAMAGED, NULL);
    return x->rc;
}

/* A part that may be missing. */
static int part_optional(struct zip_file *z, struct arena *a, const char *name, struct str *ret, struct err *err)
{
    *ret = (struct str){.p = "", .n = 0};
    return zip_file_has(z, name) ? zip_file_part(z, a, name, ret, err) : 0;
}

static bool says_macros(struct str types)
{
    return str_ifind(types, STR("macroEnabled")) >= 0;
}

static int kind_check(struct zip_file *z, struct arena *a, struct err *err)
{
    bool document = zip_file_has(z, "word/document.xml");
    for (size_t i = 0; i < zip_file_count(z); i++)
        if (str_iends(str_of(zip_file_name(z, i)), "vbaproject.bin"))
            return doc_refuse(err, DOC_MACROS, NULL);
    if (!document) {
        bool office = zip_file_has(z, "[Content_Types].xml") || zip_file_has(z, "mimetype");
        return doc_refuse(err, office ? DOC_UNSUPPORTED : DOC_NOT_A_DOCUMENT, NULL);
    }
    struct str types;
    int rc = part_optional(z, a, "[Content_Types].xml", &types, err);
    if (rc == 0 && says_macros(types))
        rc = doc_refuse(err, DOC_MACROS, NULL);
    return rc;
}

/* word/header1.xml ...: what stands on every page; equal ones once. */
static int headers_read(struct docx *x, struct zip_file *z, const char *prefix)
{
    struct str seen[DOCX_HEADERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < zip_file_count(z) && n < DOCX_HEADERS_MAX && x->rc == 0; i++) {
        struct str name = str_of(zip_file_name(z, i)), xml;
        if (!str_starts(name, prefix) || !str_iends(name, ".xml"))
            continue;
        int rc = zip_file_part(z, x->d->arena, name.p, &xml, x->err);
        if (rc < 0)
            return rc;
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known = known || str_eq(seen[k], xml);
        if (known)
            continue;
        seen[n++] = xml;
        if (part_read(x, xml) < 0)
            return x->rc;
        x->gap = true;
    }
    return 0;
}

static int parts_read(struct docx *x, struct zip_file *z)
{
    struct arena *a = x->d->arena;
    struct str xml;
    int rc = part_optional(z, a, "word/styles.xml", &xml, x->err);
    if (rc == 0)
        rc = docx_styles_read(a, xml, &x->styles, x->err);
    if (rc == 0)
        rc = part_optional(z, a, "word/_rels/document.xml.rels", &xml, x->err);
    if (rc == 0)
        rc = docx_relations_read(a, xml, &x->relations, x->err);
    if (rc == 0)
        rc = part_optional(z, a, "docProps/app.xml", &xml, x->err);
    x->d->ours = str_find(xml, STR("<Application>jobmill</Application>")) >= 0;
    if (rc == 0)
        rc = headers_read(x, z, "word/header");
    if (rc == 0)
        rc = zip_file_part(z, a, "word/document.xml", &xml, x->err);
    if (rc == 0)
        rc = part_read(x, xml);
    x->furniture = true;
    if (rc == 0)
        rc = headers_read(x, z, "word/footer");
    if (rc == 0 && x->d->lines_n == 0)
        rc = doc_refuse(x->err, DOC_EMPTY, NULL);
    return rc < 0 ? rc : doc_finish(x->d, x->err);
}

int docx_read(struct str bytes, struct doc *d, struct err *err)
{
    _cleanup_(zip_file_closep)
    struct zip_file *z = NULL;
    int rc = zip_file_open(bytes, &z, err);
    if (rc == 0)
        rc = kind_check(z, d->arena, err);
    if (rc < 0)
        return rc;
    struct docx *x = ARENA_NEW(d->arena, struct docx);
    struct row_line *row = ARENA_NEW_N(d->arena, struct row_line, DOCX_ROW_MAX);
    if (!x || !row)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    x->d = d;
    x->row = row;
    x->err = err;
    d->pages = 1;
    return parts_read(x, z);
}
