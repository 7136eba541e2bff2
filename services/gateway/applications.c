/* Reading, cancelling and trying again. */
#include "gateway/applications.h"

#include <stdio.h>
#include <string.h>
#include "gateway/render.h"
#include "gateway/routes.h"
#include "gateway/wait.h"

#define APPLICATIONS_POLL_S 1

/* A client that named the tag it has waits for any change; another one for the end. */
static bool applications_should_wait(struct applications_view *v, const struct application_row *row, const char *etag)
{
    if (application_state_ended(row->state))
        return false;
    if (loop_now_ms(v->c->g->loop) >= v->until_ms)
        return false;
    return !http_request_has_header(v->c->req, "if-none-match") || http_request_etag_matches(v->c->req, etag);
}

static void applications_waited(void *ud, bool timed_out)
{
    struct applications_view *v = ud;
    if (timed_out)
        v->until_ms = 0;
    applications_view_fetch(v);
}

static void applications_view_reply(struct applications_view *v, const struct application_row *row)
{
    struct buf b;
    char etag[CALL_ETAG_BYTES];
    buf_init(&b, CALL_BODY_MAX_BYTES);
    render_application(&b, NULL, row);
    bool ended = application_state_ended(row->state);
    call_etag((struct str){buf_str(&b), b.len}, etag);
    uint64_t now = loop_now_ms(v->c->g->loop);
    if (applications_should_wait(v, row, etag)) {
        wait_start(v->c, &row->batch_id, &row->application_id, row->last_seq, v->until_ms - now, applications_waited,
                   v);
    } else {
        if (!ended)
            call_retry_after(v->c, APPLICATIONS_POLL_S);
        if (v->status) {
            http_reply_header(v->c->req, "ETag", etag);
            call_reply(v->c, v->wait_asked && ended ? 200 : v->status, &b);
        } else {
            call_reply_etag(v->c, &b, etag);
        }
    }
    buf_fini(&b);
}

void applications_view_row(struct applications_view *v, const struct application_row *row)
{
    applications_view_reply(v, row);
}

static void applications_view_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct applications_view *v = ud;
    struct application_row row;
    CALL_HELD(v->c);
    if (err)
        call_fail_store(v->c, err);
    else if (!applications_read(reply, 0, &row))
        call_not_found(v->c, "application");
    else
        applications_view_reply(v, &row);
}

void applications_view_fetch(struct applications_view *v)
{
    call_hold(v->c);
    applications_find(v->c->g->pool, &v->c->tenant_id, &v->application_id, applications_view_found, v);
}

bool applications_view_wait(struct applications_view *v)
{
    uint64_t ms;
    if (!call_wait(v->c, &ms))
        return false;
    v->wait_asked = ms > 0;
    v->until_ms = ms ? loop_now_ms(v->c->g->loop) + ms : 0;
    return true;
}

static struct applications_view *applications_view_begin(struct call *c, const char *const *query)
{
    struct applications_view *v = CALL_STATE(c, struct applications_view);
    if (!v || !call_query(c, query) || !call_id(c, "id", &v->application_id, "application"))
        return NULL;
    v->c = c;
    return v;
}

void applications_get(struct http_request *req UNUSED, void *ud)
{
    struct applications_view *v = applications_view_begin(ud, (const char *const[]){"wait", NULL});
    if (v && applications_view_wait(v))
        applications_view_fetch(v);
}

static void applications_changed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct applications_view *v = ud;
    CALL_HELD(v->c);
    if (err) {
        call_fail_store(v->c, err);
        return;
    }
    struct pg_rows changes = pg_reply_rows(reply, 0);
    gateway_publish(v->c->g, &changes);
    applications_view_fetch(v);
}

void applications_post_cancel(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct applications_view *v = applications_view_begin(c, (const char *const[]){NULL});
    if (!v)
        return;
    v->status = 200;
    call_hold(c);
    applications_cancel(c->g->pool, &c->tenant_id, &v->application_id, applications_changed, v);
}

void applications_post_retry(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct applications_view *v = applications_view_begin(c, (const char *const[]){NULL});
    if (!v)
        return;
    v->status = 202;
    call_hold(c);
    applications_retry(c->g->pool, &c->tenant_id, &v->application_id, applications_changed, v);
}

/* The list */

struct applications_list_op {
    struct call *c;
    struct application_filter filter;
    int page_size;
    char name[160]; /* of the list, filters included: a token fits one list only */
};

static void applications_listed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct applications_list_op *op = ud;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    buf_adds(&b, "{\"items\":[");
    int n = applications_count(reply), shown = MIN(n, op->page_size);
    struct application_row row;
    for (int i = 0; i < shown && applications_read(reply, i, &row); i++)
        render_application(&b, NULL, &row);
    buf_addc(&b, ']');
    char token[CALL_TOKEN_BYTES];
    if (n > shown && shown > 0) {
        struct uuid at = uuid_is_nil(&op->filter.batch_id) ? row.application_id : call_position(row.item_index);
        jsonw_strc(&b, "next_page_token", call_token(op->c, op->name, &at, token));
    } else {
        jsonw_null(&b, "next_page_token");
    }
    buf_addc(&b, '}');
    call_reply_etag(op->c, &b, NULL);
    buf_fini(&b);
}

static bool applications_list_state(struct call *c, int *ret)
{
    struct str text;
    struct err err;
    int rc = http_query_get(c->req, "state", &text, &err);
    *ret = rc > 0 ? application_state_parse(text) : 0;
    if (rc == 0 || (rc > 0 && *ret))
        return true;
    if (rc > 0)
        err_set(&err, ERR_INVALID,
                "the query parameter state must be one of accepted, running, parked, done, needs_review, failed, "
                "cancelled");
    call_fail(c, &err);
    return false;
}

static bool applications_list_ref(struct call *c, struct str *ret)
{
    struct err err;
    int rc = http_query_get(c->req, "client_ref", ret, &err);
    if (rc < 0)
        call_fail(c, &err);
    if (rc == 0)
        *ret = STR("");
    return rc >= 0;
}

void applications_get_list(struct http_request *req UNUSED, void *ud)
{
    static const char *const query[] = {"state", "user_id", "batch_id", "client_ref", "page_size", "page_token", NULL};
    struct call *c = ud;
    struct applications_list_op *op = CALL_STATE(c, struct applications_list_op);
    if (!op)
        return;
    op->c = c;
    struct application_filter *f = &op->filter;
    if (!call_query(c, query) || !call_page_size(c, &op->page_size) || !applications_list_state(c, &f->state) ||
        !call_query_id(c, "user_id", &f->user_id) || !call_query_id(c, "batch_id", &f->batch_id) ||
        !applications_list_ref(c, &f->client_ref))
        return;
    char user[UUID_TEXT_BYTES], batch[UUID_TEXT_BYTES];
    struct uuid at;
    snprintf(op->name, sizeof(op->name), "applications %d %s %s %016llx", f->state, uuid_format(&f->user_id, user),
             uuid_format(&f->batch_id, batch), (unsigned long long)map_hash(f->client_ref.p, f->client_ref.n));
    if (!call_page_token(c, op->name, &at))
        return;
    f->before = at;
    f->after_index = call_position_index(&at);
    f->limit = op->page_size + 1;
    call_hold(c);
    applications_list(c->g->pool, &c->tenant_id, f, applications_listed, op);
}
