/* One look at which processes answer and whether the gateway is ready, on the thread pool. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include "cli/children.h"
#include "cli/fleet.h"
#include "core/loop.h"

#define PROBE_URL_BYTES 128

struct probe {
    struct loop *loop;
    char run_dir[FILES_PATH_BYTES];
    char gateway[PROBE_URL_BYTES]; /* "http://127.0.0.1:8080"; "" : not asked */
    int n;
    struct {
        char instance[CHILD_INSTANCE_BYTES];
        pid_t pid;
        bool answered; /* out: this very process did */
    } items[FLEET_CHILDREN_MAX];
    bool gateway_ready; /* out */
    bool busy;
    loop_fn *done;
    void *ud;
};

/* Starts a round; done(ud) runs on the loop. The struct is borrowed until then. Never while busy. */
void probe_start(struct probe *p);
/* Blocking; also used by commands. */
bool probe_gateway(const char *url, int timeout_ms);
