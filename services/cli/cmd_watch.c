/* jobmill watch BATCH */
#include <stdio.h>
#include "cli/commands.h"
#include "cli/watch.h"

int cmd_watch(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct watch_result result;
    uint64_t wait_ms;
    const char *batch = cli->args.words[0];
    if (api_id_check(batch, "a batch", &err) < 0 || cli_duration_ms(cli, "timeout", &wait_ms, &err) < 0 ||
        api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int rc = watch_batch(&api, batch, wait_ms, &result, &err);
    api_close(&api);
    if (rc < 0)
        return cli_fail(&err);
    if (!result.ended)
        cli_say(cli, "not ended yet; to go on: jobmill watch %s", batch);
    else if (!cli->json)
        cli_say(cli, "documents: jobmill results %s --out DIR", batch);
    return watch_exit_code(&result);
}
