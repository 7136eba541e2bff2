/* HTTP requests on the loop, thousands at once (libcurl's multi interface underneath).
 *
 * A driver (struct fetch) owns the connections and the queue. A target is an address with everything that stays the
 * same from call to call: URL, headers, proxy, certificates. A call is one POST or GET to a target.
 *
 * At most in_flight_max calls are given to libcurl; the rest waits here in order, so that no deadline of libcurl's
 * runs while a call waits. Everything runs on the loop's thread. Callbacks come from the loop, never from inside a
 * function of this header. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "core/loop.h"

struct fetch;
struct fetch_target;
struct fetch_call;

/* A field that is 0 takes its default. */
struct fetch_options {
    size_t in_flight_max; /* calls handed to libcurl at once; 19000 */
    size_t queue_max;     /* calls that wait for a place; 100000; beyond: ERR_OVERLOADED */
    size_t shard_max;     /* calls of one multi handle; 256, at most 1500 (libcurl's cost per call grows with it) */
    size_t spare_max;     /* easy handles kept for later calls (about 5 KiB each); 512 */
};

struct fetch *fetch_new(struct loop *loop, const struct fetch_options *options, struct err *err) MUST_CHECK;
/* Ends every call without calling back. Targets must be freed before. Accepts NULL. */
void fetch_free(struct fetch *f);
CLEANUP_DEFINE(struct fetch, fetch_free)
/* The same, with dropped(ud) for each call that is ended so (its ud), when its body is not needed any more. */
void fetch_free_with(struct fetch *f, loop_fn *dropped);

struct fetch_stats {
    size_t in_flight, waiting;
    uint64_t started, ended;
    uint64_t resent; /* requests that libcurl sent a second time because a kept connection was dead */
};
struct fetch_stats fetch_stats(const struct fetch *f);

enum fetch_http {
    FETCH_HTTP_AUTO = 0, /* HTTP/2 where TLS negotiates it, else 1.1 */
    FETCH_HTTP_1,
    /* HTTP/2 from the first byte, also without TLS (with TLS: like AUTO). ERR_CONFIG with a libcurl older than 8.0: it
     * opens such connections but fails to use them twice. */
    FETCH_HTTP_2_PRIOR
};

struct fetch_target_options {
    const char *url;            /* http:// or https://, without user and fragment */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const char *proxy;          /* "" or NULL: none; "http://host:port", "socks5h://host:port" */
    const char *ca_file;        /* PEM file of authorities to trust instead of the system's; "" or NULL: the system's */
    bool insecure;              /* certificates are not checked */
    enum fetch_http http;
};

/* Everything is copied. f: borrowed until fetch_target_free. NULL with ERR_CONFIG and one sentence: not an address, a
 * header with control bytes, a file that cannot be read. */
struct fetch_target *fetch_target_new(struct fetch *f, const struct fetch_target_options *options,
                                      struct err *err) MUST_CHECK;
/* The memory goes when its last call has ended. Accepts NULL. */
void fetch_target_free(struct fetch_target *t);
CLEANUP_DEFINE(struct fetch_target, fetch_target_free)

/* The address as a target needs it: 0, or ERR_CONFIG with a sentence that says what is wrong. */
int fetch_url_check(const char *url, struct err *err) MUST_CHECK;

/* How a call ended. All but DONE, UNRESOLVED, REFUSED, UNTRUSTED, UNCONNECTED and UNQUEUED may have reached the
 * server's model (result.sent says whether the request left). */
enum fetch_end {
    FETCH_END_DONE = 0,    /* a whole answer, whatever its status */
    FETCH_END_UNRESOLVED,  /* no such host */
    FETCH_END_REFUSED,     /* no connection: refused, no route, the proxy said no */
    FETCH_END_UNTRUSTED,   /* TLS: certificate or handshake */
    FETCH_END_UNCONNECTED, /* connect deadline */
    FETCH_END_UNQUEUED,    /* total deadline while it waited here */
    FETCH_END_NO_BYTE,     /* first-byte deadline */
    FETCH_END_SILENT,      /* deadline between bytes */
    FETCH_END_TOO_LONG,    /* total deadline */
    FETCH_END_BROKEN,      /* reset, or closed before the answer began */
    FETCH_END_CUT,         /* closed in the middle of the answer */
    FETCH_END_TOO_LARGE,   /* more than body_max_bytes, or a header block over FETCH_HEAD_MAX_BYTES */
    FETCH_END_GARBLED,     /* not HTTP */
    FETCH_END_STOPPED,     /* on_data said stop */
    FETCH_END_COUNT
};
const char *fetch_end_name(enum fetch_end end); /* "done", "unresolved", ... */

#define FETCH_HEAD_MAX_BYTES  ((size_t)32 << 10)
#define FETCH_REASON_BYTES    120
#define FETCH_DEADLINE_MAX_MS ((uint64_t)24 * 3600 * 1000)

struct fetch_result {
    enum fetch_end end;
    int status;       /* 0: no answer began */
    int http_version; /* 10, 11 or 20; 0: no answer */
    bool sent;        /* the request was handed to the connection */
    unsigned resent;  /* times libcurl sent it again on its own */
    struct buf head;  /* "Name: value\n" lines of the answer; taken with buf_take or freed behind the callback */
    struct buf body;
    uint64_t connect_ms;    /* from start to the request's way out; 0: not reached */
    uint64_t first_byte_ms; /* from start to the first byte of the body or head; 0: none */
    uint64_t total_ms;
    char reason[FETCH_REASON_BYTES]; /* words of the system or of libcurl, "" when the end says it all */
};

typedef void fetch_done_fn(void *ud, struct fetch_result *result);
/* A piece of the body of a 2xx answer, borrowed until return; the bytes are collected all the same. false ends the
 * call (FETCH_END_STOPPED). */
typedef bool fetch_data_fn(void *ud, struct str piece);

/* The body is out and its memory may go. Inside of it no other function of this header may be called. */
typedef void fetch_out_fn(void *ud);
/* The request goes out a second time (its kept connection was dead): the same bytes again, borrowed as body is. An n
 * that is not the body's ends the call (BROKEN). Inside of it no other function of this header may be called. */
typedef struct str fetch_again_fn(void *ud);

/* Times are milliseconds, 0: no limit (connect_ms 0: 10 s). */
struct fetch_request {
    struct fetch_target *target;
    struct str body;   /* POST with these bytes, borrowed until out or the end of the call; p == NULL: GET */
    fetch_out_fn *out; /* both or none. A call may wait for minutes with a body of no more use. With libcurls that */
    fetch_again_fn *again;  /* are not known to allow it, out is not called */
    size_t body_max_bytes;  /* of the answer; 0: 4 MiB */
    size_t buffer_bytes;    /* libcurl's receive buffer, 1 KiB to 512 KiB; 0: 1 KiB. Large answers want more */
    uint64_t connect_ms;    /* from the call's own start (not its waiting) to the request's way out */
    uint64_t first_byte_ms; /* from the request's way out to the first byte */
    uint64_t silence_ms;    /* between bytes, once there was one */
    uint64_t total_ms;      /* from fetch_start, waiting included */
    fetch_done_fn *done;    /* required; called exactly once unless cancelled */
    fetch_data_fn *on_data; /* may be NULL */
    void *ud;
};

/* Starts or queues a call. The handle is good until done was called or it is cancelled. NULL: ERR_OVERLOADED (queue
 * full), ERR_MEMORY. */
struct fetch_call *fetch_start(struct fetch *f, const struct fetch_request *request, struct err *err) MUST_CHECK;
/* Ends the call at once: its connection (HTTP/1.1) or stream (HTTP/2) is closed; done is not called. dropped(ud) is
 * called when the body is not needed any more: before return, or in a later turn when a callback of libcurl is on the
 * stack. It may be NULL. Safe inside callbacks of this or another call; accepts NULL. */
void fetch_cancel(struct fetch_call *c, loop_fn *dropped);

/* First header of that name, any case; n == 0 when absent. Borrowed from head. */
struct str fetch_header(struct str head, const char *name);
