/* Making Postgres and Kafka ready for this program: schema, topics, and the key of the development tenant. */
#pragma once

#include "cli/cli.h"
#include "io/pg/pg_sync.h"

#define SETUP_TENANT_ID   "00000000-0000-7000-8000-000000000001" /* of the tenant "development" */
#define SETUP_TENANT_NAME "development"
#define SETUP_KEY_FILE    "api-key" /* in run.dir */
#define SETUP_KEY_PREFIX  "jm_dev_"
#define SETUP_KEY_BYTES   64

/* Told of each thing that was done; line is borrowed. */
typedef void setup_report_fn(void *ud, const char *line);

/* Connects as the owner of the schema (pg.user, else jobmill_owner). Returns owned. */
struct pg_sync *setup_connect(const struct cli *cli, struct err *err);
/* Schema, topics, development tenant and key. Does nothing that is done already. */
int setup_all(const struct cli *cli, setup_report_fn *report, void *ud, struct err *err);
/* Names of every topic there is; returns how many (at most max). Borrowed, static. */
int setup_topics(const char **names, int max);
