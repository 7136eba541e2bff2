/* Answers. The head is put together in the server's scratch buffer and sent with the body in one write. */
#include "io/http/http_int.h"

#include "base/utf8.h"

#define REPLY_PROBLEM_MAX_BYTES ((size_t)1 << 20)
#define REPLY_PROBLEM_ITEMS_MAX 1000

static const struct {
    int status;
    const char *line;
} reply_reasons[] = {
    {200, "200 OK"},
    {201, "201 Created"},
    {202, "202 Accepted"},
    {204, "204 No Content"},
    {206, "206 Partial Content"},
    {301, "301 Moved Permanently"},
    {302, "302 Found"},
    {303, "303 See Other"},
    {304, "304 Not Modified"},
    {307, "307 Temporary Redirect"},
    {308, "308 Permanent Redirect"},
    {400, "400 Bad Request"},
    {401, "401 Unauthorized"},
    {402, "402 Payment Required"},
    {403, "403 Forbidden"},
    {404, "404 Not Found"},
    {405, "405 Method Not Allowed"},
    {406, "406 Not Acceptable"},
    {408, "408 Request Timeout"},
    {409, "409 Conflict"},
    {410, "410 Gone"},
    {411, "411 Length Required"},
    {412, "412 Precondition Failed"},
    {413, "413 Content Too Large"},
    {414, "414 URI Too Long"},
    {415, "415 Unsupported Media Type"},
    {417, "417 Expectation Failed"},
    {422, "422 Unprocessable Content"},
    {425, "425 Too Early"},
    {428, "428 Precondition Required"},
    {429, "429 Too Many Requests"},
    {431, "431 Request Header Fields Too Large"},
    {500, "500 Internal Server Error"},
    {501, "501 Not Implemented"},
    {502, "502 Bad Gateway"},
    {503, "503 Service Unavailable"},
    {504, "504 Gateway Timeout"},
    {505, "505 HTTP Version Not Supported"},
    {507, "507 Insufficient Storage"},
};

void http_buf_add_u64(struct buf *b, uint64_t v)
{
    char text[20];
    size_t at = sizeof(text);
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, text + at, sizeof(text) - at);
}

static void reply_status_line(struct buf *out, int status)
{
    buf_adds(out, "HTTP/1.1 ");
    for (size_t i = 0; i < ARRAY_LEN(reply_reasons); i++)
        if (reply_reasons[i].status == status) {
            buf_adds(out, reply_reasons[i].line);
            return;
        }
    http_buf_add_u64(out, (uint64_t)status);
    buf_addc(out, ' ');
}

void http_reply_head_start(struct http_server *s, struct buf *out, int status, const char *content_type,
                           const char *request_id)
{
    reply_status_line(out, status);
    buf_adds(out, "\r\nDate: ");
    buf_adds(out, http_server_date(s));
    buf_adds(out, "\r\nX-Request-Id: ");
    buf_adds(out, request_id);
    buf_adds(out, "\r\n");
    if (content_type) {
        buf_adds(out, "Content-Type: ");
        buf_adds(out, content_type);
        buf_adds(out, "\r\n");
    }
}

bool http_reply_header(struct http_request *req, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);
    for (size_t i = 0; i < value_len; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
            return false;
    if (!http_token_valid((struct str){.p = name, .n = name_len}))
        return false;
    struct http_reply_header_node *node = ARENA_NEW(&req->arena, struct http_reply_header_node);
    char *line = node ? arena_try_alloc(&req->arena, name_len + value_len + 4) : NULL;
    if (!line)
        return false;
    memcpy(line, name, name_len);
    memcpy(line + name_len, ": ", 2);
    memcpy(line + name_len + 2, value, value_len);
    memcpy(line + name_len + 2 + value_len, "\r\n", 2);
    node->line = (struct str){.p = line, .n = name_len + value_len + 4};
    *req->reply_headers_tail = node;
    req->reply_headers_tail = &node->next;
    return true;
}

static bool reply_is_bodiless(int status)
{
    return status == 204 || status == 304;
}

/* Everything but the framing header and the empty line. */
static struct buf *reply_head(struct http_request *req, int status, const char *content_type)
{
    struct http_server *s = req->server;
    struct http_conn *c = req->conn;
    struct buf *out = &s->scratch;
    uint64_t requests_max = s->limits.requests_max;
    req->status = status;
    req->no_body |= reply_is_bodiless(status);
    c->close_after = c->close_after || !req->keep_alive || s->closing || (requests_max && c->requests >= requests_max);
    buf_reset(out);
    http_reply_head_start(s, out, status, content_type, req->id);
    for (struct http_reply_header_node *h = req->reply_headers; h; h = h->next)
        buf_add(out, h->line.p, h->line.n);
    if (c->close_after)
        buf_adds(out, "Connection: close\r\n");
    else if (!req->http11)
        buf_adds(out, "Connection: keep-alive\r\n");
    return out;
}

static void reply_over(struct http_request *req)
{
    struct http_conn *c = req->conn;
    req->reply = HTTP_REPLY_DONE;
    http_server_count(req->server, req->route, req->status, (double)http_request_age_us(req) / 1e6);
    if (!c->closing)
        http_conn_request_over(c);
}

static void reply_whole(struct http_request *req, int status, const char *content_type, struct str body, char *take)
{
    if (!http_request_live(req) || req->reply != HTTP_REPLY_NONE) {
        free(take);
        return;
    }
    struct http_conn *c = req->conn;
    c->close_after = c->close_after || !req->body_complete;
    struct buf *head = reply_head(req, status, content_type);
    if (!reply_is_bodiless(status)) {
        buf_adds(head, "Content-Length: ");
        http_buf_add_u64(head, body.n);
        buf_adds(head, "\r\n");
    }
    buf_adds(head, "\r\n");
    if (buf_failed(head)) {
        free(take);
        http_conn_cut(c);
        return;
    }
    struct str parts[2] = {{.p = head->data, .n = head->len}, body};
    if (req->no_body) {
        http_conn_send(c, parts, 1, NULL);
        free(take);
    } else {
        http_conn_send(c, parts, 2, take);
    }
    reply_over(req);
}

void http_reply(struct http_request *req, int status, const char *content_type, struct str body)
{
    reply_whole(req, status, content_type, body, NULL);
}

void http_reply_take(struct http_request *req, int status, const char *content_type, char *body, size_t n)
{
    reply_whole(req, status, content_type, (struct str){.p = body, .n = n}, body);
}

void http_reply_json(struct http_request *req, int status, const struct buf *body)
{
    struct err err;
    if (buf_failed(body)) {
        err_set(&err, ERR_MEMORY, "the answer is larger than its limit");
        http_reply_problem(req, &err);
        return;
    }
    http_reply(req, status, "application/json", (struct str){.p = buf_str(body), .n = body->len});
}

/* --- problems --- */

/* Messages may have been cut within a code point, or repeat bytes of the input: what is not UTF-8 is replaced. */
static void problem_text(struct buf *out, const char *text)
{
    char plain[ERR_MSG_BYTES + ERR_POINTER_BYTES];
    size_t len = MIN(strlen(text), sizeof(plain) - 1);
    memcpy(plain, text, len);
    plain[len] = '\0';
    size_t good = 0;
    while ((good += utf8_valid_prefix((struct str){.p = plain + good, .n = len - good})) < len)
        plain[good] = '?';
    buf_add_json(out, plain, len);
}

static void problem_item(struct buf *out, const struct err *item)
{
    buf_adds(out, "{\"pointer\":");
    problem_text(out, item->pointer);
    buf_adds(out, ",\"detail\":");
    problem_text(out, item->msg);
    if (item->code) {
        buf_adds(out, ",\"code\":");
        problem_text(out, err_slug(item->code));
    }
    buf_addc(out, '}');
}

void http_problem_build(struct buf *out, const struct err *err, const struct err *items, size_t n,
                        const char *request_id, const char *trace_id)
{
    const char *slug = err_slug(err->code);
    buf_addf(out, "{\"type\":\"/problems/%s\",\"title\":", slug);
    problem_text(out, err_title(err->code));
    buf_addf(out, ",\"status\":%d,\"detail\":", err_http_status(err->code));
    problem_text(out, err->msg);
    buf_addf(out, ",\"code\":\"%s\"", slug);
    if (n == 0 && err->pointer[0]) {
        items = err;
        n = 1;
    }
    for (size_t i = 0; i < n && i < REPLY_PROBLEM_ITEMS_MAX; i++) {
        buf_adds(out, i ? "," : ",\"errors\":[");
        problem_item(out, &items[i]);
    }
    buf_adds(out, n ? "],\"request_id\":" : ",\"request_id\":");
    problem_text(out, request_id);
    if (trace_id) {
        buf_adds(out, ",\"trace_id\":");
        problem_text(out, trace_id);
    }
    buf_addc(out, '}');
}

void http_reply_problems(struct http_request *req, const struct err *err, const struct err *items, size_t n)
{
    if (!http_request_live(req) || req->reply != HTTP_REPLY_NONE)
        return;
    struct buf body;
    buf_init(&body, REPLY_PROBLEM_MAX_BYTES);
    http_problem_build(&body, err, items, n, req->id, http_request_trace(req)->id);
    size_t len = 0;
    char *text = buf_take(&body, &len);
    if (text)
        http_reply_take(req, err_http_status(err->code), "application/problem+json", text, len);
    else
        http_reply(req, err_http_status(err->code), NULL, STR(""));
    buf_fini(&body);
}

void http_reply_problem(struct http_request *req, const struct err *err)
{
    http_reply_problems(req, err, NULL, 0);
}

/* --- streams --- */

void http_reply_begin(struct http_request *req, int status, const char *content_type)
{
    if (!http_request_live(req) || req->reply != HTTP_REPLY_NONE)
        return;
    struct http_conn *c = req->conn;
    bool bodiless = reply_is_bodiless(status);
    bool body_ignored = !req->body_complete && req->body_mode == HTTP_BODY_UNCHOSEN;
    c->close_after = c->close_after || body_ignored || (!req->http11 && !bodiless);
    struct buf *head = reply_head(req, status, content_type);
    req->te = req->http11 && !bodiless;
    buf_adds(head, req->te ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    req->reply = HTTP_REPLY_STREAMING;
    if (buf_failed(head)) {
        http_conn_cut(c);
        return;
    }
    struct str part = {.p = head->data, .n = head->len};
    http_conn_send(c, &part, 1, NULL);
}

static void reply_chunk_send(struct http_request *req, const void *data, size_t n)
{
    char size[20];
    int len = snprintf(size, sizeof(size), "%zx\r\n", n);
    struct str parts[3] = {{.p = size, .n = (size_t)len}, {.p = data, .n = n}, STR("\r\n")};
    if (req->te)
        http_conn_send(req->conn, parts, 3, NULL);
    else
        http_conn_send(req->conn, parts + 1, 1, NULL);
}

ssize_t http_reply_chunk(struct http_request *req, const void *data, size_t n)
{
    if (!http_request_live(req) || req->reply != HTTP_REPLY_STREAMING)
        return -1;
    if (n && !req->no_body)
        reply_chunk_send(req, data, n);
    if (!http_request_live(req))
        return -1;
    const struct http_limits *l = &req->server->limits;
    size_t queued = http_conn_queued(req->conn);
    if (queued > l->queue_max_bytes) {
        metrics_add(METRICS_HTTP_REFUSED, 1, "queue", NULL);
        http_conn_cut(req->conn);
        return -1;
    }
    if (queued > l->queue_low_bytes)
        req->above_low = true;
    return (ssize_t)queued;
}

void http_reply_end(struct http_request *req)
{
    if (!http_request_live(req) || req->reply != HTTP_REPLY_STREAMING)
        return;
    struct str last = STR("0\r\n\r\n");
    if (req->te && !req->no_body)
        http_conn_send(req->conn, &last, 1, NULL);
    if (http_request_live(req))
        reply_over(req);
}

void http_reply_cut(struct http_request *req)
{
    if (http_request_live(req))
        http_conn_cut(req->conn);
}

size_t http_reply_queued(const struct http_request *req)
{
    return http_request_live(req) ? http_conn_queued(req->conn) : 0;
}

void http_reply_on_drain(struct http_request *req, http_end_fn *fn, void *ud)
{
    req->on_drain = fn;
    req->drain_ud = ud;
}

bool http_reply_started(const struct http_request *req)
{
    return req->reply != HTTP_REPLY_NONE;
}
