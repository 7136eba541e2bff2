/* Calls against a server with every habit that breaks clients; see habits.h. */
#include "habits.h"
#include "io/curl/fetch.h"
#include "leak.h"

TestSuite(fetch, .timeout = 60);

static struct loop *loop;
static struct fetch *fetch;
static int ended, dropped;
static struct {
    enum fetch_end end;
    int status;
    bool sent;
    char body[4096], reason[FETCH_REASON_BYTES], header[64];
    size_t n;
} last;

static void on_done(void *ud, struct fetch_result *r)
{
    (void)ud;
    struct str head = {.p = buf_str(&r->head), .n = r->head.len};
    struct str h = fetch_header(head, "X-Habit");
    last.end = r->end;
    last.status = r->status;
    last.sent = r->sent;
    last.n = r->body.len;
    snprintf(last.body, sizeof(last.body), "%s", buf_str(&r->body));
    snprintf(last.reason, sizeof(last.reason), "%s", r->reason);
    snprintf(last.header, sizeof(last.header), STR_FMT, (int)h.n, h.p ? h.p : "");
    ended++;
}

static void on_dropped(void *ud)
{
    (void)ud;
    dropped++;
}

static void open_all(size_t in_flight)
{
    struct err err;
    struct fetch_options o = {.in_flight_max = in_flight, .queue_max = 50};
    ended = dropped = 0;
    habits_open();
    loop = loop_new();
    fetch = fetch_new(loop, &o, &err);
    cr_assert(fetch, "%s", err.msg);
}

static void close_all(void)
{
    fetch_free(fetch);
    loop_free(loop);
    habits_close();
    LEAK_NONE();
}

static struct fetch_target *target_at(const char *path, const struct fetch_target_options *more)
{
    static const char *const headers[] = {"Content-Type: text/plain", NULL};
    struct fetch_target_options o = more ? *more : (struct fetch_target_options){0};
    char url[128];
    struct err err;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", habits_port(), path);
    o.url = o.url ? o.url : url;
    o.headers = headers;
    struct fetch_target *t = fetch_target_new(fetch, &o, &err);
    cr_assert(t, "%s", err.msg);
    return t;
}

static void turn_until(int want)
{
    while (ended < want)
        loop_run_once(loop);
}

static void call(const char *path, struct fetch_request r)
{
    struct err err;
    struct fetch_target *t = target_at(path, NULL);
    int want = ended + 1;
    r.target = t;
    r.done = on_done;
    if (!r.body.p)
        r.body = STR("hello");
    cr_assert(fetch_start(fetch, &r, &err), "%s", err.msg);
    turn_until(want);
    fetch_target_free(t);
}

Test(fetch, a_whole_answer)
{
    open_all(0);
    call("/ok", (struct fetch_request){0});
    cr_assert_eq(last.end, FETCH_END_DONE);
    cr_assert_eq(last.status, 200);
    cr_assert_str_eq(last.body, "hello");
    cr_assert_str_eq(last.header, "ok");
    cr_assert(last.sent);
    call("/500", (struct fetch_request){0});
    cr_assert_eq(last.end, FETCH_END_DONE);
    cr_assert_eq(last.status, 500);
    close_all();
}

Test(fetch, every_broken_answer_has_its_end)
{
    static const struct {
        const char *path;
        struct fetch_request r;
        enum fetch_end end;
    } rows[] = {
        {"/hang", {.first_byte_ms = 60}, FETCH_END_NO_BYTE},
        {"/hang", {.total_ms = 60}, FETCH_END_TOO_LONG},
        {"/stall", {.silence_ms = 60}, FETCH_END_SILENT},
        {"/stall", {.total_ms = 60, .silence_ms = 5000}, FETCH_END_TOO_LONG},
        {"/reset", {0}, FETCH_END_BROKEN},
        {"/close", {0}, FETCH_END_BROKEN},
        {"/cut", {0}, FETCH_END_CUT},
        {"/cutchunk", {0}, FETCH_END_CUT},
        {"/resetmid", {0}, FETCH_END_CUT},
        {"/big", {.body_max_bytes = 1000}, FETCH_END_TOO_LARGE},
        {"/bighead", {0}, FETCH_END_TOO_LARGE},
        {"/garbage", {0}, FETCH_END_GARBLED},
    };
    open_all(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        call(rows[i].path, rows[i].r);
        cr_expect_eq(last.end, rows[i].end, "%s: %s (%s)", rows[i].path, fetch_end_name(last.end), last.reason);
        cr_expect(last.sent);
    }
    cr_assert_eq(fetch_stats(fetch).in_flight, 0u);
    close_all();
}

Test(fetch, a_slow_drip_is_read_to_its_end)
{
    open_all(0);
    call("/drip", (struct fetch_request){.silence_ms = 5000});
    cr_assert_eq(last.end, FETCH_END_DONE, "%s", last.reason);
    cr_assert_str_eq(last.body, "drip drip drip");
    close_all();
}

Test(fetch, without_a_connection)
{
    struct err err;
    open_all(0);
    struct fetch_target_options o = {.url = "http://127.0.0.1:1/x"};
    struct fetch_target *t = target_at("", &o);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    cr_assert(fetch_start(fetch, &r, &err));
    turn_until(1);
    cr_assert_eq(last.end, FETCH_END_REFUSED);
    cr_assert_not(last.sent);
    fetch_target_free(t);
    o.url = "http://no-such-host.invalid/x";
    r.target = t = target_at("", &o);
    cr_assert(fetch_start(fetch, &r, &err));
    cr_assert(fetch_start(fetch, &r, &err));
    turn_until(3);
    cr_assert_eq(last.end, FETCH_END_UNRESOLVED, "%s", fetch_end_name(last.end));
    fetch_target_free(t);
    close_all();
}

Test(fetch, a_name_is_looked_up)
{
    struct err err;
    char url[64];
    open_all(0);
    snprintf(url, sizeof(url), "http://localhost:%u/ok", habits_port());
    struct fetch_target_options o = {.url = url};
    struct fetch_target *t = target_at("", &o);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    for (int i = 0; i < 20; i++)
        cr_assert(fetch_start(fetch, &r, &err));
    turn_until(20);
    cr_assert_eq(last.end, FETCH_END_DONE, "%s", last.reason);
    fetch_target_free(t);
    close_all();
}

Test(fetch, what_is_too_many_waits_here)
{
    struct err err;
    open_all(3);
    struct fetch_target *t = target_at("/ok", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    for (int i = 0; i < 50; i++)
        cr_assert(fetch_start(fetch, &r, &err));
    cr_assert_null(fetch_start(fetch, &r, &err));
    cr_assert_eq(err.code, ERR_OVERLOADED);
    while (ended < 50) {
        loop_run_once(loop);
        cr_assert_leq(fetch_stats(fetch).in_flight, 3u);
    }
    fetch_target_free(t);
    close_all();
}

Test(fetch, waiting_too_long_is_an_end_of_its_own)
{
    struct err err;
    open_all(1);
    struct fetch_target *t = target_at("/hang", NULL);
    struct fetch_request first = {.target = t, .body = STR("x"), .done = on_done, .total_ms = 5000};
    struct fetch_request second = {.target = t, .body = STR("x"), .done = on_done, .total_ms = 50};
    struct fetch_call *c = fetch_start(fetch, &first, &err);
    cr_assert(fetch_start(fetch, &second, &err));
    turn_until(1);
    cr_assert_eq(last.end, FETCH_END_UNQUEUED);
    cr_assert_not(last.sent);
    fetch_cancel(c, on_dropped);
    cr_assert_eq(dropped, 1);
    fetch_target_free(t);
    close_all();
}

/* The server sees the end of a cancelled call at once. */
Test(fetch, cancelling_closes_the_connection)
{
    struct err err;
    open_all(0);
    struct fetch_target *t = target_at("/hang", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    struct fetch_call *c = fetch_start(fetch, &r, &err);
    while (habits_seen("/hang") == 0)
        loop_run_once(loop);
    fetch_cancel(c, on_dropped);
    while (habits_gone() == 0)
        usleep(1000);
    cr_assert_eq(ended, 0);
    cr_assert_eq(dropped, 1);
    fetch_target_free(t);
    close_all();
}

static struct fetch_call *inner;
static int pieces;

static bool on_piece_cancel(void *ud, struct str piece)
{
    (void)ud, (void)piece;
    pieces++;
    fetch_cancel(inner, on_dropped);
    return true;
}

static bool on_piece_stop(void *ud, struct str piece)
{
    (void)ud, (void)piece;
    return false;
}

Test(fetch, cancelling_and_stopping_inside_of_a_piece)
{
    struct err err;
    open_all(0);
    struct fetch_target *t = target_at("/drip", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done, .on_data = on_piece_cancel};
    inner = fetch_start(fetch, &r, &err);
    while (!dropped)
        loop_run_once(loop);
    cr_assert_eq(pieces, 1);
    cr_assert_eq(ended, 0);
    r.on_data = on_piece_stop;
    cr_assert(fetch_start(fetch, &r, &err));
    turn_until(1);
    cr_assert_eq(last.end, FETCH_END_STOPPED);
    fetch_target_free(t);
    close_all();
}

static void on_done_free(void *ud, struct fetch_result *r)
{
    (void)ud, (void)r;
    ended++;
    fetch_free_with(fetch, on_dropped);
}

Test(fetch, freeing_inside_of_done)
{
    struct err err;
    open_all(0);
    struct fetch_target *t = target_at("/ok", NULL), *h = target_at("/hang", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done_free};
    struct fetch_request s = {.target = h, .body = STR("x"), .done = on_done};
    for (int i = 0; i < 10; i++)
        cr_assert(fetch_start(fetch, &s, &err));
    cr_assert(fetch_start(fetch, &r, &err));
    fetch_target_free(t);
    fetch_target_free(h);
    turn_until(1);
    cr_assert_eq(dropped, 10);
    loop_free(loop);
    habits_close();
    LEAK_NONE();
}

Test(fetch, connections_are_kept)
{
    open_all(0);
    struct err err;
    struct fetch_target *t = target_at("/ok", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    for (int i = 1; i <= 10; i++) {
        cr_assert(fetch_start(fetch, &r, &err));
        turn_until(i);
    }
    cr_assert_eq(habits_connections(), 1);
    fetch_target_free(t);
    close_all();
}

/* A kept connection that the server closed meanwhile: the request goes out again, and that is counted. */
Test(fetch, a_dead_kept_connection_is_not_an_error)
{
    open_all(0);
    struct err err;
    struct fetch_target *t = target_at("/onceclose", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    for (int i = 1; i <= 5; i++) {
        cr_assert(fetch_start(fetch, &r, &err));
        turn_until(i);
        cr_assert_eq(last.end, FETCH_END_DONE, "%d: %s %s", i, fetch_end_name(last.end), last.reason);
        usleep(20000);
    }
    fetch_target_free(t);
    close_all();
}

static int outs, agains;
static char *sent_body;

static void on_out(void *ud)
{
    (void)ud;
    outs++;
    memset(sent_body, '?', strlen(sent_body)); /* nobody may look at it any more */
}

static struct str on_again(void *ud)
{
    agains++;
    return *(struct str *)ud;
}

static void call_once(struct fetch_target *t, struct str again)
{
    struct err err;
    char body[] = "second";
    sent_body = body;
    struct fetch_request r = {
        .target = t, .body = str_of(body), .out = on_out, .again = on_again, .done = on_done, .ud = &again};
    int want = ended + 1;
    agains = 0;
    cr_assert(fetch_start(fetch, &r, &err));
    turn_until(want);
}

/* The connection ends behind a request whose body's memory is gone: it is asked for again. Where it ends before anybody
 * saw that the body was out, or libcurl is one that needs it to the end, nobody asks. */
Test(fetch, a_body_that_is_out_is_made_again)
{
    open_all(0);
    struct fetch_target *t = target_at("/first", NULL);
    outs = 0;
    call_once(t, STR("second"));
    call_once(t, STR("second"));
    cr_assert_eq(last.end, FETCH_END_DONE, "%s %s", fetch_end_name(last.end), last.reason);
    cr_assert_eq(fetch_stats(fetch).resent, 1u);
    cr_assert_str_eq(habits.body, "second");
    cr_assert(agains <= 1 && agains <= outs);
    call_once(t, STR("other than it was"));
    cr_assert_eq(last.end, agains ? FETCH_END_BROKEN : FETCH_END_DONE, "%s", fetch_end_name(last.end));
    fetch_target_free(t);
    close_all();
}

Test(fetch, targets_are_checked)
{
    static const char *const split[] = {"X: a\nb", NULL};
    static const struct {
        struct fetch_target_options o;
        const char *says;
    } rows[] = {{{.url = ""}, "empty"},
                {{.url = "file:///etc/passwd"}, "http://"},
                {{.url = "http://u:p@h/"}, "user name"},
                {{.url = "http://h/#x"}, "fragment"},
                {{.url = "http://h/", .ca_file = "/nonexistent/ca.pem"}, "cannot be read"},
                {{.url = "http://h/", .headers = split}, "control"}};
    open_all(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err;
        cr_expect_null(fetch_target_new(fetch, &rows[i].o, &err));
        cr_expect_eq(err.code, ERR_CONFIG);
        cr_expect(strstr(err.msg, rows[i].says), "%s", err.msg);
    }
    close_all();
}

/* 2,000 at once over several handles. */
Test(fetch, many_at_once)
{
    struct err err;
    struct fetch_options o = {.in_flight_max = 2000, .queue_max = 5000, .shard_max = 100};
    habits_open();
    loop = loop_new();
    fetch = fetch_new(loop, &o, &err);
    struct fetch_target *t = target_at("/ok", NULL);
    struct fetch_request r = {.target = t, .body = STR("x"), .done = on_done};
    for (int i = 0; i < 300; i++)
        cr_assert(fetch_start(fetch, &r, &err));
    turn_until(300);
    cr_assert_eq(last.end, FETCH_END_DONE, "%s", last.reason);
    cr_assert_eq(fetch_stats(fetch).ended, 300u);
    fetch_target_free(t);
    close_all();
}
