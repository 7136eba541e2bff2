/* A task on the wire: jobmill.TaskReady of proto/messages.proto and the plain struct the rest of the program sees.
 *
 * Decoding is strict. What does not fit is refused with a reason slug, which the dead-letter topic and the counter
 * jobmill_kafka_dead_letters_total carry:
 *   "empty" no bytes, "too-large" over TASK_MESSAGE_MAX_BYTES, "malformed" not protobuf or wrong wire types,
 *   "schema" a schema version this program does not know (the message names both versions),
 *   "task-id", "tenant-id" not 16 bytes or all zero, "stage", "priority" out of range, "traceparent" not W3C form. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"

#define TASK_MESSAGE_SCHEMA      1
#define TASK_MESSAGE_MAX_BYTES   1024 /* larger values are refused; what encode writes is below 160 */
#define TASK_MESSAGE_PRIORITIES  2    /* 0 interactive, 1 bulk */
#define TASK_MESSAGE_TRACE_BYTES 56

struct task_message {
    struct uuid task_id;
    struct uuid tenant_id;
    int stage;                                  /* number in pipeline.def, from 1 */
    int priority;                               /* 0 interactive, 1 bulk */
    uint32_t attempt;                           /* attempts made before */
    uint64_t released_at_us;                    /* wall clock */
    char traceparent[TASK_MESSAGE_TRACE_BYTES]; /* "" when there is none */
};

/* Writes m into out (at least TASK_MESSAGE_MAX_BYTES); returns the length. A stage below 1 or a priority below 0 is a
 * bug (assert). */
size_t task_message_encode(const struct task_message *m, uint8_t out[TASK_MESSAGE_MAX_BYTES]);

/* stages: the highest stage number the caller knows (pipeline.def; the lowest is 1). Returns 0, or -ERR_SCHEMA (another
 * schema version) or -ERR_CORRUPT with *ret_reason set to a static slug of the list above. *ret is filled only on
 * success. */
int task_message_decode(struct str bytes, int stages, struct task_message *ret, const char **ret_reason,
                        struct err *err);
