/* The end of an upload. The answer is put together before the commit, because the Idempotency-Key stores it in the same
 * transaction. After the commit the first of the batch are released; what a crash keeps from it, the dispatcher admits.
 */
#include "core/clock.h"
#include "core/metrics.h"
#include "gateway/render.h"
#include "gateway/upload_int.h"
#include "pipeline/store/sealed.h"

#define UPLOAD_STATUS 202

struct upload_end {
    struct upload *u;
    struct buf body;
};

static void upload_rejected_render(const struct upload *u, struct buf *b)
{
    jsonw_open(b, "rejected", '{');
    jsonw_int(b, "count", u->rejected);
    report_render(&u->report, b, "items");
    buf_addc(b, '}');
}

static void upload_answer(const struct upload *u, struct buf *b)
{
    const struct batch_row row = {
        .batch_id = u->batch_id,
        .state = BATCH_RUNNING,
        .priority = u->priority,
        .accepted = u->accepted,
        .rejected = u->rejected,
        .ceiling_microusd = u->ceiling_microusd,
        .created_at_us = u->created_at_us,
        .updated_at_us = clock_wall_us(),
    };
    buf_init(b, CALL_BODY_MAX_BYTES);
    render_batch_open(b, NULL, &row, row.updated_at_us);
    upload_rejected_render(u, b);
    buf_addc(b, '}');
}

static void upload_validated(struct upload *u)
{
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_bool(&b, "valid", u->rejected == 0 && u->accepted > 0);
    jsonw_int(&b, "accepted", u->accepted);
    jsonw_int(&b, "tokens", u->estimate.tokens);
    jsonw_int(&b, "cost_microusd", u->estimate.cost_microusd);
    upload_rejected_render(u, &b);
    buf_addc(&b, '}');
    call_reply(u->c, 200, &b);
    buf_fini(&b);
}

/* No item is good: nothing is kept, the refusals are the answer. */
static void upload_nothing(struct upload *u)
{
    struct err err;
    if (u->rejected)
        err_set(&err, ERR_INVALID, "none of the %d items can be accepted", u->rejected);
    else
        err_set(&err, ERR_INVALID, "the batch is empty");
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_strc(&b, "type", "/problems/invalid");
    jsonw_strc(&b, "title", err_title(err.code));
    jsonw_int(&b, "status", err_http_status(err.code));
    jsonw_strc(&b, "detail", err.msg);
    jsonw_strc(&b, "code", err_slug(err.code));
    upload_rejected_render(u, &b);
    jsonw_strc(&b, "request_id", http_request_id(u->c->req));
    jsonw_strc(&b, "trace_id", http_request_trace(u->c->req)->id);
    buf_addc(&b, '}');
    http_reply(u->c->req, err_http_status(err.code), "application/problem+json", (struct str){buf_str(&b), b.len});
    buf_fini(&b);
}

static void upload_admitted(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct call *c = ud;
    CALL_HELD(c);
    if (err)
        return; /* the dispatcher admits */
    struct pg_rows changes = pg_reply_rows(reply, 0);
    gateway_publish(c->g, &changes);
}

static void upload_done(struct upload *u)
{
    u->opened = false; /* it stays */
    u->over = true;
    u->finishing = false;
    u->held = false;
    http_request_unref(u->c->req);
}

static void upload_finished(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct upload_end *end = ud;
    struct upload *u = end->u;
    struct call *c = u->c;
    CALL_HELD(c);
    bool stored = !err && batches_finish_read(reply);
    if (stored) {
        metrics_add(METRICS_ACCEPTED, u->accepted, priority_name(u->priority), NULL);
        call_location(c, "batches", &u->batch_id, true);
        call_retry_after(c, 2);
        call_reply(c, UPLOAD_STATUS, &end->body);
        call_hold(c);
        batches_admit(c->g->pool, &c->tenant_id, (int)config_int(c->g->config, CONFIG_WINDOW_TENANT), upload_admitted,
                      c);
        upload_done(u);
    } else {
        struct err gone;
        err_set(&gone, ERR_UNAVAILABLE,
                "the upload was given up because its gateway was taken for lost; send it again");
        u->finishing = false;
        upload_fail(u, err ? err : &gone);
    }
    buf_fini(&end->body);
}

/* No item is good, or nothing was to be stored. */
static void upload_end_without(struct upload *u)
{
    if (u->validate_only)
        upload_validated(u);
    else
        upload_nothing(u);
    if (u->opened)
        uploads_abort(u->c->g->uploads, &u->c->tenant_id, &u->batch_id);
    upload_done(u);
}

void upload_finish(struct upload *u)
{
    struct call *c = u->c;
    struct str sealed = {0};
    struct err err;
    if (u->validate_only || u->accepted == 0) {
        upload_end_without(u);
        return;
    }
    struct upload_end *end = CALL_STATE(c, struct upload_end);
    if (!end) {
        u->finishing = false;
        u->over = true;
        err_set(&err, ERR_MEMORY, "no memory for the answer");
        upload_fail(u, &err);
        return;
    }
    end->u = u;
    upload_answer(u, &end->body);
    struct seal_place place = {&c->tenant_id, &u->batch_id, SEALED_IDEMPOTENCY};
    struct str body = {buf_str(&end->body), end->body.len};
    if (u->key.present && seal_close(http_request_arena(c->req), &c->g->master, body, place, &sealed, &err) < 0) {
        buf_fini(&end->body);
        u->finishing = false;
        upload_fail(u, &err);
        return;
    }
    call_hold(c);
    batches_finish(c->g->pool, &c->tenant_id, &u->batch_id, u->accepted, u->rejected, &u->key, UPLOAD_STATUS, sealed,
                   upload_finished, end);
}
