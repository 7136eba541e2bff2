/* A PDF as lines in reading order (poppler): columns one after the other, rows of a page as one line with TABs, with
 * letter sizes, bold, gaps, running headers and links. */
#pragma once

#include "base/doc.h"

#define PDFIN_PAGES_MAX      50
#define PDFIN_PAGE_WORDS_MAX ((size_t)20000)

/* bytes are borrowed until return. d: doc_init with DOC_FORMAT_PDF; complete on success. Refusals (doc_refuse):
 * DOC_ENCRYPTED, DOC_TRUNCATED, DOC_DAMAGED, DOC_TOO_MANY_PAGES, DOC_SCANNED, DOC_EMPTY, DOC_TOO_MUCH_TEXT; ERR_MEMORY.
 */
int pdfin_read(struct str bytes, struct doc *d, struct err *err) MUST_CHECK;
