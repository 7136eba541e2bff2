/* Small blocking HTTP client for the command line (libcurl's easy interface). One client is one connection pool; not
 * thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

struct http_client;

/* A piece of a streamed response body, borrowed until return. Return false to end the transfer (http_client_send then
 * returns 0 with response->stopped). status is that of the response. */
typedef bool http_client_data_fn(void *ud, int status, struct str piece);
/* Fills at most max bytes; returns how many, 0 at the end, -1 on failure. */
typedef ssize_t http_client_read_fn(void *ud, char *out, size_t max);
/* Called about every 100 ms at least while a transfer runs; false ends it (a signal came). */
typedef bool http_client_tick_fn(void *ud);

struct http_client_request {
    const char *method;         /* NULL: GET, or POST with a body */
    const char *url;            /* http:// or https:// */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    struct str body;            /* in memory; n == 0: none */
    bool has_body;              /* sends body even when it is empty */
    FILE *body_file;            /* or read from here to its end (chunked unless a regular file); borrowed */
    http_client_read_fn *read;  /* or from here, chunked */
    void *read_ud;
    http_client_data_fn *on_data; /* streams the body of a 2xx; NULL, or another status: it goes into response->body */
    void *data_ud;
    http_client_tick_fn *tick; /* may be NULL */
    void *tick_ud;
    uint64_t connect_ms;   /* 0: 5 s */
    uint64_t total_ms;     /* 0: no limit */
    uint64_t silence_ms;   /* cut when nothing arrives or leaves for so long; 0: no limit */
    size_t body_max_bytes; /* of response->body; 0: 64 MiB */
};

struct http_client_response {
    int status;
    struct buf body;
    struct buf head; /* "Name: value\n" lines of the final response */
    bool stopped;    /* on_data or tick ended it */
};

struct http_client *http_client_new(void); /* NULL when libcurl refuses */
void http_client_free(struct http_client *c);
CLEANUP_DEFINE(struct http_client, http_client_free)

/* Sends and waits. 0 when a response came, whatever its status. Errors with one sentence ("cannot reach
 * http://127.0.0.1:8080: connection refused"): ERR_UNAVAILABLE (cannot connect), ERR_TIMEOUT, ERR_IO (broken off),
 * ERR_TOO_LARGE (over body_max_bytes), ERR_INVALID (bad URL). *response is initialised here in every case:
 * http_client_response_fini. */
int http_client_send(struct http_client *c, const struct http_client_request *request,
                     struct http_client_response *response, struct err *err) MUST_CHECK;
/* First header of that name, any case; n == 0 when absent. Borrowed from the response. */
struct str http_client_header(const struct http_client_response *response, const char *name);
void http_client_response_fini(struct http_client_response *response);
