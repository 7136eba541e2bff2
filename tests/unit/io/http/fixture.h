/* A server with a handler of many habits, and a client of plain sockets in the same thread: the loop turns while the
 * client waits. */
#pragma once

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include "io/http/http_int.h"
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define FX_BIG_BYTES   ((size_t)1 << 20)
#define FX_PATIENCE_MS 20000 /* only a broken server makes a test wait so long */

struct fx {
    struct loop *loop;
    struct http_server *server;
    struct http_request *held; /* referenced */
    int handled, aborts, drains, ends, pieces, freed, closed;
    size_t streamed;
    size_t largest_piece;
    bool pause_each;
    char last_body[4096];
};

static struct fx fx;

UNUSED static void fx_abort(struct http_request *req, void *ud)
{
    (void)req, (void)ud;
    fx.aborts++;
}

UNUSED static void fx_echo(struct http_request *req, void *ud, struct str body)
{
    (void)ud;
    http_reply(req, 200, "text/plain", body);
}

UNUSED static void fx_piece(struct http_request *req, void *ud, struct str piece)
{
    (void)ud;
    fx.pieces++;
    fx.streamed += piece.n;
    fx.largest_piece = MAX(fx.largest_piece, piece.n);
    if (fx.pause_each)
        http_request_pause(req);
}

UNUSED static void fx_end(struct http_request *req, void *ud)
{
    (void)ud;
    char text[64];
    fx.ends++;
    snprintf(text, sizeof(text), "%zu bytes", fx.streamed);
    http_reply(req, 200, "text/plain", str_of(text));
}

UNUSED static void fx_drain(struct http_request *req, void *ud)
{
    (void)req, (void)ud;
    fx.drains++;
}

UNUSED static void fx_hold(struct http_request *req)
{
    fx.held = http_request_ref(req);
    http_request_on_abort(req, fx_abort, NULL);
}

UNUSED static void fx_handler(struct http_request *req, void *ud)
{
    (void)ud;
    struct str path = http_request_path(req);
    fx.handled++;
    if (str_eqc(path, "/echo")) {
        http_request_on_abort(req, fx_abort, NULL);
        http_request_read_all(req, 1000, fx_echo, NULL);
    } else if (str_eqc(path, "/stream")) {
        fx_hold(req);
        http_request_stream(req, fx_piece, fx_end, NULL);
    } else if (str_eqc(path, "/hold")) {
        fx_hold(req);
    } else if (str_eqc(path, "/sse")) {
        fx_hold(req);
        http_reply_on_drain(req, fx_drain, NULL);
        http_reply_begin(req, 200, "text/event-stream");
        http_reply_chunk(req, "data: 1\n\n", 9);
    } else if (str_eqc(path, "/two")) {
        http_reply_begin(req, 200, "text/plain");
        http_reply_chunk(req, "hello ", 6);
        http_reply_chunk(req, "world", 5);
        http_reply_end(req);
    } else if (str_eqc(path, "/both")) {
        fx_hold(req);
        http_request_stream(req, fx_piece, fx_end, NULL);
        http_reply_begin(req, 200, "text/plain");
    } else if (str_eqc(path, "/big")) {
        http_reply_take(req, 200, "text/plain", memset(malloc(FX_BIG_BYTES), 'x', FX_BIG_BYTES), FX_BIG_BYTES);
    } else if (str_eqc(path, "/nothing")) {
        http_reply(req, 204, NULL, STR(""));
    } else {
        http_reply(req, 200, "text/plain", path);
    }
}

UNUSED static void fx_open(const struct http_limits *limits)
{
    struct err err;
    memset(&fx, 0, sizeof(fx));
    fx.loop = loop_new();
    struct http_server_options o = {.handler = fx_handler};
    if (limits)
        o.limits = *limits;
    fx.server = http_server_new(fx.loop, &o, &err);
    cr_assert(fx.server, "%s", err.msg);
}

UNUSED static void fx_turn(void)
{
    uv_run(loop_uv(fx.loop), UV_RUN_NOWAIT);
    usleep(100);
}

/* Turns the loop until the condition holds; the test fails when it never does. */
#define FX_UNTIL(condition)                                                                                            \
    do {                                                                                                               \
        for (uint64_t fx_spent = 0; !(condition); fx_spent++) {                                                        \
            cr_assert(fx_spent < FX_PATIENCE_MS * 5, "never: %s", #condition);                                         \
            fx_turn();                                                                                                 \
        }                                                                                                              \
    } while (0)

UNUSED static void fx_on_closed(void *ud)
{
    (void)ud;
    fx.closed++;
}

UNUSED static void fx_close(void)
{
    http_request_unref(TAKE_PTR(fx.held));
    if (fx.server) {
        http_server_kill(fx.server, fx_on_closed, NULL);
        FX_UNTIL(fx.closed);
    }
    loop_free(fx.loop);
    fx.loop = NULL;
#ifdef __SANITIZE_ADDRESS__
    cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "memory was lost");
#endif
}

UNUSED static int fx_connect_to(uint16_t port, int receive_bytes)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    cr_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    return fd;
}

UNUSED static int fx_connect(void)
{
    return fx_connect_to(http_server_port(fx.server), 0);
}

/* Closes with a reset instead of an end: nothing that waits is sent any more. */
UNUSED static void fx_reset(int fd)
{
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
}

/* Sends everything, turning the loop while the kernel is full. false: the peer is gone. */
UNUSED static bool fx_send_n(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0) {
            fx_turn();
            continue;
        }
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

UNUSED static void fx_send(int fd, const char *text)
{
    cr_assert(fx_send_n(fd, text, strlen(text)));
}

/* Receives until the text has come (in what this call received), or until the end when text is NULL. Returns static
 * memory. */
UNUSED static const char *fx_receive(int fd, const char *text)
{
    static char got[1 << 20];
    size_t n = 0;
    got[0] = '\0';
    for (uint64_t spent = 0; spent < FX_PATIENCE_MS * 5; spent++) {
        ssize_t r = recv(fd, got + n, sizeof(got) - 1 - n, MSG_DONTWAIT);
        if (r == 0 || (r < 0 && errno != EAGAIN))
            return got;
        if (r > 0) {
            n += (size_t)r;
            got[n] = '\0';
        }
        if (text && strstr(got, text))
            return got;
        fx_turn();
    }
    cr_assert(false, "never received \"%s\", only: %s", text ? text : "(end)", got);
    return got;
}

/* One conversation on a connection of its own: everything that is answered until the server ends it. */
UNUSED static const char *fx_talk(const char *text)
{
    int fd = fx_connect();
    fx_send(fd, text);
    const char *got = fx_receive(fd, NULL);
    close(fd);
    return got;
}

UNUSED static bool fx_is(const char *got, const char *status)
{
    return strncmp(got, "HTTP/1.1 ", 9) == 0 && strncmp(got + 9, status, 3) == 0;
}

UNUSED static size_t fx_times(const char *hay, const char *needle)
{
    size_t n = 0;
    for (const char *p = hay; (p = strstr(p, needle)); p += strlen(needle))
        n++;
    return n;
}

/* Calls fn(ud) in another thread (blocking client calls) while the loop turns here. */
struct fx_thread {
    void (*fn)(void *ud);
    void *ud;
    bool done;
};

UNUSED static void *fx_thread_main(void *arg)
{
    struct fx_thread *t = arg;
    t->fn(t->ud);
    __atomic_store_n(&t->done, true, __ATOMIC_RELEASE);
    return NULL;
}

UNUSED static void fx_beside(void (*fn)(void *ud), void *ud)
{
    struct fx_thread t = {.fn = fn, .ud = ud};
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, fx_thread_main, &t) == 0);
    FX_UNTIL(__atomic_load_n(&t.done, __ATOMIC_ACQUIRE));
    pthread_join(thread, NULL);
}
