/* The same Idempotency-Key again: the body is read for its hash only (nothing is kept), then the first request's answer
 * is given, or waited for. */
#include <string.h>
#include "core/ids.h"
#include "gateway/upload_int.h"
#include "pipeline/store/sealed.h"

#define REPEAT_POLL_MIN_MS 50
#define REPEAT_POLL_MAX_MS 800
#define REPEAT_WAIT_MS     30000

struct repeat {
    struct upload *u;
    struct loop_timer *timer;
    uint64_t until_ms, poll_ms;
    bool over; /* the timer is gone */
};

static void repeat_close(struct repeat *r)
{
    if (r->over)
        return;
    r->over = true;
    loop_timer_free(r->timer);
}

static void repeat_aborted(struct http_request *req, void *ud)
{
    struct repeat *r = ud;
    if (r->over)
        return;
    repeat_close(r);
    http_request_unref(req);
}

static void repeat_answer(struct repeat *r, const struct idempotency_row *row)
{
    struct upload *u = r->u;
    struct call *c = u->c;
    struct str body;
    struct err err;
    if (row->body_hash.n != SEAL_HASH_BYTES || memcmp(row->body_hash.p, u->key.body_hash, SEAL_HASH_BYTES) != 0) {
        call_error(c, ERR_KEY_REUSED, "the Idempotency-Key was used before with another body");
        return;
    }
    struct seal_place place = {&c->tenant_id, &row->resource_id, SEALED_IDEMPOTENCY};
    if (seal_open(http_request_arena(c->req), &c->g->master, row->sealed, place, &body, &err) < 0) {
        call_fail(c, &err);
        return;
    }
    http_reply_header(c->req, "Idempotent-Replayed", "true");
    call_location(c, "batches", &row->resource_id, true);
    http_reply(c->req, row->status, "application/json", body);
}

/* Ends the waiting: gives back the timer and its reference; the caller answers and still holds one. */
static void repeat_end(struct repeat *r)
{
    if (r->over)
        return;
    repeat_close(r);
    http_request_unref(r->u->c->req);
}

static void repeat_looked(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct repeat *r = ud;
    struct call *c = r->u->c;
    struct idempotency_row row;
    CALL_HELD(c);
    if (r->over)
        return;
    bool found = !err && keys_read(reply, &row);
    if (found && row.state == IDEMPOTENCY_RUNNING && loop_now_ms(c->g->loop) < r->until_ms && !c->g->stopping) {
        r->poll_ms = MIN(r->poll_ms * 2, REPEAT_POLL_MAX_MS);
        loop_timer_start(r->timer, r->poll_ms / 2 + (uint64_t)(ids_random01() * (double)r->poll_ms / 2), 0);
        return;
    }
    if (err)
        call_fail_store(c, err);
    else if (!found)
        call_error(c, ERR_UNAVAILABLE, "the first request with this Idempotency-Key did not end well; send it again");
    else if (row.state == IDEMPOTENCY_ANSWERED)
        repeat_answer(r, &row);
    else {
        call_retry_after(c, 2);
        call_error(c, ERR_CONFLICT, "the first request with this Idempotency-Key is still being received");
    }
    repeat_end(r);
}

static void repeat_look(void *ud)
{
    struct repeat *r = ud;
    struct call *c = r->u->c;
    call_hold(c);
    keys_find(c->g->pool, &c->tenant_id, KEYS_ROUTE_BATCHES, r->u->key.key_hash, repeat_looked, r);
}

static void repeat_data(struct http_request *req UNUSED, void *ud, struct str piece)
{
    struct repeat *r = ud;
    seal_hasher_add(r->u->hasher, piece.p, piece.n);
}

static void repeat_whole(struct http_request *req UNUSED, void *ud)
{
    struct repeat *r = ud;
    seal_hasher_end(TAKE_PTR(r->u->hasher), r->u->key.body_hash);
    repeat_look(r);
}

void upload_repeat(struct upload *u)
{
    struct call *c = u->c;
    struct repeat *r = CALL_STATE(c, struct repeat);
    if (!r || http_request_is_over(c->req))
        return;
    r->u = u;
    r->poll_ms = REPEAT_POLL_MIN_MS;
    r->until_ms = loop_now_ms(c->g->loop) + REPEAT_WAIT_MS;
    r->timer = loop_timer_new(c->g->loop, repeat_look, r);
    call_hold(c);
    http_request_on_abort(c->req, repeat_aborted, r);
    http_request_stream(c->req, repeat_data, repeat_whole, r);
}
