/* The cache of profiles and analyses: least recently used out first, what is in use stays, the bound holds. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "pipeline/worker/cache.h"
#include "../../leak.h"

#define FREED_MAX 8192

static int freed[FREED_MAX];

static void value_free(void *v)
{
    freed[*(int *)v]++;
    free(v);
}

static int *value(int n)
{
    int *v = malloc(sizeof(*v));
    *v = n;
    return v;
}

static struct uuid id(int n)
{
    struct uuid u = {.b = {1, (uint8_t)(n >> 8), (uint8_t)n}};
    return u;
}

static const struct uuid tenant = {.b = {9}}, other = {.b = {8}};

static struct cache_entry *put(struct cache *c, int n)
{
    struct uuid u = id(n);
    return cache_put(c, &tenant, &u, value(n));
}

static bool has(struct cache *c, int n)
{
    struct uuid u = id(n);
    struct cache_entry *e = cache_borrow(c, &tenant, &u);
    bool found = e != NULL;
    cr_assert(!e || *(int *)cache_value(e) == n);
    cache_return(c, e);
    return found;
}

Test(cache, least_recently_used_goes_first)
{
    struct cache *c = cache_new(3, value_free);
    for (int n = 1; n <= 3; n++)
        cache_return(c, put(c, n));
    cr_assert(has(c, 1)); /* 2 is the oldest now */
    cache_return(c, put(c, 4));
    cr_assert_eq(freed[2], 1);
    cr_assert(has(c, 1) && has(c, 3) && has(c, 4) && !has(c, 2));
    cr_assert_eq(cache_count(c), 3);
    cache_free(c);
    for (int n = 1; n <= 4; n++)
        cr_assert_eq(freed[n], 1, "%d", n);
    LEAK_NONE();
}

Test(cache, what_is_borrowed_is_never_freed)
{
    struct cache *c = cache_new(2, value_free);
    struct cache_entry *held[5];
    for (int n = 0; n < 5; n++)
        held[n] = put(c, n);
    cr_assert_eq(cache_count(c), 5, "all in use: the maximum may be exceeded");
    for (int n = 0; n < 5; n++) {
        cr_assert_eq(freed[n], 0);
        cr_assert_eq(*(int *)cache_value(held[n]), n);
    }
    for (int n = 0; n < 5; n++)
        cache_return(c, held[n]);
    cr_assert_eq(cache_count(c), 2, "back at the maximum as soon as they are returned");
    cache_free(c);
    LEAK_NONE();
}

Test(cache, two_users_of_one_entry)
{
    struct cache *c = cache_new(1, value_free);
    struct cache_entry *a = put(c, 1);
    struct uuid u = id(1);
    struct cache_entry *b = cache_borrow(c, &tenant, &u);
    cr_assert_eq(a, b);
    cache_return(c, a);
    cache_return(c, put(c, 2));
    cr_assert_eq(freed[1], 0, "the second user still has it");
    cache_return(c, b);
    cr_assert_eq(cache_count(c), 1);
    cache_free(c);
}

Test(cache, the_value_that_was_there_first_wins)
{
    struct cache *c = cache_new(4, value_free);
    struct uuid u = id(1);
    struct cache_entry *a = cache_put(c, &tenant, &u, value(1)), *b = cache_put(c, &tenant, &u, value(2));
    cr_assert_eq(a, b);
    cr_assert_eq(freed[2], 1);
    cr_assert_eq(*(int *)cache_value(b), 1);
    cache_return(c, a);
    cache_return(c, b);
    cache_free(c);
}

Test(cache, tenants_are_apart)
{
    struct cache *c = cache_new(4, value_free);
    struct uuid u = id(1);
    cache_return(c, cache_put(c, &tenant, &u, value(1)));
    cr_assert_null(cache_borrow(c, &other, &u));
    cache_return(c, cache_put(c, &other, &u, value(2)));
    cr_assert_eq(cache_count(c), 2);
    cr_assert(has(c, 1));
    cache_free(c);
}

Test(cache, bound_holds_over_many)
{
    struct cache *c = cache_new(64, value_free);
    for (int n = 0; n < FREED_MAX; n++) {
        cache_return(c, put(c, n));
        cr_assert_leq(cache_count(c), 64);
    }
    for (int n = FREED_MAX - 64; n < FREED_MAX; n++)
        cr_assert(has(c, n), "%d", n);
    cache_free(c);
    cache_free(NULL);
    for (int n = 0; n < FREED_MAX; n++)
        cr_assert_eq(freed[n], 1, "%d", n);
    LEAK_NONE();
}

Test(cache, returning_nothing)
{
    struct cache *c = cache_new(1, value_free);
    cache_return(c, NULL);
    cr_assert_eq(cache_count(c), 0);
    cache_free(c);
}
