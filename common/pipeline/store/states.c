/* Tables made from proto/pipeline.def and proto/states.def. */
#include "pipeline/store/states.h"

static const struct stage_row stage_rows[] = {
#define STAGE(symbol, number, name_, service_, role_, subject_, needs_, what_)                                         \
    {.stage = STAGE_##symbol,                                                                                          \
     .name = name_,                                                                                                    \
     .service = service_,                                                                                              \
     .role = role_,                                                                                                    \
     .subject = subject_,                                                                                              \
     .needs = needs_,                                                                                                  \
     .what = what_,                                                                                                    \
     .topics = {"jobmill." name_ ".interactive", "jobmill." name_ ".bulk"}},
#include "pipeline.def"
#undef STAGE
};

struct state_row {
    int state;
    const char *name;
    bool ended;
};

static const struct state_row task_states[] = {
#define TASK_STATE(symbol, number, name) {number, name, number >= 6},
#include "states.def"
};
static const struct state_row application_states[] = {
#define APPLICATION_STATE(symbol, number, name, ended) {number, name, ended},
#include "states.def"
};
static const struct state_row batch_states[] = {
#define BATCH_STATE(symbol, number, name) {number, name, number == 5},
#include "states.def"
};
static const struct task_move {
    int from, to;
    const char *who, *why;
} task_moves[] = {
#define TASK_MOVE(from_, to_, who_, why_) {TASK_##from_, TASK_##to_, who_, why_},
#include "states.def"
};

static const char *state_name(const struct state_row *rows, size_t n, int state)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].state == state)
            return rows[i].name;
    return "unknown";
}

const struct stage_row *stage_row(enum stage s)
{
    for (size_t i = 0; i < ARRAY_LEN(stage_rows); i++)
        if (stage_rows[i].stage == s)
            return &stage_rows[i];
    return NULL;
}

const struct stage_row *stage_row_by_service(const char *service)
{
    for (size_t i = 0; i < ARRAY_LEN(stage_rows); i++)
        if (strcmp(stage_rows[i].service, service) == 0)
            return &stage_rows[i];
    return NULL;
}

const char *stage_name(enum stage s)
{
    const struct stage_row *row = stage_row(s);
    return row ? row->name : s == STAGE_JOIN ? "join" : "";
}

enum stage stage_parse(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(stage_rows); i++)
        if (str_eqc(name, stage_rows[i].name))
            return stage_rows[i].stage;
    return STAGE_NONE;
}

const char *task_state_name(int state)
{
    return state_name(task_states, ARRAY_LEN(task_states), state);
}

const char *application_state_name(int state)
{
    return state_name(application_states, ARRAY_LEN(application_states), state);
}

int application_state_parse(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(application_states); i++)
        if (str_eqc(name, application_states[i].name))
            return application_states[i].state;
    return 0;
}

bool application_state_ended(int state)
{
    for (size_t i = 0; i < ARRAY_LEN(application_states); i++)
        if (application_states[i].state == state)
            return application_states[i].ended;
    return false;
}

const char *batch_state_name(int state)
{
    return state_name(batch_states, ARRAY_LEN(batch_states), state);
}

const char *priority_name(int priority)
{
    return priority == PRIORITY_INTERACTIVE ? "interactive" : "bulk";
}

bool task_move_legal(int from, int to)
{
    for (size_t i = 0; i < ARRAY_LEN(task_moves); i++)
        if (task_moves[i].from == from && task_moves[i].to == to)
            return true;
    return false;
}

void states_docs(struct buf *out)
{
    buf_adds(out, "```mermaid\nstateDiagram-v2\n    [*] --> waiting\n    [*] --> dispatched\n");
    for (size_t i = 0; i < ARRAY_LEN(task_moves); i++)
        buf_addf(out, "    %s --> %s\n", task_state_name(task_moves[i].from), task_state_name(task_moves[i].to));
    buf_adds(out, "```\n\n| from | to | by | when |\n|---|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(task_moves); i++)
        buf_addf(out, "| %s | %s | %s | %s |\n", task_state_name(task_moves[i].from), task_state_name(task_moves[i].to),
                 task_moves[i].who, task_moves[i].why);
}
