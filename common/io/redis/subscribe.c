/* Channels and their subscriptions.
 *
 * A channel lives while somebody subscribes or an answer from Redis is still due for it. pending counts the unanswered
 * SUBSCRIBE and UNSUBSCRIBE; only when it is 0 and the last one was SUBSCRIBE is the channel active, so that a quick
 * unsubscribe and subscribe cannot be mistaken for each other's answers. Becoming active is told to every subscription:
 * messages before may be missing.
 *
 * One channel of our own is always subscribed: hiredis 0.14 aborts when the last subscription ends while another is on
 * its way. It also shows that the connection lives: subscribing it again is answered at once.
 *
 * While messages are handed out, subscriptions that end are only marked; they and empty channels are swept after it. */
#include "io/redis/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REDIS_OWN_CHANNEL "jobmill:alive"

/* ---- memory ---- */

static void redis_channel_free(struct redis *r, struct redis_channel *ch)
{
    map_remove(r->by_name, ch->name, ch->name_len);
    list_remove(&ch->all);
    free(ch);
}

static void redis_sub_dispose(struct redis_sub *s)
{
    list_remove(&s->link);
    list_remove(&s->due);
    free(s);
}

static void redis_channel_sweep(struct redis *r, struct redis_channel *ch)
{
    list_for_each_safe (node, &ch->subs) {
        struct redis_sub *s = CONTAINER_OF(node, struct redis_sub, link);
        if (!s->fn)
            redis_sub_dispose(s);
    }
    if (ch->nsubs == 0 && ch->pending == 0 && !ch->active)
        redis_channel_free(r, ch);
}

static void redis_channels_sweep(struct redis *r)
{
    if (!r->sweep || r->dispatching)
        return;
    r->sweep = false;
    list_for_each_safe (node, &r->channels)
        redis_channel_sweep(r, CONTAINER_OF(node, struct redis_channel, all));
}

void redis_channels_free(struct redis *r)
{
    list_for_each_safe (node, &r->channels) {
        struct redis_channel *ch = CONTAINER_OF(node, struct redis_channel, all);
        list_for_each_safe (sub, &ch->subs)
            redis_sub_dispose(CONTAINER_OF(sub, struct redis_sub, link));
        redis_channel_free(r, ch);
    }
}

/* ---- handing out ---- */

/* payload.p NULL: the channel became active. */
static void redis_channel_hand_out(struct redis *r, struct redis_channel *ch, struct str payload)
{
    r->dispatching = true;
    list_for_each (node, &ch->subs) {
        struct redis_sub *s = CONTAINER_OF(node, struct redis_sub, link);
        if (!s->fn || (payload.p && !s->told))
            continue;
        if (!payload.p) {
            s->told = true;
            list_remove(&s->due);
        }
        s->fn(s->ud, payload);
    }
    r->dispatching = false;
    redis_channels_sweep(r);
}

void redis_channels_tell(struct redis *r)
{
    r->dispatching = true;
    struct list *node;
    while ((node = list_shift(&r->due))) {
        struct redis_sub *s = CONTAINER_OF(node, struct redis_sub, due);
        if (!s->fn || s->told || !s->channel->active)
            continue;
        s->told = true;
        s->fn(s->ud, (struct str){0});
    }
    r->dispatching = false;
    redis_channels_sweep(r);
}

static void redis_channel_confirmed(struct redis *r, struct redis_channel *ch)
{
    if (ch->pending && --ch->pending)
        return;
    bool was_active = ch->active;
    ch->active = ch->wanted;
    if (ch->active && !was_active) {
        redis_channel_hand_out(r, ch, (struct str){0});
    } else if (!ch->active) {
        redis_channel_sweep(r, ch);
    }
}

static struct str redis_reply_text(const redisReply *v)
{
    return v->type == REDIS_REPLY_STRING ? (struct str){.p = v->str, .n = v->len} : STR("");
}

static void redis_on_message(redisAsyncContext *ac, void *reply, void *ud)
{
    (void)ud;
    struct redis_link *k = ac->data;
    struct redis *r = k->r;
    const redisReply *v = reply;
    if (!v || r->closed)
        return;
    if (v->type != REDIS_REPLY_ARRAY || v->elements < 3)
        return;
    struct str kind = redis_reply_text(v->element[0]), name = redis_reply_text(v->element[1]);
    if (kind.n == 7) { /* message */
        struct redis_channel *ch = map_get(r->by_name, name.p, name.n);
        if (ch)
            redis_channel_hand_out(r, ch, redis_reply_text(v->element[2]));
        return;
    }
    if (name.n == sizeof(REDIS_OWN_CHANNEL) - 1 && memcmp(name.p, REDIS_OWN_CHANNEL, name.n) == 0) {
        redis_link_answered(k);
        redis_link_greeted(k);
        return;
    }
    struct redis_channel *ch = map_get(r->by_name, name.p, name.n);
    if (ch)
        redis_channel_confirmed(r, ch);
}

/* ---- the wire ---- */

static void redis_channel_send(struct redis *r, struct redis_channel *ch, bool subscribe)
{
    if (!redis_link_usable(&r->subscriber))
        return; /* wired when it is connected */
    const char *argv[2] = {subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", ch->name};
    size_t lens[2] = {strlen(argv[0]), ch->name_len};
    if (redisAsyncCommandArgv(r->subscriber.ac, redis_on_message, NULL, 2, argv, lens) != REDIS_OK)
        return;
    ch->pending++;
    ch->wanted = subscribe;
}

void redis_channels_beat(struct redis *r)
{
    struct redis_link *k = &r->subscriber;
    if (!redis_link_usable(k) || k->outstanding)
        return;
    redis_link_sent(k);
    redisAsyncCommand(k->ac, redis_on_message, NULL, "SUBSCRIBE %s", REDIS_OWN_CHANNEL);
}

void redis_channels_wire(struct redis *r)
{
    redis_link_sent(&r->subscriber);
    redisAsyncCommand(r->subscriber.ac, redis_on_message, NULL, "SUBSCRIBE %s", REDIS_OWN_CHANNEL);
    list_for_each (node, &r->channels) {
        struct redis_channel *ch = CONTAINER_OF(node, struct redis_channel, all);
        if (ch->nsubs)
            redis_channel_send(r, ch, true);
    }
}

void redis_channels_unwire(struct redis *r)
{
    list_for_each (node, &r->channels) {
        struct redis_channel *ch = CONTAINER_OF(node, struct redis_channel, all);
        ch->pending = 0;
        ch->wanted = ch->active = false;
    }
    r->sweep = true;
    redis_channels_sweep(r);
}

/* ---- for callers ---- */

static struct redis_channel *redis_channel_get(struct redis *r, struct str name)
{
    struct redis_channel *ch = map_get(r->by_name, name.p, name.n);
    if (ch)
        return ch;
    ch = calloc(1, sizeof(*ch));
    if (!ch || !map_put(r->by_name, name.p, name.n, ch)) {
        free(ch);
        return NULL;
    }
    list_init(&ch->subs);
    list_append(&r->channels, &ch->all);
    ch->name_len = name.n;
    memcpy(ch->name, name.p, name.n);
    return ch;
}

struct redis_sub *redis_subscribe(struct redis *r, struct str channel, redis_message_fn *fn, void *ud)
{
    bool own = channel.n == sizeof(REDIS_OWN_CHANNEL) - 1 && memcmp(channel.p, REDIS_OWN_CHANNEL, channel.n) == 0;
    if (channel.n == 0 || channel.n > REDIS_CHANNEL_BYTES || own || r->nsubs >= REDIS_SUBSCRIPTIONS_MAX)
        return NULL;
    struct redis_sub *s = calloc(1, sizeof(*s));
    struct redis_channel *ch = s ? redis_channel_get(r, channel) : NULL;
    if (!ch) {
        free(s);
        return NULL;
    }
    *s = (struct redis_sub){.channel = ch, .r = r, .fn = fn, .ud = ud};
    list_init(&s->due);
    list_append(&ch->subs, &s->link);
    r->nsubs++;
    if (ch->nsubs++ == 0 && !ch->wanted)
        redis_channel_send(r, ch, true);
    if (ch->active && ch->wanted) {
        list_append(&r->due, &s->due);
        redis_pump_later(r);
    }
    return s;
}

void redis_unsubscribe(struct redis_sub *s)
{
    if (!s)
        return;
    struct redis *r = s->r;
    struct redis_channel *ch = s->channel;
    s->fn = NULL;
    r->nsubs--;
    if (--ch->nsubs == 0 && ch->wanted)
        redis_channel_send(r, ch, false);
    list_remove(&s->due);
    if (r->dispatching) {
        r->sweep = true;
    } else {
        redis_sub_dispose(s);
        redis_channel_sweep(r, ch);
    }
}
