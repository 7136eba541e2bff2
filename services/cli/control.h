/* Asking the supervisor and the processes it runs. */
#pragma once

#include "base/json.h"
#include "cli/children.h"
#include "cli/cli.h"
#include "cli/fleet.h"
#include "io/control/client.h"

/* Asks the supervisor of run.dir; control_reply_fini(ret) in any case. A refusal (ok false) is -ERR_CONFLICT with its
 * sentence. ERR_UNAVAILABLE: none runs. */
int control_supervisor(const struct cli *cli, const struct control_request *q, struct control_reply *ret,
                       struct err *err);

struct control_process {
    char kind[CHILD_KIND_BYTES], instance[CHILD_INSTANCE_BYTES], state[16], last_end[48];
    int pid;
    uint64_t up_ms;
    unsigned restarts;
    bool answered; /* the following were told by the process itself */
    char own_state[16];
    unsigned in_flight, concurrency, ops_port;
};

struct control_fleet {
    char url[128], phase[16], version[32];
    int pid;
    char postgres[64], kafka[128], redis[64];
    int postgres_port, redis_port, partitions;
    int n;
    struct control_process processes[FLEET_CHILDREN_MAX];
};

/* The supervisor's list. */
int control_fleet_load(const struct cli *cli, struct control_fleet *ret, struct err *err);
/* Asks every process for its own numbers. */
void control_fleet_ask(const struct cli *cli, struct control_fleet *f);
