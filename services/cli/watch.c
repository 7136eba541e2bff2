/* Events say that something changed; the numbers come from the batch itself (one cheap GET, at most five a second), so
 * a missed or repeated event can never make them wrong.
 *
 *   following (SSE, Last-Event-ID) --lost--> again after a while --lost three times--> polling --> ended | wait over |
 * gateway away too long */
#include "cli/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "cli/sse.h"
#include "core/clock.h"

#define WATCH_REFRESH_MS 200
#define WATCH_REDRAW_MS  1000
#define WATCH_LINE_MS    2000 /* between lines where there is no terminal */
#define WATCH_POLL_MS    1000
#define WATCH_SILENCE_MS 45000 /* the server sends a heartbeat every 15 s */
#define WATCH_AWAY_MS    60000 /* without any answer: given up */
#define WATCH_LOSSES_MAX 3     /* in a row: poll */
#define WATCH_SAMPLES    32
#define WATCH_RATE_MS    10000

struct watch {
    struct api *api;    /* the stream's */
    struct api numbers; /* the batch's: a connection of its own */
    const char *batch;
    struct sse sse;
    struct bars_counts counts, shown;
    bool dirty, over, refused;
    bool ended;      /* the numbers say so */
    bool stream_end; /* the stream said so: every event has come */
    bool polling;
    bool live, json;
    int lines; /* drawn on the terminal */
    uint64_t begun_ms, deadline_ms, refreshed_ms, drawn_ms, answered_ms;
    struct {
        uint64_t at_ms;
        int64_t finished;
    } samples[WATCH_SAMPLES];
    int sample_count;
    struct err err;
};

/* Ctrl-C */

static char watch_farewell[256];

static void watch_interrupted(int number)
{
    ssize_t ignored = write(STDERR_FILENO, watch_farewell, strlen(watch_farewell));
    (void)ignored;
    _exit(128 + number);
}

static void watch_signals(const char *batch, bool live)
{
    snprintf(watch_farewell, sizeof(watch_farewell), "%s\nthe work goes on; to see it again: jobmill watch %.60s\n",
             live ? "\033[?7h" : "", batch);
    struct sigaction act = {.sa_handler = watch_interrupted};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

/* Numbers */

static void watch_sample(struct watch *w, uint64_t now)
{
    if (w->sample_count == WATCH_SAMPLES) {
        memmove(w->samples, w->samples + 1, sizeof(w->samples[0]) * (WATCH_SAMPLES - 1));
        w->sample_count--;
    }
    w->samples[w->sample_count].at_ms = now;
    w->samples[w->sample_count++].finished = bars_finished(&w->counts);
}

static double watch_rate(const struct watch *w)
{
    int first = 0, last = w->sample_count - 1;
    while (first < last && w->samples[last].at_ms - w->samples[first].at_ms > WATCH_RATE_MS)
        first++;
    if (last <= first || w->samples[last].at_ms == w->samples[first].at_ms)
        return -1;
    return (double)(w->samples[last].finished - w->samples[first].finished) * 1000 /
           (double)(w->samples[last].at_ms - w->samples[first].at_ms);
}

/* 0, or an error that is worth another try or not (refused). */
static int watch_refresh(struct watch *w)
{
    struct api_reply r;
    uint64_t now = clock_mono_ms();
    w->refreshed_ms = now;
    int rc = api_get(&w->numbers, &r, &w->err, "/api/v1/batches/%s", w->batch);
    if (rc == 0 && r.json) {
        bars_read(r.json, &w->counts);
        w->ended = w->ended || bars_ended(&w->counts);
        w->answered_ms = clock_mono_ms();
        w->dirty = false;
        watch_sample(w, now);
    }
    w->refused = rc < 0 && err_class(w->err.code) == ERR_CLASS_INPUT;
    api_reply_fini(&r);
    return rc;
}

/* Drawing */

static bool watch_changed(const struct watch *w)
{
    struct bars_counts a = w->counts, b = w->shown;
    a.eta_s = b.eta_s = 0;
    return memcmp(&a, &b, sizeof(a)) != 0;
}

static void watch_draw_live(struct watch *w, uint64_t now)
{
    struct winsize size = {.ws_col = 80};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    struct buf text, out;
    buf_init(&text, 64 * 1024);
    buf_init(&out, 64 * 1024);
    struct bars_style style = {.width = size.ws_col ? size.ws_col : 80, .color = true};
    bars_write(&w->counts, watch_rate(w), now - w->begun_ms, style, &text);
    buf_adds(&out, "\033[?7l"); /* a long line is cut, not wrapped */
    if (w->lines)
        buf_addf(&out, "\033[%dA", w->lines);
    struct str rest = {.p = buf_str(&text), .n = text.len}, line;
    w->lines = 0;
    while (str_next_line(&rest, &line)) {
        buf_addf(&out, "\r" STR_FMT "\033[K\n", STR_ARG(line));
        w->lines++;
    }
    buf_adds(&out, "\033[?7h");
    fwrite(buf_str(&out), 1, out.len, stderr);
    fflush(stderr);
    buf_fini(&text);
    buf_fini(&out);
}

static void watch_draw(struct watch *w, bool last)
{
    uint64_t now = clock_mono_ms();
    bool changed = watch_changed(w);
    uint64_t since = now - w->drawn_ms;
    if (w->json || w->api->cli->quiet)
        return;
    if (w->live ? !last && !changed && since < WATCH_REDRAW_MS
                : !changed || (!last && w->drawn_ms && since < WATCH_LINE_MS))
        return;
    w->drawn_ms = now;
    if (w->live) {
        watch_draw_live(w, now);
    } else {
        struct buf line;
        buf_init(&line, 4096);
        bars_line(&w->counts, watch_rate(w), now - w->begun_ms, &line);
        fputs(buf_str(&line), stderr);
        buf_fini(&line);
    }
    w->shown = w->counts;
}

/* The stream */

/* Whoever wants the events waits for the last of them; others go by the numbers. */
static bool watch_is_done(const struct watch *w)
{
    return w->stream_end || (w->ended && (!w->json || w->polling));
}

static bool watch_event(void *ud, const struct sse_event *e)
{
    struct watch *w = ud;
    if (str_eqc(e->name, "heartbeat"))
        return true;
    w->dirty = true;
    if (w->json && !str_eqc(e->name, "end")) {
        fwrite(e->data.p, 1, e->data.n, stdout);
        fputc('\n', stdout);
        fflush(stdout);
    }
    w->stream_end = str_eqc(e->name, "end");
    return !w->stream_end;
}

static bool watch_data(void *ud, int status, struct str piece)
{
    struct watch *w = ud;
    (void)status;
    w->answered_ms = clock_mono_ms();
    return sse_feed(&w->sse, piece, watch_event, w);
}

static bool watch_tick(void *ud)
{
    struct watch *w = ud;
    uint64_t now = clock_mono_ms();
    if (w->deadline_ms && now >= w->deadline_ms) {
        w->over = true;
        return false;
    }
    if (now - w->refreshed_ms >= (w->dirty ? WATCH_REFRESH_MS : 5 * WATCH_POLL_MS))
        (void)watch_refresh(w);
    watch_draw(w, false);
    return !watch_is_done(w);
}

/* true: the stream was there (however it ended). */
static bool watch_follow(struct watch *w)
{
    char path[160];
    struct api_reply r;
    struct err err;
    snprintf(path, sizeof(path), "/api/v1/batches/%s/events", w->batch);
    sse_restart(&w->sse);
    struct api_request q = {.path = path,
                            .accept = "text/event-stream",
                            .last_event_id = w->sse.last_id[0] ? w->sse.last_id : NULL,
                            .on_data = watch_data,
                            .tick = watch_tick,
                            .ud = w,
                            .silence_ms = WATCH_SILENCE_MS};
    int rc = api_call(w->api, &q, &r, &err);
    api_reply_fini(&r);
    return rc == 0 || (err.code == ERR_IO && w->sse.last_id[0]);
}

static bool watch_pause(struct watch *w, uint64_t ms)
{
    for (uint64_t end = clock_mono_ms() + ms; clock_mono_ms() < end && !w->over;) {
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000}, NULL);
        if (w->deadline_ms && clock_mono_ms() >= w->deadline_ms)
            w->over = true;
    }
    return !w->over;
}

static int watch_run(struct watch *w)
{
    int losses = 0;
    while (!watch_is_done(w) && !w->over) {
        w->polling = losses >= WATCH_LOSSES_MAX;
        if (!w->polling)
            losses = watch_follow(w) ? 0 : losses + 1;
        if (w->over)
            break;
        int rc = watch_refresh(w);
        if (rc < 0 && (w->refused || clock_mono_ms() - w->answered_ms > WATCH_AWAY_MS))
            return rc;
        watch_draw(w, false);
        if (!watch_is_done(w))
            watch_pause(w, w->polling ? WATCH_POLL_MS : 200ULL << losses);
    }
    return 0;
}

/* The last word: the numbers of the end, which the stream may have outrun. */
static int watch_finish(struct watch *w)
{
    int rc = 0;
    for (int i = 0; watch_is_done(w) && i < 50; i++) {
        rc = watch_refresh(w);
        if (rc == 0 && bars_ended(&w->counts))
            break;
        watch_pause(w, 50);
    }
    watch_draw(w, true);
    return rc;
}

static int watch_begin(struct watch *w, uint64_t wait_ms)
{
    const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
    w->json = w->api->cli->json;
    w->live = isatty(STDERR_FILENO) && !(plain && *plain) && term && strcmp(term, "dumb") != 0;
    w->begun_ms = w->answered_ms = clock_mono_ms();
    w->deadline_ms = wait_ms ? w->begun_ms + wait_ms : 0;
    int rc = watch_refresh(w);
    if (rc < 0)
        return rc;
    watch_signals(w->batch, w->live);
    watch_draw(w, false);
    return 0;
}

int watch_batch(struct api *a, const char *batch, uint64_t wait_ms, struct watch_result *ret, struct err *err)
{
    struct watch w = {.api = a, .batch = batch};
    memset(ret, 0, sizeof(*ret));
    int rc = api_open(&w.numbers, a->cli, err);
    if (rc < 0)
        return rc;
    sse_init(&w.sse);
    rc = watch_begin(&w, wait_ms);
    if (rc == 0)
        rc = watch_run(&w);
    if (rc == 0)
        rc = watch_finish(&w);
    if (rc < 0 && err)
        *err = w.err;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    ret->counts = w.counts;
    ret->ended = bars_ended(&w.counts);
    sse_fini(&w.sse);
    api_close(&w.numbers);
    return rc;
}

int watch_exit_code(const struct watch_result *r)
{
    if (!r->ended)
        return CLI_TIMEOUT;
    return r->counts.done == r->counts.accepted ? CLI_OK : CLI_ITEMS;
}
