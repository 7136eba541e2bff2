/* Cutting a streamed body into items: lines of NDJSON, or the elements of one JSON array. Pure; memory is bounded by
 * one item. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum split_mode { SPLIT_LINES = 1, SPLIT_ARRAY };

struct split {
    enum split_mode mode;
    size_t item_max;
    struct buf item; /* the part of an item seen so far */
    bool overlong;   /* the current item is too long: its bytes are dropped */
    int64_t at;      /* bytes consumed */
    int64_t item_at; /* offset of the current item */
    int state;       /* of the array */
    int depth;
    bool in_string, escaped;
};

/* One item: text is borrowed until return, without white space around it; at is its byte offset. overlong: text is
 * empty. */
typedef void split_fn(void *ud, struct str text, int64_t at, bool overlong);

void split_init(struct split *s, enum split_mode mode, size_t item_max_bytes);
void split_fini(struct split *s);
/* ERR_MALFORMED when the array itself is broken (an item that is no JSON is the caller's to find). */
int split_feed(struct split *s, struct str piece, split_fn *fn, void *ud, struct err *err) MUST_CHECK;
int split_end(struct split *s, split_fn *fn, void *ud, struct err *err) MUST_CHECK;
