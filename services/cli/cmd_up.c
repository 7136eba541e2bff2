/* jobmill up: the supervisor, in the foreground or detached.
 *
 * Detached, the child tells its parent over a pipe, one line each: "I text", "R url", "F text" (failed; the log's path
 * in the next line, "L path"). The parent prints them and ends with the matching code; the pipe's end without R or F is
 * a failure too. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/probe.h"
#include "cli/setup.h"
#include "cli/supervisor.h"
#include "core/clock.h"
#include "core/log.h"
#include "io/llm/settings.h"

#define UP_READY_S     60
#define UP_READY_MAX_S 3600
#define UP_TAIL_LINES  15

struct up {
    struct cli *cli;
    struct supervisor_options opt;
    int pipe; /* detached: where the parent listens; -1: this is the foreground, on out */
    int out;  /* foreground: the terminal, because standard error becomes the log */
};

static void up_send(const struct up *up, char kind, const char *text)
{
    char line[FILES_PATH_BYTES + 8];
    int n = snprintf(line, sizeof(line), "%c %s\n", kind, text);
    int fd = up->pipe >= 0 ? up->pipe : up->out;
    const char *from = up->pipe >= 0 ? line : line + 2;
    size_t len = (size_t)MIN(n, (int)sizeof(line) - 1) - (size_t)(from - line);
    if (up->pipe < 0 && up->cli->quiet)
        return;
    ssize_t ignored = write(fd, from, len); /* a parent that went away needs nothing more */
    (void)ignored;
}

static void up_line(void *ud, const char *text)
{
    up_send(ud, 'I', text);
}

static void up_ready(void *ud, const char *url)
{
    struct up *up = ud;
    char text[PROBE_URL_BYTES + 32];
    snprintf(text, sizeof(text), up->pipe >= 0 ? "%s" : "ready at %s (Ctrl-C stops)", url);
    up_send(up, 'R', text);
    if (up->pipe >= 0)
        close(up->pipe);
    up->pipe = up->pipe >= 0 ? -2 : -1;
    if (up->pipe == -2) { /* nobody listens any more */
        up->opt.watch.line = NULL;
        up->opt.watch.ready = NULL;
    }
}

static int up_options(struct up *up, struct err *err)
{
    struct cli *cli = up->cli;
    struct supervisor_options *o = &up->opt;
    *o = (struct supervisor_options){.cli = cli, .watch = {.line = up_line, .ready = up_ready, .ud = up}};
    for (int k = 0; k < FLEET_KINDS_MAX; k++)
        o->counts[k] = 1;
    const char *workers = cli_option(cli, "workers"), *port = cli_option(cli, "port");
    uint64_t ready_ms = 0;
    int rc = workers ? fleet_counts_parse(workers, o->counts, err) : 0;
    if (rc == 0)
        rc = cli_number(cli, "gateways", 0, FLEET_OF_KIND_MAX, o->counts[0], &o->counts[0], err);
    if (rc == 0)
        rc = cli_number(cli, "dispatchers", 0, FLEET_OF_KIND_MAX, o->counts[1], &o->counts[1], err);
    if (rc == 0)
        rc = cli_number(cli, "port", 0, 65535, (unsigned)config_int(cli->config, CONFIG_HTTP_PORT), &o->port, err);
    if (rc == 0)
        rc = cli_duration_ms(cli, "timeout", &ready_ms, err);
    o->port_fixed = port && o->port;
    if (cli_switch(cli, "detach"))
        o->ready_ms = ready_ms ? ready_ms : UP_READY_S * 1000;
    return rc;
}

/* Standard error becomes the supervisor's log. */
static int up_log(const struct cli *cli, struct err *err)
{
    char dir[FILES_PATH_BYTES], path[FILES_PATH_BYTES];
    int rc = cli_path(cli, "log", dir, err);
    if (rc == 0)
        rc = files_mkdirs(dir, 0755, err);
    if (rc == 0)
        rc = files_join(path, dir, "supervisor.log", err);
    if (rc < 0)
        return rc;
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        return err_set(err, ERR_IO, "cannot write %.150s: %s", path, strerror(errno));
    int level = log_level_parse(config_str(cli->config, CONFIG_LOG_LEVEL));
    log_init(FLEET_SUPERVISOR, level < 0 ? LOG_INFO : (enum log_level)level);
    return 0;
}

/* A configuration file given as a flag is one for the children too. */
static void up_config_file(const struct cli *cli)
{
    for (int i = 0; i < cli->args.setting_count; i++) {
        const char *word = cli->args.settings[i];
        if (strncmp(word, "--config=", 9) == 0)
            setenv("JOBMILL_CONFIG", word + 9, 1);
        else if (strcmp(word, "--config") == 0 && i + 1 < cli->args.setting_count)
            setenv("JOBMILL_CONFIG", cli->args.settings[i + 1], 1);
    }
}

static int up_run(struct up *up)
{
    struct err err = {0};
    char guilty[FILES_PATH_BYTES] = "";
    up_config_file(up->cli);
    int rc = up_log(up->cli, &err);
    if (rc == 0)
        rc = supervisor_run(&up->opt, guilty, &err);
    if (rc < 0 && up->pipe != -2) {
        log_error(NULL, "%s", err.msg);
        if (up->pipe >= 0) {
            up_send(up, 'L', guilty);
            up_send(up, 'F', err.msg);
        } else {
            dprintf(up->out, "jobmill: %s\n", err.msg);
        }
    }
    return rc < 0 ? CLI_FAILED : CLI_OK;
}

static int up_foreground(struct up *up)
{
    up->pipe = -1;
    up->out = dup(STDERR_FILENO);
    fcntl(up->out, F_SETFD, FD_CLOEXEC);
    int code = up_run(up);
    close(up->out);
    return code;
}

/* The parent's end */

static int up_failed(const char *text, const char *log)
{
    fprintf(stderr, "jobmill: %s\n", text);
    if (!*log)
        return CLI_FAILED;
    struct buf b;
    buf_init(&b, 64 * 1024);
    files_tail(log, UP_TAIL_LINES, "    ", &b);
    fprintf(stderr, "the end of %s:\n%s", log, buf_str(&b));
    buf_fini(&b);
    return CLI_FAILED;
}

static int up_tell(const struct cli *cli, const char *url)
{
    if (cli->json) {
        printf("{\"url\":\"%s\"}\n", url);
        return CLI_OK;
    }
    cli_say(cli, "jobmill runs at %s (key: %s/%s)", url, cli->run_dir, SETUP_KEY_FILE);
    return CLI_OK;
}

static int up_listen(const struct cli *cli, int fd)
{
    char line[FILES_PATH_BYTES + 8], log[FILES_PATH_BYTES] = "";
    FILE *in = fdopen(fd, "r");
    int code = -1;
    while (in && code < 0 && fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';
        const char *text = strlen(line) > 2 ? line + 2 : "";
        if (line[0] == 'I')
            cli_say(cli, "%s", text);
        else if (line[0] == 'L')
            snprintf(log, sizeof(log), "%.1000s", text);
        else if (line[0] == 'F')
            code = up_failed(text, log);
        else if (line[0] == 'R')
            code = up_tell(cli, text);
    }
    if (in)
        fclose(in);
    if (code < 0) {
        char path[FILES_PATH_BYTES];
        snprintf(path, sizeof(path), "%.900s/log/supervisor.log", cli->run_dir);
        code = up_failed("the supervisor ended while starting", path);
    }
    return code;
}

static int up_detach(struct up *up)
{
    struct err err;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        err_set(&err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
        return cli_fail(&err);
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        err_set(&err, ERR_IO, "cannot start a process: %s", strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return cli_fail(&err);
    }
    if (pid > 0) {
        close(ends[1]);
        return up_listen(up->cli, ends[0]);
    }
    close(ends[0]);
    up->pipe = ends[1];
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    return up_run(up);
}

/* Another supervisor has the folder: with --detach that is what was wanted, once it is ready. */
static int up_again(struct up *up, const struct err *locked)
{
    const struct cli *cli = up->cli;
    if (!cli_switch(cli, "detach"))
        return cli_fail(locked);
    uint64_t end = clock_mono_ms() + up->opt.ready_ms;
    char path[FILES_PATH_BYTES], url[PROBE_URL_BYTES];
    struct control_reply r;
    do {
        bool there = control_supervisor(cli, &(struct control_request){.verb = CONTROL_PING}, &r, NULL) == 0;
        bool running = there && strcmp(r.state, "running") == 0;
        control_reply_fini(&r);
        if (running && cli_path(cli, FLEET_URL_FILE, path, NULL) == 0 &&
            files_line(path, url, sizeof(url), NULL) == 0) {
            cli_say(cli, "already running");
            return up_tell(cli, url);
        }
        usleep(100 * 1000);
    } while (clock_mono_ms() < end);
    return cli_fail(locked);
}

/* Every worker would refuse the same, one after the other, in its log. */
static int up_models_check(const struct cli *cli, struct err *err)
{
    struct llm_settings s;
    int rc = llm_settings_read(&s, cli->config, err);
    if (rc == 0)
        llm_settings_fini(&s);
    return rc;
}

int cmd_up(struct cli *cli)
{
    struct up up = {.cli = cli, .pipe = -1};
    struct err err = {0};
    if (up_options(&up, &err) < 0)
        return cli_fail(&err);
    _cleanup_close_ int lock = supervisor_lock(cli, &err);
    if (lock < 0)
        return err.code == ERR_CONFLICT ? up_again(&up, &err) : cli_fail(&err);
    if (up_models_check(cli, &err) < 0)
        return cli_fail(&err);
    return cli_switch(cli, "detach") ? up_detach(&up) : up_foreground(&up);
}
