/* Receiving. One request at a time:
 *
 *     IDLE -(a byte)-> HEAD -(whole and valid)-> REQUEST -(answered, body read)-> IDLE ...
 *       |               |                          |-(answered, body left or "close")-> LINGER -> closed
 *       |(idle_ms)      |(bad, header_ms: 4xx)     |-(peer gone, cut)----------------------------> closed, on_abort
 *     closed          LINGER
 *
 * The state is in the fields: REQUEST is c->req, LINGER c->lingering, HEAD c->head_started. Bytes are judged where they
 * were read (one read buffer for all connections); only what cannot be consumed yet is copied into c->in, so an idle
 * connection holds no buffer.
 *
 * While a request is worked on, reading goes on until c->in is full: that is how a peer that leaves is noticed at once.
 * A full c->in (or a paused body) stops reading; then the tick asks the kernel. A peer that ends its side before it has
 * its answer counts as gone. */
#include "io/http/http_int.h"

#include <poll.h>
#include "core/clock.h"

static struct http_conn *conn_of(const llhttp_t *parser)
{
    return parser->data;
}

bool http_conn_idle(const struct http_conn *c)
{
    return !c->req && !c->head_started && !c->lingering && http_conn_queued(c) == 0;
}

void http_conn_window_restart(struct http_conn *c)
{
    c->read_mark_ms = loop_now_ms(c->server->loop);
    c->read_bytes = 0;
}

void http_conn_linger(struct http_conn *c)
{
    if (c->closing)
        return;
    c->lingering = true;
    if (!c->busy) /* else its bytes are being read further up the stack, and go when that is done */
        buf_fini(&c->in);
    http_conn_window_restart(c);
    http_conn_shutdown(c);
    http_conn_settle(c);
}

void http_conn_refuse(struct http_conn *c, const struct err *err, bool no_body)
{
    struct http_server *s = c->server;
    char id[HTTP_ID_BYTES];
    http_server_id(s, id);
    struct buf body;
    buf_init(&body, 65536);
    http_problem_build(&body, err, NULL, 0, id, NULL);
    int status = err_http_status(err->code);
    buf_reset(&s->scratch);
    http_reply_head_start(s, &s->scratch, status, "application/problem+json", id);
    buf_adds(&s->scratch, "Connection: close\r\nContent-Length: ");
    http_buf_add_u64(&s->scratch, body.len);
    buf_adds(&s->scratch, "\r\n\r\n");
    struct str parts[2] = {{.p = s->scratch.data, .n = s->scratch.len}, {.p = body.data, .n = no_body ? 0 : body.len}};
    http_conn_send(c, parts, no_body ? 1 : 2, NULL);
    buf_fini(&body);
    metrics_add(METRICS_HTTP_REFUSED, 1, err_slug(err->code), NULL);
    http_server_count(s, "refused", status, -1);
    http_conn_linger(c);
}

void http_conn_body_failed(struct http_conn *c, const struct err *err, bool later)
{
    struct http_request *req = http_request_ref(c->req);
    metrics_add(METRICS_HTTP_REFUSED, 1, err_slug(err->code), NULL);
    if (req->reply == HTTP_REPLY_NONE) {
        http_reply_problem(req, err);
        if (later)
            http_request_abort_later(req);
        else
            http_request_abort(req);
    } else {
        http_conn_cut(c);
    }
    http_request_unref(req);
}

/* --- llhttp --- */

static int conn_on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct http_conn *c = conn_of(parser);
    if (c->req && !c->closing)
        http_request_body_piece(c->req, (struct str){.p = at, .n = n});
    return 0;
}

static int conn_on_headers_complete(llhttp_t *parser)
{
    parser->upgrade = 0; /* an Upgrade is an offer, not taken */
    return 0;
}

static int conn_on_message_complete(llhttp_t *parser)
{
    conn_of(parser)->parser_done = true;
    return 0;
}

void http_parser_settings(llhttp_settings_t *settings)
{
    llhttp_settings_init(settings);
    settings->on_body = conn_on_body;
    settings->on_headers_complete = conn_on_headers_complete;
    settings->on_message_complete = conn_on_message_complete;
}

/* The second opinion on a head that http_head_parse took: the framing must be the same. */
static int conn_parser_begin(struct http_conn *c, struct str head, const struct http_head *h, struct err *err)
{
    llhttp_init(&c->parser, HTTP_REQUEST, &c->server->settings);
    c->parser.data = c;
    c->parser_done = false;
    memset(&c->chunked, 0, sizeof(c->chunked));
    llhttp_errno_t rc = llhttp_execute(&c->parser, head.p, head.n);
    if (rc != HPE_OK)
        return err_set(err, ERR_HTTP, "the head is not valid (%s)", llhttp_errno_name(rc));
    bool chunked = (c->parser.flags & F_CHUNKED) != 0;
    bool empty = !h->chunked && h->content_length == 0;
    if (chunked != h->chunked || c->parser_done != empty ||
        (!empty && !chunked && c->parser.content_length != h->content_length))
        return err_set(err, ERR_HTTP, "the framing of the message is ambiguous");
    return 0;
}

/* --- heads --- */

static int conn_request_make(struct http_conn *c, struct str bytes, bool *ret_no_body, struct err *err)
{
    struct http_request *req = http_request_new(c);
    if (!req)
        return err_set(err, ERR_MEMORY, "no memory for the request");
    struct http_head head;
    char *copy = arena_strndup(&req->arena, bytes.p, bytes.n);
    struct str own = {.p = copy, .n = bytes.n};
    int rc = copy ? http_head_parse(own, &c->server->limits, &head, err)
                  : err_set(err, ERR_MEMORY, "no memory for the request");
    if (rc == 0)
        rc = conn_parser_begin(c, own, &head, err);
    if (rc == 0)
        rc = http_request_fill(req, &head, err);
    if (rc < 0) {
        *ret_no_body = str_starts(bytes, "HEAD ");
        req->conn = NULL;
        http_request_unref(req);
        return rc;
    }
    req->start_us = c->head_us;
    c->req = req;
    return 0;
}

static ssize_t conn_head_begin(struct http_conn *c, size_t len, struct str bytes)
{
    struct http_server *s = c->server;
    struct err err;
    bool no_body = false;
    c->head_started = false;
    c->scan = 0;
    c->requests++;
    c->close_after = false;
    if (conn_request_make(c, bytes, &no_body, &err) < 0) {
        http_conn_refuse(c, &err, no_body);
        return (ssize_t)len;
    }
    struct http_request *req = http_request_ref(c->req);
    s->handler(req, s->ud);
    http_request_unref(req);
    return (ssize_t)len;
}

/* Returns the bytes consumed, or -1 when there is nothing to do at the moment. */
static ssize_t conn_head_step(struct http_conn *c, const char *p, size_t n)
{
    if (n == 0 || http_conn_queued(c) > 0)
        return -1;
    if (!c->head_started && p[0] == '\r' && (n == 1 || p[1] == '\n'))
        return n == 1 ? -1 : 2; /* RFC 9112 2.2: empty lines before a request line are skipped */
    if (!c->head_started) {
        c->head_started = true;
        c->head_us = clock_mono_us();
        c->scan = 0;
        http_conn_window_restart(c);
    }
    struct err err;
    ssize_t len = http_head_find(p, n, &c->server->limits, &c->scan, &err);
    if (len < 0) {
        http_conn_refuse(c, &err, n >= 5 && memcmp(p, "HEAD ", 5) == 0);
        return (ssize_t)n;
    }
    if (len == 0)
        return -1;
    return conn_head_begin(c, (size_t)len, (struct str){.p = p, .n = (size_t)len});
}

/* --- bodies --- */

/* Length of the next run of body bytes, negative when they are not valid. */
static ssize_t conn_body_next(struct http_conn *c, const char *p, size_t n, bool *ret_data, struct err *err)
{
    struct http_request *req = c->req;
    if (req->chunked)
        return http_chunked_next(&c->chunked, p, n, &c->server->limits, ret_data, err);
    *ret_data = true;
    uint64_t left = req->content_length - req->body_received;
    return (ssize_t)(left < n ? left : n);
}

static ssize_t conn_body_feed(struct http_conn *c, const char *p, size_t n)
{
    struct http_request *req = c->req;
    struct err err;
    bool data = false;
    ssize_t len = conn_body_next(c, p, n, &data, &err);
    if (len > 0 && data) {
        req->body_received += (uint64_t)len;
        c->read_bytes += (uint64_t)len;
        if (req->body_received > c->server->limits.body_max_bytes)
            len = err_set(&err, ERR_TOO_LARGE, "the body is larger than %llu bytes",
                          (unsigned long long)c->server->limits.body_max_bytes);
    }
    if (len < 0) {
        http_conn_body_failed(c, &err, false);
        return -1;
    }
    bool last = req->chunked ? c->chunked.state == HTTP_CHUNKED_DONE : req->body_received == req->content_length;
    llhttp_errno_t rc = llhttp_execute(&c->parser, p, (size_t)len);
    if (c->req != req || c->closing)
        return len; /* the handler has answered, or was too much for the connection */
    if (rc != HPE_OK || c->parser_done != last) {
        err_set(&err, ERR_HTTP, "the body is not valid (%s)", llhttp_errno_name(rc));
        http_conn_body_failed(c, &err, false);
        return -1;
    }
    req->body_complete = last;
    return len;
}

static ssize_t conn_body_step(struct http_conn *c, const char *p, size_t n)
{
    struct http_request *req = c->req;
    if (!http_request_body_flowing(req) || (n == 0 && !req->body_complete))
        return -1;
    http_request_ref(req);
    ssize_t used = 0;
    if (req->body_complete)
        http_request_body_end(req);
    else
        used = conn_body_feed(c, p, n);
    http_request_unref(req);
    return used;
}

/* --- the flow --- */

static size_t conn_consume(struct http_conn *c, const char *p, size_t n)
{
    size_t used = 0;
    c->busy = true;
    while (!c->closing && !c->lingering) {
        ssize_t step = c->req ? conn_body_step(c, p + used, n - used) : conn_head_step(c, p + used, n - used);
        if (step < 0)
            break;
        used += (size_t)step;
    }
    c->busy = false;
    return c->closing || c->lingering ? n : used;
}

void http_conn_run(struct http_conn *c)
{
    if (c->closing || c->busy || c->lingering)
        return;
    size_t used = conn_consume(c, c->in.data ? c->in.data : "", c->in.len);
    if (used)
        buf_shift(&c->in, used);
    http_conn_settle(c);
}

static void conn_input(struct http_conn *c, const char *p, size_t n)
{
    if (c->lingering)
        return;
    if (c->in.len > 0) {
        buf_add(&c->in, p, n);
        if (buf_failed(&c->in))
            http_conn_cut(c);
        else
            http_conn_run(c);
        return;
    }
    size_t used = conn_consume(c, p, n);
    if (used < n)
        buf_add(&c->in, p + used, n - used);
    if (buf_failed(&c->in))
        http_conn_cut(c);
    http_conn_settle(c);
}

static void conn_eof(struct http_conn *c)
{
    bool still_sending = !c->req && http_conn_queued(c) > 0;
    c->eof = true;
    if (still_sending)
        http_conn_settle(c);
    else
        http_conn_cut(c);
}

static bool conn_input_waits(const struct http_conn *c)
{
    return c->req ? !http_request_body_flowing(c->req) || c->req->body_complete : http_conn_queued(c) > 0;
}

static void conn_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct http_conn *c = h->data;
    size_t room = HTTP_READ_BYTES, max = c->server->limits.pipeline_max_bytes;
    if (!c->lingering && conn_input_waits(c))
        room = c->in.len < max ? MIN(room, max - c->in.len) : 0;
    *buf = uv_buf_init(c->server->read_buf, (unsigned)room);
}

static void conn_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct http_conn *c = stream->data;
    if (c->closing || nread == 0)
        return;
    if (nread > 0)
        conn_input(c, buf->base, (size_t)nread);
    else if (nread == UV_ENOBUFS)
        http_conn_settle(c);
    else if (nread == UV_EOF)
        conn_eof(c);
    else
        http_conn_cut(c);
}

void http_conn_settle(struct http_conn *c)
{
    if (c->closing)
        return;
    bool full = !c->lingering && conn_input_waits(c) && c->in.len >= c->server->limits.pipeline_max_bytes;
    bool want = !c->eof && !full;
    if (want && !c->reading)
        uv_read_start((uv_stream_t *)&c->tcp, conn_alloc, conn_read);
    else if (!want && c->reading)
        uv_read_stop((uv_stream_t *)&c->tcp);
    c->reading = want;
    if (c->in.len == 0 && c->in.data && !c->busy)
        buf_fini(&c->in);
}

void http_conn_request_over(struct http_conn *c)
{
    struct http_request *req = TAKE_PTR(c->req);
    bool end = c->close_after || !req->body_complete || !req->keep_alive || c->server->closing;
    req->conn = NULL;
    http_request_unref(req);
    if (c->closing)
        return;
    if (end) {
        http_conn_linger(c);
        return;
    }
    http_conn_window_restart(c);
    if (!c->busy && c->in.len > 0)
        http_server_kick(c->server, c);
}

/* --- time --- */

static bool conn_peer_left(const struct http_conn *c)
{
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&c->tcp, &fd) < 0)
        return true;
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* true: the connection was cut. */
static bool conn_tick_send(struct http_conn *c, uint64_t now_ms)
{
    const struct http_limits *l = &c->server->limits;
    size_t queued = http_conn_queued(c);
    if (queued == 0 || now_ms - c->send_mark_ms <= l->send_ms)
        return false;
    uint64_t sent = c->send_total - queued;
    if (sent - c->sent_at_mark < l->send_min_bytes) {
        metrics_add(METRICS_HTTP_REFUSED, 1, "slow-reader", NULL);
        http_conn_cut(c);
        return true;
    }
    c->send_mark_ms = now_ms;
    c->sent_at_mark = sent;
    return false;
}

static void conn_tick_head(struct http_conn *c, uint64_t waited_ms)
{
    const struct http_limits *l = &c->server->limits;
    struct err err;
    if (c->head_started && waited_ms > l->header_ms) {
        err_set(&err, ERR_REQUEST_TIMEOUT, "the head did not arrive within %llu ms", (unsigned long long)l->header_ms);
        http_conn_refuse(c, &err, false);
    } else if (!c->head_started && waited_ms > l->idle_ms) {
        http_conn_cut(c);
    }
}

static void conn_tick_body(struct http_conn *c, uint64_t waited_ms)
{
    const struct http_limits *l = &c->server->limits;
    if (!http_request_body_flowing(c->req) || c->req->body_complete || waited_ms <= l->body_ms)
        return;
    if (c->read_bytes >= l->body_min_bytes) {
        http_conn_window_restart(c);
        return;
    }
    struct err err;
    err_set(&err, ERR_REQUEST_TIMEOUT, "less than %zu bytes of the body arrived within %llu ms", l->body_min_bytes,
            (unsigned long long)l->body_ms);
    http_conn_body_failed(c, &err, false);
}

void http_conn_tick(struct http_conn *c, uint64_t now_ms)
{
    if (c->closing || conn_tick_send(c, now_ms))
        return;
    uint64_t waited_ms = now_ms > c->read_mark_ms ? now_ms - c->read_mark_ms : 0;
    bool sending = http_conn_queued(c) > 0;
    if (c->req)
        conn_tick_body(c, waited_ms);
    else if (!sending && c->lingering && waited_ms > c->server->limits.linger_ms)
        http_conn_cut(c);
    else if (!sending && !c->lingering)
        conn_tick_head(c, waited_ms);
    if (!c->closing && c->req && !c->reading && conn_peer_left(c))
        http_conn_cut(c);
}

/* --- birth --- */

void http_conn_accept(struct http_server *s)
{
    struct http_conn *c = calloc(1, sizeof(*c));
    if (!c)
        abort(); /* libuv would never accept again */
    c->server = s;
    list_init(&c->node);
    list_init(&c->kick_node);
    buf_init(&c->in, s->limits.head_max_bytes + s->limits.pipeline_max_bytes + HTTP_READ_BYTES);
    uv_tcp_init(loop_uv(s->loop), &c->tcp);
    c->tcp.data = c;
    bool full = s->conns_count >= s->limits.connections_max;
    list_append(&s->conns, &c->node);
    s->conns_count++;
    s->handles++;
    metrics_add(METRICS_HTTP_CONNECTIONS, 1, NULL);
    if (uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->tcp) < 0) {
        http_conn_cut(c);
        return;
    }
    http_conn_window_restart(c);
    if (full) {
        struct err err;
        err_set(&err, ERR_OVERLOADED, "the server has all the connections it takes");
        http_conn_refuse(c, &err, false);
        http_conn_cut(c);
        return;
    }
    http_conn_settle(c);
}
