/* POST /applications/{id}/resume:apply: which operations of the tailored résumé are taken.
 *
 *     key used before? -> documents -> choose -> store -> answer
 *
 * The choice is always made among the operations of the generated résumé, so the same request gives the same document
 * whatever was chosen before, and nothing is lost by choosing. Storing is a compare-and-set on the revision: who named
 * no revision tries again, who did gets 412. */
#include <stdio.h>
#include <string.h>
#include "gateway/opened.h"
#include "gateway/routes.h"
#include "pipeline/engine/resume_ops.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/facts/facts.h"

#define APPLY_BODY_BYTES  ((size_t)256 * 1024)
#define APPLY_ARENA_BYTES ((size_t)64 << 20)
#define APPLY_TRIES       4
#define APPLY_ID_BYTES    40

struct apply_op {
    struct call *c;
    struct uuid application_id;
    struct idempotency key;
    struct str ids[RESUME_OPS_MAX];
    size_t ids_n;
    bool reject;
    int64_t expected; /* revision, -1: any */
    int tries;
    struct str made; /* the answer, once it is stored */
};

static void apply_fetch(struct apply_op *op);

/* -- the body -- */

static void apply_ids(struct apply_op *op, yyjson_val *list, const char *key, struct faults *f)
{
    size_t i, n;
    yyjson_val *item;
    char at[APPLY_ID_BYTES];
    if (!yyjson_is_arr(list)) {
        faults_add(f, ERR_INVALID, "", key, "must be an array of op_ids");
        return;
    }
    if (yyjson_arr_size(list) > RESUME_OPS_MAX) {
        faults_add(f, ERR_TOO_LARGE, "", key, "may have at most %d op_ids", RESUME_OPS_MAX);
        return;
    }
    yyjson_arr_foreach(list, i, n, item)
    {
        snprintf(at, sizeof(at), "/%s", key);
        char index[24];
        snprintf(index, sizeof(index), "%zu", i);
        if (!yyjson_is_str(item) || yyjson_get_len(item) == 0)
            faults_add(f, ERR_INVALID, at, index, "must be an op_id");
        else
            op->ids[op->ids_n++] = json_str(item);
    }
}

static void apply_parse(struct apply_op *op, struct str body, struct faults *f)
{
    static const char *const known[] = {"accept", "reject", "expected_revision", NULL};
    yyjson_val *root;
    struct err err;
    if (json_parse(http_request_arena(op->c->req), body, &root, NULL, &err) < 0) {
        faults_add(f, err.code, "", NULL, "%s", err.msg);
        return;
    }
    if (!yyjson_is_obj(root)) {
        faults_add(f, ERR_INVALID, "", NULL, "must be a JSON object");
        return;
    }
    faults_unknown(f, root, "", known);
    yyjson_val *accept = yyjson_obj_get(root, "accept"), *reject = yyjson_obj_get(root, "reject");
    yyjson_val *expected = yyjson_obj_get(root, "expected_revision");
    op->reject = reject != NULL;
    if (!accept == !reject)
        faults_add(f, ERR_INVALID, "", accept ? "reject" : "accept", "give either accept or reject");
    else
        apply_ids(op, accept ? accept : reject, accept ? "accept" : "reject", f);
    op->expected = -1;
    if (expected && !yyjson_is_null(expected)) {
        op->expected = yyjson_is_uint(expected) && yyjson_get_uint(expected) <= INT32_MAX
                           ? (int64_t)yyjson_get_uint(expected)
                           : -2;
        if (op->expected == -2)
            faults_add(f, ERR_INVALID, "", "expected_revision",
                       "must be a revision: 0 for the generated résumé, else what the last answer said");
    }
}

/* -- choosing -- */

/* If-Match: any of the tags, or "*". */
static bool apply_if_match(struct call *c, struct str current)
{
    struct str header = http_request_header(c->req, "if-match"), field;
    char etag[CALL_ETAG_BYTES];
    if (!header.p || str_eqc(str_trim(header), "*"))
        return true;
    call_etag(current, etag);
    while (str_next_field(&header, ',', &field))
        if (str_eqc(str_trim(field), etag))
            return true;
    return false;
}

static int apply_expected(struct apply_op *op, const struct application_documents *d, struct str current,
                          struct err *err)
{
    if (op->expected >= 0 && op->expected != d->revision)
        return err_set_at(err, ERR_PRECONDITION, "/expected_revision", "the résumé has revision %d", d->revision);
    if (!apply_if_match(op->c, current))
        return err_set(err, ERR_PRECONDITION, "If-Match does not name the current résumé, which has revision %d",
                       d->revision);
    return 0;
}

static int apply_seal(struct apply_op *op, const struct application_documents *d, struct str text, struct str *ret,
                      struct err *err)
{
    struct seal_key key;
    int rc = opened_key(op->c, d->key_wrapped, &d->user_id, &key, err);
    if (rc < 0)
        return rc;
    const struct seal_place place = {&op->c->tenant_id, &d->application_id, SEALED_RESUME_CHOICE};
    rc = seal_close_packed(http_request_arena(op->c->req), NULL, &key, text, place, ret, err);
    seal_key_fini(&key);
    return rc;
}

static void apply_stored(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct apply_op *op = ud;
    struct call *c = op->c;
    CALL_HELD(c);
    bool lost = err && err->code == ERR_CONFLICT;
    if (lost && op->tries < APPLY_TRIES) {
        apply_fetch(op); /* another choice came between: look again, and at what was expected */
    } else if (err) {
        call_fail_store(c, err);
    } else {
        if (!applications_resume_choose_read(reply))
            http_reply_header(c->req, "Idempotent-Replayed", "true");
        call_reply_text(c, "application/json", op->made, NULL);
    }
}

/* The fact check, as every engine's document meets it. The profile it is checked against is the generated document with
 * no operation taken. */
static int apply_judge(struct arena *a, struct str generated, struct str *made, struct err *err)
{
    const struct tailor_choice nothing = {.revision = 1};
    const struct facts_index *index;
    struct profile *profile;
    struct str bare, json;
    yyjson_val *root;
    int rc = tailor_apply(a, generated, &nothing, &bare, err);
    if (rc == 0)
        rc = json_parse_exact(a, bare, &root, err);
    if (rc < 0)
        return rc;
    json.p = json_write(a, yyjson_obj_get(root, "document"), &json.n);
    if (!json.p)
        return err_set(err, ERR_MEMORY, "no memory for the fact check");
    if ((rc = profile_read(a, json, &profile, err)) < 0 || (rc = facts_index_make(a, profile, &index, err)) < 0)
        return rc;
    return facts_judge_resume(a, (struct facts_input){.index = index}, *made, made, err);
}

/* Makes the document in memory of its own and keeps the answer; what is sent to the store lies in the request's. */
static int apply_make(struct apply_op *op, struct arena *a, const struct application_documents *d,
                      struct resume_choice *choice, struct err *err)
{
    struct call *c = op->c;
    struct str generated, current, made;
    int rc = opened_document(c, a, d, DOCUMENT_RESUME, true, &generated, err);
    if (rc == 0)
        rc = opened_document(c, a, d, DOCUMENT_RESUME, false, &current, err);
    if (rc == 0)
        rc = apply_expected(op, d, current, err);
    if (rc < 0)
        return rc;
    const struct tailor_choice how = {.op_ids = op->ids,
                                      .op_ids_n = op->ids_n,
                                      .reject = op->reject,
                                      .revision = d->revision + 1};
    rc = tailor_apply(a, generated, &how, &made, err);
    if (rc == 0)
        rc = apply_judge(a, generated, &made, err);
    if (rc < 0)
        return rc;
    char *kept = arena_strndup(http_request_arena(c->req), made.p, made.n);
    if (!kept)
        return err_set(err, ERR_MEMORY, "no memory for the answer");
    op->made = (struct str){.p = kept, .n = made.n};
    *choice = (struct resume_choice){.application_id = op->application_id, .revision = d->revision, .key = op->key};
    return apply_seal(op, d, op->made, &choice->sealed, err);
}

static void apply_choose(struct apply_op *op, const struct application_documents *d)
{
    struct call *c = op->c;
    struct resume_choice choice;
    struct arena a;
    struct err err = {0};
    arena_init(&a, APPLY_ARENA_BYTES);
    if (apply_make(op, &a, d, &choice, &err) < 0) {
        call_fail(c, &err);
    } else {
        call_hold(c);
        applications_resume_choose(c->g->pool, &c->tenant_id, &choice, apply_stored, op);
    }
    arena_fini(&a);
}

static void apply_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct apply_op *op = ud;
    struct call *c = op->c;
    struct application_documents d;
    struct err said;
    CALL_HELD(c);
    if (!opened_found(c, reply, err, &d))
        return;
    if (opened_there(&d, DOCUMENT_RESUME, &said) < 0)
        call_fail(c, &said);
    else
        apply_choose(op, &d);
}

static void apply_fetch(struct apply_op *op)
{
    op->tries++;
    call_hold(op->c);
    applications_documents(op->c->g->pool, &op->c->tenant_id, &op->application_id, apply_found, op);
}

/* -- the same key again -- */

static void apply_replayed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct apply_op *op = ud;
    struct call *c = op->c;
    struct application_documents d;
    struct str text;
    struct err said = {0};
    CALL_HELD(c);
    if (!opened_found(c, reply, err, &d))
        return;
    if (opened_document(c, http_request_arena(c->req), &d, DOCUMENT_RESUME, false, &text, &said) < 0)
        call_fail(c, &said);
    else {
        http_reply_header(c->req, "Idempotent-Replayed", "true");
        call_reply_text(c, "application/json", text.p ? text : STR("null"), NULL);
    }
}

static void apply_looked(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct apply_op *op = ud;
    struct call *c = op->c;
    struct idempotency_row row;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
    } else if (!keys_read(reply, &row)) {
        apply_fetch(op);
    } else if (row.body_hash.n != SEAL_HASH_BYTES || memcmp(row.body_hash.p, op->key.body_hash, SEAL_HASH_BYTES) != 0) {
        call_error(c, ERR_KEY_REUSED, "the Idempotency-Key was used before with another body");
    } else {
        call_hold(c);
        applications_documents(c->g->pool, &c->tenant_id, &op->application_id, apply_replayed, op);
    }
}

/* The body says which operations, the path of which application: a key belongs to both. */
static bool apply_key(struct apply_op *op, struct str body)
{
    struct buf asked;
    buf_init(&asked, APPLY_BODY_BYTES + UUID_BYTES);
    buf_add(&asked, (const char *)op->application_id.b, UUID_BYTES);
    buf_add(&asked, body.p ? body.p : "", body.n);
    bool ok = call_idempotency(op->c, KEYS_ROUTE_APPLY, (struct str){buf_str(&asked), asked.len}, &op->key);
    buf_fini(&asked);
    return ok;
}

static void apply_body(struct http_request *req UNUSED, void *ud, struct str body)
{
    struct apply_op *op = ud;
    struct call *c = op->c;
    struct faults faults;
    faults_init(&faults);
    apply_parse(op, body, &faults);
    if (faults_any(&faults)) {
        call_fail_faults(c, &faults);
    } else if (apply_key(op, body)) {
        if (!op->key.present) {
            apply_fetch(op);
            return;
        }
        call_hold(c);
        keys_find(c->g->pool, &c->tenant_id, KEYS_ROUTE_APPLY, op->key.key_hash, apply_looked, op);
    }
}

void resume_post_apply(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct apply_op *op = CALL_STATE(c, struct apply_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->application_id, "application"))
        return;
    op->c = c;
    call_read_json(c, APPLY_BODY_BYTES, apply_body, op);
}
