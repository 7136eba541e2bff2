/* The operations endpoints of every daemon: /livez, /readyz, /metrics, /version. No key, on the address the operator
 * chooses. */
#pragma once

#include "io/http/server.h"

#define HTTP_CHECKS_MAX         16
#define HTTP_CHECK_DETAIL_BYTES 120

struct http_check {
    const char *name; /* static: "postgres" */
    bool ok;
    bool critical;                        /* not ok: the process is not ready */
    char detail[HTTP_CHECK_DETAIL_BYTES]; /* a few words, "" when there is nothing to say */
};

/* Fills out[max] with the state of what the process depends on, from memory, at once; returns the count. */
typedef size_t http_checks_fn(void *ud, struct http_check *out, size_t max);

struct http_ops_spec {
    const char *service;    /* "gateway" */
    const char *instance;   /* "gateway-1"; may be NULL */
    http_checks_fn *checks; /* NULL: always ready */
    void *ud;
    bool (*stopping)(void *ud); /* may be NULL; true makes /readyz say not_ready */
};

/* Answers req when its path is one of the four and returns true; false: not mine. For a server that mounts them beside
 * its own routes. spec: borrowed until return. */
bool http_ops_handle(const struct http_ops_spec *spec, struct http_request *req);

/* A small server of its own. spec is copied, what it points to is borrowed until http_ops_free. */
struct http_ops;
struct http_ops *http_ops_new(struct loop *loop, const char *host, uint16_t port, const struct http_ops_spec *spec,
                              struct err *err) MUST_CHECK;
uint16_t http_ops_port(const struct http_ops *o);
void http_ops_free(
    struct http_ops *o); /* cuts its connections; the handles close in later turns of the loop. Accepts NULL */
