#include "io/docx/xml.h"

#include <limits.h>
#include <stdio.h>

static void silent(void *ctx UNUSED, const char *msg UNUSED, ...)
{
}

xmlTextReaderPtr docx_xml_open(struct str xml)
{
    if (xml.n > INT_MAX)
        return NULL;
    xmlSetGenericErrorFunc(NULL, silent);
    return xmlReaderForMemory(xml.p, (int)xml.n, NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                                  XML_PARSE_COMPACT);
}

int docx_xml_next(xmlTextReaderPtr x)
{
    int rc = xmlTextReaderRead(x);
    int type = rc == 1 ? xmlTextReaderNodeType(x) : 0;
    if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE ||
        type == XML_READER_TYPE_ENTITY)
        return -1;
    return rc;
}

bool docx_xml_is(xmlTextReaderPtr x, const char *local_name)
{
    const xmlChar *name = xmlTextReaderConstLocalName(x);
    return name && strcmp((const char *)name, local_name) == 0;
}

bool docx_xml_attribute(xmlTextReaderPtr x, const char *local_name, char *out, size_t cap)
{
    bool found = false;
    for (int rc = xmlTextReaderMoveToFirstAttribute(x); rc == 1 && !found; rc = xmlTextReaderMoveToNextAttribute(x)) {
        if (!docx_xml_is(x, local_name))
            continue;
        const xmlChar *v = xmlTextReaderConstValue(x);
        snprintf(out, cap, "%s", v ? (const char *)v : "");
        found = true;
    }
    xmlTextReaderMoveToElement(x);
    return found;
}

bool docx_xml_on(xmlTextReaderPtr x)
{
    char v[8];
    return !docx_xml_attribute(x, "val", v, sizeof(v)) ||
           (strcmp(v, "0") != 0 && strcmp(v, "false") != 0 && strcmp(v, "off") != 0);
}
