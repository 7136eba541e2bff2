#include <criterion/criterion.h>
#include <string.h>
#include "core/subprocess.h"

struct told {
    struct loop *loop;
    struct subprocess_end end;
    char output[256];
    size_t output_n;
    int times;
};

static void tell(void *ud, const struct subprocess_end *end)
{
    struct told *t = ud;
    t->end = *end;
    t->output_n = end->output.n;
    memcpy(t->output, end->output.p, MIN(end->output.n, sizeof(t->output)));
    t->times++;
    loop_stop(t->loop);
}

static struct told run(const char *script, struct str input, size_t output_max, uint64_t timeout_ms)
{
    struct told t = {.loop = loop_new()};
    const char *argv[] = {"sh", "-c", script, NULL};
    const struct subprocess_spec spec = {.program = script ? "/bin/sh" : "/does/not/exist",
                                         .argv = argv,
                                         .input = input,
                                         .output_max = output_max,
                                         .timeout_ms = timeout_ms};
    struct subprocess *s = subprocess_start(t.loop, &spec, tell, &t);
    cr_expect_eq(t.times, 0, "told from inside start");
    loop_run(t.loop);
    subprocess_free(s);
    loop_free(t.loop);
    cr_expect_eq(t.times, 1);
    return t;
}

Test(subprocess, input_goes_in_and_output_comes_back)
{
    struct told t = run("cat; exit 7", STR("hello"), 100, 20000);
    cr_expect(t.end.started && !t.end.timed_out && !t.end.overflowed);
    cr_expect_eq(t.end.exit_code, 7);
    cr_expect_eq(t.output_n, 5);
    cr_expect(memcmp(t.output, "hello", 5) == 0);
}

Test(subprocess, limits_end_it)
{
    struct told t = run("sleep 60", STR(""), 100, 100);
    cr_expect(t.end.timed_out && t.end.signal == 9);
    t = run("while :; do echo more; done", STR(""), 1000, 20000);
    cr_expect(t.end.overflowed && t.end.signal == 9);
}

Test(subprocess, signals_and_missing_programs_are_told)
{
    struct told t = run("kill -11 $$", STR(""), 100, 20000);
    cr_expect_eq(t.end.signal, 11);
    t = run(NULL, STR(""), 100, 20000);
    cr_expect_not(t.end.started);
}

Test(subprocess, letting_go_early_ends_it)
{
    struct told t = {.loop = loop_new()};
    const char *argv[] = {"sleep", "60", NULL};
    const struct subprocess_spec spec = {
        .program = "/bin/sleep", .argv = argv, .input = STR(""), .output_max = 10, .timeout_ms = 60000};
    struct subprocess *s = subprocess_start(t.loop, &spec, tell, &t);
    subprocess_free(s);
    loop_free(t.loop);
    cr_expect_eq(t.times, 0);
}
