/* The listening end of the control plane, kept alive. Private to io/control.
 *
 * nng 1.5 takes no more visitors, for good, when one on a unix socket hangs up before it was greeted, which happens
 * when a client gives up on a process that was stopped for a while (listener_accept_cb treats the resulting NNG_ECLOSED
 * as its own end). So the process visits itself every few seconds; when no visitor was let in by the next time, it
 * listens anew. */
#pragma once

#include <nng/nng.h>
#include <stdatomic.h>
#include "core/loop.h"
#include "io/control/server.h"

struct control_listen {
    nng_socket socket;
    nng_listener listener;
    struct loop_timer *timer; /* NULL: not a unix socket */
    int fd;                   /* our own visit; -1 between two checks */
    _Atomic unsigned let_in;  /* visitors nng has let in; counted on its threads */
    unsigned let_in_before;   /* the same when our visit began */
    char url[CONTROL_URL_BYTES];
};

/* Listens on url ("tcp://HOST:0" takes a free port). Returns an nng code; 0 is success. In place. */
int control_listen_open(struct control_listen *li, struct loop *l, nng_socket socket, const char *url);
void control_listen_close(struct control_listen *li); /* safe on a zeroed one */
