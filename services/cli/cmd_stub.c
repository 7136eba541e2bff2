/* jobmill stub-llm: a model provider that costs nothing, for rehearsals. */
#include "cli/commands.h"
#include "stub_llm/serve.h"

#define STUB_PORT 8090

int cmd_stub_llm(struct cli *cli)
{
    struct err err;
    unsigned port, processes;
    if (cli_number(cli, "port", 0, 65535, STUB_PORT, &port, &err) < 0 ||
        cli_number(cli, "processes", 1, 16, 1, &processes, &err) < 0)
        return cli_fail(&err);
    struct stub_serve o = {.host = "127.0.0.1", .port = (uint16_t)port, .processes = (int)processes};
    for (int i = 0; i < cli->args.word_count && i + 1 < STUB_SETTINGS_MAX; i++)
        o.settings[i] = cli->args.words[i];
    return stub_serve(&o, &err) < 0 ? cli_fail(&err) : CLI_OK;
}
