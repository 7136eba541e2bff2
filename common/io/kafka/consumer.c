/* Each of our queues announces itself on an eventfd when something enters it after it was served; the loop watches one
 * for all topic queues, and one for each group. No timer is on the way of a message; the tick is for the lag, for the
 * poll interval that the group protocol wants to see, and as a second chance should an announcement be missed.
 *
 * A full topic queue makes librdkafka stop fetching, and it looks again only when its connection has other business, at
 * the latest after a second. So the prefetch (QUEUE_MESSAGES) is what the fastest worker takes in a second; a smaller
 * one caps the rate at that many a second.
 *
 * Offsets of a partition, all within one assignment (a new one starts afresh):
 *     first taken <= stored <= next      halted_at: stores end there; what was wanted beyond is kept in held
 * A position that jumps back (topic made anew, offsets reset) moves `stored` back too. librdkafka commits what was
 * stored every second, when a partition is taken away, and at close; all of that happens on its threads.
 *
 * Closing: open -> closing (every topic leaves its group, deadline runs) -> all left -> done */
#include "io/kafka/consumer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "io/kafka/consumer_state.h"

#define TICK_MS       1000
#define CLOSE_TICK_MS 20

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static void on_messages(void *ud, int events UNUSED)
{
    struct kafka_consumer *c = ud;
    kafka_eventfd_clear(c->messages_fd);
    c->on_ready(c->ud);
}

static void on_tick(void *ud)
{
    struct kafka_consumer *c = ud;
    size_t queued = 0;
    for (int i = 0; i < c->topics_n; i++)
        kafka_group_serve(&c->topics[i]);
    if (c->closing)
        return;
    for (int i = 0; i < c->topics_n; i++) {
        metrics_series_set(c->topics[i].lag, (double)kafka_consumer_lag(c, i));
        queued += kafka_consumer_queued(c, i);
    }
    if (queued)
        c->on_ready(c->ud);
}

/* Opening */

static void free_all(struct kafka_consumer *c)
{
    loop_fn *done = c->done;
    void *done_ud = c->done_ud;
    loop_poll_free(c->messages_poll);
    loop_timer_free(c->tick);
    loop_timer_free(c->deadline);
    for (int i = 0; i < c->topics_n; i++) {
        free(c->topics[i].name);
        free(c->topics[i].parts);
        cleanup_close(&c->topics[i].group_fd);
    }
    cleanup_close(&c->messages_fd);
    free(c);
    if (done)
        done(done_ud);
}

/* The topics that could not be joined count as left. */
static int join_all(struct kafka_consumer *c, const struct kafka_consumer_options *o, struct err *err)
{
    int rc = c->messages_fd < 0 ? err_set(err, ERR_LIMIT, "kafka: no descriptor left") : 0;
    for (int i = 0; i < c->topics_n; i++) {
        struct topic *t = &c->topics[i];
        *t = (struct topic){.consumer = c,
                            .name = must(strdup(o->topics[i])),
                            .group_fd = -1,
                            .consumed = metrics_series(METRICS_CONSUMED, o->topics[i], NULL),
                            .lag = metrics_series(METRICS_LAG, o->topics[i], NULL)};
        if (rc == 0)
            rc = kafka_group_join(t, o, err);
        t->ended = rc < 0;
        c->alive_n += rc == 0;
    }
    return rc;
}

int kafka_consumer_new(struct loop *l, const struct kafka_consumer_options *o, kafka_ready_fn *on_ready, void *ud,
                       struct kafka_consumer **ret, struct err *err)
{
    assert(o->topics_n >= 1 && o->topics_n <= KAFKA_CONSUMER_TOPICS_MAX);
    struct kafka_consumer *c = must(calloc(1, sizeof(*c)));
    *c = (struct kafka_consumer){
        .loop = l, .on_ready = on_ready, .ud = ud, .topics_n = o->topics_n, .messages_fd = kafka_eventfd()};
    int rc = join_all(c, o, err);
    if (rc && c->alive_n == 0) {
        free_all(c);
        return rc;
    }
    c->tick = loop_timer_new(l, on_tick, c);
    c->messages_poll = loop_poll_new(l, c->messages_fd, on_messages, c);
    if (rc) { /* who is a member already leaves as at the end */
        kafka_consumer_close(c, 0, NULL, NULL);
        return rc;
    }
    loop_poll_set(c->messages_poll, LOOP_READ);
    loop_timer_start(c->tick, 0, TICK_MS); /* at once: what came before the announcements began has none */
    *ret = c;
    return 0;
}

/* Closing */

void kafka_consumer_left(struct topic *t)
{
    struct kafka_consumer *c = t->consumer;
    if (--c->alive_n == 0)
        free_all(c);
}

static void on_deadline(void *ud)
{
    struct kafka_consumer *c = ud;
    for (int i = 0; i < c->topics_n; i++)
        kafka_group_abandon(&c->topics[i]);
}

void kafka_consumer_close(struct kafka_consumer *c, int timeout_ms, loop_fn *done, void *ud)
{
    assert(!c->closing);
    c->closing = true;
    c->done = done;
    c->done_ud = ud;
    loop_poll_set(c->messages_poll, 0);
    c->deadline = loop_timer_new(c->loop, on_deadline, c);
    loop_timer_start(c->deadline, timeout_ms > 0 ? (uint64_t)timeout_ms : 0, 0);
    loop_timer_start(c->tick, 0, CLOSE_TICK_MS);
    for (int i = 0; i < c->topics_n; i++)
        if (!c->topics[i].ended)
            kafka_group_leave(&c->topics[i]);
}
