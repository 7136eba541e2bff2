/* The decoder of task messages and of control messages: no input may crash it, and what it accepts survives a round
 * trip. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "io/control/message.h"
#include "io/kafka/message.h"

#define STAGES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void task(struct str in)
{
    struct task_message m, again;
    const char *reason = NULL;
    if (task_message_decode(in, STAGES, &m, &reason, NULL) < 0) {
        must(reason != NULL);
        return;
    }
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    size_t n = task_message_encode(&m, wire);
    must(task_message_decode((struct str){.p = (const char *)wire, .n = n}, STAGES, &again, &reason, NULL) == 0);
    must(uuid_eq(&m.task_id, &again.task_id) && uuid_eq(&m.tenant_id, &again.tenant_id) && m.stage == again.stage);
    must(m.priority == again.priority && m.attempt == again.attempt && m.released_at_us == again.released_at_us);
    must(strcmp(m.traceparent, again.traceparent) == 0);
}

static void control(struct str in)
{
    struct buf out;
    buf_init(&out, CONTROL_TEXT_MAX_BYTES * 2);
    struct control_request q;
    if (control_request_decode(in, &q, NULL) == 0) {
        control_request_encode(&q, &out);
        must(!buf_failed(&out));
    }
    buf_reset(&out);
    struct control_reply r;
    if (control_reply_decode(in, &r, NULL) == 0) {
        control_reply_encode(&r, &out);
        must(!buf_failed(&out));
    }
    control_reply_fini(&r);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {.p = (const char *)data, .n = size};
    task(in);
    control(in);
    return 0;
}
