/* A DOCX as lines: paragraphs with their styles (headings, lists), cells of a table's row apart by TABs, text boxes,
 * headers and footers, links. Deleted (tracked) and hidden text is left out. */
#pragma once

#include "base/doc.h"

#define DOCX_PAGES_MAX 50

/* d: doc_init with DOC_FORMAT_DOCX; complete (doc_finish) on success. Refusals (doc_refuse): what zip_file_open says,
 * DOC_MACROS, DOC_UNSUPPORTED (another ZIP format), DOC_DAMAGED, DOC_EMPTY, DOC_TOO_MANY_PAGES, DOC_TOO_MUCH_TEXT. */
int docx_read(struct str bytes, struct doc *d, struct err *err) MUST_CHECK;
