/* The contract describes exactly what there is: every route, nothing else. */
#include <criterion/criterion.h>
#include "base/json.h"
#include "gateway/openapi.h"
#include "gateway/routes.h"

static struct arena arena;
static yyjson_val *paths;

static void setup(void)
{
    yyjson_val *root = NULL;
    arena_init(&arena, (size_t)16 << 20);
    cr_assert_eq(json_parse(&arena, (struct str){openapi_json, openapi_json_bytes}, &root, NULL, NULL), 0);
    paths = json_get_obj(root, "paths");
    cr_assert_not_null(paths);
}
static void teardown(void)
{
    arena_fini(&arena);
}
TestSuite(openapi, .init = setup, .fini = teardown);

static const char *lower(enum http_method m)
{
    static const char *const names[HTTP_METHOD_COUNT] = {"get", "head", "post", "put", "patch", "delete", "options"};
    return names[m];
}

Test(openapi, describes_every_route)
{
    const struct http_router *r = routes_table();
    for (size_t i = 0; i < r->count; i++)
        cr_expect(json_get_obj(json_get_obj(paths, r->routes[i].pattern), lower(r->routes[i].method)), "%s %s",
                  lower(r->routes[i].method), r->routes[i].pattern);
}

static bool routed(const char *pattern, const char *method)
{
    const struct http_router *r = routes_table();
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->routes[i].pattern, pattern) == 0 && strcmp(lower(r->routes[i].method), method) == 0)
            return true;
    return false;
}

Test(openapi, describes_nothing_else)
{
    size_t i, max, k, kmax;
    yyjson_val *path, *item, *method, *op;
    yyjson_obj_foreach(paths, i, max, path, item)
    {
        if (!str_starts(json_str(path), "/api/"))
            continue;
        yyjson_obj_foreach(item, k, kmax, method, op)
        {
            if (yyjson_is_obj(op))
                cr_expect(routed(yyjson_get_str(path), yyjson_get_str(method)), "%s %s", yyjson_get_str(method),
                          yyjson_get_str(path));
        }
    }
}
