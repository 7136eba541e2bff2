/* The way of an upload:
 *
 *     batches_open --key taken--> upload_repeat
 *        | row in state receiving
 *     streaming: split -> items -> chunks (at most UPLOAD_CHUNKS_MAX out, else the body is paused)
 *        | end of the body, last chunk answered
 *     upload_finish: one transaction makes it running and stores the answer
 *
 * Whatever goes wrong on the way (the client leaves, a statement fails, the array is broken): once the last chunk is
 * answered, the batch is cleared away (uploads_abort). If this process dies, the dispatcher does it: the row names the
 * gateway. */
#include "gateway/upload_int.h"

#include <string.h>
#include "core/ids.h"
#include "core/log.h"
#include "gateway/routes.h"

#define UPLOADS_RETRY_MS 1000

/* Giving up */

struct uploads_ref {
    struct uploads *uploads;
    struct uuid tenant_id, batch_id;
    bool asked, used;
};

struct uploads {
    struct gateway *g;
    struct loop_timer *timer;
    struct uploads_ref refs[UPLOAD_ABORTS_MAX];
};

static void uploads_aborted(void *ud, const struct pg_reply *reply UNUSED, const struct err *err)
{
    struct uploads_ref *r = ud;
    r->asked = false;
    if (!err)
        r->used = false;
    else if (err->code != ERR_CANCELLED)
        loop_timer_start(r->uploads->timer, UPLOADS_RETRY_MS, 0);
}

static void uploads_ask(struct uploads_ref *r)
{
    if (!r->used || r->asked)
        return;
    r->asked = true;
    batches_abort(r->uploads->g->pool, &r->tenant_id, &r->batch_id, uploads_aborted, r);
}

static void uploads_retry(void *ud)
{
    struct uploads *u = ud;
    for (size_t i = 0; i < UPLOAD_ABORTS_MAX; i++)
        uploads_ask(&u->refs[i]);
}

struct uploads *uploads_new(struct gateway *g)
{
    struct uploads *u = calloc(1, sizeof(*u));
    if (!u)
        abort();
    u->g = g;
    u->timer = loop_timer_new(g->loop, uploads_retry, u);
    return u;
}

void uploads_free(struct uploads *u)
{
    if (!u)
        return;
    loop_timer_free(u->timer);
    free(u);
}

void uploads_abort(struct uploads *u, const struct uuid *tenant_id, const struct uuid *batch_id)
{
    for (size_t i = 0; i < UPLOAD_ABORTS_MAX; i++) {
        struct uploads_ref *r = &u->refs[i];
        if (r->used)
            continue;
        *r = (struct uploads_ref){.uploads = u, .tenant_id = *tenant_id, .batch_id = *batch_id, .used = true};
        uploads_ask(r);
        return;
    }
    log_error(&(struct log_ctx){.tenant_id = tenant_id, .batch_id = batch_id},
              "too many uploads were given up at once: this one stays in state receiving");
}

/* One upload */

static void upload_free(void *ud)
{
    struct upload *u = ud;
    uint8_t hash[SEAL_HASH_BYTES];
    upload_chunk_free(u->chunk);
    split_fini(&u->split);
    seen_free(u->seen);
    seen_free(u->postings);
    report_fini(&u->report);
    if (u->hasher)
        seal_hasher_end(u->hasher, hash);
}

static void upload_release(struct upload *u)
{
    if (!u->held)
        return;
    u->held = false;
    http_request_unref(u->c->req);
}

/* Over, and nothing is under way any more. */
static void upload_give_up(struct upload *u)
{
    if (u->chunks_out > 0 || u->finishing)
        return;
    if (u->opened && !u->c->g->closed)
        uploads_abort(u->c->g->uploads, &u->c->tenant_id, &u->batch_id);
    u->opened = false;
    upload_release(u);
}

void upload_fail(struct upload *u, const struct err *err)
{
    if (!u->over) {
        if (err->code == ERR_MALFORMED || err->code == ERR_TOO_LARGE)
            call_fail(u->c, err);
        else
            call_fail_store(u->c, err);
    }
    u->over = true;
    upload_give_up(u);
}

static void upload_aborted(struct http_request *req UNUSED, void *ud)
{
    struct upload *u = ud;
    u->over = true;
    upload_give_up(u);
}

static void upload_whole(struct upload *u)
{
    if (u->chunks_out == 0 && u->whole && !u->finishing && !u->over) {
        u->finishing = true;
        upload_finish(u);
    }
}

void upload_settled(struct upload *u)
{
    if (u->over) {
        upload_give_up(u);
        return;
    }
    if (!u->whole && u->chunks_out < UPLOAD_CHUNKS_MAX)
        http_request_resume(u->c->req);
    upload_whole(u);
}

static void upload_data(struct http_request *req, void *ud, struct str piece)
{
    struct upload *u = ud;
    struct err err;
    if (u->over)
        return;
    seal_hasher_add(u->hasher, piece.p, piece.n);
    if (split_feed(&u->split, piece, upload_item, u, &err) < 0) {
        upload_fail(u, &err);
        return;
    }
    if (u->chunks_out >= UPLOAD_CHUNKS_MAX && !u->over)
        http_request_pause(req);
}

static void upload_end(struct http_request *req UNUSED, void *ud)
{
    struct upload *u = ud;
    struct err err;
    if (u->over)
        return;
    if (split_end(&u->split, upload_item, u, &err) < 0) {
        upload_fail(u, &err);
        return;
    }
    upload_chunk_send(u);
    u->whole = true;
    if (u->key.present)
        seal_hasher_end(TAKE_PTR(u->hasher), u->key.body_hash);
    upload_whole(u);
}

static void upload_stream(struct upload *u)
{
    call_hold(u->c);
    u->held = true;
    u->opened = !u->validate_only;
    http_request_on_abort(u->c->req, upload_aborted, u);
    http_request_stream(u->c->req, upload_data, upload_end, u);
}

static void upload_opened(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct upload *u = ud;
    CALL_HELD(u->c);
    if (err)
        call_fail_store(u->c, err);
    else if (!batches_open_read(reply, &u->created_at_us))
        upload_repeat(u);
    else if (http_request_is_over(u->c->req)) /* the client left while the row was made */
        uploads_abort(u->c->g->uploads, &u->c->tenant_id, &u->batch_id);
    else
        upload_stream(u);
}

void upload_hash_begin(struct upload *u)
{
    uint8_t what[2] = {(uint8_t)u->split.mode, (uint8_t)u->priority};
    u->hasher = seal_hasher_new();
    seal_hasher_add(u->hasher, what, sizeof(what));
    if (u->ceiling_microusd)
        seal_hasher_add(u->hasher, &u->ceiling_microusd, sizeof(u->ceiling_microusd));
}

static bool upload_mode(struct call *c, enum split_mode *ret)
{
    struct http_request *req = c->req;
    *ret = SPLIT_LINES;
    if (http_request_content_type_is(req, "application/x-ndjson") ||
        http_request_content_type_is(req, "application/jsonl") ||
        http_request_content_type_is(req, "application/json-lines"))
        return true;
    *ret = SPLIT_ARRAY;
    if (http_request_content_type_is(req, "application/json"))
        return true;
    call_error(c, ERR_MEDIA_TYPE,
               "send one application object a line with Content-Type: application/x-ndjson, or a JSON array with "
               "application/json");
    return false;
}

static bool upload_query(struct call *c, struct upload *u)
{
    struct err err;
    struct str text;
    if (!call_query(c, (const char *const[]){"priority", "validate_only", "max_cost_microusd", NULL}))
        return false;
    int rc = http_query_get(c->req, "priority", &text, &err);
    u->priority = rc > 0 && str_eqc(text, "interactive") ? PRIORITY_INTERACTIVE : PRIORITY_BULK;
    if (rc > 0 && u->priority == PRIORITY_BULK && !str_eqc(text, "bulk"))
        rc = err_set(&err, ERR_INVALID, "the query parameter priority must be interactive or bulk");
    if (rc >= 0)
        rc = http_query_bool(c->req, "validate_only", false, &u->validate_only, &err);
    uint64_t most;
    if (rc >= 0 && (rc = http_query_get(c->req, "max_cost_microusd", &text, &err)) > 0) {
        if (str_to_u64(text, &most) && most > 0 && most <= (uint64_t)BUDGET_MAX_MICROUSD)
            u->ceiling_microusd = (int64_t)most;
        else
            rc = err_set(&err, ERR_INVALID,
                         "the query parameter max_cost_microusd must be a whole number of micro-dollars, 1 or more");
    }
    if (rc < 0)
        call_fail(c, &err);
    return rc >= 0;
}

void batches_post(struct http_request *req, void *ud)
{
    struct call *c = ud;
    enum split_mode mode;
    struct upload *u = CALL_STATE(c, struct upload);
    if (!u || !upload_query(c, u) || !upload_mode(c, &mode) || !call_idempotency_key(c, KEYS_ROUTE_BATCHES, &u->key))
        return;
    if (!c->g->registered) {
        call_error(c, ERR_UNAVAILABLE, "the gateway has no row in the database yet; try again");
        return;
    }
    u->c = c;
    u->batch_id = ids_uuid();
    split_init(&u->split, mode, SUBMISSION_LINE_BYTES);
    u->seen = seen_new(UPLOAD_ITEMS_MAX);
    u->postings = u->validate_only ? seen_new(UPLOAD_ITEMS_MAX) : NULL;
    upload_hash_begin(u);
    http_request_set_ud(req, u, upload_free);
    if (u->validate_only) {
        upload_stream(u);
        return;
    }
    call_hold(c);
    batches_open(c->g->pool, &c->tenant_id, &u->batch_id, member_worker_id(c->g->member), u->priority,
                 u->ceiling_microusd, str_of(http_request_trace(req)->parent), &u->key, upload_opened, u);
}
