/* Profiles: the JSON Resume document byte for byte, sealed; a résumé that comes as PDF, DOCX or text is made into one
 * by a process of its own first (imports.h). The same bytes again make no new revision. A revision that another PUT
 * took in the meantime is tried again with the next number. */
#include <string.h>
#include "core/ids.h"
#include "gateway/imports.h"
#include "gateway/opened.h"
#include "gateway/routes.h"
#include "pipeline/engine/profile.h"
#include "pipeline/resume/resume.h"
#include "pipeline/store/users.h"

#define PROFILES_TRIES 4

struct profiles_op {
    struct call *c;
    struct uuid user_id;
    struct str document;
    const char *format; /* of a document that is not JSON */
    uint8_t content_hash[SEAL_HASH_BYTES];
    bool empty, no_contact;
    int tries;
};

static const char *profiles_etag(const struct uuid *profile_id, char out[UUID_TEXT_BYTES + 2])
{
    out[0] = '"';
    uuid_format(profile_id, out + 1);
    memcpy(out + UUID_TEXT_BYTES, "\"", 2);
    return out;
}

static void profiles_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct profiles_op *op = ud;
    struct call *c = op->c;
    struct profile_row row;
    struct err said;
    struct str text;
    char etag[UUID_TEXT_BYTES + 2];
    CALL_HELD(c);
    if (err)
        call_fail_store(c, err);
    else if (!users_profile_read(reply, &row))
        call_error(c, ERR_NOT_FOUND, "there is no such user, or the user has no profile yet");
    else if (opened_text(c, http_request_arena(c->req), row.key_wrapped, &row.user_id, row.sealed, &row.profile_id,
                         SEALED_PROFILE, &text, &said) < 0)
        call_fail(c, &said);
    else
        call_reply_text(c, "application/json", text, profiles_etag(&row.profile_id, etag));
}

void profiles_get(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct profiles_op *op = CALL_STATE(c, struct profiles_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->user_id, "user"))
        return;
    op->c = c;
    call_hold(c);
    users_profile_find(c->g->pool, &c->tenant_id, &op->user_id, profiles_found, op);
}

static void profiles_reply(struct profiles_op *op, int status, const struct uuid *profile_id, int revision,
                           uint64_t created_at_us)
{
    struct buf b;
    char etag[UUID_TEXT_BYTES + 2];
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_uuid(&b, "id", profile_id);
    jsonw_time(&b, "created_at", created_at_us);
    jsonw_time(&b, "updated_at", created_at_us);
    jsonw_uuid(&b, "user_id", &op->user_id);
    jsonw_int(&b, "revision", revision);
    jsonw_bool(&b, "changed", status == 201);
    jsonw_open(&b, "warnings", '[');
    if (op->empty)
        buf_adds(&b, "{\"pointer\":\"\",\"detail\":\"the profile has nothing to write from: no work, project, "
                     "volunteering, education or skill\"}");
    if (op->no_contact) {
        jsonw_comma(&b);
        buf_adds(&b, "{\"pointer\":\"/basics/name\",\"detail\":\"the profile has no name\"}");
    }
    buf_adds(&b, "]}");
    http_reply_header(op->c->req, "ETag", profiles_etag(profile_id, etag));
    call_reply(op->c, status, &b);
    buf_fini(&b);
}

static void profiles_try(struct profiles_op *op);

static void profiles_stored(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct profiles_op *op = ud;
    struct profile_row row;
    CALL_HELD(op->c);
    if (err)
        call_fail_store(op->c, err);
    else if (users_profile_put_read(reply, &row))
        profiles_reply(op, 201, &row.profile_id, row.revision, row.created_at_us);
    else if (++op->tries < PROFILES_TRIES)
        profiles_try(op);
    else
        call_error(op->c, ERR_CONFLICT, "the profile is being changed by others; try again");
}

static int profiles_store(struct profiles_op *op, const struct user_row *user, struct err *err)
{
    struct call *c = op->c;
    struct seal_key key;
    struct profile_new row = {
        .profile_id = ids_uuid(),
        .user_id = op->user_id,
        .revision = user->revision,
        .content_hash = {(char *)op->content_hash, SEAL_HASH_BYTES},
    };
    int rc = opened_key(c, user->key_wrapped, &op->user_id, &key, err);
    if (rc < 0)
        return rc;
    rc = seal_close(http_request_arena(c->req), &key, op->document,
                    (struct seal_place){&c->tenant_id, &row.profile_id, SEALED_PROFILE}, &row.sealed, err);
    seal_key_fini(&key);
    if (rc < 0)
        return rc;
    call_hold(c);
    users_profile_put(c->g->pool, &c->tenant_id, &row, profiles_stored, op);
    return 0;
}

static void profiles_user_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct profiles_op *op = ud;
    struct user_row user;
    struct err said;
    CALL_HELD(op->c);
    if (err)
        call_fail_store(op->c, err);
    else if (!users_read(reply, 0, &user) || user.erased)
        call_not_found(op->c, "user");
    else if (user.content_hash.n == SEAL_HASH_BYTES &&
             memcmp(user.content_hash.p, op->content_hash, SEAL_HASH_BYTES) == 0)
        profiles_reply(op, 200, &user.profile_id, user.revision, user.updated_at_us);
    else if (profiles_store(op, &user, &said) < 0)
        call_fail(op->c, &said);
}

static void profiles_try(struct profiles_op *op)
{
    call_hold(op->c);
    users_find(op->c->g->pool, &op->c->tenant_id, &op->user_id, profiles_user_found, op);
}

static void profiles_document(void *ud, struct str body)
{
    struct profiles_op *op = ud;
    struct profile *profile = NULL;
    struct err err;
    if (profile_read(http_request_arena(op->c->req), body, &profile, &err) < 0) {
        call_fail(op->c, &err);
        return;
    }
    op->document = body; /* lives as long as the request */
    op->empty = profile->empty;
    op->no_contact = profile->name.n == 0;
    seal_blind_index(&op->c->g->master, "profile", body, op->content_hash);
    profiles_try(op);
}

static void profiles_body(struct http_request *req UNUSED, void *ud, struct str body)
{
    profiles_document(ud, body);
}

static void profiles_foreign(struct http_request *req UNUSED, void *ud, struct str body)
{
    struct profiles_op *op = ud;
    imports_read(op->c->g->imports, op->c, op->format, body, profiles_document, op);
}

void profiles_put(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct profiles_op *op = CALL_STATE(c, struct profiles_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->user_id, "user"))
        return;
    op->c = c;
    op->format = imports_format(c->req);
    if (op->format)
        http_request_read_all(c->req, RESUME_BYTES_MAX, profiles_foreign, op);
    else
        call_read_json(c, PROFILE_MAX_BYTES, profiles_body, op);
}
