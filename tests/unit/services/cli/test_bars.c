#include <criterion/criterion.h>
#include <string.h>
#include "cli/bars.h"

static const char batch[] = "{\"state\":\"running\",\"counts\":{\"accepted\":40,\"waiting\":10,\"running\":5,"
                            "\"parked\":1,\"done\":20,\"needs_review\":2,"
                            "\"failed\":1,\"cancelled\":1},\"stages\":{\"analyze\":{\"done\":30,\"total\":40},"
                            "\"optimize\":{\"done\":10,\"total\":40}},"
                            "\"cost_microusd\":1500,\"eta_s\":12}";

static struct bars_counts read_batch(void)
{
    struct arena a;
    struct bars_counts c;
    yyjson_val *root;
    arena_init(&a, 1 << 20);
    cr_assert_eq(json_parse(&a, str_of(batch), &root, NULL, NULL), 0);
    bars_read(root, &c);
    arena_fini(&a);
    return c;
}

Test(bars, reads_a_batch)
{
    struct bars_counts c = read_batch();
    cr_assert_eq(c.accepted, 40);
    cr_assert_eq(bars_finished(&c), 24);
    cr_assert_eq(c.stage_done[STAGE_ANALYZE], 30);
    cr_assert_eq(c.stage_done[STAGE_EMBED], 0);
    cr_assert_eq(c.stage_total[STAGE_EMBED], 40);
    cr_assert_not(bars_ended(&c));
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + strlen(what), what))
        n++;
    return n;
}

Test(bars, one_line_a_stage_and_the_counts)
{
    struct bars_counts c = read_batch();
    struct buf b;
    buf_init(&b, 64 * 1024);
    bars_write(&c, 4, 90000, (struct bars_style){.width = 80, .ascii = true}, &b);
    cr_assert_eq(count(buf_str(&b), "\n"), BARS_LINES);
    cr_assert(strstr(buf_str(&b), "analyze"));
    cr_assert(strstr(buf_str(&b), " 75%  30/40"));
    cr_assert(strstr(buf_str(&b), "20 done  2 need review  1 failed  1 cancelled  5 running  1 parked  10 waiting"));
    cr_assert(strstr(buf_str(&b), "1m 30s  4.0/s  about 4 s left"));
    cr_assert_null(strchr(buf_str(&b), '\033'), "no colour was asked for");
    buf_fini(&b);
}

Test(bars, a_bar_never_leaves_its_width)
{
    struct bars_counts c = {.accepted = 10, .done = 30, .state = "running"};
    struct buf b;
    buf_init(&b, 64 * 1024);
    c.stage_total[1] = 10;
    c.stage_done[1] = 30;
    c.stage_done[2] = -5;
    c.stage_total[2] = 10;
    bars_write(&c, -1, 0, (struct bars_style){.width = 60, .ascii = true}, &b);
    struct str rest = {.p = buf_str(&b), .n = b.len}, line;
    for (int i = 0; i < BARS_LINES - 1 && str_next_line(&rest, &line); i++)
        cr_assert_leq(line.n, 60);
    buf_fini(&b);
}

Test(bars, an_empty_batch_divides_by_nothing)
{
    struct bars_counts c = {.state = "ended"};
    struct buf b;
    buf_init(&b, 64 * 1024);
    bars_write(&c, 0, 0, (struct bars_style){.width = 20}, &b);
    bars_line(&c, 0, 0, &b);
    cr_assert_not(buf_failed(&b));
    cr_assert(bars_ended(&c));
    buf_fini(&b);
}
