/* jobmill results BATCH --out DIR */
#include <stdio.h>
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/results.h"

int cmd_results(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct results_formats formats;
    const char *batch = cli->args.words[0], *dir = cli_option(cli, "out");
    int count = 0;
    if (!dir || !*dir)
        return cli_usage(cli, "results needs --out DIR");
    if (api_id_check(batch, "a batch", &err) < 0 ||
        results_formats_parse(cli_option(cli, "format"), &formats, &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int rc = results_write(&api, batch, dir, formats, &count, &err);
    if (rc == 0 && !cli->json)
        rc = outcome_print(&api, batch, &err);
    api_close(&api);
    if (rc < 0)
        return cli_fail(&err);
    cli_say(cli, "%d applications written to %s", count, dir);
    return CLI_OK;
}
