/* HTTP/1.1 server on the loop: libuv TCP, llhttp, and the checks that llhttp leaves to its user (RFC 9110, RFC 9112).
 *
 * The handler is called once for each request, when its head is complete and valid; see io/http/request.h for what it
 * can do. Everything that grows has a limit below. TLS and HTTP/2 end at a proxy in front. Everything runs on the
 * loop's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/err.h"
#include "core/loop.h"
#include "io/http/request.h"

struct http_server;

/* A field that is 0 takes its default. Times are in milliseconds. */
struct http_limits {
    size_t line_max_bytes;      /* request line; 8 KiB; beyond: 414 */
    size_t head_max_bytes;      /* request line and header block; 32 KiB; beyond: 431 */
    size_t headers_max;         /* header fields; 64, at most 128; beyond: 431 */
    uint64_t body_max_bytes;    /* any body at all, also a streamed one; 64 GiB; beyond: 413 */
    size_t chunk_ext_max_bytes; /* chunk extensions and other framing of one chunk; 256; beyond: 400 */
    size_t trailer_max_bytes;   /* trailer block of a chunked body; 4 KiB; beyond: 431 */
    size_t pipeline_max_bytes;  /* received bytes waiting behind the current request; 64 KiB; beyond: left to TCP */
    size_t queue_max_bytes;     /* a streamed answer's bytes the peer has not read; 4 MiB; beyond: the peer is cut */
    size_t queue_low_bytes;     /* below it the drained callback runs; 64 KiB */
    size_t arena_max_bytes;     /* memory of one request; 4 MiB */
    size_t connections_max;     /* 10000; beyond: 503 and closed */
    size_t requests_max;        /* requests of one connection, then it closes; 0 = no limit */
    uint64_t header_ms;         /* from the first byte of a request to the end of its head; 10 s; then 408 */
    uint64_t body_ms;           /* window in which body_min_bytes of the body must arrive; 30 s; then 408 */
    size_t body_min_bytes;      /* 256 */
    uint64_t idle_ms;           /* between requests, and before the first; 75 s; then closed */
    uint64_t send_ms;           /* window in which a peer with bytes waiting must read send_min_bytes; 30 s; then cut */
    size_t send_min_bytes;      /* 256 */
    uint64_t linger_ms;         /* how long unread request bytes are discarded after a final answer; 2 s */
    uint64_t drain_ms;          /* http_server_close: how long running requests may take; 10 s */
};

struct http_server_options {
    const char *host; /* "127.0.0.1", "::1", "0.0.0.0" or a name; NULL: 127.0.0.1. Borrowed until return */
    uint16_t port;    /* 0: a free one */
    bool reuse_port;  /* SO_REUSEPORT: several processes share the port */
    int backlog;      /* 0: 1024 */
    struct http_limits limits;
    http_handler_fn *handler; /* required */
    void *ud;                 /* for the handler; borrowed until the server is closed */
};

/* Listens at once. loop: borrowed until the close is done. Returns owned; NULL with err (ERR_IO, ERR_CONFIG) when the
 * address cannot be used. */
struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options,
                                    struct err *err) MUST_CHECK;
uint16_t http_server_port(const struct http_server *s);
size_t http_server_connections(const struct http_server *s);

/* Graceful end: accepts no more, closes idle connections at once, lets running requests finish (their answers say
 * "Connection: close"), cuts what is left after limits.drain_ms. Then the server is freed and done(ud) is called (done
 * may be NULL), always from the loop, never from inside this call. Open event streams are running requests: their owner
 * ends them (http_server_closing). */
void http_server_close(struct http_server *s, loop_fn *done, void *ud);
/* The same without patience: everything is cut at once. May follow http_server_close, whose done is then the one
 * called. */
void http_server_kill(struct http_server *s, loop_fn *done, void *ud);
bool http_server_closing(const struct http_server *s);

/* The defaults filled in where l has 0. */
struct http_limits http_limits_effective(const struct http_limits *l);
