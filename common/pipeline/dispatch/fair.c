/* A small array: tenants with a backlog are few against applications. floor is the pass of the last one served: nobody
 * joins below it. */
#include "pipeline/dispatch/fair.h"

#include <stdbool.h>
#include <stdlib.h>
#include "base/cleanup.h"
#include "base/map.h"

struct fair_tenant {
    struct uuid tenant_id;
    double pass;
    int weight;
    unsigned round; /* last round it was offered in */
    bool exhausted;
};

struct fair {
    struct fair_tenant *tenants;
    size_t n, cap;
    struct map *index; /* tenant -> position + 1 */
    struct fair_tenant *current;
    double floor;
    unsigned round;
};

struct fair *fair_new(void)
{
    struct fair *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    f->index = map_new(FAIR_TENANTS_MAX);
    return f;
}

void fair_free(struct fair *f)
{
    if (!f)
        return;
    map_free(f->index);
    free(f->tenants);
    free(f);
}

void fair_begin(struct fair *f)
{
    f->round++;
    f->current = NULL;
    if (f->n < FAIR_TENANTS_MAX / 2)
        return;
    map_free(f->index); /* forgetting costs a tenant its place above the floor, nothing more */
    f->index = map_new(FAIR_TENANTS_MAX);
    f->n = 0;
}

static struct fair_tenant *fair_add(struct fair *f, const struct uuid *tenant_id)
{
    if (f->n == FAIR_TENANTS_MAX)
        return NULL;
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 16;
        f->tenants = realloc(f->tenants, f->cap * sizeof(*f->tenants));
        if (!f->tenants)
            abort();
    }
    if (!map_put(f->index, tenant_id->b, UUID_BYTES, (void *)(uintptr_t)(f->n + 1)))
        return NULL;
    f->tenants[f->n] = (struct fair_tenant){.tenant_id = *tenant_id, .pass = f->floor};
    return &f->tenants[f->n++];
}

void fair_offer(struct fair *f, const struct uuid *tenant_id, int weight)
{
    uintptr_t at = (uintptr_t)map_get(f->index, tenant_id->b, UUID_BYTES);
    struct fair_tenant *t = at ? &f->tenants[at - 1] : fair_add(f, tenant_id);
    if (!t)
        return;
    if (t->round + 1 < f->round)
        t->pass = MAX(t->pass, f->floor); /* was idle */
    t->weight = MAX(weight, 1);
    t->round = f->round;
    t->exhausted = false;
}

const struct uuid *fair_next(struct fair *f)
{
    f->current = NULL;
    for (size_t i = 0; i < f->n; i++) {
        struct fair_tenant *t = &f->tenants[i];
        if (t->round == f->round && !t->exhausted && (!f->current || t->pass < f->current->pass))
            f->current = t;
    }
    return f->current ? &f->current->tenant_id : NULL;
}

void fair_pay(struct fair *f, int64_t cost)
{
    if (!f->current)
        return;
    if (cost <= 0) {
        f->current->exhausted = true;
        return;
    }
    f->floor = MAX(f->floor, f->current->pass);
    f->current->pass += (double)cost / f->current->weight;
}
