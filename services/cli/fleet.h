/* The kinds of processes of a fleet, in the order they start, and what is asked of the supervisor about them. */
#pragma once

#include <stdbool.h>
#include "base/err.h"

#define FLEET_GATEWAY      "gateway"
#define FLEET_DISPATCHER   "dispatcher"
#define FLEET_KINDS_MAX    8
#define FLEET_CHILDREN_MAX 200 /* processes of one supervisor */
#define FLEET_OF_KIND_MAX  64

#define FLEET_SUPERVISOR "supervisor" /* instance name of its control socket */
#define FLEET_LOCK_FILE  "supervisor.lock"
#define FLEET_PID_FILE   "supervisor.pid"
#define FLEET_URL_FILE   "url"

struct fleet_kind {
    const char *name; /* "gateway", "analyzer" */
    bool stage;       /* works on a stage: one consumer group, so at most kafka.partitions of them are useful */
};

/* Fills kinds (FLEET_KINDS_MAX) and returns how many: gateway, dispatcher, then the stages' services. */
int fleet_kinds(struct fleet_kind *kinds);
/* Number of a kind; -1 with a sentence that lists or suggests. */
int fleet_kind_find(const char *name, struct err *err);
/* "analyzer=2,optimizer=3" into counts by kind; others stay. */
int fleet_counts_parse(const char *text, unsigned *counts, struct err *err);
