/* The commands, one function each; see cli_table.c for what they take. */
#pragma once

#include "cli/cli.h"

int cmd_up(struct cli *cli);
int cmd_stop(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_scale(struct cli *cli);
int cmd_restart(struct cli *cli);
int cmd_set(struct cli *cli);
int cmd_concurrency(struct cli *cli);
int cmd_migrate(struct cli *cli);
int cmd_doctor(struct cli *cli);
int cmd_cost(struct cli *cli);
int cmd_stub_llm(struct cli *cli);
int cmd_submit(struct cli *cli);
int cmd_watch(struct cli *cli);
int cmd_results(struct cli *cli);
int cmd_show(struct cli *cli);
int cmd_why(struct cli *cli);
int cmd_demo(struct cli *cli);
int cmd_apply(struct cli *cli);
int cmd_analyze(struct cli *cli);
int cmd_score(struct cli *cli);
int cmd_tailor(struct cli *cli);
int cmd_letter(struct cli *cli);
int cmd_import(struct cli *cli);
int cmd_facts(struct cli *cli);
int cmd_render(struct cli *cli);
