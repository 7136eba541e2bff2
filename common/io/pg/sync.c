/* Plain blocking libpq for programs that have no loop. */
#include "io/pg/pg_sync.h"

#include <stdio.h>
#include <string.h>
#include "io/pg/internal.h"

#define PG_SYNC_PARAMS_MAX 64

struct pg_sync {
    PGconn *pg;
};

struct pg_sync_rows {
    PGresult *res;
};

static void pg_sync_quiet(void *ud, const char *message)
{
    (void)ud;
    (void)message;
}

struct pg_sync *pg_sync_open(const struct pg_options *opt, struct err *err)
{
    struct pg_options filled = *opt;
    if (filled.port == 0)
        filled.port = 5432;
    struct pg_connect_args args;
    pg_connect_args(&args, &filled, false);
    struct pg_sync *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    c->pg = PQconnectdbParams(args.keys, args.values, 0);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        struct err why;
        pg_error_from_connect(c->pg, &why);
        if (err)
            *err = why;
        pg_sync_close(c);
        return NULL;
    }
    PQsetNoticeProcessor(c->pg, pg_sync_quiet, NULL);
    return c;
}

void pg_sync_close(struct pg_sync *c)
{
    if (!c)
        return;
    PQfinish(c->pg);
    free(c);
}

/* Line of a character position (1-based, as Postgres counts). */
static int pg_sync_line(const char *sql, const char *position)
{
    if (!position)
        return 0;
    int line = 1;
    long left = strtol(position, NULL, 10);
    for (const char *c = sql; *c && left > 1; c++) {
        if (((unsigned char)*c & 0xc0) != 0x80) /* first byte of a character */
            left--;
        line += *c == '\n';
    }
    return line;
}

/* Of a script Postgres' own words are passed on: it holds no personal text. */
static int pg_sync_failed(const PGresult *res, const char *sql, bool script, struct err *err)
{
    struct err why;
    if (res && PQresultErrorField(res, PG_DIAG_SQLSTATE))
        pg_error_from_result(res, script ? "of the script" : "of the command", script, &why);
    else
        err_set(&why, ERR_UNAVAILABLE, "the connection to Postgres was lost");
    int line = script && res ? pg_sync_line(sql, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION)) : 0;
    if (line)
        err_prefix(&why, "line %d", line);
    if (err)
        *err = why;
    return -(int)why.code;
}

int pg_sync_exec(struct pg_sync *c, const char *sql, struct err *err)
{
    /* The simple protocol runs all statements of one string in one transaction. */
    PGresult *res = PQexec(c->pg, sql);
    ExecStatusType status = PQresultStatus(res);
    int rc = 0;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        rc = pg_sync_failed(res, sql, true, err);
    PQclear(res);
    return rc;
}

struct pg_sync_rows *pg_sync_query(struct pg_sync *c, const char *sql, const char *const *params, int n,
                                   struct err *err)
{
    if (n > PG_SYNC_PARAMS_MAX) {
        err_set(err, ERR_BUG, "more than %d parameters", PG_SYNC_PARAMS_MAX);
        return NULL;
    }
    PGresult *res = PQexecParams(c->pg, sql, n, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(res);
    struct pg_sync_rows *rows = NULL;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        pg_sync_failed(res, sql, false, err);
    else if (!(rows = calloc(1, sizeof(*rows))))
        err_set(err, ERR_MEMORY, "out of memory");
    if (!rows) {
        PQclear(res);
        return NULL;
    }
    rows->res = res;
    return rows;
}

void pg_sync_rows_free(struct pg_sync_rows *r)
{
    if (!r)
        return;
    PQclear(r->res);
    free(r);
}

int pg_sync_count(const struct pg_sync_rows *r)
{
    return PQntuples(r->res);
}

int pg_sync_columns(const struct pg_sync_rows *r)
{
    return PQnfields(r->res);
}

int64_t pg_sync_affected(const struct pg_sync_rows *r)
{
    const char *n = PQcmdTuples(r->res);
    return *n ? strtoll(n, NULL, 10) : 0;
}

const char *pg_sync_get(const struct pg_sync_rows *r, int row, int col)
{
    return PQgetisnull(r->res, row, col) ? NULL : PQgetvalue(r->res, row, col);
}

const char *pg_sync_column(const struct pg_sync_rows *r, int col)
{
    return PQfname(r->res, col);
}
