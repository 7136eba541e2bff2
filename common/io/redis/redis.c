/* The pair of connections. A tick ends a connection that does not answer and keeps the subscriber's heart beating; the
 * pump runs callbacks that must not run inside the call that caused them. */
#include "io/redis/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_TICK_MS    250
#define REDIS_BEAT_TICKS 4

static void redis_destroy(struct redis *r)
{
    map_free(r->by_name);
    free(r->host);
    free(r->password);
    free(r);
}

static void redis_pump(void *ud)
{
    struct redis *r = ud;
    if (r->closed) {
        redis_destroy(r);
        return;
    }
    r->pumping = false;
    redis_commands_fail_due(r);
    redis_channels_tell(r);
}

void redis_pump_later(struct redis *r)
{
    if (r->pumping)
        return;
    r->pumping = true;
    loop_defer(r->loop, redis_pump, r);
}

bool redis_ready(const struct redis *r)
{
    return r->command.state == REDIS_LINK_READY && r->subscriber.state == REDIS_LINK_READY;
}

void redis_show_ready(struct redis *r)
{
    metrics_series_set(r->m_connected, redis_ready(r));
}

static void redis_tick(void *ud)
{
    struct redis *r = ud;
    redis_link_check(&r->command, REDIS_TICK_MS);
    redis_link_check(&r->subscriber, REDIS_TICK_MS);
    if (++r->ticks % REDIS_BEAT_TICKS == 0)
        redis_channels_beat(r);
}

struct redis *redis_new(struct loop *l, const struct redis_options *opt)
{
    struct redis *r = calloc(1, sizeof(*r));
    char *host = strdup(opt->host && *opt->host ? opt->host : "127.0.0.1");
    char *password = strdup(opt->password ? opt->password : "");
    if (!r || !host || !password) {
        fputs("redis: out of memory\n", stderr);
        abort();
    }
    *r = (struct redis){
        .loop = l,
        .host = host,
        .password = password,
        .port = opt->port > 0 ? opt->port : 6379,
        .outstanding_max = opt->outstanding_max > 0 ? opt->outstanding_max : 4096,
        .timeout_ms = opt->timeout_ms > 0 ? opt->timeout_ms : 2000,
        .by_name = map_new(REDIS_SUBSCRIPTIONS_MAX * 2),
        .m_connected = metrics_series(METRICS_REDIS_CONNECTED, NULL),
        .m_sent = metrics_series(METRICS_REDIS_PUBLISHED, "sent", NULL),
        .m_dropped = metrics_series(METRICS_REDIS_PUBLISHED, "dropped", NULL),
        .m_failed = metrics_series(METRICS_REDIS_PUBLISHED, "failed", NULL),
    };
    list_init(&r->channels);
    list_init(&r->due);
    list_init(&r->failed);
    redis_show_ready(r);
    r->tick = loop_timer_new(l, redis_tick, r);
    loop_timer_start(r->tick, REDIS_TICK_MS, REDIS_TICK_MS);
    redis_link_init(&r->command, r, false);
    redis_link_init(&r->subscriber, r, true);
    redis_link_start(&r->command);
    redis_link_start(&r->subscriber);
    return r;
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    r->closed = true;
    bool pumping = r->pumping;
    r->pumping = true; /* nothing new is put off */
    loop_timer_free(r->tick);
    redis_link_fini(&r->command);
    redis_link_fini(&r->subscriber);
    redis_commands_fail_due(r);
    redis_channels_free(r);
    if (!pumping) /* else the pump does it */
        redis_destroy(r);
}
