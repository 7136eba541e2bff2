/* Shapes that clients rely on. */
#include <criterion/criterion.h>
#include "base/json.h"
#include "gateway/render.h"
#include "gateway/report.h"

static struct arena arena;

static yyjson_val *parsed(const struct buf *b)
{
    yyjson_val *root = NULL;
    cr_assert_eq(json_parse(&arena, (struct str){buf_str(b), b->len}, &root, NULL, NULL), 0, "%s", buf_str(b));
    return root;
}

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}
static void teardown(void)
{
    arena_fini(&arena);
}
TestSuite(render, .init = setup, .fini = teardown);

Test(render, batch_counts_balance)
{
    const struct batch_row row = {.batch_id = {{1}},
                                  .state = BATCH_RUNNING,
                                  .priority = PRIORITY_BULK,
                                  .accepted = 100,
                                  .released = 60,
                                  .parked = 3,
                                  .done = 20,
                                  .needs_review = 4,
                                  .failed = 2,
                                  .cancelled = 1,
                                  .rejected = 7,
                                  .created_at_us = 1000000};
    struct buf b;
    buf_init(&b, 1 << 16);
    render_batch(&b, NULL, &row, 11000000);
    yyjson_val *root = parsed(&b), *c = json_get_obj(root, "counts");
    static const char *const parts[] = {"waiting", "running", "parked", "done", "needs_review", "failed", "cancelled"};
    int64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        sum += json_get_int(c, parts[i], -1000);
    cr_assert_eq(sum, json_get_int(c, "accepted", 0));
    cr_assert_eq(json_get_int(json_get_obj(root, "rejected"), "count", 0), 7);
    cr_assert_eq(json_get_int(root, "eta_s", 0), 28, "27 in 10 s, 73 left");
    buf_fini(&b);
}

Test(render, stages_are_named_as_in_the_flow)
{
    const struct batch_row row = {.batch_id = {{1}}, .accepted = 1, .stage_done = {[STAGE_COVER_LETTER] = 1}};
    struct buf b;
    buf_init(&b, 1 << 16);
    render_batch(&b, NULL, &row, 0);
    yyjson_val *stages = json_get_obj(parsed(&b), "stages");
    cr_assert_eq(json_get_int(json_get_obj(stages, "cover-letter"), "done", 0), 1);
    cr_assert_eq(yyjson_obj_size(stages), STAGE_MAX);
    buf_fini(&b);
}

Test(render, events_name_what_they_are_about)
{
    static const struct {
        struct event_row e;
        const char *state;
    } cases[] = {{{.seq = 1, .application_id = {{1}}, .stage = STAGE_OPTIMIZE, .state = TASK_DONE}, "done"},
                 {{.seq = 2, .application_id = {{1}}, .state = APPLICATION_NEEDS_REVIEW}, "needs_review"},
                 {{.seq = 3, .state = BATCH_ENDED}, "ended"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b;
        buf_init(&b, 1 << 16);
        buf_adds(&b, "data: ");
        render_event(&b, &cases[i].e);
        cr_assert_eq(b.data[6], '{', "no comma in front: %s", b.data);
        buf_shift(&b, 6);
        cr_assert(str_eqc(json_get_str(parsed(&b), "state"), cases[i].state));
        buf_fini(&b);
    }
}

Test(report, keeps_the_smallest_indexes_in_order)
{
    struct report r = {0};
    for (int i = 0; i < 3 * REPORT_MAX; i++) {
        struct batch_reject x = {.index = (i * 7919) % (3 * REPORT_MAX),
                                 .code = ERR_INVALID,
                                 .client_ref = STR("c"),
                                 .pointer = STR("/p"),
                                 .detail = STR("d\"")};
        report_add(&r, &x);
    }
    struct buf b;
    buf_init(&b, 1 << 20);
    report_render(&r, &b, NULL);
    arena_init(&arena, 1 << 20);
    yyjson_val *list = parsed(&b);
    cr_assert_eq(yyjson_arr_size(list), REPORT_MAX);
    for (size_t i = 0; i < REPORT_MAX; i++)
        cr_assert_eq(json_get_int(yyjson_arr_get(list, i), "index", -1), (int64_t)i);
    arena_fini(&arena);
    buf_fini(&b);
    report_fini(&r);
}
