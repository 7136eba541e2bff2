/* jobmill why APPLICATION */
#include <stdio.h>
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/why.h"
#include "core/clock.h"

static int why_print(struct cli *cli, const struct api_reply *app, yyjson_val *batch)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    why_sentence(app->json, batch, (double)clock_wall_us() / 1e6, &b);
    if (cli->json) {
        struct buf j;
        buf_init(&j, 1024 * 1024);
        buf_adds(&j, "{\"why\":");
        buf_add_json(&j, buf_str(&b), b.len);
        buf_addf(&j, ",\"application\":%s}", buf_str(&app->body));
        cli_print(&j);
        buf_fini(&j);
    } else {
        cli_print(&b);
    }
    buf_fini(&b);
    return CLI_OK;
}

int cmd_why(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct api_reply app, batch = {.status = 0};
    const char *id = cli->args.words[0];
    if (api_id_check(id, "an application", &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int code, rc = api_get(&api, &app, &err, "/api/v1/applications/%s", id);
    struct str batch_id = rc == 0 ? json_get_str(app.json, "batch_id") : STR("");
    if (batch_id.n)
        (void)!api_get(&api, &batch, NULL, "/api/v1/batches/%.*s", (int)batch_id.n, batch_id.p);
    code = rc == 0 ? why_print(cli, &app, batch.status == 200 ? batch.json : NULL) : cli_fail(&err);
    api_reply_fini(&app);
    if (batch.status)
        api_reply_fini(&batch);
    api_close(&api);
    return code;
}
