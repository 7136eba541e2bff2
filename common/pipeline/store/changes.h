/* What a statement that changed tasks has to tell: which attempts it accepted, which tasks are to be published, which
 * events were appended. The rows of the SQL type jm_row (migrations/0002). */
#pragma once

#include "base/uuid.h"
#include "io/pg/pg.h"
#include "pipeline/store/states.h"

enum change_what { CHANGE_ACCEPTED = 1, CHANGE_PUBLISH, CHANGE_EVENT, CHANGE_ADMITTED };

struct change {
    enum change_what what;
    struct uuid tenant_id;
    struct uuid subject_id; /* EVENT: the application, nil for the batch itself */
    int stage;              /* enum stage */
    int state;              /* EVENT: task state of the stage, or application / batch state when stage is NONE */
    struct uuid batch_id;
    int64_t seq; /* ADMITTED: estimated cost of all */
    int priority;
    int code;               /* enum err_code, 0; ADMITTED: how many */
    struct str traceparent; /* borrowed from the reply */
};

/* Columns that every statement of this kind selects, in order; use: "SELECT " CHANGE_COLUMNS " FROM jm_...". */
#define CHANGE_COLUMNS "what, tenant_id, subject_id, stage, state, batch_id, seq, priority, code, traceparent"

/* Reads row i (borrowed from rows until the reply goes). */
void change_read(const struct pg_rows *rows, int i, struct change *ret);
