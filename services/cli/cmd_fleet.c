/* jobmill status|stop|scale|restart|set|concurrency: the running fleet. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/format.h"
#include "cli/net.h"
#include "cli/probe.h"
#include "cli/supervisor.h"
#include "cli/table.h"
#include "core/clock.h"
#include "io/control/server.h"

#define FLEET_STOP_S     90
#define FLEET_LOOK_MS    1000
#define FLEET_SET_MS     3000
#define FLEET_TEXT_BYTES (1024 * 1024)

/* status */

struct fleet_outside {
    const char *name;
    char at[160];
    bool ok;
};

static int fleet_outside_look(const struct control_fleet *f, struct fleet_outside *o)
{
    char kafka[128];
    int port;
    net_first(f->kafka, 9092, kafka, sizeof(kafka), &port);
    o[0] = (struct fleet_outside){.name = "gateway /readyz", .ok = probe_gateway(f->url, FLEET_LOOK_MS)};
    snprintf(o[0].at, sizeof(o[0].at), "%s", f->url);
    bool socket = f->postgres[0] == '/';
    o[1] = (struct fleet_outside){.name = "postgres",
                                  .ok = socket ? access(f->postgres, X_OK) == 0
                                               : net_reach(f->postgres, f->postgres_port, FLEET_LOOK_MS, NULL) == 0};
    snprintf(o[1].at, sizeof(o[1].at), "%s:%d", f->postgres, f->postgres_port);
    o[2] = (struct fleet_outside){.name = "kafka", .ok = net_reach(kafka, port, FLEET_LOOK_MS, NULL) == 0};
    snprintf(o[2].at, sizeof(o[2].at), "%s", f->kafka);
    o[3] = (struct fleet_outside){.name = "redis", .ok = net_reach(f->redis, f->redis_port, FLEET_LOOK_MS, NULL) == 0};
    snprintf(o[3].at, sizeof(o[3].at), "%s:%d", f->redis, f->redis_port);
    return 4;
}

static const char *fleet_state(const struct control_process *p)
{
    return p->answered && strcmp(p->state, "up") == 0 && p->own_state[0] ? p->own_state : p->state;
}

static void fleet_table(const struct control_fleet *f, struct buf *b)
{
    static const struct table_column columns[] = {{"instance", false, 0}, {"pid", true, 0},
                                                  {"state", false, 0},    {"up", true, 0},
                                                  {"restarts", true, 0},  {"in flight", true, 0},
                                                  {"limit", true, 0},     {"last end", false, 24}};
    _cleanup_(table_freep)
    struct table *t = table_new(columns, (int)ARRAY_LEN(columns));
    for (int i = 0; t && i < f->n; i++) {
        const struct control_process *p = &f->processes[i];
        char up[FORMAT_BYTES];
        table_cell(t, p->instance);
        table_cellf(t, p->pid ? "%d" : "-", p->pid);
        table_cell(t, fleet_state(p));
        table_cell(t, p->pid ? format_duration(p->up_ms, up) : "-");
        table_cellf(t, "%u", p->restarts);
        table_cellf(t, p->answered ? "%u" : "-", p->in_flight);
        table_cellf(t, p->answered && p->concurrency ? "%u" : "-", p->concurrency);
        table_cell(t, p->last_end[0] ? p->last_end : "");
    }
    if (t)
        table_write(t, b);
}

static void fleet_json(const struct control_fleet *f, const struct fleet_outside *o, int n, struct buf *b)
{
    buf_addf(b, "{\"url\":\"%s\",\"phase\":\"%s\",\"pid\":%d,\"version\":\"%s\",\"processes\":[", f->url, f->phase,
             f->pid, f->version);
    for (int i = 0; i < f->n; i++) {
        const struct control_process *p = &f->processes[i];
        buf_addf(b,
                 "%s{\"kind\":\"%s\",\"instance\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"up_ms\":%llu,\"restarts\":%u,"
                 "\"last_end\":\"%s\"",
                 i ? "," : "", p->kind, p->instance, p->pid, fleet_state(p), (unsigned long long)p->up_ms, p->restarts,
                 p->last_end);
        if (p->answered)
            buf_addf(b, ",\"in_flight\":%u,\"concurrency\":%u,\"ops_port\":%u", p->in_flight, p->concurrency,
                     p->ops_port);
        buf_addc(b, '}');
    }
    buf_adds(b, "],\"services\":[");
    for (int i = 0; i < n; i++) {
        buf_addf(b, "%s{\"name\":\"%s\",\"ok\":%s,\"address\":", i ? "," : "", o[i].name, o[i].ok ? "true" : "false");
        buf_add_json(b, o[i].at, strlen(o[i].at));
        buf_addc(b, '}');
    }
    buf_adds(b, "]}\n");
}

int cmd_status(struct cli *cli)
{
    static struct control_fleet f;
    struct fleet_outside outside[4];
    struct err err = {0};
    if (control_fleet_load(cli, &f, &err) < 0)
        return cli_fail(&err);
    control_fleet_ask(cli, &f);
    int n = fleet_outside_look(&f, outside);
    bool well = true;
    for (int i = 0; i < n; i++)
        well = well && outside[i].ok;
    for (int i = 0; i < f.n; i++)
        well = well && strcmp(f.processes[i].state, "up") == 0;
    struct buf b;
    buf_init(&b, FLEET_TEXT_BYTES);
    if (cli->json) {
        fleet_json(&f, outside, n, &b);
    } else {
        fleet_table(&f, &b);
        buf_addc(&b, '\n');
        for (int i = 0; i < n; i++)
            buf_addf(&b, "%-16s %-4s %s\n", outside[i].name, outside[i].ok ? "ok" : "DOWN", outside[i].at);
    }
    fputs(buf_str(&b), stdout);
    buf_fini(&b);
    return well ? CLI_OK : CLI_FAILED;
}

/* stop */

/* True while a supervisor holds the folder. */
static bool fleet_held(const struct cli *cli)
{
    struct err err = {0};
    int fd = supervisor_lock(cli, &err);
    if (fd >= 0)
        close(fd);
    return fd < 0 && err.code == ERR_CONFLICT;
}

static int fleet_stop_ask(const struct cli *cli, struct err *err)
{
    struct control_reply r;
    int rc = control_supervisor(cli, &(struct control_request){.verb = CONTROL_STOP}, &r, err);
    control_reply_fini(&r);
    if (rc == 0)
        return 0;
    char path[FILES_PATH_BYTES], line[32];
    if (cli_path(cli, FLEET_PID_FILE, path, err) < 0 || files_line(path, line, sizeof(line), err) < 0)
        return -(int)err->code;
    int pid = atoi(line); /* the lock is held, so this file was written by its holder */
    if (pid <= 1 || kill(pid, SIGTERM) < 0)
        return err_set(err, ERR_IO, "cannot stop the supervisor (pid %d): %s", pid, strerror(errno));
    return 0;
}

int cmd_stop(struct cli *cli)
{
    struct err err = {0};
    uint64_t wait_ms;
    if (cli_duration_ms(cli, "timeout", &wait_ms, &err) < 0)
        return cli_fail(&err);
    wait_ms = wait_ms ? wait_ms : FLEET_STOP_S * 1000;
    if (access(cli->run_dir, F_OK) < 0 || !fleet_held(cli)) {
        cli_say(cli, "nothing runs in %s", cli->run_dir);
        return CLI_OK;
    }
    if (fleet_stop_ask(cli, &err) < 0 && fleet_held(cli))
        return cli_fail(&err);
    uint64_t end = clock_mono_ms() + wait_ms, said = clock_mono_ms() + 2000;
    while (fleet_held(cli)) {
        if (clock_mono_ms() > end) {
            err_set(&err, ERR_TIMEOUT, "the supervisor has not stopped yet: its log is %.120s/log/supervisor.log",
                    cli->run_dir);
            cli_fail(&err);
            return CLI_TIMEOUT;
        }
        if (said && clock_mono_ms() > said) {
            cli_say(cli, "waiting for work in flight to finish");
            said = 0;
        }
        usleep(30 * 1000);
    }
    cli_say(cli, "stopped");
    return CLI_OK;
}

/* scale, restart */

static int fleet_order(struct cli *cli, const struct control_request *q)
{
    struct err err = {0};
    struct control_reply r;
    int rc = control_supervisor(cli, q, &r, &err);
    control_reply_fini(&r);
    return rc < 0 ? cli_fail(&err) : CLI_OK;
}

int cmd_scale(struct cli *cli)
{
    struct fleet_kind kinds[FLEET_KINDS_MAX];
    struct err err = {0};
    int64_t partitions = config_int(cli->config, CONFIG_KAFKA_PARTITIONS);
    fleet_kinds(kinds);
    for (int i = 0; i < cli->args.word_count; i++) { /* all are checked before the first is done */
        unsigned counts[FLEET_KINDS_MAX];
        if (fleet_counts_parse(cli->args.words[i], counts, &err) < 0)
            return cli_fail(&err);
    }
    for (int i = 0; i < cli->args.word_count; i++) {
        struct control_request q = {.verb = CONTROL_SCALE};
        unsigned count;
        if (args_assignment(cli->args.words[i], q.key, sizeof(q.key), FLEET_OF_KIND_MAX, &count, &err) < 0)
            return cli_fail(&err);
        q.count = count;
        int code = fleet_order(cli, &q), kind = fleet_kind_find(q.key, NULL);
        if (code != CLI_OK)
            return code;
        cli_say(cli, "%s: %u %s wanted", q.key, count, count == 1 ? "process" : "processes");
        if (kind >= 0 && kinds[kind].stage && count > partitions)
            cli_say(cli, "note: a topic has %lld partitions when it is made; processes beyond that get no work",
                    (long long)partitions);
    }
    return CLI_OK;
}

int cmd_restart(struct cli *cli)
{
    struct control_request q = {.verb = CONTROL_RESTART};
    if (cli->args.word_count)
        snprintf(q.key, sizeof(q.key), "%s", cli->args.words[0]);
    int code = fleet_order(cli, &q);
    if (code == CLI_OK)
        cli_say(cli, "replacing %s one after the other: jobmill status shows how far",
                cli->args.word_count ? q.key : "every process");
    return code;
}

/* set, concurrency */

static int fleet_set(struct cli *cli, const char *who, const char *key, const char *value)
{
    static struct control_fleet f;
    static struct control_survey survey[FLEET_CHILDREN_MAX];
    static char urls[FLEET_CHILDREN_MAX][CONTROL_URL_BYTES];
    struct control_request q = {.verb = CONTROL_SET};
    struct err err = {0};
    int n = 0, code = CLI_OK, at[FLEET_CHILDREN_MAX];
    if (control_fleet_load(cli, &f, &err) < 0)
        return cli_fail(&err);
    snprintf(q.key, sizeof(q.key), "%s", key);
    snprintf(q.value, sizeof(q.value), "%s", value);
    memset(survey, 0, sizeof(survey));
    for (int i = 0; i < f.n; i++)
        if (strcmp(f.processes[i].instance, who) == 0 || strcmp(f.processes[i].kind, who) == 0) {
            at[n] = i;
            survey[n].url = control_url_make(cli->run_dir, f.processes[i].instance, urls[n]);
            n++;
        }
    if (n == 0) {
        err_set(&err, ERR_CONFIG, "no process is called \"%.60s\", and none is of that kind: jobmill status lists them",
                who);
        return cli_fail(&err);
    }
    control_survey(survey, n, &q, FLEET_SET_MS);
    for (int i = 0; i < n; i++) {
        const struct control_reply *r = &survey[i].reply;
        if (survey[i].code == 0 && r->ok) {
            cli_say(cli, "%s: %s = %s", f.processes[at[i]].instance, key, value);
        } else {
            fprintf(stderr, "jobmill: %s: %s\n", f.processes[at[i]].instance,
                    survey[i].code == 0 ? r->error : "does not answer");
            code = CLI_FAILED;
        }
        control_reply_fini(&survey[i].reply);
    }
    return code;
}

int cmd_set(struct cli *cli)
{
    return fleet_set(cli, cli->args.words[0], cli->args.words[1], cli->args.words[2]);
}

int cmd_concurrency(struct cli *cli)
{
    int code = CLI_OK;
    for (int i = 0; i < cli->args.word_count; i++) {
        char name[CHILD_INSTANCE_BYTES], value[16];
        unsigned count;
        struct err err;
        if (args_assignment(cli->args.words[i], name, sizeof(name), 100000, &count, &err) < 0)
            return cli_fail(&err);
        snprintf(value, sizeof(value), "%u", count);
        int one = fleet_set(cli, name, "worker.concurrency", value);
        code = one != CLI_OK ? one : code;
    }
    return code;
}
