/* One request and its answer.
 *
 * Life: the layer holds one reference until the request is over: its answer has been handed to the kernel, or it was
 * aborted. Whoever keeps a pointer beyond a callback (a database answer to come) takes a reference of his own with
 * http_request_ref. On a request that is over, every function here is safe: reading gives what was there, replying does
 * nothing.
 *
 * Body: until the handler chooses (in the handler or later), body bytes are not read. It calls http_request_read_all,
 * or http_request_stream, or answers without reading; then the connection closes after the answer if body bytes are
 * left.
 *
 * Answer: exactly one of http_reply*, or http_reply_begin .. http_reply_chunk .. http_reply_end. Further ones do
 * nothing.
 *
 * All text given out is borrowed until the last reference goes; none of it is NUL-terminated unless said. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "core/trace.h"

struct http_request;
struct http_server;

enum http_method {
    HTTP_METHOD_GET = 0,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_COUNT
};

typedef void http_handler_fn(struct http_request *req, void *ud);
typedef void http_body_fn(struct http_request *req, void *ud, struct str body);
typedef void http_end_fn(struct http_request *req, void *ud);
typedef void http_ud_free_fn(void *ud);

/* --- life --- */
struct http_request *http_request_ref(struct http_request *req); /* returns req */
void http_request_unref(struct http_request *req);               /* accepts NULL */
CLEANUP_DEFINE(struct http_request, http_request_unref)
/* Answered in full or aborted: nothing can be sent any more. */
bool http_request_is_over(const struct http_request *req);
/* fn is called once if the request ends in another way than by its handler's whole answer: the peer went away (noticed
 * at once, also while work is under way), a deadline or limit of the body was hit (the layer has answered 408 or 413),
 * the peer does not read, the server is killed. Called from the loop, never from inside one of these functions. On an
 * already aborted request: called in a later turn. */
void http_request_on_abort(struct http_request *req, http_end_fn *fn, void *ud);
/* The handler's own state; free_fn(ud) runs when the last reference goes. Replaces (and frees) an earlier one. */
void http_request_set_ud(struct http_request *req, void *ud, http_ud_free_fn *free_fn);
void *http_request_ud(const struct http_request *req);
/* Memory that lives as long as the request; bounded by limits.arena_max_bytes. */
struct arena *http_request_arena(struct http_request *req);
struct http_server *http_request_server(const struct http_request *req); /* NULL once the request is over */

/* --- what came --- */
enum http_method http_request_method(const struct http_request *req);
const char *http_method_name(enum http_method m);               /* "GET" */
struct str http_request_target(const struct http_request *req); /* as sent */
/* Raw (percent-encoded); begins with '/', or is "*" for OPTIONS. */
struct str http_request_path(const struct http_request *req);
struct str http_request_query(const struct http_request *req); /* raw, without '?'; n == 0 when there is none */
/* First of that name, any case; n == 0 when absent or empty, p == NULL only when absent. */
struct str http_request_header(const struct http_request *req, const char *name);
bool http_request_has_header(const struct http_request *req, const char *name);
size_t http_request_header_count(const struct http_request *req);
void http_request_header_at(const struct http_request *req, size_t i, struct str *ret_name, struct str *ret_value);
const char *http_request_peer(struct http_request *req); /* "127.0.0.1"; NUL-terminated */
/* The caller's X-Request-Id when it is plain (1 to 64 of A-Za-z0-9._-), else a new one. */
const char *http_request_id(const struct http_request *req);
const struct trace *http_request_trace(struct http_request *req); /* from traceparent, or a new one */
bool http_request_has_body(const struct http_request *req);
int64_t http_request_content_length(const struct http_request *req); /* -1: chunked; 0: none */
/* The media type without parameters is `type`, any case: ("application/json"). */
bool http_request_content_type_is(const struct http_request *req, const char *type);
/* If-None-Match names this entity tag (with quotes, weak comparison) or "*". */
bool http_request_etag_matches(const struct http_request *req, const char *etag);
uint64_t http_request_age_us(const struct http_request *req); /* since its first byte */
/* Bearer token of the Authorization header; n == 0 when there is none. */
struct str http_request_bearer(const struct http_request *req);

/* Query parameters, percent-decoded with + as space, in the request's arena and NUL-terminated. Returns 1 present, 0
 * absent, negative: ERR_MALFORMED (bad encoding, NUL, not UTF-8), ERR_INVALID (given twice, outside its range). */
int http_query_get(struct http_request *req, const char *name, struct str *ret, struct err *err) MUST_CHECK;
/* *ret is otherwise when absent. */
int http_query_int(struct http_request *req, const char *name, int64_t min, int64_t max, int64_t otherwise,
                   int64_t *ret, struct err *err) MUST_CHECK;
/* true|false|1|0; "" is true. */
int http_query_bool(struct http_request *req, const char *name, bool otherwise, bool *ret, struct err *err) MUST_CHECK;
/* 0, or ERR_INVALID naming the first parameter that is not in the NULL-terminated list (with the nearest name). */
int http_query_check(struct http_request *req, const char *const *names, struct err *err) MUST_CHECK;
/* Percent-decodes into the arena (NUL-terminated). ERR_MALFORMED: bad digits, NUL, not UTF-8; ERR_MEMORY. */
int http_decode(struct arena *a, struct str text, bool plus_is_space, struct str *ret, struct err *err) MUST_CHECK;

/* Path parameter of the route that matched (io/http/router.h), decoded and NUL-terminated; n == 0 when there is none of
 * that name. */
struct str http_request_param(const struct http_request *req, const char *name);
/* Label of the metrics: a static string. The router sets it. */
void http_request_set_route(struct http_request *req, const char *route);

/* --- body --- */
/* Collects the body, then calls fn(req, ud, body) (also for an empty body, then in a later turn). The body is
 * NUL-terminated behind its end and borrowed until the last reference goes. Over max_bytes: the layer answers 413, fn
 * is not called, the abort callback is. */
void http_request_read_all(struct http_request *req, size_t max_bytes, http_body_fn *fn, void *ud);
/* Hands the body on in pieces as they arrive, never buffered: on_data(req, ud, piece) with the piece borrowed until
 * return, then on_end(req, ud). Never called from inside this function. */
void http_request_stream(struct http_request *req, http_body_fn *on_data, http_end_fn *on_end, void *ud);
/* Back-pressure of a streamed body; between the two no callback of the body runs. */
void http_request_pause(struct http_request *req);
void http_request_resume(struct http_request *req);

/* --- answer --- */
/* Adds a header to the answer to come; name and value are copied. Not for Content-Length, Transfer-Encoding,
 * Connection, Date, Content-Type. false (and nothing added): control bytes in it, or the arena is exhausted. */
bool http_reply_header(struct http_request *req, const char *name, const char *value);
/* The whole answer. content_type may be NULL when body is empty; body is borrowed until return. HEAD, 204 and 304 go
 * without body. */
void http_reply(struct http_request *req, int status, const char *content_type, struct str body);
/* The same with a body from malloc that the layer takes (and frees), for large ones: never copied. */
void http_reply_take(struct http_request *req, int status, const char *content_type, char *body, size_t n);
/* application/json; a buffer that failed becomes a 503 problem. The buffer stays the caller's. */
void http_reply_json(struct http_request *req, int status, const struct buf *body);
/* RFC 9457 application/problem+json: {type, title, status, detail, code, errors: [{pointer, detail}], request_id,
 * trace_id}; the status is that of err->code. errors is there when err has a pointer. */
void http_reply_problem(struct http_request *req, const struct err *err);
/* The same with several errors[] (pointer and message of each); n may be 0. */
void http_reply_problems(struct http_request *req, const struct err *err, const struct err *items, size_t n);

/* Streamed answer: chunked for HTTP/1.1, until close for 1.0. */
void http_reply_begin(struct http_request *req, int status, const char *content_type);
/* Sends n bytes (copied). Returns the bytes now waiting for the peer (0: all taken by the kernel), or -1 when the
 * request is over (also: just cut because more than limits.queue_max_bytes wait). A producer with much to say stops
 * above its mark and goes on in on_drain. */
ssize_t http_reply_chunk(struct http_request *req, const void *data, size_t n);
void http_reply_end(struct http_request *req);
/* Gives up a begun answer: the connection is cut, so that the peer sees that it is not whole; then the abort callback
 * runs. */
void http_reply_cut(struct http_request *req);
size_t http_reply_queued(const struct http_request *req);
/* fn runs each time the waiting bytes fall below limits.queue_low_bytes after having been above it; never from inside
 * http_reply_chunk. */
void http_reply_on_drain(struct http_request *req, http_end_fn *fn, void *ud);
bool http_reply_started(const struct http_request *req); /* an answer was begun or given */
