/* Redis: publishing and subscribing, commands and scripts, and a server that goes away, comes back, or falls silent
 * (behind a relay). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "io/redis/redis.h"
#include "relay.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define LEAKS() __lsan_do_recoverable_leak_check()
#else
#define LEAKS() 0
#endif

#define LIMIT_MS 20000

struct rig {
    struct loop *loop;
    struct relay *relay;
    struct redis_options opt;
    struct redis *r;
};

static void nothing(void *ud)
{
    (void)ud;
}

/* Runs the loop until *n >= want, or for limit_ms when n is NULL. */
static void turn(struct rig *g, const int *n, int want, uint64_t limit_ms)
{
    struct loop_timer *timer = loop_timer_new(g->loop, nothing, NULL);
    loop_timer_start(timer, 5, 5);
    uint64_t end = clock_mono_ms() + limit_ms;
    while (!(n && *n >= want) && clock_mono_ms() < end)
        loop_run_once(g->loop);
    loop_timer_free(timer);
    cr_assert(!n || *n >= want, "%d of %d after %d ms", *n, want, (int)limit_ms);
}

static void until(struct rig *g, const int *n, int want)
{
    turn(g, n, want, LIMIT_MS);
}

static void until_ready(struct rig *g, bool ready)
{
    uint64_t end = clock_mono_ms() + LIMIT_MS;
    while (redis_ready(g->r) != ready && clock_mono_ms() < end)
        turn(g, NULL, 0, 10);
    cr_assert_eq(redis_ready(g->r), ready);
}

static void rig_open(struct rig *g)
{
    const char *host = getenv("JOBMILL_REDIS_HOST"), *port = getenv("JOBMILL_REDIS_PORT");
    if (!host || !*host)
        cr_skip_test("JOBMILL_REDIS_HOST is not set: no Redis to test with");
    log_init("test", LOG_ERROR);
    *g = (struct rig){.loop = loop_new(), .relay = relay_new(host, port && *port ? atoi(port) : 6379)};
    g->opt = (struct redis_options){.host = "127.0.0.1", .port = relay_port(g->relay)};
}

static void rig_start(struct rig *g)
{
    g->r = redis_new(g->loop, &g->opt);
    cr_assert(!redis_ready(g->r));
    until_ready(g, true);
}

static void rig_close(struct rig *g)
{
    redis_free(g->r);
    relay_free(g->relay);
    loop_free(g->loop);
    *g = (struct rig){0};
    cr_assert_eq(LEAKS(), 0, "memory leaked");
}

/* Channel names of this process: other tests use the same server. */
static struct str channel(const char *name)
{
    static char names[8][64];
    static int next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof(names[0]), "component:%d:%s", (int)getpid(), name);
    return str_of(out);
}

struct ear {
    int messages, gaps, bytes;
    char last[64];
    struct redis_sub *sub;
};

static void on_message(void *ud, struct str payload)
{
    struct ear *e = ud;
    if (!payload.p) {
        e->gaps++;
        return;
    }
    cr_assert_gt(e->gaps, 0, "a message before the subscription was active");
    e->messages++;
    e->bytes += (int)payload.n;
    snprintf(e->last, sizeof(e->last), STR_FMT, STR_ARG(payload));
}

Test(redis, what_is_published_reaches_every_subscription_of_the_channel)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct ear a = {0}, b = {0}, other = {0};
    a.sub = redis_subscribe(g.r, channel("one"), on_message, &a);
    other.sub = redis_subscribe(g.r, channel("two"), on_message, &other);
    cr_assert_eq(a.gaps, 0, "not inside the call");
    until(&g, &a.gaps, 1);
    until(&g, &other.gaps, 1);
    b.sub = redis_subscribe(g.r, channel("one"), on_message, &b);
    until(&g, &b.gaps, 1);
    cr_assert_eq(a.gaps, 1);
    for (int i = 0; i < 1000; i++)
        cr_assert(redis_publish(g.r, channel("one"), STR("a\0b\xff")));
    until(&g, &a.messages, 1000);
    until(&g, &b.messages, 1000);
    cr_assert_eq(a.bytes, 4000);
    cr_assert_eq(other.messages, 0);
    turn(&g, NULL, 0, 50);
    cr_assert_eq(metrics_get(METRICS_REDIS_PUBLISHED, "sent", NULL), 1000);
    cr_assert_eq(metrics_get(METRICS_REDIS_CONNECTED, NULL), 1);
    redis_unsubscribe(a.sub);
    redis_publish(g.r, channel("one"), STR("more"));
    until(&g, &b.messages, 1001);
    cr_assert_eq(a.messages, 1000);
    rig_close(&g); /* with subscriptions left */
}

Test(redis, subscribing_and_unsubscribing_in_quick_succession)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct ear e = {0};
    for (int i = 0; i < 50; i++) {
        struct redis_sub *s = redis_subscribe(g.r, channel("quick"), on_message, &e);
        redis_unsubscribe(s);
        if (i % 7 == 0)
            turn(&g, NULL, 0, 3);
    }
    memset(&e, 0, sizeof(e));
    e.sub = redis_subscribe(g.r, channel("quick"), on_message, &e);
    until(&g, &e.gaps, 1);
    redis_publish(g.r, channel("quick"), STR("x"));
    until(&g, &e.messages, 1);
    turn(&g, NULL, 0, 50);
    cr_assert(e.messages == 1 && e.gaps == 1);
    redis_unsubscribe(e.sub);
    turn(&g, NULL, 0, 50);
    cr_assert_null(redis_subscribe(g.r, STR(""), on_message, &e));
    rig_close(&g);
}

struct pair {
    struct rig *g;
    struct redis_sub *mine, *neighbour;
    int calls, neighbour_calls;
};

static void on_neighbour(void *ud, struct str payload)
{
    struct pair *p = ud;
    p->neighbour_calls += payload.p != NULL;
}

static void on_ending(void *ud, struct str payload)
{
    struct pair *p = ud;
    if (!payload.p)
        return;
    p->calls++;
    redis_unsubscribe(TAKE_PTR(p->mine));
    redis_unsubscribe(TAKE_PTR(p->neighbour));
    p->mine = redis_subscribe(p->g->r, channel("ending"), on_ending, p); /* and again at once */
}

Test(redis, unsubscribing_inside_a_message)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct pair p = {.g = &g};
    p.mine = redis_subscribe(g.r, channel("ending"), on_ending, &p);
    p.neighbour = redis_subscribe(g.r, channel("ending"), on_neighbour, &p);
    turn(&g, NULL, 0, 100);
    redis_publish(g.r, channel("ending"), STR("1"));
    until(&g, &p.calls, 1);
    turn(&g, NULL, 0, 100);
    redis_publish(g.r, channel("ending"), STR("2"));
    until(&g, &p.calls, 2);
    cr_assert_eq(p.neighbour_calls, 0, "it was ended before its turn");
    rig_close(&g);
}

struct answer {
    int n;
    struct err err;
    enum redis_type type;
    int64_t number;
    size_t count;
    char text[64];
};

static void on_answer(void *ud, const struct redis_reply *reply, const struct err *err)
{
    struct answer *a = ud;
    a->n++;
    a->err = err ? *err : (struct err){0};
    if (!reply)
        return;
    a->type = redis_reply_type(reply);
    a->number = redis_reply_int(reply);
    a->count = redis_reply_count(reply);
    snprintf(a->text, sizeof(a->text), STR_FMT, STR_ARG(redis_reply_str(reply)));
    if (a->count)
        a->number = redis_reply_int(redis_reply_at(reply, 1));
}

static void ask(struct rig *g, struct answer *a, int argc, const struct str *argv)
{
    int before = a->n;
    redis_command(g->r, argc, argv, on_answer, a);
    cr_assert_eq(a->n, before, "not inside the call");
    until(g, &a->n, before + 1);
}

Test(redis, commands)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct answer a = {0};
    struct str key = channel("key");
    ask(&g, &a, 5, (const struct str[]){STR("SET"), key, STR("41"), STR("PX"), STR("60000")});
    cr_assert_eq(a.err.code, ERR_NONE);
    cr_assert_str_eq(a.text, "OK");
    ask(&g, &a, 2, (const struct str[]){STR("INCR"), key});
    cr_assert(a.type == REDIS_INTEGER && a.number == 42);
    ask(&g, &a, 2, (const struct str[]){STR("GET"), key});
    cr_assert(a.type == REDIS_STRING && a.number == 42);
    ask(&g, &a, 3, (const struct str[]){STR("MGET"), channel("none"), key});
    cr_assert(a.type == REDIS_ARRAY && a.count == 2 && a.number == 42);
    ask(&g, &a, 2, (const struct str[]){STR("GET"), channel("none")});
    cr_assert_eq(a.type, REDIS_NIL);
    ask(&g, &a, 2, (const struct str[]){STR("LPOP"), key});
    cr_assert_eq(a.err.code, ERR_BUG, "another kind of value");
    ask(&g, &a, 2, (const struct str[]){STR("DEL"), key});
    cr_assert_eq(a.number, 1);
    redis_command(g.r, 1, (const struct str[]){STR("PING")}, NULL, NULL);
    rig_close(&g);
}

Test(redis, scripts_run_before_and_after_the_server_knows_them)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct redis_script script = {.source = "return {KEYS[1], ARGV[1] + ARGV[2]}"};
    struct answer a = {0};
    const struct str argv[] = {channel("key"), STR("20"), STR("22")};
    for (int i = 0; i < 3; i++) {
        redis_eval(g.r, &script, 1, 3, argv, on_answer, &a);
        until(&g, &a.n, i + 1);
        cr_assert_eq(a.err.code, ERR_NONE, "%s", a.err.msg);
        cr_assert_eq(a.number, 42);
    }
    cr_assert_eq(strlen(script.sha1_hex), 40);
    memset(script.sha1_hex, '0', 40); /* as if the server had forgotten */
    redis_eval(g.r, &script, 1, 3, argv, on_answer, &a);
    until(&g, &a.n, 4);
    cr_assert_eq(a.err.code, ERR_NONE, "%s", a.err.msg);
    cr_assert_eq(a.number, 42);
    rig_close(&g);
}

Test(redis, outstanding_work_is_bounded)
{
    struct rig g;
    rig_open(&g);
    g.opt.outstanding_max = 10;
    rig_start(&g);
    int sent = 0;
    for (int i = 0; i < 25; i++)
        sent += redis_publish(g.r, channel("bound"), STR("x"));
    cr_assert_eq(sent, 10);
    cr_assert_eq(metrics_get(METRICS_REDIS_PUBLISHED, "dropped", NULL), 15);
    struct answer a = {0};
    ask(&g, &a, 1, (const struct str[]){STR("PING")});
    cr_assert_eq(a.err.code, ERR_OVERLOADED);
    turn(&g, NULL, 0, 100);
    cr_assert(redis_publish(g.r, channel("bound"), STR("x")), "room again");
    rig_close(&g);
}

Test(redis, a_server_that_comes_and_goes)
{
    struct rig g;
    rig_open(&g);
    relay_down(g.relay);
    g.r = redis_new(g.loop, &g.opt);
    struct ear e = {0}, late = {0};
    struct answer a = {0};
    e.sub = redis_subscribe(g.r, channel("flap"), on_message, &e);
    ask(&g, &a, 1, (const struct str[]){STR("PING")});
    cr_assert_eq(a.err.code, ERR_UNAVAILABLE);
    cr_assert(!redis_publish(g.r, channel("flap"), STR("x")));
    for (int i = 1; i <= 4; i++) {
        relay_up(g.relay);
        until_ready(&g, true);
        until(&g, &e.gaps, i);
        cr_assert(redis_publish(g.r, channel("flap"), STR("x")));
        until(&g, &e.messages, i);
        if (i == 2)
            redis_unsubscribe(redis_subscribe(g.r, channel("brief"), on_message, &late));
        if (i == 3)
            late.sub = redis_subscribe(g.r, channel("late"), on_message, &late);
        redis_command(g.r, 3, (const struct str[]){STR("BLPOP"), channel("nothing"), STR("60")}, on_answer, &a);
        turn(&g, NULL, 0, 20);
        relay_down(g.relay);
        until(&g, &a.n, i + 1);
        cr_assert_eq(a.err.code, ERR_UNAVAILABLE);
        until_ready(&g, false);
        cr_assert_eq(metrics_get(METRICS_REDIS_CONNECTED, NULL), 0);
    }
    relay_up(g.relay);
    until(&g, &late.gaps, 2);
    rig_close(&g);
}

Test(redis, a_server_that_falls_silent_is_given_up)
{
    struct rig g;
    rig_open(&g);
    g.opt.timeout_ms = 300;
    rig_start(&g);
    struct ear e = {0};
    e.sub = redis_subscribe(g.r, channel("silent"), on_message, &e);
    until(&g, &e.gaps, 1);
    relay_freeze(g.relay);
    struct answer a = {0};
    ask(&g, &a, 1, (const struct str[]){STR("PING")});
    cr_assert_eq(a.err.code, ERR_UNAVAILABLE);
    turn(&g, NULL, 0, 1500); /* the subscriptions' heart beats by itself */
    relay_thaw(g.relay);
    until(&g, &e.gaps, 2);
    until_ready(&g, true);
    rig_close(&g);
}

Test(redis, freeing_answers_what_is_under_way)
{
    struct rig g;
    rig_open(&g);
    rig_start(&g);
    struct answer a = {0};
    redis_command(g.r, 1, (const struct str[]){STR("PING")}, on_answer, &a);
    redis_publish(g.r, channel("end"), STR("x"));
    redis_free(g.r);
    g.r = NULL;
    cr_assert_eq(a.n, 1);
    cr_assert_eq(a.err.code, ERR_CANCELLED);
    rig_close(&g);
}
