/* One thread, poll() with a short timeout; commands are flags under a mutex and are waited for. Every connection is a
 * pair of blocking sockets with one small buffer: a byte that was read is written before the next is read. */
#include "relay.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RELAY_PAIRS      64
#define RELAY_PORT_FIRST 20000 /* below the range the kernel gives to outgoing connections */
#define RELAY_PORTS      12000

struct relay {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool want_up, want_frozen, want_end; /* what the test asks for */
    bool is_up, is_frozen;               /* what the thread has done */
    int accepted;
    int listener, port;
    struct sockaddr_in to;
    int pairs[RELAY_PAIRS][2];
    int npairs;
};

static void relay_must(bool ok, const char *what)
{
    if (!ok) {
        perror(what);
        abort();
    }
}

static bool relay_listen(struct relay *r, int port)
{
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    relay_must(r->listener >= 0, "relay: socket");
    int one = 1;
    setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(r->listener, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(r->listener, 64) == 0) {
        r->port = port;
        return true;
    }
    close(r->listener);
    r->listener = -1;
    return false;
}

static void relay_close(struct relay *r, int i)
{
    struct linger reset = {.l_onoff = 1};
    for (int side = 0; side < 2; side++) {
        setsockopt(r->pairs[i][side], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(r->pairs[i][side]);
    }
    memcpy(r->pairs[i], r->pairs[--r->npairs], sizeof(r->pairs[i]));
}

static void relay_accept(struct relay *r)
{
    int in = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
    if (in < 0)
        return;
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->npairs == RELAY_PAIRS || connect(out, (struct sockaddr *)&r->to, sizeof(r->to)) != 0) {
        close(in);
        close(out);
        return;
    }
    r->pairs[r->npairs][0] = in;
    r->pairs[r->npairs++][1] = out;
    pthread_mutex_lock(&r->lock);
    r->accepted++;
    pthread_mutex_unlock(&r->lock);
}

static bool relay_forward(int from, int to)
{
    char bytes[65536];
    ssize_t n = recv(from, bytes, sizeof(bytes), 0);
    for (ssize_t at = 0; at < n;) {
        ssize_t done = send(to, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        at += done;
    }
    return n > 0;
}

static void relay_turn(struct relay *r)
{
    struct pollfd fds[1 + 2 * RELAY_PAIRS];
    int n = 0, pairs = r->is_frozen ? 0 : r->npairs;
    fds[n++] = (struct pollfd){.fd = r->listener, .events = POLLIN};
    for (int i = 0; i < pairs; i++)
        for (int side = 0; side < 2; side++)
            fds[n++] = (struct pollfd){.fd = r->pairs[i][side], .events = POLLIN};
    if (poll(fds, (nfds_t)n, 2) <= 0)
        return;
    for (int i = pairs - 1; i >= 0; i--)
        for (int side = 0; side < 2; side++)
            if (fds[1 + 2 * i + side].revents && !relay_forward(r->pairs[i][side], r->pairs[i][!side])) {
                relay_close(r, i);
                break;
            }
    if (fds[0].revents & POLLIN)
        relay_accept(r);
}

/* Does what the test asks for; false: end. */
static bool relay_obey(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    if (r->is_up != r->want_up) {
        if (r->want_up) {
            relay_must(relay_listen(r, r->port), "relay: listening again");
        } else {
            close(r->listener);
            r->listener = -1;
            while (r->npairs)
                relay_close(r, r->npairs - 1);
        }
        r->is_up = r->want_up;
    }
    r->is_frozen = r->want_frozen;
    bool end = r->want_end;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return !end;
}

static void *relay_run(void *ud)
{
    struct relay *r = ud;
    while (relay_obey(r))
        relay_turn(r);
    return NULL;
}

struct relay *relay_new(const char *host, int port)
{
    struct relay *r = calloc(1, sizeof(*r));
    relay_must(r != NULL, "relay");
    r->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct addrinfo hints = {.ai_family = AF_INET}, *found = NULL;
    relay_must(getaddrinfo(host, NULL, &hints, &found) == 0, "relay: host");
    r->to.sin_addr = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr;
    freeaddrinfo(found);
    for (int i = 0; i < 200 && r->port == 0; i++)
        (void)relay_listen(r, RELAY_PORT_FIRST + (getpid() * 31 + i * 97) % RELAY_PORTS);
    relay_must(r->port != 0, "relay: no free port");
    r->is_up = r->want_up = true;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    relay_must(pthread_create(&r->thread, NULL, relay_run, r) == 0, "relay: thread");
    return r;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    relay_down(r);
    pthread_mutex_lock(&r->lock);
    r->want_end = true;
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

int relay_port(const struct relay *r)
{
    return r->port;
}

static void relay_want(struct relay *r, bool up, bool frozen)
{
    pthread_mutex_lock(&r->lock);
    r->want_up = up;
    r->want_frozen = frozen;
    while (r->is_up != r->want_up || r->is_frozen != r->want_frozen)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

void relay_down(struct relay *r)
{
    relay_want(r, false, false);
}

void relay_up(struct relay *r)
{
    relay_want(r, true, false);
}

void relay_freeze(struct relay *r)
{
    relay_want(r, true, true);
}

void relay_thaw(struct relay *r)
{
    relay_want(r, true, false);
}

int relay_accepted(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    int n = r->accepted;
    pthread_mutex_unlock(&r->lock);
    return n;
}
