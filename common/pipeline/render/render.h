/* Documents out: a résumé (JSON Resume 1.0, alone or as a tailored résumé's `document`) or a cover letter as Markdown,
 * text, PDF or DOCX. One list of blocks (base/sheet.h) is what all four are written from, so they say the same. Pure
 * but for the fonts that the PDF needs; thread-safe; the same input gives the same bytes. */
#pragma once

#include "base/buf.h"
#include "base/sheet.h"
#include "base/json.h"

#define RENDER_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define RENDER_VERSION   "1" /* changes when the same document is drawn otherwise: part of entity tags */

enum render_format { RENDER_NONE = 0, RENDER_JSON, RENDER_MARKDOWN, RENDER_TEXT, RENDER_PDF, RENDER_DOCX };

struct render_options {
    enum render_format format;
    enum sheet_paper paper; /* 0: by the country of the résumé, A4 when it names none */
    struct str author;      /* metadata of a letter; n == 0: whoever signs it */
};

struct render_notes {
    struct str author; /* whose document it is; n == 0: unknown */
    bool letter;
    size_t left_out;     /* pictographs that no installed font can show (PDF) */
    uint32_t pictograph; /* the first of them */
    size_t pages;        /* PDF */
};

/* "pdf", "docx", "md", "txt", "json"; RENDER_NONE when it is none of them. */
enum render_format render_format_of(struct str name);
const char *render_format_name(enum render_format f);
bool render_format_is_binary(enum render_format f);

/* root: a JSON Resume, a TailoredResume or a CoverLetter (told apart by `document` and `body`). Appends to out, whose
 * maximum is the caller's. RENDER_JSON: the résumé or letter itself, indented, unknown fields and all. ret_notes may be
 * NULL. Errors: ERR_INVALID with a pointer (a field of the wrong type), ERR_NO_EVIDENCE (nothing to print),
 * ERR_UNSUPPORTED (PDF: no font for a script; the sentence names it), ERR_MEMORY, ERR_LIMIT. */
int render_document(struct arena *a, yyjson_val *root, struct render_options o, struct buf *out,
                    struct render_notes *ret_notes, struct err *err) MUST_CHECK;
/* The blocks of any of the three; the same errors. */
int render_to_sheet(struct arena *a, yyjson_val *root, struct sheet *ret, struct err *err) MUST_CHECK;

/* Blocks of one kind of document; wrong types count as absent. ERR_MEMORY. */
int resume_to_sheet(struct arena *a, yyjson_val *resume, struct sheet *ret, struct err *err) MUST_CHECK;
int letter_to_sheet(struct arena *a, yyjson_val *letter, struct sheet *ret, struct err *err) MUST_CHECK;

/* A JSON Resume as text in the arena. */
int resume_to_markdown(struct arena *a, yyjson_val *resume, struct str *ret, struct err *err) MUST_CHECK;
int resume_to_text(struct arena *a, yyjson_val *resume, struct str *ret, struct err *err) MUST_CHECK;
