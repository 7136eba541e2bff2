/* What the files of io/redis share with each other and nobody else. hiredis is visible only behind this header.
 *
 *   link.c       one connection and the adapter between hiredis and the loop
 *   redis.c      the pair of connections, the tick      command.c    publish, commands, scripts, replies
 *   subscribe.c  channels and subscriptions */
#pragma once

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include "base/list.h"
#include "base/map.h"
#include "core/metrics.h"
#include "io/redis/redis.h"

enum redis_link_state { REDIS_LINK_DOWN, REDIS_LINK_CONNECTING, REDIS_LINK_GREETING, REDIS_LINK_READY };

struct redis_link {
    struct redis *r;
    bool subscriber; /* which of the two it is */
    enum redis_link_state state;
    redisAsyncContext *ac;
    struct loop_poll *poll;
    int events;
    struct loop_timer *timer; /* DOWN: next attempt; CONNECTING and GREETING: give up */
    unsigned attempt;
    int outstanding;    /* commands sent and not answered */
    uint32_t silent_ms; /* counted in ticks since the last answer, so that a pause of this process does not count */
};

struct redis_channel {
    struct list subs;
    int nsubs;       /* alive */
    int pending;     /* SUBSCRIBE and UNSUBSCRIBE sent and not confirmed */
    bool wanted;     /* the last one sent was SUBSCRIBE */
    bool active;     /* confirmed: messages come */
    struct list all; /* in redis.channels */
    size_t name_len;
    char name[REDIS_CHANNEL_BYTES + 1];
};

struct redis_sub {
    struct list link; /* in its channel */
    struct list due;  /* in redis.due: to be told that it is active */
    struct redis_channel *channel;
    struct redis *r;
    redis_message_fn *fn; /* NULL: unsubscribed, to be freed after the dispatch */
    void *ud;
    bool told; /* knows that it is active; messages before that are not for it */
};

/* A command whose sender wants an answer. */
struct redis_cmd {
    struct list link; /* in redis.failed */
    struct redis *r;
    redis_reply_fn *fn;
    void *ud;
    struct err err;
};

struct redis {
    struct loop *loop;
    char *host, *password;
    int port, outstanding_max, timeout_ms;
    struct redis_link command, subscriber;
    struct loop_timer *tick;
    unsigned ticks;
    bool closed, pumping, dispatching, sweep;
    struct map *by_name; /* redis_channel */
    struct list channels;
    int nsubs;
    struct list due;    /* redis_sub */
    struct list failed; /* redis_cmd whose callbacks are due */
    struct metrics_series *m_connected, *m_sent, *m_dropped, *m_failed;
};

/* link.c */
void redis_link_init(struct redis_link *k, struct redis *r, bool subscriber);
void redis_link_fini(struct redis_link *k);
void redis_link_start(struct redis_link *k);
void redis_link_drop(struct redis_link *k, const char *why); /* ends the connection; not from a hiredis callback */
void redis_link_greeted(struct redis_link *k);               /* GREETING -> READY */
bool redis_link_usable(const struct redis_link *k);
void redis_link_sent(struct redis_link *k);
void redis_link_answered(struct redis_link *k);
void redis_link_check(struct redis_link *k, uint32_t tick_ms);

/* redis.c */
void redis_pump_later(struct redis *r);
void redis_show_ready(struct redis *r);

/* subscribe.c */
void redis_channels_wire(struct redis *r);   /* the subscriber connection is new: subscribe all */
void redis_channels_unwire(struct redis *r); /* it is gone */
void redis_channels_beat(struct redis *r);
void redis_channels_tell(struct redis *r);
void redis_channels_free(struct redis *r);

/* command.c */
void redis_commands_fail_due(struct redis *r);
enum err_code redis_error_code(const char *text);
