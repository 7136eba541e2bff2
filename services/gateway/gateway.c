/* Start and end. Ending: the event streams and waiting requests end (their clients come back elsewhere), what runs gets `worker.drain`,
 * then the row leaves, Kafka is flushed, Postgres closes.
 *
 *     start -> serving --stop--> closing (HTTP drains) --done--> leaving (row removed) --answer or 1 s--> done
 */
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/version.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/metrics.h"
#include "gateway/hub.h"
#include "gateway/keyring.h"
#include "gateway/upload.h"

#define GATEWAY_ARENA_MAX_BYTES ((size_t)48 << 20) /* of one request: a posting of 1 MiB as JSON tree, a page of documents */
#define GATEWAY_KAFKA_LINGER_MS 1
#define GATEWAY_FLUSH_MS        2000

static void gateway_beaten(void *ud, bool alive, const struct err *err)
{
    struct gateway *g = ud;
    g->beating = false;
    if (err) {
        log_warn(NULL, "the gateway's row could not be renewed: %s", err->msg);
        return;
    }
    if (!alive) {
        g->worker_id = ids_uuid();
        g->registered = false;
        log_warn(NULL, "the gateway was taken for lost; going on with a new row");
        return;
    }
    g->registered = true;
    metrics_set(METRICS_HEARTBEAT, (double)clock_wall_us() / 1e6, NULL);
}

static void gateway_beat(void *ud)
{
    struct gateway *g = ud;
    if (g->beating || g->stopping || !pg_pool_ready(g->pool))
        return;
    g->beating = true;
    struct worker_row row = {
        .worker_id = g->worker_id,
        .kind = "gateway",
        .instance = daemon_instance(g->daemon),
        .address = "",
        .version = JOBMILL_VERSION,
        .ops_port = http_ops_port(g->ops),
        .pid = (int)getpid(),
        .in_flight = (int)http_server_connections(g->server),
        .concurrency = (int)config_int(g->config, CONFIG_HTTP_CONNECTIONS_MAX),
        .done = 0,
    };
    workers_beat(g->pool, &row, gateway_beaten, g);
}

void gateway_publish(struct gateway *g, const struct pg_rows *changes)
{
    outbox_changes(g->outbox, changes, NULL, NULL);
}

static size_t gateway_checks(void *ud, struct http_check *out, size_t max)
{
    struct gateway *g = ud;
    const struct http_check checks[] = {
        {.name = "postgres", .ok = pg_pool_ready(g->pool), .critical = true},
        {.name = "registered", .ok = g->registered, .critical = true},
        {.name = "kafka", .ok = kafka_producer_connected(g->producer)},
        {.name = "redis", .ok = redis_ready(g->redis)},
    };
    size_t n = MIN(max, ARRAY_LEN(checks));
    memcpy(out, checks, n * sizeof(out[0]));
    return n;
}

static bool gateway_stopping(void *ud)
{
    return ((struct gateway *)ud)->stopping;
}

static struct http_ops_spec gateway_ops_spec(struct gateway *g)
{
    return (struct http_ops_spec){.service = "gateway",
                                  .instance = daemon_instance(g->daemon),
                                  .checks = gateway_checks,
                                  .ud = g,
                                  .stopping = gateway_stopping};
}

bool gateway_ops_handle(struct gateway *g, struct http_request *req)
{
    struct http_ops_spec spec = gateway_ops_spec(g);
    return http_ops_handle(&spec, req);
}

static void gateway_open_systems(struct gateway *g)
{
    struct config *c = g->config;
    const char *user = config_str(c, CONFIG_PG_USER);
    const struct pg_options pg = {
        .host = config_str(c, CONFIG_PG_HOST),
        .port = (int)config_int(c, CONFIG_PG_PORT),
        .db = config_str(c, CONFIG_PG_DB),
        .user = *user ? user : "jobmill_gateway",
        .password = config_str(c, CONFIG_PG_PASSWORD),
        .application_name = daemon_instance(g->daemon),
        .connections = (int)config_int(c, CONFIG_PG_CONNECTIONS),
        .queue_max = (int)config_int(c, CONFIG_PG_QUEUE_MAX),
    };
    const struct redis_options redis = {
        .host = config_str(c, CONFIG_REDIS_HOST),
        .port = (int)config_int(c, CONFIG_REDIS_PORT),
        .password = config_str(c, CONFIG_REDIS_PASSWORD),
    };
    g->pool = pg_pool_new(g->loop, &pg);
    g->redis = redis_new(g->loop, &redis);
}

static int gateway_listen(struct gateway *g, struct err *err)
{
    struct config *c = g->config;
    const struct http_server_options http = {
        .host = config_str(c, CONFIG_HTTP_HOST),
        .port = (uint16_t)config_int(c, CONFIG_HTTP_PORT),
        .reuse_port = true,
        .limits = {.connections_max = (size_t)config_int(c, CONFIG_HTTP_CONNECTIONS_MAX),
                   .arena_max_bytes = GATEWAY_ARENA_MAX_BYTES,
                   .body_max_bytes = (uint64_t)config_int(c, CONFIG_HTTP_BATCH_MAX),
                   .drain_ms = (uint64_t)config_int(c, CONFIG_DRAIN)},
        .handler = gateway_handle,
        .ud = g,
    };
    struct http_ops_spec spec = gateway_ops_spec(g);
    g->ops = http_ops_new(g->loop, config_str(c, CONFIG_OPS_HOST), (uint16_t)config_int(c, CONFIG_OPS_PORT), &spec, err);
    if (!g->ops)
        return -(int)err->code;
    g->server = http_server_new(g->loop, &http, err);
    return g->server ? 0 : -(int)err->code;
}

int gateway_start(struct daemon *d, void **ret_state, struct err *err)
{
    struct gateway *g = calloc(1, sizeof(*g));
    if (!g)
        abort();
    *ret_state = g;
    g->daemon = d;
    g->loop = daemon_loop(d);
    g->config = daemon_config(d);
    g->worker_id = ids_uuid();
    int rc = seal_master_parse(str_of(config_str(g->config, CONFIG_MASTER_KEY)), &g->master, err);
    if (rc < 0) {
        err_prefix(err, "master.key");
        err->code = ERR_CONFIG;
        return rc;
    }
    const struct kafka_producer_options kafka = {.brokers = config_str(g->config, CONFIG_KAFKA_BROKERS),
                                                 .client_id = daemon_instance(d),
                                                 .linger_ms = GATEWAY_KAFKA_LINGER_MS};
    rc = kafka_producer_new(g->loop, &kafka, &g->producer, err);
    if (rc < 0)
        return rc;
    gateway_open_systems(g);
    g->outbox = outbox_new(g->producer, g->redis);
    g->keys = keyring_new();
    g->hub = hub_new(g->loop, g->pool, g->redis);
    g->uploads = uploads_new(g);
    rc = gateway_listen(g, err);
    if (rc < 0)
        return rc;
    g->beat = loop_timer_new(g->loop, gateway_beat, g);
    loop_timer_start(g->beat, 1, (uint64_t)config_int(g->config, CONFIG_HEARTBEAT));
    log_info(NULL, "listening on %s port %u, operations on port %u", config_str(g->config, CONFIG_HTTP_HOST),
             http_server_port(g->server), http_ops_port(g->ops));
    return 0;
}

static void gateway_left(void *ud, const struct pg_reply *reply UNUSED, const struct err *err UNUSED)
{
    struct gateway *g = ud;
    kafka_producer_flush(g->producer, GATEWAY_FLUSH_MS);
    daemon_done(g->daemon, 0);
}

static void gateway_closed(void *ud)
{
    struct gateway *g = ud;
    g->server = NULL;
    workers_leave(g->pool, &g->worker_id, gateway_left, g);
}

void gateway_stop(struct daemon *d UNUSED, void *state)
{
    struct gateway *g = state;
    g->stopping = true;
    loop_timer_stop(g->beat);
    hub_stop(g->hub);
    http_server_close(g->server, gateway_closed, g);
}

void gateway_free(void *state)
{
    struct gateway *g = state;
    if (!g)
        return;
    loop_timer_free(g->beat);
    if (g->server) { /* the start failed, or the loop ended without a stop */
        http_server_kill(g->server, NULL, NULL);
        g->server = NULL;
    }
    http_ops_free(g->ops);
    g->closed = true;
    pg_pool_free(g->pool);
    uploads_free(g->uploads);
    hub_free(g->hub);
    outbox_free(g->outbox);
    kafka_producer_free(g->producer);
    redis_free(g->redis);
    keyring_free(g->keys);
    seal_key_fini(&g->master);
    free(g);
}
