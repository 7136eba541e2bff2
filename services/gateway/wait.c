/* The timer serves twice: as the limit, and (0 ms) to call back at once when the hub already knows more than the
 * caller. */
#include "gateway/wait.h"

#include "gateway/hub.h"

#define WAIT_SETTLE_MS 30 /* after the first event: what comes in a bunch is told once */

struct waiter {
    struct call *c;
    struct uuid application_id;
    struct hub_watch *watch;
    struct loop_timer *timer;
    bool happened, closed;
    wait_fn *fn;
    void *ud;
};

static void wait_close(struct waiter *w)
{
    if (w->closed)
        return;
    w->closed = true;
    hub_watch_free(w->watch);
    loop_timer_free(w->timer);
}

static void wait_aborted(struct http_request *req, void *ud)
{
    struct waiter *w = ud;
    if (w->closed)
        return;
    wait_close(w);
    http_request_unref(req);
}

static void wait_over(void *ud)
{
    struct waiter *w = ud;
    if (w->closed)
        return;
    CALL_HELD(w->c);
    bool timed_out = !w->happened;
    wait_close(w);
    w->fn(w->ud, timed_out);
}

static bool wait_concerns(const struct waiter *w, const struct event_row *events, size_t n)
{
    if (uuid_is_nil(&w->application_id))
        return n > 0;
    for (size_t i = 0; i < n; i++)
        if (uuid_eq(&events[i].application_id, &w->application_id))
            return true;
    return false;
}

static void wait_event(void *ud, const struct event_row *events, size_t n)
{
    struct waiter *w = ud;
    if (w->closed || w->happened)
        return;
    if (n == 0) {
        loop_timer_start(w->timer, 0, 0);
    } else if (wait_concerns(w, events, n)) {
        w->happened = true;
        loop_timer_start(w->timer, WAIT_SETTLE_MS, 0);
    }
}

void wait_start(struct call *c, const struct uuid *batch_id, const struct uuid *application_id, int64_t last_seq,
                uint64_t ms, wait_fn *fn, void *ud)
{
    struct waiter *w = CALL_STATE(c, struct waiter);
    if (!w)
        return;
    *w = (struct waiter){.c = c, .application_id = *application_id, .fn = fn, .ud = ud};
    w->timer = loop_timer_new(c->g->loop, wait_over, w);
    w->watch = hub_watch_new(c->g->hub, &c->tenant_id, batch_id, last_seq, wait_event, w);
    call_hold(c);
    http_request_on_abort(c->req, wait_aborted, w);
    w->happened = w->watch && hub_watch_seq(w->watch) > last_seq;
    /* without a watch (too many, or stopping) a short wait bounds the polling that follows */
    loop_timer_start(w->timer, w->happened ? 1 : !w->watch ? MIN(ms, 500) : ms, 0);
}
