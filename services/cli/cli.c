/* From argv to a command: jobmill COMMAND [words and options], options and settings anywhere behind the command. */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "base/version.h"
#include "cli/settings.h"
#include "core/log.h"
#include "core/seal.h"

#define CLI_HELP_BYTES   (256 * 1024)
#define CLI_COMMANDS_MAX 64

static const struct args_option cli_common[] = {
    {"json", NULL, "Output for programs: one JSON object, or one a line"},
    {"quiet", NULL, "Nothing but results and errors"},
    {"help", NULL, "This text"},
    {NULL, NULL, NULL},
};

static void cli_help_options(struct buf *out, const struct args_option *rows)
{
    for (; rows && rows->name; rows++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", rows->name, rows->argument ? " " : "",
                 rows->argument ? rows->argument : "");
        buf_addf(out, "  %-26s %s\n", left, rows->help);
    }
}

static void cli_help_examples(struct buf *out, const char *examples)
{
    struct str rest = str_of(examples), line;
    while (str_next_line(&rest, &line))
        buf_addf(out, "  " STR_FMT "\n", STR_ARG(line));
}

static int cli_put(struct buf *b)
{
    bool ok = !buf_failed(b) && fputs(buf_str(b), stdout) >= 0 && fflush(stdout) == 0;
    buf_fini(b);
    return ok ? CLI_OK : CLI_FAILED;
}

static int cli_help(const struct cli_command *c)
{
    struct buf b;
    buf_init(&b, CLI_HELP_BYTES);
    buf_adds(&b, "Example:\n");
    cli_help_examples(&b, c->example);
    buf_addf(&b, "\njobmill %s%s%s: %s\n", c->name, *c->arguments ? " " : "", c->arguments, c->about);
    if (c->more)
        buf_addf(&b, "\n%s\n", c->more);
    buf_adds(&b, "\nOptions:\n");
    cli_help_options(&b, c->options);
    cli_help_options(&b, cli_common);
    buf_adds(&b, "\nSettings (--key=value, or JOBMILL_<KEY> in the environment, or a file named by --config):\n");
    config_help("cli", &b);
    return cli_put(&b);
}

static int cli_overview(void)
{
    struct buf b;
    buf_init(&b, CLI_HELP_BYTES);
    buf_adds(&b, "Example:\n  jobmill submit applications.ndjson --wait\n\n"
                 "jobmill COMMAND [--help]: job applications in bulk, version " JOBMILL_VERSION "\n");
    const char *group = "";
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(group, c->group) != 0)
            buf_addf(&b, "\n%s:\n", c->group);
        group = c->group;
        char left[80];
        snprintf(left, sizeof(left), "%s %s", c->name, c->arguments);
        buf_addf(&b, "  %-36s %s\n", left, c->about);
    }
    buf_adds(&b, "\nExit codes: 0 done, 1 failure, 2 wrong usage, 3 a batch with items that failed or need review, 4 "
                 "key refused, 124 wait over\n");
    return cli_put(&b);
}

static int cli_unknown(const char *word)
{
    const char *names[CLI_COMMANDS_MAX];
    int n = 0;
    for (const struct cli_command *c = cli_commands; c->name && n < CLI_COMMANDS_MAX; c++)
        names[n++] = c->name;
    const char *near = args_nearest(word, names, n);
    if (near)
        fprintf(stderr, "jobmill: unknown command \"%.40s\": did you mean \"%s\"?\n", word, near);
    else
        fprintf(stderr, "jobmill: unknown command \"%.40s\": jobmill --help lists them\n", word);
    return CLI_USAGE;
}

static const struct cli_command *cli_find(const char *name)
{
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* The folder may not exist yet: made absolute without it. */
static int cli_run_dir(struct cli *cli, struct err *err)
{
    const char *dir = config_str(cli->config, CONFIG_RUN_DIR);
    char here[FILES_PATH_BYTES];
    if (*dir == '/') {
        if (strlen(dir) >= sizeof(cli->run_dir))
            return err_set(err, ERR_CONFIG, "run.dir is too long");
        memcpy(cli->run_dir, dir, strlen(dir) + 1);
        return 0;
    }
    if (!getcwd(here, sizeof(here)))
        return err_set(err, ERR_IO, "cannot find out the current folder: %s", strerror(errno));
    return files_join(cli->run_dir, here, dir, err);
}

static int cli_configure(struct cli *cli, char *program, struct err *err)
{
    settings_from_stack(cli->args.settings, cli->args.setting_count);
    char **argv = calloc((size_t)cli->args.setting_count + 2, sizeof(char *));
    if (!argv)
        return err_set(err, ERR_MEMORY, "no memory left");
    argv[0] = program;
    for (int i = 0; i < cli->args.setting_count; i++)
        argv[i + 1] = cli->args.settings[i];
    cli->config = config_new("cli", cli->args.setting_count + 1, argv, NULL, NULL, err);
    free(argv);
    if (!cli->config)
        return -ERR_CONFIG;
    return cli_run_dir(cli, err);
}

static int cli_run(struct cli *cli, int argc, char **argv)
{
    struct err err = {0};
    if (args_parse(argc - 2, argv + 2, cli->command->options, cli_common, &cli->args, &err) < 0)
        return cli_usage(cli, "%s", err.msg);
    if (cli_switch(cli, "help"))
        return cli_help(cli->command);
    cli->json = cli_switch(cli, "json");
    cli->quiet = cli_switch(cli, "quiet");
    if (cli->args.word_count < cli->command->min_words)
        return cli_usage(cli, "%s needs %s", cli->command->name, cli->command->arguments);
    if (cli->args.word_count > cli->command->max_words)
        return cli_usage(cli, "unexpected argument \"%.60s\"", cli->args.words[cli->command->max_words]);
    if (cli_configure(cli, argv[0], &err) < 0)
        return cli_usage(cli, "%s", err.msg);
    log_init("jobmill", LOG_ERROR);
    signal(SIGPIPE, SIG_IGN);
    if (seal_setup(&err) < 0)
        return cli_fail(&err);
    int code = cli->command->run(cli);
    if (fflush(stdout) != 0 && code == CLI_OK) {
        fprintf(stderr, "jobmill: cannot write the output: %s\n", strerror(errno));
        code = CLI_FAILED;
    }
    return code;
}

int cli_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0)
        return printf("jobmill %s\n", JOBMILL_VERSION) > 0 ? CLI_OK : CLI_FAILED;
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        const struct cli_command *c = argc > 2 ? cli_find(argv[2]) : NULL;
        return c ? cli_help(c) : cli_overview();
    }
    struct cli cli = {.command = cli_find(name)};
    if (!cli.command)
        return cli_unknown(name);
    int code = cli_run(&cli, argc, argv);
    args_fini(&cli.args);
    config_free(cli.config);
    return code;
}

/* For the commands */

static const char *cli_option_in(const struct args_option *rows, const struct args *args, const char *name, int *at)
{
    for (; rows && rows->name; rows++, (*at)++)
        if (strcmp(rows->name, name) == 0)
            return args->values[*at];
    return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    int at = 0;
    const char *v = cli_option_in(cli->command->options, &cli->args, name, &at);
    return v ? v : cli_option_in(cli_common, &cli->args, name, &at);
}

int cli_number(const struct cli *cli, const char *name, unsigned min, unsigned max, unsigned otherwise, unsigned *ret,
               struct err *err)
{
    const char *text = cli_option(cli, name);
    uint64_t v = otherwise;
    if (text && (!str_to_u64(str_of(text), &v) || v < min || v > max))
        return err_set(err, ERR_CONFIG, "--%s is a number from %u to %u", name, min, max);
    *ret = (unsigned)v;
    return 0;
}

int cli_duration_ms(const struct cli *cli, const char *name, uint64_t *ret, struct err *err)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
    const char *text = cli_option(cli, name);
    *ret = 0;
    if (!text)
        return 0;
    struct str s = str_of(text);
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        size_t n = strlen(units[i].unit);
        uint64_t v;
        if (s.n > n && str_iends(s, units[i].unit) && str_to_u64(str_sub(s, 0, s.n - n), &v) && v > 0 && v < 10000000) {
            *ret = v * units[i].ms;
            return 0;
        }
    }
    return err_set(err, ERR_CONFIG, "--%s is a time such as 90s, 5m or 1h", name);
}

int cli_fail(const struct err *err)
{
    fflush(stdout);
    fprintf(stderr, "jobmill: %s\n", *err->msg ? err->msg : err_title(err->code));
    switch (err->code) {
    case ERR_CONFIG:
        return CLI_USAGE;
    case ERR_UNAUTHORIZED:
        return CLI_AUTH;
    default:
        return CLI_FAILED;
    }
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    fputs("jobmill: ", stderr);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, " (jobmill %s --help)\n", cli->command->name);
    va_end(ap);
    return CLI_USAGE;
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
    if (cli->quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

int cli_path(const struct cli *cli, const char *name, char out[FILES_PATH_BYTES], struct err *err)
{
    return files_join(out, cli->run_dir, name, err);
}

void cli_print(const struct buf *b)
{
    fwrite(buf_str(b), 1, b->len, stdout);
    fputc('\n', stdout);
}
