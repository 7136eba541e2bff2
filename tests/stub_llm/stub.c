/* One call's way: body -> read, checked, counted -> fault and latency drawn -> answer kept -> timer -> sent (whole,
 * streamed, dripped, or broken off).
 *
 * The body is dropped as soon as the answer is written, so that thousands of delayed calls cost little. A call lives as
 * the state of its request: whatever ends the request ends it. */
#include "stub_llm/stub.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "io/http/router.h"

#define STUB_ARENA_MAX_BYTES  ((size_t)128 << 20)
#define STUB_TEXT_FIRST_BYTES 1000
#define STUB_BODY_FIRST_BYTES ((int64_t)256 << 10) /* a declared length up to this is believed */
#define STUB_HEARD_US         ((uint64_t)100000)   /* within this time a whole fleet has heard of a wait */
#define STUB_DRIP_BYTES       8
#define STUB_DRIP_MS          25
#define STUB_HOLD_MS          20 /* between two looks whether answers are still held */

struct call {
    struct stub *stub;
    struct http_request *req;
    struct buf body;
    struct loop_timer *timer; /* NULL until it has to wait */
    char *out;
    size_t out_n, at;
    enum stub_fault fault;
    bool anthropic, stream, embeddings, begun, counted;
    int64_t input, output, cached, written;
    double pace_ms;
    uint64_t random;
    struct stub_latency pace;
    struct stub_entry *log; /* NULL: the log is full */
};

static void count(_Atomic int64_t *c, int64_t by)
{
    atomic_fetch_add_explicit(c, by, memory_order_relaxed);
}

static void call_logged(struct call *c, int status)
{
    if (!c->log || c->log->status)
        return;
    c->log->status = status;
    c->log->ended_us = clock_wall_us();
}

static void call_free(void *ud)
{
    struct call *c = ud;
    call_logged(c, STUB_LOG_GONE);
    count(&c->stub->sh->in_flight, -1);
    if (!c->counted)
        count(&c->stub->sh->aborted, 1);
    loop_timer_free(c->timer);
    buf_fini(&c->body);
    free(c->out);
    free(c);
}

/* Answers that are errors */

static void call_error(struct call *c, int status, const char *type, const char *code, const char *message)
{
    struct stub_shared *sh = c->stub->sh;
    struct buf b;
    buf_init(&b, 4096);
    if (c->anthropic)
        buf_addf(&b, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":\"req_%08x\"}",
                 type, message, (unsigned)c->random);
    else if (code)
        buf_addf(&b, "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}}", message, type,
                 code);
    else
        buf_addf(&b, "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":null}}", message, type);
    _Atomic int64_t *counter = status == 400                    ? &sh->status_400
                               : status == 401 || status == 403 ? &sh->status_401
                               : status == 404                  ? &sh->status_404
                               : status == 429 || status == 402 ? &sh->status_429
                               : status == 529                  ? &sh->status_529
                               : status == 503                  ? &sh->status_503
                                                                : &sh->status_500;
    count(counter, 1);
    c->counted = true;
    call_logged(c, status == 200 ? STUB_LOG_ERROR : status);
    http_reply(c->req, status, "application/json", (struct str){.p = b.data ? b.data : "", .n = b.len});
    buf_fini(&b);
}

static void wait_headers(struct call *c, uint64_t wait_ms)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)wait_ms);
    http_reply_header(c->req, "retry-after-ms", text);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)((wait_ms + 999) / 1000));
    http_reply_header(c->req, "retry-after", text);
}

static void call_too_many(struct call *c, uint64_t wait_ms, const char *what)
{
    char message[256];
    uint64_t until = clock_mono_us() + wait_ms * 1000;
    pthread_mutex_lock(&c->stub->sh->lock);
    if (clock_mono_us() > c->stub->sh->held_until_us)
        c->stub->sh->held_from_us = clock_mono_us() + STUB_HEARD_US;
    c->stub->sh->held_until_us = MAX(c->stub->sh->held_until_us, until);
    pthread_mutex_unlock(&c->stub->sh->lock);
    wait_headers(c, wait_ms);
    snprintf(
        message, sizeof(message),
        c->anthropic
            ? "This request would exceed the rate limit for your organization of %s per minute."
            : "Rate limit reached for the model in organization org-STUB on %s per min. Please try again in %.3fs.",
        what, (double)wait_ms / 1e3);
    if (c->anthropic)
        call_error(c, 429, "rate_limit_error", NULL, message);
    else
        call_error(c, 429, what[0] == 't' ? "tokens" : "requests", "rate_limit_exceeded", message);
}

/* Answers */

static void call_paid(struct call *c)
{
    struct stub_shared *sh = c->stub->sh;
    c->counted = true;
    call_logged(c, 200);
    count(&sh->ok, 1);
    count(c->embeddings ? &sh->embedding_tokens : &sh->input_tokens, c->input);
    count(&sh->output_tokens, c->output);
    count(&sh->cached_tokens, c->cached);
    count(&sh->cache_write_tokens, c->written);
}

static void call_send(void *ud);

static void call_again(struct call *c, double ms)
{
    if (!c->timer)
        c->timer = loop_timer_new(c->stub->loop, call_send, c);
    loop_timer_start(c->timer, (uint64_t)(ms + 0.5), 0);
}

static void call_drip(struct call *c)
{
    size_t n = MIN(c->out_n - c->at, (size_t)STUB_DRIP_BYTES);
    if (http_reply_chunk(c->req, c->out + c->at, n) < 0)
        return;
    c->at += n;
    if (c->at < c->out_n) {
        call_again(c, STUB_DRIP_MS);
        return;
    }
    call_paid(c);
    http_reply_end(c->req);
}

/* The next pieces of a stream up to one that is waited for; gathered in place, over the NULs between them, so that what
 * goes out at the same time goes in one write. */
static void call_stream(struct call *c)
{
    char *begin = c->out + c->at, *end = begin;
    double ms = 0;
    bool cut = false;
    while (c->at < c->out_n && ms <= 0 && !cut) {
        size_t n = strlen(c->out + c->at);
        memmove(end, c->out + c->at, n);
        end += n;
        c->at += n + 1;
        ms = stub_draw_ms(&c->pace, &c->random);
        cut = c->fault == STUB_FAULT_TRUNCATE && c->at > c->out_n / 2;
    }
    if (http_reply_chunk(c->req, begin, (size_t)(end - begin)) < 0)
        return;
    if (cut && c->at < c->out_n) {
        count(&c->stub->sh->truncated, 1);
        call_logged(c, STUB_LOG_CUT);
        http_reply_cut(c->req);
        return;
    }
    if (c->at < c->out_n) {
        call_again(c, ms);
        return;
    }
    call_paid(c);
    http_reply_end(c->req);
}

static void call_send(void *ud)
{
    struct call *c = ud;
    struct stub_shared *sh = c->stub->sh;
    if (c->begun && c->fault == STUB_FAULT_DRIP && !c->stream) {
        call_drip(c);
        return;
    }
    if (c->begun) {
        call_stream(c);
        return;
    }
    if (sh->settings.hold) {
        call_again(c, STUB_HOLD_MS);
        return;
    }
    stub_limit_headers(sh, c->req, c->anthropic);
    if (c->fault == STUB_FAULT_RESET) {
        count(&sh->reset, 1);
        call_logged(c, STUB_LOG_CUT);
        http_reply_begin(c->req, 200, "application/json");
        http_reply_cut(c->req);
    } else if (c->stream) {
        c->begun = true;
        http_reply_begin(c->req, 200, "text/event-stream; charset=utf-8");
        call_stream(c);
    } else if (c->fault == STUB_FAULT_TRUNCATE) {
        count(&sh->truncated, 1);
        call_logged(c, STUB_LOG_CUT);
        http_reply_begin(c->req, 200, "application/json");
        http_reply_chunk(c->req, c->out, c->out_n / 2);
        http_reply_cut(c->req);
    } else if (c->fault == STUB_FAULT_DRIP) {
        c->begun = true;
        count(&sh->dripped, 1);
        http_reply_begin(c->req, 200, "application/json");
        call_drip(c);
    } else {
        call_paid(c);
        char *out = c->out;
        c->out = NULL;
        http_reply_take(c->req, 200, "application/json", out, c->out_n);
    }
}

static bool fault_is_error(struct call *c)
{
    bool a = c->anthropic;
    switch (c->fault) {
    case STUB_FAULT_RATE_LIMIT:
        call_too_many(c, 400 + stub_random(&c->random) % 800, "tokens");
        return true;
    case STUB_FAULT_QUOTA:
        if (a)
            call_error(c, 402, "billing_error", NULL, "Your credit balance is too low to access the API.");
        else
            call_error(c, 429, "insufficient_quota", "insufficient_quota",
                       "You exceeded your current quota, please check your plan and billing details.");
        return true;
    case STUB_FAULT_BAD_KEY:
        call_error(c, 401, a ? "authentication_error" : "invalid_request_error", "invalid_api_key",
                   a ? "invalid x-api-key" : "Incorrect API key provided.");
        return true;
    case STUB_FAULT_SERVER:
        call_error(c, 500, a ? "api_error" : "server_error", NULL,
                   a ? "Internal server error"
                     : "The server had an error while processing your request. Sorry about that!");
        return true;
    case STUB_FAULT_HTML:
        count(&c->stub->sh->status_500, 1);
        c->counted = true;
        call_logged(c, 502);
        http_reply(
            c->req, 502, "text/html",
            STR("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"));
        return true;
    case STUB_FAULT_UNAVAILABLE:
        call_error(c, 503, a ? "api_error" : "server_error", NULL, "Service temporarily unavailable");
        return true;
    case STUB_FAULT_OVERLOADED:
        call_error(c, a ? 529 : 503, a ? "overloaded_error" : "server_error", NULL,
                   a ? "Overloaded" : "The engine is currently overloaded, please try again later");
        return true;
    case STUB_FAULT_CONTEXT:
        call_error(c, 400, "invalid_request_error", "context_length_exceeded",
                   a ? "prompt is too long: 250000 tokens > 200000 maximum"
                     : "This model's maximum context length is 128000 tokens. However, your messages resulted in "
                       "140000 tokens.");
        return true;
    case STUB_FAULT_OK_ERROR:
        call_error(c, 200, "server_error", NULL, "The model is overloaded");
        return true;
    default:
        return false;
    }
}

static enum stub_fault fault_asked(struct call *c)
{
    struct str asked = http_request_header(c->req, "x-stub-fault");
    enum stub_fault f = asked.n ? stub_fault_from_name(asked) : STUB_FAULT_COUNT;
    return f == STUB_FAULT_COUNT ? stub_fault_draw(c->stub->sh, &c->random) : f;
}

/* The text of the answer, spoilt as the fault says. */
static void text_make(struct call *c, const struct stub_ask *ask, struct arena *a, struct buf *out)
{
    struct stub_shared *sh = c->stub->sh;
    if (c->fault == STUB_FAULT_FENCED)
        buf_adds(out, "Sure! Here is the JSON you asked for:\n```json\n");
    if (c->fault == STUB_FAULT_BAD_JSON)
        buf_adds(out, "Let me think about that. ");
    stub_answer(ask, a, sh->settings.seed, out);
    if (c->fault == STUB_FAULT_FENCED)
        buf_adds(out, "\n```\nLet me know if you need anything else.");
    if (c->fault == STUB_FAULT_BAD_JSON) {
        count(&sh->bad_json, 1);
        out->len = MAX((size_t)30, out->len * 2 / 3);
    }
    if (c->fault == STUB_FAULT_LENGTH) {
        count(&sh->cut_short, 1);
        out->len /= 2;
    }
    if (c->fault == STUB_FAULT_REFUSE)
        count(&sh->refused, 1);
}

static void call_answer(struct call *c, struct stub_ask *ask, struct arena *a)
{
    struct stub_shared *sh = c->stub->sh;
    struct buf text, out;
    buf_init(&text, STUB_BODY_MAX_BYTES);
    buf_init(&out, STUB_BODY_MAX_BYTES);
    if (ask->embeddings) {
        int64_t inputs = yyjson_is_arr(ask->inputs) ? (int64_t)yyjson_arr_size(ask->inputs) : 1;
        int64_t most = atomic_load(&sh->embedding_inputs_max);
        stub_openai_embeddings(ask, c->fault, sh->settings.seed, &out);
        count(&sh->embeddings, 1);
        count(&sh->embedding_inputs, inputs);
        while (inputs > most && !atomic_compare_exchange_weak(&sh->embedding_inputs_max, &most, inputs))
            ;
    } else {
        buf_reserve(&text, STUB_TEXT_FIRST_BYTES);
        text_make(c, ask, a, &text);
        buf_reserve(&out, text.len + text.len / 8 + STUB_TEXT_FIRST_BYTES);
        ask->output_tokens = sh->settings.output_tokens ? sh->settings.output_tokens : (int64_t)((text.len + 3) / 4);
        if (ask->output_tokens > ask->max_tokens && c->fault == STUB_FAULT_NONE) {
            c->fault = STUB_FAULT_LENGTH;
            text.len = MIN(text.len, (size_t)ask->max_tokens * 4);
            ask->output_tokens = ask->max_tokens;
            count(&sh->cut_short, 1);
        }
        struct str said = {.p = text.data ? text.data : "", .n = text.len};
        if (ask->stream) {
            count(&sh->streams, 1);
            (ask->anthropic ? stub_anthropic_stream : stub_openai_stream)(ask, said, c->fault, &out);
        } else {
            (ask->anthropic ? stub_anthropic_whole : stub_openai_whole)(ask, said, c->fault, &out);
        }
    }
    c->stream = ask->stream && !ask->embeddings;
    c->embeddings = ask->embeddings;
    c->input = ask->input_tokens;
    c->output = ask->output_tokens;
    c->cached = ask->cached_tokens;
    c->written = ask->cache_write_tokens;
    c->pace = sh->settings.pace;
    c->out = buf_take(&out, &c->out_n);
    buf_fini(&text);
    buf_fini(&out);
    double ms = stub_draw_ms(&sh->settings.latency, &c->random);
    if (ms < 0.5)
        call_send(c);
    else
        call_again(c, ms);
}

static bool call_known(struct call *c)
{
    const struct stub_settings *s = &c->stub->sh->settings;
    struct str key = c->anthropic ? http_request_header(c->req, "x-api-key") : http_request_bearer(c->req);
    if (key.n == 0)
        key = http_request_header(c->req, "api-key");
    if (key.n == 0 || (s->key[0] && !str_eqc(key, s->key))) {
        call_error(c, 401, c->anthropic ? "authentication_error" : "invalid_request_error", "invalid_api_key",
                   c->anthropic ? "invalid x-api-key" : "Incorrect API key provided.");
        return false;
    }
    if (c->anthropic && !http_request_has_header(c->req, "anthropic-version")) {
        call_error(c, 400, "invalid_request_error", NULL, "anthropic-version: header is required");
        return false;
    }
    return true;
}

static void call_read(struct call *c, struct arena *a)
{
    struct stub_shared *sh = c->stub->sh;
    struct stub_ask ask = {.embeddings = c->embeddings,
                           .hash = stub_hash(c->body.data, c->body.len, sh->settings.seed)};
    struct err err;
    yyjson_val *root;
    const char *message = "", *code = NULL;
    struct stub_seen *seen = stub_seen_find(sh, ask.hash);
    uint32_t before = seen ? atomic_fetch_add(&seen->asked, 1) : 0;
    count(&sh->duplicates, before > 0);
    c->random = ask.hash + before * 0x9e37u;
    if (c->log) {
        c->log->hash = ask.hash;
        c->log->embeddings = c->embeddings;
    }
    if (!call_known(c))
        return;
    if (json_parse(a, (struct str){.p = c->body.data ? c->body.data : "", .n = c->body.len}, &root, NULL, &err) < 0) {
        call_error(c, 400, "invalid_request_error", NULL, "We could not parse the JSON body of your request.");
        return;
    }
    int status = (c->anthropic ? stub_anthropic_read : stub_openai_read)(root, sh, &ask, &message, &code);
    if (status) {
        call_error(c, status, "invalid_request_error", code, message);
        return;
    }
    if (sh->settings.missing[0] && str_eqc(ask.model, sh->settings.missing)) {
        call_error(c, 404, c->anthropic ? "not_found_error" : "invalid_request_error", "model_not_found",
                   c->anthropic ? "model: not found" : "The model does not exist or you do not have access to it.");
        return;
    }
    uint64_t wait_ms = 0;
    const char *what = "";
    if (!stub_limits_allow(sh, ask.input_tokens + (ask.embeddings ? 0 : MIN(ask.max_tokens, 4096)), &wait_ms, &what)) {
        call_too_many(c, wait_ms, what);
        return;
    }
    if (sh->settings.calls_max && atomic_load(&sh->in_flight) > sh->settings.calls_max) {
        call_too_many(c, 500, "requests");
        return;
    }
    c->fault = fault_asked(c);
    if (fault_is_error(c))
        return;
    if (c->fault == STUB_FAULT_HANG) {
        count(&sh->hung, 1);
        return;
    }
    count(&sh->paid, 1);
    if (seen && atomic_fetch_add(&seen->paid, 1) > 0)
        count(&sh->paid_twice, 1);
    call_answer(c, &ask, a);
}

static void call_ended(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct arena a;
    arena_init(&a, STUB_ARENA_MAX_BYTES);
    call_read(c, &a);
    arena_fini(&a);
    buf_fini(&c->body);
    buf_init(&c->body, 0);
}

static void call_data(struct http_request *req UNUSED, void *ud, struct str piece)
{
    struct call *c = ud;
    buf_add(&c->body, piece.p, piece.n);
}

static void call_aborted(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    if (c->timer)
        loop_timer_stop(c->timer);
}

static void call_new(struct http_request *req, struct stub *s, bool anthropic, bool embeddings)
{
    struct call *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->stub = s;
    c->req = req;
    c->anthropic = anthropic;
    c->embeddings = embeddings;
    buf_init(&c->body, STUB_BODY_MAX_BYTES);
    if (http_request_content_length(req) > 0 && http_request_content_length(req) <= STUB_BODY_FIRST_BYTES)
        buf_reserve(&c->body, (size_t)http_request_content_length(req));
    count(&s->sh->calls, 1);
    uint32_t place = atomic_fetch_add(&s->sh->log_n, 1);
    if (place < STUB_LOG_SLOTS) {
        c->log = &s->sh->log[place];
        *c->log = (struct stub_entry){.at_us = clock_wall_us()};
    }
    int64_t flying = atomic_fetch_add(&s->sh->in_flight, 1) + 1, most = atomic_load(&s->sh->in_flight_max);
    while (flying > most && !atomic_compare_exchange_weak(&s->sh->in_flight_max, &most, flying))
        ;
    if (anthropic) { /* the other one's is the layer's own */
        char id[24];
        snprintf(id, sizeof(id), "req_%012llx", (unsigned long long)atomic_load(&s->sh->calls));
        http_reply_header(req, "request-id", id);
    }
    http_request_set_ud(req, c, call_free);
    http_request_on_abort(req, call_aborted, c);
    http_request_stream(req, call_data, call_ended, c);
}

static void route_chat(struct http_request *req, void *ud)
{
    call_new(req, ud, false, false);
}

static void route_embeddings(struct http_request *req, void *ud)
{
    call_new(req, ud, false, true);
}

static void route_messages(struct http_request *req, void *ud)
{
    call_new(req, ud, true, false);
}

static void route_models(struct http_request *req, void *ud UNUSED)
{
    http_reply(req, 200, "application/json",
               STR("{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o\",\"object\":\"model\"},{\"id\":\"text-embedding-3-"
                   "small\",\"object\":\"model\"},"
                   "{\"id\":\"claude-sonnet-4-5\",\"object\":\"model\"}]}"));
}

static void route_health(struct http_request *req, void *ud UNUSED)
{
    http_reply(req, 200, "application/json", STR("{\"status\":\"ok\"}"));
}

static const struct http_route routes[] = {
    {HTTP_METHOD_POST, "/v1/chat/completions", NULL, route_chat},
    {HTTP_METHOD_POST, "/v1/messages", NULL, route_messages},
    {HTTP_METHOD_POST, "/v1/embeddings", NULL, route_embeddings},
    {HTTP_METHOD_GET, "/v1/models", NULL, route_models},
    {HTTP_METHOD_GET, "/health", NULL, route_health},
    {HTTP_METHOD_GET, "/admin", NULL, stub_admin_page},
    {HTTP_METHOD_GET, "/admin/log", NULL, stub_admin_log},
    {HTTP_METHOD_POST, "/admin/reset", NULL, stub_admin_reset},
    {HTTP_METHOD_PUT, "/admin/settings", NULL, stub_admin_settings},
};

static void dispatch(struct http_request *req, void *ud)
{
    static const struct http_router router = {.routes = routes, .count = ARRAY_LEN(routes)};
    http_router_dispatch(&router, req, ud);
}

struct stub *stub_new(struct loop *loop, const struct stub_options *o, struct err *err)
{
    struct stub *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->loop = loop;
    s->sh = o->shared;
    struct http_server_options opt = {
        .host = o->host,
        .port = o->port,
        .reuse_port = o->reuse_port,
        .backlog = 16384,
        .handler = dispatch,
        .ud = s,
        .limits = {.connections_max = 60000, .body_ms = 120000, .idle_ms = 600000, .send_ms = 120000, .drain_ms = 100}};
    s->server = http_server_new(loop, &opt, err);
    if (!s->server) {
        free(s);
        return NULL;
    }
    return s;
}

uint16_t stub_port(const struct stub *s)
{
    return http_server_port(s->server);
}

static void stub_closed(void *ud)
{
    struct stub *s = ud;
    loop_fn *done = s->done;
    void *done_ud = s->done_ud;
    free(s);
    if (done)
        done(done_ud);
}

void stub_close(struct stub *s, loop_fn *done, void *ud)
{
    s->done = done;
    s->done_ud = ud;
    http_server_kill(s->server, stub_closed, s);
}
