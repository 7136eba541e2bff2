/* A new revision is a compare-and-set on users.revision: two PUTs at once make two revisions or one of them tries
 * again. */
#include "pipeline/store/users.h"

#include "pipeline/store/changes.h"

#define USER_COLUMNS                                                                                                   \
    "u.user_id, u.profile_id, u.revision, u.sealed, u.key_wrapped, u.created_at, u.updated_at, u.erased_at IS NOT "    \
    "NULL"

static const struct pg_stmt stmt_create = {
    "users_create",
    "WITH k AS MATERIALIZED (SELECT jm_key_take($1, 'users', $6, $7, $2) AS old), ins AS ("
    " INSERT INTO users (tenant_id, user_id, email_hash, sealed, key_wrapped)"
    " SELECT $1, $2, $3, $4, $5 FROM k WHERE k.old IS NULL)"
    " SELECT old FROM k",
    7};
static const struct pg_stmt stmt_find = {
    "users_find",
    "SELECT " USER_COLUMNS ", p.content_hash FROM users u"
    " LEFT JOIN user_profiles p ON p.tenant_id = u.tenant_id AND p.profile_id = u.profile_id"
    " WHERE u.tenant_id = $1 AND u.user_id = $2",
    2};
static const struct pg_stmt stmt_list = {
    "users_list",
    "SELECT " USER_COLUMNS ", NULL::bytea FROM users u"
    " WHERE u.tenant_id = $1 AND u.user_id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)"
    " AND u.erased_at IS NULL ORDER BY u.user_id DESC LIMIT $3::int4",
    3};
static const struct pg_stmt stmt_erase = {"users_erase", "SELECT " CHANGE_COLUMNS " FROM jm_user_erase($1, $2)", 2};
static const struct pg_stmt stmt_profile_put = {
    "users_profile_put",
    "WITH u AS (UPDATE users SET profile_id = $3, revision = revision + 1, updated_at = now()"
    " WHERE tenant_id = $1 AND user_id = $2 AND revision = $4::int4 AND erased_at IS NULL RETURNING revision)"
    " INSERT INTO user_profiles (tenant_id, profile_id, user_id, revision, content_hash, sealed)"
    " SELECT $1, $3, $2, u.revision, $5, $6 FROM u"
    " RETURNING profile_id, user_id, revision, created_at",
    6};
static const struct pg_stmt stmt_profile_find = {
    "users_profile_find",
    "SELECT p.profile_id, p.user_id, p.revision, p.created_at, p.sealed, u.key_wrapped FROM users u"
    " JOIN user_profiles p ON p.tenant_id = u.tenant_id AND p.profile_id = u.profile_id"
    " WHERE u.tenant_id = $1 AND u.user_id = $2",
    2};

void users_create(struct pg_pool *pool, const struct uuid *tenant_id, const struct user_new *u, pg_reply_fn *fn,
                  void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_add(q, &stmt_create);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &u->user_id);
    pg_param_bytea(q, u->email_hash);
    pg_param_bytea(q, u->sealed);
    pg_param_bytea(q, u->key_wrapped);
    idempotency_params(q, &u->key);
    pg_request_send(q, fn, ud);
}

bool users_create_read(const struct pg_reply *reply, struct uuid *ret_user)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0 || pg_is_null(&rows, 0, 0))
        return false;
    *ret_user = pg_get_uuid(&rows, 0, 0);
    return true;
}

static struct pg_request *users_request(struct pg_pool *pool, const struct uuid *tenant_id, const struct pg_stmt *stmt)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_idempotent(q);
    pg_request_add(q, stmt);
    pg_param_uuid(q, tenant_id);
    return q;
}

void users_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                void *ud)
{
    struct pg_request *q = users_request(pool, tenant_id, &stmt_find);
    pg_param_uuid(q, user_id);
    pg_request_send(q, fn, ud);
}

void users_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *before, int limit,
                pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = users_request(pool, tenant_id, &stmt_list);
    pg_param_uuid(q, uuid_is_nil(before) ? NULL : before);
    pg_param_int4(q, limit);
    pg_request_send(q, fn, ud);
}

int users_count(const struct pg_reply *reply)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    return rows.count;
}

bool users_read(const struct pg_reply *reply, int i, struct user_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (i >= rows.count)
        return false;
    *ret = (struct user_row){
        .user_id = pg_get_uuid(&rows, i, 0),
        .profile_id = pg_get_uuid(&rows, i, 1),
        .revision = pg_get_int4(&rows, i, 2),
        .sealed = pg_get_bytea(&rows, i, 3),
        .key_wrapped = pg_get_bytea(&rows, i, 4),
        .created_at_us = pg_get_timestamptz(&rows, i, 5),
        .updated_at_us = pg_get_timestamptz(&rows, i, 6),
        .erased = pg_get_bool(&rows, i, 7),
        .content_hash = pg_get_bytea(&rows, i, 8),
    };
    return true;
}

void users_erase(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                 void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_add(q, &stmt_erase);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, user_id);
    pg_request_send(q, fn, ud);
}

void users_profile_put(struct pg_pool *pool, const struct uuid *tenant_id, const struct profile_new *p, pg_reply_fn *fn,
                       void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_add(q, &stmt_profile_put);
    pg_param_uuid(q, tenant_id);
    pg_param_uuid(q, &p->user_id);
    pg_param_uuid(q, &p->profile_id);
    pg_param_int4(q, p->revision);
    pg_param_bytea(q, p->content_hash);
    pg_param_bytea(q, p->sealed);
    pg_request_send(q, fn, ud);
}

static void profile_read_head(const struct pg_rows *rows, struct profile_row *ret)
{
    *ret = (struct profile_row){
        .profile_id = pg_get_uuid(rows, 0, 0),
        .user_id = pg_get_uuid(rows, 0, 1),
        .revision = pg_get_int4(rows, 0, 2),
        .created_at_us = pg_get_timestamptz(rows, 0, 3),
    };
}

bool users_profile_put_read(const struct pg_reply *reply, struct profile_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    profile_read_head(&rows, ret);
    return true;
}

void users_profile_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                        void *ud)
{
    struct pg_request *q = users_request(pool, tenant_id, &stmt_profile_find);
    pg_param_uuid(q, user_id);
    pg_request_send(q, fn, ud);
}

bool users_profile_read(const struct pg_reply *reply, struct profile_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    profile_read_head(&rows, ret);
    ret->sealed = pg_get_bytea(&rows, 0, 4);
    ret->key_wrapped = pg_get_bytea(&rows, 0, 5);
    return true;
}
