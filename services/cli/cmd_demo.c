/* jobmill demo DIR: everything once, for someone who sees it the first time. */
#include <stdio.h>
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/results.h"
#include "cli/setup.h"
#include "cli/submit.h"
#include "cli/watch.h"

static int demo_results(struct cli *cli, struct api *api, const char *batch, char dir[FILES_PATH_BYTES],
                        struct err *err)
{
    char parent[FILES_PATH_BYTES];
    int count, rc = cli_path(cli, "results", parent, err);
    struct results_formats all;
    if (rc == 0)
        rc = files_join(dir, parent, batch, err);
    if (rc == 0)
        rc = results_formats_parse(NULL, &all, err);
    struct cli quiet = *cli;
    quiet.json = false; /* the files are no output of this command */
    api->cli = &quiet;
    if (rc == 0)
        rc = results_write(api, batch, dir, all, &count, err);
    api->cli = cli;
    return rc;
}

static void demo_goodbye(const struct cli *cli, const struct api *api, const char *batch, const char *dir)
{
    if (cli->json) {
        printf("{\"batch_id\":\"%s\",\"url\":\"%s\",\"results\":\"%s\"}\n", batch, api->base, dir);
        return;
    }
    cli_say(cli, "\nDocuments   %s", dir);
    cli_say(cli, "Address     %s   (its description: %s/openapi.json)", api->base, api->base);
    cli_say(cli, "Key         %s/%s", cli->run_dir, SETUP_KEY_FILE);
    cli_say(cli,
            "Next        jobmill show %s\n            jobmill status\n            jobmill scale analyzer=3\n           "
            " jobmill stop",
            batch);
}

int cmd_demo(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct submit_result submitted;
    struct watch_result watched;
    char dir[FILES_PATH_BYTES] = "";
    uint64_t wait_ms;
    if (cli_duration_ms(cli, "timeout", &wait_ms, &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int rc = submit_source(&api, cli->args.words[0], NULL, NULL, &submitted, &err);
    if (rc == 0) {
        submit_report(&api, &submitted);
        rc = watch_batch(&api, submitted.batch, wait_ms, &watched, &err);
    }
    if (rc == 0 && watched.ended)
        rc = outcome_print(&api, submitted.batch, &err);
    if (rc == 0 && watched.ended)
        rc = demo_results(cli, &api, submitted.batch, dir, &err);
    if (rc == 0 && watched.ended)
        demo_goodbye(cli, &api, submitted.batch, dir);
    else if (rc == 0)
        cli_say(cli, "not ended yet; to go on: jobmill watch %s", submitted.batch);
    api_close(&api);
    if (rc < 0)
        return cli_fail(&err);
    return submitted.rejected > 0 && watched.ended ? CLI_ITEMS : watch_exit_code(&watched);
}
