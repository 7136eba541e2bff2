/* Route table: the caller's const data, matched from the top.
 *
 * A pattern is a path whose segments may hold one parameter each: "/api/v1/users/{id}/profile",
 * "/api/v1/batches/{id}:cancel". {x} matches one or more bytes other than '/' and ':' (a colon in a value is sent as
 * %3A); {x...} at the end matches the whole rest, may be empty. Values are percent-decoded (valid UTF-8, no NUL;
 * otherwise 400) and read with http_request_param. HEAD takes the GET route when it has none. */
#pragma once

#include "io/http/request.h"

#define HTTP_PARAMS_MAX 4

struct http_route {
    enum http_method method;
    const char *pattern;
    const char *name; /* label of the metrics, static; NULL: the pattern */
    http_handler_fn *handler;
};

struct http_router {
    const struct http_route *routes; /* borrowed */
    size_t count;
};

/* Calls the handler of the route that fits with ud. Otherwise answers: 404; 405 with Allow when other methods fit the
 * path; 204 with Allow to OPTIONS; 400 when a parameter is not decodable. */
void http_router_dispatch(const struct http_router *r, struct http_request *req, void *ud);
/* The pure matching: index of the route or -1; *ret_allowed gets a bit (1 << method) for each method that fits the
 * path. params (HTTP_PARAMS_MAX, may be NULL) get the raw values in the order of the pattern. */
int http_router_match(const struct http_router *r, enum http_method method, struct str path, struct str *params,
                      unsigned *ret_allowed);
