/* A document as lines in reading order, between the reader of a format (io/pdfin, io/docx, text) and what understands
 * the lines (pipeline/resume). Pure.
 *
 * doc.text is the whole text; a line is a span of it without its line end. For text and Markdown the spans are byte
 * offsets in the file itself, for PDF and DOCX in the text that the reader put together. A TAB inside a line sets apart
 * what stands in another column or cell of the same row ("Engineer\t2019 – 2021"). */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define DOC_TEXT_MAX_BYTES ((size_t)512 * 1024)
#define DOC_LINES_MAX      ((size_t)16384)
#define DOC_LINKS_MAX      ((size_t)512)

enum doc_format { DOC_FORMAT_TEXT = 1, DOC_FORMAT_MARKDOWN, DOC_FORMAT_PDF, DOC_FORMAT_DOCX, DOC_FORMAT_JSON };
enum doc_kind { DOC_PLAIN = 0, DOC_HEADING, DOC_BULLET };

enum doc_verdict {
    DOC_READ = 0,
#define VERDICT(name, slug, error, sentence) DOC_##name,
#include "base/doc_verdicts.def"
#undef VERDICT
    DOC_VERDICT_COUNT
};

struct doc_line {
    size_t from, to; /* in doc.text */
    unsigned page;   /* from 1; 0 when the format has no pages */
    unsigned number; /* from 1, in the whole document */
    enum doc_kind kind;
    unsigned level;    /* of a heading: 1..9; of a bullet: depth from 0 */
    bool bold;         /* all of it */
    bool gap;          /* set apart from the line before by more than usual */
    bool whole;        /* a paragraph of its own: never continued by the next line */
    bool furniture;    /* header or footer of the page */
    float left, right; /* edges in points (PDF) or columns (text); both 0 when unknown */
    float edge;        /* PDF: where the lines of its column end at the right */
    float size;        /* of its letters in points; 0 when unknown */
};

struct doc_link {
    size_t from, to; /* the text it stands on, in doc.text */
    struct str url;
};

struct doc {
    struct arena *arena;
    enum doc_format format;
    struct str text; /* valid UTF-8 */
    struct doc_line *lines;
    size_t lines_n, lines_cap;
    struct doc_link *links;
    size_t links_n, links_cap;
    unsigned pages;
    bool ours;   /* this program wrote it, and nobody changed it since */
    bool hidden; /* text that the page does not show was left out */
    struct buf building;
};

void doc_init(struct doc *d, struct arena *a, enum doc_format format);
void doc_fini(struct doc *d); /* what doc_add has built up; lines and text stay in the arena */
/* Appends a line of text (copied) with the attributes of `like` (its span, and number, are set here). ERR_TOO_LARGE
 * (DOC_TOO_MUCH_TEXT) beyond DOC_TEXT_MAX_BYTES or DOC_LINES_MAX, ERR_MEMORY. */
int doc_add(struct doc *d, struct str text, const struct doc_line *like, struct err *err) MUST_CHECK;
/* Appends a line that is a span of a text given at once (d->text is set by the caller). */
int doc_add_span(struct doc *d, const struct doc_line *line, struct err *err) MUST_CHECK;
/* A link on the bytes [from, to) of the text; silently dropped beyond DOC_LINKS_MAX. */
void doc_add_link(struct doc *d, size_t from, size_t to, struct str url);
/* After the last doc_add: d->text is set. ERR_MEMORY. */
int doc_finish(struct doc *d, struct err *err) MUST_CHECK;
struct str doc_line_text(const struct doc *d, size_t i);

const char *doc_verdict_slug(enum doc_verdict v);        /* "read" for DOC_READ */
enum doc_verdict doc_verdict_from_slug(struct str slug); /* DOC_VERDICT_COUNT when unknown */
const char *doc_verdict_sentence(enum doc_verdict v);
enum err_code doc_verdict_error(enum doc_verdict v);
/* Fills err with the verdict's sentence (detail NULL) or with detail, and keeps the verdict in err->pointer as
 * "verdict:slug". Returns the negative code. */
int doc_refuse(struct err *err, enum doc_verdict v, const char *detail);
/* The verdict that doc_refuse put there; DOC_READ when there is none. */
enum doc_verdict doc_verdict_of(const struct err *err);
