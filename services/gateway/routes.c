/* One table of routes; before it the way of every request: operations, the contract, then the API key. */
#include "gateway/routes.h"

#include "core/clock.h"
#include "gateway/keyring.h"
#include "gateway/openapi.h"

#define ROUTES_API "/api/v1"

static const struct http_route routes[] = {
    {HTTP_METHOD_POST, ROUTES_API "/users", NULL, users_post},
    {HTTP_METHOD_GET, ROUTES_API "/users", NULL, users_get_list},
    {HTTP_METHOD_GET, ROUTES_API "/users/{id}", NULL, users_get},
    {HTTP_METHOD_DELETE, ROUTES_API "/users/{id}", NULL, users_delete},
    {HTTP_METHOD_GET, ROUTES_API "/users/{id}/profile", NULL, profiles_get},
    {HTTP_METHOD_PUT, ROUTES_API "/users/{id}/profile", NULL, profiles_put},
    {HTTP_METHOD_POST, ROUTES_API "/jobs", NULL, jobs_post},
    {HTTP_METHOD_GET, ROUTES_API "/jobs/{id}", NULL, jobs_get},
    {HTTP_METHOD_GET, ROUTES_API "/jobs/{id}/analysis", NULL, jobs_get_analysis},
    {HTTP_METHOD_POST, ROUTES_API "/applications", NULL, applications_post},
    {HTTP_METHOD_GET, ROUTES_API "/applications", NULL, applications_get_list},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}", NULL, applications_get},
    {HTTP_METHOD_POST, ROUTES_API "/applications/{id}:cancel", NULL, applications_post_cancel},
    {HTTP_METHOD_POST, ROUTES_API "/applications/{id}:retry", NULL, applications_post_retry},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}/resume", NULL, documents_get_resume},
    {HTTP_METHOD_POST, ROUTES_API "/applications/{id}/resume:apply", NULL, resume_post_apply},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}/cover-letter", NULL, documents_get_letter},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}/score", NULL, documents_get_score},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}/claims", NULL, documents_get_claims},
    {HTTP_METHOD_GET, ROUTES_API "/applications/{id}/events", NULL, events_get_application},
    {HTTP_METHOD_POST, ROUTES_API "/batches", NULL, batches_post},
    {HTTP_METHOD_GET, ROUTES_API "/batches", NULL, batches_get_list},
    {HTTP_METHOD_GET, ROUTES_API "/batches/{id}", NULL, batches_get},
    {HTTP_METHOD_GET, ROUTES_API "/batches/{id}/items", NULL, batches_get_items},
    {HTTP_METHOD_GET, ROUTES_API "/batches/{id}/results", NULL, results_get},
    {HTTP_METHOD_GET, ROUTES_API "/batches/{id}/events", NULL, events_get_batch},
    {HTTP_METHOD_POST, ROUTES_API "/batches/{id}:cancel", NULL, batches_post_cancel},
    {HTTP_METHOD_POST, ROUTES_API "/batches/{id}:pause", NULL, batches_post_pause},
    {HTTP_METHOD_POST, ROUTES_API "/batches/{id}:resume", NULL, batches_post_resume},
    {HTTP_METHOD_POST, ROUTES_API "/batches/{id}:redrive", NULL, batches_post_redrive},
    {HTTP_METHOD_POST, ROUTES_API "/batches/{id}:budget", NULL, batches_post_budget},
    {HTTP_METHOD_GET, ROUTES_API "/batches/{id}/cost", NULL, batches_get_cost},
};
static const struct http_router router = {.routes = routes, .count = ARRAY_LEN(routes)};

const struct http_router *routes_table(void)
{
    return &router;
}

static void openapi_get(struct http_request *req, void *ud UNUSED)
{
    http_reply_header(req, "Cache-Control", "no-cache");
    http_reply(req, 200, "application/json", (struct str){openapi_json, openapi_json_bytes});
}
static const struct http_route open_routes[] = {{HTTP_METHOD_GET, "/openapi.json", NULL, openapi_get}};
static const struct http_router open_router = {.routes = open_routes, .count = ARRAY_LEN(open_routes)};

struct entrance {
    struct call call; /* first: what handlers get */
    uint8_t hash[SEAL_HASH_BYTES];
};

static void entrance_refuse(struct call *c)
{
    call_error(c, ERR_UNAUTHORIZED, "send a valid API key: Authorization: Bearer KEY");
}

static void entrance_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct entrance *e = ud;
    CALL_HELD(&e->call);
    if (err) {
        call_fail_store(&e->call, err);
    } else if (!keys_api_read(reply, &e->call.tenant_id, &e->call.key_id)) {
        entrance_refuse(&e->call);
    } else {
        keyring_put(e->call.g->keys, e->hash, clock_mono_ms(), &e->call.tenant_id, &e->call.key_id);
        http_router_dispatch(&router, e->call.req, &e->call);
    }
}

static void entrance_check(struct gateway *g, struct http_request *req)
{
    struct entrance *e = ARENA_NEW(http_request_arena(req), struct entrance);
    if (!e) {
        http_reply_problem(req, &(struct err){.code = ERR_MEMORY, .msg = "no memory for the request"});
        return;
    }
    e->call = (struct call){.g = g, .req = req};
    struct str key = http_request_bearer(req);
    if (key.n == 0) {
        entrance_refuse(&e->call);
        return;
    }
    seal_blind_index(&g->master, "api-key", key, e->hash);
    if (keyring_get(g->keys, e->hash, clock_mono_ms(), &e->call.tenant_id, &e->call.key_id)) {
        http_router_dispatch(&router, req, &e->call);
        return;
    }
    call_hold(&e->call);
    keys_api_find(g->pool, e->hash, entrance_found, e);
}

void gateway_handle(struct http_request *req, void *ud)
{
    struct gateway *g = ud;
    if (gateway_ops_handle(g, req))
        return;
    if (str_starts(http_request_path(req), ROUTES_API "/"))
        entrance_check(g, req);
    else
        http_router_dispatch(&open_router, req, NULL);
}
