/* W3C Trace Context: "00-<32 hex trace id>-<16 hex span id>-<2 hex flags>". */
#pragma once

#include <stdbool.h>
#include "base/str.h"

#define TRACE_PARENT_BYTES 56 /* 55 characters and the NUL */
#define TRACE_ID_BYTES     33

struct trace {
    char parent[TRACE_PARENT_BYTES]; /* what is sent on */
    char id[TRACE_ID_BYTES];         /* for logs */
};

/* From a caller's header; a missing or invalid one starts a new trace that is not sampled. The span id is always new.
 */
void trace_from_header(struct str traceparent, struct trace *ret);
/* From what was stored or carried by Kafka: "" leaves both empty. */
void trace_from_stored(struct str traceparent, struct trace *ret);
/* The caller asked for this trace to be recorded: every step of it is logged at level info. */
static inline bool trace_sampled(const struct trace *t)
{
    return t->parent[0] && t->parent[TRACE_PARENT_BYTES - 2] == '1';
}
