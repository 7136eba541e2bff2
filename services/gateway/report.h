/* The refused items of an upload that the answer names: those with the smallest indexes. */
#pragma once

#include "base/buf.h"
#include "pipeline/store/batches.h"

#define REPORT_MAX 100

struct report {
    struct report_row *rows[REPORT_MAX]; /* by index, ascending */
    size_t n;
};

void report_add(struct report *r, const struct batch_reject *reject); /* copies */
/* [{index, byte_offset, client_ref, problem}, ...] */
void report_render(const struct report *r, struct buf *b, const char *key);
void report_fini(struct report *r);
