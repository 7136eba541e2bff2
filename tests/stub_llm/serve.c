/* Processes share the port (SO_REUSEPORT) and the counters; the first one binds it, so that the others know it. */
#include "stub_llm/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stub_llm/stub.h"

#define STUB_PROCESSES_MAX 16

struct serving {
    struct loop *loop;
    struct stub *stub;
};

static void serve_closed(void *ud)
{
    loop_stop(((struct serving *)ud)->loop);
}

static void serve_stop(void *ud)
{
    struct serving *s = ud;
    if (s->stub)
        stub_close(s->stub, serve_closed, s);
    s->stub = NULL;
}

static int serve_run(const struct stub_serve *o, uint16_t port, bool first, struct stub_shared *sh, int report_fd,
                     struct err *err)
{
    struct serving s = {.loop = loop_new()};
    struct stub_options opt = {.host = o->host ? o->host : "127.0.0.1",
                               .port = port,
                               .reuse_port = o->processes > 1,
                               .shared = sh};
    s.stub = stub_new(s.loop, &opt, err);
    if (!s.stub) {
        loop_free(s.loop);
        return -(int)err->code;
    }
    port = stub_port(s.stub);
    if (first && write(report_fd, &port, sizeof(port)) != (ssize_t)sizeof(port))
        err_set(err, ERR_IO, "the stub cannot say where it listens");
    loop_signals(s.loop, serve_stop, NULL, &s);
    loop_run(s.loop);
    loop_free(s.loop);
    return 0;
}

/* The parent only waits; a signal to it goes to all. */
static pid_t children[STUB_PROCESSES_MAX];
static volatile sig_atomic_t children_n;

static void pass_on(int sig)
{
    for (int i = 0; i < children_n; i++)
        kill(children[i], sig);
}

static pid_t serve_fork(const struct stub_serve *o, uint16_t port, bool first, struct stub_shared *sh, int report_fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct err err = {.code = ERR_NONE};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int rc = serve_run(o, port, first, sh, report_fd, &err);
    if (rc < 0)
        fprintf(stderr, "stub-llm: %s\n", err.msg);
    _exit(rc < 0 ? 1 : 0);
}

int stub_serve(const struct stub_serve *o, struct err *err)
{
    struct stub_shared *sh = stub_shared_new();
    if (!sh)
        return err_set(err, ERR_MEMORY, "no memory for the counters");
    for (int i = 0; i < STUB_SETTINGS_MAX && o->settings[i]; i++) {
        struct str text = str_of(o->settings[i]);
        ptrdiff_t eq = str_find(text, STR("="));
        if (eq < 0)
            return err_set(err, ERR_CONFIG, "\"%.60s\" is not NAME=VALUE", o->settings[i]);
        int rc = stub_setting(&sh->settings, str_sub(text, 0, (size_t)eq), str_sub(text, (size_t)eq + 1, text.n), err);
        if (rc < 0)
            return rc;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int report[2];
    uint16_t port = o->port;
    if (pipe(report) < 0)
        return err_set(err, ERR_IO, "no pipe");
    int n = MIN(MAX(o->processes, 1), STUB_PROCESSES_MAX);
    struct sigaction act = {.sa_handler = pass_on};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    for (int i = 0; i < n; i++) {
        pid_t pid = serve_fork(o, port, i == 0, sh, report[1]);
        if (pid < 0)
            break;
        children[children_n++] = pid;
        if (i == 0) {
            close(report[1]);
            if (read(report[0], &port, sizeof(port)) != (ssize_t)sizeof(port)) {
                waitpid(pid, NULL, 0);
                return err_set(err, ERR_IO, "the stub did not start");
            }
        }
    }
    close(report[0]);
    printf("listening on http://%s:%u\n", o->host ? o->host : "127.0.0.1", port);
    fflush(stdout);
    int status, failed = 0;
    while (children_n > failed && waitpid(-1, &status, 0) > 0)
        failed++;
    return 0;
}
