/* Stages and states: the enumerations of proto/pipeline.def and proto/states.def with their names. */
#pragma once

#include <stdbool.h>
#include "base/buf.h"
#include "base/str.h"

enum stage {
    STAGE_NONE = 0, /* the application or batch itself, in events */
#define STAGE(symbol, number, name, service, role, subject, needs, what) STAGE_##symbol = number,
#include "pipeline.def"
#undef STAGE
    STAGE_JOIN = 5, /* a chain that has its letter and waits for embeddings; no daemon */
};
#define STAGE_MAX 4

enum task_state {
#define TASK_STATE(symbol, number, name) TASK_##symbol = number,
#include "states.def"
};
enum application_state {
#define APPLICATION_STATE(symbol, number, name, ended) APPLICATION_##symbol = number,
#include "states.def"
};
enum batch_state {
#define BATCH_STATE(symbol, number, name) BATCH_##symbol = number,
#include "states.def"
};
enum task_kind { TASK_KIND_APPLICATION = 1, TASK_KIND_ANALYSIS, TASK_KIND_POSTING_VECTORS, TASK_KIND_PROFILE_VECTORS };
enum document_kind { DOCUMENT_RESUME = 1, DOCUMENT_LETTER, DOCUMENT_SCORE };
enum priority { PRIORITY_INTERACTIVE = 0, PRIORITY_BULK = 1 };

struct stage_row {
    enum stage stage;
    const char *name, *service, *role, *subject, *needs, *what;
    const char *topics[2]; /* by enum priority; the consumer group of each has its name */
};

const struct stage_row *stage_row(enum stage s); /* NULL for NONE and JOIN */
const struct stage_row *stage_row_by_service(const char *service);
const char *stage_name(enum stage s);    /* "" for NONE, "join" */
enum stage stage_parse(struct str name); /* NONE when unknown */
const char *task_state_name(int state);
const char *application_state_name(int state);
int application_state_parse(struct str name); /* 0 when unknown */
bool application_state_ended(int state);
const char *batch_state_name(int state);
const char *priority_name(int priority); /* "interactive", "bulk" */
bool task_move_legal(int from, int to);  /* a row of the table */
void states_docs(struct buf *out);       /* the state machine as a Mermaid diagram and a table */

#define TOPIC_DEAD_LETTER "jobmill.dead-letter"
