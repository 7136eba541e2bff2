/* The skeleton every daemon shares: flags and configuration, log, signals, the loop, and the stop sequence.
 *
 * daemon_main(): parses flags (--help, --version, --print-config), builds the configuration, starts the log and seal,
 * makes the loop, calls start(); then runs the loop until stopped. SIGTERM/SIGINT calls stop() once; a second one ends
 * the process at once with code 1. stop() begins a graceful end and calls daemon_done() when it is finished. Exit
 * codes: 0 graceful end, 1 failure, 2 bad usage or configuration. */
#pragma once

#include "base/err.h"
#include "core/config.h"
#include "core/loop.h"

struct daemon;

struct daemon_spec {
    const char *name;    /* "gateway": name in logs and of the pid file */
    const char *service; /* rows of the configuration table: gateway, dispatcher, worker */
    const char *about;   /* one sentence for --help */
    /* Builds everything on the loop; *ret_state is passed to the other calls. */
    int (*start)(struct daemon *d, void **ret_state, struct err *err);
    void (*stop)(struct daemon *d, void *state); /* begin a graceful end */
    void (*free)(void *state);                   /* after the loop ended; may be NULL */
};

int daemon_main(const struct daemon_spec *spec, int argc, char **argv);

struct loop *daemon_loop(struct daemon *d);
struct config *daemon_config(struct daemon *d);
const struct daemon_spec *daemon_spec_of(struct daemon *d);
/* "analyzer-1" from run.instance, or the name and the pid. */
const char *daemon_instance(struct daemon *d);
void daemon_done(struct daemon *d, int exit_code); /* ends the loop; the process returns exit_code */
void daemon_stop(struct daemon *d);                /* as if SIGTERM had come (control plane) */
