/* JSON lines on standard error, one event a line: {"ts","level","service","msg",...fields,"trace_id"}.
 *
 * Never personal text: ids and counters only. The process-wide level and service name are the only state; they are set
 * at start. A message that repeats within a second at the same place is counted and summarised ("repeated": n). */
#pragma once

#include <stdint.h>
#include "base/cleanup.h"
#include "base/uuid.h"

enum log_level { LOG_DEBUG = 0, LOG_INFO, LOG_WARN, LOG_ERROR };

/* What a line is about; every field may be NULL / empty. Borrowed until the call returns. */
struct log_ctx {
    const struct uuid *tenant_id;
    const struct uuid *task_id;
    const struct uuid *application_id;
    const struct uuid *batch_id;
    const char *stage;
    const char *trace_id; /* 32 hex digits */
    int attempt;
};

void log_init(const char *service, enum log_level level); /* service: static string */
void log_level_set(enum log_level level);
int log_level_parse(const char *name); /* -1 when unknown */
void log_write(enum log_level level, const struct log_ctx *cx, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(cx, ...) log_write(LOG_DEBUG, cx, __VA_ARGS__)
#define log_info(cx, ...)  log_write(LOG_INFO, cx, __VA_ARGS__)
#define log_warn(cx, ...)  log_write(LOG_WARN, cx, __VA_ARGS__)
#define log_error(cx, ...) log_write(LOG_ERROR, cx, __VA_ARGS__)
