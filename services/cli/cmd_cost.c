/* jobmill cost BATCH: what the models were paid, by stage and model; with --max, the ceiling. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/table.h"

static void cost_count(struct table *t, yyjson_val *obj, const char *key)
{
    char text[FORMAT_BYTES];
    table_cell(t, format_count(json_get_int(obj, key, 0), text));
}

static void cost_table(yyjson_val *root, struct buf *out)
{
    static const struct table_column columns[] = {{.title = "STAGE"},
                                                  {.title = "MODEL", .max_width = 40},
                                                  {.title = "CALLS", .right = true},
                                                  {.title = "TOKENS IN", .right = true},
                                                  {.title = "CACHED", .right = true},
                                                  {.title = "TOKENS OUT", .right = true},
                                                  {.title = "COST", .right = true}};
    _cleanup_(table_freep)
    struct table *t = table_new(columns, (int)ARRAY_LEN(columns));
    yyjson_val *items = yyjson_obj_get(root, "items"), *item;
    size_t i, max;
    char text[FORMAT_BYTES];
    if (!t)
        return;
    yyjson_arr_foreach(items, i, max, item)
    {
        struct str stage = json_get_str(item, "stage"), model = json_get_str(item, "model");
        table_cellf(t, STR_FMT, STR_ARG(stage));
        table_cellf(t, STR_FMT, STR_ARG(model));
        cost_count(t, item, "calls");
        cost_count(t, item, "prompt_tokens");
        cost_count(t, item, "cached_tokens");
        cost_count(t, item, "completion_tokens");
        table_cell(t, format_cost(json_get_int(item, "cost_microusd", 0), text));
    }
    if (table_rows(t) > 0) {
        table_write(t, out);
        buf_addc(out, '\n');
    }
}

static void cost_print(yyjson_val *root)
{
    struct buf b;
    char text[FORMAT_BYTES];
    yyjson_val *budget = json_get_obj(root, "budget");
    int64_t cost = json_get_int(root, "cost_microusd", 0), forecast = json_get_int(root, "forecast_microusd", -1),
            most = json_get_int(budget, "max_microusd", 0), reserved = json_get_int(budget, "reserved_microusd", 0);
    buf_init(&b, 256 * 1024);
    cost_table(root, &b);
    buf_addf(&b, "%s so far", format_cost(cost, text));
    if (json_get_int(root, "calls", 0) == 0)
        buf_adds(&b, ", no model was called");
    if (str_eqc(json_get_str(root, "state"), "ended"))
        buf_adds(&b, ", the batch has ended");
    else if (forecast >= 0)
        buf_addf(&b, ", about %s when all of it is done", format_cost(forecast, text));
    if (most > 0)
        buf_addf(&b, "; the ceiling is %s", format_cost(most, text));
    if (reserved > 0)
        buf_addf(&b, ", %s of it held for calls under way", format_cost(reserved, text));
    buf_adds(&b, ".");
    cli_print(&b);
    buf_fini(&b);
}

static int cost_ceiling(struct api *api, const char *batch, const char *max, struct err *err)
{
    uint64_t most;
    char path[128], body[64];
    struct api_reply r;
    if (!str_to_u64(str_of(max), &most))
        return err_set(err, ERR_CONFIG,
                       "--max needs a whole number of micro-dollars (1000000 is one dollar); 0 for no ceiling");
    snprintf(path, sizeof(path), "/api/v1/batches/%s:budget", batch);
    snprintf(body, sizeof(body), "{\"max_cost_microusd\":%llu}", (unsigned long long)most);
    struct api_request q = {.method = "POST", .path = path, .content_type = "application/json", .body = str_of(body)};
    int rc = api_call(api, &q, &r, err);
    api_reply_fini(&r);
    return rc;
}

int cmd_cost(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct api_reply r;
    const char *id = cli->args.words[0], *max = cli_option(cli, "max");
    if (api_id_check(id, "a batch", &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int rc = max ? cost_ceiling(&api, id, max, &err) : 0;
    if (rc == 0) {
        rc = api_get(&api, &r, &err, "/api/v1/batches/%s/cost", id);
        if (rc == 0 && cli->json)
            cli_print(&r.body);
        else if (rc == 0)
            cost_print(r.json);
        api_reply_fini(&r);
    }
    api_close(&api);
    return rc < 0 ? cli_fail(&err) : CLI_OK;
}
