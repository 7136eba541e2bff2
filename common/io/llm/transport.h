/* Model calls under way. The transport moves bytes: it writes no body and reads no answer.
 *
 *     llm_request_write -> llm_call_start -> on_raw(bytes) -> [journal] -> llm_reply_parse
 *
 * on_raw is called exactly once for each call that is not cancelled, with everything that came, whole or not; nothing
 * has looked into the bytes by then. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "core/loop.h"
#include "io/llm/endpoint.h"
#include "io/llm/reply.h"

struct llm_transport;
struct llm_call;

struct llm_transport_options {
    size_t in_flight_max; /* 0: 19000 */
    size_t queue_max;     /* calls waiting for a place; 0: 100000 */
};

struct llm_transport *llm_transport_new(struct loop *loop, const struct llm_transport_options *options,
                                        struct err *err) MUST_CHECK;
/* Ends every call without calling back. Accepts NULL. */
void llm_transport_free(struct llm_transport *t);
CLEANUP_DEFINE(struct llm_transport, llm_transport_free)

struct llm_transport_stats {
    size_t in_flight, waiting;
    uint64_t started, ended;
    uint64_t resent; /* requests that went out twice on a dead kept connection: may have been paid twice */
};
struct llm_transport_stats llm_transport_stats(const struct llm_transport *t);
/* The endpoint's options changed or it goes away: later calls make their connections anew. */
void llm_transport_forget(struct llm_transport *t, const struct llm_endpoint *e);

/* Milliseconds. 0: the default in brackets. */
struct llm_timeouts {
    uint64_t connect_ms;    /* 10 s */
    uint64_t first_byte_ms; /* from the request's way out; whole answers: total_ms, streams: 120 s */
    uint64_t silence_ms;    /* between bytes; 90 s */
    uint64_t total_ms;      /* 10 min, waiting here included */
};

struct llm_timing {
    uint64_t connect_ms, first_byte_ms, total_ms;
    unsigned resent;
    int http_version; /* 10, 11, 20; 0: no answer */
};

/* raw is borrowed until return. The call is over. */
typedef void llm_raw_fn(void *ud, const struct llm_raw *raw, const struct llm_timing *timing);
/* A piece of a 2xx answer as it arrives; false ends the call (end STOPPED). */
typedef bool llm_data_fn(void *ud, struct str piece);

/* The body once more, byte for byte, for a request that goes out again; false: it cannot be. Starts and ends no call.
 */
typedef bool llm_again_fn(void *ud, struct buf *body);

struct llm_send {
    const struct llm_endpoint *endpoint; /* borrowed until the call is over */
    enum llm_call_kind kind;
    struct str model;       /* for addresses that hold it */
    bool stream;            /* the body asks for a stream */
    size_t reply_max_bytes; /* 0: 4 MiB */
    struct llm_timeouts timeouts;
    llm_raw_fn *on_raw;  /* required */
    llm_again_fn *again; /* NULL: the body is kept until the call is over; else its memory goes when it is out */
    llm_data_fn *on_data;
    void *ud;
};

/* body: its bytes are taken (the buffer is empty afterwards), whether the call starts or not. NULL: ERR_CONFIG (the
 * address), ERR_OVERLOADED, ERR_MEMORY. Callbacks never come from inside this call. */
struct llm_call *llm_call_start(struct llm_transport *t, const struct llm_send *send, struct buf *body,
                                struct err *err) MUST_CHECK;
/* The connection or stream is closed at once; on_raw is not called. Accepts NULL. */
void llm_call_cancel(struct llm_call *c);
