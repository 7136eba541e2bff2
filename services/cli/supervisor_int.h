/* Inside of the supervisor. Only supervisor*.c include this. */
#pragma once

#include "cli/children.h"
#include "cli/probe.h"
#include "cli/supervisor.h"
#include "core/loop.h"
#include "io/control/server.h"

enum supervisor_phase {
    SUPERVISOR_STARTING = 1,
    SUPERVISOR_RUNNING,
    SUPERVISOR_STOPPING,
    SUPERVISOR_STOPPING_LAST,
    SUPERVISOR_ENDED
};

struct supervisor {
    const struct supervisor_options *opt;
    struct loop *loop;
    struct loop_timer *timer;
    struct control_server *control;
    enum supervisor_phase phase;
    struct fleet_kind kinds[FLEET_KINDS_MAX];
    int kind_count;
    unsigned wanted[FLEET_KINDS_MAX];
    struct child *children[FLEET_CHILDREN_MAX];
    int child_count;
    struct probe probe;
    uint64_t probe_ms;      /* when the next look is due */
    uint64_t begun_ms;      /* monotonic */
    uint64_t started_at_us; /* wall */
    bool gateway_ready;
    bool failed; /* the start was given up: failure says why */
    struct err failure;
    char guilty_log[FILES_PATH_BYTES];
    char programs[FILES_PATH_BYTES]; /* folder of the binaries */
    char url[PROBE_URL_BYTES];
    unsigned port;
    int port_fd;
};

const char *supervisor_phase_name(enum supervisor_phase p);
void supervisor_line(struct supervisor *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void supervisor_stop(struct supervisor *s);
/* Marks the processes of a kind (-1: every one) to be replaced one after the other. */
void supervisor_restart(struct supervisor *s, int kind);
void supervisor_scale(struct supervisor *s, int kind, unsigned count);
void supervisor_log_path(const struct supervisor *s, const char *instance, char out[FILES_PATH_BYTES]);
/* Handler of the control server (supervisor_control.c). */
void supervisor_control(void *ud, struct control_exchange *x, const struct control_request *q);
