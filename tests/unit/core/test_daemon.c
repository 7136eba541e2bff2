#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/version.h"
#include "core/daemon.h"
#include "core/log.h"
#include "core/metrics.h"

/* daemon_main runs in a child: it takes over signals and ends the process. */
struct ran {
    int code; /* -1: ended by a signal */
    char out[32768];
    char errors[8192];
};

static void read_back(int fd, char *text, size_t size)
{
    ssize_t n = pread(fd, text, size - 1, 0);
    cr_assert_geq(n, 0);
    text[n] = '\0';
    close(fd);
}

static int scratch(void)
{
    char path[] = "/tmp/jobmill-test-daemon-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    return fd;
}

static struct ran run(const struct daemon_spec *spec, const char *arg)
{
    static struct ran r;
    int out = scratch(), errors = scratch();
    fflush(NULL);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        char name[] = "jobmill-tester", copy[128];
        char *argv[] = {name, arg ? copy : NULL, NULL};
        snprintf(copy, sizeof(copy), "%s", arg ? arg : "");
        dup2(out, STDOUT_FILENO);
        dup2(errors, STDERR_FILENO);
        int code = daemon_main(spec, arg ? 2 : 1, argv);
        fflush(stdout);
        _exit(code);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    r.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(out, r.out, sizeof(r.out));
    read_back(errors, r.errors, sizeof(r.errors));
    return r;
}

struct state {
    struct daemon *d;
    struct loop_timer *timer;
};

static struct state the_state;

static void free_state(void *ud)
{
    struct state *s = ud;
    if (!s)
        return;
    loop_timer_free(s->timer);
    log_info(NULL, "freed");
}

static void end_well(void *ud)
{
    struct state *s = ud;
    daemon_done(s->d, 0);
}

static int start_and(struct daemon *d, void **ret_state, loop_fn *soon)
{
    the_state.d = d;
    the_state.timer = loop_timer_new(daemon_loop(d), soon, &the_state);
    loop_timer_start(the_state.timer, 0, 0);
    *ret_state = &the_state;
    return 0;
}

static int start_and_end(struct daemon *d, void **ret_state, struct err *err)
{
    (void)err;
    cr_assert_eq(metrics_get(METRICS_BUILD_INFO, "tester", JOBMILL_VERSION, NULL), 1);
    log_info(NULL, "instance %s port %ld", daemon_instance(d), (long)config_int(daemon_config(d), CONFIG_HTTP_PORT));
    return start_and(d, ret_state, end_well);
}

static void raise_term(void *ud)
{
    (void)ud;
    raise(SIGTERM);
}

static int start_and_term(struct daemon *d, void **ret_state, struct err *err)
{
    (void)err;
    return start_and(d, ret_state, raise_term);
}

static void stop_well(struct daemon *d, void *state)
{
    cr_assert_eq(state, &the_state);
    log_info(NULL, "stop called");
    daemon_done(d, 0);
}

/* A stop that takes a few turns of the loop. The number keeps the lines apart: the log leaves out repeats. */
static int stops;

static void stop_takes_time(struct daemon *d, void *state)
{
    struct state *s = state;
    (void)d;
    log_info(NULL, "stop number %d", ++stops);
    loop_timer_free(s->timer);
    s->timer = loop_timer_new(daemon_loop(s->d), end_well, s);
    loop_timer_start(s->timer, 2, 0);
}

static void stop_hangs(struct daemon *d, void *state)
{
    (void)d;
    (void)state;
    raise(SIGINT);
    for (;;) /* not reached: the second signal ends the process */
        pause();
}

static int start_fails(struct daemon *d, void **ret_state, struct err *err)
{
    (void)d;
    (void)ret_state;
    return err_set(err, ERR_UNAVAILABLE, "the database does not answer");
}

static int start_refuses(struct daemon *d, void **ret_state, struct err *err)
{
    (void)d;
    (void)ret_state;
    return err_set(err, ERR_CONFIG, "the master key is missing");
}

static void stop_self(void *ud)
{
    struct state *s = ud;
    daemon_stop(s->d);
    daemon_stop(s->d);
}

static int start_and_stop_self(struct daemon *d, void **ret_state, struct err *err)
{
    (void)err;
    return start_and(d, ret_state, stop_self);
}

static struct daemon_spec spec_of(int (*start)(struct daemon *, void **, struct err *))
{
    return (struct daemon_spec){.name = "tester",
                                .service = "gateway",
                                .about = "Tests the skeleton.",
                                .start = start,
                                .stop = stop_well,
                                .free = free_state};
}

static void no_environment(void)
{
    clearenv();
}

TestSuite(daemon, .init = no_environment);

Test(daemon, runs_until_done)
{
    struct daemon_spec spec = spec_of(start_and_end);
    struct ran r = run(&spec, "--http.port=77");
    cr_assert_eq(r.code, 0, "%s", r.errors);
    cr_assert_str_eq(r.out, "");
    cr_assert(strstr(r.errors, " port 77\""));
    cr_assert(strstr(r.errors, "\"instance tester-"));
    cr_assert(strstr(r.errors, "\"freed\""));
}

Test(daemon, instance_may_be_given)
{
    struct daemon_spec spec = spec_of(start_and_end);
    struct ran r = run(&spec, "--run.instance=gateway-3");
    cr_assert(strstr(r.errors, "instance gateway-3 "), "%s", r.errors);
}

Test(daemon, a_signal_begins_the_stop)
{
    struct daemon_spec spec = spec_of(start_and_term);
    struct ran r = run(&spec, NULL);
    cr_assert_eq(r.code, 0, "%s", r.errors);
    cr_assert(strstr(r.errors, "\"stop called\""));
    cr_assert(strstr(r.errors, "\"freed\""));
}

Test(daemon, without_a_stop_call_a_signal_just_ends)
{
    struct daemon_spec spec = spec_of(start_and_term);
    spec.stop = NULL;
    struct ran r = run(&spec, NULL);
    cr_assert_eq(r.code, 0, "%s", r.errors);
}

Test(daemon, a_second_signal_ends_at_once_even_when_the_loop_hangs)
{
    struct daemon_spec spec = spec_of(start_and_term);
    spec.stop = stop_hangs;
    struct ran r = run(&spec, NULL);
    cr_assert_eq(r.code, 1, "%s", r.errors);
    cr_assert(!strstr(r.errors, "\"freed\""));
}

Test(daemon, may_stop_itself_and_is_stopped_once)
{
    struct daemon_spec spec = spec_of(start_and_stop_self);
    spec.stop = stop_takes_time;
    struct ran r = run(&spec, NULL);
    cr_assert_eq(r.code, 0, "%s", r.errors);
    cr_assert(strstr(r.errors, "\"stop number 1\""));
    cr_assert(!strstr(r.errors, "\"stop number 2\""));
}

Test(daemon, failures_have_their_codes)
{
    struct daemon_spec spec = spec_of(start_fails);
    struct ran r = run(&spec, NULL);
    cr_assert_eq(r.code, 1);
    cr_assert(strstr(r.errors, "cannot start: the database does not answer"));
    spec = spec_of(start_refuses);
    r = run(&spec, NULL);
    cr_assert_eq(r.code, 2);
    cr_assert(strstr(r.errors, "the master key is missing"));
}

Test(daemon, bad_usage_is_one_sentence_and_code_2)
{
    struct daemon_spec spec = spec_of(start_and_end);
    struct ran r = run(&spec, "--http.prot=1");
    cr_assert_eq(r.code, 2);
    cr_assert_str_eq(r.errors, "jobmill-tester: unknown setting \"http.prot\": did you mean \"http.port\"?\n");
    cr_assert_str_eq(r.out, "");
}

Test(daemon, help_version_and_configuration)
{
    struct daemon_spec spec = spec_of(start_and_end);
    struct ran r = run(&spec, "--help");
    cr_assert_eq(r.code, 0);
    cr_assert(strstr(r.out, "Tests the skeleton."));
    cr_assert(strstr(r.out, "--http-port"));
    cr_assert_str_eq(r.errors, "");
    r = run(&spec, "--version");
    cr_assert_eq(r.code, 0);
    cr_assert_str_eq(r.out, "jobmill-tester " JOBMILL_VERSION "\n");
    r = run(&spec, "--print-config");
    cr_assert_eq(r.code, 0);
    cr_assert(strstr(r.out, "http.port"));
    cr_assert_str_eq(r.errors, "");
}
