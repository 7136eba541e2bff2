/* Listening, the clock of the connections, and the end.
 *
 *     LISTENING -(close)-> DRAINING -(no connection left, or drain_ms: all cut)-> handles 0 -> done, freed with the
 * last request
 *
 * One repeating timer walks over the connections and asks each for its deadlines: cheaper than a timer for each, and
 * exact enough for limits of seconds. It runs only while there are connections. */
#include "io/http/http_int.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include "base/hex.h"
#include "core/clock.h"
#include "core/ids.h"

#define SERVER_BACKLOG       1024
#define SERVER_KEEPALIVE_S   60 /* a silent peer's machine is asked whether it is still there */
#define SERVER_SCRATCH_BYTES ((size_t)8 << 20)

static void or_size(size_t *field, size_t otherwise)
{
    if (*field == 0)
        *field = otherwise;
}

static void or_u64(uint64_t *field, uint64_t otherwise)
{
    if (*field == 0)
        *field = otherwise;
}

struct http_limits http_limits_effective(const struct http_limits *given)
{
    struct http_limits l = *given;
    or_size(&l.line_max_bytes, 8 * 1024);
    or_size(&l.head_max_bytes, 32 * 1024);
    or_size(&l.headers_max, 64);
    l.headers_max = MIN(l.headers_max, (size_t)HTTP_HEADERS_CAP);
    or_u64(&l.body_max_bytes, (uint64_t)64 << 30);
    or_size(&l.chunk_ext_max_bytes, 256);
    or_size(&l.trailer_max_bytes, 4 * 1024);
    or_size(&l.pipeline_max_bytes, 64 * 1024);
    or_size(&l.queue_max_bytes, 4 << 20);
    or_size(&l.queue_low_bytes, 64 * 1024);
    or_size(&l.arena_max_bytes, 4 << 20);
    or_size(&l.connections_max, 10000);
    or_u64(&l.header_ms, 10 * 1000);
    or_u64(&l.body_ms, 30 * 1000);
    or_size(&l.body_min_bytes, 256);
    or_u64(&l.idle_ms, 75 * 1000);
    or_u64(&l.send_ms, 30 * 1000);
    or_size(&l.send_min_bytes, 256);
    or_u64(&l.linger_ms, 2 * 1000);
    or_u64(&l.drain_ms, 10 * 1000);
    return l;
}

/* --- references and the end --- */

void http_server_ref(struct http_server *s)
{
    s->refs++;
}

void http_server_unref(struct http_server *s)
{
    if (--s->refs > 0)
        return;
    struct list *node;
    while ((node = list_shift(&s->pool))) {
        struct http_request *req = CONTAINER_OF(node, struct http_request, pool_node);
        arena_fini(&req->arena);
        free(req);
    }
    buf_fini(&s->scratch);
    free(s);
}

void http_server_handle_closed(struct http_server *s)
{
    if (--s->handles > 0 || !s->closing)
        return;
    loop_timer_free(TAKE_PTR(s->tick));
    if (s->done)
        s->done(s->done_ud);
    http_server_unref(s);
}

static void server_listener_closed(uv_handle_t *h)
{
    http_server_handle_closed(h->data);
}

/* How often deadlines are looked at: it is a walk over all connections, so that of closing counts only while closing.
 */
static uint64_t server_tick_ms(const struct http_server *s)
{
    const struct http_limits *l = &s->limits;
    uint64_t least = MIN(MIN(l->header_ms, l->body_ms), MIN(l->idle_ms, l->send_ms));
    least = MIN(least, s->closing ? MIN(l->linger_ms, l->drain_ms) : l->linger_ms) / 4;
    return MIN(MAX(least, (uint64_t)5), (uint64_t)500);
}

static void server_close_begin(struct http_server *s, loop_fn *done, void *ud)
{
    s->done = done;
    s->done_ud = ud;
    if (s->closing)
        return;
    s->closing = true;
    s->close_deadline_ms = loop_now_ms(s->loop) + s->limits.drain_ms;
    if (loop_timer_active(s->tick))
        loop_timer_start(s->tick, server_tick_ms(s), server_tick_ms(s));
    uv_close((uv_handle_t *)&s->listener, server_listener_closed);
}

void http_server_close(struct http_server *s, loop_fn *done, void *ud)
{
    server_close_begin(s, done, ud);
    list_for_each_safe (node, &s->conns) {
        struct http_conn *c = CONTAINER_OF(node, struct http_conn, node);
        if (http_conn_idle(c))
            http_conn_cut(c);
    }
}

void http_server_kill(struct http_server *s, loop_fn *done, void *ud)
{
    server_close_begin(s, done, ud);
    loop_timer_free(TAKE_PTR(s->tick)); /* no deadline is left to watch; the loop may be freed right after this */
    list_for_each_safe (node, &s->conns) {
        http_conn_cut(CONTAINER_OF(node, struct http_conn, node));
    }
}

bool http_server_closing(const struct http_server *s)
{
    return s->closing;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

size_t http_server_connections(const struct http_server *s)
{
    return s->conns_count;
}

/* --- turns and time --- */

static void server_kick_run(void *ud)
{
    struct http_server *s = ud;
    struct list batch, *node;
    list_init(&batch);
    while ((node = list_shift(&s->kicks)))
        list_append(&batch, node);
    s->kick_deferred = false;
    while ((node = list_shift(&batch)))
        http_conn_run(CONTAINER_OF(node, struct http_conn, kick_node));
    http_server_unref(s);
}

void http_server_kick(struct http_server *s, struct http_conn *c)
{
    list_remove(&c->kick_node);
    list_append(&s->kicks, &c->kick_node);
    if (s->kick_deferred)
        return;
    s->kick_deferred = true;
    http_server_ref(s);
    loop_defer(s->loop, server_kick_run, s);
}

static void server_tick(void *ud)
{
    struct http_server *s = ud;
    uint64_t now = loop_now_ms(s->loop);
    bool overdue = s->closing && now >= s->close_deadline_ms;
    list_for_each_safe (node, &s->conns) {
        struct http_conn *c = CONTAINER_OF(node, struct http_conn, node);
        if (overdue || (s->closing && http_conn_idle(c)))
            http_conn_cut(c);
        else
            http_conn_tick(c, now);
    }
    if (s->conns_count == 0)
        loop_timer_stop(s->tick);
}

const char *http_server_date(struct http_server *s)
{
    uint64_t now = loop_now_ms(s->loop);
    if (s->date_text[0] && now - s->date_ms < 1000)
        return s->date_text;
    time_t wall = (time_t)(clock_wall_ms() / 1000);
    struct tm tm;
    gmtime_r(&wall, &tm);
    strftime(s->date_text, sizeof(s->date_text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    s->date_ms = now;
    return s->date_text;
}

void http_server_id(struct http_server *s, char out[HTTP_ID_BYTES])
{
    uint64_t parts[2] = {__builtin_bswap64(s->id_prefix), __builtin_bswap64(++s->id_next)};
    hex_encode((const uint8_t *)parts, sizeof(parts), out);
}

/* The series of a route and status are looked up once: routes are static strings, so their address is the key. */
static struct http_series_slot *server_series(struct http_server *s, const char *route, int status)
{
    size_t h = ((uintptr_t)route >> 3) * 31 + (size_t)status;
    for (size_t i = 0; i < 8; i++) {
        struct http_series_slot *slot = &s->series[(h + i) & (HTTP_SERIES_CACHE - 1)];
        if (slot->route == route && slot->status == status)
            return slot;
        if (slot->route)
            continue;
        char text[12];
        snprintf(text, sizeof(text), "%d", status);
        slot->route = route;
        slot->status = status;
        slot->requests = metrics_series(METRICS_HTTP_REQUESTS, route, text, NULL);
        slot->seconds = metrics_series(METRICS_HTTP_SECONDS, route, NULL);
        return slot;
    }
    return NULL;
}

void http_server_count(struct http_server *s, const char *route, int status, double seconds)
{
    struct http_series_slot *slot = server_series(s, route, status);
    char text[12];
    if (slot) {
        metrics_series_add(slot->requests, 1);
        if (seconds >= 0)
            metrics_series_observe(slot->seconds, seconds);
        return;
    }
    snprintf(text, sizeof(text), "%d", status);
    metrics_add(METRICS_HTTP_REQUESTS, 1, route, text, NULL);
    if (seconds >= 0)
        metrics_observe(METRICS_HTTP_SECONDS, seconds, route, NULL);
}

/* --- birth --- */

static void server_connection(uv_stream_t *stream, int status)
{
    struct http_server *s = stream->data;
    if (status < 0 || s->closing)
        return;
    http_conn_accept(s);
    if (!loop_timer_active(s->tick))
        loop_timer_start(s->tick, server_tick_ms(s), server_tick_ms(s));
}

static int server_bind(int fd, const struct addrinfo *ai, bool reuse_port)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        return -1;
    /* Accepted sockets take these over from the listener: no system calls for each. */
    int idle_s = SERVER_KEEPALIVE_S;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    if (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
        return -1;
    return bind(fd, ai->ai_addr, ai->ai_addrlen);
}

/* A bound, listening socket, or negative with err. */
static int server_socket(const struct http_server_options *o, const char *host, int backlog, struct err *err)
{
    char port[8];
    snprintf(port, sizeof(port), "%u", o->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
    int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0)
        return err_set(err, ERR_CONFIG, "%s is not an address to listen on: %s", host, gai_strerror(rc));
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && server_bind(fd, list, o->reuse_port) == 0 && listen(fd, backlog) == 0;
    int saved = errno;
    freeaddrinfo(list);
    if (ok)
        return fd;
    if (fd >= 0)
        close(fd);
    return err_set(err, ERR_IO, "cannot listen on %s port %u: %s", host, o->port, strerror(saved));
}

static uint16_t server_bound_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        return 0;
    return addr.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&addr)->sin6_port)
                                      : ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

static struct http_server *server_make(struct loop *loop, const struct http_server_options *o)
{
    struct http_server *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->loop = loop;
    s->limits = http_limits_effective(&o->limits);
    s->handler = o->handler;
    s->ud = o->ud;
    s->refs = 1;
    list_init(&s->conns);
    list_init(&s->kicks);
    list_init(&s->pool);
    buf_init(&s->scratch, SERVER_SCRATCH_BYTES);
    ids_random(&s->id_prefix, sizeof(s->id_prefix));
    http_parser_settings(&s->settings);
    return s;
}

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options, struct err *err)
{
    const char *host = options->host ? options->host : "127.0.0.1";
    int backlog = options->backlog ? options->backlog : SERVER_BACKLOG;
    int fd = server_socket(options, host, backlog, err);
    if (fd < 0)
        return NULL;
    struct http_server *s = server_make(loop, options);
    if (!s) {
        close(fd);
        err_set(err, ERR_MEMORY, "no memory for a server");
        return NULL;
    }
    s->port = server_bound_port(fd);
    s->tick = loop_timer_new(loop, server_tick, s);
    s->handles = 1;
    uv_tcp_init(loop_uv(loop), &s->listener);
    s->listener.data = s;
    int rc = uv_tcp_open(&s->listener, fd);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&s->listener, backlog, server_connection);
    if (rc < 0) {
        err_set(err, ERR_IO, "cannot listen on %s port %u: %s", host, options->port, uv_strerror(rc));
        http_server_kill(s, NULL, NULL);
        return NULL;
    }
    return s;
}
