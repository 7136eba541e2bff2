/* The HTTP layer against arbitrary bytes.
 *
 * The first byte chooses the handler's habit and the size of the pieces; the rest is judged as a head, a chunked body,
 * a host, a query and a path, and then sent to a real server whose handler answers, reads, streams, pauses, holds or
 * does two of these at once. The judges must come to the same verdict in any pieces; the server must survive and end
 * with no connection left. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "io/http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECES_MAX 4096

static struct http_limits small_limits(void)
{
    struct http_limits l = {.line_max_bytes = 512,
                            .head_max_bytes = 2048,
                            .headers_max = 16,
                            .body_max_bytes = 65536,
                            .pipeline_max_bytes = 4096,
                            .linger_ms = 1};
    return http_limits_effective(&l);
}

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void judge_head(struct str in)
{
    struct http_limits l = small_limits();
    struct err err;
    static struct http_head h;
    size_t scan = 0, scan_pieces = 0;
    ssize_t whole = http_head_find(in.p, in.n, &l, &scan, &err), pieces = 0;
    for (size_t n = 1; n <= in.n && pieces == 0; n++)
        pieces = http_head_find(in.p, n, &l, &scan_pieces, &err);
    must(in.n == 0 || whole == pieces || (whole < 0 && pieces < 0));
    if (whole <= 0 || http_head_parse((struct str){.p = in.p, .n = (size_t)whole}, &l, &h, &err) < 0)
        return;
    must(h.headers_count <= l.headers_max && h.path.n > 0 && !(h.chunked && h.content_length));
    must(h.path.p[0] == '/' || str_eqc(h.path, "*"));
}

/* Walks a body in steps; returns the final state and sums up the data. */
static int judge_walk(struct str in, size_t step, uint64_t *ret_sum)
{
    struct http_limits l = small_limits();
    struct http_chunked c = {0};
    struct err err;
    uint64_t sum = 14695981039346656037u;
    size_t at = 0;
    while (at < in.n && c.state != HTTP_CHUNKED_DONE) {
        bool is_data = false;
        ssize_t n = http_chunked_next(&c, in.p + at, MIN(step, in.n - at), &l, &is_data, &err);
        if (n < 0)
            return -1;
        must(n > 0);
        for (ssize_t i = 0; is_data && i < n; i++)
            sum = (sum ^ (uint8_t)in.p[at + (size_t)i]) * 1099511628211u;
        at += (size_t)n;
    }
    *ret_sum = sum ^ at;
    return (int)c.state;
}

static void judge_chunked(struct str in)
{
    uint64_t a = 0, b = 0;
    must(judge_walk(in, SIZE_MAX, &a) == judge_walk(in, 1, &b));
    must(a == b);
}

static void judge_texts(struct str in)
{
    static struct arena arena;
    struct str out;
    arena_init(&arena, 1 << 20);
    (void)http_host_valid(in);
    if (http_decode(&arena, in, true, &out, NULL) == 0)
        must(out.n <= in.n && memchr(out.p, '\0', out.n) == NULL);
    static const struct http_route routes[] = {{HTTP_METHOD_GET, "/a/{b}:c/{d...}", NULL, NULL},
                                               {HTTP_METHOD_POST, "/{x}/{y}", NULL, NULL}};
    struct http_router router = {.routes = routes, .count = ARRAY_LEN(routes)};
    struct str params[HTTP_PARAMS_MAX];
    unsigned allowed;
    (void)http_router_match(&router, HTTP_METHOD_GET, in, params, &allowed);
    arena_fini(&arena);
}

/* --- the server --- */

static struct {
    struct loop *loop;
    struct http_server *server;
    struct http_request *held;
    unsigned habit;
} fz;

static void fz_all(struct http_request *req, void *ud, struct str body)
{
    (void)ud;
    http_reply(req, 200, "text/plain", body);
}

static void fz_data(struct http_request *req, void *ud, struct str piece)
{
    (void)ud, (void)piece;
    if (fz.habit & 1)
        http_request_pause(req);
    if (fz.habit == 5)
        http_reply(req, 200, NULL, STR("")); /* in the middle of its body */
}

static void fz_end(struct http_request *req, void *ud)
{
    (void)ud;
    http_reply_begin(req, 200, "text/plain");
    http_reply_chunk(req, "end", 3);
    http_reply_end(req);
}

static void fz_hold(struct http_request *req)
{
    http_request_unref(TAKE_PTR(fz.held));
    fz.held = http_request_ref(req);
}

static void fz_handler(struct http_request *req, void *ud)
{
    (void)ud;
    struct str v;
    struct err err;
    if (http_query_get(req, "q", &v, &err) < 0) {
        http_reply_problem(req, &err);
        return;
    }
    switch (fz.habit) {
    case 0:
        http_reply(req, 200, "text/plain", http_request_path(req));
        break;
    case 1:
    case 2:
        http_request_read_all(req, 1000, fz_all, NULL);
        break;
    case 6:
        fz_hold(req);
        break;
    case 7:
        http_reply_begin(req, 200, NULL);
        http_request_stream(req, fz_data, fz_end, NULL);
        break;
    default:
        fz_hold(req);
        http_request_stream(req, fz_data, fz_end, NULL);
    }
}

static void fz_setup(void)
{
    struct err err;
    signal(SIGPIPE, SIG_IGN);
    fz.loop = loop_new();
    struct http_server_options o = {.handler = fz_handler, .limits = small_limits()};
    fz.server = http_server_new(fz.loop, &o, &err);
    must(fz.server != NULL);
}

static void fz_turns(int n)
{
    for (int i = 0; i < n; i++)
        uv_run(loop_uv(fz.loop), UV_RUN_NOWAIT);
}

static void fz_feed(int fd, struct str in, size_t step)
{
    static char sink[65536];
    size_t pieces = 0;
    for (size_t at = 0; at < in.n && pieces < PIECES_MAX; at += step, pieces++) {
        if (send(fd, in.p + at, MIN(step, in.n - at), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        fz_turns(1);
        if (fz.held && (fz.habit & 1))
            http_request_resume(fz.held);
        (void)!recv(fd, sink, sizeof(sink), MSG_DONTWAIT);
    }
}

static void serve(struct str in, unsigned habit)
{
    if (!fz.loop)
        fz_setup();
    fz.habit = habit & 7;
    size_t step = (size_t[]){1 << 20, 1, 7, 64}[(habit >> 3) & 3];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(http_server_port(fz.server)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger hard = {.l_onoff = 1}; /* so that no port stays behind in TIME_WAIT */
    must(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    fz_turns(2);
    fz_feed(fd, in, step);
    for (int i = 0; i < 4 && fz.held; i++) {
        http_request_resume(fz.held);
        fz_turns(2);
    }
    if (fz.held)
        http_reply(fz.held, 200, "text/plain", STR("late"));
    fz_turns(2);
    close(fd);
    for (int i = 0; i < 100000 && http_server_connections(fz.server) > 0; i++)
        fz_turns(1);
    must(http_server_connections(fz.server) == 0);
    http_request_unref(TAKE_PTR(fz.held));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 16384)
        return 0;
    struct str in = {.p = (const char *)data + 1, .n = size - 1};
    judge_head(in);
    judge_chunked(in);
    judge_texts(in);
    serve(in, data[0]);
    return 0;
}
