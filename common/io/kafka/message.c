/* Unpacking uses no heap: protobuf-c gets an allocator over a stack array, which also bounds what a hostile message may
 * make it allocate (unknown fields, repeated values). Freed pieces are not reused; running out reads as malformed. */
#include "io/kafka/message.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>
#include "messages.pb-c.h"

#define MESSAGE_SCRATCH_BYTES 8192

struct scratch {
    size_t used;
    alignas(max_align_t) char bytes[MESSAGE_SCRATCH_BYTES];
};

static void *scratch_alloc(void *ud, size_t n)
{
    struct scratch *s = ud;
    if (n > MESSAGE_SCRATCH_BYTES)
        return NULL;
    size_t need = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (need > MESSAGE_SCRATCH_BYTES - s->used)
        return NULL;
    void *p = s->bytes + s->used;
    s->used += need;
    return p;
}

static void scratch_free(void *ud UNUSED, void *p UNUSED)
{
}

size_t task_message_encode(const struct task_message *m, uint8_t out[TASK_MESSAGE_MAX_BYTES])
{
    assert(m->stage >= 1 && m->priority >= 0);
    Jobmill__TaskReady w = JOBMILL__TASK_READY__INIT;
    w.schema_version = TASK_MESSAGE_SCHEMA;
    w.task_id = (ProtobufCBinaryData){.len = UUID_BYTES, .data = (uint8_t *)m->task_id.b};
    w.tenant_id = (ProtobufCBinaryData){.len = UUID_BYTES, .data = (uint8_t *)m->tenant_id.b};
    w.stage = (uint32_t)m->stage;
    w.priority = (uint32_t)m->priority;
    w.attempt = m->attempt;
    w.released_at_us = m->released_at_us;
    w.traceparent = (char *)m->traceparent;
    assert(jobmill__task_ready__get_packed_size(&w) <= TASK_MESSAGE_MAX_BYTES);
    return jobmill__task_ready__pack(&w, out);
}

/* "00-<32 hex>-<16 hex>-<2 hex>", lower case, or empty. */
static bool trace_fits(const char *t)
{
    static const char form[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    _Static_assert(sizeof(form) == TASK_MESSAGE_TRACE_BYTES, "form of a traceparent");
    if (!*t)
        return true;
    for (size_t i = 0; i < sizeof(form); i++) {
        bool hex = str_is_digit(t[i]) || (t[i] >= 'a' && t[i] <= 'f');
        if (form[i] == 'h' ? !hex : t[i] != form[i])
            return false;
    }
    return true;
}

static int refuse(const char **ret_reason, const char *reason, struct err *err, const char *what)
{
    *ret_reason = reason;
    return err_set(err, ERR_CORRUPT, "task message: %s", what);
}

static bool take_uuid(const ProtobufCBinaryData *d, struct uuid *ret)
{
    if (d->len != UUID_BYTES)
        return false;
    memcpy(ret->b, d->data, UUID_BYTES);
    return !uuid_is_nil(ret);
}

static int check(const Jobmill__TaskReady *w, int stages, struct task_message *m, const char **ret_reason,
                 struct err *err)
{
    if (w->schema_version != TASK_MESSAGE_SCHEMA) {
        *ret_reason = "schema";
        return err_set(err, ERR_SCHEMA, "task message: schema version %u, this program knows %d", w->schema_version,
                       TASK_MESSAGE_SCHEMA);
    }
    if (!take_uuid(&w->task_id, &m->task_id))
        return refuse(ret_reason, "task-id", err, "the task id is not 16 bytes or is zero");
    if (!take_uuid(&w->tenant_id, &m->tenant_id))
        return refuse(ret_reason, "tenant-id", err, "the tenant id is not 16 bytes or is zero");
    if (w->stage < 1 || stages < 1 || w->stage > (uint32_t)stages)
        return refuse(ret_reason, "stage", err, "no such stage");
    if (w->priority >= TASK_MESSAGE_PRIORITIES)
        return refuse(ret_reason, "priority", err, "no such priority");
    if (!trace_fits(w->traceparent))
        return refuse(ret_reason, "traceparent", err, "the traceparent is not in W3C form");
    m->stage = (int)w->stage;
    m->priority = (int)w->priority;
    m->attempt = w->attempt;
    m->released_at_us = w->released_at_us;
    memcpy(m->traceparent, w->traceparent, strlen(w->traceparent) + 1);
    return 0;
}

int task_message_decode(struct str bytes, int stages, struct task_message *ret, const char **ret_reason,
                        struct err *err)
{
    if (bytes.n == 0)
        return refuse(ret_reason, "empty", err, "no bytes");
    if (bytes.n > TASK_MESSAGE_MAX_BYTES)
        return refuse(ret_reason, "too-large", err, "larger than any task message");
    struct scratch s;
    s.used = 0;
    ProtobufCAllocator allocator = {.alloc = scratch_alloc, .free = scratch_free, .allocator_data = &s};
    const Jobmill__TaskReady *w = jobmill__task_ready__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
    if (!w)
        return refuse(ret_reason, "malformed", err, "not a protobuf message of this type");
    struct task_message m = {.stage = 0};
    int rc = check(w, stages, &m, ret_reason, err);
    if (rc == 0)
        *ret = m;
    return rc;
}
