/* The one look-up that runs without a tenant is a function with the owner's rights (jm_api_key_find). */
#include "pipeline/store/keys.h"

static const struct pg_stmt stmt_api_find = {"keys_api_find", "SELECT tenant_id, key_id FROM jm_api_key_find($1)", 1};
static const struct pg_stmt stmt_find = {"keys_find",
                                         "SELECT state, body_hash, resource_id, status, sealed FROM idempotency_keys"
                                         " WHERE tenant_id = $1 AND route = $2 AND key_hash = $3",
                                         3};

void idempotency_params(struct pg_request *q, const struct idempotency *k)
{
    struct str none = {0};
    pg_param_bytea(q, k->present ? (struct str){(const char *)k->key_hash, SEAL_HASH_BYTES} : none);
    pg_param_bytea(q, k->present ? (struct str){(const char *)k->body_hash, SEAL_HASH_BYTES} : none);
}

void keys_api_find(struct pg_pool *pool, const uint8_t hash[SEAL_HASH_BYTES], pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_idempotent(q);
    pg_request_add(q, &stmt_api_find);
    pg_param_bytea(q, (struct str){(const char *)hash, SEAL_HASH_BYTES});
    pg_request_send(q, fn, ud);
}

bool keys_api_read(const struct pg_reply *reply, struct uuid *ret_tenant, struct uuid *ret_key)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    *ret_tenant = pg_get_uuid(&rows, 0, 0);
    *ret_key = pg_get_uuid(&rows, 0, 1);
    return true;
}

void keys_find(struct pg_pool *pool, const struct uuid *tenant_id, const char *route,
               const uint8_t key_hash[SEAL_HASH_BYTES], pg_reply_fn *fn, void *ud)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_tenant(q, tenant_id);
    pg_request_idempotent(q);
    pg_request_add(q, &stmt_find);
    pg_param_uuid(q, tenant_id);
    pg_param_text(q, str_of(route));
    pg_param_bytea(q, (struct str){(const char *)key_hash, SEAL_HASH_BYTES});
    pg_request_send(q, fn, ud);
}

bool keys_read(const struct pg_reply *reply, struct idempotency_row *ret)
{
    struct pg_rows rows = pg_reply_rows(reply, 0);
    if (rows.count == 0)
        return false;
    *ret = (struct idempotency_row){
        .state = pg_get_int4(&rows, 0, 0),
        .body_hash = pg_get_bytea(&rows, 0, 1),
        .resource_id = pg_get_uuid(&rows, 0, 2),
        .status = pg_get_int4(&rows, 0, 3),
        .sealed = pg_get_bytea(&rows, 0, 4),
    };
    return true;
}
