/* The command line: a table of commands, each with its options, one example and a function. */
#pragma once

#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/files.h"
#include "core/config.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_ITEMS = 3,     /* the batch ended, some of its items did not succeed */
    CLI_AUTH = 4,      /* the key was refused */
    CLI_BLOCKED = 5,   /* the fact check found what the profile does not state */
    CLI_TIMEOUT = 124, /* a wait that the caller limited */
};

struct cli;

struct cli_command {
    const char *name;
    const char *arguments; /* "FILE|-|DIR" */
    const char *about;     /* one line */
    const char *example;   /* lines, each a command */
    const char *more;      /* further lines of the help, or NULL */
    const struct args_option *options;
    int min_words, max_words;
    int (*run)(struct cli *cli); /* an enum cli_exit */
    const char *group;           /* heading in the overview */
};

struct cli {
    const struct cli_command *command;
    struct args args;
    struct config *config;
    char run_dir[FILES_PATH_BYTES]; /* absolute */
    bool json;
    bool quiet;
};

int cli_main(int argc, char **argv);

/* Value of an option: "" for a switch that is on, NULL when it was not given. */
const char *cli_option(const struct cli *cli, const char *name);
static inline bool cli_switch(const struct cli *cli, const char *name)
{
    return cli_option(cli, name) != NULL;
}
/* A duration like "90s", "5m" or plain seconds in ms; 0 when the option was not given. ERR_CONFIG. */
int cli_duration_ms(const struct cli *cli, const char *name, uint64_t *ret, struct err *err);
/* An option that is a number min..max; otherwise when it was not given. */
int cli_number(const struct cli *cli, const char *name, unsigned min, unsigned max, unsigned otherwise, unsigned *ret,
               struct err *err);

/* "jobmill: sentence" on standard error; the exit code that fits err. */
int cli_fail(const struct err *err);
/* The same for wrong usage: names the command's help. Returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A line on standard error unless --quiet. */
void cli_say(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Path of a file in run.dir. */
int cli_path(const struct cli *cli, const char *name, char out[FILES_PATH_BYTES], struct err *err);
/* Prints a document (JSON text) as one line. */
void cli_print(const struct buf *b);

/* Every command there is (cli_table.c); the last row has no name. */
extern const struct cli_command cli_commands[];
