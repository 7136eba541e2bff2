/* One JSON value, read tolerantly and written strictly. Inside of json_reply only. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum json_mend_end { JSON_MEND_WHOLE = 0, JSON_MEND_CUT, JSON_MEND_BROKEN };

/* Reads the value that begins at text.p[from] and appends it to out as strict JSON (valid UTF-8 in). *ret_to: the byte
 * behind it (WHOLE) or where reading stopped. *repairs gains the bits of json_reply.h. */
enum json_mend_end json_mend(struct str text, size_t from, struct buf *out, size_t *ret_to, unsigned *repairs);
