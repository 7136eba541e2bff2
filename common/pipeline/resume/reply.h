/* What a reader process answered. Pure; for those who start one (gateway, command line). */
#pragma once

#include "base/doc.h"
#include "base/json.h"

#define RESUME_REPLY_MAX_BYTES ((size_t)8 * 1024 * 1024)

struct resume_reply {
    struct str output; /* its standard output */
    int exit_code, signal;
    bool started, timed_out, overflowed;
};

/* The document (JSON text in the arena), or the refusal as doc_refuse gives it (a wrong field of a JSON document: its
 * JSON pointer). ERR_UNAVAILABLE when the reader could not be started. */
int resume_reply_read(struct arena *a, const struct resume_reply *reply, struct str *ret, struct err *err) MUST_CHECK;
