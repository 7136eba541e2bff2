/* Server-sent events of a whole text (WHATWG HTML, "Server-sent events"): lines end with CR, LF or CRLF, comments are
 * skipped, several data lines of one event are joined with LF. An event that the end of the text cuts before its empty
 * line is given too: whoever reads it sees whether its data is whole. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/str.h"

#define SSE_EVENT_MAX_BYTES ((size_t)1 << 20)

struct sse {
    struct str rest;
    struct arena *arena;
    bool failed; /* an event over SSE_EVENT_MAX_BYTES, or the arena is exhausted */
};

static inline struct sse sse_over(struct str text, struct arena *a)
{
    return (struct sse){.rest = text, .arena = a};
}
/* The next event that has data; false at the end or on failure. *ret_event: its name, n == 0 when it has none. Views
 * into the text or the arena. */
bool sse_next(struct sse *s, struct str *ret_event, struct str *ret_data);
