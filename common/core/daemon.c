/* The life of a daemon:
 *
 *     flags -> configuration -> log, seal -> loop -> start() -> running --signal or daemon_stop--> stopping: stop()
 *                                                                  |                                  |
 *                                                             daemon_done                        daemon_done -> free()
 * -> exit
 *
 * While stopping, SIGTERM and SIGINT end the process directly, from the signal handler: a loop that hangs can still be
 * ended that way. */
#include "core/daemon.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "base/version.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/seal.h"

#define DAEMON_INSTANCE_BYTES 64
#define DAEMON_TEXT_BYTES     (256 * 1024) /* of --help or --print-config */
#define DAEMON_MMAP_BYTES     (4 * 1024 * 1024)
#define DAEMON_KEEP_BYTES     (32 * 1024 * 1024)
#define DAEMON_GROW_BYTES     (512 * 1024)

enum { DAEMON_EXIT_OK = 0, DAEMON_EXIT_FAILURE = 1, DAEMON_EXIT_USAGE = 2 };

struct daemon {
    const struct daemon_spec *spec;
    struct loop *loop;
    struct config *config;
    void *state;
    char instance[DAEMON_INSTANCE_BYTES];
    bool stopping;
    bool done;
    int exit_code;
};

static int daemon_print(struct buf *text)
{
    bool ok = !buf_failed(text) && fputs(buf_str(text), stdout) >= 0 && fflush(stdout) == 0;
    buf_fini(text);
    return ok ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILURE;
}

static int daemon_help(const struct daemon_spec *spec)
{
    struct buf text;
    buf_init(&text, DAEMON_TEXT_BYTES);
    buf_addf(&text, "jobmill-%s: %s\n\nUsage: jobmill-%s [--setting=value ...]\n\n", spec->name, spec->about,
             spec->name);
    buf_adds(&text, "  --help          This text\n"
                    "  --version       The version\n"
                    "  --print-config  Every setting, its value and where it came from\n\nSettings:\n");
    config_help(spec->service, &text);
    return daemon_print(&text);
}

static int daemon_version(const struct daemon_spec *spec)
{
    struct buf text;
    buf_init(&text, DAEMON_TEXT_BYTES);
    buf_addf(&text, "jobmill-%s %s\n", spec->name, JOBMILL_VERSION);
    return daemon_print(&text);
}

static int daemon_show(const struct config *config)
{
    struct buf text;
    buf_init(&text, DAEMON_TEXT_BYTES);
    config_show(config, &text);
    return daemon_print(&text);
}

/* Takes every `flag` out of argv; true when there was one. */
static bool daemon_flag_take(int *argc, char **argv, const char *flag)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], flag) != 0)
            argv[kept++] = argv[i];
    bool found = kept < *argc;
    *argc = MIN(*argc, kept);
    return found;
}

/* Signals and stopping */

static void daemon_end_now(int number)
{
    (void)number;
    _exit(DAEMON_EXIT_FAILURE);
}

static void daemon_stop_begin(void *ud)
{
    struct daemon *d = ud;
    if (d->done)
        return;
    log_info(NULL, "stopping");
    if (d->spec->stop)
        d->spec->stop(d, d->state);
    else
        daemon_done(d, DAEMON_EXIT_OK);
}

void daemon_stop(struct daemon *d)
{
    if (d->stopping)
        return;
    d->stopping = true;
    signal(SIGTERM, daemon_end_now);
    signal(SIGINT, daemon_end_now);
    loop_defer(d->loop, daemon_stop_begin, d); /* not inside the caller, who may be part of what is stopped */
}

static void daemon_signalled(void *ud)
{
    struct daemon *d = ud;
    if (d->stopping) /* came together with the first */
        _exit(DAEMON_EXIT_FAILURE);
    daemon_stop(d);
}

void daemon_done(struct daemon *d, int exit_code)
{
    d->done = true;
    d->exit_code = exit_code;
    loop_stop(d->loop);
}

/* Start and run */

/* Arenas come and go with every request and item, a few hundred KiB each. glibc would give such memory back to the
 * kernel and fetch it again each time, at a page fault for each 4 KiB; what a daemon has once needed it keeps. */
static void daemon_keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, DAEMON_MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, DAEMON_KEEP_BYTES);
    mallopt(M_TOP_PAD, DAEMON_GROW_BYTES);
}

static void daemon_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void daemon_name(struct daemon *d)
{
    const char *given = config_str(d->config, CONFIG_INSTANCE);
    if (*given)
        snprintf(d->instance, sizeof(d->instance), "%s", given);
    else
        snprintf(d->instance, sizeof(d->instance), "%s-%ld", d->spec->name, (long)getpid());
}

static int daemon_fail(const struct err *err)
{
    log_error(NULL, "cannot start: %s", err->msg);
    return err->code == ERR_CONFIG ? DAEMON_EXIT_USAGE : DAEMON_EXIT_FAILURE;
}

static int daemon_run(struct daemon *d)
{
    struct err err = {0};
    log_init(d->spec->name, (enum log_level)log_level_parse(config_str(d->config, CONFIG_LOG_LEVEL)));
    daemon_name(d);
    daemon_keep_memory();
    daemon_raise_descriptors();
    if (seal_setup(&err) < 0)
        return daemon_fail(&err);
    metrics_set(METRICS_BUILD_INFO, 1, d->spec->name, JOBMILL_VERSION, NULL);

    _cleanup_(loop_freep)
    struct loop *loop = loop_new();
    d->loop = loop;
    d->exit_code = DAEMON_EXIT_FAILURE; /* unless daemon_done says otherwise */
    loop_signals(loop, daemon_signalled, NULL, d);
    log_info(NULL, "starting %s, version %s", d->instance, JOBMILL_VERSION);
    if (d->spec->start(d, &d->state, &err) < 0) {
        d->exit_code = daemon_fail(&err);
    } else if (!d->done) {
        loop_run(loop);
    }
    d->done = true; /* a stop that is still deferred finds nothing to stop */
    if (d->spec->free)
        d->spec->free(d->state);
    log_info(NULL, "ended with code %d", d->exit_code);
    return d->exit_code;
}

int daemon_main(const struct daemon_spec *spec, int argc, char **argv)
{
    if (daemon_flag_take(&argc, argv, "--help"))
        return daemon_help(spec);
    if (daemon_flag_take(&argc, argv, "--version"))
        return daemon_version(spec);
    bool print = daemon_flag_take(&argc, argv, "--print-config");
    struct err err = {0};
    _cleanup_(config_freep)
    struct config *config = config_new(spec->service, argc, argv, NULL, NULL, &err);
    if (!config) {
        fprintf(stderr, "jobmill-%s: %s\n", spec->name, err.msg);
        return DAEMON_EXIT_USAGE;
    }
    if (print)
        return daemon_show(config);
    struct daemon d = {.spec = spec, .config = config};
    return daemon_run(&d);
}

struct loop *daemon_loop(struct daemon *d)
{
    return d->loop;
}

struct config *daemon_config(struct daemon *d)
{
    return d->config;
}

const struct daemon_spec *daemon_spec_of(struct daemon *d)
{
    return d->spec;
}

const char *daemon_instance(struct daemon *d)
{
    return d->instance;
}
