#include <criterion/criterion.h>
#include <string.h>
#include "pipeline/model/gather.h"

#define WAIT_MS 15
#define MOST    64

static const struct gather_rule RULE = {.inputs_max = 10, .tokens_max = 1000, .bytes_max = 5000, .wait_ms = WAIT_MS};
static struct gather_item items[200];

static struct gather_item *add(struct gather *g, int i, int tenant, uint64_t now)
{
    struct gather_item *it = &items[i];
    *it = (struct gather_item){.inputs = 2, .tokens = 20, .bytes = 80};
    it->tenant_id.b[0] = (uint8_t)tenant;
    gather_add(g, it, now);
    return it;
}

Test(gather, who_is_idle_waits_for_nobody)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    add(g, 0, 1, 100);
    cr_assert_eq(gather_take(g, false, 100, out, MOST), 1);
    cr_assert_eq(out[0], &items[0]);
    cr_assert_eq(gather_take(g, false, 100, out, MOST), 0);
    cr_assert_eq(gather_due_ms(g, 100), -1);
    gather_free(g);
}

Test(gather, while_others_are_out_they_wait_and_go_together)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    add(g, 0, 1, 100);
    add(g, 1, 1, 105);
    cr_assert_eq(gather_take(g, true, 110, out, MOST), 0);
    cr_assert_eq(gather_due_ms(g, 110), 5);
    add(g, 2, 1, 112);
    cr_assert_eq(gather_take(g, true, 114, out, MOST), 0);
    cr_assert_eq(gather_take(g, true, 115, out, MOST), 3, "the oldest has waited long enough");
    cr_assert(out[0] == &items[0] && out[1] == &items[1] && out[2] == &items[2], "oldest first");
    add(g, 3, 1, 116);
    cr_assert_eq(gather_take(g, false, 117, out, MOST), 1, "nothing is out any more");
    gather_free(g);
}

Test(gather, the_wait_has_a_ceiling)
{
    struct gather_rule rule = RULE;
    struct gather_item *out[MOST];
    rule.wait_ms = 10000;
    struct gather *g = gather_new(&rule);
    add(g, 0, 1, 100);
    cr_assert_eq(gather_take(g, true, 100 + GATHER_WAIT_MAX_MS - 1, out, MOST), 0);
    cr_assert_eq(gather_take(g, true, 100 + GATHER_WAIT_MAX_MS, out, MOST), 1);
    gather_free(g);
}

Test(gather, what_is_full_goes_at_once_and_the_rest_waits)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    for (int i = 0; i < 12; i++)
        add(g, i, 1, 100);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 5, "ten inputs");
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 5);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 0);
    cr_assert_eq(gather_waiting(g), 2);
    add(g, 12, 1, 101)->tokens = 20; /* sums are kept as they were added */
    struct gather_item *big = &items[13];
    *big = (struct gather_item){.tenant_id = items[0].tenant_id, .inputs = 2, .tokens = 5000, .bytes = 90};
    gather_add(g, big, 101);
    cr_assert_eq(gather_take(g, true, 101, out, MOST), 3, "the large one does not fit with them");
    cr_assert_eq(gather_take(g, true, 101, out, MOST), 1, "but goes by itself");
    cr_assert_eq(out[0], big);
    gather_free(g);
}

Test(gather, tenants_and_urgencies_do_not_mix)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    add(g, 0, 1, 100);
    add(g, 1, 2, 100);
    items[2] = (struct gather_item){.inputs = 2, .tokens = 20, .interactive = true};
    items[2].tenant_id.b[0] = 1;
    gather_add(g, &items[2], 100);
    add(g, 3, 1, 100);
    cr_assert_eq(gather_take(g, false, 100, out, MOST), 1, "interactive first");
    cr_assert_eq(out[0], &items[2]);
    cr_assert_eq(gather_take(g, false, 100, out, MOST), 2);
    cr_assert(out[0] == &items[0] && out[1] == &items[3]);
    cr_assert_eq(gather_take(g, false, 100, out, MOST), 1);
    cr_assert_eq(out[0], &items[1]);
    gather_free(g);
}

Test(gather, a_tenant_with_much_does_not_stand_in_front_of_the_others)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    for (int i = 0; i < 20; i++)
        add(g, i, 1, 100);
    for (int i = 20; i < 25; i++)
        add(g, i, 2, 100);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 5);
    cr_assert_eq(out[0]->tenant_id.b[0], 1);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 5);
    cr_assert_eq(out[0]->tenant_id.b[0], 2);
    gather_free(g);
}

Test(gather, behind_a_limit_they_collect)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    struct uuid tenant = {.b = {1}};
    gather_limited(g, &tenant, false, 1);
    add(g, 0, 1, 100);
    cr_assert_eq(gather_take(g, true, 100 + 10 * WAIT_MS, out, MOST), 0);
    cr_assert_eq(gather_due_ms(g, 100), -1, "no clock moves it");
    for (int i = 1; i < 7; i++)
        add(g, i, 1, 120);
    cr_assert_eq(gather_take(g, true, 120, out, MOST), 5, "what is full queues behind it");
    gather_limited(g, &tenant, false, -1);
    cr_assert_eq(gather_take(g, true, 120, out, MOST), 0);
    cr_assert_eq(gather_take(g, true, 120 + WAIT_MS, out, MOST), 2);
    gather_free(g);
}

Test(gather, who_is_alone_goes_alone)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    add(g, 0, 1, 100);
    items[1] = (struct gather_item){.inputs = 2, .tokens = 20, .alone = true};
    items[1].tenant_id.b[0] = 1;
    gather_add(g, &items[1], 100);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 1, "and at once");
    cr_assert_eq(out[0], &items[1]);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 0);
    gather_free(g);
}

Test(gather, who_leaves_leaves_no_trace)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    add(g, 0, 1, 100);
    add(g, 1, 1, 110);
    gather_remove(g, &items[0]);
    gather_remove(g, &items[0]);
    cr_assert_eq(gather_due_ms(g, 110), WAIT_MS, "the oldest is another one now");
    cr_assert_eq(gather_take(g, true, 110 + WAIT_MS, out, MOST), 1);
    cr_assert_eq(out[0], &items[1]);
    gather_free(g);
}

Test(gather, refused_requests_make_the_next_ones_smaller_for_a_while)
{
    struct gather *g = gather_new(&RULE);
    struct gather_item *out[MOST];
    gather_narrow(g, 10);
    for (int i = 0; i < 10; i++)
        add(g, i, 1, 100);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 2, "five inputs hold two asks");
    gather_narrow(g, 2);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 1, "an ask that is over it goes by itself");
    for (int i = 0; i < 20; i++)
        gather_widen(g);
    cr_assert_eq(gather_take(g, true, 100, out, MOST), 5, "and no larger than the rule");
    gather_free(g);
}
