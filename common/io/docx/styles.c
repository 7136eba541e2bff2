#include "io/docx/styles.h"

#include <stdlib.h>
#include "io/docx/xml.h"

/* "heading 2" -> 2, "Title" -> 1 */
static unsigned heading_of(const char *name)
{
    struct str s = str_of(name);
    if (str_istarts(s, "heading ") && s.n == 9 && str_is_digit(s.p[8]) && s.p[8] != '0')
        return (unsigned)(s.p[8] - '0');
    return str_ieqc(s, "title") ? 1 : 0;
}

static void style_part(xmlTextReaderPtr x, struct docx_style *s)
{
    char v[DOCX_ID_BYTES];
    if (docx_xml_is(x, "name") && docx_xml_attribute(x, "val", v, sizeof(v))) {
        unsigned level = heading_of(v);
        s->heading = level ? level : s->heading;
        s->list = s->list || str_istarts(str_of(v), "list bullet") || str_istarts(str_of(v), "list number");
    } else if (docx_xml_is(x, "outlineLvl") && docx_xml_attribute(x, "val", v, sizeof(v))) {
        unsigned long level = strtoul(v, NULL, 10);
        if (s->heading == 0 && level < 9)
            s->heading = (unsigned)level + 1;
    } else if (docx_xml_is(x, "numPr")) {
        s->list = true;
    } else if (docx_xml_is(x, "b")) {
        s->bold = docx_xml_on(x);
    } else if (docx_xml_is(x, "sz") && docx_xml_attribute(x, "val", v, sizeof(v))) {
        s->size = strtof(v, NULL) / 2;
    }
}

int docx_styles_read(struct arena *a, struct str xml, struct docx_styles *ret, struct err *err)
{
    *ret = (struct docx_styles){.styles = ARENA_NEW_N(a, struct docx_style, DOCX_STYLES_MAX), .size = 11};
    if (xml.n == 0 && ret->styles)
        return 0;
    xmlTextReaderPtr x = ret->styles ? docx_xml_open(xml) : NULL;
    if (!x)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    struct docx_style *s = NULL;
    struct docx_style defaults = {0};
    while (docx_xml_next(x) == 1) {
        int type = xmlTextReaderNodeType(x);
        if (docx_xml_is(x, "style") && type == XML_READER_TYPE_ELEMENT) {
            s = ret->styles_n < DOCX_STYLES_MAX ? &ret->styles[ret->styles_n++] : NULL;
            if (s && !docx_xml_attribute(x, "styleId", s->id, sizeof(s->id)))
                s->id[0] = '\0';
        } else if (docx_xml_is(x, "style") || docx_xml_is(x, "docDefaults")) {
            s = type == XML_READER_TYPE_ELEMENT ? &defaults : NULL;
        } else if (s && type == XML_READER_TYPE_ELEMENT) {
            style_part(x, s);
        }
    }
    xmlFreeTextReader(x);
    if (defaults.size > 0)
        ret->size = defaults.size;
    return 0;
}

int docx_relations_read(struct arena *a, struct str xml, struct docx_relations *ret, struct err *err)
{
    *ret = (struct docx_relations){.rows = ARENA_NEW_N(a, struct docx_relation, DOCX_LINKS_MAX)};
    if (xml.n == 0 && ret->rows)
        return 0;
    xmlTextReaderPtr x = ret->rows ? docx_xml_open(xml) : NULL;
    if (!x)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    while (docx_xml_next(x) == 1 && ret->n < DOCX_LINKS_MAX) {
        char target[2048];
        struct docx_relation *row = &ret->rows[ret->n];
        if (!docx_xml_is(x, "Relationship") || xmlTextReaderNodeType(x) != XML_READER_TYPE_ELEMENT ||
            !docx_xml_attribute(x, "Id", row->id, sizeof(row->id)) ||
            !docx_xml_attribute(x, "Target", target, sizeof(target)))
            continue;
        char *copy = arena_strdup(a, target);
        if (!copy)
            break;
        row->target = str_of(copy);
        ret->n++;
    }
    xmlFreeTextReader(x);
    return 0;
}

const struct docx_style *docx_style_find(const struct docx_styles *s, const char *id)
{
    for (size_t i = 0; i < s->styles_n; i++)
        if (strcmp(s->styles[i].id, id) == 0)
            return &s->styles[i];
    return NULL;
}

const struct docx_relation *docx_relation_find(const struct docx_relations *r, const char *id)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->rows[i].id, id) == 0)
            return &r->rows[i];
    return NULL;
}
