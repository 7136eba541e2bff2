/* A posting that is longer than what somebody takes, made shorter by what it says and not by where it ends: legal text
 * goes first, then benefits, what is said about the employer, culture, and the rest of the description. What asks for
 * something and what is to be done stays, whatever the limit. */
#pragma once

#include "base/buf.h"
#include "pipeline/engine/posting.h"

/* How long a text is, in the unit of the limit. Lengths of parts add up to about the length of the whole. */
struct posting_ruler {
    int64_t (*measure)(const void *how, struct str text);
    const void *how;
    const char *mark; /* stands where something was left out; NULL: nothing does */
};
extern const struct posting_ruler posting_bytes;

struct posting_trimmed {
    struct str text;                /* posting->text itself when nothing was left out */
    int64_t length;                 /* more than most: what is never left out is longer than that */
    size_t left_out[POSTING_PARTS]; /* bytes */
};

/* Leaves out no more than needed. Within a part the end goes first. ERR_MEMORY only. */
int posting_trim(struct arena *a, const struct posting *posting, const struct posting_ruler *ruler, int64_t most,
                 struct posting_trimmed *ret, struct err *err) MUST_CHECK;

const char *posting_part_name(enum posting_part part); /* "legal", "benefits", ... */
/* Writes "legal text (1200 bytes), benefits (340 bytes)"; nothing when nothing was left out. */
void posting_left_out_write(const size_t left_out[POSTING_PARTS], struct buf *b);
