/* The server goes away, comes back, or falls silent: behind a relay, so that only this test notices. */
#include <criterion/criterion.h>
#include <string.h>
#include "pg_case.h"
#include "relay.h"

#define STMT(symbol, n, text) static const struct pg_stmt symbol = {.name = #symbol, .sql = text, .nparams = n}

STMT(f_echo, 1, "SELECT $1::int8");
STMT(f_sleep, 0, "SELECT pg_sleep(0.3)");
STMT(f_sleep_long, 0, "SELECT pg_sleep(60)");
STMT(f_seq_make, 0, "CREATE SEQUENCE IF NOT EXISTS component_faults");
STMT(f_seq_next, 0, "SELECT nextval('component_faults')");
STMT(f_seq_drop, 0, "DROP SEQUENCE component_faults");

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

static void send_one(struct pg_pool *pool, const struct pg_stmt *stmt, bool idempotent, struct tally *y)
{
    struct pg_request *q = pg_request_new(pool);
    pg_request_add(q, stmt);
    for (int i = 0; i < stmt->nparams; i++)
        pg_param_int8(q, i);
    if (idempotent)
        pg_request_idempotent(q);
    pg_request_send(q, on_tally, y);
}

static struct relay *case_with_relay(struct pg_case *t)
{
    pg_case_init(t);
    struct relay *r = relay_new(t->opt.host, t->opt.port);
    t->opt.host = "127.0.0.1";
    t->opt.port = relay_port(r);
    return r;
}

static void case_end(struct pg_case *t, struct relay *r)
{
    pg_pool_free(t->pool);
    t->pool = NULL;
    relay_free(r);
    pg_case_fini(t);
}

Test(pg_faults, what_is_under_way_fails_and_what_comes_later_succeeds)
{
    struct pg_case t;
    struct relay *r = case_with_relay(&t);
    pg_case_pool(&t);
    struct tally under_way = {0}, waiting = {0};
    for (int i = 0; i < 2; i++)
        send_one(t.pool, &f_sleep_long, false, &under_way);
    pg_case_turns(&t, 50);
    cr_assert_eq(pg_pool_outstanding(t.pool), 2);
    relay_down(r);
    pg_case_until_count(&t, &under_way.answered, 2);
    cr_assert_eq(under_way.by_code[ERR_UNAVAILABLE], 2);
    cr_assert(!pg_pool_ready(t.pool));
    for (int i = 0; i < 20; i++)
        send_one(t.pool, &f_echo, false, &waiting);
    pg_case_turns(&t, 300);
    cr_assert_eq(waiting.answered, 0, "they wait for the server");
    relay_up(r);
    pg_case_until_count(&t, &waiting.answered, 20);
    cr_assert_eq(waiting.by_code[ERR_NONE], 20);
    case_end(&t, r);
}

Test(pg_faults, idempotent_groups_are_sent_again_once)
{
    struct pg_case t;
    struct relay *r = case_with_relay(&t);
    pg_case_pool(&t);
    struct tally again = {0}, once = {0};
    for (int i = 0; i < 4; i++) {
        send_one(t.pool, &f_sleep, true, &again);
        send_one(t.pool, &f_sleep, false, &once);
    }
    pg_case_turns(&t, 30);
    relay_down(r);
    pg_case_until_count(&t, &once.answered, 4);
    cr_assert_eq(once.by_code[ERR_UNAVAILABLE], 4);
    cr_assert_eq(again.answered, 0);
    relay_up(r);
    pg_case_until_count(&t, &again.answered, 4);
    cr_assert_eq(again.by_code[ERR_NONE], 4);
    memset(&again, 0, sizeof(again));
    send_one(t.pool, &f_sleep_long, true, &again);
    for (int i = 0; i < 2; i++) { /* twice is too often */
        pg_case_turns(&t, 100);
        while (pg_pool_outstanding(t.pool) == 0)
            pg_case_turns(&t, 20);
        relay_down(r);
        pg_case_turns(&t, 50);
        relay_up(r);
    }
    pg_case_until_count(&t, &again.answered, 1);
    cr_assert_eq(again.by_code[ERR_UNAVAILABLE], 1);
    case_end(&t, r);
}

/* Traffic while the server comes and goes: every request is answered exactly once, and those that reported success are
 * all there. */
struct traffic {
    struct pg_pool *pool;
    struct tally y;
    int sent, max;
};

static void on_traffic(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct traffic *f = ud;
    on_tally(&f->y, reply, err);
    if (f->sent < f->max) {
        f->sent++;
        struct pg_request *q = pg_request_new(f->pool);
        pg_request_add(q, &f_seq_next);
        pg_request_send(q, on_traffic, f);
    }
}

Test(pg_faults, traffic_survives_a_server_that_comes_and_goes)
{
    struct pg_case t;
    struct relay *r = case_with_relay(&t);
    pg_case_pool(&t);
    cr_assert_eq(pg_case_run(&t, &f_seq_make).code, ERR_NONE);
    int64_t before = pg_case_int(&t, &f_seq_next);
    struct traffic f = {.pool = t.pool, .max = 1 << 30};
    for (int i = 0; i < 30; i++) {
        f.sent++;
        struct pg_request *q = pg_request_new(f.pool);
        pg_request_add(q, &f_seq_next);
        pg_request_send(q, on_traffic, &f);
    }
    for (int i = 0; i < 6; i++) {
        pg_case_turns(&t, 120);
        relay_down(r);
        pg_case_turns(&t, 40);
        relay_up(r);
    }
    f.max = 0;
    pg_case_until_count(&t, &f.y.answered, f.sent);
    cr_assert_eq(f.y.by_code[ERR_NONE] + f.y.by_code[ERR_UNAVAILABLE], f.sent);
    cr_assert_gt(f.y.by_code[ERR_UNAVAILABLE], 0);
    cr_assert_gt(f.y.by_code[ERR_NONE], 100);
    int64_t after = pg_case_int(&t, &f_seq_next);
    cr_assert_geq(after - before - 1, f.y.by_code[ERR_NONE], "what was reported happened");
    cr_assert_leq(after - before - 1, f.sent, "nothing happened twice");
    cr_assert_eq(pg_case_run(&t, &f_seq_drop).code, ERR_NONE);
    case_end(&t, r);
}

Test(pg_faults, a_server_that_falls_silent_is_given_up)
{
    struct pg_case t;
    struct relay *r = case_with_relay(&t);
    t.opt.statement_timeout_ms = 1; /* the pool allows 10 s beyond it */
    t.opt.connections = 1;
    t.pool = pg_pool_new(t.loop, &t.opt);
    while (!pg_pool_ready(t.pool))
        pg_case_turns(&t, 20);
    relay_freeze(r);
    struct tally y = {0};
    send_one(t.pool, &f_echo, false, &y);
    pg_case_until_count(&t, &y.answered, 1);
    cr_assert_eq(y.by_code[ERR_UNAVAILABLE], 1);
    cr_assert(!pg_pool_ready(t.pool));
    relay_thaw(r);
    while (!pg_pool_ready(t.pool))
        pg_case_turns(&t, 20);
    case_end(&t, r);
}
