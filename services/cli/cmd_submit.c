/* jobmill submit FILE|-|DIR */
#include <stdio.h>
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/submit.h"
#include "cli/watch.h"

static int submit_wait(struct cli *cli, struct api *api, const char *batch, uint64_t wait_ms, struct err *err)
{
    struct watch_result result;
    if (watch_batch(api, batch, wait_ms, &result, err) < 0)
        return cli_fail(err);
    if (result.ended && outcome_print(api, batch, err) < 0)
        return cli_fail(err);
    if (!result.ended)
        cli_say(cli, "not ended yet; to go on: jobmill watch %s", batch);
    return watch_exit_code(&result);
}

static void submit_hints(const struct cli *cli, const struct submit_result *r)
{
    if (cli->json) {
        printf("{\"batch_id\":\"%s\",\"accepted\":%lld,\"rejected\":%lld}\n", r->batch, (long long)r->accepted,
               (long long)r->rejected);
        return;
    }
    printf("%s\n", r->batch);
    cli_say(cli, "next: jobmill watch %s\n      jobmill results %s --out DIR", r->batch, r->batch);
}

int cmd_submit(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct submit_result r;
    uint64_t wait_ms;
    if (cli_duration_ms(cli, "timeout", &wait_ms, &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int code = CLI_OK;
    if (submit_source(&api, cli->args.words[0], cli_option(cli, "priority"), cli_option(cli, "max-cost"), &r, &err) <
        0) {
        code = cli_fail(&err);
    } else {
        submit_report(&api, &r);
        if (!cli_switch(cli, "wait") || cli->json)
            submit_hints(cli, &r);
        if (cli_switch(cli, "wait"))
            code = submit_wait(cli, &api, r.batch, wait_ms, &err);
        if (code == CLI_OK && r.rejected > 0)
            code = CLI_ITEMS;
    }
    api_close(&api);
    return code;
}
