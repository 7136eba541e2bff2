#include "cli/net.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "base/buf.h"
#include "base/cleanup.h"

static int net_wait(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n = poll(&p, 1, timeout_ms);
    return n == 1 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

static int net_connect_one(const struct addrinfo *a, int timeout_ms)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), code = 0;
    socklen_t n = sizeof(code);
    if (fd < 0)
        return -errno;
    if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
        code = errno == EINPROGRESS ? -net_wait(fd, POLLOUT, timeout_ms) : errno;
        if (code == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) < 0)
            code = errno;
    }
    if (code == 0)
        return fd;
    close(fd);
    return -code;
}

/* A connected descriptor, or a negative ERR_x. */
static int net_connect(const char *host, int port, int timeout_ms, struct err *err)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    snprintf(service, sizeof(service), "%d", port);
    int rc = getaddrinfo(host, service, &hints, &list), fd = -EHOSTUNREACH;
    if (rc != 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot resolve %.80s: %s", host, gai_strerror(rc));
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = net_connect_one(a, timeout_ms);
    freeaddrinfo(list);
    return fd >= 0 ? fd : err_set(err, ERR_UNAVAILABLE, "cannot reach %.80s:%d: %s", host, port, strerror(-fd));
}

int net_reach(const char *host, int port, int timeout_ms, struct err *err)
{
    int fd = net_connect(host, port, timeout_ms, err);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int net_redis_ping(const char *host, int port, const char *password, int timeout_ms, struct err *err)
{
    _cleanup_close_ int fd = net_connect(host, port, timeout_ms, err);
    if (fd < 0)
        return fd;
    struct buf q;
    buf_init(&q, 8192);
    if (*password)
        buf_addf(&q, "*2\r\n$4\r\nAUTH\r\n$%zu\r\n%s\r\n", strlen(password), password);
    buf_adds(&q, "*1\r\n$4\r\nPING\r\n");
    ssize_t n = send(fd, buf_str(&q), q.len, MSG_NOSIGNAL);
    bool sent = n == (ssize_t)q.len;
    buf_fini(&q);
    char reply[512];
    size_t got = 0;
    while (sent && got < sizeof(reply) - 1 && net_wait(fd, POLLIN, timeout_ms) == 0) {
        n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
        reply[got] = '\0';
        if (strstr(reply, "+PONG\r\n"))
            return 0;
        if (reply[0] == '-')
            return err_set(err, ERR_FORBIDDEN, "Redis at %.80s:%d says: %.*s", host, port,
                           (int)strcspn(reply + 1, "\r"), reply + 1);
    }
    return err_set(err, ERR_UNAVAILABLE, "%.80s:%d does not answer like Redis", host, port);
}

void net_first(const char *list, int otherwise_port, char *host, int cap, int *ret_port)
{
    int n = (int)strcspn(list, ",");
    snprintf(host, (size_t)cap, "%.*s", MIN(n, cap - 1), list);
    char *colon = strrchr(host, ':');
    *ret_port = otherwise_port;
    if (colon && colon[1]) {
        *ret_port = atoi(colon + 1);
        *colon = '\0';
    }
}
