/* A kind has a number of processes that are wanted; every turn of a timer (and every death) compares that with what
 * there is:
 *
 *   child:  starting --answers--> up --asked to end--> stopping --ended--> gone, or starting again (a replacement)
 *              ^  \______________/ dies
 *              |         v
 *              +----- waiting: at once the first time, then 200 ms .. 10 s; 30 s of life forget the failures
 *
 *   phases: starting --all up, gateway ready--> running --stop--> stopping (all but gateways) --> stopping_last
 * (gateways) --> ended
 *
 * One lock file per folder: its holder is the supervisor, whatever a pid file says. */
#include "cli/supervisor_int.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "cli/port.h"
#include "cli/setup.h"
#include "core/clock.h"
#include "core/log.h"

#define SUPERVISOR_TICK_MS    100
#define SUPERVISOR_PROBE_MS   150
#define SUPERVISOR_SILENT_MS  5000 /* a process that lives so long without a control socket counts as up */
#define SUPERVISOR_GATEWAY_MS 300  /* the same for a gateway, when the port says ready */

const char *supervisor_phase_name(enum supervisor_phase p)
{
    static const char *const names[] = {"", "starting", "running", "stopping", "stopping", "ended"};
    return names[p];
}

void supervisor_line(struct supervisor *s, const char *fmt, ...)
{
    char text[ERR_MSG_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_info(NULL, "%s", text);
    if (s->opt->watch.line)
        s->opt->watch.line(s->opt->watch.ud, text);
}

void supervisor_log_path(const struct supervisor *s, const char *instance, char out[FILES_PATH_BYTES])
{
    snprintf(out, FILES_PATH_BYTES, "%.900s/log/%.64s.log", s->opt->cli->run_dir, instance);
}

static void supervisor_turn(struct supervisor *s);

void supervisor_woken(void *ud)
{
    supervisor_turn(ud);
}

/* Looking */

static bool supervisor_settled(const struct supervisor *s)
{
    for (int i = 0; i < s->child_count; i++)
        if (s->children[i]->state != CHILD_UP)
            return false;
    return true;
}

static void supervisor_check_ready(struct supervisor *s)
{
    bool gateway = s->gateway_ready || s->wanted[0] == 0;
    if (s->phase != SUPERVISOR_STARTING || !gateway || !supervisor_settled(s))
        return;
    s->phase = SUPERVISOR_RUNNING;
    log_info(NULL, "ready at %s", s->url);
    if (s->opt->watch.ready)
        s->opt->watch.ready(s->opt->watch.ud, s->url);
}

static bool supervisor_answered(const struct supervisor *s, const struct child *c)
{
    for (int i = 0; i < s->probe.n; i++)
        if (s->probe.items[i].answered && s->probe.items[i].pid == c->pid)
            return true;
    return strcmp(c->kind, FLEET_GATEWAY) == 0 && s->probe.gateway_ready &&
           clock_mono_ms() - c->started_ms >= SUPERVISOR_GATEWAY_MS;
}

static void supervisor_probed(void *ud)
{
    struct supervisor *s = ud;
    s->gateway_ready = s->gateway_ready || s->probe.gateway_ready;
    for (int i = 0; i < s->child_count; i++)
        if (s->children[i]->state == CHILD_STARTING && supervisor_answered(s, s->children[i]))
            s->children[i]->state = CHILD_UP;
    supervisor_turn(s);
}

static void supervisor_look(struct supervisor *s)
{
    struct probe *p = &s->probe;
    uint64_t now = clock_mono_ms();
    if (p->busy || now < s->probe_ms || (supervisor_settled(s) && s->phase != SUPERVISOR_STARTING))
        return;
    s->probe_ms = now + SUPERVISOR_PROBE_MS;
    p->n = 0;
    bool gateway = !s->gateway_ready;
    for (int i = 0; i < s->child_count; i++) {
        struct child *c = s->children[i];
        if (c->state != CHILD_STARTING)
            continue;
        gateway = gateway || strcmp(c->kind, FLEET_GATEWAY) == 0;
        if (now - c->started_ms >= SUPERVISOR_SILENT_MS)
            c->state = CHILD_UP;
        snprintf(p->items[p->n].instance, sizeof(p->items[p->n].instance), "%s", c->instance);
        p->items[p->n++].pid = c->pid;
    }
    snprintf(p->gateway, sizeof(p->gateway), "%s", gateway ? s->url : "");
    probe_start(p);
}

/* The one turn */

/* One after the other, and the next only when every other process of its kind is up. */
static bool supervisor_replaceable(const struct supervisor *s, const struct child *c)
{
    for (int i = 0; i < s->child_count; i++) {
        const struct child *other = s->children[i];
        if (other->state == CHILD_STOPPING && other->again)
            return false;
        if (strcmp(other->kind, c->kind) == 0 && other->state != CHILD_UP)
            return false;
    }
    return true;
}

static void supervisor_replace_next(struct supervisor *s)
{
    for (int i = 0; i < s->child_count; i++) {
        struct child *c = s->children[i];
        if (!c->replace || !supervisor_replaceable(s, c))
            continue;
        c->replace = false;
        supervisor_end_child(s, c, true);
        return;
    }
}

static void supervisor_times(struct supervisor *s, uint64_t now)
{
    for (int i = 0; i < s->child_count; i++) {
        struct child *c = s->children[i];
        if (c->state == CHILD_STOPPING && now >= c->kill_ms) {
            log_warn(NULL, "%s did not end in time: killed", c->instance);
            c->kill_ms = now + SUPERVISOR_KILL_AFTER_MS;
            child_signal(c, SIGKILL);
        }
        if (c->state == CHILD_WAITING && now >= c->retry_ms && !supervisor_stopping(s))
            supervisor_begin(s, c);
    }
}

static bool supervisor_end_all(struct supervisor *s, bool gateways)
{
    bool any = false;
    for (int i = s->child_count - 1; i >= 0; i--) {
        struct child *c = s->children[i];
        if (!gateways && strcmp(c->kind, FLEET_GATEWAY) == 0)
            continue;
        if (c->state == CHILD_WAITING) {
            supervisor_remove(s, i);
            continue;
        }
        any = true;
        supervisor_end_child(s, c, false);
    }
    return any;
}

static void supervisor_turn(struct supervisor *s)
{
    uint64_t now = clock_mono_ms();
    supervisor_reap(s);
    supervisor_times(s, now);
    if (s->phase == SUPERVISOR_STOPPING && !supervisor_end_all(s, false))
        s->phase = SUPERVISOR_STOPPING_LAST;
    if (s->phase == SUPERVISOR_STOPPING_LAST && !supervisor_end_all(s, true) && !s->probe.busy) {
        s->phase = SUPERVISOR_ENDED;
        loop_stop(s->loop);
    }
    if (supervisor_stopping(s))
        return;
    for (int k = 0; k < s->kind_count; k++)
        supervisor_match(s, k);
    supervisor_replace_next(s);
    supervisor_look(s);
    supervisor_check_ready(s);
    if (s->phase == SUPERVISOR_STARTING && s->opt->ready_ms && now - s->begun_ms > s->opt->ready_ms) {
        const struct child *slow = NULL;
        for (int i = 0; i < s->child_count; i++)
            if (s->children[i]->state != CHILD_UP || (!slow && strcmp(s->children[i]->kind, FLEET_GATEWAY) == 0))
                slow = s->children[i];
        supervisor_give_up(s, slow, "does not become ready");
    }
}

static void supervisor_tick(void *ud)
{
    supervisor_turn(ud);
}

void supervisor_stop(struct supervisor *s)
{
    if (supervisor_stopping(s))
        return;
    supervisor_line(s, "stopping %d processes", s->child_count);
    s->phase = SUPERVISOR_STOPPING;
}

void supervisor_restart(struct supervisor *s, int kind)
{
    for (int i = 0; i < s->child_count; i++)
        if (kind < 0 || strcmp(s->children[i]->kind, s->kinds[kind].name) == 0)
            s->children[i]->replace = true;
}

void supervisor_scale(struct supervisor *s, int kind, unsigned count)
{
    supervisor_line(s, "%s: %u processes wanted, %u before", s->kinds[kind].name, count, s->wanted[kind]);
    s->wanted[kind] = count;
    supervisor_turn(s);
}

/* A second signal does not wait for anybody. */
static void supervisor_signalled(void *ud)
{
    struct supervisor *s = ud;
    if (!supervisor_stopping(s)) {
        supervisor_stop(s);
        return;
    }
    for (int i = 0; i < s->child_count; i++)
        child_signal(s->children[i], SIGKILL);
}

/* Files and the whole run */

int supervisor_lock(const struct cli *cli, struct err *err)
{
    char path[FILES_PATH_BYTES];
    int rc = files_mkdirs(cli->run_dir, 0755, err);
    if (rc == 0)
        rc = cli_path(cli, FLEET_LOCK_FILE, path, err);
    if (rc < 0)
        return rc;
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open %.150s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_CONFLICT, "another supervisor runs in %.150s", cli->run_dir);
    return TAKE_FD(fd);
}

static int supervisor_write(const struct supervisor *s, const char *name, const char *text, struct err *err)
{
    char path[FILES_PATH_BYTES], line[PROBE_URL_BYTES];
    int n = snprintf(line, sizeof(line), "%s\n", text);
    int rc = cli_path(s->opt->cli, name, path, err);
    return rc < 0 ? rc : files_write(path, line, (size_t)n, 0644, err);
}

static void supervisor_unlink(const struct supervisor *s, const char *name)
{
    char path[FILES_PATH_BYTES];
    if (cli_path(s->opt->cli, name, path, NULL) == 0)
        unlink(path);
}

static int supervisor_address(struct supervisor *s, struct err *err)
{
    const char *host = config_str(s->opt->cli->config, CONFIG_HTTP_HOST);
    int rc = port_reserve(host, s->opt->port, s->opt->port_fixed, &s->port, &s->port_fd, err);
    if (rc < 0)
        return rc;
    if (s->opt->port && s->port != s->opt->port)
        supervisor_line(s, "port %u is taken: the gateway listens on %u", s->opt->port, s->port);
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || !*host;
    bool six = strchr(host, ':') != NULL && !any;
    snprintf(s->url, sizeof(s->url), "http://%s%.60s%s:%u", six ? "[" : "", any ? "127.0.0.1" : host, six ? "]" : "",
             s->port);
    return 0;
}

static int supervisor_programs(struct supervisor *s, struct err *err)
{
    ssize_t n = readlink("/proc/self/exe", s->programs, sizeof(s->programs) - 1);
    if (n <= 0)
        return err_set(err, ERR_IO, "cannot find the folder of this program: %s", strerror(errno));
    s->programs[n] = '\0';
    char *slash = strrchr(s->programs, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

static void supervisor_said(void *ud, const char *line)
{
    supervisor_line(ud, "%s", line);
}

static int supervisor_prepare(struct supervisor *s, struct err *err)
{
    char path[FILES_PATH_BYTES], pid[16];
    int rc = cli_path(s->opt->cli, "log", path, err);
    if (rc == 0)
        rc = files_mkdirs(path, 0755, err);
    if (rc == 0)
        rc = supervisor_programs(s, err);
    if (rc == 0)
        rc = setup_all(s->opt->cli, supervisor_said, s, err);
    if (rc == 0)
        rc = supervisor_address(s, err);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (rc == 0)
        rc = supervisor_write(s, FLEET_PID_FILE, pid, err);
    if (rc == 0)
        rc = supervisor_write(s, FLEET_URL_FILE, s->url, err);
    return rc;
}

static int supervisor_loop(struct supervisor *s, struct err *err)
{
    char url[CONTROL_URL_BYTES];
    control_url_make(s->opt->cli->run_dir, FLEET_SUPERVISOR, url);
    int rc = control_server_new(s->loop, url, supervisor_control, s, &s->control, err);
    if (rc < 0)
        return rc;
    s->timer = loop_timer_new(s->loop, supervisor_tick, s);
    loop_timer_start(s->timer, 0, SUPERVISOR_TICK_MS);
    loop_signals(s->loop, supervisor_signalled, supervisor_signalled, s);
    loop_run(s->loop);
    loop_timer_free(s->timer);
    control_server_free(s->control);
    if (s->failed) {
        *err = s->failure;
        return -(int)err->code;
    }
    return 0;
}

int supervisor_run(const struct supervisor_options *opt, char guilty_log[FILES_PATH_BYTES], struct err *err)
{
    _cleanup_free_ struct supervisor *s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(err, ERR_MEMORY, "no memory left");
    s->opt = opt;
    s->phase = SUPERVISOR_STARTING;
    s->kind_count = fleet_kinds(s->kinds);
    memcpy(s->wanted, opt->counts, sizeof(s->wanted));
    s->started_at_us = clock_wall_us();
    s->port_fd = -1;
    int rc = supervisor_prepare(s, err);
    if (rc == 0) {
        s->loop = loop_new();
        s->probe.loop = s->loop;
        s->probe.done = supervisor_probed;
        s->probe.ud = s;
        snprintf(s->probe.run_dir, sizeof(s->probe.run_dir), "%s", opt->cli->run_dir);
        s->begun_ms = clock_mono_ms();
        rc = supervisor_loop(s, err);
        loop_free(s->loop);
        supervisor_unlink(s, FLEET_URL_FILE);
        supervisor_unlink(s, FLEET_PID_FILE);
    }
    if (s->port_fd >= 0)
        close(s->port_fd);
    if (guilty_log)
        snprintf(guilty_log, FILES_PATH_BYTES, "%s", s->guilty_log);
    return rc;
}
