/* The tables made from proto/, and that the SQL of the migrations speaks of the same numbers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "migrations.h"
#include "pipeline/store/states.h"

Test(states, stages_have_their_names_topics_and_services)
{
    cr_assert_null(stage_row(STAGE_NONE));
    cr_assert_null(stage_row(STAGE_JOIN));
    cr_expect_str_eq(stage_name(STAGE_NONE), "");
    cr_expect_str_eq(stage_name(STAGE_JOIN), "join");
    cr_expect_str_eq(stage_name((enum stage)99), "");
    for (int s = 1; s <= STAGE_MAX; s++) {
        const struct stage_row *row = stage_row((enum stage)s);
        char topic[64];
        cr_assert_not_null(row);
        cr_assert_eq((int)row->stage, s);
        cr_expect_eq(stage_parse(str_of(row->name)), row->stage);
        cr_expect_eq(stage_row_by_service(row->service), row);
        snprintf(topic, sizeof(topic), "jobmill.%s.interactive", row->name);
        cr_expect_str_eq(row->topics[PRIORITY_INTERACTIVE], topic);
        snprintf(topic, sizeof(topic), "jobmill.%s.bulk", row->name);
        cr_expect_str_eq(row->topics[PRIORITY_BULK], topic);
        cr_expect_null(strchr(row->topics[0], '_'), "Kafka takes '_' and '.' in a metric's name for the same");
    }
    cr_expect_eq(stage_parse(STR("Analyze")), STAGE_NONE);
    cr_expect_eq(stage_parse(STR("analyz")), STAGE_NONE);
    cr_expect_eq(stage_parse(STR("")), STAGE_NONE);
    cr_expect_null(stage_row_by_service("analyze"), "that is the stage, not the service");
}

Test(states, names_there_and_back)
{
    for (int s = APPLICATION_ACCEPTED; s <= APPLICATION_CANCELLED; s++)
        cr_expect_eq(application_state_parse(str_of(application_state_name(s))), s);
    cr_expect_eq(application_state_parse(STR("unknown")), 0);
    cr_expect_str_eq(application_state_name(0), "unknown");
    cr_expect_str_eq(task_state_name(TASK_NEEDS_REVIEW), "needs_review");
    cr_expect_str_eq(task_state_name(10), "unknown");
    cr_expect_str_eq(batch_state_name(BATCH_CANCELLING), "cancelling");
    cr_expect_str_eq(priority_name(PRIORITY_INTERACTIVE), "interactive");
    cr_expect_str_eq(priority_name(PRIORITY_BULK), "bulk");
}

Test(states, what_has_ended)
{
    static const int open[] = {APPLICATION_ACCEPTED, APPLICATION_RUNNING, APPLICATION_PARKED, 0, 99};
    static const int ended[] = {APPLICATION_DONE, APPLICATION_NEEDS_REVIEW, APPLICATION_FAILED, APPLICATION_CANCELLED};
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        cr_expect_not(application_state_ended(open[i]), "%d", open[i]);
    for (size_t i = 0; i < ARRAY_LEN(ended); i++)
        cr_expect(application_state_ended(ended[i]), "%d", ended[i]);
}

Test(states, legal_moves)
{
    static const int legal[][2] = {{TASK_WAITING, TASK_DISPATCHED}, {TASK_DISPATCHED, TASK_RUNNING},
                                   {TASK_RUNNING, TASK_READY},      {TASK_RUNNING, TASK_PARKED},
                                   {TASK_PARKED, TASK_DISPATCHED},  {TASK_RUNNING, TASK_DONE},
                                   {TASK_RUNNING, TASK_CANCELLED},  {TASK_READY, TASK_DISPATCHED}};
    for (size_t i = 0; i < ARRAY_LEN(legal); i++)
        cr_expect(task_move_legal(legal[i][0], legal[i][1]), "%s -> %s", task_state_name(legal[i][0]),
                  task_state_name(legal[i][1]));
    cr_expect_not(task_move_legal(TASK_PARKED, TASK_RUNNING), "only through a claim");
    cr_expect_not(task_move_legal(TASK_READY, TASK_RUNNING));
    cr_expect_not(task_move_legal(TASK_WAITING, TASK_RUNNING));
}

Test(states, nothing_leaves_an_end_and_every_state_is_reached)
{
    for (int from = 0; from <= TASK_NEEDS_REVIEW + 1; from++)
        for (int to = 0; to <= TASK_NEEDS_REVIEW + 1; to++)
            if (from == 0 || from >= TASK_DONE || to == 0 || to > TASK_NEEDS_REVIEW)
                cr_expect_not(task_move_legal(from, to), "%d -> %d", from, to);
    for (int to = TASK_READY; to <= TASK_NEEDS_REVIEW; to++) {
        bool reached = false;
        for (int from = 1; from <= TASK_NEEDS_REVIEW; from++)
            reached |= task_move_legal(from, to);
        cr_expect(reached, "%s", task_state_name(to));
    }
    for (int from = TASK_WAITING; from < TASK_DONE; from++)
        cr_expect(task_move_legal(from, TASK_CANCELLED), "%s", task_state_name(from));
}

Test(states, documentation_names_every_state)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    states_docs(&b);
    cr_assert_not(buf_failed(&b));
    for (int s = TASK_WAITING; s <= TASK_NEEDS_REVIEW; s++)
        cr_expect_not_null(strstr(buf_str(&b), task_state_name(s)), "%s", task_state_name(s));
    buf_fini(&b);
}

/* Which numbers may be compared with ALIAS.state in the SQL functions: by their aliases, used the same way everywhere.
 */
static const struct alias {
    const char *text; /* with what stands before it: not the end of another name */
    int min, max;
} aliases[] = {
    {"k.state", TASK_WAITING, TASK_PARKED}, /* tasks: live ones only */
    {"a.state", APPLICATION_ACCEPTED, APPLICATION_CANCELLED},
    {"b.state", BATCH_RECEIVING, BATCH_ENDED},
    {"x.state", BATCH_RECEIVING, BATCH_ENDED},
    {"t.state", BATCH_RECEIVING, BATCH_ENDED},
};

static int check_alias(const struct alias *al, const char *sql)
{
    int found = 0;
    for (const char *at = strstr(sql, al->text); at; at = strstr(at + 1, al->text)) {
        char *end;
        const char *p = at + strlen(al->text);
        if (at > sql && (str_is_alnum(at[-1]) || at[-1] == '_'))
            continue;
        p += strspn(p, " <>=");
        long n = strtol(p, &end, 10);
        if (end == p)
            continue;
        found++;
        cr_expect(n >= al->min && n <= al->max, "%.40s", at);
    }
    return found;
}

Test(states, numbers_in_the_migrations)
{
    int found[ARRAY_LEN(aliases)] = {0};
    for (int m = 0; m < migrations_count; m++)
        for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
            found[i] += check_alias(&aliases[i], migrations[m].sql);
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        cr_expect_gt(found[i], 0, "nothing compares %s: the test looks for the wrong alias", aliases[i].text);
}

/* "SET state = N" of a live task, or "state, ...) ... N" is the executor's business; what is written by UPDATE is
 * checked here. */
Test(states, updates_of_tasks_set_live_states)
{
    int found = 0;
    for (int m = 0; m < migrations_count; m++)
        for (const char *at = strstr(migrations[m].sql, "UPDATE tasks k SET "); at;
             at = strstr(at + 1, "UPDATE tasks k SET ")) {
            const char *end = strpbrk(at, ";\n"), *state = strstr(at, "state = ");
            if (!state || !end || state > end)
                continue;
            int n = atoi(state + strlen("state = "));
            cr_expect(n >= TASK_WAITING && n <= TASK_PARKED, "%.60s", at);
            found++;
        }
    cr_assert_gt(found, 4);
}
