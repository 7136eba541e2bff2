/* A posting as it was given, brought to plain text that the rest of the engine reads.
 *
 * Sources: plain text, Markdown (front matter, template comments), HTML (navigation, banners, hidden text dropped;
 * JSON-LD inside the page used first, then microdata), schema.org JobPosting JSON-LD, the public JSON of Greenhouse,
 * Lever and Ashby (recognised by shape). Pure: bytes in, text out; no clock, no I/O.
 *
 * What speaks to a machine instead of to a reader ("ignore previous instructions", "in your response ...") is taken out
 * of the text and noted: nothing downstream ever sees it. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Markdown is recognised within TEXT, the JSON of applicant tracking systems within JSON_LD and TEXT. */
enum posting_format { POSTING_TEXT = 1, POSTING_HTML, POSTING_JSON_LD };

#define POSTING_SOURCE_MAX_BYTES ((size_t)1024 * 1024) /* larger sources: ERR_TOO_LARGE */
#define POSTING_TEXT_MIN_CHARS   200                   /* shorter: not a posting */
#define POSTING_TEXT_MAX_BYTES   ((size_t)128 * 1024)  /* longer text is trimmed to it (engine/posting_trim.h) */

/* A day; d == 0: only the month is known. y == 0: unknown. */
struct posting_day {
    int y, m, d;
};

struct posting_source {
    enum posting_format format;
    struct str body;        /* valid UTF-8 */
    struct str title;       /* what the caller said, n == 0 when nothing */
    struct str company;     /* the same */
    struct posting_day now; /* for "expired"; unknown: only what the page itself says counts */
};

/* Facts that structured data stated outright (JSON-LD, front matter); n == 0 / -1 when absent. They win over what the
 * text suggests. */
struct posting_facts {
    struct str title, company, location, employment_type, date_posted, valid_through, education, industry;
    struct str salary_text, currency, salary_period; /* period: hour day week month year */
    double salary_min, salary_max;                   /* -1 when absent */
    bool remote;
};

/* What may be left out of a posting that is too long, first to go first. */
enum posting_part {
    POSTING_PART_LEGAL = 0,
    POSTING_PART_BENEFITS,
    POSTING_PART_COMPANY,
    POSTING_PART_CULTURE,
    POSTING_PART_REST,
    POSTING_PARTS
};

#define POSTING_NOTES_MAX 8

struct token;

/* Something that was dropped. code: hidden_text (nobody could see it), injection (it speaks to a machine),
 * unrelated_text (a question or task that is no business of a posting). */
struct posting_note {
    struct str code, quote; /* quote: at most 240 bytes of it, may be empty; not part of posting.text */
};

struct posting {
    struct str
        text; /* UTF-8, \n line ends, one blank line between blocks, list items as "- item", headings as "# heading" */
    struct posting_facts facts;
    struct str title_hint, company_hint; /* page title and site name: weaker than what the text itself says */
    bool truncated;                      /* the text was trimmed */
    size_t left_out[POSTING_PARTS];      /* bytes of each part that were */
    bool hidden_text;                    /* something invisible was dropped */
    size_t hidden_chars;
    bool dated;   /* facts.valid_through is structured data's */
    bool expired; /* structured data named a last day, and it is before source.now */
    struct posting_note notes[POSTING_NOTES_MAX];
    size_t notes_n;
    const struct token *tokens; /* of text, NULL when they were not kept (engine/lexicon.h) */
    size_t tokens_n;
    struct str method; /* "text", "markdown", "html", "json_ld", "microdata", "greenhouse", "lever", "ashby" */
};

/* All strings of *ret live in the arena or borrow from src->body. Errors: ERR_TOO_LARGE (the source, or what the
 * posting asks for and gives to do is longer than a text may be), ERR_MALFORMED (JSON-LD that is not JSON),
 * ERR_NOT_A_POSTING (empty), ERR_MEMORY. Too short or not a posting is NOT an error here: see analysis.verdict. */
int posting_read(struct arena *a, const struct posting_source *src, struct posting *ret, struct err *err) MUST_CHECK;
