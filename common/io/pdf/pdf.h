/* Blocks as a PDF: one column of real text, fonts embedded, links that can be clicked. The only user of cairo, pango
 * and fontconfig.
 *
 * What a reader extracts from it is the text of the blocks in their order: no ligatures, no hyphenation, dates in the
 * line of their entry. The same blocks and the same installed fonts give the same bytes; no clock, locale or user
 * setting is looked at. Thread-safe: each thread has its own font map, made at its first document and kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/sheet.h"
#include "base/err.h"

#define PDF_PAGES_MAX ((size_t)200)

struct pdf_notes {
    size_t pages;
    size_t left_out; /* pictographs that no installed font has: left out */
    uint32_t first;  /* the first of these */
};

/* Appends the PDF to out. Takes memory from the document's arena. ret may be NULL. Errors: ERR_UNSUPPORTED (no
 * installed font has a letter of the text: the sentence names it and the package that helps), ERR_LIMIT
 * (PDF_PAGES_MAX), ERR_MEMORY, ERR_UNAVAILABLE (no font at all). */
int pdf_write(const struct sheet *d, struct buf *out, struct pdf_notes *ret, struct err *err) MUST_CHECK;
