/* Blocks as a Word document (OOXML, ISO/IEC 29500): styles that word processors and applicant tracking systems know
 * (Title, Heading 1, Heading 2, List Bullet with real numbering), dates at a tab stop, links, core properties. The same
 * blocks give the same bytes: times inside the package are fixed. Pure. */
#pragma once

#include "base/buf.h"
#include "base/sheet.h"
#include "base/err.h"

#define DOCX_XML_MAX_BYTES ((size_t)32 * 1024 * 1024)

/* Appends the package to out. ERR_MEMORY, ERR_LIMIT. */
int docx_write(const struct sheet *d, struct buf *out, struct err *err) MUST_CHECK;
