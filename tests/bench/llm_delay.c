/* llm_delay PORT DELAY_MS [REPLY_FILE]: answers every request after a delay; for llm_flight.
 *
 * HTTP/1.1 with keep-alive and HTTP/2 with prior knowledge on one port, told apart by the first bytes. It knows as
 * little as it can: a request is over after its head and Content-Length (HTTP/1.1) or with END_STREAM (HTTP/2, whose
 * header blocks are not read at all), and each gets the same 200 with a JSON body. One thread, one epoll set; answers
 * are due in the order the requests came, so that a ring is all the timer there is. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX   40000
#define IN_BYTES  4096
#define DUE_MAX   (1u << 17)
#define H2_MAGIC  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define REPLY_MAX 65536

struct conn {
    uint32_t generation;
    bool open, h2, in_head, shaking;
    uint64_t body_left; /* HTTP/1.1: of the request */
    uint32_t frame_left, frame_skip_id;
    size_t n;
    char in[IN_BYTES];
};

struct due {
    uint64_t at_ms;
    int fd;
    uint32_t generation, stream;
};

static struct conn *conns[FDS_MAX];
static struct due ring[DUE_MAX];
static uint32_t ring_head, ring_tail;
static uint64_t delay_ms, requests, open_now;
static char reply[REPLY_MAX], h1_answer[REPLY_MAX + 256];
static size_t reply_n, h1_n;
static int ep;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void conn_close(int fd)
{
    struct conn *c = conns[fd];
    if (c && c->open) {
        c->open = false;
        c->generation++;
        open_now--;
        close(fd);
    }
}

static void put(int fd, const void *data, size_t n)
{
    const char *p = data;
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent < 0) {
            conn_close(fd);
            return;
        }
        p += sent;
        n -= (size_t)sent;
    }
}

static size_t frame_head(unsigned char *out, size_t n, uint8_t type, uint8_t flags, uint32_t stream)
{
    out[0] = (unsigned char)(n >> 16), out[1] = (unsigned char)(n >> 8), out[2] = (unsigned char)n;
    out[3] = type, out[4] = flags;
    stream = htonl(stream);
    memcpy(out + 5, &stream, 4);
    return 9;
}

static void answer(const struct due *d)
{
    struct conn *c = conns[d->fd];
    if (!c->open || c->generation != d->generation)
        return;
    if (!c->h2) {
        put(d->fd, h1_answer, h1_n);
        return;
    }
    static unsigned char out[REPLY_MAX + 256];
    static const char type[] = "\x0f\x10\x10"
                               "application/json"; /* content-type, literal, not indexed */
    size_t n = frame_head(out, 1 + sizeof(type) - 1, 1, 4, d->stream);
    out[n++] = 0x88; /* :status 200 */
    memcpy(out + n, type, sizeof(type) - 1);
    n += sizeof(type) - 1;
    for (size_t at = 0; at < reply_n;) {
        size_t piece = reply_n - at > 16384 ? 16384 : reply_n - at;
        n += frame_head(out + n, piece, 0, at + piece == reply_n, d->stream);
        memcpy(out + n, reply + at, piece);
        n += piece;
        at += piece;
    }
    put(d->fd, out, n);
}

static void request(int fd, uint32_t stream)
{
    requests++;
    ring[ring_tail % DUE_MAX] = (struct due){now_ms() + delay_ms, fd, conns[fd]->generation, stream};
    ring_tail++;
    if (delay_ms == 0) {
        answer(&ring[ring_head % DUE_MAX]);
        ring_head++;
    }
}

static void consume(struct conn *c, size_t n)
{
    memmove(c->in, c->in + n, c->n - n);
    c->n -= n;
}

/* true: look again. */
static bool h1_step(int fd, struct conn *c)
{
    if (c->body_left) {
        size_t n = c->body_left < c->n ? (size_t)c->body_left : c->n;
        consume(c, n);
        c->body_left -= n;
        if (n && !c->body_left)
            request(fd, 0);
        return n > 0 && c->n > 0;
    }
    char *end = memmem(c->in, c->n, "\r\n\r\n", 4);
    if (!end)
        return false;
    *end = '\0';
    for (char *line = c->in; line; line = strstr(line, "\r\n")) {
        line += line == c->in ? 0 : 2;
        if (strncasecmp(line, "content-length:", 15) == 0)
            c->body_left = strtoull(line + 15, NULL, 10);
    }
    consume(c, (size_t)(end - c->in) + 4);
    if (!c->body_left)
        request(fd, 0);
    return c->n > 0;
}

static void h2_frame(int fd, const unsigned char *h, uint32_t n)
{
    uint32_t stream;
    memcpy(&stream, h + 5, 4);
    stream = ntohl(stream) & 0x7fffffff;
    unsigned char out[13];
    if (h[3] == 4 && !(h[4] & 1))
        put(fd, out, frame_head(out, 0, 4, 1, 0));
    if (h[3] == 0 && n) { /* DATA: the windows of connection and stream open again */
        uint32_t by = htonl(n);
        memcpy(out + frame_head(out, 4, 8, 0, 0), &by, 4);
        put(fd, out, 13);
    }
    if ((h[3] == 0 || h[3] == 1) && (h[4] & 1))
        request(fd, stream);
}

static bool h2_step(int fd, struct conn *c)
{
    if (c->frame_left) {
        size_t n = c->frame_left < c->n ? c->frame_left : c->n;
        consume(c, n);
        c->frame_left -= (uint32_t)n;
        return n > 0 && c->n > 0;
    }
    if (c->n < 9)
        return false;
    unsigned char h[9];
    memcpy(h, c->in, 9);
    uint32_t n = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
    consume(c, 9);
    c->frame_left = n;
    h2_frame(fd, h, n);
    return c->n > 0;
}

static void conn_readable(int fd)
{
    struct conn *c = conns[fd];
    while (c->open) {
        ssize_t got = recv(fd, c->in + c->n, IN_BYTES - c->n, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 || c->n + (size_t)got >= IN_BYTES * 2) {
            conn_close(fd);
            return;
        }
        c->n += (size_t)got;
        size_t magic = sizeof(H2_MAGIC) - 1;
        if (c->shaking && c->n >= 4) {
            c->h2 = memcmp(c->in, H2_MAGIC, 4) == 0;
            if (c->h2 && c->n < magic)
                continue;
            c->shaking = false;
            if (c->h2) {
                unsigned char out[32], setting[6] = {0, 3, 0, 0, 0, 250}; /* MAX_CONCURRENT_STREAMS */
                size_t n = frame_head(out, 6, 4, 0, 0);
                memcpy(out + n, setting, 6);
                put(fd, out, n + 6);
                consume(c, magic);
            }
        }
        if (c->shaking)
            continue;
        while (c->open && (c->h2 ? h2_step(fd, c) : h1_step(fd, c)))
            ;
    }
}

static void conn_accept(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
        if (fd < 0)
            return;
        if (fd >= FDS_MAX) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (!conns[fd])
            conns[fd] = calloc(1, sizeof(struct conn));
        struct conn *c = conns[fd];
        uint32_t generation = c->generation;
        memset(c, 0, offsetof(struct conn, in));
        c->generation = generation;
        c->open = c->shaking = true;
        open_now++;
        struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
        conn_readable(fd);
    }
}

static void answer_due(void)
{
    uint64_t now = now_ms();
    while (ring_head != ring_tail && ring[ring_head % DUE_MAX].at_ms <= now) {
        answer(&ring[ring_head % DUE_MAX]);
        ring_head++;
    }
}

static int start(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4096) < 0)
        return -1;
    getsockname(fd, (struct sockaddr *)&a, &n);
    printf("%u\n", ntohs(a.sin_port));
    fflush(stdout);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
    ep = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0 ? -1 : fd;
}

static size_t reply_load(const char *path)
{
    static const char plain[] =
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"{\\\"ok\\\":true}\",\"refusal\":null},\"finish_reason\":"
        "\"stop\"}],\"usage\":{\"prompt_tokens\":1500,\"completion_tokens\":80,\"total_tokens\":1580}}";
    memcpy(reply, plain, sizeof(plain) - 1);
    if (!path)
        return sizeof(plain) - 1;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(reply, 1, sizeof(reply), f) : 0;
    if (f)
        fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: llm_delay PORT DELAY_MS [REPLY_FILE]\n");
        return 2;
    }
    delay_ms = strtoull(argv[2], NULL, 10);
    reply_n = reply_load(argc > 3 ? argv[3] : NULL);
    h1_n = (size_t)snprintf(h1_answer, sizeof(h1_answer),
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                            reply_n, (int)reply_n, reply);
    int listener = start((uint16_t)strtoul(argv[1], NULL, 10));
    if (listener < 0) {
        perror("llm_delay");
        return 1;
    }
    for (;;) {
        struct epoll_event ev[512];
        int n = epoll_wait(ep, ev, 512, ring_head == ring_tail ? 1000 : 2);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.fd == listener)
                conn_accept(listener);
            else
                conn_readable(ev[i].data.fd);
        }
        answer_due();
    }
}
