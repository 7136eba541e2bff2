/* Matching walks pattern and path side by side. A parameter takes all bytes up to '/' or ':' and then the pattern must
 * go on literally, so there is nothing to try twice: linear in the path for each route. */
#include "io/http/http_int.h"

/* The parameter at pattern[*at] (a '{'); moves *at behind its '}'. */
static struct str router_param_name(struct str pattern, size_t *at, bool *ret_rest)
{
    size_t from = *at + 1, to = from;
    while (to < pattern.n && pattern.p[to] != '}')
        to++;
    *at = to + 1;
    struct str name = str_sub(pattern, from, to);
    *ret_rest = name.n > 3 && memcmp(name.p + name.n - 3, "...", 3) == 0;
    if (*ret_rest)
        name.n -= 3;
    return name;
}

static bool router_fits(struct str pattern, struct str path, struct http_param *params, size_t *ret_count)
{
    size_t at = 0, i = 0;
    *ret_count = 0;
    while (at < pattern.n) {
        if (pattern.p[at] != '{') {
            if (i >= path.n || path.p[i] != pattern.p[at])
                return false;
            at++;
            i++;
            continue;
        }
        bool rest = false;
        struct str name = router_param_name(pattern, &at, &rest);
        size_t from = i;
        while (i < path.n && (rest || (path.p[i] != '/' && path.p[i] != ':')))
            i++;
        if ((i == from && !rest) || *ret_count == HTTP_PARAMS_MAX)
            return false;
        params[(*ret_count)++] = (struct http_param){.name = name, .value = str_sub(path, from, i)};
    }
    return i == path.n;
}

static int router_find(const struct http_router *r, enum http_method method, struct str path, struct http_param *params,
                       size_t *ret_count, unsigned *ret_allowed)
{
    struct http_param found[HTTP_PARAMS_MAX];
    int best = -1;
    *ret_allowed = 0;
    *ret_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct http_route *route = &r->routes[i];
        size_t count = 0;
        if (!router_fits(str_of(route->pattern), path, found, &count))
            continue;
        *ret_allowed |= 1u << route->method;
        bool exact = route->method == method,
             stands_in = method == HTTP_METHOD_HEAD && route->method == HTTP_METHOD_GET;
        if ((!exact && !stands_in) || (best >= 0 && !(exact && r->routes[best].method != method)))
            continue;
        best = (int)i;
        *ret_count = count;
        memcpy(params, found, count * sizeof(*found));
    }
    if (*ret_allowed & (1u << HTTP_METHOD_GET))
        *ret_allowed |= 1u << HTTP_METHOD_HEAD;
    return best;
}

int http_router_match(const struct http_router *r, enum http_method method, struct str path, struct str *params,
                      unsigned *ret_allowed)
{
    struct http_param found[HTTP_PARAMS_MAX];
    size_t count = 0;
    int at = router_find(r, method, path, found, &count, ret_allowed);
    for (size_t i = 0; params && i < HTTP_PARAMS_MAX; i++)
        params[i] = i < count ? found[i].value : (struct str){0};
    return at;
}

static void router_allow(struct http_request *req, unsigned allowed)
{
    char text[80] = "";
    size_t len = 0;
    for (int m = 0; m < HTTP_METHOD_COUNT; m++)
        if (allowed & (1u << m))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? ", " : "",
                                    http_method_name((enum http_method)m));
    http_reply_header(req, "Allow", text);
}

static void router_miss(struct http_request *req, unsigned allowed)
{
    struct err err;
    if (!allowed) {
        err_set(&err, ERR_NOT_FOUND, "there is nothing at this path");
        http_reply_problem(req, &err);
        return;
    }
    router_allow(req, allowed | 1u << HTTP_METHOD_OPTIONS);
    if (req->method == HTTP_METHOD_OPTIONS) {
        http_reply(req, 204, NULL, STR(""));
        return;
    }
    err_set(&err, ERR_METHOD, "%s is not a method of this resource", http_method_name(req->method));
    http_reply_problem(req, &err);
}

void http_router_dispatch(const struct http_router *r, struct http_request *req, void *ud)
{
    struct http_param found[HTTP_PARAMS_MAX];
    size_t count = 0;
    unsigned allowed = 0;
    struct err err;
    int at = router_find(r, req->method, req->path, found, &count, &allowed);
    if (at < 0) {
        router_miss(req, allowed);
        return;
    }
    const struct http_route *route = &r->routes[at];
    http_request_set_route(req, route->name ? route->name : route->pattern);
    for (size_t i = 0; i < count; i++) {
        req->params[i].name = found[i].name;
        if (http_decode(&req->arena, found[i].value, false, &req->params[i].value, &err) < 0) {
            err_prefix(&err, "path parameter " STR_FMT, STR_ARG(found[i].name));
            http_reply_problem(req, &err);
            return;
        }
    }
    req->params_count = count;
    route->handler(req, ud);
}
