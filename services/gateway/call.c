/* Errors become problems here, and nowhere else. */
#include "gateway/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/hex.h"
#include "core/log.h"

#define CALL_MAC_BYTES 8

void *call_state(struct call *c, size_t n)
{
    void *p = arena_try_zalloc(http_request_arena(c->req), n);
    if (!p)
        call_error(c, ERR_MEMORY, "the request needs more memory than its limit");
    return p;
}

void call_retry_after(struct call *c, int seconds)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", seconds);
    http_reply_header(c->req, "Retry-After", text);
}

static void call_fail_head(struct call *c, const struct err *err)
{
    int status = err_http_status(err->code);
    if (status == 503 || status == 429 || status == 507 || status == 504)
        call_retry_after(c, CALL_RETRY_AFTER_S);
    if (status == 401)
        http_reply_header(c->req, "WWW-Authenticate", "Bearer");
}

void call_fail(struct call *c, const struct err *err)
{
    call_fail_head(c, err);
    http_reply_problem(c->req, err);
}

void call_error(struct call *c, enum err_code code, const char *fmt, ...)
{
    char text[ERR_MSG_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    struct err err;
    err_set(&err, code, "%s", text);
    call_fail(c, &err);
}

/* What a statement may say to a client, and what only a mistake of ours can cause. */
static bool call_store_internal(const struct err *err)
{
    if (strcmp(err->sqlstate, "P0001") == 0 && err->code != ERR_BUG)
        return false;
    switch (err->code) {
    case ERR_UNAVAILABLE:
    case ERR_OVERLOADED:
    case ERR_TIMEOUT:
    case ERR_STORAGE_FULL:
    case ERR_DUPLICATE:
    case ERR_CANCELLED:
    case ERR_MEMORY:
        return false;
    default:
        return true;
    }
}

void call_fail_store(struct call *c, const struct err *err)
{
    struct err out = *err;
    if (call_store_internal(err)) {
        log_error(&(struct log_ctx){.tenant_id = &c->tenant_id, .trace_id = http_request_trace(c->req)->id}, "%s",
                  err->msg);
        err_set(&out, ERR_BUG, "the request could not be carried out");
    } else if (strcmp(err->sqlstate, "P0001") == 0 && err->msg[0] == '/') {
        const char *colon = strstr(err->msg, ": ");
        if (colon)
            err_set_at(&out, err->code, "", "%s", colon + 2);
        if (colon)
            snprintf(out.pointer, sizeof(out.pointer), "%.*s",
                     (int)MIN((size_t)(colon - err->msg), sizeof(out.pointer) - 1), err->msg);
    } else if (strcmp(err->sqlstate, "P0001") != 0) {
        if (err->code == ERR_CANCELLED)
            err_set(&out, ERR_UNAVAILABLE, "the gateway is stopping; try again");
        else
            err_set(&out, err->code, "%s", err_title(err->code));
    }
    call_fail(c, &out);
}

void call_fail_faults(struct call *c, const struct faults *f)
{
    struct err err;
    faults_summary(f, &err);
    call_fail_head(c, &err);
    http_reply_problems(c->req, &err, f->items, f->n);
}

void call_not_found(struct call *c, const char *what)
{
    call_error(c, ERR_NOT_FOUND, "there is no such %s", what);
}

bool call_id(struct call *c, const char *param, struct uuid *ret, const char *what)
{
    if (uuid_parse(http_request_param(c->req, param), ret) && !uuid_is_nil(ret))
        return true;
    call_not_found(c, what);
    return false;
}

bool call_query(struct call *c, const char *const *names)
{
    struct err err;
    if (http_query_check(c->req, names, &err) == 0)
        return true;
    call_fail(c, &err);
    return false;
}

bool call_query_id(struct call *c, const char *name, struct uuid *ret)
{
    struct str text;
    struct err err;
    memset(ret, 0, sizeof(*ret));
    int rc = http_query_get(c->req, name, &text, &err);
    if (rc == 0)
        return true;
    if (rc > 0 && uuid_parse(text, ret) && !uuid_is_nil(ret))
        return true;
    if (rc > 0)
        err_set(&err, ERR_INVALID, "the query parameter %s must be an id", name);
    call_fail(c, &err);
    return false;
}

bool call_page_size(struct call *c, int *ret)
{
    struct err err;
    int64_t n;
    if (http_query_int(c->req, "page_size", 1, INT32_MAX, CALL_PAGE_DEFAULT, &n, &err) < 0) {
        call_fail(c, &err);
        return false;
    }
    *ret = (int)MIN(n, CALL_PAGE_MAX);
    return true;
}

/* The number behind "wait=" in a Prefer header, -1 when there is none. */
static int64_t prefer_wait(struct str prefer)
{
    struct str field;
    while (str_next_field(&prefer, ',', &field)) {
        struct str one = str_trim(field);
        uint64_t n;
        if (str_istarts(one, "wait=") && str_to_u64(str_trim(str_sub(one, 5, one.n)), &n))
            return n > CALL_WAIT_MAX_S ? CALL_WAIT_MAX_S : (int64_t)n;
    }
    return -1;
}

bool call_wait(struct call *c, uint64_t *ret_ms)
{
    struct err err;
    int64_t prefer = prefer_wait(http_request_header(c->req, "prefer"));
    int64_t n;
    if (http_query_int(c->req, "wait", 0, INT32_MAX, MAX(prefer, 0), &n, &err) < 0) {
        call_fail(c, &err);
        return false;
    }
    n = MIN(n, CALL_WAIT_MAX_S);
    if (prefer >= 0) {
        char text[32];
        snprintf(text, sizeof(text), "wait=%lld", (long long)n);
        http_reply_header(c->req, "Preference-Applied", text);
    }
    *ret_ms = (uint64_t)n * 1000;
    return true;
}

void call_read_json(struct call *c, size_t max_bytes, http_body_fn *fn, void *ud)
{
    if (http_request_has_header(c->req, "content-type") && !http_request_content_type_is(c->req, "application/json")) {
        call_error(c, ERR_MEDIA_TYPE, "the body must be sent with Content-Type: application/json");
        return;
    }
    http_request_read_all(c->req, max_bytes, fn, ud);
}

bool call_idempotency_key(struct call *c, const char *route, struct idempotency *ret)
{
    ret->present = false;
    if (!http_request_has_header(c->req, "idempotency-key"))
        return true;
    struct str key = str_trim(http_request_header(c->req, "idempotency-key"));
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
        key = str_sub(key, 1, key.n - 1);
    if (key.n == 0 || key.n > CALL_KEY_MAX_BYTES) {
        call_error(c, ERR_MALFORMED, "the Idempotency-Key must have 1 to %d characters", CALL_KEY_MAX_BYTES);
        return false;
    }
    /* the tenant and the route are part of the row's key; in the hash they keep equal keys of two tenants apart */
    char text[UUID_BYTES + CALL_KEY_MAX_BYTES];
    memcpy(text, c->tenant_id.b, UUID_BYTES);
    memcpy(text + UUID_BYTES, key.p, key.n);
    (void)route;
    seal_blind_index(&c->g->master, "idempotency-key", (struct str){text, UUID_BYTES + key.n}, ret->key_hash);
    memset(ret->body_hash, 0, sizeof(ret->body_hash));
    ret->present = true;
    return true;
}

bool call_idempotency(struct call *c, const char *route, struct str body, struct idempotency *ret)
{
    if (!call_idempotency_key(c, route, ret))
        return false;
    if (ret->present)
        seal_hash(body, ret->body_hash);
    return true;
}

void call_reply(struct call *c, int status, const struct buf *body)
{
    http_reply_json(c->req, status, body);
}

const char *call_etag(struct str body, char out[CALL_ETAG_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    char hex[2 * 16 + 1];
    seal_hash(body, hash);
    hex_encode(hash, 16, hex);
    snprintf(out, CALL_ETAG_BYTES, "\"%s\"", hex);
    return out;
}

void call_reply_text(struct call *c, const char *content_type, struct str body, const char *etag)
{
    char own[CALL_ETAG_BYTES];
    if (!etag)
        etag = call_etag(body, own);
    http_reply_header(c->req, "ETag", etag);
    http_reply_header(c->req, "Cache-Control", "private, no-cache");
    if (http_request_etag_matches(c->req, etag))
        http_reply(c->req, 304, NULL, STR(""));
    else
        http_reply(c->req, 200, content_type, body);
}

void call_reply_etag(struct call *c, const struct buf *body, const char *etag)
{
    if (buf_failed(body))
        http_reply_json(c->req, 200, body);
    else
        call_reply_text(c, "application/json", (struct str){buf_str(body), body->len}, etag);
}

void call_location(struct call *c, const char *collection, const struct uuid *id, bool operation)
{
    char text[64 + UUID_TEXT_BYTES], uuid[UUID_TEXT_BYTES];
    snprintf(text, sizeof(text), "/api/v1/%s/%s", collection, uuid_format(id, uuid));
    http_reply_header(c->req, "Location", text);
    if (operation)
        http_reply_header(c->req, "Operation-Location", text);
}

static void call_token_mac(struct call *c, const char *list, const struct uuid *position, uint8_t out[SEAL_HASH_BYTES])
{
    char text[2 * UUID_BYTES + 64];
    memcpy(text, c->tenant_id.b, UUID_BYTES);
    memcpy(text + UUID_BYTES, position->b, UUID_BYTES);
    int n = snprintf(text + 2 * UUID_BYTES, 64, "%s", list);
    seal_blind_index(&c->g->master, "page-token", (struct str){text, 2 * UUID_BYTES + (size_t)MIN(n, 63)}, out);
}

const char *call_token(struct call *c, const char *list, const struct uuid *position, char out[CALL_TOKEN_BYTES])
{
    uint8_t mac[SEAL_HASH_BYTES], all[UUID_BYTES + CALL_MAC_BYTES];
    call_token_mac(c, list, position, mac);
    memcpy(all, position->b, UUID_BYTES);
    memcpy(all + UUID_BYTES, mac, CALL_MAC_BYTES);
    return hex_encode(all, sizeof(all), out);
}

bool call_page_token(struct call *c, const char *list, struct uuid *ret)
{
    struct str text;
    struct err err;
    memset(ret, 0, sizeof(*ret));
    int rc = http_query_get(c->req, "page_token", &text, &err);
    if (rc == 0 || (rc > 0 && text.n == 0))
        return true;
    if (rc > 0) {
        uint8_t all[UUID_BYTES + CALL_MAC_BYTES], mac[SEAL_HASH_BYTES];
        if (hex_decode(text.p, text.n, all, sizeof(all))) {
            memcpy(ret->b, all, UUID_BYTES);
            call_token_mac(c, list, ret, mac);
            if (memcmp(mac, all + UUID_BYTES, CALL_MAC_BYTES) == 0)
                return true;
        }
        err_set(&err, ERR_INVALID, "the page_token is not one of this list");
    }
    call_fail(c, &err);
    return false;
}
