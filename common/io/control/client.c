/* Every question has a REQ socket of its own, so that slow ones do not hold up the others: all dial and send at once,
 * then the answers are collected in order under one deadline.
 *
 * nng dials in the background and would try again until the deadline; so whether nobody listens is asked of the kernel
 * before. */
#include "io/control/client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "core/clock.h"

#define REFUSAL_WAIT_MS 100 /* a refusal of this machine takes microseconds */

struct question {
    nng_socket socket;
    nng_aio *aio;
    bool sent;
    struct err err;
};

/* Whether it is certain that nobody listens. A unix socket is asked with the wrong type: the kernel says "wrong type"
 * where a process has it open and "refused" where none has, and the listener notices nothing (see listen.h on visitors
 * that hang up). */

static bool nobody_at_path(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(un.sun_path))
        return false;
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0 &&
           (errno == ECONNREFUSED || errno == ENOENT);
}

static bool nobody_at_port(const char *host, unsigned port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return false;
    _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&in, sizeof(in)) == 0)
        return false;
    if (errno != EINPROGRESS)
        return errno == ECONNREFUSED;
    int failure = 0;
    socklen_t n = sizeof(failure);
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};
    return poll(&pfd, 1, REFUSAL_WAIT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &n) == 0 &&
           failure == ECONNREFUSED;
}

static bool nobody_there(const char *url)
{
    char host[64];
    unsigned port;
    if (strncmp(url, "ipc://", 6) == 0)
        return nobody_at_path(url + 6);
    return sscanf(url, "tcp://%63[0-9.]:%5u", host, &port) == 2 && nobody_at_port(host, port);
}

static int failed(struct err *err, const char *url, int nng_code)
{
    enum err_code code = nng_code == NNG_ETIMEDOUT                              ? ERR_TIMEOUT
                         : nng_code == NNG_EINVAL || nng_code == NNG_EADDRINVAL ? ERR_CONFIG
                                                                                : ERR_IO;
    return err_set(err, code, "control: %.120s: %s", url, nng_strerror(nng_code));
}

static int question_open(struct question *q, const char *url, int timeout_ms)
{
    int rc = nng_req0_open(&q->socket);
    if (rc)
        return rc;
    nng_socket_set_size(q->socket, NNG_OPT_RECVMAXSZ, CONTROL_TEXT_MAX_BYTES + 8192);
    nng_socket_set_ms(q->socket, NNG_OPT_REQ_RESENDTIME,
                      2 * timeout_ms); /* only over a new connection, when one was lost */
    nng_socket_set_ms(q->socket, NNG_OPT_RECONNMINT, 10);
    nng_socket_set_ms(q->socket, NNG_OPT_RECONNMAXT, 100);
    rc = nng_aio_alloc(&q->aio, NULL, NULL);
    if (rc == 0)
        rc = nng_dial(q->socket, url, NULL, NNG_FLAG_NONBLOCK);
    if (rc == 0)
        nng_aio_set_timeout(q->aio, timeout_ms);
    return rc;
}

static void question_send(struct question *q, const struct control_survey *s, const struct buf *wire, int timeout_ms)
{
    nng_msg *m;
    if (nobody_there(s->url)) {
        err_set(&q->err, ERR_UNAVAILABLE, "control: nobody listens at %.120s", s->url);
        return;
    }
    int rc = question_open(q, s->url, timeout_ms);
    if (rc == 0)
        rc = nng_msg_alloc(&m, wire->len);
    if (rc) {
        failed(&q->err, s->url, rc);
        return;
    }
    memcpy(nng_msg_body(m), wire->data, wire->len);
    nng_aio_set_msg(q->aio, m);
    nng_send_aio(q->socket, q->aio);
    q->sent = true;
}

static void question_receive(struct question *q, struct control_survey *s, uint64_t deadline_ms)
{
    nng_aio_wait(q->aio);
    int rc = nng_aio_result(q->aio);
    if (rc) {
        nng_msg_free(nng_aio_get_msg(q->aio));
        failed(&q->err, s->url, rc);
        return;
    }
    uint64_t now = clock_mono_ms();
    nng_aio_set_timeout(q->aio, now < deadline_ms ? (nng_duration)(deadline_ms - now) : 1);
    nng_recv_aio(q->socket, q->aio);
    nng_aio_wait(q->aio);
    rc = nng_aio_result(q->aio);
    if (rc) {
        failed(&q->err, s->url, rc);
        return;
    }
    nng_msg *m = nng_aio_get_msg(q->aio);
    struct str bytes = {.p = nng_msg_body(m), .n = nng_msg_len(m)};
    control_reply_decode(bytes, &s->reply, &q->err);
    nng_msg_free(m);
}

static void question_close(struct question *q)
{
    if (q->aio)
        nng_aio_free(q->aio);
    if (nng_socket_id(q->socket) > 0)
        nng_close(q->socket);
}

static int survey(struct control_survey *s, struct question *qs, int n, const struct control_request *q, int timeout_ms)
{
    uint64_t deadline_ms = clock_mono_ms() + (uint64_t)timeout_ms;
    struct buf wire;
    int answered = 0;
    buf_init(&wire, CONTROL_REQUEST_MAX_BYTES);
    control_request_encode(q, &wire);
    for (int i = 0; i < n; i++) {
        s[i].reply = (struct control_reply){.ok = false};
        if (buf_failed(&wire))
            err_set(&qs[i].err, ERR_TOO_LARGE, "control: the question is too large");
        else
            question_send(&qs[i], &s[i], &wire, timeout_ms);
    }
    for (int i = 0; i < n; i++) {
        if (qs[i].sent)
            question_receive(&qs[i], &s[i], deadline_ms);
        question_close(&qs[i]);
        s[i].code = -(int)qs[i].err.code;
        answered += s[i].code == 0;
    }
    buf_fini(&wire);
    return answered;
}

int control_survey(struct control_survey *s, int n, const struct control_request *q, int timeout_ms)
{
    assert(n >= 0 && n <= CONTROL_SURVEY_MAX);
    _cleanup_free_ struct question *qs = calloc((size_t)n + 1, sizeof(*qs));
    if (!qs)
        abort();
    return survey(s, qs, n, q, timeout_ms);
}

int control_call(const char *url, const struct control_request *q, int timeout_ms, struct control_reply *ret,
                 struct err *err)
{
    struct control_survey one = {.url = url};
    struct question question = {.sent = false};
    survey(&one, &question, 1, q, timeout_ms);
    *ret = one.reply;
    if (one.code && err)
        *err = question.err;
    return one.code;
}
