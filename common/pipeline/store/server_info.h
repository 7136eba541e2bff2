/* What a Postgres server is: for commands that examine an installation. Blocking. */
#pragma once

#include "io/pg/pg_sync.h"

struct server_info {
    char version[64];        /* "15.10 (Debian ...)" */
    int version_number;      /* 150010 */
    char vector_version[32]; /* of pgvector: installed here, else available; "" when there is none */
    double clock_s;          /* the server's wall clock, seconds since 1970 */
};

int server_info_load(struct pg_sync *c, struct server_info *ret, struct err *err);
