#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "cli/sse.h"

struct seen {
    char text[512];
    int stop_at, n;
};

static bool note(void *ud, const struct sse_event *e)
{
    struct seen *s = ud;
    size_t at = strlen(s->text);
    snprintf(s->text + at, sizeof(s->text) - at, "[" STR_FMT "|" STR_FMT "]", STR_ARG(e->name), STR_ARG(e->data));
    return ++s->n != s->stop_at;
}

static const char stream[] = ": hello\n\nid: 1\nevent: state\ndata: {\"a\":1}\n\nevent: heartbeat\ndata: "
                             "\n\r\nid:2\rdata:x\rdata:y\r\rnonsense\ndata: last\n\n";
static const char expected[] = "[state|{\"a\":1}][heartbeat|][message|x\ny][message|last]";

Test(sse, events_are_the_same_however_the_bytes_arrive)
{
    for (size_t step = 1; step < sizeof(stream); step++) {
        struct sse s;
        struct seen seen = {.n = 0};
        sse_init(&s);
        for (size_t at = 0; at < sizeof(stream) - 1; at += step)
            cr_assert(
                sse_feed(&s, (struct str){.p = stream + at, .n = MIN(step, sizeof(stream) - 1 - at)}, note, &seen));
        cr_assert_str_eq(seen.text, expected, "step %zu: %s", step, seen.text);
        cr_assert_str_eq(s.last_id, "2");
        sse_fini(&s);
    }
}

Test(sse, the_handler_can_end_it)
{
    struct sse s;
    struct seen seen = {.stop_at = 1};
    sse_init(&s);
    cr_assert_not(sse_feed(&s, str_of(stream), note, &seen));
    cr_assert_eq(seen.n, 1);
    sse_fini(&s);
}

Test(sse, a_new_connection_forgets_half_an_event_but_not_the_id)
{
    struct sse s;
    struct seen seen = {.n = 0};
    sse_init(&s);
    sse_feed(&s, STR("id: 7\ndata: a\n\ndata: half"), note, &seen);
    sse_restart(&s);
    sse_feed(&s, STR("data: b\n\n"), note, &seen);
    cr_assert_str_eq(seen.text, "[message|a][message|b]");
    cr_assert_str_eq(s.last_id, "7");
    sse_fini(&s);
}

Test(sse, an_endless_line_ends_the_stream)
{
    struct sse s;
    struct seen seen = {.n = 0};
    static char piece[64 * 1024];
    memset(piece, 'x', sizeof(piece));
    sse_init(&s);
    bool more = true;
    for (int i = 0; i < 32 && more; i++)
        more = sse_feed(&s, (struct str){.p = piece, .n = sizeof(piece)}, note, &seen);
    cr_assert_not(more);
    sse_fini(&s);
}
