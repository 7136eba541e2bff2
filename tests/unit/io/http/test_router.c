/* Which route takes which path, and what is said when none does. */
#include "fixture.h"

#define HOST "Host: a\r\nConnection: close\r\n"

static void show(struct http_request *req, void *ud)
{
    (void)ud;
    char text[256];
    struct str id = http_request_param(req, "id");
    snprintf(text, sizeof(text), "%s id=%.*s %s", req->route, (int)id.n, id.n ? id.p : "",
             http_method_name(req->method));
    http_reply(req, 200, "text/plain", str_of(text));
}

static const struct http_route routes[] = {
    {HTTP_METHOD_GET, "/users", "users_list", show},
    {HTTP_METHOD_POST, "/users", "users_create", show},
    {HTTP_METHOD_GET, "/users/{id}", "users_get", show},
    {HTTP_METHOD_PUT, "/users/{id}/profile", "profile_put", show},
    {HTTP_METHOD_POST, "/batches/{id}:cancel", "batch_cancel", show},
    {HTTP_METHOD_POST, "/jobs:search", "jobs_search", show},
    {HTTP_METHOD_GET, "/files/{id...}", NULL, show},
    {HTTP_METHOD_GET, "/both", "both_get", show},
    {HTTP_METHOD_HEAD, "/both", "both_head", show},
};
static const struct http_router router = {.routes = routes, .count = ARRAY_LEN(routes)};

TestSuite(http_router, .timeout = 60);

static const char *matched(enum http_method m, const char *path, struct str *params, unsigned *allowed)
{
    int at = http_router_match(&router, m, str_of(path), params, allowed);
    return at < 0 ? "none" : routes[at].name ? routes[at].name : routes[at].pattern;
}

Test(http_router, matches_whole_paths)
{
    struct str p[HTTP_PARAMS_MAX];
    unsigned allowed;
    cr_assert_str_eq(matched(HTTP_METHOD_GET, "/users", p, &allowed), "users_list");
    cr_assert_str_eq(matched(HTTP_METHOD_POST, "/users", p, &allowed), "users_create");
    cr_assert_str_eq(matched(HTTP_METHOD_GET, "/users/7", p, &allowed), "users_get");
    cr_assert(str_eqc(p[0], "7"));
    cr_assert_str_eq(matched(HTTP_METHOD_PUT, "/users/7/profile", p, &allowed), "profile_put");
    cr_assert_str_eq(matched(HTTP_METHOD_POST, "/batches/7:cancel", p, &allowed), "batch_cancel");
    cr_assert(str_eqc(p[0], "7"));
    cr_assert_str_eq(matched(HTTP_METHOD_POST, "/jobs:search", p, &allowed), "jobs_search");
    cr_assert_str_eq(matched(HTTP_METHOD_GET, "/files/a/b:c", p, &allowed), "/files/{id...}");
    cr_assert(str_eqc(p[0], "a/b:c"));
    cr_assert_str_eq(matched(HTTP_METHOD_GET, "/files/", p, &allowed), "/files/{id...}");
    cr_assert_str_eq(matched(HTTP_METHOD_HEAD, "/users", p, &allowed), "users_list");
    cr_assert_str_eq(matched(HTTP_METHOD_HEAD, "/both", p, &allowed), "both_head");
}

Test(http_router, near_misses_are_misses)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "/user",
                                        "/users/",
                                        "/users//profile",
                                        "/users/7/profile/",
                                        "/users/7:cancel",
                                        "/batches/:cancel",
                                        "/batches/7:canceled",
                                        "/files"};
    unsigned allowed;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        cr_assert_str_eq(matched(HTTP_METHOD_GET, paths[i], NULL, &allowed), "none", "%s", paths[i]);
        cr_assert_eq(allowed, 0u, "%s", paths[i]);
    }
    cr_assert_str_eq(matched(HTTP_METHOD_DELETE, "/users", NULL, &allowed), "none");
    cr_assert_eq(allowed, 1u << HTTP_METHOD_GET | 1u << HTTP_METHOD_POST | 1u << HTTP_METHOD_HEAD);
}

static void dispatch(struct http_request *req, void *ud)
{
    http_router_dispatch(&router, req, ud);
}

static void open_router(void)
{
    struct err err;
    memset(&fx, 0, sizeof(fx));
    fx.loop = loop_new();
    struct http_server_options o = {.handler = dispatch};
    fx.server = http_server_new(fx.loop, &o, &err);
    cr_assert(fx.server);
}

Test(http_router, dispatches_with_decoded_parameters)
{
    open_router();
    cr_assert(strstr(fx_talk("GET /users/a%20b%3Ac%2F?x HTTP/1.1\r\n" HOST "\r\n"), "users_get id=a b:c/ GET"));
    cr_assert(fx_is(fx_talk("GET /users/%zz HTTP/1.1\r\n" HOST "\r\n"), "400"));
    cr_assert(fx_is(fx_talk("GET /users/%00 HTTP/1.1\r\n" HOST "\r\n"), "400"));
    cr_assert(fx_is(fx_talk("GET /users/%ff HTTP/1.1\r\n" HOST "\r\n"), "400"));
    cr_assert(fx_is(fx_talk("GET /users/..%2f%e4%b8%ad HTTP/1.1\r\n" HOST "\r\n"), "200"));
    fx_close();
}

Test(http_router, says_what_would_be_possible)
{
    open_router();
    const char *got = fx_talk("GET /nowhere HTTP/1.1\r\n" HOST "\r\n");
    cr_assert(fx_is(got, "404") && strstr(got, "/problems/not-found"));
    got = fx_talk("DELETE /users HTTP/1.1\r\n" HOST "\r\n");
    cr_assert(fx_is(got, "405") && strstr(got, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n") &&
              strstr(got, "/problems/method-not-allowed"));
    got = fx_talk("OPTIONS /jobs:search HTTP/1.1\r\n" HOST "\r\n");
    cr_assert(fx_is(got, "204") && strstr(got, "\r\nAllow: POST, OPTIONS\r\n"));
    fx_close();
}
