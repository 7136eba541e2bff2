/* Migrations: forward only, embedded in the program, applied by number.
 *
 *     lock -> table -> read what is applied -> refuse (newer, changed) or apply the rest, one transaction each ->
 * grants -> unlock
 *
 * schema_migrations holds one row for each applied migration with the BLAKE2b of its text; the row is written by the
 * transaction that applied it, so a migration is there with its row or not at all. The lock is a session's: it goes
 * with the connection, whatever happens. */
#include "pipeline/store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/hex.h"
#include "core/seal.h"
#include "migrations.h"

#define MIGRATE_SCRIPT_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define MIGRATE_HASH_BYTES       (2 * SEAL_HASH_BYTES + 1)

/* Any number nobody else takes: "jobmill" in ASCII. */
#define MIGRATE_LOCK "30011970437868652"

static const char migrate_table_sql[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";

static const char migrate_grant_sql[] =
    "GRANT SELECT ON schema_migrations TO jobmill_gateway, jobmill_dispatcher, jobmill_analyzer, jobmill_optimizer,"
    " jobmill_cover_letter, jobmill_embedding";

static void migrate_hash(const struct migration *m, char out[MIGRATE_HASH_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_hash((struct str){.p = m->sql, .n = m->sql_bytes}, hash);
    hex_encode(hash, sizeof(hash), out);
}

static int migrate_program_version(void)
{
    return migrations_count ? migrations[migrations_count - 1].version : 0;
}

static const struct migration *migrate_find(int version)
{
    for (int i = 0; i < migrations_count; i++)
        if (migrations[i].version == version)
            return &migrations[i];
    return NULL;
}

/* What is applied: version, name, checksum, applied_at; in order. */
static struct pg_sync_rows *migrate_applied(struct pg_sync *c, struct err *err)
{
    return pg_sync_query(c,
                         "SELECT version, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM schema_migrations ORDER BY version",
                         NULL, 0, err);
}

static int migrate_row_version(const struct pg_sync_rows *rows, int i)
{
    return atoi(pg_sync_get(rows, i, 0));
}

static int migrate_newest(const struct pg_sync_rows *rows)
{
    int n = pg_sync_count(rows);
    return n ? migrate_row_version(rows, n - 1) : 0;
}

static int migrate_newer(int database, struct err *err)
{
    return err_set(err, ERR_SCHEMA, "the database has schema %d, this program knows %d: use a newer program", database,
                   migrate_program_version());
}

/* Applied migrations must be known and have the text they were applied with. */
static int migrate_verify(const struct pg_sync_rows *rows, struct err *err)
{
    if (migrate_newest(rows) > migrate_program_version())
        return migrate_newer(migrate_newest(rows), err);
    for (int i = 0; i < pg_sync_count(rows); i++) {
        char hash[MIGRATE_HASH_BYTES];
        const struct migration *m = migrate_find(migrate_row_version(rows, i));
        if (!m)
            return err_set(err, ERR_SCHEMA, "the database has migration %s, which this program does not know",
                           pg_sync_get(rows, i, 0));
        migrate_hash(m, hash);
        if (strcmp(hash, pg_sync_get(rows, i, 2)) != 0)
            return err_set(err, ERR_SCHEMA,
                           "migration %d (%s) was applied with another text: an applied migration must never change",
                           m->version, m->name);
    }
    return 0;
}

static int migrate_apply(struct pg_sync *c, const struct migration *m, struct err *err)
{
    char hash[MIGRATE_HASH_BYTES];
    migrate_hash(m, hash);
    struct buf script;
    buf_init(&script, MIGRATE_SCRIPT_MAX_BYTES);
    buf_add(&script, m->sql, m->sql_bytes);
    /* the name comes from a file name of ours: letters, digits and underscores */
    buf_addf(&script, "\n;INSERT INTO schema_migrations (version, name, checksum) VALUES (%d, '%s', '%s');\n",
             m->version, m->name, hash);
    int rc = buf_failed(&script)
                 ? err_set(err, ERR_MEMORY, "the script is larger than %zu bytes", MIGRATE_SCRIPT_MAX_BYTES)
                 : pg_sync_exec(c, buf_str(&script), err);
    buf_fini(&script);
    if (rc < 0)
        err_prefix(err, "migration %d (%s)", m->version, m->name);
    return rc;
}

static int migrate_locked(struct pg_sync *c, migrate_report_fn *report, void *ud, struct err *err)
{
    int rc = pg_sync_exec(c, migrate_table_sql, err);
    if (rc < 0)
        return rc;
    _cleanup_(pg_sync_rows_freep)
    struct pg_sync_rows *rows = migrate_applied(c, err);
    if (!rows)
        return err ? -(int)err->code : -ERR_IO;
    rc = migrate_verify(rows, err);
    int newest = migrate_newest(rows);
    for (int i = 0; i < migrations_count && rc == 0; i++) {
        if (migrations[i].version <= newest)
            continue;
        rc = migrate_apply(c, &migrations[i], err);
        if (rc == 0 && report)
            report(ud, migrations[i].version, migrations[i].name);
    }
    return rc < 0 ? rc : pg_sync_exec(c, migrate_grant_sql, err);
}

static int migrate_lock(struct pg_sync *c, const char *function, struct err *err)
{
    char sql[80];
    snprintf(sql, sizeof(sql), "SELECT %s(" MIGRATE_LOCK ")", function);
    return pg_sync_exec(c, sql, err);
}

int migrate_up(struct pg_sync *c, migrate_report_fn *report, void *ud, struct err *err)
{
    struct err own;
    err = err ? err : &own;
    int rc = migrate_lock(c, "pg_advisory_lock", err);
    if (rc < 0)
        return rc;
    rc = migrate_locked(c, report, ud, err);
    struct err unlock;
    (void)migrate_lock(c, "pg_advisory_unlock", &unlock); /* a lost connection has released it */
    return rc;
}

/* Fills rows with what is applied, then with what this program would add. */
static int migrate_list(const struct pg_sync_rows *applied, struct migrate_row *rows, int max)
{
    int n = 0, newest = applied ? migrate_newest(applied) : 0;
    for (int i = 0; applied && i < pg_sync_count(applied) && n < max; i++, n++) {
        rows[n].version = migrate_row_version(applied, i);
        snprintf(rows[n].name, sizeof(rows[n].name), "%s", pg_sync_get(applied, i, 1));
        snprintf(rows[n].applied_at, sizeof(rows[n].applied_at), "%s", pg_sync_get(applied, i, 3));
    }
    for (int i = 0; i < migrations_count && n < max; i++) {
        if (migrations[i].version <= newest)
            continue;
        rows[n].version = migrations[i].version;
        snprintf(rows[n].name, sizeof(rows[n].name), "%s", migrations[i].name);
        rows[n++].applied_at[0] = '\0';
    }
    return n;
}

int migrate_status(struct pg_sync *c, struct migrate_status *ret, struct migrate_row *rows, int max, int *ret_count,
                   struct err *err)
{
    struct err own;
    err = err ? err : &own;
    *ret = (struct migrate_status){.program = migrate_program_version()};
    _cleanup_(pg_sync_rows_freep)
    struct pg_sync_rows *there = pg_sync_query(c, "SELECT to_regclass('schema_migrations')::text", NULL, 0, err);
    if (!there)
        return -(int)err->code;
    _cleanup_(pg_sync_rows_freep)
    struct pg_sync_rows *applied = NULL;
    if (pg_sync_get(there, 0, 0)) {
        applied = migrate_applied(c, err);
        if (!applied)
            return -(int)err->code;
        ret->database = migrate_newest(applied);
    }
    if (rows && ret_count)
        *ret_count = migrate_list(applied, rows, max);
    return 0;
}

int migrate_check(struct pg_sync *c, struct err *err)
{
    struct migrate_status s;
    int rc = migrate_status(c, &s, NULL, 0, NULL, err);
    if (rc < 0)
        return rc;
    if (s.database > s.program)
        return migrate_newer(s.database, err);
    if (s.database < s.program)
        return err_set(err, ERR_SCHEMA, "the database has schema %d, this program needs %d: run jobmill migrate up",
                       s.database, s.program);
    return 0;
}
