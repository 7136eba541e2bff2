/* Rows come grouped by batch and ordered by seq (jm_events_append), so one pass with a small array of events suffices.
 */
#include "pipeline/progress/outbox.h"

#include <stdlib.h>
#include "base/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/trace.h"
#include "io/kafka/message.h"
#include "pipeline/progress/event.h"

#define OUTBOX_MESSAGE_MAX_BYTES ((size_t)256 * 1024)

struct outbox {
    struct kafka_producer *producer;
    struct redis *redis;
    struct progress_event events[PROGRESS_EVENTS_MAX];
    size_t events_n;
    struct uuid batch_id;
    struct buf message;
};

struct outbox *outbox_new(struct kafka_producer *producer, struct redis *redis)
{
    struct outbox *o = calloc(1, sizeof(*o));
    if (!o)
        abort();
    o->producer = producer;
    o->redis = redis;
    buf_init(&o->message, OUTBOX_MESSAGE_MAX_BYTES);
    return o;
}

void outbox_free(struct outbox *o)
{
    if (!o)
        return;
    buf_fini(&o->message);
    free(o);
}

void outbox_task(struct outbox *o, const struct uuid *tenant_id, const struct uuid *task_id, int stage, int priority,
                 int attempt, struct str traceparent)
{
    const struct stage_row *row = stage_row((enum stage)stage);
    if (!row)
        return;
    struct task_message m = {.task_id = *task_id,
                             .tenant_id = *tenant_id,
                             .stage = stage,
                             .priority = priority,
                             .attempt = (uint32_t)attempt,
                             .released_at_us = clock_wall_us()};
    struct trace trace;
    trace_from_stored(traceparent,
                      &trace); /* what is not one is left out: a message nobody can decode would come again for ever */
    memcpy(m.traceparent, trace.parent, sizeof(m.traceparent));
    uint8_t bytes[TASK_MESSAGE_MAX_BYTES];
    size_t n = task_message_encode(&m, bytes);
    const char *headers[] = {"traceparent", m.traceparent, NULL};
    struct err err;
    if (kafka_produce(o->producer, row->topics[priority], -1, (struct str){0}, (struct str){.p = (char *)bytes, .n = n},
                      m.traceparent[0] ? headers : NULL, NULL, NULL, &err) < 0)
        log_warn(NULL, "publishing to %s: %s, the dispatcher will publish it again", row->topics[priority], err.msg);
}

static void outbox_flush(struct outbox *o)
{
    if (o->events_n && o->redis) {
        char channel[PROGRESS_CHANNEL_BYTES];
        buf_reset(&o->message);
        progress_encode(o->events, o->events_n, &o->message);
        if (!buf_failed(&o->message))
            redis_publish(o->redis, str_of(progress_channel(&o->batch_id, channel)),
                          (struct str){.p = buf_str(&o->message), .n = o->message.len});
    }
    o->events_n = 0;
}

static void outbox_event(struct outbox *o, const struct change *c)
{
    if (o->events_n && (!uuid_eq(&o->batch_id, &c->batch_id) || o->events_n == PROGRESS_EVENTS_MAX ||
                        o->events[o->events_n - 1].seq + 1 != c->seq))
        outbox_flush(o);
    o->batch_id = c->batch_id;
    o->events[o->events_n++] = (struct progress_event){
        .seq = c->seq, .application_id = c->subject_id, .stage = c->stage, .state = c->state, .code = c->code};
}

int outbox_changes(struct outbox *o, const struct pg_rows *rows, outbox_accepted_fn *fn, void *ud)
{
    int accepted = 0;
    for (int i = 0; i < rows->count; i++) {
        struct change c;
        change_read(rows, i, &c);
        switch (c.what) {
        case CHANGE_ACCEPTED:
            accepted++;
            if (fn)
                fn(ud, &c);
            break;
        case CHANGE_PUBLISH:
            outbox_task(o, &c.tenant_id, &c.subject_id, c.stage, c.priority, 0, c.traceparent);
            break;
        case CHANGE_EVENT:
            outbox_event(o, &c);
            break;
        case CHANGE_ADMITTED:
            break;
        }
    }
    outbox_flush(o);
    return accepted;
}
