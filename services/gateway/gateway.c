/* Start and end. Ending: the event streams and waiting requests end (their clients come back elsewhere), what runs gets
 * `worker.drain`, then the row leaves, Kafka is flushed, Postgres closes.
 *
 *     start -> serving --stop--> closing (HTTP drains) --done--> leaving (row removed, Kafka flushed) --> done
 */
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/clock.h"
#include "core/log.h"
#include "gateway/hub.h"
#include "gateway/imports.h"
#include "gateway/keyring.h"
#include "gateway/upload.h"

#define GATEWAY_ARENA_MAX_BYTES                                                                                        \
    ((size_t)48 << 20) /* of one request: a posting of 1 MiB as JSON tree, a page of documents */

void gateway_publish(struct gateway *g, const struct pg_rows *changes)
{
    outbox_changes(g->outbox, changes, NULL, NULL);
}

static int gateway_in_flight(void *ud)
{
    struct gateway *g = ud;
    return g->server ? (int)http_server_connections(g->server) : 0;
}

static int gateway_concurrency(void *ud)
{
    return (int)config_int(((struct gateway *)ud)->config, CONFIG_HTTP_CONNECTIONS_MAX);
}

static void gateway_beaten(void *ud)
{
    ((struct gateway *)ud)->registered = true;
}

/* Uploads under the old row fail at their next chunk. */
static void gateway_lost(void *ud)
{
    ((struct gateway *)ud)->registered = false;
}

static bool gateway_registered(void *ud, char detail[64])
{
    bool ok = ((struct gateway *)ud)->registered;
    if (!ok)
        snprintf(detail, 64, "no row in workers yet");
    return ok;
}

/* The checks on the API's own port: the same as on the operations port. */
static size_t gateway_checks(void *ud, struct http_check *out, size_t max)
{
    struct gateway *g = ud;
    const struct http_check checks[] = {
        {.name = "postgres", .ok = member_postgres_works(g->member), .critical = true},
        {.name = "gateway", .ok = g->registered, .critical = true},
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

bool gateway_ops_handle(struct gateway *g, struct http_request *req)
{
    const struct http_ops_spec spec = {.service = "gateway",
                                       .instance = daemon_instance(g->daemon),
                                       .checks = gateway_checks,
                                       .ud = g,
                                       .stopping = gateway_stopping};
    return http_ops_handle(&spec, req);
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
    g->server = http_server_new(g->loop, &http, err);
    if (!g->server)
        return -(int)err->code;
    log_info(NULL, "listening on %s port %u", config_str(c, CONFIG_HTTP_HOST), http_server_port(g->server));
    return 0;
}

static int gateway_join(struct gateway *g, struct err *err)
{
    const struct member_spec spec = {
        .kind = "gateway",
        .pg_role = "jobmill_gateway",
        .ud = g,
        .in_flight = gateway_in_flight,
        .concurrency = gateway_concurrency,
        .lost = gateway_lost,
        .extra_check = gateway_registered,
        .beat = gateway_beaten,
    };
    int rc = member_new(g->daemon, &spec, &g->member, err);
    if (rc < 0)
        return rc;
    g->pool = member_pool(g->member);
    g->producer = member_producer(g->member);
    g->redis = member_redis(g->member);
    g->outbox = member_outbox(g->member);
    return 0;
}

static int64_t gateway_today(void)
{
    time_t now = (time_t)(clock_wall_us() / 1000000);
    struct tm tm;
    gmtime_r(&now, &tm);
    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
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
    int rc = seal_master_parse(str_of(config_str(g->config, CONFIG_MASTER_KEY)), &g->master, err);
    if (rc < 0)
        return rc;
    rc = gateway_join(g, err);
    if (rc < 0)
        return rc;
    struct err unread; /* estimates are a courtesy: a fleet without them still works */
    if (estimator_init(&g->estimator, g->config, gateway_today(), &unread) < 0)
        log_warn(NULL, "submissions are not priced beforehand: %s", unread.msg);
    g->keys = keyring_new();
    g->hub = hub_new(g->loop, g->pool, g->redis);
    g->uploads = uploads_new(g);
    g->imports = imports_new(g);
    return gateway_listen(g, err);
}

static void gateway_left(void *ud)
{
    daemon_done(((struct gateway *)ud)->daemon, 0);
}

static void gateway_closed(void *ud)
{
    struct gateway *g = ud;
    g->server = NULL;
    member_leave(g->member, gateway_left, g);
}

void gateway_stop(struct daemon *d UNUSED, void *state)
{
    struct gateway *g = state;
    g->stopping = true;
    member_stop(g->member);
    hub_stop(g->hub);
    http_server_close(g->server, gateway_closed, g);
}

void gateway_free(void *state)
{
    struct gateway *g = state;
    if (!g)
        return;
    if (g->server) /* the start failed, or the loop ended without a stop */
        http_server_kill(g->server, NULL, NULL);
    g->closed = true;
    if (g->hub)
        hub_stop(g->hub);
    member_free(g->member);
    uploads_free(g->uploads);
    imports_free(g->imports);
    hub_free(g->hub);
    keyring_free(g->keys);
    seal_key_fini(&g->master);
    free(g);
}
