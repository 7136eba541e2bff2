/* The processes of the supervisor: starting, ending and restarting them so that there are as many of each kind as are
 * wanted. States: see supervisor.c. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cli/supervisor_int.h"
#include "core/clock.h"
#include "core/log.h"

#define SUPERVISOR_FORGET_MS    30000
#define SUPERVISOR_RETRY_MS     200
#define SUPERVISOR_RETRY_MAX_MS 10000
#define SUPERVISOR_DEATHS_MAX   5 /* of one process before the fleet was ready: then the start is given up */
#define SUPERVISOR_ARGS_MAX     64
#define SUPERVISOR_EXIT_CONFIG  2 /* a daemon's exit code for a bad configuration */

/* Starting one */

static bool supervisor_setting_own(const char *word)
{
    static const char *const own[] = {"--config", "--client", "--run", "--master", "--http"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strncmp(word, own[i], strlen(own[i])) == 0)
            return true;
    return false;
}

/* The settings given to us as flags go on to the children, except those that name our own files. */
static int supervisor_settings(const struct args *a, char **argv, int n, int max)
{
    for (int i = 0; i < a->setting_count && n < max - 2; i++) {
        bool two = !strchr(a->settings[i], '=') && i + 1 < a->setting_count;
        if (!supervisor_setting_own(a->settings[i])) {
            argv[n++] = a->settings[i];
            if (two)
                argv[n++] = a->settings[i + 1];
        }
        i += two;
    }
    return n;
}

static int supervisor_spawn(struct supervisor *s, struct child *c, struct err *err)
{
    char program[FILES_PATH_BYTES], log[FILES_PATH_BYTES];
    char instance[CHILD_INSTANCE_BYTES + 24], run_dir[FILES_PATH_BYTES + 24], port[32];
    char *argv[SUPERVISOR_ARGS_MAX] = {program};
    int n = supervisor_settings(&s->opt->cli->args, argv, 1, SUPERVISOR_ARGS_MAX - 4);
    snprintf(program, sizeof(program), "%.900s/jobmill-%s", s->programs, c->kind);
    snprintf(instance, sizeof(instance), "--run.instance=%s", c->instance);
    snprintf(run_dir, sizeof(run_dir), "--run.dir=%s", s->opt->cli->run_dir);
    snprintf(port, sizeof(port), "--http.port=%u", s->port);
    argv[n++] = instance;
    argv[n++] = run_dir;
    if (strcmp(c->kind, FLEET_GATEWAY) == 0)
        argv[n++] = port;
    argv[n] = NULL;
    supervisor_log_path(s, c->instance, log);
    return child_start(c, s->loop, program, argv, log, supervisor_woken, s, err);
}

static uint64_t supervisor_retry_after(unsigned failures)
{
    if (failures <= 1)
        return 0;
    unsigned doublings = MIN(failures - 2, 8u);
    return MIN((uint64_t)SUPERVISOR_RETRY_MS << doublings, (uint64_t)SUPERVISOR_RETRY_MAX_MS);
}

void supervisor_give_up(struct supervisor *s, const struct child *c, const char *what)
{
    if (s->phase != SUPERVISOR_STARTING || s->failed)
        return;
    s->failed = true;
    err_set(&s->failure, ERR_UNAVAILABLE, "%s %s", c ? c->instance : FLEET_GATEWAY, what);
    if (c)
        supervisor_log_path(s, c->instance, s->guilty_log);
    supervisor_stop(s);
}

static void supervisor_wait(struct supervisor *s, struct child *c)
{
    c->failures++;
    c->state = CHILD_WAITING;
    c->retry_ms = clock_mono_ms() + supervisor_retry_after(c->failures);
    if (c->failures >= SUPERVISOR_DEATHS_MAX && s->opt->ready_ms)
        supervisor_give_up(s, c, "does not stay alive");
}

void supervisor_begin(struct supervisor *s, struct child *c)
{
    struct err err;
    if (supervisor_spawn(s, c, &err) == 0)
        return;
    supervisor_line(s, "cannot start %s: %s", c->instance, err.msg);
    snprintf(c->last_end, sizeof(c->last_end), "not started");
    supervisor_wait(s, c);
}

/* Adding and removing */

static unsigned supervisor_free_number(const struct supervisor *s, const char *kind)
{
    for (unsigned number = 1;; number++) {
        bool taken = false;
        for (int i = 0; i < s->child_count; i++)
            taken = taken || (s->children[i]->number == number && strcmp(s->children[i]->kind, kind) == 0);
        if (!taken)
            return number;
    }
}

static bool supervisor_add(struct supervisor *s, int kind)
{
    if (s->child_count == FLEET_CHILDREN_MAX)
        return false;
    struct child *c = calloc(1, sizeof(*c));
    if (!c)
        return false;
    c->pidfd = -1;
    snprintf(c->kind, sizeof(c->kind), "%s", s->kinds[kind].name);
    c->number = supervisor_free_number(s, c->kind);
    snprintf(c->instance, sizeof(c->instance), "%s-%u", c->kind, c->number);
    s->children[s->child_count++] = c;
    supervisor_begin(s, c);
    return true;
}

void supervisor_remove(struct supervisor *s, int at)
{
    free(s->children[at]);
    s->children[at] = s->children[--s->child_count];
}

void supervisor_end_child(struct supervisor *s, struct child *c, bool again)
{
    if (c->state != CHILD_STOPPING) {
        c->state = CHILD_STOPPING;
        c->kill_ms =
            clock_mono_ms() + (uint64_t)config_int(s->opt->cli->config, CONFIG_DRAIN) + SUPERVISOR_KILL_AFTER_MS;
        kill(c->pid, SIGTERM); /* the daemon alone: it knows what to do about its own */
    }
    c->again = again;
}

/* Ends a process that is not needed; one that waits for its restart is just forgotten. */
static void supervisor_drop(struct supervisor *s, int at)
{
    if (s->children[at]->state == CHILD_WAITING)
        supervisor_remove(s, at);
    else
        supervisor_end_child(s, s->children[at], false);
}

static bool supervisor_counts(const struct child *c)
{
    return c->state != CHILD_STOPPING || c->again;
}

/* Makes the number of processes of a kind the wanted one. */
void supervisor_match(struct supervisor *s, int kind)
{
    unsigned have = 0;
    for (int i = 0; i < s->child_count; i++)
        have += strcmp(s->children[i]->kind, s->kinds[kind].name) == 0 && supervisor_counts(s->children[i]);
    while (have < s->wanted[kind] && supervisor_add(s, kind))
        have++;
    while (have > s->wanted[kind]) {
        int highest = -1;
        for (int i = 0; i < s->child_count; i++)
            if (strcmp(s->children[i]->kind, s->kinds[kind].name) == 0 && supervisor_counts(s->children[i]) &&
                (highest < 0 || s->children[i]->number > s->children[highest]->number))
                highest = i;
        if (highest < 0)
            break;
        supervisor_drop(s, highest);
        have--;
    }
}

/* Deaths */

static void supervisor_died(struct supervisor *s, int at, int code)
{
    struct child *c = s->children[at];
    if (c->state == CHILD_STOPPING || supervisor_stopping(s)) {
        if (c->again && !supervisor_stopping(s)) {
            c->again = false;
            c->restarts++;
            supervisor_begin(s, c);
        } else {
            log_info(NULL, "%s ended: %s", c->instance, c->last_end);
            supervisor_remove(s, at);
        }
        return;
    }
    if (clock_mono_ms() - c->started_ms >= SUPERVISOR_FORGET_MS)
        c->failures = 0;
    c->restarts++;
    supervisor_wait(s, c);
    supervisor_line(s, "%s died (%s), started again %s", c->instance, c->last_end,
                    c->failures > 1 ? "later" : "at once");
    if (code == SUPERVISOR_EXIT_CONFIG && s->opt->ready_ms)
        supervisor_give_up(s, c, "refuses its configuration");
}

void supervisor_reap(struct supervisor *s)
{
    for (int i = s->child_count - 1; i >= 0; i--) {
        int code;
        if (child_reap(s->children[i], &code))
            supervisor_died(s, i, code);
    }
}
