/* One hiredis connection on the loop.
 *
 *   DOWN --start--> CONNECTING --connected--> GREETING --answered--> READY
 *    ^                   |                        |                    |
 *    +-------------------+------------------------+--------------------+   lost: backoff, then start again
 *
 * The greeting is AUTH when there is a password, then PING (commands) or the first SUBSCRIBE (subscriptions): a server
 * that is still loading refuses, and the connection counts as lost.
 *
 * hiredis frees its context by itself after an error: every path ends in redis_link_gone(), which forgets the context.
 * hiredis then calls the callbacks of pending commands with a NULL reply before that; by the flags of the context
 * redis_link_usable() is false there. */
#include "io/redis/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/backoff.h"
#include "core/ids.h"
#include "core/log.h"

#define REDIS_CONNECT_TIMEOUT_MS 5000

static const struct backoff redis_backoff = {.base_ms = 100, .max_ms = 5000};

static void redis_link_timed(void *ud);

void redis_link_init(struct redis_link *k, struct redis *r, bool subscriber)
{
    *k = (struct redis_link){.r = r, .subscriber = subscriber, .timer = loop_timer_new(r->loop, redis_link_timed, k)};
}

bool redis_link_usable(const struct redis_link *k)
{
    return k->ac && k->state >= REDIS_LINK_GREETING && !k->ac->err &&
           !(k->ac->c.flags & (REDIS_DISCONNECTING | REDIS_FREEING));
}

void redis_link_sent(struct redis_link *k)
{
    if (k->outstanding++ == 0)
        k->silent_ms = 0;
}

void redis_link_answered(struct redis_link *k)
{
    k->outstanding--;
    k->silent_ms = 0;
}

/* ---- the end ---- */

static void redis_link_gone(struct redis_link *k, const char *why)
{
    if (k->state == REDIS_LINK_DOWN)
        return;
    k->state = REDIS_LINK_DOWN;
    k->ac = NULL;
    k->outstanding = 0;
    if (k->subscriber)
        redis_channels_unwire(k->r);
    redis_show_ready(k->r);
    if (k->r->closed)
        return;
    if (k->attempt++ == 0)
        log_warn(NULL, "Redis connection (%s) lost: %s", k->subscriber ? "subscriptions" : "commands", why);
    loop_timer_start(k->timer, backoff_delay_ms(redis_backoff, k->attempt, ids_random01()), 0);
    redis_pump_later(k->r);
}

void redis_link_drop(struct redis_link *k, const char *why)
{
    redisAsyncContext *ac = k->ac;
    if (!ac)
        return;
    redisAsyncFree(ac); /* calls back for what is pending, and on_disconnect when it was connected */
    redis_link_gone(k, why);
}

void redis_link_fini(struct redis_link *k)
{
    redis_link_drop(k, "closed");
    loop_timer_free(k->timer);
    k->timer = NULL;
}

static void redis_on_disconnect(const redisAsyncContext *ac, int status)
{
    redis_link_gone(ac->data, status == REDIS_OK ? "closed" : ac->errstr);
}

/* ---- the adapter ---- */

static void redis_link_io(void *ud, int events)
{
    struct redis_link *k = ud;
    redisAsyncContext *ac = k->ac;
    if (events & (LOOP_READ | LOOP_ERROR))
        redisAsyncHandleRead(ac);
    if ((events & LOOP_WRITE) && k->ac == ac)
        redisAsyncHandleWrite(ac);
    if ((events & LOOP_ERROR) && k->ac == ac)
        redis_link_drop(k, "socket error");
}

static void redis_ev_set(struct redis_link *k, int events)
{
    if (!k->poll || k->events == events)
        return;
    k->events = events;
    loop_poll_set(k->poll, events);
}

static void redis_ev_add_read(void *ud)
{
    struct redis_link *k = ud;
    redis_ev_set(k, k->events | LOOP_READ);
}

static void redis_ev_del_read(void *ud)
{
    struct redis_link *k = ud;
    redis_ev_set(k, k->events & ~LOOP_READ);
}

static void redis_ev_add_write(void *ud)
{
    struct redis_link *k = ud;
    redis_ev_set(k, k->events | LOOP_WRITE);
}

static void redis_ev_del_write(void *ud)
{
    struct redis_link *k = ud;
    redis_ev_set(k, k->events & ~LOOP_WRITE);
}

static void redis_ev_cleanup(void *ud)
{
    struct redis_link *k = ud;
    loop_poll_free(k->poll);
    k->poll = NULL;
    k->events = 0;
}

/* ---- the beginning ---- */

void redis_link_greeted(struct redis_link *k)
{
    if (k->state != REDIS_LINK_GREETING)
        return;
    loop_timer_stop(k->timer);
    k->state = REDIS_LINK_READY;
    if (k->attempt)
        log_info(NULL, "Redis connection (%s) is back", k->subscriber ? "subscriptions" : "commands");
    k->attempt = 0;
    redis_show_ready(k->r);
}

static void redis_on_auth(redisAsyncContext *ac, void *reply, void *ud)
{
    (void)ud;
    struct redis_link *k = ac->data;
    const redisReply *v = reply;
    redis_link_answered(k);
    if (v && v->type == REDIS_REPLY_ERROR && !k->attempt)
        log_warn(NULL, "Redis does not accept the password");
}

static void redis_on_ping(redisAsyncContext *ac, void *reply, void *ud)
{
    (void)ud;
    struct redis_link *k = ac->data;
    const redisReply *v = reply;
    redis_link_answered(k);
    if (!v)
        return;
    if (v->type == REDIS_REPLY_ERROR)
        redisAsyncDisconnect(ac); /* loading, or no password: later */
    else
        redis_link_greeted(k);
}

static void redis_on_connect(const redisAsyncContext *ac, int status)
{
    struct redis_link *k = ac->data;
    if (status != REDIS_OK) { /* hiredis frees the context and does not call on_disconnect */
        redis_link_gone(k, "refused");
        return;
    }
    k->state = REDIS_LINK_GREETING;
    redisEnableKeepAlive(&k->ac->c);
    if (*k->r->password) {
        redis_link_sent(k);
        redisAsyncCommand(k->ac, redis_on_auth, NULL, "AUTH %s", k->r->password);
    }
    if (k->subscriber) {
        redis_channels_wire(k->r);
    } else {
        redis_link_sent(k);
        redisAsyncCommand(k->ac, redis_on_ping, NULL, "PING");
    }
}

void redis_link_start(struct redis_link *k)
{
    struct redis *r = k->r;
    k->state = REDIS_LINK_CONNECTING;
    k->ac = r->host[0] == '/' ? redisAsyncConnectUnix(r->host) : redisAsyncConnect(r->host, r->port);
    if (!k->ac || k->ac->err) {
        char why[128];
        snprintf(why, sizeof(why), "%s", k->ac ? k->ac->errstr : "out of memory");
        if (k->ac)
            redisAsyncFree(k->ac);
        redis_link_gone(k, why);
        return;
    }
    k->ac->data = k;
    k->poll = loop_poll_new(r->loop, k->ac->c.fd, redis_link_io, k);
    k->ac->ev.data = k;
    k->ac->ev.addRead = redis_ev_add_read;
    k->ac->ev.delRead = redis_ev_del_read;
    k->ac->ev.addWrite = redis_ev_add_write;
    k->ac->ev.delWrite = redis_ev_del_write;
    k->ac->ev.cleanup = redis_ev_cleanup;
    redisAsyncSetDisconnectCallback(k->ac, redis_on_disconnect);
    loop_timer_start(k->timer, REDIS_CONNECT_TIMEOUT_MS, 0);
    redisAsyncSetConnectCallback(k->ac, redis_on_connect); /* starts to watch */
}

static void redis_link_timed(void *ud)
{
    struct redis_link *k = ud;
    if (k->state == REDIS_LINK_DOWN)
        redis_link_start(k);
    else
        redis_link_drop(k, "no answer while connecting");
}

void redis_link_check(struct redis_link *k, uint32_t tick_ms)
{
    if (k->ac && k->outstanding && (k->silent_ms += tick_ms) > (uint32_t)k->r->timeout_ms)
        redis_link_drop(k, "no answer in time");
}
