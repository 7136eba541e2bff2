/* A request as its handler sees it. Requests are pooled by their server: a used one keeps a chunk of its arena. */
#include "io/http/http_int.h"

#include <assert.h>
#include "core/clock.h"

#define REQUEST_CHUNK_BYTES 4096

/* --- life --- */

static struct http_request *request_take(struct http_server *s)
{
    struct list *pooled = list_shift(&s->pool);
    if (!pooled) {
        struct http_request *req = calloc(1, sizeof(*req));
        if (req) {
            arena_init(&req->arena, s->limits.arena_max_bytes);
            req->arena.chunk_bytes = REQUEST_CHUNK_BYTES;
        }
        return req;
    }
    s->pool_count--;
    struct http_request *req = CONTAINER_OF(pooled, struct http_request, pool_node);
    struct arena kept = req->arena;
    memset(req, 0, sizeof(*req));
    req->arena = kept;
    return req;
}

struct http_request *http_request_new(struct http_conn *c)
{
    struct http_server *s = c->server;
    struct http_request *req = request_take(s);
    if (!req)
        return NULL;
    list_init(&req->pool_node);
    req->refs = 1;
    req->server = s;
    req->conn = c;
    req->route = "other";
    req->reply_headers_tail = &req->reply_headers;
    http_server_ref(s);
    return req;
}

static bool request_id_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n > 0 && s.n < HTTP_ID_BYTES;
}

int http_request_fill(struct http_request *req, const struct http_head *head, struct err *err)
{
    struct http_header *headers = ARENA_NEW_N(&req->arena, struct http_header, head->headers_count);
    if (!headers)
        return err_set(err, ERR_MEMORY, "no memory for the request");
    memcpy(headers, head->headers, head->headers_count * sizeof(*headers));
    req->headers = headers;
    req->headers_count = head->headers_count;
    req->method = head->method;
    req->http11 = head->http11;
    req->keep_alive = head->keep_alive;
    req->chunked = head->chunked;
    req->expect_continue = head->expect_continue;
    req->content_length = head->content_length;
    req->body_complete = !head->chunked && head->content_length == 0;
    req->target = head->target;
    req->path = head->path;
    req->query = head->query;
    req->no_body = head->method == HTTP_METHOD_HEAD;
    struct str id = http_request_header(req, "x-request-id");
    if (request_id_plain(id))
        memcpy(req->id, id.p, id.n);
    else
        http_server_id(req->server, req->id);
    return 0;
}

struct http_request *http_request_ref(struct http_request *req)
{
    req->refs++;
    return req;
}

void http_request_unref(struct http_request *req)
{
    if (!req)
        return;
    assert(req->refs > 0);
    if (--req->refs > 0)
        return;
    assert(!req->conn);
    if (req->ud_free)
        req->ud_free(req->ud);
    buf_fini(&req->body);
    struct http_server *s = req->server;
    if (s->pool_count < HTTP_POOL_MAX && !s->closing) {
        arena_reset(&req->arena);
        list_append(&s->pool, &req->pool_node);
        s->pool_count++;
    } else {
        arena_fini(&req->arena);
        free(req);
    }
    http_server_unref(s);
}

bool http_request_is_over(const struct http_request *req)
{
    return !http_request_live(req) || req->reply == HTTP_REPLY_DONE;
}

static void request_abort_call(struct http_request *req)
{
    http_end_fn *fn = req->on_abort;
    req->on_abort = NULL;
    if (fn)
        fn(req, req->abort_ud);
}

void http_request_abort(struct http_request *req)
{
    if (req->aborted)
        return;
    req->aborted = true;
    req->conn = NULL;
    req->body_mode = HTTP_BODY_DELIVERED;
    if (req->reply != HTTP_REPLY_DONE)
        http_server_count(req->server, req->route, 499, (double)http_request_age_us(req) / 1e6);
    http_request_ref(req);
    request_abort_call(req);
    http_request_unref(req);
}

static void request_abort_deferred(void *ud)
{
    struct http_request *req = ud;
    http_request_abort(req);
    request_abort_call(req);
    http_request_unref(req);
}

void http_request_abort_later(struct http_request *req)
{
    loop_defer(req->server->loop, request_abort_deferred, http_request_ref(req));
}

void http_request_on_abort(struct http_request *req, http_end_fn *fn, void *ud)
{
    req->on_abort = fn;
    req->abort_ud = ud;
    if (req->aborted && fn)
        http_request_abort_later(req);
}

void http_request_set_ud(struct http_request *req, void *ud, http_ud_free_fn *free_fn)
{
    if (req->ud_free)
        req->ud_free(req->ud);
    req->ud = ud;
    req->ud_free = free_fn;
}

void *http_request_ud(const struct http_request *req)
{
    return req->ud;
}

struct arena *http_request_arena(struct http_request *req)
{
    return &req->arena;
}

struct http_server *http_request_server(const struct http_request *req)
{
    return http_request_live(req) ? req->server : NULL;
}

/* --- what came --- */

enum http_method http_request_method(const struct http_request *req)
{
    return req->method;
}

const char *http_method_name(enum http_method m)
{
    static const char *const names[HTTP_METHOD_COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return (unsigned)m < HTTP_METHOD_COUNT ? names[m] : "?";
}

struct str http_request_target(const struct http_request *req)
{
    return req->target;
}

struct str http_request_path(const struct http_request *req)
{
    return req->path;
}

struct str http_request_query(const struct http_request *req)
{
    return req->query;
}

struct str http_request_header(const struct http_request *req, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < req->headers_count; i++)
        if (req->headers[i].name.n == len && str_ieqc(req->headers[i].name, name))
            return req->headers[i].value;
    return (struct str){0};
}

bool http_request_has_header(const struct http_request *req, const char *name)
{
    return http_request_header(req, name).p != NULL;
}

size_t http_request_header_count(const struct http_request *req)
{
    return req->headers_count;
}

void http_request_header_at(const struct http_request *req, size_t i, struct str *ret_name, struct str *ret_value)
{
    assert(i < req->headers_count);
    *ret_name = req->headers[i].name;
    *ret_value = req->headers[i].value;
}

const char *http_request_peer(struct http_request *req)
{
    if (req->peer || !http_request_live(req))
        return req->peer ? req->peer : "";
    struct sockaddr_storage addr;
    int len = sizeof(addr);
    char text[64] = "";
    if (uv_tcp_getpeername(&req->conn->tcp, (struct sockaddr *)&addr, &len) == 0) {
        if (addr.ss_family == AF_INET6)
            uv_ip6_name((struct sockaddr_in6 *)&addr, text, sizeof(text));
        else
            uv_ip4_name((struct sockaddr_in *)&addr, text, sizeof(text));
    }
    req->peer = arena_strdup(&req->arena, text);
    return req->peer ? req->peer : "";
}

const char *http_request_id(const struct http_request *req)
{
    return req->id;
}

const struct trace *http_request_trace(struct http_request *req)
{
    if (!req->trace_known) {
        trace_from_header(http_request_header(req, "traceparent"), &req->trace);
        req->trace_known = true;
    }
    return &req->trace;
}

bool http_request_has_body(const struct http_request *req)
{
    return req->chunked || req->content_length > 0;
}

int64_t http_request_content_length(const struct http_request *req)
{
    return req->chunked ? -1 : (int64_t)req->content_length;
}

bool http_request_content_type_is(const struct http_request *req, const char *type)
{
    struct str rest = http_request_header(req, "content-type"), media;
    return rest.n && str_next_field(&rest, ';', &media) && str_ieqc(str_trim(media), type);
}

bool http_request_etag_matches(const struct http_request *req, const char *etag)
{
    struct str rest = http_request_header(req, "if-none-match"), tag;
    while (rest.n && str_next_field(&rest, ',', &tag)) {
        tag = str_trim(tag);
        if (str_eqc(tag, "*"))
            return true;
        if (str_starts(tag, "W/"))
            tag = str_sub(tag, 2, tag.n);
        if (str_eqc(tag, strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag))
            return true;
    }
    return false;
}

uint64_t http_request_age_us(const struct http_request *req)
{
    return clock_mono_us() - req->start_us;
}

struct str http_request_bearer(const struct http_request *req)
{
    struct str value = http_request_header(req, "authorization");
    return str_istarts(value, "bearer ") ? str_trim(str_sub(value, 7, value.n)) : (struct str){0};
}

struct str http_request_param(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->params_count; i++)
        if (str_eqc(req->params[i].name, name))
            return req->params[i].value;
    return (struct str){0};
}

void http_request_set_route(struct http_request *req, const char *route)
{
    req->route = route;
}

/* --- body --- */

static void request_body_choose(struct http_request *req, enum http_body_mode mode)
{
    struct http_conn *c = req->conn;
    req->body_mode = mode;
    if (req->expect_continue && !req->body_complete && req->body_received == 0 && req->reply == HTTP_REPLY_NONE &&
        c->in.len == 0) {
        struct str part = STR("HTTP/1.1 100 Continue\r\n\r\n");
        http_conn_send(c, &part, 1, NULL);
    }
    req->expect_continue = false;
    http_conn_window_restart(c);
    if (!c->busy)
        http_server_kick(req->server, c);
}

void http_request_read_all(struct http_request *req, size_t max_bytes, http_body_fn *fn, void *ud)
{
    if (http_request_is_over(req) || req->body_mode != HTTP_BODY_UNCHOSEN)
        return;
    req->on_body = fn;
    req->body_ud = ud;
    buf_init(&req->body, max_bytes);
    if (req->content_length > max_bytes) {
        struct err err;
        err_set(&err, ERR_TOO_LARGE, "the body is larger than %zu bytes", max_bytes);
        http_conn_body_failed(req->conn, &err, true);
        return;
    }
    request_body_choose(req, HTTP_BODY_ALL);
}

void http_request_stream(struct http_request *req, http_body_fn *on_data, http_end_fn *on_end, void *ud)
{
    if (http_request_is_over(req) || req->body_mode != HTTP_BODY_UNCHOSEN)
        return;
    req->on_body = on_data;
    req->on_end = on_end;
    req->body_ud = ud;
    request_body_choose(req, HTTP_BODY_STREAM);
}

void http_request_pause(struct http_request *req)
{
    req->paused = true;
}

void http_request_resume(struct http_request *req)
{
    if (!req->paused)
        return;
    req->paused = false;
    if (!http_request_live(req))
        return;
    http_conn_window_restart(req->conn);
    if (!req->conn->busy)
        http_server_kick(req->server, req->conn);
}

void http_request_body_piece(struct http_request *req, struct str piece)
{
    if (req->body_mode == HTTP_BODY_STREAM) {
        req->on_body(req, req->body_ud, piece);
        return;
    }
    if (req->body_mode != HTTP_BODY_ALL)
        return;
    buf_add(&req->body, piece.p, piece.n);
    if (!buf_failed(&req->body))
        return;
    struct err err;
    err_set(&err, ERR_TOO_LARGE, "the body is larger than %zu bytes", req->body.max_bytes);
    http_conn_body_failed(req->conn, &err, false);
}

void http_request_body_end(struct http_request *req)
{
    bool all = req->body_mode == HTTP_BODY_ALL;
    req->body_mode = HTTP_BODY_DELIVERED;
    if (all)
        req->on_body(req, req->body_ud, (struct str){.p = buf_str(&req->body), .n = req->body.len});
    else
        req->on_end(req, req->body_ud);
}
