/* Child processes of the supervisor: starting, signalling and collecting them. What to do about a death is the
 * supervisor's (supervisor.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "cli/files.h"
#include "core/loop.h"

#define CHILD_KIND_BYTES     24
#define CHILD_INSTANCE_BYTES 40

enum child_state {
    CHILD_STARTING = 1, /* runs, has not answered yet */
    CHILD_UP,           /* runs and has answered */
    CHILD_STOPPING,     /* was asked to end */
    CHILD_WAITING,      /* died, is started again at retry_ms */
};

struct child {
    char kind[CHILD_KIND_BYTES];
    char instance[CHILD_INSTANCE_BYTES];
    unsigned number; /* of the instance, from 1 */
    enum child_state state;
    pid_t pid; /* 0 while waiting */
    int pidfd;
    struct loop_poll *poll;
    loop_fn *woken; /* called when it ended */
    void *ud;
    uint64_t started_ms; /* monotonic */
    uint64_t retry_ms;   /* CHILD_WAITING */
    uint64_t kill_ms;    /* CHILD_STOPPING: then SIGKILL */
    unsigned failures;   /* deaths in a row; forgotten after a while of life */
    unsigned restarts;
    bool again;        /* CHILD_STOPPING: start again when it ended */
    bool replace;      /* its turn to be started anew has not come yet */
    char last_end[48]; /* "exit 1", "signal 9" */
};

const char *child_state_name(enum child_state s);

/* Starts program with argv (NULL-terminated) in a process group of its own, standard error and output appended to
 * log_path, SIGTERM when this process dies. woken(ud) runs on the loop when it ended (child_reap tells). Sets pid,
 * started_ms. ERR_IO, ERR_NOT_FOUND. */
int child_start(struct child *c, struct loop *loop, const char *program, char *const argv[], const char *log_path,
                loop_fn *woken, void *ud, struct err *err);
/* true once, when it has ended: pid is 0 then and last_end says how; *ret_code is its exit code or -signal. */
bool child_reap(struct child *c, int *ret_code);
void child_signal(const struct child *c, int number); /* to its whole process group */
