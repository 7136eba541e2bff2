/* Between the files of render/; nobody else includes this. */
#pragma once

#include "pipeline/render/render.h"

/* Where a web address leads: itself, with https:// before a bare host; "" when it is none. */
struct str render_link(struct sheet *d, struct str url);
/* Running text as pieces: web addresses in it become links of their own. */
void render_prose(struct sheet *d, struct sheet_block *b, struct str text);
/* Nothing would be printed for the blocks from `from` on. */
bool render_says_nothing(const struct sheet *d, size_t from);
/* "2024-03-05..." ; {0} when it is no date. */
struct sheet_date render_date(struct str s);

/* A phone number of a country that writes on Letter paper: "+1 ...", "(412) 555-0143". */
bool render_phone_is_american(struct str phone);

/* The two dresses of text. */
void sheet_write_markdown(const struct sheet *d, struct buf *out);
void sheet_write_text(const struct sheet *d, struct buf *out);
