/* Batches: the view with waiting, lists, items, and the verbs. */
#include <stdio.h>
#include "core/clock.h"
#include "gateway/render.h"
#include "gateway/routes.h"
#include "gateway/wait.h"

#define BATCHES_POLL_S        2
#define BATCHES_REDRIVE_CHUNK 2000

struct batches_view {
    struct call *c;
    struct uuid batch_id;
    uint64_t until_ms;
    int status; /* 0: a GET */
};

static void batches_view_fetch(struct batches_view *v);

static void batches_waited(void *ud, bool timed_out)
{
    struct batches_view *v = ud;
    if (timed_out)
        v->until_ms = 0;
    batches_view_fetch(v);
}

/* A client that named the tag it has waits for any change; another one for the end. */
static bool batches_should_wait(struct batches_view *v, const struct batch_row *row, const char *etag)
{
    if (row->state == BATCH_ENDED || loop_now_ms(v->c->g->loop) >= v->until_ms)
        return false;
    return !http_request_has_header(v->c->req, "if-none-match") || http_request_etag_matches(v->c->req, etag);
}

static void batches_view_reply(struct batches_view *v, const struct batch_row *row)
{
    static const struct uuid nil;
    struct call *c = v->c;
    struct buf b;
    char etag[96];
    snprintf(etag, sizeof(etag), "\"%lld-%d-%d-%lld-%lld\"", (long long)row->version, row->state, row->parked,
             (long long)row->cost_microusd, (long long)row->reserved_microusd);
    if (batches_should_wait(v, row, etag)) {
        wait_start(c, &row->batch_id, &nil, row->last_seq, v->until_ms - loop_now_ms(c->g->loop), batches_waited, v);
        return;
    }
    buf_init(&b, CALL_BODY_MAX_BYTES);
    render_batch(&b, NULL, row, clock_wall_us());
    if (row->state != BATCH_ENDED)
        call_retry_after(c, BATCHES_POLL_S);
    if (v->status) {
        http_reply_header(c->req, "ETag", etag);
        call_reply(c, v->status, &b);
    } else {
        call_reply_etag(c, &b, etag);
    }
    buf_fini(&b);
}

static void batches_view_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_view *v = ud;
    struct batch_row row;
    CALL_HELD(v->c);
    if (err)
        call_fail_store(v->c, err);
    else if (!batches_read(reply, 0, &row))
        call_not_found(v->c, "batch");
    else
        batches_view_reply(v, &row);
}

static void batches_view_fetch(struct batches_view *v)
{
    call_hold(v->c);
    batches_find(v->c->g->pool, &v->c->tenant_id, &v->batch_id, batches_view_found, v);
}

static struct batches_view *batches_begin(struct call *c, const char *const *query)
{
    struct batches_view *v = CALL_STATE(c, struct batches_view);
    if (!v || !call_query(c, query) || !call_id(c, "id", &v->batch_id, "batch"))
        return NULL;
    v->c = c;
    return v;
}

void batches_get(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    uint64_t ms;
    struct batches_view *v = batches_begin(c, (const char *const[]){"wait", NULL});
    if (!v || !call_wait(c, &ms))
        return;
    v->until_ms = ms ? loop_now_ms(c->g->loop) + ms : 0;
    batches_view_fetch(v);
}

/* Verbs */

static void batches_admitted(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_view *v = ud;
    CALL_HELD(v->c);
    if (!err) { /* else the dispatcher admits */
        struct pg_rows changes = pg_reply_rows(reply, 0);
        gateway_publish(v->c->g, &changes);
    }
    batches_view_fetch(v);
}

static void batches_admit_then_view(struct batches_view *v)
{
    struct call *c = v->c;
    call_hold(c);
    batches_admit(c->g->pool, &c->tenant_id, (int)config_int(c->g->config, CONFIG_WINDOW_TENANT), batches_admitted, v);
}

struct batches_verb_op {
    struct batches_view view; /* first */
    enum batch_verb verb;
};

static bool batches_verb_done_before(enum batch_verb verb, int state)
{
    return (verb == BATCH_CANCEL && state == BATCH_CANCELLING) || (verb == BATCH_PAUSE && state == BATCH_PAUSED) ||
           (verb == BATCH_RESUME && state == BATCH_RUNNING);
}

static void batches_moved(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_verb_op *op = ud;
    struct call *c = op->view.c;
    struct batch_row row;
    bool moved;
    CALL_HELD(c);
    if (err)
        call_fail_store(c, err);
    else if (!batches_move_read(reply, &row, &moved))
        call_not_found(c, "batch");
    else if (!moved && !batches_verb_done_before(op->verb, row.state))
        call_error(c, ERR_CONFLICT, "the batch is %s", batch_state_name(row.state));
    else if (moved && op->verb == BATCH_RESUME)
        batches_admit_then_view(&op->view);
    else
        batches_view_reply(&op->view, &row);
}

static void batches_verb(struct call *c, enum batch_verb verb)
{
    struct batches_verb_op *op = CALL_STATE(c, struct batches_verb_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->view.batch_id, "batch"))
        return;
    op->view.c = c;
    op->view.status = verb == BATCH_CANCEL ? 202 : 200;
    op->verb = verb;
    call_hold(c);
    batches_move(c->g->pool, &c->tenant_id, &op->view.batch_id, verb, batches_moved, op);
}

void batches_post_cancel(struct http_request *req UNUSED, void *ud)
{
    batches_verb(ud, BATCH_CANCEL);
}

void batches_post_pause(struct http_request *req UNUSED, void *ud)
{
    batches_verb(ud, BATCH_PAUSE);
}

void batches_post_resume(struct http_request *req UNUSED, void *ud)
{
    batches_verb(ud, BATCH_RESUME);
}

static void batches_redriven(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_view *v = ud;
    struct call *c = v->c;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
        return;
    }
    struct pg_rows changes = pg_reply_rows(reply, 0);
    gateway_publish(c->g, &changes);
    if (changes.count == 0) {
        batches_admit_then_view(v);
        return;
    }
    call_hold(c);
    batches_redrive(c->g->pool, &c->tenant_id, &v->batch_id, BATCHES_REDRIVE_CHUNK, batches_redriven, v);
}

void batches_post_redrive(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct batches_view *v = batches_begin(c, (const char *const[]){NULL});
    if (!v)
        return;
    v->status = 202;
    call_hold(c);
    batches_redrive(c->g->pool, &c->tenant_id, &v->batch_id, BATCHES_REDRIVE_CHUNK, batches_redriven, v);
}

/* Lists */

struct batches_list_op {
    struct call *c;
    struct uuid batch_id;
    int page_size, state;
    char name[96];
};

static void batches_listed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_list_op *op = ud;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    buf_adds(&b, "{\"items\":[");
    int n = batches_count(reply), shown = MIN(n, op->page_size);
    struct batch_row row;
    uint64_t now = clock_wall_us();
    for (int i = 0; i < shown && batches_read(reply, i, &row); i++)
        render_batch(&b, NULL, &row, now);
    buf_addc(&b, ']');
    char token[CALL_TOKEN_BYTES];
    if (n > shown && shown > 0)
        jsonw_strc(&b, "next_page_token", call_token(op->c, "batches", &row.batch_id, token));
    else
        jsonw_null(&b, "next_page_token");
    buf_addc(&b, '}');
    call_reply_etag(op->c, &b, NULL);
    buf_fini(&b);
}

void batches_get_list(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct uuid before;
    struct batches_list_op *op = CALL_STATE(c, struct batches_list_op);
    if (!op || !call_query(c, (const char *const[]){"page_size", "page_token", NULL}) ||
        !call_page_size(c, &op->page_size) || !call_page_token(c, "batches", &before))
        return;
    op->c = c;
    call_hold(c);
    batches_list(c->g->pool, &c->tenant_id, &before, op->page_size + 1, batches_listed, op);
}

static void batches_items_listed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct batches_list_op *op = ud;
    int n;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    if (!batches_item_rows_read(reply, &n)) {
        call_not_found(op->c, "batch");
        return;
    }
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    buf_adds(&b, "{\"items\":[");
    int shown = MIN(n, op->page_size);
    struct batch_item_row row = {0};
    for (int i = 0; i < shown; i++) {
        batches_item_row(reply, i, &row);
        render_batch_item(&b, &row);
    }
    buf_addc(&b, ']');
    char token[CALL_TOKEN_BYTES];
    struct uuid at = call_position(row.index);
    if (n > shown && shown > 0)
        jsonw_strc(&b, "next_page_token", call_token(op->c, op->name, &at, token));
    else
        jsonw_null(&b, "next_page_token");
    buf_addc(&b, '}');
    call_reply_etag(op->c, &b, NULL);
    buf_fini(&b);
}

static bool batches_item_state(struct call *c, int *ret)
{
    struct str text;
    struct err err;
    int rc = http_query_get(c->req, "state", &text, &err);
    *ret = rc <= 0 ? 0 : str_eqc(text, "rejected") ? BATCH_ITEM_REJECTED : application_state_parse(text);
    if (rc == 0 || (rc > 0 && *ret))
        return true;
    if (rc > 0)
        err_set(&err, ERR_INVALID, "the query parameter state must be an application's state or rejected");
    call_fail(c, &err);
    return false;
}

void batches_get_items(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct uuid at;
    char id[UUID_TEXT_BYTES];
    struct batches_list_op *op = CALL_STATE(c, struct batches_list_op);
    if (!op || !call_query(c, (const char *const[]){"state", "page_size", "page_token", NULL}) ||
        !call_id(c, "id", &op->batch_id, "batch") || !call_page_size(c, &op->page_size) ||
        !batches_item_state(c, &op->state))
        return;
    snprintf(op->name, sizeof(op->name), "items %s %d", uuid_format(&op->batch_id, id), op->state);
    if (!call_page_token(c, op->name, &at))
        return;
    op->c = c;
    call_hold(c);
    batches_item_rows(c->g->pool, &c->tenant_id, &op->batch_id, call_position_index(&at), op->state, op->page_size + 1,
                      batches_items_listed, op);
}
