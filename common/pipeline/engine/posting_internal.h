/* What the readers of postings share: cleaning, the writer of the plain form, and the readers themselves. */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "pipeline/engine/posting.h"

/* What was dropped because nobody could see it. */
struct posting_hidden {
    size_t chars;
    struct str quote; /* the first of it that is long enough, in the arena */
};
#define POSTING_HIDDEN_QUOTE_MIN 16 /* bytes: shorter pieces are no sentence */
/* Counts text, and keeps it as the quote when there is none yet. */
void posting_hidden_add(struct arena *a, struct posting_hidden *h, struct str text);

/* -- posting_writer.c: blocks of the plain form -- */
enum posting_block { POSTING_BLOCK_NONE = 0, POSTING_BLOCK_HEADING, POSTING_BLOCK_ITEM, POSTING_BLOCK_LINE };

/* Marks and breaks add to a source, but no source doubles. */
#define POSTING_WRITER_MAX_BYTES (2 * POSTING_SOURCE_MAX_BYTES)

struct posting_writer {
    struct buf out;
    enum posting_block last;
    bool full;                    /* POSTING_WRITER_MAX_BYTES reached: the rest is dropped */
    struct posting_hidden hidden; /* comments that speak to a machine */
};

void posting_writer_init(struct posting_writer *w);
void posting_writer_fini(struct posting_writer *w);
void posting_write_heading(struct posting_writer *w,
                           struct str text); /* text is trimmed, blanks inside become one space */
void posting_write_item(struct posting_writer *w, struct str text);
void posting_write_line(struct posting_writer *w,
                        struct str text);           /* continues the block when the last one was a line */
void posting_write_break(struct posting_writer *w); /* the next line begins a new block */
void posting_write_fact(struct posting_writer *w, const char *label,
                        struct str value); /* "label: value"; nothing when value is empty */
/* The text, copied into the arena (n == 0 when empty); false when the arena is exhausted. */
bool posting_writer_take(struct posting_writer *w, struct arena *a, struct str *ret) MUST_CHECK;

/* -- posting_clean.c -- */
/* One space for every kind of space, \n line ends, straight quotes, no control and no invisible characters (counted in
 * *hidden). NULL p when the arena is exhausted. Never longer than s. */
struct str posting_clean(struct arena *a, struct str s, size_t *hidden);
/* Character references (&amp; &#8217; ...) decoded; never longer than s. NULL p when exhausted. */
struct str posting_entities(struct arena *a, struct str s);

/* -- posting_text.c -- */
/* Plain text or Markdown (clean) as blocks. Returns how many Markdown marks it saw. */
size_t posting_text_write(struct posting_writer *w, struct arena *a, struct str text);

/* -- posting_matter.c -- */
/* Front matter at the start of a clean text: facts into *p, long fields as sections into *w. Returns the rest of the
 * text; *found says whether there was any. */
struct str posting_matter_read(struct posting_writer *w, struct arena *a, struct str text, struct posting *p,
                               bool *found);

/* -- posting_guard.c -- */
void posting_note(struct posting *p, const char *code, struct str quote);
/* Takes what speaks to a machine out of p->text and notes it. false: the arena is exhausted. */
bool posting_guard(struct arena *a, struct posting *p) MUST_CHECK;
/* Would the guard take a sentence of this text out? Only the first 256 words are looked at. */
bool posting_guard_speaks(struct str text);

/* -- posting_json.c: reading fields of any shape -- */
struct posting_json {
    struct arena *a;
    struct posting_writer *w;
    struct posting_facts *f;
    struct posting_hidden *hidden;
    struct err *err;
    struct str company_hint;
    const char *method;
    bool failed;
};

/* A text, a number, or the name of a thing, cleaned; joined by "; " when there are several. "" when absent. */
struct str posting_json_text(struct posting_json *j, yyjson_val *v);
/* A number, also written as text ("172,000"); -1 when there is none. */
double posting_json_number(yyjson_val *v);
/* A long field: HTML, escaped HTML, or plain text; under a heading unless NULL. */
void posting_json_long(struct posting_json *j, const char *heading, yyjson_val *v);
/* Amounts that make no sense are dropped; salary_text is composed when it is empty. */
void posting_json_salary(struct posting_json *j);
const char *posting_json_period(struct str unit); /* "HOUR", "per-year-salary" ...: "" when unknown */

/* Reads one JSON text: schema.org or an applicant tracking system. *found tells whether it holds a posting; facts into
 * *j->f, text into j->w, the method by name. ERR_MALFORMED, ERR_NOT_A_POSTING (several postings), ERR_MEMORY. */
int posting_json_read(struct posting_json *j, struct str json, bool *found) MUST_CHECK;

/* -- posting_jsonld.c: schema.org -- */
bool posting_jsonld_read(struct posting_json *j, yyjson_val *root); /* false: no JobPosting in it */

/* -- posting_ats.c: Greenhouse, Lever, Ashby -- */
/* How many postings root holds; exactly one is read. */
size_t posting_ats_read(struct posting_json *j, yyjson_val *root);

/* -- html.c: the only file that knows the HTML parser -- */
#define HTML_JSON_LD_MAX 8

struct html_page {
    struct str title, site_name; /* <title> or og:title; og:site_name */
    struct str json_ld[HTML_JSON_LD_MAX];
    size_t json_ld_n;
    struct posting_hidden hidden;
    struct posting_facts facts; /* of microdata */
    bool microdata;
};

/* Writes the main content of a page or fragment. ERR_MEMORY only (also when the page is built to exhaust memory). */
int html_read(struct arena *a, struct str body, struct posting_writer *w, struct html_page *ret,
              struct err *err) MUST_CHECK;
