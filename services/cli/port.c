#include "cli/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "core/ids.h"

#define PORT_FIRST 20000
#define PORT_COUNT 12000
#define PORT_TRIES 200

static int port_bind(const char *host, unsigned port, int option)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool v6 = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
    if (!v6 && inet_pton(AF_INET, host, &four.sin_addr) != 1)
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* a name: the gateway resolves it */
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on));
    if (bind(fd, v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four, v6 ? sizeof(six) : sizeof(four)) < 0) {
        int code = -errno;
        close(fd);
        return code;
    }
    return fd;
}

/* The first bind fails when anybody listens there or keeps the port as we do; the second keeps it. Returns the
 * descriptor or -errno. */
static int port_try(const char *host, unsigned port)
{
    int probe = port_bind(host, port, SO_REUSEADDR);
    if (probe < 0)
        return probe;
    close(probe);
    return port_bind(host, port, SO_REUSEPORT);
}

int port_reserve(const char *host, unsigned wanted, bool fixed, unsigned *ret_port, int *ret_fd, struct err *err)
{
    int fd = wanted ? port_try(host, wanted) : -EADDRINUSE;
    *ret_port = wanted;
    if (fd < 0 && wanted && fixed)
        return err_set(err, ERR_CONFLICT, "port %u cannot be used: %s", wanted, strerror(-fd));
    for (int i = 0; fd < 0 && i < PORT_TRIES; i++) {
        *ret_port = PORT_FIRST + (unsigned)(ids_random01() * PORT_COUNT);
        fd = port_try(host, *ret_port);
    }
    if (fd < 0)
        return err_set(err, ERR_IO, "no free port on %s: %s", host, strerror(-fd));
    *ret_fd = fd;
    return 0;
}
