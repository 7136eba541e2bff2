/* Parts of a request that carried several asks: whole numbers that add up, in the journal and back. */
#include <criterion/criterion.h>
#include <string.h>
#include "pipeline/model/caller_int.h"

Test(share, parts_add_up_to_the_whole)
{
    uint64_t random = 7;
    for (int round = 0; round < 500; round++) {
        int64_t weights[40], all = 0, before = 0, sum = 0;
        int n = 1 + round % 40;
        for (int i = 0; i < n; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            weights[i] = 1 + (int64_t)(random >> 33) % (round % 3 ? 6000 : 3);
            all += weights[i];
        }
        int64_t whole = (int64_t)(random >> 40) % 300000;
        for (int i = 0; i < n; i++) {
            struct call_share s = {.there = true, .before = before, .weight = weights[i], .all = all};
            int64_t part = call_share_of(&s, whole);
            cr_assert(part >= whole * weights[i] / all && part <= whole * weights[i] / all + 1, "its share, rounded");
            sum += part;
            before += weights[i];
        }
        cr_assert_eq(sum, whole);
    }
}

Test(share, who_asked_alone_bears_it_all)
{
    struct call_share s = {.there = false};
    cr_assert_eq(call_share_of(&s, 12345), 12345);
}

static struct routes routes = {.n = 1};

static struct caller caller_of_test(void)
{
    strcpy(routes.route[0].name, "openai/text-embedding-3-small");
    return (struct caller){.o = {.routes = &routes}};
}

static struct model_call call_of_test(struct arena *a)
{
    return (struct model_call){
        .arena = a,
        .used = &routes.route[0],
        .latency_ms = 70000,
        .usage_id = {.b = {1, 2, 3}},
        .raw = {.end = 0, .status = 200, .sent = true, .head = STR(""), .body = STR("{\"a\":1}"), .reason = STR("")}};
}

Test(share, is_kept_with_the_reply)
{
    struct arena a;
    struct err err;
    arena_init(&a, 1 << 20);
    struct caller c = caller_of_test();
    struct model_call one = call_of_test(&a), two = call_of_test(&a);
    two.share = (struct call_share){.there = true, .first = 300, .before = 70000, .weight = 513, .all = 250000};
    struct model_call *const calls[] = {&one, &two};
    for (size_t i = 0; i < 2; i++) {
        struct model_call back = {.arena = &a};
        cr_assert_eq(call_pack(calls[i]), 0);
        struct str bytes = {.p = buf_str(&calls[i]->packed), .n = calls[i]->packed.len};
        cr_assert_eq(call_unpack(&c, &back, bytes, &err), 0);
        cr_assert_eq(back.used, &routes.route[0]);
        cr_assert_eq(back.latency_ms, 70000);
        cr_assert_eq(back.usage_id.b[2], 3);
        cr_assert(str_eqc(back.raw.body, "{\"a\":1}"));
        cr_assert_eq(memcmp(&back.share, &calls[i]->share, sizeof(back.share)), 0);
        for (size_t n = 1; n < bytes.n; n++)
            cr_assert(call_unpack(&c, &back, str_sub(bytes, 0, n), &err) < 0, "%zu bytes of it", n);
        call_buffers_free(calls[i]);
    }
    arena_fini(&a);
}

Test(share, that_is_none_of_a_whole_is_refused)
{
    static const struct call_share bad[] = {
        {.there = true, .before = 0, .weight = 0, .all = 10},
        {.there = true, .before = 8, .weight = 3, .all = 10},
        {.there = true, .before = -1, .weight = 3, .all = 10},
        {.there = true, .before = 0, .weight = 3, .all = 0},
        {.there = true, .before = 0, .weight = 3, .all = (int64_t)1 << 40},
    };
    struct arena a;
    struct err err;
    arena_init(&a, 1 << 20);
    struct caller c = caller_of_test();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct model_call call = call_of_test(&a), back = {.arena = &a};
        call.share = bad[i];
        cr_assert_eq(call_pack(&call), 0);
        cr_assert_eq(call_unpack(&c, &back, (struct str){.p = buf_str(&call.packed), .n = call.packed.len}, &err),
                     -ERR_CORRUPT);
        call_buffers_free(&call);
    }
    arena_fini(&a);
}
