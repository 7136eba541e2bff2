/* A document to print as one list of blocks: what all writers (Markdown, text, PDF, DOCX) are given. Pure; everything
 * borrowed, living as long as the arena it was built in.
 *
 * A block is a list of pieces. What stands between two pieces follows from the kind of the block:
 *   SHEET_CONTACT " · ", the head of a SHEET_ENTRY ", ", its details " · ", otherwise nothing. A piece that is apart
 * begins a line of its own (SHEET_CONTACT excepted). Text is clean (sheet_clean): one line, no control or invisible
 * characters, no ligature code points. Only a SHEET_PARAGRAPH of a letter may hold '\n': a line break that stays. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/str.h"

#define SHEET_BLOCKS_MAX ((size_t)16384)

enum sheet_kind {
    SHEET_NAME = 1,  /* whose document it is */
    SHEET_LABEL,     /* the line below the name */
    SHEET_CONTACT,   /* ways to reach the person */
    SHEET_HEADING,   /* of a section */
    SHEET_ENTRY,     /* head, dates and details of a job, a degree, ... */
    SHEET_PARAGRAPH, /* running text */
    SHEET_BULLET,    /* an item of a list */
};

enum sheet_paper { SHEET_A4 = 1, SHEET_LETTER };

struct sheet_piece {
    struct str text;
    struct str link; /* where it leads: "https://...", "mailto:..."; n == 0: nowhere */
    bool strong;
    bool apart;
};

struct sheet_pieces {
    struct sheet_piece *at;
    size_t n, cap;
};

struct sheet_block {
    enum sheet_kind kind;
    struct sheet_pieces pieces;
    bool dash;                   /* SHEET_ENTRY: " — " in its head even without a comma */
    struct str dates;            /* SHEET_ENTRY: "Mar 2020 – present" */
    struct sheet_pieces details; /* SHEET_ENTRY: place, web address, ... */
};

struct sheet_date {
    int y, m, d; /* y == 0: unknown */
};

struct sheet {
    struct arena *a;
    struct sheet_block *blocks;
    size_t n, cap;
    struct sheet_block nowhere; /* what sheet_add gives after a failure: written, never read */
    struct str title, author;   /* metadata */
    struct str language;        /* BCP 47; "en" when nothing says otherwise */
    struct sheet_date date;     /* of the document itself; writers never look at a clock */
    enum sheet_paper paper;
    bool letter;
    bool failed; /* the arena or SHEET_BLOCKS_MAX is exhausted: checked once at the end */
};

void sheet_init(struct sheet *d, struct arena *a);
/* A new block at the end. Never NULL: after a failure it is one that nobody prints. */
struct sheet_block *sheet_add(struct sheet *d, enum sheet_kind kind);
/* Appends a piece (text borrowed, as it is); nothing happens for an empty one. */
void sheet_piece_add(struct sheet *d, struct sheet_pieces *to, struct sheet_piece piece);
/* What stands between the pieces of a block; between its details. */
struct str sheet_separator(const struct sheet_block *b);
struct str sheet_details_separator(void);
/* Text as a document may hold it, in the arena (or s itself when nothing had to change): white space and control
 * characters become one space each run, also no-break spaces; U+FB00..FB06 are spelled out; invisible characters (zero
 * width, soft hyphen, bidi controls, tags, private use) are dropped. keep_lines: '\n' stays. s is valid UTF-8. */
struct str sheet_clean(struct sheet *d, struct str s, bool keep_lines);
