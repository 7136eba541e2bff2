/* Server-sent events (WHATWG HTML, section 9.2.6), fed piece by piece. Pure. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

#define SSE_EVENT_MAX_BYTES ((size_t)1024 * 1024)

struct sse_event {
    struct str name; /* "message" when the server named none */
    struct str data;
};

struct sse {
    struct buf line, name, data;
    char last_id[64]; /* of the last event that had one; "" before */
    bool skip_lf;
    bool over; /* a line or event was larger than the maximum: the stream is no use any more */
};

void sse_init(struct sse *s);
void sse_fini(struct sse *s);
/* A new connection: forgets what was half received, keeps last_id. */
void sse_restart(struct sse *s);
/* fn is called for every complete event; borrowed until it returns. false from it ends the feeding. False when it ended
 * or the stream is over. */
typedef bool sse_fn(void *ud, const struct sse_event *e);
bool sse_feed(struct sse *s, struct str piece, sse_fn *fn, void *ud);
