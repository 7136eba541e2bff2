/* What the Postgres tests share: the server named by the environment (or a skipped test), a loop that runs until
 * something is true, and requests that are waited for. */
#pragma once

#include <stdbool.h>
#include "core/loop.h"
#include "io/pg/pg.h"

struct pg_case {
    struct loop *loop;
    struct pg_options opt;
    struct pg_pool *pool;
};

/* Skips the test when JOBMILL_PG_HOST is not set. opt is filled, pool is not made. */
void pg_case_init(struct pg_case *t);
/* Makes the pool with t->opt and waits until it is ready. */
void pg_case_pool(struct pg_case *t);
void pg_case_fini(struct pg_case *t); /* frees pool and loop; asserts that nothing leaked where that can be told */

/* Runs the loop until *flag (or *n >= want), at most 20 s; fails the test then. */
void pg_case_until(struct pg_case *t, const bool *flag);
void pg_case_until_count(struct pg_case *t, const int *n, int want);
void pg_case_turns(struct pg_case *t, int ms); /* runs the loop for a while */

/* Sends and waits. Returns the error (code 0: committed). check may be NULL; it runs with the reply. */
struct err pg_case_send(struct pg_case *t, struct pg_request *q, void (*check)(void *ud, const struct pg_reply *r),
                        void *ud);
struct err pg_case_run(struct pg_case *t, const struct pg_stmt *stmt); /* a group of one statement without parameters */
int64_t pg_case_int(struct pg_case *t, const struct pg_stmt *stmt);    /* its first value */
