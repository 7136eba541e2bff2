/* From sqlstate to err: one table, the longest prefix first. Personal text must not reach logs: a message of Postgres
 * may quote values, so it is passed on only where it cannot have seen any (while preparing, when connecting) or where
 * our own SQL wrote it
 * ('jobmill:<slug>: text'). A PL/pgSQL function's name and line are taken out of the context, they are code. */
#include "io/pg/internal.h"

#include <stdio.h>
#include <string.h>

struct pg_error_row {
    const char *prefix;
    enum err_code code;
    const char *says;
};

static const struct pg_error_row pg_error_rows[] = {
    {"23505", ERR_DUPLICATE, "there is such a row already"},
    {"23503", ERR_INVALID, "a row it refers to does not exist"},
    {"23", ERR_INVALID, "the data breaks a rule of the schema"},
    {"22", ERR_INVALID, "a value does not fit its type"},
    {"40", ERR_OVERLOADED, "it collided with another transaction and was undone"},
    {"55P03", ERR_OVERLOADED, "a lock was not to be had and it was undone"},
    {"57014", ERR_TIMEOUT, "it ran into its time limit and was undone"},
    {"53100", ERR_STORAGE_FULL, "the database's disk is full"},
    {"53", ERR_OVERLOADED, "the database is short of resources"},
    {"54", ERR_LIMIT, "it is beyond a limit of the database"},
    {"08", ERR_UNAVAILABLE, "the connection was lost"},
    {"57P01", ERR_UNAVAILABLE, "the database is shutting down"},
    {"57P02", ERR_UNAVAILABLE, "the database crashed"},
    {"57P03", ERR_UNAVAILABLE, "the database is starting up"},
    {"57P04", ERR_UNAVAILABLE, "the database was dropped"},
    {"25006", ERR_UNAVAILABLE, "the database is read-only"},
    {"42501", ERR_FORBIDDEN, "the role is not allowed to do this"},
    {"28", ERR_FORBIDDEN, "the database does not let this role in"},
    {"42P01", ERR_SCHEMA, "a table is missing"},
    {"42703", ERR_SCHEMA, "a column is missing"},
    {"42883", ERR_SCHEMA, "a function is missing"},
    {"42704", ERR_SCHEMA, "a type or object is missing"},
    {"3F000", ERR_SCHEMA, "a schema is missing"},
    {"26000", ERR_SCHEMA, "the prepared statement is gone"},
    {"0A000", ERR_SCHEMA, "the schema changed under a prepared statement, or a feature is missing"},
    {"58", ERR_IO, "the database could not read or write"},
    {"XX001", ERR_CORRUPT, "the database found damaged data"},
    {"XX002", ERR_CORRUPT, "the database found a damaged index"},
    {"", ERR_BUG, "it failed"},
};

static const struct pg_error_row *pg_error_row(const char *sqlstate)
{
    const struct pg_error_row *row = pg_error_rows;
    while (strncmp(sqlstate, row->prefix, strlen(row->prefix)) != 0)
        row++;
    return row;
}

bool pg_error_is_lost(const char *sqlstate)
{
    return pg_error_row(sqlstate)->code == ERR_UNAVAILABLE;
}

/* RAISE EXCEPTION 'jobmill:<slug>: text' -> that slug's code and the text. */
static bool pg_error_raised(const char *message, struct err *err)
{
    static const char mark[] = "jobmill:";
    if (strncmp(message, mark, sizeof(mark) - 1) != 0)
        return false;
    const char *slug = message + sizeof(mark) - 1;
    size_t n = strcspn(slug, ":");
    char copy[48];
    if (n >= sizeof(copy))
        return false;
    memcpy(copy, slug, n);
    copy[n] = '\0';
    enum err_code code = err_from_slug(copy);
    if (code == ERR_NONE)
        return false;
    const char *text = slug + n;
    while (*text == ':' || *text == ' ')
        text++;
    err_set(err, code, "%s", *text ? text : err_title(code));
    return true;
}

/* ", in claim(uuid[]) line 7" when the context names a PL/pgSQL function, "" otherwise. */
static void pg_error_where(const PGresult *res, char *out, size_t cap)
{
    static const char mark[] = "PL/pgSQL function ";
    out[0] = '\0';
    const char *context = PQresultErrorField(res, PG_DIAG_CONTEXT);
    const char *at = context ? strstr(context, mark) : NULL;
    if (!at)
        return;
    at += sizeof(mark) - 1;
    const char *end = strstr(at, " at ");
    size_t n = end ? (size_t)(end - at) : strcspn(at, "\n");
    if (n <= 96 && !memchr(at, '\n', n))
        snprintf(out, cap, ", in %.*s", (int)n, at);
}

void pg_error_from_result(const PGresult *res, const char *statement, bool preparing, struct err *err)
{
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (!sqlstate) /* libpq's own: the connection broke */
        sqlstate = "08006";
    if (!message)
        message = "";
    if (strcmp(sqlstate, "P0001") != 0 || !pg_error_raised(message, err)) {
        const struct pg_error_row *row = pg_error_row(sqlstate);
        const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
        char where[128];
        pg_error_where(res, where, sizeof(where));
        err_set(err, row->code, "statement %s: %s%s%s (sqlstate %s%s%s%s)", statement, row->says, preparing ? ": " : "",
                preparing ? message : "", sqlstate, constraint ? ", constraint " : "", constraint ? constraint : "",
                where);
    }
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
}

void pg_error_from_connect(const PGconn *pg, struct err *err)
{
    const char *text = PQerrorMessage(pg);
    enum err_code code = ERR_UNAVAILABLE;
    static const char *const refusals[] = {
        "password authentication failed", "no password supplied",       "does not exist",
        "no pg_hba.conf entry",           "is not permitted to log in", "permission denied for database"};
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (strstr(text, refusals[i]) && !strstr(text, "Is the server running"))
            code = ERR_FORBIDDEN;
    err_set(err, code, "Postgres: %s", text);
    for (char *c = err->msg; *c; c++) /* several lines become one */
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    size_t n = strlen(err->msg);
    while (n && err->msg[n - 1] == ' ')
        err->msg[--n] = '\0';
}
