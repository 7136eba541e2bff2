/* Multi handles, their sockets and their timers.
 *
 * libcurl looks through all connections of a handle for each new transfer, so what a call costs grows with the
 * transfers of its handle: many small handles are cheap, one large one is not. Calls go to the first handle with room;
 * so little traffic stays on one handle and finds its kept connections there.
 *
 * All sockets sit in one epoll set of ours, which the loop watches as one descriptor: no handle of the loop's per
 * connection. An event carries the shard's number and the socket. */
#include <string.h>
#include <sys/epoll.h>
#include "io/curl/fetch_int.h"

/* HTTP/2 streams of a connection, and calls of a handle then: one connection each. With more, calls would wait inside
 * libcurl for a stream or for a second connection, which costs several times as much. */
#define SHARD_STREAMS_MAX 100

static int shard_on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *known)
{
    (void)easy;
    struct fetch_shard *s = ud;
    struct epoll_event ev = {.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                       (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0),
                             .data.u64 = (uint64_t)s->index << 32 | (uint32_t)fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(s->fetch->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (known)
        return epoll_ctl(s->fetch->epoll_fd, EPOLL_CTL_MOD, fd, &ev) == 0 ? 0 : -1;
    curl_multi_assign(s->multi, fd, s);
    return epoll_ctl(s->fetch->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : -1;
}

static int shard_on_timer(CURLM *multi, long after_ms, void *ud)
{
    (void)multi;
    struct fetch_shard *s = ud;
    s->kicked = after_ms == 0;
    s->due_ms = after_ms > 0 ? loop_now_ms(s->fetch->loop) + (uint64_t)after_ms : UINT64_MAX;
    if (s->kicked)
        fetch_pump_later(s->fetch);
    return 0;
}

static struct fetch_shard *shard_new(struct fetch *f, uint32_t index)
{
    struct fetch_shard *s = calloc(1, sizeof(*s));
    CURLM *m = s ? curl_multi_init() : NULL;
    if (!m) {
        free(s);
        return NULL;
    }
    *s = (struct fetch_shard){.fetch = f, .multi = m, .due_ms = UINT64_MAX, .index = index};
    list_init(&s->sending);
    curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, shard_on_socket);
    curl_multi_setopt(m, CURLMOPT_SOCKETDATA, s);
    curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, shard_on_timer);
    curl_multi_setopt(m, CURLMOPT_TIMERDATA, s);
    curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)f->options.shard_max);
    curl_multi_setopt(m, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)SHARD_STREAMS_MAX);
    return s;
}

struct fetch_shard *fetch_shard_pick(struct fetch *f, const struct fetch_target *t)
{
    size_t max = fetch_target_shares(t) ? MIN(f->options.shard_max, (size_t)SHARD_STREAMS_MAX) : f->options.shard_max;
    for (size_t i = 0; i < f->shards_count; i++)
        if (f->shards[i]->count < max)
            return f->shards[i];
    if (f->shards_count == FETCH_SHARDS_MAX)
        return NULL;
    struct fetch_shard *s = shard_new(f, (uint32_t)f->shards_count);
    if (s)
        f->shards[f->shards_count++] = s;
    return s;
}

int fetch_shard_add(struct fetch_shard *s, struct fetch_call *c)
{
    struct fetch *f = s->fetch;
    c->easy->call = c;
    f->busy = true;
    CURLMcode rc = curl_multi_add_handle(s->multi, c->easy->curl);
    f->busy = false;
    if (rc != CURLM_OK) {
        c->easy->call = NULL;
        fetch_easy_free(f, TAKE_PTR(c->easy));
        return -ERR_MEMORY;
    }
    c->shard = s;
    s->count++;
    f->in_flight++;
    return 0;
}

void fetch_shard_remove(struct fetch_call *c)
{
    struct fetch *f = c->fetch;
    struct fetch_easy *e = TAKE_PTR(c->easy);
    f->busy = true;
    curl_multi_remove_handle(c->shard->multi, e->curl);
    f->busy = false;
    c->shard->count--;
    f->in_flight--;
    c->shard = NULL;
    e->call = NULL;
    fetch_easy_release(f, e, true);
}

/* Ends what libcurl says is over. */
static void shard_drain(struct fetch_shard *s)
{
    struct fetch *f = s->fetch;
    CURLMsg *m;
    int left;
    while (!f->freed && (m = curl_multi_info_read(s->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        char reason[FETCH_REASON_BYTES];
        struct fetch_easy *e = NULL;
        CURLcode rc = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&e);
        struct fetch_call *c = e->call;
        if (c->cancelled)
            continue; /* the pump frees it */
        enum fetch_end end = fetch_easy_verdict(c, rc, reason);
        fetch_call_end(c, end, reason);
    }
}

static void shard_act(struct fetch_shard *s, curl_socket_t fd, int events)
{
    int running;
    s->fetch->busy = true;
    curl_multi_socket_action(s->multi, fd, events, &running);
    s->fetch->busy = false;
    list_for_each_safe (it, &s->sending) {
        struct fetch_call *c = CONTAINER_OF(it, struct fetch_call, link);
        if (fetch_easy_unload(c->easy))
            list_remove(&c->link);
    }
}

void fetch_shards_kick(struct fetch *f)
{
    for (size_t i = 0; i < f->shards_count && !f->freed; i++) {
        struct fetch_shard *s = f->shards[i];
        if (!s->kicked)
            continue;
        s->kicked = false;
        s->due_ms = UINT64_MAX;
        shard_act(s, CURL_SOCKET_TIMEOUT, 0);
        shard_drain(s);
    }
}

void fetch_ready(void *ud, int events)
{
    (void)events;
    struct fetch *f = ud;
    struct epoll_event ev[FETCH_EVENTS];
    bool touched[FETCH_SHARDS_MAX] = {false};
    int n = epoll_wait(f->epoll_fd, ev, FETCH_EVENTS, 0);
    f->dispatching++;
    for (int i = 0; i < n; i++) {
        size_t shard = ev[i].data.u64 >> 32;
        int bits = (ev[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                   (ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (ev[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
        shard_act(f->shards[shard], (curl_socket_t)(uint32_t)ev[i].data.u64, bits);
        touched[shard] = true;
    }
    for (size_t i = 0; i < f->shards_count && !f->freed; i++)
        if (touched[i])
            shard_drain(f->shards[i]);
    if (!f->freed)
        fetch_timer_arm(f);
    f->dispatching--;
    if (f->freed)
        fetch_memory_free(f);
}

/* Timers */

void fetch_timer_arm(struct fetch *f)
{
    uint64_t at = f->heap_count ? f->heap[0]->due_ms : UINT64_MAX, now_ms = loop_now_ms(f->loop);
    for (size_t i = 0; i < f->shards_count; i++)
        at = MIN(at, f->shards[i]->due_ms);
    if (at >= f->timer_ms)
        return; /* it fires earlier and comes back here */
    f->timer_ms = at;
    loop_timer_start(f->timer, at > now_ms ? at - now_ms : 0, 0);
}

void fetch_timer_fired(void *ud)
{
    struct fetch *f = ud;
    uint64_t now_ms = loop_now_ms(f->loop);
    f->timer_ms = UINT64_MAX;
    f->dispatching++;
    for (size_t i = 0; i < f->shards_count && !f->freed; i++) {
        struct fetch_shard *s = f->shards[i];
        if (s->due_ms > now_ms)
            continue;
        s->due_ms = UINT64_MAX;
        shard_act(s, CURL_SOCKET_TIMEOUT, 0);
        shard_drain(s);
    }
    while (!f->freed && f->heap_count && f->heap[0]->due_ms <= now_ms)
        fetch_heap_expire(f, now_ms);
    if (!f->freed)
        fetch_timer_arm(f);
    f->dispatching--;
    if (f->freed)
        fetch_memory_free(f);
}

void fetch_shards_free(struct fetch *f)
{
    for (size_t i = 0; i < f->shards_count; i++) {
        f->busy = true;
        curl_multi_cleanup(f->shards[i]->multi);
        f->busy = false;
        free(f->shards[i]);
    }
    f->shards_count = 0;
}
