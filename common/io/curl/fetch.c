/* The driver's outside: options, the queue, the life of a call.
 *
 *     fetch_start -> waiting -> [naming] -> in flight -> ended, done(ud)
 *                       \__________\____________\____-> cancelled (no done)
 *
 * Work happens in four places, all called by the loop: the pump (a deferred call: admits what waits and ends what was
 * cancelled inside libcurl), the epoll descriptor, the timer, and an answer of the name service. libcurl must not be
 * entered from its own callbacks; `busy` is set while it runs, and whatever would enter it then is left to the pump.
 *
 * `dispatching` counts callbacks of ours on the stack; a fetch_free under one of them only marks the driver, and the
 * memory goes in the pump. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include "io/curl/fetch_int.h"

#define FETCH_IN_FLIGHT_MAX 19000
#define FETCH_QUEUE_MAX     100000
#define FETCH_SHARD_MAX     256
#define FETCH_SHARD_LIMIT   1500
#define FETCH_SPARE_MAX     512

static struct fetch_options options_effective(const struct fetch_options *given)
{
    struct fetch_options o = given ? *given : (struct fetch_options){0};
    o.in_flight_max = o.in_flight_max ? o.in_flight_max : FETCH_IN_FLIGHT_MAX;
    o.queue_max = o.queue_max ? o.queue_max : FETCH_QUEUE_MAX;
    o.shard_max = o.shard_max ? MIN(o.shard_max, (size_t)FETCH_SHARD_LIMIT) : FETCH_SHARD_MAX;
    o.shard_max = MAX(o.shard_max, (o.in_flight_max + FETCH_SHARDS_MAX - 1) / FETCH_SHARDS_MAX);
    o.spare_max = o.spare_max ? o.spare_max : FETCH_SPARE_MAX;
    return o;
}

struct fetch *fetch_new(struct loop *loop, const struct fetch_options *options, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(err, ERR_MEMORY, "libcurl does not start");
        return NULL;
    }
    struct fetch *f = calloc(1, sizeof(*f));
    int fd = epoll_create1(EPOLL_CLOEXEC);
    CURLSH *share = curl_share_init();
    if (!f || fd < 0 || !share) {
        err_set(err, ERR_MEMORY, "no memory or descriptor left for model calls");
        free(f);
        curl_share_cleanup(share);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    f->loop = loop;
    f->options = options_effective(options);
    f->epoll_fd = fd;
    f->share = share;
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    f->timer_ms = UINT64_MAX;
    fetch_easy_init(f);
    fetch_ports_init(f);
    list_init(&f->waiting);
    list_init(&f->spare);
    list_init(&f->ended);
    f->timer = loop_timer_new(loop, fetch_timer_fired, f);
    f->poll = loop_poll_new(loop, fd, fetch_ready, f);
    loop_poll_set(f->poll, LOOP_READ);
    return f;
}

/* Memory */

void fetch_memory_free(struct fetch *f)
{
    if (f->deferred || f->dispatching || f->names_asked || f->targets)
        return; /* the last of them comes back here */
    free(f->heap);
    free(f);
}

static void call_free(struct fetch_call *c)
{
    if (c->dropped)
        c->dropped(c->request.ud);
    fetch_target_unref(c->request.target);
    buf_fini(&c->head);
    buf_fini(&c->body);
    free(c);
}

/* Out of every list and of libcurl; not while libcurl runs. */
static void call_detach(struct fetch_call *c)
{
    struct fetch *f = c->fetch;
    assert(!f->busy);
    if (c->easy)
        fetch_shard_remove(c);
    else if (c->phase == FETCH_PHASE_WAITING && c->link.next != &c->link && !c->cancelled)
        f->waiting_count--;
    list_remove(&c->link);
    fetch_heap_remove(f, c);
    f->done++;
}

void fetch_free(struct fetch *f)
{
    if (!f || f->freed)
        return;
    f->freed = true;
    loop_poll_free(TAKE_PTR(f->poll));
    loop_timer_free(TAKE_PTR(f->timer));
    if (f->busy) {
        fetch_pump_later(f);
        return;
    }
    f->dispatching++; /* memory stays until the end of this function */
    while (f->heap_count) {
        struct fetch_call *c = f->heap[0];
        call_detach(c);
        c->dropped = f->dropped;
        call_free(c);
    }
    while (!list_empty(&f->ended)) {
        struct fetch_call *c = CONTAINER_OF(f->ended.next, struct fetch_call, link);
        call_detach(c);
        call_free(c);
    }
    while (!list_empty(&f->spare))
        fetch_easy_free(f, CONTAINER_OF(f->spare.next, struct fetch_easy, link));
    fetch_shards_free(f);
    curl_share_cleanup(TAKE_PTR(f->share));
    close(f->epoll_fd);
    f->epoll_fd = -1;
    f->dispatching--;
    fetch_memory_free(f);
}

void fetch_free_with(struct fetch *f, loop_fn *dropped)
{
    if (f)
        f->dropped = dropped;
    fetch_free(f);
}

struct fetch_stats fetch_stats(const struct fetch *f)
{
    return (struct fetch_stats){.in_flight = f->in_flight,
                                .waiting = f->waiting_count,
                                .started = f->started,
                                .ended = f->done,
                                .resent = f->resent};
}

/* The end of a call */

void fetch_call_end(struct fetch_call *c, enum fetch_end end, const char *reason)
{
    struct fetch *f = c->fetch;
    uint64_t now_ms = loop_now_ms(f->loop);
    call_detach(c);
    struct fetch_result r = {.end = end,
                             .status = 0,
                             .sent = c->sends > 0,
                             .resent = c->sends > 1 ? (unsigned)c->sends - 1 : 0,
                             .head = c->head,
                             .body = c->body,
                             .connect_ms = c->sends ? c->sent_ms - c->started_ms : 0,
                             .first_byte_ms = c->first_ms ? c->first_ms - c->started_ms : 0,
                             .total_ms = now_ms - c->queued_ms};
    r.status = c->status;
    r.http_version = c->http_version;
    snprintf(r.reason, sizeof(r.reason), "%s", reason ? reason : "");
    c->head = c->body = (struct buf){0};
    f->resent += r.resent;
    f->dispatching++;
    c->request.done(c->request.ud, &r);
    f->dispatching--;
    buf_fini(&r.head);
    buf_fini(&r.body);
    call_free(c);
    if (!f->freed && f->waiting_count)
        fetch_pump_later(f);
}

/* Starting */

static void fetch_admit(struct fetch *f)
{
    size_t batch = FETCH_ADMIT_BATCH;
    while (batch && f->in_flight < f->options.in_flight_max && !list_empty(&f->waiting)) {
        struct fetch_call *c = CONTAINER_OF(f->waiting.next, struct fetch_call, link);
        list_remove(&c->link);
        if (!fetch_name_ready(c->request.target, c))
            continue; /* put aside, still counted as waiting */
        batch--;
        f->waiting_count--;
        c->phase = FETCH_PHASE_CONNECTING;
        c->started_ms = loop_now_ms(f->loop);
        struct fetch_shard *s = fetch_shard_pick(f, c->request.target);
        c->easy = s ? fetch_easy_take(f, c) : NULL;
        if (!c->easy || fetch_shard_add(s, c) < 0) {
            fetch_call_end(c, FETCH_END_REFUSED, "no memory left for another call");
            if (f->freed)
                return;
            continue;
        }
        fetch_call_phase(c, FETCH_PHASE_CONNECTING);
    }
    if (f->in_flight < f->options.in_flight_max && !list_empty(&f->waiting))
        fetch_pump_later(f);
}

static void fetch_pump(void *ud)
{
    struct fetch *f = ud;
    f->deferred = false;
    f->dispatching++;
    while (!f->freed && !list_empty(&f->ended)) { /* cancelled inside libcurl */
        struct fetch_call *c = CONTAINER_OF(f->ended.next, struct fetch_call, link);
        call_detach(c);
        call_free(c);
    }
    if (!f->freed)
        fetch_admit(f);
    if (!f->freed)
        fetch_shards_kick(f);
    if (!f->freed)
        fetch_timer_arm(f);
    f->dispatching--;
    if (f->freed) {
        if (f->share) { /* fetch_free was called inside libcurl and left everything to us */
            f->freed = false;
            fetch_free(f);
            return;
        }
        fetch_memory_free(f);
    }
}

void fetch_pump_later(struct fetch *f)
{
    if (f->deferred)
        return;
    f->deferred = true;
    loop_defer(f->loop, fetch_pump, f);
}

/* The phase of a call moves on, and with it its deadline. */
void fetch_call_phase(struct fetch_call *c, enum fetch_phase phase)
{
    enum fetch_end end;
    c->phase = phase;
    uint64_t real = fetch_deadline(c, &end);
    if (real >= c->due_ms)
        return;
    fetch_heap_remove(c->fetch, c);
    c->due_ms = real;
    fetch_heap_add(c->fetch, c);
}

struct fetch_call *fetch_start(struct fetch *f, const struct fetch_request *request, struct err *err)
{
    assert(request->target && request->done && !f->freed);
    if (f->waiting_count >= f->options.queue_max) {
        err_set(err, ERR_OVERLOADED, "%zu model calls wait for a connection already", f->waiting_count);
        return NULL;
    }
    struct fetch_call *c = calloc(1, sizeof(*c));
    if (!c || !fetch_heap_reserve(f, f->heap_count + 1)) {
        free(c);
        err_set(err, ERR_MEMORY, "no memory left for another call");
        return NULL;
    }
    enum fetch_end end;
    c->fetch = f;
    c->request = *request;
    c->queued_ms = loop_now_ms(f->loop);
    buf_init(&c->head, FETCH_HEAD_MAX_BYTES);
    buf_init(&c->body, request->body_max_bytes ? request->body_max_bytes : FETCH_BODY_MAX);
    request->target->refs++;
    list_append(&f->waiting, &c->link);
    f->waiting_count++;
    f->started++;
    c->due_ms = fetch_deadline(c, &end);
    fetch_heap_add(f, c);
    fetch_pump_later(f);
    return c;
}

void fetch_cancel(struct fetch_call *c, loop_fn *dropped)
{
    if (!c || c->cancelled)
        return;
    struct fetch *f = c->fetch;
    c->dropped = dropped;
    if (f->busy && c->easy) {
        c->cancelled = true;
        fetch_heap_remove(f, c);
        list_remove(&c->link);
        list_append(&f->ended, &c->link);
        fetch_pump_later(f);
        return;
    }
    call_detach(c);
    call_free(c);
    if (f->waiting_count)
        fetch_pump_later(f);
}

/* Words */

const char *fetch_end_name(enum fetch_end end)
{
    static const char *const names[FETCH_END_COUNT] = {
        [FETCH_END_DONE] = "done",
        [FETCH_END_UNRESOLVED] = "unresolved",
        [FETCH_END_REFUSED] = "refused",
        [FETCH_END_UNTRUSTED] = "untrusted",
        [FETCH_END_UNCONNECTED] = "unconnected",
        [FETCH_END_UNQUEUED] = "unqueued",
        [FETCH_END_NO_BYTE] = "no_byte",
        [FETCH_END_SILENT] = "silent",
        [FETCH_END_TOO_LONG] = "too_long",
        [FETCH_END_BROKEN] = "broken",
        [FETCH_END_CUT] = "cut",
        [FETCH_END_TOO_LARGE] = "too_large",
        [FETCH_END_GARBLED] = "garbled",
        [FETCH_END_STOPPED] = "stopped",
    };
    return names[end];
}

struct str fetch_header(struct str head, const char *name)
{
    struct str line;
    size_t len = strlen(name);
    while (str_next_line(&head, &line))
        if (line.n > len && line.p[len] == ':' && strncasecmp(line.p, name, len) == 0)
            return str_trim(str_sub(line, len + 1, line.n));
    return (struct str){0};
}
