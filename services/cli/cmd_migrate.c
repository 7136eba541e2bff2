/* jobmill migrate up|status */
#include <stdio.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/setup.h"
#include "cli/table.h"
#include "pipeline/store/migrate.h"

#define MIGRATE_ROWS_MAX 512

static void migrate_said(void *ud, const char *line)
{
    cli_say(ud, "%s", line);
}

static int migrate_print(struct cli *cli, const struct migrate_status *s, const struct migrate_row *rows, int n)
{
    struct buf b;
    buf_init(&b, 1024 * 1024);
    if (cli->json) {
        buf_addf(&b, "{\"database\":%d,\"program\":%d,\"migrations\":[", s->database, s->program);
        for (int i = 0; i < n; i++)
            buf_addf(&b, "%s{\"version\":%d,\"name\":\"%s\",\"applied_at\":%s%s%s}", i ? "," : "", rows[i].version,
                     rows[i].name, rows[i].applied_at[0] ? "\"" : "",
                     rows[i].applied_at[0] ? rows[i].applied_at : "null", rows[i].applied_at[0] ? "\"" : "");
        buf_adds(&b, "]}\n");
    } else {
        static const struct table_column columns[] = {{"version", true, 0}, {"name", false, 40}, {"applied", false, 0}};
        _cleanup_(table_freep)
        struct table *t = table_new(columns, 3);
        for (int i = 0; t && i < n; i++) {
            table_cellf(t, "%d", rows[i].version);
            table_cell(t, rows[i].name);
            table_cell(t, rows[i].applied_at[0] ? rows[i].applied_at : "not yet");
        }
        if (t)
            table_write(t, &b);
        buf_addf(&b, "The database has schema %d, this program %d.\n", s->database, s->program);
    }
    fputs(buf_str(&b), stdout);
    buf_fini(&b);
    return s->database == s->program ? CLI_OK : CLI_FAILED;
}

static int migrate_show(struct cli *cli)
{
    struct err err = {0};
    struct migrate_status s;
    static struct migrate_row rows[MIGRATE_ROWS_MAX];
    int n = 0;
    _cleanup_(pg_sync_closep)
    struct pg_sync *pg = setup_connect(cli, &err);
    if (!pg || migrate_status(pg, &s, rows, MIGRATE_ROWS_MAX, &n, &err) < 0)
        return cli_fail(&err);
    return migrate_print(cli, &s, rows, n);
}

int cmd_migrate(struct cli *cli)
{
    const char *verb = cli->args.words[0];
    struct err err = {0};
    if (strcmp(verb, "status") == 0)
        return migrate_show(cli);
    if (strcmp(verb, "up") != 0)
        return cli_usage(cli, "migrate knows up and status, not \"%.40s\"", verb);
    if (setup_all(cli, migrate_said, cli, &err) < 0)
        return cli_fail(&err);
    return migrate_show(cli);
}
