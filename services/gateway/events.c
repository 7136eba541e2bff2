/* Event streams (Server-Sent Events, WHATWG HTML 9.2).
 *
 *     replay: pages from the events table behind the cursor; what the hub tells meanwhile is kept (or, when too much, a
 * next page is read) live:   what the hub tells a client that does not read: back to replay, when its queue has drained
 *     end:    the final `event: end`, then the answer ends
 *
 * A client that is cut off comes back with Last-Event-ID and gets everything behind it: nothing here needs to survive.
 */
#include <string.h>
#include "core/metrics.h"
#include "gateway/hub.h"
#include "gateway/render.h"
#include "gateway/routes.h"

#define STREAM_PAGE         500
#define STREAM_HIGH_BYTES   ((size_t)256 * 1024) /* unread bytes beyond which a client gets nothing new */
#define STREAM_KEPT_MAX     256                  /* live events kept during a replay */
#define STREAM_HEARTBEAT_MS 15000
#define STREAM_RETRY_MS     500 /* after a statement that failed */

struct stream {
    struct call *c;
    struct uuid id; /* as asked for */
    bool application, json;
    struct event_source source;
    struct hub_watch *watch;
    struct loop_timer *heartbeat, *retry;
    struct buf out;
    struct buf kept; /* struct event_row, told during the replay */
    bool dirty;      /* more came during the replay than could be kept */
    bool live, fetching, open, put_any;
    int64_t cursor;  /* the last number sent */
    int64_t end_seq; /* the number of the event that ended it, 0: not seen */
    int end_state;
    int page_size;
};

static void stream_pump(struct stream *s);

static void stream_close(struct stream *s)
{
    if (!s->open)
        return;
    s->open = false;
    hub_watch_free(TAKE_PTR(s->watch));
    loop_timer_free(TAKE_PTR(s->heartbeat));
    loop_timer_free(TAKE_PTR(s->retry));
    buf_fini(&s->out);
    buf_fini(&s->kept);
    s->c->g->streams--;
    metrics_set(METRICS_SSE_STREAMS, (double)s->c->g->streams, NULL);
}

static void stream_aborted(struct http_request *req UNUSED, void *ud)
{
    stream_close(ud);
}

static void stream_flush(struct stream *s)
{
    if (!s->out.len)
        return;
    http_reply_chunk(s->c->req, buf_str(&s->out), s->out.len);
    buf_fini(&s->out); /* an idle stream keeps no buffer */
    buf_init(&s->out, CALL_BODY_MAX_BYTES);
}

static void stream_put(struct stream *s, const struct event_row *e)
{
    buf_addf(&s->out, "id: %lld\nevent: progress\ndata: ", (long long)e->seq);
    render_event(&s->out, e);
    buf_adds(&s->out, "\n\n");
    s->cursor = e->seq;
    s->put_any = true;
    if (e->stage == STAGE_NONE && (s->application ? application_state_ended(e->state)
                                                  : uuid_is_nil(&e->application_id) && e->state == BATCH_ENDED)) {
        s->end_seq = e->seq;
        s->end_state = e->state;
    }
}

/* Once caught up: sends the last event when the ending one was sent, or when all had ended before the client came and
 * it had seen everything. True: the stream is over. */
static bool stream_end_if_due(struct stream *s)
{
    bool seen = s->end_seq && s->cursor == s->end_seq;
    bool before = s->source.ended && !s->put_any;
    if (!seen && !before)
        return false;
    int state = seen ? s->end_state : s->source.state;
    buf_addf(&s->out, "event: end\ndata: {\"seq\":%lld,\"state\":\"%s\"}\n\n", (long long)s->cursor,
             s->application ? application_state_name(state) : batch_state_name(state));
    stream_flush(s);
    http_reply_end(s->c->req);
    stream_close(s);
    return true;
}

static bool stream_concerns(const struct stream *s, const struct event_row *e)
{
    return e->seq > s->cursor && (!s->application || uuid_eq(&e->application_id, &s->id));
}

static void stream_put_all(struct stream *s, const struct event_row *events, size_t n, const char *source)
{
    size_t sent = 0;
    for (size_t i = 0; i < n; i++) {
        if (!stream_concerns(s, &events[i]))
            continue;
        stream_put(s, &events[i]);
        sent++;
    }
    if (sent)
        metrics_add(METRICS_SSE_EVENTS, (double)sent, source, NULL);
}

static void stream_told(void *ud, const struct event_row *events, size_t n)
{
    struct stream *s = ud;
    if (!s->open)
        return;
    if (n == 0) { /* stopping: the client comes back to another gateway */
        http_reply_end(s->c->req);
        stream_close(s);
        return;
    }
    if (s->live) {
        stream_put_all(s, events, n, "live");
        if (stream_end_if_due(s))
            return;
        stream_flush(s);
        s->live = http_reply_queued(s->c->req) < STREAM_HIGH_BYTES;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!stream_concerns(s, &events[i]))
            continue;
        buf_add(&s->kept, &events[i], sizeof(events[i]));
        s->dirty = buf_failed(&s->kept);
    }
}

/* The replay has caught up with the table as it was when the page was read. */
static void stream_caught_up(struct stream *s)
{
    if (s->dirty) {
        stream_pump(s);
        return;
    }
    stream_put_all(s, (const struct event_row *)(const void *)s->kept.data, s->kept.len / sizeof(struct event_row),
                   "live");
    buf_fini(&s->kept);
    s->live = true;
    if (!stream_end_if_due(s))
        stream_flush(s);
}

static void stream_paged(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct stream *s = ud;
    CALL_HELD(s->c);
    s->fetching = false;
    if (!s->open)
        return;
    if (err) {
        loop_timer_start(s->retry, STREAM_RETRY_MS, 0);
        return;
    }
    int n = events_count(reply);
    for (int i = 0; i < n; i++) {
        struct event_row e;
        events_read(reply, i, &e);
        stream_put(s, &e);
    }
    if (n)
        metrics_add(METRICS_SSE_EVENTS, n, "replay", NULL);
    if (n < STREAM_PAGE) {
        stream_caught_up(s);
    } else {
        stream_flush(s);
        stream_pump(s);
    }
}

static void stream_pump(struct stream *s)
{
    if (!s->open || s->live || s->fetching || http_reply_queued(s->c->req) >= STREAM_HIGH_BYTES)
        return;
    s->fetching = true;
    s->dirty = false;
    buf_fini(&s->kept);
    buf_init(&s->kept, STREAM_KEPT_MAX * sizeof(struct event_row));
    call_hold(s->c);
    events_page(s->c->g->pool, &s->c->tenant_id, &s->source.batch_id, &s->source.application_id, s->cursor, STREAM_PAGE,
                stream_paged, s);
}

static void stream_drained(struct http_request *req UNUSED, void *ud)
{
    stream_pump(ud);
}

static void stream_retry(void *ud)
{
    stream_pump(ud);
}

static void stream_heartbeat(void *ud)
{
    struct stream *s = ud;
    static const char beat[] = "event: heartbeat\ndata: {}\n\n";
    http_reply_chunk(s->c->req, beat, sizeof(beat) - 1);
}

static void stream_begin(struct stream *s)
{
    struct call *c = s->c;
    static const char first[] = "retry: 1000\n\n";
    s->watch = hub_watch_new(c->g->hub, &c->tenant_id, &s->source.batch_id, s->source.last_seq, stream_told, s);
    if (!s->watch) {
        call_error(c, ERR_OVERLOADED, "too many batches are being watched, or the gateway is stopping");
        return;
    }
    s->open = true;
    c->g->streams++;
    metrics_set(METRICS_SSE_STREAMS, (double)c->g->streams, NULL);
    buf_init(&s->out, CALL_BODY_MAX_BYTES);
    s->heartbeat = loop_timer_new(c->g->loop, stream_heartbeat, s);
    loop_timer_start(s->heartbeat, STREAM_HEARTBEAT_MS, STREAM_HEARTBEAT_MS);
    s->retry = loop_timer_new(c->g->loop, stream_retry, s);
    http_request_on_abort(c->req, stream_aborted, s);
    http_reply_on_drain(c->req, stream_drained, s);
    http_reply_header(c->req, "Cache-Control", "no-cache");
    http_reply_header(c->req, "X-Accel-Buffering", "no");
    http_reply_begin(c->req, 200, "text/event-stream");
    http_reply_chunk(c->req, first, sizeof(first) - 1);
    stream_pump(s);
}

/* The list as JSON */

static void events_listed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct stream *s = ud;
    CALL_HELD(s->c);
    if (err) {
        call_fail_store(s->c, err);
        return;
    }
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    buf_adds(&b, "{\"items\":[");
    int n = events_count(reply), shown = MIN(n, s->page_size);
    int64_t last = s->cursor;
    for (int i = 0; i < shown; i++) {
        struct event_row e;
        events_read(reply, i, &e);
        render_event(&b, &e);
        last = e.seq;
    }
    buf_addc(&b, ']');
    if (n > shown) {
        jsonw_key(&b, "next_page_token");
        buf_addf(&b, "\"%lld\"", (long long)last);
    } else {
        jsonw_null(&b, "next_page_token");
    }
    jsonw_int(&b, "last_seq", s->source.last_seq);
    buf_addc(&b, '}');
    call_reply_etag(s->c, &b, NULL);
    buf_fini(&b);
}

static void events_source_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct stream *s = ud;
    struct call *c = s->c;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
        return;
    }
    if (!events_source_read(reply, &s->source)) {
        call_not_found(c, s->application ? "application" : "batch");
        return;
    }
    s->cursor = MIN(s->cursor, s->source.last_seq); /* a number from elsewhere must not hide what comes */
    if (s->json) {
        call_hold(c);
        events_page(c->g->pool, &c->tenant_id, &s->source.batch_id, &s->source.application_id, s->cursor,
                    s->page_size + 1, events_listed, s);
    } else if (!http_request_is_over(c->req)) {
        stream_begin(s);
    }
}

static bool events_cursor(struct stream *s)
{
    struct call *c = s->c;
    struct err err;
    uint64_t from = 0;
    int64_t query, page;
    struct str header = str_trim(http_request_header(c->req, "last-event-id"));
    if (!str_to_u64(header, &from) || from > INT64_MAX)
        from = 0;
    if (http_query_int(c->req, "last_event_id", 0, INT64_MAX, (int64_t)from, &query, &err) < 0 ||
        http_query_int(c->req, "page_token", 0, INT64_MAX, query, &page, &err) < 0) {
        call_fail(c, &err);
        return false;
    }
    s->cursor = page;
    return call_page_size(c, &s->page_size);
}

static void events_get(struct call *c, bool application)
{
    struct stream *s = CALL_STATE(c, struct stream);
    if (!s || !call_query(c, (const char *const[]){"last_event_id", "page_token", "page_size", NULL}) ||
        !call_id(c, "id", &s->id, application ? "application" : "batch"))
        return;
    s->c = c;
    s->application = application;
    struct str accept = http_request_header(c->req, "accept");
    s->json = str_ifind(accept, STR("application/json")) >= 0 && str_ifind(accept, STR("text/event-stream")) < 0;
    if (!events_cursor(s))
        return;
    if (!s->json && c->g->streams >= (size_t)config_int(c->g->config, CONFIG_HTTP_SSE_MAX)) {
        call_error(c, ERR_OVERLOADED, "the gateway has as many event streams open as it may");
        return;
    }
    call_hold(c);
    events_source(c->g->pool, &c->tenant_id, &s->id, application, events_source_found, s);
}

void events_get_application(struct http_request *req UNUSED, void *ud)
{
    events_get(ud, true);
}

void events_get_batch(struct http_request *req UNUSED, void *ud)
{
    events_get(ud, false);
}
