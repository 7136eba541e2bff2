/* Groups are few (tenants with embeddings under way), so they are a list. A group lives while something waits in it or
 * one of its requests waits for the limit. Sums are kept, so that adding is constant time; taking walks what it takes.
 */
#include "pipeline/model/gather.h"

#include <stdlib.h>

#define GATHER_STEPS 16 /* answers until a request may be as large as before */

struct gather_group {
    struct list node;
    struct uuid tenant_id;
    bool interactive;
    struct list items; /* oldest first */
    struct list alone;
    int inputs, limited;
    int64_t tokens, bytes;
};

struct gather {
    struct gather_rule rule;
    struct list groups;
    int waiting;
    int inputs_now; /* 1 .. rule.inputs_max */
};

struct gather *gather_new(const struct gather_rule *rule)
{
    struct gather *g = calloc(1, sizeof(*g));
    if (!g)
        abort();
    g->rule = *rule;
    g->rule.wait_ms = MIN(g->rule.wait_ms, (uint64_t)GATHER_WAIT_MAX_MS);
    g->rule.inputs_max = MIN(MAX(g->rule.inputs_max, 1), GATHER_INPUTS_MAX);
    g->inputs_now = g->rule.inputs_max;
    list_init(&g->groups);
    return g;
}

static void items_forget(struct list *items)
{
    for (struct list *node; (node = list_shift(items));)
        CONTAINER_OF(node, struct gather_item, node)->group = NULL;
}

void gather_free(struct gather *g)
{
    if (!g)
        return;
    for (struct list *node; (node = list_shift(&g->groups));) {
        struct gather_group *group = CONTAINER_OF(node, struct gather_group, node);
        items_forget(&group->items);
        items_forget(&group->alone);
        free(group);
    }
    free(g);
}

static struct gather_group *group_of(struct gather *g, const struct uuid *tenant_id, bool interactive)
{
    list_for_each (node, &g->groups) {
        struct gather_group *group = CONTAINER_OF(node, struct gather_group, node);
        if (group->interactive == interactive && uuid_eq(&group->tenant_id, tenant_id))
            return group;
    }
    struct gather_group *group = calloc(1, sizeof(*group));
    if (!group)
        abort();
    group->tenant_id = *tenant_id;
    group->interactive = interactive;
    list_init(&group->items);
    list_init(&group->alone);
    if (interactive) /* in front of all that is not urgent */
        list_prepend(&g->groups, &group->node);
    else
        list_append(&g->groups, &group->node);
    return group;
}

static void group_idle(struct gather_group *group)
{
    if (group->limited > 0 || !list_empty(&group->items) || !list_empty(&group->alone))
        return;
    list_remove(&group->node);
    free(group);
}

/* Leaves the group alive. */
static void item_out(struct gather *g, struct gather_item *it)
{
    list_remove(&it->node);
    if (!it->alone) {
        it->group->inputs -= it->inputs;
        it->group->tokens -= it->tokens;
        it->group->bytes -= it->bytes;
    }
    it->group = NULL;
    g->waiting--;
}

void gather_add(struct gather *g, struct gather_item *it, uint64_t now_ms)
{
    struct gather_group *group = group_of(g, &it->tenant_id, it->interactive);
    it->group = group;
    it->since_ms = now_ms;
    list_append(it->alone ? &group->alone : &group->items, &it->node);
    if (!it->alone) {
        group->inputs += it->inputs;
        group->tokens += it->tokens;
        group->bytes += it->bytes;
    }
    g->waiting++;
}

void gather_remove(struct gather *g, struct gather_item *it)
{
    struct gather_group *group = it->group;
    if (!group)
        return;
    item_out(g, it);
    group_idle(group);
}

int gather_waiting(const struct gather *g)
{
    return g->waiting;
}

void gather_narrow(struct gather *g, int inputs)
{
    g->inputs_now = MAX(1, MIN(g->inputs_now, inputs / 2));
}

void gather_widen(struct gather *g)
{
    g->inputs_now = MIN(g->rule.inputs_max, g->inputs_now + g->rule.inputs_max / GATHER_STEPS + 1);
}

void gather_limited(struct gather *g, const struct uuid *tenant_id, bool interactive, int by)
{
    struct gather_group *group = group_of(g, tenant_id, interactive);
    group->limited += by;
    group_idle(group);
}

static bool group_full(const struct gather *g, const struct gather_group *group)
{
    return group->inputs >= g->inputs_now || group->tokens >= g->rule.tokens_max || group->bytes >= g->rule.bytes_max;
}

static const struct gather_item *group_oldest(const struct gather_group *group)
{
    return list_empty(&group->items) ? NULL : CONTAINER_OF(group->items.next, struct gather_item, node);
}

static bool group_goes(const struct gather *g, const struct gather_group *group, bool busy, uint64_t now_ms)
{
    const struct gather_item *oldest = group_oldest(group);
    if (!oldest)
        return false;
    if (group_full(g, group))
        return true;
    return group->limited == 0 && (!busy || now_ms - oldest->since_ms >= g->rule.wait_ms);
}

/* From the oldest on, as long as it fits. */
static int group_take(struct gather *g, struct gather_group *group, struct gather_item **out, int most)
{
    int n = 0, inputs = 0;
    int64_t tokens = 0, bytes = 0;
    while (n < most && !list_empty(&group->items)) {
        struct gather_item *it = CONTAINER_OF(group->items.next, struct gather_item, node);
        inputs += it->inputs;
        tokens += it->tokens;
        bytes += it->bytes;
        if (n && (inputs > g->inputs_now || tokens > g->rule.tokens_max || bytes > g->rule.bytes_max))
            break;
        item_out(g, it);
        out[n++] = it;
    }
    return n;
}

int gather_take(struct gather *g, bool busy, uint64_t now_ms, struct gather_item **out, int most)
{
    list_for_each (node, &g->groups) {
        struct gather_group *group = CONTAINER_OF(node, struct gather_group, node);
        int n = 0;
        if (!list_empty(&group->alone)) {
            out[n++] = CONTAINER_OF(group->alone.next, struct gather_item, node);
            item_out(g, out[0]);
        } else if (group_goes(g, group, busy, now_ms)) {
            n = group_take(g, group, out, most);
        }
        if (n) {
            if (!group->interactive) { /* the next tenant's turn */
                list_remove(&group->node);
                list_append(&g->groups, &group->node);
            }
            group_idle(group);
            return n;
        }
    }
    return 0;
}

int64_t gather_due_ms(const struct gather *g, uint64_t now_ms)
{
    int64_t due = -1;
    list_for_each (node, &g->groups) {
        const struct gather_group *group = CONTAINER_OF(node, struct gather_group, node);
        const struct gather_item *oldest = group_oldest(group);
        if (!oldest || group->limited > 0)
            continue;
        uint64_t past = now_ms - oldest->since_ms;
        int64_t left = past >= g->rule.wait_ms ? 0 : (int64_t)(g->rule.wait_ms - past);
        due = due < 0 ? left : MIN(due, left);
    }
    return due;
}
