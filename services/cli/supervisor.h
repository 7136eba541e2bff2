/* The supervisor: keeps so many processes of each kind running, answers the control plane, ends all of them in order.
 */
#pragma once

#include <stdint.h>
#include "cli/cli.h"
#include "cli/fleet.h"

/* What happens, for whoever waits for it. Strings are borrowed until return. */
struct supervisor_watch {
    void (*line)(void *ud, const char *text); /* something a person wants to read */
    void (*ready)(void *ud, const char *url); /* once: every process answers, and the gateway says it is ready */
    void *ud;
};

struct supervisor_options {
    const struct cli *cli;            /* borrowed */
    unsigned counts[FLEET_KINDS_MAX]; /* by kind of fleet.h */
    unsigned port;                    /* of the gateway; 0: a free one */
    bool port_fixed;                  /* another port is no choice: fail when it is taken */
    uint64_t ready_ms;                /* give up when not ready after so long (0: never) */
    struct supervisor_watch watch;
};

/* ERR_CONFLICT when another supervisor has the folder. Returns the descriptor that holds the lock (owned). */
int supervisor_lock(const struct cli *cli, struct err *err);
/* Migrates, starts everything, runs until it is stopped. 0 after an ordered end. A start that does not become ready in
 * time, or cannot, ends everything and returns ERR_UNAVAILABLE; err names the process and guilty_log (when not NULL) is
 * the path of its log, else "". */
int supervisor_run(const struct supervisor_options *opt, char guilty_log[FILES_PATH_BYTES], struct err *err);
