/* A short-lived child process with something to read: bytes to its standard input, its standard output collected, a
 * wall-clock limit. Its standard error is thrown away; it gets no other descriptor of ours and dies with its loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"
#include "core/loop.h"

struct subprocess;

struct subprocess_end {
    bool started;      /* false: there is no such program, or no process could be made */
    bool timed_out;    /* killed at the limit */
    bool overflowed;   /* wrote more than output_max */
    int exit_code;     /* -1 when a signal ended it */
    int signal;        /* 0 when it exited */
    struct str output; /* borrowed until the callback returns */
};

typedef void subprocess_fn(void *ud, const struct subprocess_end *end);

struct subprocess_spec {
    const char *program;
    const char *const *argv; /* NULL-terminated, argv[0] included */
    struct str input;        /* borrowed until the callback ran (or subprocess_free returned) */
    size_t output_max;
    uint64_t timeout_ms;
};

/* fn is called once, never from inside this function. Aborts only when memory is gone. */
struct subprocess *subprocess_start(struct loop *l, const struct subprocess_spec *spec, subprocess_fn *fn, void *ud);
/* Kills it when it still runs; fn is not called any more. Call it in or after fn too; accepts NULL. */
void subprocess_free(struct subprocess *s);
/* "<folder of this program>/name"; false when it does not fit or cannot be found out. */
bool subprocess_beside(const char *name, char *out, size_t cap);
