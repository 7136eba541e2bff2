/* Waiting for something to happen to a batch or an application: ?wait= and Prefer: wait. */
#pragma once

#include "gateway/call.h"

struct waiter; /* lives in the request's arena */

/* fn is called once, on the loop, never inside wait_start: timed_out true when nothing happened in ms, or the gateway
 * is stopping. Not called when the client goes away. fn's ud keeps no reference: the waiter holds the request until
 * then. */
typedef void wait_fn(void *ud, bool timed_out);

/* Waits for an event of the batch behind last_seq; of the application when it is not nil. One at a time per request. */
void wait_start(struct call *c, const struct uuid *batch_id, const struct uuid *application_id, int64_t last_seq,
                uint64_t ms, wait_fn *fn, void *ud);
