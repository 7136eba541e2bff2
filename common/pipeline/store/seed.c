#include "pipeline/store/seed.h"

#include "base/hex.h"
#include "core/ids.h"

static int seed_run(struct pg_sync *c, const char *sql, const char *const *params, int n, struct err *err)
{
    struct err own;
    err = err ? err : &own;
    _cleanup_(pg_sync_rows_freep)
    struct pg_sync_rows *rows = pg_sync_query(c, sql, params, n, err);
    return rows ? 0 : -(int)err->code;
}

/* Row-level security is forced on the owner too: without the tenant nothing can be seen or added. */
static int seed_tenant_set(struct pg_sync *c, const char *tenant_id, struct err *err)
{
    return seed_run(c, "SELECT set_config('jobmill.tenant_id', $1, false)", &tenant_id, 1, err);
}

int seed_api_key(struct pg_sync *c, const struct seed_key *key, struct err *err)
{
    char hex[2 * SEAL_HASH_BYTES + 3] = "\\x", id_text[UUID_TEXT_BYTES];
    struct uuid id = ids_uuid();
    hex_encode(key->hash, sizeof(key->hash), hex + 2);
    const char *tenant[] = {key->tenant_id, key->tenant_name};
    const char *row[] = {key->tenant_id, uuid_format(&id, id_text), hex, key->label, key->last4};
    int rc = seed_tenant_set(c, key->tenant_id, err);
    if (rc < 0)
        return rc;
    rc = seed_run(c, "INSERT INTO tenants (tenant_id, name) VALUES ($1::uuid, $2) ON CONFLICT DO NOTHING", tenant, 2,
                  err);
    if (rc == 0)
        rc = seed_run(c,
                      "INSERT INTO api_keys (tenant_id, key_id, key_hash, label, last4)"
                      " VALUES ($1::uuid, $2::uuid, $3::bytea, $4, $5) ON CONFLICT DO NOTHING",
                      row, 5, err);
    int reset = seed_tenant_set(c, "", rc < 0 ? NULL : err);
    return rc < 0 ? rc : reset;
}
