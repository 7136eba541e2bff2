/* Targets of endpoints, and the bodies of calls under way. A target is made with the first call to an address and kept.
 */
#include "io/llm/transport.h"

#include <stdio.h>
#include <string.h>
#include "base/map.h"
#include "io/curl/fetch.h"

#define TARGETS_MAX     1024
#define TOTAL_MS        600000
#define FIRST_STREAM_MS 120000
#define SILENCE_MS      90000
#define EMBED_BUFFER    4096  /* receive buffer: vectors are long. It stands empty while the call is out, */
#define EMBED_MANY      16384 /* so more is for the few requests with so many texts: their bytes, and its size */
#define KEY_BYTES       (LLM_URL_BYTES + 32)

struct llm_transport {
    struct fetch *fetch;
    struct map *targets; /* "endpoint's address\nurl" -> struct fetch_target */
};

struct llm_call {
    struct fetch_call *call;
    char *body; /* NULL once it is out */
    size_t body_bytes;
    llm_raw_fn *on_raw;
    llm_again_fn *again;
    llm_data_fn *on_data;
    void *ud;
};

struct llm_transport *llm_transport_new(struct loop *loop, const struct llm_transport_options *options, struct err *err)
{
    struct fetch_options o = {.in_flight_max = options ? options->in_flight_max : 0,
                              .queue_max = options ? options->queue_max : 0};
    struct llm_transport *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(err, ERR_MEMORY, "no memory left for model calls");
        return NULL;
    }
    t->fetch = fetch_new(loop, &o, err);
    if (!t->fetch) {
        free(t);
        return NULL;
    }
    t->targets = map_new(TARGETS_MAX);
    return t;
}

/* Targets whose key begins with prefix (all of them: n == 0). */
static void targets_drop(struct llm_transport *t, const char *prefix, size_t n)
{
    bool again = true;
    while (again) {
        size_t at = 0;
        struct str key;
        void *target;
        again = false;
        while (!again && map_next(t->targets, &at, &key, &target)) {
            if (key.n < n || memcmp(key.p, prefix, n) != 0)
                continue;
            again = true;
            fetch_target_free(target);
            map_remove(t->targets, key.p, key.n);
        }
    }
}

static void call_drop(void *ud)
{
    struct llm_call *c = ud;
    free(c->body);
    free(c);
}

void llm_transport_free(struct llm_transport *t)
{
    if (!t)
        return;
    targets_drop(t, "", 0);
    fetch_free_with(t->fetch, call_drop);
    map_free(t->targets);
    free(t);
}

struct llm_transport_stats llm_transport_stats(const struct llm_transport *t)
{
    struct fetch_stats s = fetch_stats(t->fetch);
    return (struct llm_transport_stats){
        .in_flight = s.in_flight, .waiting = s.waiting, .started = s.started, .ended = s.ended, .resent = s.resent};
}

void llm_transport_forget(struct llm_transport *t, const struct llm_endpoint *e)
{
    char key[KEY_BYTES];
    int n = snprintf(key, sizeof(key), "%p\n", (const void *)e);
    targets_drop(t, key, (size_t)n);
}

static struct fetch_target *target_for(struct llm_transport *t, const struct llm_send *send, struct err *err)
{
    const struct llm_endpoint *e = send->endpoint;
    char url[LLM_URL_BYTES], key[KEY_BYTES];
    if (llm_endpoint_url(e, send->kind, send->model, url, err) < 0)
        return NULL;
    size_t n = (size_t)snprintf(key, sizeof(key), "%p\n%s", (const void *)e, url);
    struct fetch_target *target = map_get(t->targets, key, n);
    if (target)
        return target;
    struct llm_headers headers;
    llm_endpoint_headers(e, &headers);
    struct fetch_target_options o = {.url = url,
                                     .headers = headers.lines,
                                     .proxy = e->proxy,
                                     .ca_file = e->ca_file,
                                     .insecure = e->insecure,
                                     .http = (enum fetch_http)e->http};
    target = fetch_target_new(t->fetch, &o, err);
    explicit_bzero(&headers, sizeof(headers));
    if (target && !map_put(t->targets, key, n, target)) {
        fetch_target_free(TAKE_PTR(target));
        err_set(err, ERR_LIMIT, "more than %d model addresses", TARGETS_MAX);
    }
    return target;
}

static void call_done(void *ud, struct fetch_result *r)
{
    struct llm_call *c = ud;
    struct llm_raw raw = {.end = r->end,
                          .status = r->status,
                          .sent = r->sent,
                          .head = {.p = buf_str(&r->head), .n = r->head.len},
                          .body = {.p = buf_str(&r->body), .n = r->body.len},
                          .reason = str_of(r->reason)};
    struct llm_timing timing = {.connect_ms = r->connect_ms,
                                .first_byte_ms = r->first_byte_ms,
                                .total_ms = r->total_ms,
                                .resent = r->resent,
                                .http_version = r->http_version};
    free(TAKE_PTR(c->body));
    c->on_raw(c->ud, &raw, &timing);
    free(c);
}

static void call_body_out(void *ud)
{
    struct llm_call *c = ud;
    free(TAKE_PTR(c->body));
}

static struct str call_body_again(void *ud)
{
    struct llm_call *c = ud;
    struct buf b;
    size_t n = 0;
    buf_init(&b, c->body_bytes);
    if (c->again(c->ud, &b))
        c->body = buf_take(&b, &n);
    buf_fini(&b);
    return (struct str){.p = c->body, .n = n};
}

static bool call_data(void *ud, struct str piece)
{
    struct llm_call *c = ud;
    return c->on_data(c->ud, piece);
}

static size_t receive_buffer(enum llm_call_kind kind, size_t body_bytes)
{
    if (kind != LLM_CALL_EMBED)
        return 0;
    return body_bytes < EMBED_MANY ? EMBED_BUFFER : EMBED_MANY;
}

struct llm_call *llm_call_start(struct llm_transport *t, const struct llm_send *send, struct buf *body, struct err *err)
{
    const struct llm_timeouts *out = &send->timeouts;
    size_t n = 0;
    bool failed = buf_failed(body) || !body->len;
    char *bytes = failed ? NULL : buf_take(body, &n);
    buf_reset(body);
    char *small = bytes ? realloc(bytes, n) : NULL; /* it stays until the answer is here */
    bytes = small ? small : bytes;
    struct llm_call *c = bytes ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        free(bytes);
        err_set(err, failed ? ERR_INVALID : ERR_MEMORY,
                failed ? "the call has no body" : "no memory left for another call");
        return NULL;
    }
    *c = (struct llm_call){.body = bytes,
                           .body_bytes = n,
                           .on_raw = send->on_raw,
                           .again = send->again,
                           .on_data = send->on_data,
                           .ud = send->ud};
    struct fetch_request r = {.target = target_for(t, send, err),
                              .body = {.p = bytes, .n = n},
                              .out = send->again ? call_body_out : NULL,
                              .again = send->again ? call_body_again : NULL,
                              .body_max_bytes = send->reply_max_bytes,
                              .buffer_bytes = receive_buffer(send->kind, n),
                              .connect_ms = out->connect_ms,
                              .first_byte_ms = out->first_byte_ms ? out->first_byte_ms
                                               : send->stream     ? FIRST_STREAM_MS
                                                                  : 0,
                              .silence_ms = out->silence_ms ? out->silence_ms : SILENCE_MS,
                              .total_ms = out->total_ms ? out->total_ms : TOTAL_MS,
                              .done = call_done,
                              .on_data = send->on_data ? call_data : NULL,
                              .ud = c};
    c->call = r.target ? fetch_start(t->fetch, &r, err) : NULL;
    if (c->call)
        return c;
    call_drop(c);
    return NULL;
}

void llm_call_cancel(struct llm_call *c)
{
    if (c)
        fetch_cancel(c->call, call_drop);
}
