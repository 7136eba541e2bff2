/* Reads a résumé into a JSON Resume 1.0 document. Pure.
 *
 * Nothing is invented and nothing is lost without a word: each value is text of the source (dates are brought to YYYY,
 * YYYY-MM), and what was understood by nobody is listed as a note. The document carries, beside JSON Resume's own
 * fields:
 *
 *   x_goals      objectives, an array of strings
 *   x_sections   [{title, text[]}] sections that JSON Resume has no place for
 *   x_sources    JSON pointer of a value -> {page, line, start, end}: page (0: the format has none) and line count from
 *                1, start and end are bytes of the text as it was read (for text and Markdown: of the file)
 *   x_import     {format, pages, language, notes: [{code, detail, text, line, start, end}]} */
#pragma once

#include "base/doc.h"
#include "base/json.h"

#define RESUME_BYTES_MAX ((size_t)10 * 1024 * 1024) /* of a document that is handed in */
#define RESUME_NOTES_MAX 200

/* The lines of a PDF, DOCX or text as JSON Resume, compact JSON in the arena. Refusals are doc_refuse's (DOC_EMPTY,
 * DOC_GARBLED, DOC_NOT_A_RESUME, DOC_TWO_PEOPLE, DOC_TOO_MUCH_TEXT); ERR_MEMORY. */
int resume_read(struct arena *a, const struct doc *d, struct str *ret, struct err *err) MUST_CHECK;
/* Plain text or Markdown as bytes (any of UTF-8, UTF-16 with its mark, Windows-1252; doubly encoded text is repaired
 * with a note). format DOC_FORMAT_TEXT or DOC_FORMAT_MARKDOWN, 0: found out. */
int resume_read_text(struct arena *a, struct str bytes, enum doc_format format, struct str *ret,
                     struct err *err) MUST_CHECK;
/* A JSON document: JSON Resume as it is (checked as profile_read does), FRESH converted. */
int resume_read_json(struct arena *a, struct str bytes, struct str *ret, struct err *err) MUST_CHECK;

/* What the bytes are, by how they begin. 0: none of those that are read; *ret_verdict says what to answer then. */
enum doc_format resume_sniff(struct str bytes, enum doc_verdict *ret_verdict);
/* A document of this program (d->ours): its lines get the shape of the text form. ERR_MEMORY. */
int own_shape(struct doc *d, struct err *err) MUST_CHECK;
