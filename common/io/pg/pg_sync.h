/* Postgres, blocking: for the command line and migrations only, never on a loop. Values are text. */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"
#include "io/pg/pg.h"

struct pg_sync;
struct pg_sync_rows;

/* Uses host, port, db, user, password, application_name and statement_timeout_ms (0: none). NULL with err set
 * (ERR_UNAVAILABLE when nobody answers within 10 s, ERR_FORBIDDEN when the server refuses the role or password).
 * Returns owned. */
struct pg_sync *pg_sync_open(const struct pg_options *opt, struct err *err) MUST_CHECK;
void pg_sync_close(struct pg_sync *c);
CLEANUP_DEFINE(struct pg_sync, pg_sync_close)

/* Runs a script of any number of statements in one transaction (the script holds no BEGIN or COMMIT). The message says
 * what Postgres said and the line in the script. Errors as in pg.h. */
int pg_sync_exec(struct pg_sync *c, const char *sql, struct err *err) MUST_CHECK;

/* One statement with n text parameters (borrowed until return; NULL entries are SQL NULL). Returns owned rows, NULL
 * with err set. */
struct pg_sync_rows *pg_sync_query(struct pg_sync *c, const char *sql, const char *const *params, int n,
                                   struct err *err) MUST_CHECK;
void pg_sync_rows_free(struct pg_sync_rows *r);
CLEANUP_DEFINE(struct pg_sync_rows, pg_sync_rows_free)
int pg_sync_count(const struct pg_sync_rows *r);
int pg_sync_columns(const struct pg_sync_rows *r);
int64_t pg_sync_affected(const struct pg_sync_rows *r);
const char *pg_sync_get(const struct pg_sync_rows *r, int row, int col); /* NULL for SQL NULL; borrowed from r */
const char *pg_sync_column(const struct pg_sync_rows *r, int col);       /* name */
