/* One uv_loop_t and thin handles around it.
 *
 * Lifetimes: libuv wants a handle's memory until its close callback ran, so every _free here only starts the close; the
 * memory goes in loop_closed_*. After _free no callback of the handle runs, which makes freeing inside a callback safe.
 *
 *     new -> idle -> active -> idle ...  --_free-->  closing (libuv's)  --next turn-->  memory freed
 *
 * Deferred calls live in a ring. While it holds anything, an idle handle is active: libuv runs idle handles before it
 * polls and polls with a timeout of 0, so the calls run before the loop blocks and an empty ring costs nothing. One
 * drain runs the calls that were there when it began; calls deferred by them wait for the next turn, so that
 * descriptors and timers get their share. */
#include "core/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <uv.h>

#define LOOP_DEFER_FIRST 64
#define LOOP_DEFER_MAX   ((size_t)1 << 22) /* more waiting calls than this is a runaway */

struct loop_call {
    loop_fn *fn;
    void *ud;
};

struct loop {
    uv_loop_t uv;
    uv_idle_t idle; /* active exactly while calls_count > 0 */
    struct loop_call *calls;
    size_t calls_cap; /* power of two */
    size_t calls_head;
    size_t calls_count;
    uv_signal_t sig[3]; /* SIGTERM, SIGINT, SIGHUP */
    bool sig_open;
    loop_fn *term;
    loop_fn *hup;
    void *sig_ud;
};

struct loop_timer {
    uv_timer_t uv;
    loop_fn *fn;
    void *ud;
};

struct loop_poll {
    uv_poll_t uv;
    loop_poll_fn *fn;
    void *ud;
};

struct loop_wake {
    uv_async_t uv;
    loop_fn *fn;
    void *ud;
};

struct loop_job {
    uv_work_t uv;
    loop_fn *work;
    loop_fn *done;
    void *ud;
};

static void *loop_must(void *p)
{
    if (!p) {
        fputs("loop: out of memory\n", stderr);
        abort();
    }
    return p;
}

static void loop_check(int rc, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "loop: %s: %s\n", what, uv_strerror(rc));
        abort();
    }
}

static void loop_drain(uv_idle_t *idle)
{
    struct loop *l = CONTAINER_OF(idle, struct loop, idle);
    for (size_t left = l->calls_count; left; left--) {
        struct loop_call call = l->calls[l->calls_head];
        l->calls_head = (l->calls_head + 1) & (l->calls_cap - 1);
        l->calls_count--;
        call.fn(call.ud);
    }
    if (l->calls_count == 0)
        uv_idle_stop(idle);
}

struct loop *loop_new(void)
{
    struct loop *l = loop_must(calloc(1, sizeof(*l)));
    loop_check(uv_loop_init(&l->uv), "starting");
    loop_check(uv_idle_init(&l->uv, &l->idle), "idle handle");
    l->calls_cap = LOOP_DEFER_FIRST;
    l->calls = loop_must(malloc(l->calls_cap * sizeof(*l->calls)));
    return l;
}

static void loop_find_forgotten(uv_handle_t *h, void *ud)
{
    int *forgotten = ud;
    if (uv_is_closing(h))
        return;
    fprintf(stderr, "loop: a %s handle was not freed before its loop\n", uv_handle_type_name(h->type));
    (*forgotten)++;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    while (l->calls_count) /* what was promised to run does run: often it frees something */
        loop_drain(&l->idle);
    uv_close((uv_handle_t *)&l->idle, NULL);
    for (size_t i = 0; l->sig_open && i < ARRAY_LEN(l->sig); i++)
        uv_close((uv_handle_t *)&l->sig[i], NULL);
    int forgotten = 0;
    uv_walk(&l->uv, loop_find_forgotten, &forgotten);
    if (forgotten)
        abort(); /* running on would block for good */
    uv_run(&l->uv, UV_RUN_DEFAULT);
    while (l->calls_count) { /* deferred by a close callback or by work that ended just now */
        loop_drain(&l->idle);
        uv_run(&l->uv, UV_RUN_DEFAULT);
    }
    loop_check(uv_loop_close(&l->uv), "ending");
    free(l->calls);
    free(l);
}

struct uv_loop_s *loop_uv(struct loop *l)
{
    return &l->uv;
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_run_once(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_ONCE);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

uint64_t loop_now_ms(struct loop *l)
{
    return uv_now(&l->uv);
}

/* Timers */

static void loop_timer_fired(uv_timer_t *h)
{
    struct loop_timer *t = CONTAINER_OF(h, struct loop_timer, uv);
    t->fn(t->ud);
}

static void loop_timer_closed(uv_handle_t *h)
{
    free(CONTAINER_OF((uv_timer_t *)h, struct loop_timer, uv));
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ud)
{
    struct loop_timer *t = loop_must(calloc(1, sizeof(*t)));
    loop_check(uv_timer_init(&l->uv, &t->uv), "timer");
    t->fn = fn;
    t->ud = ud;
    return t;
}

void loop_timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms)
{
    uv_timer_start(&t->uv, loop_timer_fired, after_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *t)
{
    uv_timer_stop(&t->uv);
}

bool loop_timer_active(const struct loop_timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->uv) != 0;
}

void loop_timer_free(struct loop_timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->uv, loop_timer_closed);
}

/* Descriptors */

static void loop_poll_ready(uv_poll_t *h, int status, int events)
{
    struct loop_poll *p = CONTAINER_OF(h, struct loop_poll, uv);
    if (status < 0) { /* libuv has stopped the watch */
        p->fn(p->ud, LOOP_ERROR);
        return;
    }
    int out = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0);
    if (out)
        p->fn(p->ud, out);
}

static void loop_poll_closed(uv_handle_t *h)
{
    free(CONTAINER_OF((uv_poll_t *)h, struct loop_poll, uv));
}

struct loop_poll *loop_poll_new(struct loop *l, int fd, loop_poll_fn *fn, void *ud)
{
    struct loop_poll *p = loop_must(calloc(1, sizeof(*p)));
    loop_check(uv_poll_init(&l->uv, &p->uv, fd), "descriptor");
    p->fn = fn;
    p->ud = ud;
    return p;
}

void loop_poll_set(struct loop_poll *p, int events)
{
    int want = (events & LOOP_READ ? UV_READABLE : 0) | (events & LOOP_WRITE ? UV_WRITABLE : 0);
    if (want)
        loop_check(uv_poll_start(&p->uv, want, loop_poll_ready), "watching a descriptor");
    else
        uv_poll_stop(&p->uv);
}

void loop_poll_free(struct loop_poll *p)
{
    if (p)
        uv_close((uv_handle_t *)&p->uv, loop_poll_closed);
}

/* Deferred calls */

static void loop_calls_grow(struct loop *l)
{
    assert(l->calls_cap < LOOP_DEFER_MAX);
    struct loop_call *bigger = loop_must(malloc(2 * l->calls_cap * sizeof(*bigger)));
    for (size_t i = 0; i < l->calls_count; i++)
        bigger[i] = l->calls[(l->calls_head + i) & (l->calls_cap - 1)];
    free(l->calls);
    l->calls = bigger;
    l->calls_head = 0;
    l->calls_cap *= 2;
}

void loop_defer(struct loop *l, loop_fn *fn, void *ud)
{
    if (l->calls_count == l->calls_cap)
        loop_calls_grow(l);
    l->calls[(l->calls_head + l->calls_count) & (l->calls_cap - 1)] = (struct loop_call){.fn = fn, .ud = ud};
    l->calls_count++;
    if (!uv_is_closing((uv_handle_t *)&l->idle))
        uv_idle_start(&l->idle, loop_drain);
}

/* Thread pool */

static void loop_job_work(uv_work_t *req)
{
    struct loop_job *job = CONTAINER_OF(req, struct loop_job, uv);
    job->work(job->ud);
}

static void loop_job_done(uv_work_t *req, int status)
{
    (void)status; /* only uv_cancel makes it negative, and nobody calls that */
    struct loop_job *job = CONTAINER_OF(req, struct loop_job, uv);
    loop_fn *done = job->done;
    void *ud = job->ud;
    free(job);
    done(ud);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *ud)
{
    struct loop_job *job = loop_must(calloc(1, sizeof(*job)));
    job->work = work;
    job->done = done;
    job->ud = ud;
    loop_check(uv_queue_work(&l->uv, &job->uv, loop_job_work, loop_job_done), "thread pool");
}

/* Signals */

static void loop_signalled(uv_signal_t *h, int number)
{
    struct loop *l = h->data;
    loop_fn *fn = number == SIGHUP ? l->hup : l->term;
    if (fn)
        fn(l->sig_ud);
}

void loop_signals(struct loop *l, loop_fn *term, loop_fn *hup, void *ud)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    l->term = term;
    l->hup = hup;
    l->sig_ud = ud;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (!l->sig_open) {
            loop_check(uv_signal_init(&l->uv, &l->sig[i]), "signal handle");
            l->sig[i].data = l;
        }
        if (numbers[i] == SIGHUP && !hup)
            uv_signal_stop(&l->sig[i]);
        else
            loop_check(uv_signal_start(&l->sig[i], loop_signalled, numbers[i]), "signal");
    }
    l->sig_open = true;
}

/* Wakes from other threads */

static void loop_woken(uv_async_t *h)
{
    struct loop_wake *w = CONTAINER_OF(h, struct loop_wake, uv);
    w->fn(w->ud);
}

static void loop_wake_closed(uv_handle_t *h)
{
    free(CONTAINER_OF((uv_async_t *)h, struct loop_wake, uv));
}

struct loop_wake *loop_wake_new(struct loop *l, loop_fn *fn, void *ud)
{
    struct loop_wake *w = loop_must(calloc(1, sizeof(*w)));
    w->fn = fn;
    w->ud = ud;
    loop_check(uv_async_init(&l->uv, &w->uv, loop_woken), "wake handle");
    return w;
}

void loop_wake_send(struct loop_wake *w)
{
    uv_async_send(&w->uv);
}

void loop_wake_free(struct loop_wake *w)
{
    if (w)
        uv_close((uv_handle_t *)&w->uv, loop_wake_closed);
}
