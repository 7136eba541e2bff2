/* TaskReady: round trip, and one refusal for every reason slug. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "io/kafka/message.h"
#include "messages.pb-c.h"

#define STAGES 4
#define TRACE  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct task_message sample(void)
{
    struct task_message m = {
        .stage = 3, .priority = 1, .attempt = 7, .released_at_us = 1767225600000000ULL, .traceparent = TRACE};
    for (int i = 0; i < UUID_BYTES; i++) {
        m.task_id.b[i] = (uint8_t)(i + 1);
        m.tenant_id.b[i] = (uint8_t)(0xf0 + i);
    }
    return m;
}

static int decode(const uint8_t *p, size_t n, struct task_message *ret, const char **reason, struct err *err)
{
    return task_message_decode((struct str){.p = (const char *)p, .n = n}, STAGES, ret, reason, err);
}

Test(message, round_trip)
{
    struct task_message m = sample(), back;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    const char *reason = NULL;
    struct err err;
    size_t n = task_message_encode(&m, wire);
    cr_assert_lt(n, 160);
    cr_assert_eq(decode(wire, n, &back, &reason, &err), 0, "%s", err.msg);
    cr_assert(uuid_eq(&m.task_id, &back.task_id));
    cr_assert(uuid_eq(&m.tenant_id, &back.tenant_id));
    cr_assert_eq(back.stage, 3);
    cr_assert_eq(back.priority, 1);
    cr_assert_eq(back.attempt, 7);
    cr_assert_eq(back.released_at_us, m.released_at_us);
    cr_assert_str_eq(back.traceparent, TRACE);
}

Test(message, no_trace_is_fine)
{
    struct task_message m = sample(), back;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    const char *reason = NULL;
    m.traceparent[0] = '\0';
    size_t n = task_message_encode(&m, wire);
    cr_assert_eq(decode(wire, n, &back, &reason, NULL), 0);
    cr_assert_str_eq(back.traceparent, "");
}

/* What each case does to an otherwise good message, and the reason it must be refused with. */
struct bad {
    const char *reason;
    uint32_t version;
    size_t task_id_len, tenant_id_len;
    uint32_t stage, priority;
    const char *trace;
};

Test(message, every_reason)
{
    static const struct bad bads[] = {
        {"schema", 2, 16, 16, 1, 0, ""},
        {"schema", 0, 16, 16, 1, 0, ""},
        {"task-id", 1, 15, 16, 1, 0, ""},
        {"task-id", 1, 17, 16, 1, 0, ""},
        {"task-id", 1, 0, 16, 1, 0, ""},
        {"tenant-id", 1, 16, 0, 1, 0, ""},
        {"tenant-id", 1, 16, 32, 1, 0, ""},
        {"stage", 1, 16, 16, 0, 0, ""},
        {"stage", 1, 16, 16, STAGES + 1, 0, ""},
        {"stage", 1, 16, 16, 4294967295U, 0, ""},
        {"priority", 1, 16, 16, 1, 2, ""},
        {"traceparent", 1, 16, 16, 1, 0, "x"},
        {"traceparent", 1, 16, 16, 1, 0, TRACE "0"},
        {"traceparent", 1, 16, 16, 1, 0, "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"},
    };
    uint8_t id[32];
    memset(id, 0x11, sizeof(id));
    for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
        const struct bad *b = &bads[i];
        Jobmill__TaskReady w = JOBMILL__TASK_READY__INIT;
        w.schema_version = b->version;
        w.task_id = (ProtobufCBinaryData){.len = b->task_id_len, .data = id};
        w.tenant_id = (ProtobufCBinaryData){.len = b->tenant_id_len, .data = id};
        w.stage = b->stage;
        w.priority = b->priority;
        w.traceparent = (char *)b->trace;
        uint8_t wire[512];
        size_t n = jobmill__task_ready__pack(&w, wire);
        struct task_message back = sample(), before = back;
        const char *reason = "";
        struct err err;
        int rc = decode(wire, n, &back, &reason, &err);
        cr_assert_eq(rc, strcmp(b->reason, "schema") == 0 ? -ERR_SCHEMA : -ERR_CORRUPT, "case %zu", i);
        cr_assert_str_eq(reason, b->reason, "case %zu: %s", i, reason);
        cr_assert_eq(memcmp(&back, &before, sizeof(back)), 0, "case %zu touched the result", i);
        if (rc == -ERR_SCHEMA) {
            char want[40];
            snprintf(want, sizeof(want), "version %u, this program knows 1", b->version);
            cr_assert(strstr(err.msg, want) != NULL, "%s", err.msg);
        }
    }
}

Test(message, zero_ids_are_refused)
{
    struct task_message m = sample(), back;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    const char *reason = NULL;
    memset(&m.task_id, 0, sizeof(m.task_id));
    size_t n = task_message_encode(&m, wire);
    cr_assert_eq(decode(wire, n, &back, &reason, NULL), -ERR_CORRUPT);
    cr_assert_str_eq(reason, "task-id");
}

Test(message, bytes_that_are_no_message)
{
    struct task_message back;
    const char *reason = NULL;
    uint8_t big[TASK_MESSAGE_MAX_BYTES + 1] = {0};
    cr_assert_eq(decode((const uint8_t *)"", 0, &back, &reason, NULL), -ERR_CORRUPT);
    cr_assert_str_eq(reason, "empty");
    cr_assert_eq(decode(big, sizeof(big), &back, &reason, NULL), -ERR_CORRUPT);
    cr_assert_str_eq(reason, "too-large");
    cr_assert_eq(decode((const uint8_t *)"hello, this is text", 19, &back, &reason, NULL), -ERR_CORRUPT);
    cr_assert_str_eq(reason, "malformed");
}

Test(message, a_cut_message_never_passes)
{
    struct task_message m = sample(), back;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    const char *reason = NULL;
    m.attempt = 0;
    m.priority = 0;
    m.released_at_us = 0;
    m.traceparent[0] = '\0'; /* only what decoding insists on is left on the wire */
    size_t n = task_message_encode(&m, wire);
    for (size_t cut = 0; cut < n; cut++)
        cr_assert_neq(decode(wire, cut, &back, &reason, NULL), 0, "%zu of %zu bytes", cut, n);
}

Test(message, unknown_fields_are_skipped)
{
    struct task_message m = sample(), back;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    const char *reason = NULL;
    size_t n = task_message_encode(&m, wire);
    static const uint8_t field_200[] = {0xc2, 0x0c, 0x03, 'n', 'e', 'w'};
    memcpy(wire + n, field_200, sizeof(field_200));
    cr_assert_eq(decode(wire, n + sizeof(field_200), &back, &reason, NULL), 0);
    cr_assert_eq(back.attempt, 7);
}

Test(message, many_unknown_fields_cost_no_memory)
{
    struct task_message back;
    const char *reason = NULL;
    uint8_t wire[TASK_MESSAGE_MAX_BYTES];
    for (size_t i = 0; i + 2 <= sizeof(wire); i += 2) { /* field 15, empty, again and again */
        wire[i] = 0x7a;
        wire[i + 1] = 0;
    }
    cr_assert_eq(decode(wire, sizeof(wire), &back, &reason, NULL), -ERR_CORRUPT);
    cr_assert_str_eq(reason, "malformed");
}
