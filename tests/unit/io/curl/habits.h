/* A server whose answer is told by the path: each connection has a thread of plain sockets. It knows nothing of the
 * code under test, and breaks rules that a library for servers would not let it break. */
#pragma once

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    int listener;
    uint16_t port;
    pthread_t thread;
    int connections, gone, running, hangs;
    char body[64]; /* of the last request */
    volatile int stop;
} habits;

static inline void habits_say(int fd, const char *text)
{
    for (size_t n = strlen(text); n;) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

/* The whole request; false at the end of the connection. */
static inline int habits_read(int fd, char *path, size_t max)
{
    char in[16384];
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(fd, in + n, sizeof(in) - 1 - n, 0);
        if (got <= 0)
            return 0;
        n += (size_t)got;
        in[n] = '\0';
        char *end = strstr(in, "\r\n\r\n"), *length = strcasestr(in, "content-length:");
        if (end && n >= (size_t)(end + 4 - in) + (length ? strtoul(length + 15, NULL, 10) : 0))
            break;
    }
    snprintf(habits.body, sizeof(habits.body), "%s", strstr(in, "\r\n\r\n") + 4);
    char *from = strchr(in, ' ') + 1;
    snprintf(path, max, "%.*s", (int)strcspn(from, " "), from);
    return 1;
}

static inline void habits_wait_end(int fd)
{
    char c;
    while (!habits.stop && recv(fd, &c, 1, 0) > 0)
        ;
    __atomic_fetch_add(&habits.gone, 1, __ATOMIC_RELAXED);
}

static inline void habits_reset(int fd)
{
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

#define HABITS_OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Habit: ok\r\n\r\nhello"

/* 0: the connection is over. */
static inline int habits_answer(int fd, const char *path)
{
    if (strcmp(path, "/ok") == 0 || strcmp(path, "/first") == 0) {
        habits_say(fd, HABITS_OK);
        return 1;
    }
    if (strcmp(path, "/onceclose") == 0) {
        habits_say(fd, HABITS_OK);
    } else if (strcmp(path, "/500") == 0) {
        habits_say(fd, "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno");
        return 1;
    } else if (strcmp(path, "/hang") == 0) {
        __atomic_fetch_add(&habits.hangs, 1, __ATOMIC_RELAXED);
        habits_wait_end(fd);
    } else if (strcmp(path, "/stall") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbegin");
        habits_wait_end(fd);
    } else if (strcmp(path, "/reset") == 0) {
        habits_reset(fd);
    } else if (strcmp(path, "/cut") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbegin");
    } else if (strcmp(path, "/cutchunk") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nbegin");
    } else if (strcmp(path, "/resetmid") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbegin");
        usleep(20000);
        habits_reset(fd);
    } else if (strcmp(path, "/big") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        for (int i = 0; i < 1000; i++)
            habits_say(
                fd,
                "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
    } else if (strcmp(path, "/bighead") == 0) {
        habits_say(fd, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 1000; i++)
            habits_say(fd, "X-Long: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
        habits_say(fd, "Content-Length: 0\r\n\r\n");
    } else if (strcmp(path, "/garbage") == 0) {
        habits_say(fd, "220 mail.example.com ESMTP\r\n");
    } else if (strcmp(path, "/drip") == 0) {
        static const char text[] = "drip drip drip";
        habits_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n");
        for (size_t i = 0; i + 1 < sizeof(text); i++) {
            char one[2] = {text[i], '\0'};
            habits_say(fd, one);
            usleep(5000);
        }
    }
    return 0;
}

static inline void *habits_serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char path[128];
    bool first = true;
    while (!habits.stop && habits_read(fd, path, sizeof(path))) {
        if (strcmp(path, "/first") == 0 && !first) { /* read whole, and not a byte of an answer */
            usleep(20000);
            break;
        }
        first = false;
        if (!habits_answer(fd, path))
            break;
    }
    close(fd);
    __atomic_fetch_sub(&habits.running, 1, __ATOMIC_RELEASE);
    return NULL;
}

static inline void *habits_accept(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(habits.listener, NULL, NULL);
        pthread_t t;
        if (fd < 0)
            return NULL;
        struct timeval patience = {.tv_sec = 1};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        __atomic_fetch_add(&habits.connections, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&habits.running, 1, __ATOMIC_ACQUIRE);
        pthread_create(&t, NULL, habits_serve, (void *)(intptr_t)fd);
        pthread_detach(t);
    }
}

static inline void habits_open(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    memset(&habits, 0, sizeof(habits));
    habits.listener = socket(AF_INET, SOCK_STREAM, 0);
    for (uint16_t port = (uint16_t)(20000 + getpid() % 10000);; port++) { /* below what the system gives to clients */
        a.sin_port = htons(port);
        if (bind(habits.listener, (struct sockaddr *)&a, sizeof(a)) == 0)
            break;
        cr_assert(port < 32000, "no free port");
    }
    cr_assert(listen(habits.listener, 512) == 0);
    getsockname(habits.listener, (struct sockaddr *)&a, &n);
    habits.port = ntohs(a.sin_port);
    pthread_create(&habits.thread, NULL, habits_accept, NULL);
}

static inline void habits_close(void)
{
    habits.stop = 1;
    shutdown(habits.listener, SHUT_RDWR);
    pthread_join(habits.thread, NULL);
    close(habits.listener);
    while (__atomic_load_n(&habits.running, __ATOMIC_ACQUIRE))
        usleep(1000);
}

static inline uint16_t habits_port(void)
{
    return habits.port;
}
static inline int habits_connections(void)
{
    return __atomic_load_n(&habits.connections, __ATOMIC_RELAXED);
}
static inline int habits_gone(void)
{
    return __atomic_load_n(&habits.gone, __ATOMIC_RELAXED);
}
static inline int habits_seen(const char *path)
{
    return strcmp(path, "/hang") == 0 ? __atomic_load_n(&habits.hangs, __ATOMIC_RELAXED) : 0;
}
