/* Bringing the database to the schema of this program, and refusing one that does not fit. Blocking. */
#pragma once

#include "base/err.h"
#include "io/pg/pg_sync.h"

struct migrate_status {
    int database; /* version of the database's schema, 0: empty */
    int program;  /* version this program knows */
};

#define MIGRATE_NAME_BYTES 64
#define MIGRATE_TIME_BYTES 40

/* One migration as it stands. */
struct migrate_row {
    int version;
    char name[MIGRATE_NAME_BYTES];
    char applied_at[MIGRATE_TIME_BYTES]; /* "" when it is not applied */
};

/* Told of each migration right after it was committed; name is borrowed. */
typedef void migrate_report_fn(void *ud, int version, const char *name);

/* Applies what is missing, each migration in a transaction of its own, and lets every jobmill role read
 * schema_migrations. The connection is that of the owner (jobmill_owner). Two at the same time wait for each other.
 * report may be NULL. ERR_SCHEMA: the database is newer than the program, or an applied migration has another text now;
 * nothing was changed. Else as in pg_sync.h. */
int migrate_up(struct pg_sync *c, migrate_report_fn *report, void *ud, struct err *err);

/* Any role. A database without the table has version 0. rows may be NULL; *ret_count of at most max are filled. */
int migrate_status(struct pg_sync *c, struct migrate_status *ret, struct migrate_row *rows, int max, int *ret_count,
                   struct err *err);

/* At the start of a daemon: 0 when the database has exactly the schema of this program, else ERR_SCHEMA with what to
 * do. */
int migrate_check(struct pg_sync *c, struct err *err);
