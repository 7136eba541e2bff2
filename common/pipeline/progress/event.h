/* Progress on Redis: one message per batch and commit. msgpack array [first_seq, [[application id (16 bytes) or nil,
 * stage, state, code], ...]]: ids and counters only (I6). Sequence numbers are consecutive from first_seq. */
#pragma once

#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"

#define PROGRESS_EVENTS_MAX    4096 /* in one message */
#define PROGRESS_CHANNEL_BYTES 48

struct progress_event {
    int64_t seq;
    struct uuid application_id; /* nil: the batch itself */
    int stage, state, code;
};

/* "jobmill:b:<batch id>"; out has PROGRESS_CHANNEL_BYTES; returns out. */
const char *progress_channel(const struct uuid *batch_id, char out[PROGRESS_CHANNEL_BYTES]);
/* Appends the message of n events (consecutive seq) to out. */
void progress_encode(const struct progress_event *events, size_t n, struct buf *out);
/* Decodes into ret (at most max); returns the number or a negative code (ERR_CORRUPT, ERR_LIMIT). */
int progress_decode(struct str bytes, struct progress_event *ret, size_t max, struct err *err) MUST_CHECK;
