/* Groups: pipelining, one transaction each, the tenant's setting, errors and their mapping, the bounded queue,
 * sessions, the blocking client. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "core/metrics.h"
#include "io/pg/pg_sync.h"
#include "pg_case.h"

#define STMT(symbol, n, text) static const struct pg_stmt symbol = {.name = #symbol, .sql = text, .nparams = n}

/* Each test works in a table of its own name; tests run as processes at the same time. */

STMT(echo, 1, "SELECT $1::int8");
STMT(fail_division, 1, "SELECT 1 / $1::int4");

struct burst {
    int answered, right;
};
struct burst_one {
    struct burst *b;
    int64_t n;
};

static void on_echo(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct burst_one *one = ud;
    one->b->answered++;
    if (err)
        return;
    struct pg_rows r = pg_reply_rows(reply, 0);
    one->b->right += pg_get_int8(&r, 0, 0) == one->n;
}

Test(pg_groups, many_groups_in_flight_each_get_their_own_answer)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    enum { N = 2000 };
    static struct burst_one ones[N];
    struct burst b = {0};
    for (int i = 0; i < N; i++) {
        ones[i] = (struct burst_one){.b = &b, .n = (int64_t)i << 20};
        struct pg_request *q = pg_request_new(t.pool);
        pg_request_add(q, &echo);
        pg_param_int8(q, ones[i].n);
        pg_request_send(q, on_echo, &ones[i]);
    }
    cr_assert_eq(pg_pool_queued(t.pool), N);
    pg_case_until_count(&t, &b.answered, N);
    cr_assert_eq(b.right, N);
    cr_assert_eq(pg_pool_queued(t.pool), 0);
    cr_assert_eq(pg_pool_outstanding(t.pool), 0);
    cr_assert_eq(metrics_get(METRICS_PG_SECONDS, "echo", NULL), N);
    pg_case_fini(&t);
}

static void on_mixed(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct burst_one *one = ud;
    bool should_fail = one->n % 3 == 0;
    one->b->answered++;
    one->b->right += should_fail ? err && strcmp(err->sqlstate, "22012") == 0 : reply && !err;
}

Test(pg_groups, a_failing_group_does_not_harm_its_neighbours_in_the_pipeline)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.connections = 1;
    pg_case_pool(&t);
    enum { N = 300 };
    static struct burst_one ones[N];
    struct burst b = {0};
    for (int i = 0; i < N; i++) {
        ones[i] = (struct burst_one){.b = &b, .n = i};
        struct pg_request *q = pg_request_new(t.pool);
        pg_request_add(q, &fail_division);
        pg_param_int4(q, i % 3);
        pg_request_add(q, &echo); /* first met behind a failure: must be prepared all the same */
        pg_param_int8(q, i);
        pg_request_send(q, on_mixed, &ones[i]);
    }
    pg_case_until_count(&t, &b.answered, N);
    cr_assert_eq(b.right, N);
    cr_assert_eq(metrics_get(METRICS_PG_ERRORS, "22012", NULL), N / 3);
    pg_case_fini(&t);
}

STMT(make_atomic, 0, "CREATE UNLOGGED TABLE IF NOT EXISTS component_atomic (id int4 PRIMARY KEY, body text NOT NULL)");
STMT(empty_atomic, 0, "TRUNCATE component_atomic");
STMT(insert_atomic, 2, "INSERT INTO component_atomic VALUES ($1, $2)");
STMT(count_atomic, 0, "SELECT count(*) FROM component_atomic");
STMT(drop_atomic, 0, "DROP TABLE component_atomic");

static void add_insert_atomic(struct pg_request *q, int id)
{
    pg_request_add(q, &insert_atomic);
    pg_param_int4(q, id);
    pg_param_text(q, STR("x"));
}

static void check_three(void *ud, const struct pg_reply *reply)
{
    *(bool *)ud = true;
    cr_assert_eq(pg_reply_count(reply), 3);
    struct pg_rows first = pg_reply_rows(reply, 0), last = pg_reply_rows(reply, 2);
    cr_expect_eq(first.affected, 1);
    cr_expect_eq(first.count, 0);
    cr_expect_eq(pg_get_int8(&last, 0, 0), 2, "a group sees its own writes");
}

Test(pg_groups, a_group_is_all_or_nothing)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    cr_assert_eq(pg_case_run(&t, &make_atomic).code, ERR_NONE);
    cr_assert_eq(pg_case_run(&t, &empty_atomic).code, ERR_NONE);
    struct pg_request *q = pg_request_new(t.pool);
    add_insert_atomic(q, 1);
    add_insert_atomic(q, 2);
    pg_request_add(q, &count_atomic);
    bool checked = false;
    cr_assert_eq(pg_case_send(&t, q, check_three, &checked).code, ERR_NONE);
    cr_assert(checked);
    q = pg_request_new(t.pool);
    add_insert_atomic(q, 3);
    add_insert_atomic(q, 1); /* there is one */
    add_insert_atomic(q, 4);
    struct err err = pg_case_send(&t, q, NULL, NULL);
    cr_assert_eq(err.code, ERR_DUPLICATE, "%s", err.msg);
    cr_assert_str_eq(err.sqlstate, "23505");
    cr_assert_not_null(strstr(err.msg, "component_atomic_pkey"), "%s", err.msg);
    cr_assert_eq(pg_case_int(&t, &count_atomic), 2);
    cr_assert_eq(pg_case_run(&t, &drop_atomic).code, ERR_NONE);
    pg_case_fini(&t);
}

STMT(make_deferred, 0, "CREATE TABLE IF NOT EXISTS component_deferred (id int4 UNIQUE DEFERRABLE INITIALLY DEFERRED)");
STMT(insert_deferred, 1, "INSERT INTO component_deferred VALUES ($1)");
STMT(count_deferred, 0, "SELECT count(*) FROM component_deferred");
STMT(drop_deferred, 0, "DROP TABLE component_deferred");

Test(pg_groups, a_failure_of_the_commit_itself_is_reported)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    cr_assert_eq(pg_case_run(&t, &make_deferred).code, ERR_NONE);
    struct pg_request *q = pg_request_new(t.pool);
    for (int i = 0; i < 2; i++) {
        pg_request_add(q, &insert_deferred);
        pg_param_int4(q, 7);
    }
    struct err err = pg_case_send(&t, q, NULL, NULL);
    cr_assert_eq(err.code, ERR_DUPLICATE, "%s", err.msg);
    cr_assert_eq(pg_case_int(&t, &count_deferred), 0);
    cr_assert_eq(pg_case_run(&t, &drop_deferred).code, ERR_NONE);
    pg_case_fini(&t);
}

STMT(tenant_seen, 0, "SELECT coalesce(current_setting('jobmill.tenant_id', true), '')");

static void check_tenant(void *ud, const struct pg_reply *reply)
{
    cr_assert_eq(pg_reply_count(reply), 1, "the tenant's statement is not counted");
    struct pg_rows r = pg_reply_rows(reply, 0);
    snprintf(ud, UUID_TEXT_BYTES, "%s", pg_get_text(&r, 0, 0).p);
}

Test(pg_groups, the_tenant_is_set_in_its_group_only)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.connections = 1;
    pg_case_pool(&t);
    struct uuid tenant;
    cr_assert(uuid_parse(STR("01234567-89ab-7def-8123-456789abcdef"), &tenant));
    for (int i = 0; i < 4; i++) {
        char seen[UUID_TEXT_BYTES];
        struct pg_request *q = pg_request_new(t.pool);
        if (i % 2 == 0)
            pg_request_tenant(q, &tenant);
        pg_request_add(q, &tenant_seen);
        cr_assert_eq(pg_case_send(&t, q, check_tenant, seen).code, ERR_NONE);
        cr_assert_str_eq(seen, i % 2 == 0 ? "01234567-89ab-7def-8123-456789abcdef" : "");
    }
    cr_assert_eq(metrics_get(METRICS_PG_SECONDS, "tenant_seen", NULL), 4, "counted by its own statement");
    pg_case_fini(&t);
}

/* ---- errors ---- */

#define RAISE(text) "DO $$ BEGIN RAISE EXCEPTION USING " text "; END $$"

STMT(raise_serial, 0, RAISE("ERRCODE = '40001', MESSAGE = 'Ann Other'"));
STMT(raise_deadlock, 0, RAISE("ERRCODE = '40P01', MESSAGE = 'Ann Other'"));
STMT(raise_lock, 0, RAISE("ERRCODE = '55P03', MESSAGE = 'Ann Other'"));
STMT(raise_cancel, 0, RAISE("ERRCODE = '57014', MESSAGE = 'Ann Other'"));
STMT(raise_full, 0, RAISE("ERRCODE = '53100', MESSAGE = 'Ann Other'"));
STMT(raise_connections, 0, RAISE("ERRCODE = '53300', MESSAGE = 'Ann Other'"));
STMT(raise_denied, 0, RAISE("ERRCODE = '42501', MESSAGE = 'Ann Other'"));
STMT(raise_check, 0, RAISE("ERRCODE = '23514', MESSAGE = 'Ann Other', CONSTRAINT = 'no_such_rule'"));
STMT(raise_value, 0, RAISE("ERRCODE = '22P02', MESSAGE = 'Ann Other'"));
STMT(raise_shutdown, 0, RAISE("ERRCODE = '57P01', MESSAGE = 'Ann Other'"));
STMT(raise_ours, 0, RAISE("MESSAGE = 'jobmill:stale-attempt: attempt 3 is over'"));
STMT(raise_ours_bare, 0, RAISE("MESSAGE = 'jobmill:limit:'"));
STMT(raise_slug, 0, RAISE("MESSAGE = 'jobmill:no-such-slug: Ann Other'"));
STMT(raise_plain, 0, RAISE("MESSAGE = 'Ann Other'"));
STMT(raise_internal, 0, RAISE("ERRCODE = 'XX000', MESSAGE = 'Ann Other'"));
STMT(no_table, 0, "SELECT * FROM component_there_is_no_such_table");
STMT(no_syntax, 0, "SELEKT 1");

Test(pg_groups, errors_have_their_code_and_never_a_value)
{
    static const struct {
        const struct pg_stmt *stmt;
        enum err_code code;
        const char *sqlstate;
    } rows[] = {
        {&raise_serial, ERR_OVERLOADED, "40001"}, {&raise_deadlock, ERR_OVERLOADED, "40P01"},
        {&raise_lock, ERR_OVERLOADED, "55P03"},   {&raise_cancel, ERR_TIMEOUT, "57014"},
        {&raise_full, ERR_STORAGE_FULL, "53100"}, {&raise_connections, ERR_OVERLOADED, "53300"},
        {&raise_denied, ERR_FORBIDDEN, "42501"},  {&raise_check, ERR_INVALID, "23514"},
        {&raise_value, ERR_INVALID, "22P02"},     {&raise_shutdown, ERR_UNAVAILABLE, "57P01"},
        {&raise_ours, ERR_STALE, "P0001"},        {&raise_ours_bare, ERR_LIMIT, "P0001"},
        {&raise_slug, ERR_BUG, "P0001"},          {&raise_plain, ERR_BUG, "P0001"},
        {&raise_internal, ERR_BUG, "XX000"},      {&no_table, ERR_SCHEMA, "42P01"},
        {&no_syntax, ERR_BUG, "42601"},
    };
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = pg_case_run(&t, rows[i].stmt);
        cr_expect_eq(err.code, rows[i].code, "%s: %d, %s", rows[i].stmt->name, (int)err.code, err.msg);
        cr_expect_str_eq(err.sqlstate, rows[i].sqlstate);
        cr_expect_null(strstr(err.msg, "Ann"), "%s", err.msg);
    }
    struct err err = pg_case_run(&t, &raise_ours);
    cr_expect_str_eq(err.msg, "attempt 3 is over");
    err = pg_case_run(&t, &no_table);
    cr_expect_not_null(strstr(err.msg, "component_there_is_no_such_table"), "preparing speaks freely: %s", err.msg);
    cr_assert_eq(err_class(ERR_OVERLOADED), ERR_CLASS_TRANSIENT);
    pg_case_fini(&t);
}

Test(pg_groups, a_parameter_that_does_not_fit_is_not_quoted)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    static const struct pg_stmt to_int = {.name = "to_int", .sql = "SELECT $1::text::int4", .nparams = 1};
    struct pg_request *q = pg_request_new(t.pool);
    pg_request_add(q, &to_int);
    pg_param_text(q, STR("ann@example.org"));
    struct err err = pg_case_send(&t, q, NULL, NULL);
    cr_assert_eq(err.code, ERR_INVALID);
    cr_assert_null(strstr(err.msg, "ann@"), "%s", err.msg);
    pg_case_fini(&t);
}

Test(pg_groups, requests_built_wrongly_fail_without_being_sent)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    struct pg_request *q = pg_request_new(t.pool);
    pg_request_add(q, &echo); /* no parameter */
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    q = pg_request_new(t.pool);
    pg_request_add(q, &echo);
    pg_param_int8(q, 1);
    pg_param_int8(q, 2); /* too many */
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    q = pg_request_new(t.pool);
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    q = pg_request_new(t.pool);
    pg_request_add(q, &echo);
    pg_array_begin(q, PG_INT4);
    pg_array_int8(q, 1); /* another type */
    pg_array_end(q);
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    static const struct pg_stmt other = {.name = "echo", .sql = "SELECT 2::int8", .nparams = 0};
    q = pg_request_new(t.pool);
    pg_request_add(q, &other); /* the name stands for another text */
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    q = pg_request_new(t.pool);
    for (int i = 0; i <= PG_STATEMENTS_MAX; i++) {
        pg_request_add(q, &echo);
        pg_param_int8(q, i);
    }
    cr_expect_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_BUG);
    q = pg_request_new(t.pool); /* one that is never sent */
    pg_request_add(q, &echo);
    pg_request_free(q);
    cr_assert_eq(pg_pool_connections(t.pool), 2, "no connection suffered");
    pg_case_fini(&t);
}

STMT(make_shape, 0, "CREATE TABLE IF NOT EXISTS component_shape (id int4)");
STMT(drop_shape, 0, "DROP TABLE component_shape");
STMT(select_shape, 0, "SELECT * FROM component_shape");
STMT(alter_shape, 0, "ALTER TABLE component_shape ADD COLUMN more int4");
STMT(forget, 0, "DEALLOCATE ALL");

Test(pg_groups, statements_that_went_stale_are_prepared_again)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.connections = 1;
    pg_case_pool(&t);
    cr_assert_eq(pg_case_run(&t, &make_shape).code, ERR_NONE);
    cr_assert_eq(pg_case_run(&t, &select_shape).code, ERR_NONE);
    cr_assert_eq(pg_case_run(&t, &alter_shape).code, ERR_NONE);
    struct err err = pg_case_run(&t, &select_shape);
    cr_assert_eq(err.code, ERR_NONE, "after the table changed: %s", err.msg);
    cr_assert_eq(pg_case_run(&t, &forget).code, ERR_NONE);
    err = pg_case_run(&t, &select_shape);
    cr_assert_eq(err.code, ERR_NONE, "after the server forgot: %s", err.msg);
    cr_assert_eq(pg_case_run(&t, &drop_shape).code, ERR_NONE);
    pg_case_fini(&t);
}

STMT(sleep_long, 0, "SELECT pg_sleep(30)");

Test(pg_groups, a_statement_beyond_its_time_is_cancelled)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.statement_timeout_ms = 100;
    pg_case_pool(&t);
    struct err err = pg_case_run(&t, &sleep_long);
    cr_assert_eq(err.code, ERR_TIMEOUT, "%s", err.msg);
    pg_case_fini(&t);
}

/* ---- the queue ---- */

struct tally {
    int answered;
    int by_code[64];
};

static void on_tally(void *ud, const struct pg_reply *reply, const struct err *err)
{
    (void)reply;
    struct tally *y = ud;
    y->answered++;
    y->by_code[err ? err->code : ERR_NONE]++;
}

static void send_echo(struct pg_pool *pool, struct tally *y)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &echo);
    pg_param_int8(q, 1);
    pg_request_send(q, on_tally, y);
}

Test(pg_groups, the_queue_is_bounded)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.queue_max = 10;
    pg_case_pool(&t);
    struct tally y = {0};
    for (int i = 0; i < 25; i++)
        send_echo(t.pool, &y);
    cr_assert_eq(y.answered, 0, "no callback inside the send");
    pg_case_until_count(&t, &y.answered, 25);
    cr_assert_eq(y.by_code[ERR_NONE], 10);
    cr_assert_eq(y.by_code[ERR_OVERLOADED], 15);
    pg_case_fini(&t);
}

Test(pg_groups, without_a_server_requests_fail_in_time)
{
    struct pg_case t;
    pg_case_init(&t);
    t.opt.host = "127.0.0.1";
    t.opt.port = 1; /* nobody */
    t.opt.queue_timeout_ms = 300;
    t.opt.queue_max = 5;
    t.pool = pg_pool_new(t.loop, &t.opt);
    struct tally y = {0};
    for (int i = 0; i < 8; i++)
        send_echo(t.pool, &y);
    cr_assert(!pg_pool_ready(t.pool));
    pg_case_until_count(&t, &y.answered, 8);
    cr_assert_eq(y.by_code[ERR_UNAVAILABLE], 5);
    cr_assert_eq(y.by_code[ERR_OVERLOADED], 3);
    pg_case_fini(&t);
}

Test(pg_groups, freeing_the_pool_answers_everything)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    struct tally y = {0};
    for (int i = 0; i < 40; i++)
        send_echo(t.pool, &y);
    loop_run_once(t.loop); /* some are under way, some wait */
    send_echo(t.pool, &y);
    pg_pool_free(t.pool);
    t.pool = NULL;
    cr_assert_eq(y.answered, 41);
    cr_assert_eq(y.by_code[ERR_CANCELLED] + y.by_code[ERR_NONE], 41);
    cr_assert_geq(y.by_code[ERR_CANCELLED], 1);
    cr_assert_eq(metrics_get(METRICS_PG_CONNECTED, NULL), 0);
    cr_assert_eq(metrics_get(METRICS_PG_QUEUE, NULL), 0);
    pg_case_fini(&t);
}

/* ---- session ---- */

STMT(lock, 0, "SELECT pg_try_advisory_lock(hashtext('jobmill component session'))");
STMT(backend, 0, "SELECT pg_backend_pid()::int8");
STMT(end_backend, 1, "SELECT pg_terminate_backend($1::int4)");

struct states {
    int up, down;
};

static void on_session(void *ud, bool ready)
{
    struct states *s = ud;
    if (ready)
        s->up++;
    else
        s->down++;
}

static void check_bool(void *ud, const struct pg_reply *reply)
{
    struct pg_rows r = pg_reply_rows(reply, 0);
    *(bool *)ud = pg_get_bool(&r, 0, 0);
}

static bool take_lock(struct pg_case *t, struct pg_session *s)
{
    bool taken = false;
    struct pg_request *q = pg_request_new(pg_session_pool(s));
    pg_request_add(q, &lock);
    struct err err = pg_case_send(t, q, check_bool, &taken);
    cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
    return taken;
}

Test(pg_groups, a_session_keeps_its_lock_until_it_is_lost_and_says_so)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    struct states a = {0}, b = {0};
    struct pg_session *first = pg_session_new(t.loop, &t.opt, on_session, &a);
    struct pg_session *second = pg_session_new(t.loop, &t.opt, on_session, &b);
    struct tally early = {0};
    send_echo(pg_session_pool(first), &early);
    pg_case_until_count(&t, &early.answered, 1);
    cr_assert_eq(early.by_code[ERR_UNAVAILABLE], 1, "nothing waits for a session's connection");
    pg_case_until_count(&t, &a.up, 1);
    pg_case_until_count(&t, &b.up, 1);
    cr_assert(take_lock(&t, first));
    cr_assert(!take_lock(&t, second));
    struct pg_pool *pool = t.pool;
    t.pool = pg_session_pool(first);
    int64_t pid = pg_case_int(&t, &backend);
    t.pool = pool;
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, &end_backend);
    pg_param_int4(q, (int32_t)pid);
    cr_assert_eq(pg_case_send(&t, q, NULL, NULL).code, ERR_NONE);
    pg_case_until_count(&t, &a.down, 1);
    cr_assert(take_lock(&t, second));
    pg_case_until_count(&t, &a.up, 2);
    cr_assert(!take_lock(&t, first));
    pg_session_free(second);
    bool taken = false;
    for (int i = 0; i < 100 && !taken; i++) { /* the server notices the end a moment later */
        taken = take_lock(&t, first);
        pg_case_turns(&t, 20);
    }
    cr_assert(taken);
    pg_session_free(first);
    pg_case_fini(&t);
}

/* ---- blocking ---- */

Test(pg_groups, the_blocking_client)
{
    struct pg_case t;
    pg_case_init(&t);
    struct err err = {0};
    struct pg_sync *c = pg_sync_open(&t.opt, &err);
    cr_assert_not_null(c, "%s", err.msg);
    cr_assert_eq(pg_sync_exec(c,
                              "CREATE TEMP TABLE s (n int4, word text);\nINSERT INTO s VALUES (1, 'one'), (2, NULL);",
                              &err),
                 0);
    const char *params[] = {"1"};
    struct pg_sync_rows *r = pg_sync_query(c, "SELECT n, word FROM s WHERE n >= $1 ORDER BY n", params, 1, &err);
    cr_assert_not_null(r, "%s", err.msg);
    cr_assert_eq(pg_sync_count(r), 2);
    cr_assert_eq(pg_sync_columns(r), 2);
    cr_assert_str_eq(pg_sync_column(r, 1), "word");
    cr_assert_str_eq(pg_sync_get(r, 0, 1), "one");
    cr_assert_null(pg_sync_get(r, 1, 1));
    pg_sync_rows_free(r);
    cr_assert_eq(pg_sync_exec(c, "INSERT INTO s VALUES (3, 'three');\nSELECT no_such_column\n  FROM s;", &err),
                 -ERR_SCHEMA);
    cr_assert_not_null(strstr(err.msg, "line 2"), "%s", err.msg);
    cr_assert_not_null(strstr(err.msg, "no_such_column"), "%s", err.msg);
    r = pg_sync_query(c, "DELETE FROM s", NULL, 0, &err);
    cr_assert_eq(pg_sync_affected(r), 2, "the failed script left nothing");
    pg_sync_rows_free(r);
    cr_assert_null(pg_sync_query(c, "SELECT $1::int4", (const char *[]){"Ann"}, 1, &err));
    cr_assert_eq(err.code, ERR_INVALID);
    cr_assert_null(strstr(err.msg, "Ann"), "%s", err.msg);
    pg_sync_close(c);
    t.opt.host = "127.0.0.1";
    t.opt.port = 1;
    cr_assert_null(pg_sync_open(&t.opt, &err));
    cr_assert_eq(err.code, ERR_UNAVAILABLE);
    pg_case_fini(&t);
}
