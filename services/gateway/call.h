/* One authenticated request on its way: what the handlers share. A call lives in its request's arena.
 *
 * A handler that sends a statement takes a reference with call_hold; the callback gives it back with CALL_HELD at its
 * top. Every path ends in exactly one answer; answering a request whose client went away does nothing. */
#pragma once

#include "gateway/faults.h"
#include "gateway/gateway.h"
#include "gateway/jsonw.h"
#include "pipeline/store/keys.h"

#define CALL_BODY_MAX_BYTES ((size_t)64 << 20) /* of an answer put together in memory */
#define CALL_WAIT_MAX_S     60
#define CALL_PAGE_DEFAULT   50
#define CALL_PAGE_MAX       500
#define CALL_KEY_MAX_BYTES  255
#define CALL_RETRY_AFTER_S  1

struct call {
    struct gateway *g;
    struct http_request *req;
    struct uuid tenant_id, key_id;
};

static inline void call_hold(struct call *c)
{
    http_request_ref(c->req);
}
#define CALL_HELD(c)                                                                                                   \
    _cleanup_(http_request_unrefp)                                                                                     \
    struct http_request *call_held_ UNUSED = (c)->req

/* Zeroed state of a handler in the request's arena; NULL: answered already (503). */
void *call_state(struct call *c, size_t n);
#define CALL_STATE(c, T) ((T *)call_state((c), sizeof(T)))

/* Answers with a problem. Errors of Postgres: a pointer in front of a raised text ("/user_id: ...") is taken apart,
 * what only a bug can cause becomes 500 and a log line. Transient ones carry Retry-After. */
void call_fail(struct call *c, const struct err *err);
void call_fail_store(struct call *c, const struct err *err);
void call_fail_faults(struct call *c, const struct faults *f);
void call_not_found(struct call *c, const char *what); /* "there is no such <what>" */
void call_error(struct call *c, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The id in the path; false: answered (404). */
bool call_id(struct call *c, const char *param, struct uuid *ret, const char *what);
/* Query parameters outside the list: answered (422), false. */
bool call_query(struct call *c, const char *const *names);
bool call_query_id(struct call *c, const char *name, struct uuid *ret); /* nil when absent; false: answered */
bool call_page_size(struct call *c, int *ret);                          /* page_size; false: answered */
/* Seconds of ?wait= or "Prefer: wait=", as milliseconds, 0 for none; false: answered. */
bool call_wait(struct call *c, uint64_t *ret_ms);

/* Reads a JSON body (Content-Type checked) and calls fn with ud. */
void call_read_json(struct call *c, size_t max_bytes, http_body_fn *fn, void *ud);
/* The Idempotency-Key of the request, hashed with what is asked for; false: answered. */
bool call_idempotency(struct call *c, const char *route, struct str body, struct idempotency *ret);
bool call_idempotency_key(struct call *c, const char *route,
                          struct idempotency *ret); /* the key only; body_hash comes later */

/* Answers. The buffer stays the caller's. etag NULL: the hash of the body; 304 when the client has it. */
void call_reply(struct call *c, int status, const struct buf *body);
void call_reply_etag(struct call *c, const struct buf *body, const char *etag);
void call_reply_text(struct call *c, const char *content_type, struct str body, const char *etag);
#define CALL_ETAG_BYTES 35
const char *call_etag(struct str body, char out[CALL_ETAG_BYTES]); /* strong tag: the hash of the body, with quotes */
void call_retry_after(struct call *c, int seconds);
void call_location(struct call *c, const char *collection, const struct uuid *id, bool operation);

/* Opaque page tokens: 16 bytes of position, bound to tenant and list. */
#define CALL_TOKEN_BYTES 49
const char *call_token(struct call *c, const char *list, const struct uuid *position, char out[CALL_TOKEN_BYTES]);
/* nil when absent; false: answered. */
bool call_page_token(struct call *c, const char *list, struct uuid *ret);
static inline struct uuid call_position(int index)
{
    struct uuid u = {{1, (uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index}};
    return u;
}
static inline int call_position_index(const struct uuid *u) /* -1 for nil */
{
    return u->b[0] ? (int)(((uint32_t)u->b[1] << 24) | ((uint32_t)u->b[2] << 16) | ((uint32_t)u->b[3] << 8) | u->b[4])
                   : -1;
}
