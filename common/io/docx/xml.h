/* Between the files of this folder: libxml2's pull reader with what is dangerous switched off. */
#pragma once

#include <libxml/xmlreader.h>
#include "base/doc.h"

/* No entities, no network, no document type, no huge nodes. NULL: no memory. xml is borrowed until xmlFreeTextReader.
 */
xmlTextReaderPtr docx_xml_open(struct str xml);
/* The next node: 1, 0 at the end, negative when the XML is broken or has a document type. */
int docx_xml_next(xmlTextReaderPtr x);
bool docx_xml_is(xmlTextReaderPtr x, const char *local_name);
/* Value of an attribute by its local name in any namespace; false when absent. Cut at cap. */
bool docx_xml_attribute(xmlTextReaderPtr x, const char *local_name, char *out, size_t cap);
/* <w:b/> is on; <w:b w:val="0"/> is off. */
bool docx_xml_on(xmlTextReaderPtr x);
