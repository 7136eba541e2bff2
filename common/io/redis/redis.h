/* Redis on the loop (hiredis): publish, subscribe, simple commands. Redis holds only what may vanish: nothing here
 * waits long, nothing is kept while Redis is away, and everything comes back by itself (backoff 100 ms .. 5 s).
 *
 * Two connections: one for commands and publishing, one for subscriptions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "core/loop.h"

#define REDIS_ARGS_MAX          32
#define REDIS_CHANNEL_BYTES     128 /* longest channel name */
#define REDIS_SUBSCRIPTIONS_MAX 20000

struct redis;
struct redis_sub;
struct redis_reply;

/* Strings are borrowed until redis_new returns. Zero takes the default. */
struct redis_options {
    const char *host; /* an IP address (names are resolved blocking) */
    int port;
    const char *password; /* NULL or "" for none */
    int outstanding_max;  /* commands sent and not answered, default 4096; publishing beyond it drops, commands fail */
    int timeout_ms;       /* a command that is not answered in this time ends the connection, default 2000 */
};

struct redis *redis_new(struct loop *l, const struct redis_options *opt); /* never fails: connects in the background */
/* Commands that are not answered get ERR_CANCELLED from inside this call. Subscriptions are freed with it. Not from a
 * callback. */
void redis_free(struct redis *r);
CLEANUP_DEFINE(struct redis, redis_free)
bool redis_ready(const struct redis *r); /* both connections are usable */

/* Fire and forget; bytes are copied. false when it was dropped (not connected, or outstanding_max reached); both are
 * counted in jobmill_redis_published_total{outcome="sent"|"dropped"|"failed"}. */
bool redis_publish(struct redis *r, struct str channel, struct str payload);

/* fn(ud, payload): a message (borrowed until fn returns). payload.p == NULL: the subscription has just become active,
 * the first time or again after a lost connection: messages before this moment may have been missed. */
typedef void redis_message_fn(void *ud, struct str payload);
/* Any number of subscriptions of one channel share one on the wire. NULL when REDIS_SUBSCRIPTIONS_MAX is reached or the
 * name is too long. fn never runs inside this call. */
struct redis_sub *redis_subscribe(struct redis *r, struct str channel, redis_message_fn *fn, void *ud) MUST_CHECK;
void redis_unsubscribe(struct redis_sub *s); /* frees; accepts NULL; safe inside any message callback */

/* One command with argc parts (bytes, copied). fn runs once on the loop, never inside this call; fn may be NULL. reply
 * is NULL when err is not. Errors: ERR_UNAVAILABLE (not connected, or lost before the answer: nobody knows whether it
 * ran), ERR_OVERLOADED (outstanding_max), ERR_BUG (Redis refused the command; NOSCRIPT is such an error, see
 * redis_eval). Not for SUBSCRIBE and the like. */
typedef void redis_reply_fn(void *ud, const struct redis_reply *reply, const struct err *err);
void redis_command(struct redis *r, int argc, const struct str *argv, redis_reply_fn *fn, void *ud);

/* A Lua script that outlives r. Sent as EVALSHA; when Redis does not know it, once more as EVAL (which stores it). */
struct redis_script {
    const char *source;
    char sha1_hex[41]; /* filled on first use; start with "" */
};
/* keys first, then args, in argv; nkeys of them are keys. argc + 3 <= REDIS_ARGS_MAX. */
void redis_eval(struct redis *r, struct redis_script *script, int nkeys, int argc, const struct str *argv,
                redis_reply_fn *fn, void *ud);

/* Reply values; borrowed until the callback returns. */
enum redis_type { REDIS_NIL, REDIS_STRING, REDIS_INTEGER, REDIS_ARRAY };
enum redis_type redis_reply_type(const struct redis_reply *v);
struct str redis_reply_str(const struct redis_reply *v); /* empty unless STRING (status replies are strings) */
int64_t redis_reply_int(const struct redis_reply *v);    /* INTEGER, or a decimal STRING; else 0 */
size_t redis_reply_count(const struct redis_reply *v);   /* elements of an ARRAY, else 0 */
const struct redis_reply *redis_reply_at(const struct redis_reply *v, size_t i); /* i < count */
