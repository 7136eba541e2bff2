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
static inline bool supervisor_stopping(const struct supervisor *s)
{
    return s->phase >= SUPERVISOR_STOPPING;
}

/* supervisor_fleet.c */
#define SUPERVISOR_KILL_AFTER_MS 5000                         /* until SIGKILL, on top of worker.drain */
void supervisor_begin(struct supervisor *s, struct child *c); /* starts it; a failure counts as a death */
void supervisor_remove(struct supervisor *s, int at);
void supervisor_end_child(struct supervisor *s, struct child *c, bool again);
void supervisor_match(struct supervisor *s, int kind); /* makes the number of a kind's processes the wanted one */
void supervisor_reap(struct supervisor *s);            /* collects what died and decides about it */
/* Before the fleet was ready: ends everything because of c (NULL: the gateway). */
void supervisor_give_up(struct supervisor *s, const struct child *c, const char *what);
void supervisor_woken(void *ud); /* something died: supervisor.c */

/* Handler of the control server (supervisor_control.c). */
void supervisor_control(void *ud, struct control_exchange *x, const struct control_request *q);
