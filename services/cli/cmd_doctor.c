/* jobmill doctor: one line per check, with what to do. A table of checks, each a function. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/net.h"
#include "cli/probe.h"
#include "cli/providers.h"
#include "cli/setup.h"
#include "core/clock.h"
#include "core/seal.h"
#include "io/kafka/topics.h"
#include "io/pg/pg_sync.h"
#include "pipeline/store/migrate.h"
#include "pipeline/store/server_info.h"

#define DOCTOR_NET_MS        2000
#define DOCTOR_PROVIDER_MS   15000
#define DOCTOR_KAFKA_MS      4000
#define DOCTOR_DISK_WARN     (5LL * 1024 * 1024 * 1024)
#define DOCTOR_DISK_FAIL     (512LL * 1024 * 1024)
#define DOCTOR_FILES_WARN    20480
#define DOCTOR_FILES_FAIL    1024
#define DOCTOR_TOPICS_MAX    64
#define DOCTOR_VECTOR_NEEDED 8 /* of 0.x */
#define DOCTOR_PG_NEEDED     150000

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor {
    struct cli *cli;
    struct pg_sync *pg;
    struct server_info server;
    double clock_s; /* ours, when the server told its own; 0: never */
    struct control_fleet fleet;
    bool fleet_there;
    enum doctor_verdict verdict; /* of the check that runs */
    char text[700], todo[240];
    enum doctor_verdict worst;
};

static void doctor_say(struct doctor *d, enum doctor_verdict verdict, const char *todo, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void doctor_say(struct doctor *d, enum doctor_verdict verdict, const char *todo, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->text, sizeof(d->text), fmt, ap);
    va_end(ap);
    snprintf(d->todo, sizeof(d->todo), "%s", todo ? todo : "");
    d->verdict = verdict;
}

static void doctor_config(struct doctor *d)
{
    const char *origin = config_origin(d->cli->config, CONFIG_PG_PORT);
    bool plain =
        strcmp(origin, "default") == 0 && strcmp(config_origin(d->cli->config, CONFIG_KAFKA_BROKERS), "default") == 0;
    doctor_say(d, plain ? DOCTOR_WARN : DOCTOR_OK,
               plain ? "give a configuration: set -a; . RUN_DIR/env; set +a, or --config FILE" : NULL, "run.dir %s%s",
               d->cli->run_dir, plain ? "; addresses of the services are all defaults" : "");
}

static void doctor_master_key(struct doctor *d)
{
    struct seal_key key;
    struct err err = {0};
    const char *hex = config_str(d->cli->config, CONFIG_MASTER_KEY);
    if (!*hex) {
        doctor_say(d, DOCTOR_FAIL,
                   "set JOBMILL_MASTER_KEY_FILE to a file with 64 hex digits (stack.sh start makes one)",
                   "there is none");
    } else if (seal_master_parse(str_of(hex), &key, &err) < 0) {
        doctor_say(d, DOCTOR_FAIL, "it must be 64 hex digits", "%s", err.msg);
    } else {
        seal_key_fini(&key);
        doctor_say(d, DOCTOR_OK, NULL, "readable");
    }
}

static void doctor_postgres(struct doctor *d)
{
    struct err err = {0};
    d->pg = setup_connect(d->cli, &err);
    if (!d->pg || server_info_load(d->pg, &d->server, &err) < 0) {
        doctor_say(d, DOCTOR_FAIL, "start it, or correct pg.host, pg.port and JOBMILL_PG_PASSWORD_FILE", "%s", err.msg);
        return;
    }
    d->clock_s = (double)clock_wall_us() / 1e6;
    bool old = d->server.version_number < DOCTOR_PG_NEEDED;
    doctor_say(d, old ? DOCTOR_FAIL : DOCTOR_OK, old ? "Postgres 15 or newer is needed" : NULL, "%s:%lld, version %s",
               config_str(d->cli->config, CONFIG_PG_HOST), (long long)config_int(d->cli->config, CONFIG_PG_PORT),
               d->server.version);
}

static void doctor_vector(struct doctor *d)
{
    int major = 0, minor = 0;
    if (sscanf(d->server.vector_version, "%d.%d", &major, &minor) != 2)
        doctor_say(d, DOCTOR_FAIL, "install pgvector 0.8 or newer (make deps)",
                   d->pg ? "pgvector is not installed" : "not looked at without Postgres");
    else if (major == 0 && minor < DOCTOR_VECTOR_NEEDED)
        doctor_say(d, DOCTOR_FAIL, "install pgvector 0.8 or newer (make deps)", "version %s is too old",
                   d->server.vector_version);
    else
        doctor_say(d, DOCTOR_OK, NULL, "version %s", d->server.vector_version);
}

static void doctor_schema(struct doctor *d)
{
    struct migrate_status s;
    struct err err = {0};
    if (!d->pg)
        doctor_say(d, DOCTOR_FAIL, NULL, "not looked at without Postgres");
    else if (migrate_status(d->pg, &s, NULL, 0, NULL, &err) < 0)
        doctor_say(d, DOCTOR_FAIL, NULL, "%s", err.msg);
    else if (migrate_check(d->pg, &err) < 0)
        doctor_say(d, DOCTOR_FAIL, s.database < s.program ? "run jobmill migrate up" : "use the newer program", "%s",
                   err.msg);
    else
        doctor_say(d, DOCTOR_OK, NULL, "version %d", s.database);
}

static void doctor_clock(struct doctor *d)
{
    if (d->clock_s <= 0) {
        doctor_say(d, DOCTOR_WARN, NULL, "not compared without Postgres");
        return;
    }
    double skew = d->server.clock_s - d->clock_s, size = skew < 0 ? -skew : skew;
    doctor_say(d,
               size > 60  ? DOCTOR_FAIL
               : size > 2 ? DOCTOR_WARN
                          : DOCTOR_OK,
               size > 2 ? "set the clocks (NTP) of this machine and of Postgres'" : NULL, "%.3f s apart from Postgres",
               size);
}

/* Fewer partitions than processes leaves processes without work. */
static void doctor_kafka(struct doctor *d)
{
    const char *names[DOCTOR_TOPICS_MAX];
    struct kafka_topic_state topics[DOCTOR_TOPICS_MAX];
    struct err err = {0};
    int n = setup_topics(names, DOCTOR_TOPICS_MAX), missing = 0, leaderless = 0, least = 0;
    for (int i = 0; i < n; i++)
        topics[i] = (struct kafka_topic_state){.name = names[i]};
    const char *brokers = config_str(d->cli->config, CONFIG_KAFKA_BROKERS);
    if (kafka_topics_look(brokers, topics, n, DOCTOR_KAFKA_MS, &err) < 0) {
        doctor_say(d, DOCTOR_FAIL, "start it, or correct kafka.brokers", "%s", err.msg);
        return;
    }
    for (int i = 0; i < n; i++) {
        missing += topics[i].partitions == 0;
        leaderless += topics[i].leaderless;
        if (topics[i].partitions && (!least || topics[i].partitions < least))
            least = topics[i].partitions;
    }
    int most = 0; /* processes of one stage */
    for (int i = 0; d->fleet_there && i < d->fleet.n; i++) {
        int same = 0;
        for (int k = 0; k < d->fleet.n; k++)
            same += strcmp(d->fleet.processes[k].kind, d->fleet.processes[i].kind) == 0;
        if (strcmp(d->fleet.processes[i].kind, FLEET_GATEWAY) != 0 &&
            strcmp(d->fleet.processes[i].kind, FLEET_DISPATCHER) != 0)
            most = MAX(most, same);
    }
    if (missing)
        doctor_say(d, DOCTOR_FAIL, "run jobmill migrate up", "%s answers, but %d of %d topics are missing", brokers,
                   missing, n);
    else if (leaderless)
        doctor_say(d, DOCTOR_FAIL, "look at the brokers' logs", "%d partitions have no leader", leaderless);
    else if (most > least)
        doctor_say(d, DOCTOR_WARN, "make more partitions, or scale down",
                   "%d partitions for %d processes of one kind: some get no work", least, most);
    else
        doctor_say(d, DOCTOR_OK, NULL, "%s, %d topics, at least %d partitions each", brokers, n, least);
}

static void doctor_redis(struct doctor *d)
{
    struct err err = {0};
    const struct config *c = d->cli->config;
    const char *host = config_str(c, CONFIG_REDIS_HOST);
    int port = (int)config_int(c, CONFIG_REDIS_PORT);
    if (net_redis_ping(host, port, config_str(c, CONFIG_REDIS_PASSWORD), DOCTOR_NET_MS, &err) < 0)
        doctor_say(d, DOCTOR_FAIL, "start it, or correct redis.host, redis.port and JOBMILL_REDIS_PASSWORD_FILE", "%s",
                   err.msg);
    else
        doctor_say(d, DOCTOR_OK, NULL, "%s:%d", host, port);
}

static void doctor_fleet(struct doctor *d)
{
    int ill = 0, restarts = 0;
    if (!d->fleet_there) {
        doctor_say(d, DOCTOR_WARN, "start it: jobmill up --detach", "no supervisor runs in %s", d->cli->run_dir);
        return;
    }
    control_fleet_ask(d->cli, &d->fleet);
    for (int i = 0; i < d->fleet.n; i++) {
        const struct control_process *p = &d->fleet.processes[i];
        bool gateway = strcmp(p->kind, FLEET_GATEWAY) == 0; /* asked over HTTP by the next check */
        ill += strcmp(p->state, "up") != 0 || (!p->answered && !gateway);
        restarts += (int)p->restarts;
    }
    if (ill)
        doctor_say(d, DOCTOR_FAIL, "jobmill status shows which; logs are in run.dir/log",
                   "%d of %d processes are not up", ill, d->fleet.n);
    else
        doctor_say(d, DOCTOR_OK, NULL, "%d processes up, %d restarts", d->fleet.n, restarts);
}

static void doctor_gateway(struct doctor *d)
{
    struct api api;
    struct api_reply r = {.status = 0};
    struct err err = {0};
    if (api_open(&api, d->cli, &err) < 0) {
        doctor_say(d, err.code == ERR_UNAVAILABLE ? DOCTOR_WARN : DOCTOR_FAIL,
                   "jobmill up --detach, or give client.url and JOBMILL_CLIENT_API_KEY_FILE", "%s", err.msg);
        return;
    }
    if (!probe_gateway(api.base, DOCTOR_NET_MS))
        doctor_say(d, DOCTOR_FAIL, "look at run.dir/log/gateway-1.log", "%s/readyz does not say ready", api.base);
    else if (api_get(&api, &r, &err, "/api/v1/users?page_size=1") < 0)
        doctor_say(d, DOCTOR_FAIL,
                   err.code == ERR_UNAUTHORIZED ? "run jobmill migrate up, or give the right key" : NULL,
                   "%s answers, but: %s", api.base, err.msg);
    else
        doctor_say(d, DOCTOR_OK, NULL, "%s is ready and takes the key", api.base);
    api_reply_fini(&r);
    api_close(&api);
}

static void doctor_key_file(struct doctor *d)
{
    char path[FILES_PATH_BYTES];
    struct stat st;
    if (cli_path(d->cli, SETUP_KEY_FILE, path, NULL) < 0 || stat(path, &st) < 0)
        doctor_say(d, *config_str(d->cli->config, CONFIG_API_KEY) ? DOCTOR_OK : DOCTOR_WARN, NULL,
                   "no key file in run.dir");
    else if (st.st_mode & 077)
        doctor_say(d, DOCTOR_FAIL, "chmod 600 it", "%.200s can be read by others", path);
    else
        doctor_say(d, DOCTOR_OK, NULL, "%.200s", path);
}

static void doctor_disk(struct doctor *d)
{
    struct statvfs v;
    if (statvfs(d->cli->run_dir, &v) < 0 && statvfs(".", &v) < 0) {
        doctor_say(d, DOCTOR_WARN, NULL, "cannot look: %s", strerror(errno));
        return;
    }
    long long left = (long long)v.f_bavail * (long long)v.f_frsize;
    doctor_say(d,
               left < DOCTOR_DISK_FAIL   ? DOCTOR_FAIL
               : left < DOCTOR_DISK_WARN ? DOCTOR_WARN
                                         : DOCTOR_OK,
               left < DOCTOR_DISK_WARN ? "make room" : NULL, "%.1f GB free where run.dir is", (double)left / 1e9);
}

static void doctor_files(struct doctor *d)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        doctor_say(d, DOCTOR_WARN, NULL, "cannot look: %s", strerror(errno));
        return;
    }
    bool few = limit.rlim_max < DOCTOR_FILES_WARN;
    doctor_say(d,
               limit.rlim_max < DOCTOR_FILES_FAIL ? DOCTOR_FAIL
               : few                              ? DOCTOR_WARN
                                                  : DOCTOR_OK,
               few ? "raise the hard limit (LimitNOFILE, limits.conf) for many connections" : NULL,
               "%llu for a process", (unsigned long long)limit.rlim_max);
}

static void doctor_report(struct doctor *d, const char *name)
{
    static const char *const words[] = {"ok", "warn", "FAIL"};
    if (d->cli->json) {
        struct buf b;
        buf_init(&b, 8192);
        buf_addf(&b, "{\"check\":\"%s\",\"verdict\":\"%s\",\"text\":", name,
                 d->verdict == DOCTOR_FAIL ? "fail" : words[d->verdict]);
        buf_add_json(&b, d->text, strlen(d->text));
        buf_adds(&b, ",\"todo\":");
        buf_add_json(&b, d->todo, strlen(d->todo));
        buf_addc(&b, '}');
        cli_print(&b);
        buf_fini(&b);
        return;
    }
    printf("%-4s  %-14s %s%s%s\n", words[d->verdict], name, d->text, *d->todo ? " -> " : "", d->todo);
    fflush(stdout);
}

struct doctor_providers {
    struct doctor *d;
    bool bad;
};

static void doctor_provider(void *ud, const struct provider_check *check)
{
    struct doctor_providers *p = ud;
    doctor_say(p->d, check->ok ? DOCTOR_OK : DOCTOR_FAIL, NULL, "%s%s%s%s", check->sentence,
               *check->used_by ? " (" : "", check->used_by, *check->used_by ? ")" : "");
    doctor_report(p->d, check->model);
    p->bad |= !check->ok;
}

static int doctor_providers(struct cli *cli, struct doctor *d)
{
    struct doctor_providers p = {.d = d};
    struct err err = {0};
    uint64_t timeout_ms;
    if (cli_duration_ms(cli, "timeout", &timeout_ms, &err) < 0)
        return cli_fail(&err);
    if (providers_check(cli->config, timeout_ms ? timeout_ms : DOCTOR_PROVIDER_MS, doctor_provider, &p) == 0) {
        doctor_say(d, DOCTOR_OK, NULL, "every stage is offline: no provider is called");
        doctor_report(d, "providers");
    }
    return p.bad ? CLI_FAILED : CLI_OK;
}

int cmd_doctor(struct cli *cli)
{
    static const struct {
        const char *name;
        void (*look)(struct doctor *d);
    } checks[] = {{"configuration", doctor_config}, {"master key", doctor_master_key}, {"postgres", doctor_postgres},
                  {"pgvector", doctor_vector},      {"schema", doctor_schema},         {"clock", doctor_clock},
                  {"kafka", doctor_kafka},          {"redis", doctor_redis},           {"fleet", doctor_fleet},
                  {"gateway", doctor_gateway},      {"api key", doctor_key_file},      {"disk", doctor_disk},
                  {"open files", doctor_files}};
    struct doctor *d = calloc(1, sizeof(*d));
    if (!d)
        return CLI_FAILED;
    d->cli = cli;
    if (cli_switch(cli, "providers")) {
        int rc = doctor_providers(cli, d);
        free(d);
        return rc;
    }
    d->fleet_there = control_fleet_load(cli, &d->fleet, NULL) == 0;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        doctor_say(d, DOCTOR_OK, NULL, "%s", "");
        checks[i].look(d);
        doctor_report(d, checks[i].name);
        d->worst = MAX(d->worst, d->verdict);
    }
    int code = d->worst == DOCTOR_FAIL ? CLI_FAILED : CLI_OK;
    pg_sync_close(d->pg);
    free(d);
    return code;
}
