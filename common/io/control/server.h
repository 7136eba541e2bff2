/* Answers control questions on the loop. nng's threads receive and send; the handler runs on the loop's thread only. */
#pragma once

#include "core/loop.h"
#include "io/control/message.h"

struct control_server;
struct control_exchange; /* one question that waits for its answer */

#define CONTROL_URL_BYTES     160
#define CONTROL_EXCHANGES_MAX 4 /* questions under way at a time; further ones wait in nng */

/* Answers x by control_answer, now or later, exactly once. The request is borrowed until then. */
typedef void control_handler_fn(void *ud, struct control_exchange *x, const struct control_request *q);

/* Listens on url: "ipc:///path" (made readable for its owner only), "tcp://127.0.0.1:PORT" or "tcp://127.0.0.1:0"
 * (takes a free port below 32768). -ERR_CONFLICT someone listens there, -ERR_CONFIG, -ERR_IO. */
int control_server_new(struct loop *l, const char *url, control_handler_fn *fn, void *ud, struct control_server **ret,
                       struct err *err);
const char *control_server_url(const struct control_server *s); /* where it listens; borrowed */

/* Sends the answer and ends x. An answer to a server that was freed meanwhile goes nowhere. r is borrowed until the
 * call returns. */
void control_answer(struct control_exchange *x, const struct control_reply *r);
/* The same with ok false and one sentence. */
void control_answer_error(struct control_exchange *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Stops listening; gives answers just handed over up to 100 ms to leave. Unanswered exchanges stay valid for
 * control_answer. Accepts NULL. */
void control_server_free(struct control_server *s);
CLEANUP_DEFINE(struct control_server, control_server_free)

/* The url of a process' socket under run_dir: "ipc://RUN_DIR/INSTANCE.ctl" (run_dir made absolute), or
 * "tcp://127.0.0.1:0" when that path is longer than a unix socket's name may be (107 bytes). Writes into out and
 * returns it. */
const char *control_url_make(const char *run_dir, const char *instance, char out[CONTROL_URL_BYTES]);
