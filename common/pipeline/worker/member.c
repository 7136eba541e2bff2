/* The heartbeat is the lease of everything the process holds. It is renewed every worker.heartbeat; when the store says
 * that the row was declared lost, all leases under the old id are void (their tokens moved on), so the member goes on
 * under a new id. */
#include "pipeline/worker/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/version.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/metrics.h"
#include "io/control/server.h"
#include "io/http/ops.h"
#include "io/pg/pg_sync.h"
#include "pipeline/store/migrate.h"
#include "pipeline/store/workers.h"

#define MEMBER_FLUSH_MS   2000
#define PRODUCE_LINGER_MS 1 /* the tasks that one statement released go out in one request */
#define MEMBER_BEAT_LATE_MS                                                                                            \
    5000 /* without a committed heartbeat for so long, Postgres does not work for us, whatever its connections say */

struct member {
    struct daemon *daemon;
    struct member_spec spec;
    struct uuid worker_id;
    struct pg_pool *pool;
    struct pg_pool *beats; /* one connection for the row alone: nothing that takes long stands before a heartbeat */
    struct kafka_producer *producer;
    struct redis *redis;
    struct outbox *outbox;
    struct http_ops *ops;
    struct control_server *control;
    struct loop_timer *beat;
    uint64_t beat_ms; /* when the last heartbeat was committed; 0: not yet */
    bool beating;     /* one renewal at a time */
    bool stopping;
    bool leaving;
    uint64_t started_at_us;
    loop_fn *left;
    void *left_ud;
};

const struct uuid *member_worker_id(const struct member *m)
{
    return &m->worker_id;
}

struct pg_pool *member_pool(struct member *m)
{
    return m->pool;
}

struct kafka_producer *member_producer(struct member *m)
{
    return m->producer;
}

struct redis *member_redis(struct member *m)
{
    return m->redis;
}

struct outbox *member_outbox(struct member *m)
{
    return m->outbox;
}

struct daemon *member_daemon(struct member *m)
{
    return m->daemon;
}

bool member_stopping(const struct member *m)
{
    return m->stopping;
}

void member_stop(struct member *m)
{
    m->stopping = true;
}

static int member_ask(const struct member *m, int (*fn)(void *))
{
    return fn ? fn(m->spec.ud) : 0;
}

static void member_beat_done(void *ud, bool alive, const struct err *err)
{
    struct member *m = ud;
    m->beating = false;
    if (m->leaving)
        return;
    if (err) {
        log_warn(NULL, "heartbeat: %s, trying again", err->msg);
        return;
    }
    m->beat_ms = clock_mono_ms();
    if (alive) {
        metrics_set(METRICS_HEARTBEAT, (double)clock_wall_us() / 1e6, NULL);
        if (m->spec.beat)
            m->spec.beat(m->spec.ud);
        return;
    }
    log_warn(NULL, "this process was declared lost; it goes on under a new id and drops what it held");
    m->worker_id = ids_uuid();
    if (m->spec.lost)
        m->spec.lost(m->spec.ud);
}

static void member_beat(void *ud)
{
    struct member *m = ud;
    if (m->beating || m->leaving)
        return;
    m->beating = true;
    struct worker_row row = {.worker_id = m->worker_id,
                             .kind = m->spec.kind,
                             .instance = daemon_instance(m->daemon),
                             .address = m->control ? control_server_url(m->control) : "",
                             .version = JOBMILL_VERSION,
                             .ops_port = m->ops ? http_ops_port(m->ops) : m->spec.ops_port,
                             .pid = (int)getpid(),
                             .in_flight = member_ask(m, m->spec.in_flight),
                             .concurrency = member_ask(m, m->spec.concurrency),
                             .done = m->spec.done ? m->spec.done(m->spec.ud) : 0};
    workers_beat(m->beats, &row, member_beat_done, m);
}

bool member_postgres_works(const struct member *m)
{
    uint64_t late_ms = MAX(MEMBER_BEAT_LATE_MS, 4 * (uint64_t)config_int(daemon_config(m->daemon), CONFIG_HEARTBEAT));
    return pg_pool_ready(m->pool) && (m->beat_ms == 0 || clock_mono_ms() - m->beat_ms < late_ms);
}

static size_t member_checks(void *ud, struct http_check *out, size_t max)
{
    struct member *m = ud;
    size_t n = 0;
    if (max < 4)
        return 0;
    out[n++] = (struct http_check){.name = "postgres", .ok = member_postgres_works(m), .critical = true};
    out[n++] = (struct http_check){.name = "kafka", .ok = kafka_producer_connected(m->producer), .critical = true};
    out[n++] = (struct http_check){.name = "redis", .ok = redis_ready(m->redis), .critical = false};
    if (m->spec.extra_check) {
        char detail[64] = "";
        struct http_check c = {.name = m->spec.kind, .critical = true};
        c.ok = m->spec.extra_check(m->spec.ud, detail);
        snprintf(c.detail, sizeof(c.detail), "%s", detail);
        out[n++] = c;
    }
    return n;
}

static bool member_is_stopping(void *ud)
{
    return ((struct member *)ud)->stopping;
}

static void member_control(void *ud, struct control_exchange *x, const struct control_request *q)
{
    struct member *m = ud;
    struct err err;
    if (q->verb == CONTROL_SET) {
        if (config_set(daemon_config(m->daemon), q->key, q->value, &err) < 0) {
            control_answer_error(x, "%s", err.msg);
            return;
        }
        log_level_set((enum log_level)MAX(0, log_level_parse(config_str(daemon_config(m->daemon), CONFIG_LOG_LEVEL))));
        if (m->spec.setting)
            m->spec.setting(m->spec.ud);
    } else if (q->verb != CONTROL_PING && q->verb != CONTROL_STATS && q->verb != CONTROL_DRAIN) {
        control_answer_error(x, "a %s does not know %s", m->spec.kind, control_verb_name(q->verb));
        return;
    }
    struct control_reply r = {.ok = true,
                              .in_flight = (uint32_t)member_ask(m, m->spec.in_flight),
                              .concurrency = (uint32_t)member_ask(m, m->spec.concurrency),
                              .ops_port = (uint32_t)(m->ops ? http_ops_port(m->ops) : m->spec.ops_port),
                              .pid = (uint32_t)getpid(),
                              .started_at_us = m->started_at_us};
    uuid_format(&m->worker_id, r.worker_id);
    snprintf(r.kind, sizeof(r.kind), "%s", m->spec.kind);
    snprintf(r.instance, sizeof(r.instance), "%s", daemon_instance(m->daemon));
    snprintf(r.version, sizeof(r.version), "%s", JOBMILL_VERSION);
    snprintf(r.state, sizeof(r.state), "%s",
             m->stopping              ? "draining"
             : pg_pool_ready(m->pool) ? "running"
                                      : "no postgres");
    struct buf text;
    buf_init(&text, CONTROL_TEXT_MAX_BYTES);
    if (q->verb == CONTROL_STATS) {
        metrics_render(&text);
        r.text = (char *)(uintptr_t)buf_str(&text);
    }
    control_answer(x, &r);
    buf_fini(&text);
    if (q->verb == CONTROL_DRAIN)
        daemon_stop(m->daemon);
}

struct pg_options member_pg_options(struct member *m)
{
    const struct config *c = daemon_config(m->daemon);
    const char *user = config_str(c, CONFIG_PG_USER);
    return (struct pg_options){.host = config_str(c, CONFIG_PG_HOST),
                               .port = (int)config_int(c, CONFIG_PG_PORT),
                               .db = config_str(c, CONFIG_PG_DB),
                               .user = user[0] ? user : m->spec.pg_role,
                               .password = config_str(c, CONFIG_PG_PASSWORD),
                               .application_name = daemon_instance(m->daemon),
                               .connections = (int)config_int(c, CONFIG_PG_CONNECTIONS),
                               .queue_max = (int)config_int(c, CONFIG_PG_QUEUE_MAX)};
}

/* A wrong schema ends the start; a Postgres that is away does not: the pool keeps trying. */
static int member_schema_check(struct member *m, struct err *err)
{
    struct pg_options opt = member_pg_options(m);
    _cleanup_(pg_sync_closep)
    struct pg_sync *sync = pg_sync_open(&opt, err);
    if (!sync) {
        if (err->code != ERR_UNAVAILABLE)
            return -(int)err->code;
        log_warn(NULL, "%s, waiting for it", err->msg);
        return 0;
    }
    return migrate_check(sync, err);
}

static int member_open(struct member *m, struct err *err)
{
    struct daemon *d = m->daemon;
    const struct config *c = daemon_config(d);
    struct loop *l = daemon_loop(d);
    int rc = member_schema_check(m, err);
    if (rc < 0)
        return rc;
    struct pg_options opt = member_pg_options(m);
    m->pool = pg_pool_new(l, &opt);
    opt.connections = 1;
    m->beats = pg_pool_new(l, &opt);
    struct redis_options ropt = {.host = config_str(c, CONFIG_REDIS_HOST),
                                 .port = (int)config_int(c, CONFIG_REDIS_PORT),
                                 .password = config_str(c, CONFIG_REDIS_PASSWORD)};
    m->redis = redis_new(l, &ropt);
    struct kafka_producer_options kopt = {.brokers = config_str(c, CONFIG_KAFKA_BROKERS),
                                          .client_id = daemon_instance(d),
                                          .linger_ms = PRODUCE_LINGER_MS};
    if ((rc = kafka_producer_new(l, &kopt, &m->producer, err)) < 0)
        return rc;
    m->outbox = outbox_new(m->producer, m->redis);
    if (!m->spec.no_ops) {
        struct http_ops_spec ops = {.service = m->spec.kind,
                                    .instance = daemon_instance(d),
                                    .checks = member_checks,
                                    .ud = m,
                                    .stopping = member_is_stopping};
        m->ops = http_ops_new(l, config_str(c, CONFIG_OPS_HOST), (uint16_t)config_int(c, CONFIG_OPS_PORT), &ops, err);
        if (!m->ops)
            return -(int)err->code;
    }
    char url[CONTROL_URL_BYTES];
    rc = control_server_new(l, control_url_make(config_str(c, CONFIG_RUN_DIR), daemon_instance(d), url), member_control,
                            m, &m->control, err);
    if (rc < 0)
        return rc;
    m->beat = loop_timer_new(l, member_beat, m);
    loop_timer_start(m->beat, 1, (uint64_t)config_int(c, CONFIG_HEARTBEAT));
    return 0;
}

int member_new(struct daemon *d, const struct member_spec *spec, struct member **ret, struct err *err)
{
    struct member *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->daemon = d;
    m->spec = *spec;
    m->worker_id = ids_uuid();
    m->started_at_us = clock_wall_us();
    metrics_set(METRICS_BUILD_INFO, 1, spec->kind, JOBMILL_VERSION, NULL);
    int rc = member_open(m, err);
    if (rc < 0) {
        member_free(m);
        return rc;
    }
    *ret = m;
    return 0;
}

static void member_left(void *ud, const struct pg_reply *reply UNUSED, const struct err *err UNUSED)
{
    struct member *m = ud;
    kafka_producer_flush(m->producer, MEMBER_FLUSH_MS);
    m->left(m->left_ud);
}

void member_leave(struct member *m, loop_fn *done, void *ud)
{
    m->leaving = true;
    m->left = done;
    m->left_ud = ud;
    loop_timer_stop(m->beat);
    workers_leave(m->beats, &m->worker_id, member_left, m); /* behind the heartbeat that may be out */
}

void member_free(struct member *m)
{
    if (!m)
        return;
    m->leaving = true;
    loop_timer_free(m->beat);
    control_server_free(m->control);
    http_ops_free(m->ops);
    outbox_free(m->outbox);
    kafka_producer_free(m->producer);
    redis_free(m->redis);
    pg_pool_free(m->beats);
    pg_pool_free(m->pool);
    free(m);
}
