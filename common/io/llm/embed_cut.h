/* The answer to a request that carried the texts of several tasks, cut along its elements, so that each task's part can
 * be kept on its own before anybody reads it.
 *
 * This is framing, not reading: nothing is interpreted but the brackets of the one array "data" and the "index" of its
 * elements, and no byte is changed: every part is what stands before the array, the bytes of its own elements, and what
 * stands behind. An answer that does not have exactly that shape is not cut. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/str.h"

struct llm_cut {
    struct str before, after; /* up to and with the '[' of data; from its ']' on */
    struct str *elements;     /* in the order of their index */
    size_t n;
};

/* elements: room for n. false: body is not one object whose "data" holds n objects, each index from 0 to n - 1 once
 * (elements without an index count in their order). Views into body. */
bool llm_embed_cut(struct str body, size_t n, struct str *elements, struct llm_cut *ret) MUST_CHECK;
/* Appends the answer as it would have been for count elements from first on; their index stays what it was. */
void llm_embed_cut_part(const struct llm_cut *cut, size_t first, size_t count, struct buf *out);
