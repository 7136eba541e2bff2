/* What the readers of postings share: cleaning, the writer of the plain form, and the readers themselves. */
#pragma once

#include "base/buf.h"
#include "pipeline/engine/posting.h"

/* -- posting_writer.c: blocks of the plain form -- */
enum posting_block { POSTING_BLOCK_NONE = 0, POSTING_BLOCK_HEADING, POSTING_BLOCK_ITEM, POSTING_BLOCK_LINE };

struct posting_writer {
    struct buf out;
    enum posting_block last;
    bool full; /* POSTING_TEXT_MAX_BYTES reached: the rest is dropped */
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

/* -- posting_jsonld.c -- */
/* Reads one JSON text; *found tells whether it holds a JobPosting. Facts into *facts, text into *w. ERR_MALFORMED,
 * ERR_MEMORY. */
int posting_jsonld_read(struct arena *a, struct str json, struct posting_writer *w, struct posting_facts *facts,
                        size_t *hidden, bool *found, struct err *err) MUST_CHECK;

/* -- html.c: the only file that knows the HTML parser -- */
#define HTML_JSON_LD_MAX 8

struct html_page {
    struct str title, site_name; /* <title> or og:title; og:site_name */
    struct str json_ld[HTML_JSON_LD_MAX];
    size_t json_ld_n;
    size_t hidden_chars;
};

/* Writes the main content of a page or fragment. ERR_MEMORY only (also when the page is built to exhaust memory). */
int html_read(struct arena *a, struct str body, struct posting_writer *w, struct html_page *ret,
              struct err *err) MUST_CHECK;
