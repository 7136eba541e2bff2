/* The stub as a program: the command line of `jobmill stub-llm` and of the tests' own binary. */
#pragma once

#include <stdint.h>
#include "base/err.h"

#define STUB_SETTINGS_MAX 64

struct stub_serve {
    const char *host;
    uint16_t port;                           /* 0: a free one */
    int processes;                           /* on one port */
    const char *settings[STUB_SETTINGS_MAX]; /* "name=value", NULL-terminated */
};

/* Serves until SIGTERM or SIGINT. Prints "listening on http://HOST:PORT" when it does. Returns 0, or negative with err.
 */
int stub_serve(const struct stub_serve *o, struct err *err);
