/* A REP socket with CONTROL_EXCHANGES_MAX contexts, each of which carries one question at a time:
 *
 *     RECEIVING --nng's thread--> ARRIVED --loop--> ASKED --control_answer--> SENDING --nng's thread--> RECEIVING
 *
 * nng's threads only move a context between states (atomic) and wake the loop; requests are decoded and handled there.
 * A context in ASKED belongs to the handler. When the server is freed meanwhile, the context is left to control_answer,
 * which frees it. */
#include "io/control/server.h"

#include <assert.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/clock.h"
#include "io/control/listen.h"

#define SEND_TIMEOUT_MS 2000
#define LINGER_MS       100
#define LINGER_AFTER_MS 5

enum exchange_state { EXCHANGE_RECEIVING, EXCHANGE_ARRIVED, EXCHANGE_ASKED, EXCHANGE_SENDING, EXCHANGE_DEAD };

struct control_exchange {
    struct control_server *server; /* NULL: freed meanwhile */
    nng_ctx ctx;
    nng_aio *aio;
    _Atomic int state;
    _Atomic bool closing;
    struct control_request request;
};

struct control_server {
    nng_socket socket;
    struct control_exchange *exchanges[CONTROL_EXCHANGES_MAX];
    struct loop_wake *wake;
    control_handler_fn *fn;
    void *ud;
    uint64_t answered_ms; /* when the last answer was handed over; 0 never */
    bool open;
    struct control_listen listen;
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* nng's threads */

static void receive(struct control_exchange *x)
{
    atomic_store(&x->state, EXCHANGE_RECEIVING);
    nng_aio_set_timeout(x->aio, NNG_DURATION_INFINITE);
    nng_ctx_recv(x->ctx, x->aio);
}

static void on_aio(void *ud)
{
    struct control_exchange *x = ud;
    int rc = nng_aio_result(x->aio);
    bool sending = atomic_load(&x->state) == EXCHANGE_SENDING;
    bool closing = rc == NNG_ECLOSED || rc == NNG_ECANCELED || atomic_load(&x->closing);
    if (sending ? rc != 0 : rc == 0 && closing)
        nng_msg_free(nng_aio_get_msg(x->aio)); /* not sent, or nobody to hear it */
    if (closing) {
        atomic_store(&x->state, EXCHANGE_DEAD);
    } else if (sending || rc) {
        receive(x);
    } else {
        atomic_store(&x->state, EXCHANGE_ARRIVED);
        loop_wake_send(x->server->wake);
    }
}

/* The loop */

static void ask(struct control_exchange *x)
{
    struct err err = {.code = ERR_NONE};
    nng_msg *m = nng_aio_get_msg(x->aio);
    struct str bytes = {.p = nng_msg_body(m), .n = nng_msg_len(m)};
    int rc = control_request_decode(bytes, &x->request, &err);
    nng_msg_free(m);
    atomic_store(&x->state, EXCHANGE_ASKED);
    if (rc)
        control_answer_error(x, "%s", err.msg);
    else
        x->server->fn(x->server->ud, x, &x->request);
}

/* One question a call, the others by another wake: the handler may free the server. */
static void on_wake(void *ud)
{
    struct control_server *s = ud;
    struct control_exchange *first = NULL;
    for (int i = 0; i < CONTROL_EXCHANGES_MAX; i++) {
        if (atomic_load(&s->exchanges[i]->state) != EXCHANGE_ARRIVED)
            continue;
        if (first) {
            loop_wake_send(s->wake);
            break;
        }
        first = s->exchanges[i];
    }
    if (first)
        ask(first);
}

void control_answer(struct control_exchange *x, const struct control_reply *r)
{
    assert(atomic_load(&x->state) == EXCHANGE_ASKED);
    if (!x->server) {
        free(x);
        return;
    }
    struct buf out;
    buf_init(&out, CONTROL_TEXT_MAX_BYTES + 4096);
    control_reply_encode(r, &out);
    if (buf_failed(&out)) {
        struct control_reply too_large = {.ok = false, .error = "the answer is larger than an answer may be"};
        buf_reset(&out);
        control_reply_encode(&too_large, &out);
    }
    nng_msg *m;
    if (nng_msg_alloc(&m, out.len) != 0)
        abort();
    memcpy(nng_msg_body(m), out.data, out.len);
    buf_fini(&out);
    x->server->answered_ms = clock_mono_ms();
    atomic_store(&x->state, EXCHANGE_SENDING);
    nng_aio_set_msg(x->aio, m);
    nng_aio_set_timeout(x->aio, SEND_TIMEOUT_MS);
    nng_ctx_send(x->ctx, x->aio);
}

void control_answer_error(struct control_exchange *x, const char *fmt, ...)
{
    struct control_reply r = {.ok = false};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r.error, sizeof(r.error), fmt, ap);
    va_end(ap);
    control_answer(x, &r);
}

/* Life */

static int exchanges_open(struct control_server *s)
{
    for (int i = 0; i < CONTROL_EXCHANGES_MAX; i++) {
        struct control_exchange *x = s->exchanges[i] = must(calloc(1, sizeof(*x)));
        x->server = s;
        atomic_store(&x->state, EXCHANGE_DEAD);
        int rc = nng_ctx_open(&x->ctx, s->socket);
        if (rc == 0)
            rc = nng_aio_alloc(&x->aio, on_aio, x);
        if (rc)
            return rc;
    }
    for (int i = 0; i < CONTROL_EXCHANGES_MAX; i++)
        receive(s->exchanges[i]);
    return 0;
}

int control_server_new(struct loop *l, const char *url, control_handler_fn *fn, void *ud, struct control_server **ret,
                       struct err *err)
{
    struct control_server *s = must(calloc(1, sizeof(*s)));
    s->fn = fn;
    s->ud = ud;
    s->wake = loop_wake_new(l, on_wake, s);
    int rc = nng_rep0_open(&s->socket);
    if (rc == 0) {
        s->open = true;
        nng_socket_set_size(s->socket, NNG_OPT_RECVMAXSZ, CONTROL_REQUEST_MAX_BYTES);
        rc = exchanges_open(s);
    }
    if (rc == 0)
        rc = control_listen_open(&s->listen, l, s->socket, url);
    if (rc == 0) {
        *ret = s;
        return 0;
    }
    control_server_free(s);
    enum err_code code = rc == NNG_EADDRINUSE                       ? ERR_CONFLICT
                         : rc == NNG_EADDRINVAL || rc == NNG_EINVAL ? ERR_CONFIG
                                                                    : ERR_IO;
    return err_set(err, code, "control: listening at %.120s: %s", url, nng_strerror(rc));
}

const char *control_server_url(const struct control_server *s)
{
    return s->listen.url;
}

static void sleep_ms(int ms)
{
    struct timespec t = {.tv_nsec = (long)ms * 1000000};
    nanosleep(&t, NULL);
}

/* Sent answers are in nng's hands; closing the socket would drop what its threads have not written yet. */
static void let_answers_leave(struct control_server *s)
{
    bool sending = true;
    for (int waited = 0; sending && waited < LINGER_MS; waited++) {
        sending = false;
        for (int i = 0; i < CONTROL_EXCHANGES_MAX && s->exchanges[i]; i++)
            sending = sending || atomic_load(&s->exchanges[i]->state) == EXCHANGE_SENDING;
        if (sending)
            sleep_ms(1);
    }
    if (s->answered_ms && clock_mono_ms() - s->answered_ms < LINGER_MS)
        sleep_ms(LINGER_AFTER_MS);
}

static void exchange_close(struct control_exchange *x)
{
    atomic_store(&x->closing, true);
    if (x->aio) {
        nng_aio_stop(x->aio);
        if (atomic_load(&x->state) == EXCHANGE_ARRIVED)
            nng_msg_free(nng_aio_get_msg(x->aio));
        nng_aio_free(x->aio);
    }
    x->server = NULL;
    nng_ctx_close(x->ctx);
    if (atomic_load(&x->state) != EXCHANGE_ASKED)
        free(x);
}

void control_server_free(struct control_server *s)
{
    if (!s)
        return;
    let_answers_leave(s);
    control_listen_close(&s->listen);
    for (int i = 0; i < CONTROL_EXCHANGES_MAX && s->exchanges[i]; i++)
        exchange_close(s->exchanges[i]);
    if (s->open)
        nng_close(s->socket);
    loop_wake_free(s->wake);
    free(s);
}
