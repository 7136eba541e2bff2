/* The one event loop of a process (libuv underneath; io/ may take the uv_loop_t, layers above use only this header).
 *
 * Everything runs on the loop's thread. Handles are freed by their own _free, which is safe inside their callback. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/err.h"

struct loop;
struct loop_timer;
struct loop_poll;
struct uv_loop_s;

typedef void loop_fn(void *ud);
typedef void loop_poll_fn(void *ud, int events); /* LOOP_READ | LOOP_WRITE, or LOOP_ERROR */

#define LOOP_READ  1
#define LOOP_WRITE 2
#define LOOP_ERROR 4

struct loop *loop_new(void);    /* aborts when the system refuses */
void loop_free(struct loop *l); /* every handle made from it must be freed before; runs pending closes */
CLEANUP_DEFINE(struct loop, loop_free)
struct uv_loop_s *loop_uv(struct loop *l);

void loop_run(struct loop *l);        /* until loop_stop, or no handle is left */
void loop_run_once(struct loop *l);   /* one turn that may block; for tests */
void loop_stop(struct loop *l);       /* from the loop's thread */
uint64_t loop_now_ms(struct loop *l); /* monotonic, cached at the start of the turn */

/* Timers: one-shot or repeating. New timers are idle. */
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ud);
void loop_timer_start(struct loop_timer *t, uint64_t after_ms,
                      uint64_t repeat_ms); /* repeat_ms 0: one-shot; restarts a running one */
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_active(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* accepts NULL */

/* Watches a descriptor that the caller owns. events 0 pauses. */
struct loop_poll *loop_poll_new(struct loop *l, int fd, loop_poll_fn *fn, void *ud);
void loop_poll_set(struct loop_poll *p, int events);
void loop_poll_free(struct loop_poll *p); /* accepts NULL; free before closing the descriptor */

/* Runs fn in a later turn, before the loop blocks again. Order is kept. */
void loop_defer(struct loop *l, loop_fn *fn, void *ud);

/* Runs work on the thread pool, then done on the loop's thread. ud is borrowed until done ran. */
void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *ud);

/* Calls fn on the loop's thread for SIGTERM and SIGINT (and SIGHUP when hup is not NULL). SIGPIPE is ignored. */
void loop_signals(struct loop *l, loop_fn *term, loop_fn *hup, void *ud);

/* Wakes the loop from any other thread: fn runs on the loop's thread at least once after each wake. */
struct loop_wake;
struct loop_wake *loop_wake_new(struct loop *l, loop_fn *fn, void *ud);
void loop_wake_send(struct loop_wake *w); /* any thread */
void loop_wake_free(struct loop_wake *w); /* loop's thread, when no other thread may send any more */
