/* Users: what is personal is one sealed JSON object under a key of the user's own; the e-mail is found by a keyed hash.
 */
#include "core/ids.h"
#include "gateway/opened.h"
#include "gateway/render.h"
#include "gateway/routes.h"
#include "gateway/submission.h"

struct users_op {
    struct call *c;
    struct uuid user_id;
    bool created;
};

static void users_reply(struct users_op *op, const struct user_row *row)
{
    struct call *c = op->c;
    struct str text;
    struct err err;
    if (opened_text(c, http_request_arena(c->req), row->key_wrapped, &row->user_id, row->sealed, &row->user_id,
                    SEALED_USER, &text, &err) < 0) {
        call_fail(c, &err);
        return;
    }
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    render_user(&b, row, text, http_request_arena(c->req));
    if (op->created) {
        call_location(c, "users", &row->user_id, false);
        call_reply(c, 201, &b);
    } else {
        call_reply_etag(c, &b, NULL);
    }
    buf_fini(&b);
}

static void users_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct users_op *op = ud;
    struct user_row row;
    CALL_HELD(op->c);
    if (err)
        call_fail_store(op->c, err);
    else if (!users_read(reply, 0, &row) || row.erased)
        call_not_found(op->c, "user");
    else
        users_reply(op, &row);
}

void users_get(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct users_op *op = CALL_STATE(c, struct users_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->user_id, "user"))
        return;
    op->c = c;
    call_hold(c);
    users_find(c->g->pool, &c->tenant_id, &op->user_id, users_found, op);
}

static void users_created(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct users_op *op = ud;
    struct call *c = op->c;
    CALL_HELD(c);
    if (err && err->code == ERR_DUPLICATE) {
        struct err said;
        err_set_at(&said, ERR_DUPLICATE, "/email", "another user has this e-mail address");
        call_fail(c, &said);
    } else if (err) {
        call_fail_store(c, err);
    } else {
        struct uuid old;
        op->created = true;
        if (users_create_read(reply, &old)) {
            op->user_id = old;
            http_reply_header(c->req, "Idempotent-Replayed", "true");
        }
        call_hold(c);
        users_find(c->g->pool, &c->tenant_id, &op->user_id, users_found, op);
    }
}

/* Seals the new user and sends it. */
static int users_store(struct users_op *op, const struct submission_user *u, const struct idempotency *key,
                       struct err *err)
{
    struct call *c = op->c;
    struct seal_key data_key;
    uint8_t wrapped[SEAL_WRAPPED_BYTES], email_hash[SEAL_HASH_BYTES];
    struct str sealed;
    op->user_id = ids_uuid();
    seal_key_new(&data_key);
    seal_wrap(&c->g->master, &data_key, (struct seal_place){&c->tenant_id, &op->user_id, SEALED_USER_KEY}, wrapped);
    int rc = seal_close(http_request_arena(c->req), &data_key, u->sealed_json,
                        (struct seal_place){&c->tenant_id, &op->user_id, SEALED_USER}, &sealed, err);
    seal_key_fini(&data_key);
    if (rc < 0)
        return rc;
    struct user_new row = {.user_id = op->user_id,
                           .sealed = sealed,
                           .key_wrapped = {(char *)wrapped, sizeof(wrapped)},
                           .key = *key};
    if (u->email_key.n) {
        seal_blind_index(&c->g->master, "email", u->email_key, email_hash);
        row.email_hash = (struct str){(char *)email_hash, sizeof(email_hash)};
    }
    call_hold(c);
    users_create(c->g->pool, &c->tenant_id, &row, users_created, op);
    return 0;
}

static void users_body(struct http_request *req, void *ud, struct str body)
{
    struct users_op *op = ud;
    struct submission_user u;
    struct idempotency key;
    struct faults faults;
    struct err err;
    faults_init(&faults);
    if (submission_user_parse(http_request_arena(req), body, &u, &faults) < 0)
        call_fail_faults(op->c, &faults);
    else if (!call_idempotency(op->c, KEYS_ROUTE_USERS, body, &key))
        return;
    else if (users_store(op, &u, &key, &err) < 0)
        call_fail(op->c, &err);
}

void users_post(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct users_op *op = CALL_STATE(c, struct users_op);
    if (!op || !call_query(c, (const char *const[]){NULL}))
        return;
    op->c = c;
    call_read_json(c, (size_t)config_int(c->g->config, CONFIG_HTTP_BODY_MAX), users_body, op);
}

static void users_erased(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct users_op *op = ud;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    struct pg_rows changes = pg_reply_rows(reply, 0);
    gateway_publish(op->c->g, &changes);
    http_reply(op->c->req, 204, NULL, STR(""));
}

void users_delete(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct users_op *op = CALL_STATE(c, struct users_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->user_id, "user"))
        return;
    op->c = c;
    call_hold(c);
    users_erase(c->g->pool, &c->tenant_id, &op->user_id, users_erased, op);
}

struct users_list_op {
    struct call *c;
    int page_size;
};

static int users_list_one(struct call *c, const struct user_row *row, struct buf *b, struct err *err)
{
    struct str text;
    int rc = opened_text(c, http_request_arena(c->req), row->key_wrapped, &row->user_id, row->sealed, &row->user_id,
                         SEALED_USER, &text, err);
    if (rc == 0)
        render_user(b, row, text, http_request_arena(c->req));
    return rc;
}

static void users_listed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct users_list_op *op = ud;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    struct buf b;
    struct err said;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    buf_adds(&b, "{\"items\":[");
    int n = users_count(reply), shown = MIN(n, op->page_size), rc = 0;
    struct user_row row;
    for (int i = 0; i < shown && rc == 0; i++)
        if (users_read(reply, i, &row))
            rc = users_list_one(op->c, &row, &b, &said);
    buf_addc(&b, ']');
    char token[CALL_TOKEN_BYTES];
    if (n > shown && shown > 0)
        jsonw_strc(&b, "next_page_token", call_token(op->c, "users", &row.user_id, token));
    else
        jsonw_null(&b, "next_page_token");
    buf_addc(&b, '}');
    if (rc < 0)
        call_fail(op->c, &said);
    else
        call_reply_etag(op->c, &b, NULL);
    buf_fini(&b);
}

void users_get_list(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct uuid before;
    struct users_list_op *op = CALL_STATE(c, struct users_list_op);
    if (!op || !call_query(c, (const char *const[]){"page_size", "page_token", NULL}) ||
        !call_page_size(c, &op->page_size) || !call_page_token(c, "users", &before))
        return;
    op->c = c;
    call_hold(c);
    users_list(c->g->pool, &c->tenant_id, &before, op->page_size + 1, users_listed, op);
}
