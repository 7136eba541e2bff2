/* See pg_case.h. */
#include "pg_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/log.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define PG_CASE_LEAKS() __lsan_do_recoverable_leak_check()
#else
#define PG_CASE_LEAKS() 0
#endif

#define PG_CASE_LIMIT_MS 20000

static char pg_case_password[256];

static const char *pg_case_env(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v && *v ? v : otherwise;
}

static void pg_case_read_password(void)
{
    const char *path = getenv("JOBMILL_PG_PASSWORD_FILE");
    FILE *f = path && *path ? fopen(path, "r") : NULL;
    if (!f)
        return;
    if (!fgets(pg_case_password, sizeof(pg_case_password), f))
        pg_case_password[0] = '\0';
    pg_case_password[strcspn(pg_case_password, "\r\n")] = '\0';
    fclose(f);
}

void pg_case_init(struct pg_case *t)
{
    const char *host = getenv("JOBMILL_PG_HOST");
    if (!host || !*host)
        cr_skip_test("JOBMILL_PG_HOST is not set: no Postgres to test with");
    log_init("test", LOG_ERROR);
    pg_case_read_password();
    *t = (struct pg_case){.loop = loop_new()};
    t->opt = (struct pg_options){
        .host = host,
        .port = atoi(pg_case_env("JOBMILL_PG_PORT", "5432")),
        .db = pg_case_env("JOBMILL_PG_DB", "jobmill"),
        .user = pg_case_env("JOBMILL_PG_USER", "jobmill"),
        .password = pg_case_password,
        .application_name = "jobmill_component_test",
        .connections = 2,
    };
}

static void pg_case_ready(void *ud, bool ready)
{
    *(bool *)ud = ready;
}

void pg_case_pool(struct pg_case *t)
{
    bool ready = false;
    t->pool = pg_pool_new(t->loop, &t->opt);
    pg_pool_on_state(t->pool, pg_case_ready, &ready);
    pg_case_until(t, &ready);
    pg_pool_on_state(t->pool, NULL, NULL);
    for (int i = 0; i < 1000 && pg_pool_connections(t->pool) < t->opt.connections; i++)
        pg_case_turns(t, 5);
    cr_assert_eq(pg_pool_connections(t->pool), t->opt.connections);
}

void pg_case_fini(struct pg_case *t)
{
    pg_pool_free(t->pool);
    loop_free(t->loop);
    *t = (struct pg_case){0};
    cr_assert_eq(PG_CASE_LEAKS(), 0, "memory leaked");
}

static void pg_case_nothing(void *ud)
{
    (void)ud;
}

/* A repeating timer keeps the loop turning while nothing happens. */
static void pg_case_until_time(struct pg_case *t, const bool *flag, const int *n, int want, uint64_t limit_ms,
                               bool must)
{
    struct loop_timer *timer = loop_timer_new(t->loop, pg_case_nothing, NULL);
    loop_timer_start(timer, 5, 5);
    uint64_t end = clock_mono_ms() + limit_ms;
    bool reached = false;
    while (!(reached = (flag && *flag) || (n && *n >= want)) && clock_mono_ms() < end)
        loop_run_once(t->loop);
    loop_timer_free(timer);
    cr_assert(reached || !must, "nothing happened within %d ms", (int)limit_ms);
}

void pg_case_until(struct pg_case *t, const bool *flag)
{
    pg_case_until_time(t, flag, NULL, 0, PG_CASE_LIMIT_MS, true);
}

void pg_case_until_count(struct pg_case *t, const int *n, int want)
{
    pg_case_until_time(t, NULL, n, want, PG_CASE_LIMIT_MS, true);
}

void pg_case_turns(struct pg_case *t, int ms)
{
    pg_case_until_time(t, NULL, NULL, 0, (uint64_t)ms, false);
}

struct pg_case_wait {
    bool done;
    struct err err;
    void (*check)(void *ud, const struct pg_reply *r);
    void *ud;
};

static void pg_case_answered(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct pg_case_wait *w = ud;
    w->done = true;
    if (err)
        w->err = *err;
    else if (w->check)
        w->check(w->ud, reply);
}

struct err pg_case_send(struct pg_case *t, struct pg_request *q, void (*check)(void *ud, const struct pg_reply *r),
                        void *ud)
{
    struct pg_case_wait w = {.check = check, .ud = ud};
    pg_request_send(q, pg_case_answered, &w);
    cr_assert(!w.done, "the callback ran inside the send");
    pg_case_until(t, &w.done);
    return w.err;
}

struct err pg_case_run(struct pg_case *t, const struct pg_stmt *stmt)
{
    struct pg_request *q = pg_request_new(t->pool);
    pg_request_add(q, stmt);
    return pg_case_send(t, q, NULL, NULL);
}

static void pg_case_first_int(void *ud, const struct pg_reply *r)
{
    struct pg_rows rows = pg_reply_rows(r, 0);
    cr_assert_eq(rows.count, 1);
    *(int64_t *)ud = pg_get_int8(&rows, 0, 0);
}

int64_t pg_case_int(struct pg_case *t, const struct pg_stmt *stmt)
{
    int64_t v = 0;
    struct pg_request *q = pg_request_new(t->pool);
    pg_request_add(q, stmt);
    struct err err = pg_case_send(t, q, pg_case_first_int, &v);
    cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
    return v;
}
