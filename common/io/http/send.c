/* Sending: straight into the kernel while it takes everything; what it does not take is queued in libuv, in order.
 *
 * A connection's memory goes only in its close callback, which libuv runs after the callbacks of all queued writes. So
 * everything may cut a connection at any time, also deep inside a handler's call: callers look at c->closing when they
 * come back. */
#include "io/http/http_int.h"

#include "core/clock.h"

#define SEND_PARTS_MAX 4

struct http_write {
    uv_write_t uv;
    struct http_conn *conn;
    char *owned; /* freed with it */
    char copy[];
};

size_t http_conn_queued(const struct http_conn *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
}

static void send_drained(struct http_conn *c)
{
    struct http_request *req = c->req;
    size_t queued = http_conn_queued(c);
    if (req && req->above_low && queued <= c->server->limits.queue_low_bytes) {
        req->above_low = false;
        if (req->on_drain) {
            http_request_ref(req);
            req->on_drain(req, req->drain_ud);
            http_request_unref(req);
        }
    }
    if (c->closing || http_conn_queued(c) > 0)
        return;
    if (c->eof && !c->lingering)
        http_conn_cut(c);
    else if (!c->req && !c->lingering)
        http_conn_run(c);
}

static void send_written(uv_write_t *uv, int status)
{
    struct http_write *w = CONTAINER_OF(uv, struct http_write, uv);
    struct http_conn *c = w->conn;
    free(w->owned);
    free(w);
    if (c->closing)
        return;
    if (status < 0)
        http_conn_cut(c);
    else
        send_drained(c);
}

/* Queues the parts without their first `skip` bytes; the last part is kept by reference when take is given. */
static void send_queue(struct http_conn *c, const struct str *parts, size_t n, size_t skip, char *take)
{
    size_t copied = 0, copy_parts = take ? n - 1 : n;
    for (size_t i = 0; i < copy_parts; i++)
        copied += parts[i].n;
    size_t copy_skip = MIN(skip, copied);
    struct http_write *w = malloc(sizeof(*w) + copied - copy_skip);
    if (!w) {
        free(take);
        http_conn_cut(c);
        return;
    }
    w->conn = c;
    w->owned = take;
    size_t at = 0, left = copy_skip;
    for (size_t i = 0; i < copy_parts; i++) {
        size_t from = MIN(left, parts[i].n);
        left -= from;
        if (parts[i].n > from)
            memcpy(w->copy + at, parts[i].p + from, parts[i].n - from);
        at += parts[i].n - from;
    }
    uv_buf_t bufs[2];
    unsigned count = 0;
    if (at)
        bufs[count++] = uv_buf_init(w->copy, (unsigned)at);
    if (take && skip - copy_skip < parts[n - 1].n) {
        size_t from = skip - copy_skip;
        bufs[count++] = uv_buf_init((char *)parts[n - 1].p + from, (unsigned)(parts[n - 1].n - from));
    }
    if (http_conn_queued(c) == 0) {
        c->send_mark_ms = loop_now_ms(c->server->loop);
        c->sent_at_mark = c->send_total;
    }
    for (unsigned i = 0; i < count; i++)
        c->send_total += bufs[i].len;
    if (uv_write(&w->uv, (uv_stream_t *)&c->tcp, bufs, count, send_written) < 0) {
        free(w->owned);
        free(w);
        http_conn_cut(c);
    }
}

void http_conn_send(struct http_conn *c, const struct str *parts, size_t n, char *take)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    if (c->closing || c->shut || total == 0) {
        free(take);
        return;
    }
    size_t sent = 0;
    if (http_conn_queued(c) == 0) {
        uv_buf_t bufs[SEND_PARTS_MAX];
        for (size_t i = 0; i < n; i++)
            bufs[i] = uv_buf_init((char *)parts[i].p, (unsigned)parts[i].n);
        int rc = uv_try_write((uv_stream_t *)&c->tcp, bufs, (unsigned)n);
        if (rc < 0 && rc != UV_EAGAIN) {
            free(take);
            http_conn_cut(c);
            return;
        }
        sent = rc > 0 ? (size_t)rc : 0;
    }
    if (sent < total)
        send_queue(c, parts, n, sent, take);
    else
        free(take);
}

static void send_shut(uv_shutdown_t *uv, int status)
{
    struct http_conn *c = uv->data;
    if (c->closing)
        return;
    c->read_mark_ms = loop_now_ms(c->server->loop);
    if (status < 0 || c->eof)
        http_conn_cut(c);
}

void http_conn_shutdown(struct http_conn *c)
{
    if (c->closing || c->shut)
        return;
    c->shut = true;
    c->shutdown_req.data = c;
    if (uv_shutdown(&c->shutdown_req, (uv_stream_t *)&c->tcp, send_shut) < 0)
        http_conn_cut(c);
}

static void send_closed(uv_handle_t *h)
{
    struct http_conn *c = h->data;
    struct http_server *s = c->server;
    struct http_request *req = TAKE_PTR(c->req);
    list_remove(&c->node);
    list_remove(&c->kick_node);
    s->conns_count--;
    metrics_add(METRICS_HTTP_CONNECTIONS, -1, NULL);
    if (req) {
        http_request_abort(req);
        http_request_unref(req);
    }
    buf_fini(&c->in);
    free(c);
    http_server_handle_closed(s);
}

void http_conn_cut(struct http_conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    list_remove(&c->kick_node);
    uv_close((uv_handle_t *)&c->tcp, send_closed);
}
