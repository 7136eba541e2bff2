/* Following a batch until it ends. */
#pragma once

#include "cli/api.h"
#include "cli/bars.h"

struct watch_result {
    struct bars_counts counts; /* as seen last */
    bool ended;                /* false: the wait was over first */
};

/* Shows progress on standard error (in place on a terminal, a line per change elsewhere, nothing with --quiet); with
 * --json every event as a line on standard output. Reconnects by itself. wait_ms 0: without limit. Ctrl-C ends the
 * process with a word on how to go on. */
int watch_batch(struct api *a, const char *batch, uint64_t wait_ms, struct watch_result *ret, struct err *err);
/* CLI_OK when everything is done, CLI_ITEMS when some is not, CLI_TIMEOUT when it has not ended. */
int watch_exit_code(const struct watch_result *r);
