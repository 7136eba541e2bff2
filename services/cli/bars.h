/* Live progress of a batch as text: one bar a stage, the counts, rate and time left. Pure: numbers in, text out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/json.h"
#include "pipeline/store/states.h"

struct bars_counts {
    int64_t accepted, waiting, running, parked, done, needs_review, failed, cancelled;
    int64_t stage_done[STAGE_MAX + 1], stage_total[STAGE_MAX + 1];
    int64_t cost_microusd;
    int64_t eta_s;  /* -1: unknown */
    char state[16]; /* of the batch */
};

/* Reads a batch object of the API. */
void bars_read(yyjson_val *batch, struct bars_counts *ret);
bool bars_ended(const struct bars_counts *c);
int64_t bars_finished(const struct bars_counts *c); /* applications that ended, whatever how */

struct bars_style {
    int width; /* columns of the terminal */
    bool color;
    bool ascii; /* no block characters */
};

#define BARS_LINES (STAGE_MAX + 2) /* of bars_write, each ended by \n */
/* rate: applications a second, < 0 unknown. */
void bars_write(const struct bars_counts *c, double rate, uint64_t elapsed_ms, struct bars_style style,
                struct buf *out);
/* The same in one line, for logs. */
void bars_line(const struct bars_counts *c, double rate, uint64_t elapsed_ms, struct buf *out);
