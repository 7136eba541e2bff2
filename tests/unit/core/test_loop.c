#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "core/loop.h"
#include "../leak.h"

struct trail {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_poll *poll;
    struct loop_wake *wake;
    char text[64];
    int count;
    int fd;
};

static void put(struct trail *t, char c)
{
    t->text[strlen(t->text)] = c;
}

static void on_timer(void *ud)
{
    struct trail *t = ud;
    put(t, 't');
    t->count++;
}

static void on_timer_free(void *ud)
{
    struct trail *t = ud;
    put(t, 'f');
    loop_timer_free(t->timer);
    t->timer = NULL;
}

static void on_repeat(void *ud)
{
    struct trail *t = ud;
    if (++t->count == 3)
        loop_timer_stop(t->timer);
}

static void on_a(void *ud)
{
    put(ud, 'a');
}

static void on_b(void *ud)
{
    put(ud, 'b');
}

static void on_defer_more(void *ud)
{
    struct trail *t = ud;
    put(t, 'm');
    loop_defer(t->loop, on_b, t);
}

static void on_stop(void *ud)
{
    struct trail *t = ud;
    put(t, 's');
    loop_stop(t->loop);
}

Test(loop, one_shot_timer_fires_once)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    struct loop_timer *timer = loop_timer_new(l, on_timer, &t);
    cr_assert(!loop_timer_active(timer));
    loop_timer_start(timer, 1, 0);
    cr_assert(loop_timer_active(timer));
    loop_run(l);
    cr_assert_eq(t.count, 1);
    cr_assert(!loop_timer_active(timer));
    loop_timer_free(timer);
    loop_timer_free(NULL);
}

Test(loop, repeating_timer_runs_until_stopped)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    t.timer = loop_timer_new(l, on_repeat, &t);
    loop_timer_start(t.timer, 0, 1);
    loop_run(l);
    cr_assert_eq(t.count, 3);
    loop_timer_free(t.timer);
}

Test(loop, timers_fire_in_order_of_time)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    struct loop_timer *late = loop_timer_new(l, on_b, &t), *soon = loop_timer_new(l, on_a, &t);
    loop_timer_start(late, 20, 0);
    loop_timer_start(soon, 1, 0);
    loop_run(l);
    cr_assert_str_eq(t.text, "ab");
    loop_timer_free(late);
    loop_timer_free(soon);
}

Test(loop, timer_may_be_freed_in_its_callback)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    t.timer = loop_timer_new(l, on_timer_free, &t);
    loop_timer_start(t.timer, 0, 1);
    loop_run(l);
    cr_assert_str_eq(t.text, "f");
}

Test(loop, freed_timer_never_fires)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    struct loop_timer *timer = loop_timer_new(l, on_timer, &t);
    loop_timer_start(timer, 0, 0);
    loop_timer_free(timer);
    loop_run(l);
    cr_assert_eq(t.count, 0);
}

Test(loop, deferred_calls_keep_their_order_and_do_not_run_inside_the_caller)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    loop_defer(l, on_a, &t);
    loop_defer(l, on_b, &t);
    loop_defer(l, on_a, &t);
    cr_assert_str_eq(t.text, "");
    loop_run(l);
    cr_assert_str_eq(t.text, "aba");
}

Test(loop, deferred_from_deferred_runs_before_the_loop_blocks)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    struct loop_timer *never = loop_timer_new(l, on_stop, &t);
    loop_timer_start(never, 3600 * 1000, 0); /* a loop that blocked would wait for it */
    loop_defer(l, on_defer_more, &t);
    loop_defer(l, on_a, &t);
    while (strlen(t.text) < 3)
        loop_run_once(l);
    cr_assert_str_eq(t.text, "mab");
    loop_timer_free(never);
}

Test(loop, thousands_of_deferred_calls_are_kept)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    for (int i = 0; i < 3; i++)
        loop_defer(l, on_repeat, &t);
    t.count = 100; /* beyond the number at which on_repeat stops a timer */
    loop_run(l);
    for (int i = 0; i < 10000; i++)
        loop_defer(l, on_repeat, &t);
    loop_run(l);
    cr_assert_eq(t.count, 100 + 3 + 10000);
}

Test(loop, free_runs_what_was_deferred)
{
    struct trail t = {0};
    t.loop = loop_new();
    loop_defer(t.loop, on_defer_more, &t);
    loop_free(t.loop);
    cr_assert_str_eq(t.text, "mb");
    loop_free(NULL);
}

Test(loop, a_handle_may_be_freed_by_the_last_deferred_call)
{
    struct trail t = {0};
    t.loop = loop_new();
    t.timer = loop_timer_new(t.loop, on_timer, &t);
    loop_timer_start(t.timer, 3600 * 1000, 0);
    loop_defer(t.loop, on_timer_free, &t);
    loop_free(t.loop);
    cr_assert_str_eq(t.text, "f");
}

Test(loop, stop_ends_a_run_and_the_next_run_goes_on)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    struct loop_timer *timer = loop_timer_new(l, on_timer, &t);
    loop_timer_start(timer, 5, 0);
    loop_defer(l, on_stop, &t);
    loop_run(l);
    cr_assert_eq(t.text[0], 's');
    loop_run(l);
    cr_assert_eq(t.count, 1);
    loop_timer_free(timer);
}

static void on_readable(void *ud, int events)
{
    struct trail *t = ud;
    char c;
    cr_assert(events & LOOP_READ);
    cr_assert_eq(read(t->fd, &c, 1), 1);
    put(t, c);
    if (c == 'y') {
        loop_poll_free(t->poll);
        t->poll = NULL;
    }
}

Test(loop, poll_tells_of_bytes_and_may_be_freed_in_its_callback)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    int fds[2];
    cr_assert_eq(pipe2(fds, O_NONBLOCK), 0);
    t.fd = fds[0];
    t.poll = loop_poll_new(l, fds[0], on_readable, &t);
    loop_poll_set(t.poll, LOOP_READ);
    cr_assert_eq(write(fds[1], "xy", 2), 2);
    loop_run(l);
    cr_assert_str_eq(t.text, "xy");
    cr_assert_null(t.poll);
    close(fds[0]);
    close(fds[1]);
}

static void on_writable(void *ud, int events)
{
    struct trail *t = ud;
    cr_assert_eq(events, LOOP_WRITE);
    put(t, 'w');
    loop_poll_set(t->poll, 0);
}

Test(loop, poll_with_no_events_is_paused)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    int fds[2];
    cr_assert_eq(pipe2(fds, O_NONBLOCK), 0);
    t.poll = loop_poll_new(l, fds[1], on_writable, &t);
    loop_poll_set(t.poll, LOOP_WRITE);
    loop_run(l); /* returns because nothing is watched any more */
    cr_assert_str_eq(t.text, "w");
    loop_poll_free(t.poll);
    close(fds[0]);
    close(fds[1]);
}

static pthread_t loop_thread;
static atomic_int worked;

static void do_work(void *ud)
{
    (void)ud;
    cr_assert(!pthread_equal(pthread_self(), loop_thread));
    atomic_fetch_add(&worked, 1);
}

static void done_work(void *ud)
{
    cr_assert(pthread_equal(pthread_self(), loop_thread));
    cr_assert(atomic_load(&worked) > 0);
    put(ud, 'd');
}

Test(loop, work_runs_elsewhere_and_is_done_here)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    loop_thread = pthread_self();
    loop_work(l, do_work, done_work, &t);
    loop_work(l, do_work, done_work, &t);
    loop_run(l);
    cr_assert_str_eq(t.text, "dd");
    cr_assert_eq(atomic_load(&worked), 2);
}

static void on_wake(void *ud)
{
    struct trail *t = ud;
    put(t, 'k');
    loop_wake_free(t->wake);
    t->wake = NULL;
}

static void *send_wake(void *ud)
{
    loop_wake_send(ud);
    return NULL;
}

Test(loop, wake_comes_through_from_another_thread)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    pthread_t thread;
    t.wake = loop_wake_new(l, on_wake, &t);
    cr_assert_eq(pthread_create(&thread, NULL, send_wake, t.wake), 0);
    pthread_join(thread, NULL);
    loop_run(l);
    cr_assert_str_eq(t.text, "k");
    loop_wake_free(NULL);
}

static void on_term(void *ud)
{
    struct trail *t = ud;
    put(t, 'T');
    loop_stop(t->loop);
}

static void on_hup(void *ud)
{
    struct trail *t = ud;
    put(t, 'H');
    loop_stop(t->loop);
}

Test(loop, signals_are_calls_on_the_loop)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    loop_signals(l, on_term, on_hup, &t);
    raise(SIGTERM);
    loop_run(l);
    raise(SIGHUP);
    loop_run(l);
    raise(SIGINT);
    loop_run(l);
    raise(SIGPIPE); /* ignored */
    cr_assert_str_eq(t.text, "THT");
}

Test(loop, time_does_not_go_back)
{
    _cleanup_(loop_freep)
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    uint64_t before = loop_now_ms(l);
    struct loop_timer *timer = loop_timer_new(l, on_timer, &t);
    loop_timer_start(timer, 2, 0);
    loop_run(l);
    cr_assert_geq(loop_now_ms(l), before + 2);
    loop_timer_free(timer);
}

Test(loop, freeing_everything_leaves_nothing)
{
    struct loop *l = loop_new();
    struct trail t = {.loop = l};
    int fds[2];
    cr_assert_eq(pipe2(fds, O_NONBLOCK), 0);
    t.timer = loop_timer_new(l, on_timer_free, &t);
    t.poll = loop_poll_new(l, fds[0], on_readable, &t);
    t.wake = loop_wake_new(l, on_wake, &t);
    loop_signals(l, on_term, NULL, &t);
    loop_work(l, do_work, on_a, &t);
    for (int i = 0; i < 200; i++)
        loop_defer(l, on_repeat, &t);
    t.count = 100;
    loop_timer_free(t.timer);
    loop_poll_free(t.poll);
    loop_wake_free(t.wake);
    loop_free(l);
    cr_assert_str_eq(t.text, "a"); /* work under way is waited for */
    close(fds[0]);
    close(fds[1]);
    t = (struct trail){0};
    LEAK_NONE();
}
