/* Inside io/http only: the parts of a server, a connection and a request, and the functions between their files.
 *
 * server.c listens and keeps time; connection.c moves bytes; head.c and chunked.c judge them; request.c, query.c and
 * reply.c are what a handler sees. A connection works on one request at a time: what comes after it waits in conn->in
 * or in the kernel. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "core/loop.h"
#include "core/metrics.h"
#include "io/http/router.h"
#include "io/http/server.h"
#include <llhttp.h>
#include <uv.h> /* after base/: its system headers have a MIN and MAX too */

#define HTTP_HEADERS_CAP  128
#define HTTP_READ_BYTES   65536 /* one read; shared by all connections of a server */
#define HTTP_ID_BYTES     65
#define HTTP_POOL_MAX     64  /* requests kept for reuse */
#define HTTP_SERIES_CACHE 128 /* power of two */

/* --- judging bytes (pure) --- */

struct http_header {
    struct str name;
    struct str value;
};

/* What a valid head says. Everything points into the bytes given. */
struct http_head {
    enum http_method method;
    bool http11;
    bool keep_alive;
    bool chunked;
    bool expect_continue;
    uint64_t content_length; /* 0 when chunked or absent */
    struct str target, path, query;
    struct http_header headers[HTTP_HEADERS_CAP];
    size_t headers_count;
};

/* Where the head ends in p[0..n), scanning from *scan (kept between calls, starts at 0): > 0 its length with the empty
 * line, 0 not yet, negative an ERR_* (err filled): bare LF, stray CR, NUL, line or head too long. */
ssize_t http_head_find(const char *p, size_t n, const struct http_limits *limits, size_t *scan, struct err *err);
/* head: from the request line to the empty line, as http_head_find delimited it. 0 or ERR_HTTP, ERR_UNSUPPORTED,
 * ERR_HTTP_VERSION, ERR_HEADERS_TOO_LARGE, ERR_TOO_LARGE, ERR_EXPECTATION. */
int http_head_parse(struct str head, const struct http_limits *limits, struct http_head *ret,
                    struct err *err) MUST_CHECK;
bool http_host_valid(struct str host);
bool http_token_valid(struct str s);
static inline bool http_is_text(char c) /* may stand in a field value (RFC 9110 5.5) */
{
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

enum http_chunked_state {
    HTTP_CHUNKED_SIZE = 0,
    HTTP_CHUNKED_EXT,
    HTTP_CHUNKED_SIZE_LF,
    HTTP_CHUNKED_DATA,
    HTTP_CHUNKED_DATA_CR,
    HTTP_CHUNKED_DATA_LF,
    HTTP_CHUNKED_TRAILER_START,
    HTTP_CHUNKED_TRAILER,
    HTTP_CHUNKED_TRAILER_LF,
    HTTP_CHUNKED_END_LF,
    HTTP_CHUNKED_DONE,
};

/* Walks a chunked body: says which bytes are framing and which are data. Zeroed at the start of a body. */
struct http_chunked {
    enum http_chunked_state state;
    unsigned digits;
    uint64_t left;    /* data bytes of the current chunk */
    size_t ext_bytes; /* of the current chunk */
    size_t trailer_bytes;
    bool trailer_colon; /* the current trailer line has its name */
};

/* The next run of bytes of one kind: its length (> 0 while n > 0 and not done), *ret_data whether it is data. Negative:
 * ERR_HTTP, ERR_HEADERS_TOO_LARGE. */
ssize_t http_chunked_next(struct http_chunked *c, const char *p, size_t n, const struct http_limits *limits,
                          bool *ret_data, struct err *err);

/* --- objects --- */

enum http_body_mode { HTTP_BODY_UNCHOSEN = 0, HTTP_BODY_ALL, HTTP_BODY_STREAM, HTTP_BODY_DELIVERED };

enum http_reply_state { HTTP_REPLY_NONE = 0, HTTP_REPLY_STREAMING, HTTP_REPLY_DONE };

struct http_reply_header_node {
    struct http_reply_header_node *next;
    struct str line; /* "Name: value\r\n" */
};

struct http_param {
    struct str name;
    struct str value;
};

struct http_request {
    struct list pool_node;
    unsigned refs;
    struct http_server *server; /* referenced */
    struct http_conn *conn;     /* NULL once over */
    struct arena arena;

    enum http_method method;
    bool http11;
    bool keep_alive;
    bool chunked;
    bool expect_continue;
    bool body_complete; /* all body bytes have been taken from the connection */
    bool paused;
    bool aborted;
    uint64_t content_length;
    uint64_t body_received;
    struct str target, path, query;
    const struct http_header *headers; /* in the arena */
    size_t headers_count;
    struct http_param params[HTTP_PARAMS_MAX];
    size_t params_count;
    uint64_t start_us;
    const char *route;
    char id[HTTP_ID_BYTES];
    bool trace_known;
    struct trace trace;
    const char *peer;

    enum http_body_mode body_mode;
    struct buf body;
    http_body_fn *on_body; /* on_data of a stream, or fn of read_all */
    http_end_fn *on_end;
    void *body_ud;
    http_end_fn *on_abort;
    void *abort_ud;
    http_end_fn *on_drain;
    void *drain_ud;
    void *ud;
    http_ud_free_fn *ud_free;

    enum http_reply_state reply;
    int status;
    bool no_body; /* HEAD, 204, 304 */
    bool te;      /* the streamed answer is chunked */
    bool above_low;
    struct http_reply_header_node *reply_headers;
    struct http_reply_header_node **reply_headers_tail;
};

struct http_conn {
    struct list node; /* server->conns */
    struct list kick_node;
    struct http_server *server;
    uv_tcp_t tcp;
    llhttp_t parser;
    struct http_chunked chunked;
    struct http_request *req; /* NULL between requests */
    struct buf in;            /* received, not consumed; no memory while empty */
    size_t scan;
    bool head_started; /* bytes of the next head have arrived */
    bool parser_done;  /* llhttp has seen the end of the message */
    bool reading;
    bool busy;        /* consuming: nothing it reads from may be freed */
    bool closing;     /* uv_close was called */
    bool lingering;   /* the last answer was given: input is discarded */
    bool shut;        /* uv_shutdown was asked for */
    bool eof;         /* the peer has ended its side; what is queued is still sent */
    bool close_after; /* the answer under way said "Connection: close" */
    uv_shutdown_t shutdown_req;
    uint64_t head_us; /* first byte of the current head */
    uint64_t requests;
    uint64_t read_mark_ms; /* start of the current read window: idle, head, body or linger */
    uint64_t read_bytes;   /* of the body in that window */
    uint64_t send_mark_ms; /* start of the current send window */
    uint64_t send_total;   /* bytes ever queued */
    uint64_t sent_at_mark; /* of them gone at the mark */
};

struct http_series_slot {
    const char *route;
    int status;
    struct metrics_series *requests;
    struct metrics_series *seconds;
};

struct http_server {
    struct loop *loop;
    uv_tcp_t listener;
    struct loop_timer *tick;
    struct http_limits limits;
    http_handler_fn *handler;
    void *ud;
    uint16_t port;
    unsigned refs;    /* itself and every request in use */
    unsigned handles; /* listener and connections not yet closed */
    size_t conns_count;
    struct list conns;
    struct list kicks; /* connections that have something to do in the next turn */
    bool kick_deferred;
    bool closing;
    uint64_t close_deadline_ms;
    loop_fn *done;
    void *done_ud;
    struct list pool;
    size_t pool_count;
    llhttp_settings_t settings;
    struct buf scratch; /* heads of answers are put together here */
    uint64_t id_prefix;
    uint64_t id_next;
    uint64_t date_ms; /* when date_text was made */
    char date_text[32];
    char read_buf[HTTP_READ_BYTES];
    struct http_series_slot series[HTTP_SERIES_CACHE];
};

/* server.c */
void http_server_ref(struct http_server *s);
void http_server_unref(struct http_server *s);
void http_server_handle_closed(struct http_server *s);
void http_server_kick(struct http_server *s, struct http_conn *c); /* http_conn_run in the next turn */
const char *http_server_date(struct http_server *s);
void http_server_id(struct http_server *s, char out[HTTP_ID_BYTES]);
void http_server_count(struct http_server *s, const char *route, int status, double seconds);

/* connection.c: receiving */
void http_conn_accept(struct http_server *s);
void http_conn_run(struct http_conn *c);          /* goes on with what waits in c->in */
void http_conn_settle(struct http_conn *c);       /* reading on or off, empty buffers released */
bool http_conn_idle(const struct http_conn *c);   /* no request, no part of one, nothing to send */
void http_conn_request_over(struct http_conn *c); /* the answer of c->req has been handed over */
/* Ends our side after what is queued; input is discarded until the peer ends its own. */
void http_conn_linger(struct http_conn *c);
void http_conn_window_restart(struct http_conn *c); /* a new window for body progress */
/* The body is refused: 4xx when nothing was answered yet, else the connection is cut. The abort callback runs (later =
 * in a later turn). */
void http_conn_body_failed(struct http_conn *c, const struct err *err, bool later);
/* Answers for the layer itself, then lingers. */
void http_conn_refuse(struct http_conn *c, const struct err *err, bool no_body);
void http_conn_tick(struct http_conn *c, uint64_t now_ms); /* deadlines */

void http_parser_settings(llhttp_settings_t *settings);

/* send.c: sending and closing */
size_t http_conn_queued(const struct http_conn *c); /* bytes the kernel has not taken */
/* Sends the parts now; what the kernel does not take is copied and queued. take: NULL, or the malloc'ed memory of the
 * last part, which is then kept instead of copied, and freed in every case. */
void http_conn_send(struct http_conn *c, const struct str *parts, size_t n, char *take);
void http_conn_cut(struct http_conn *c); /* closes at once; its request is aborted in the close callback */
void http_conn_shutdown(struct http_conn *c);

/* request.c */
struct http_request *http_request_new(struct http_conn *c); /* with one reference, the connection's */
/* ERR_MEMORY when the arena is exhausted. head points into the arena of req. */
int http_request_fill(struct http_request *req, const struct http_head *head, struct err *err) MUST_CHECK;
static inline bool http_request_live(const struct http_request *req)
{
    return req->conn && !req->conn->closing;
}
static inline bool http_request_body_flowing(const struct http_request *req)
{
    return (req->body_mode == HTTP_BODY_ALL || req->body_mode == HTTP_BODY_STREAM) && !req->paused;
}
void http_request_body_piece(struct http_request *req, struct str piece);
void http_request_body_end(struct http_request *req);
void http_request_abort(struct http_request *req); /* marks and calls on_abort once; the request loses its connection */
void http_request_abort_later(struct http_request *req); /* the same in a later turn */

/* reply.c */
void http_problem_build(struct buf *out, const struct err *err, const struct err *items, size_t n,
                        const char *request_id, const char *trace_id);
void http_reply_head_start(struct http_server *s, struct buf *out, int status, const char *content_type,
                           const char *request_id);
void http_buf_add_u64(struct buf *b, uint64_t v);
