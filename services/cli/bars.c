#include "cli/bars.h"

#include <stdio.h>
#include <string.h>
#include "cli/format.h"

#define BARS_NAME_COLUMNS 14
#define BARS_TAIL_COLUMNS 24
#define BARS_WIDTH_MIN    10
#define BARS_WIDTH_MAX    50

void bars_read(yyjson_val *batch, struct bars_counts *ret)
{
    yyjson_val *counts = json_get_obj(batch, "counts"), *stages = json_get_obj(batch, "stages");
    *ret = (struct bars_counts){
        .accepted = json_get_int(counts, "accepted", 0),
        .waiting = json_get_int(counts, "waiting", 0),
        .running = json_get_int(counts, "running", 0),
        .parked = json_get_int(counts, "parked", 0),
        .done = json_get_int(counts, "done", 0),
        .needs_review = json_get_int(counts, "needs_review", 0),
        .failed = json_get_int(counts, "failed", 0),
        .cancelled = json_get_int(counts, "cancelled", 0),
        .cost_microusd = json_get_int(batch, "cost_microusd", 0),
        .eta_s = json_get_int(batch, "eta_s", -1),
    };
    struct str state = json_get_str(batch, "state");
    snprintf(ret->state, sizeof(ret->state), STR_FMT, (int)MIN(state.n, sizeof(ret->state) - 1),
             state.p ? state.p : "");
    for (int s = 1; s <= STAGE_MAX; s++) {
        yyjson_val *stage = json_get_obj(stages, stage_name((enum stage)s));
        ret->stage_done[s] = json_get_int(stage, "done", 0);
        ret->stage_total[s] = json_get_int(stage, "total", ret->accepted);
    }
}

bool bars_ended(const struct bars_counts *c)
{
    return strcmp(c->state, "ended") == 0;
}

int64_t bars_finished(const struct bars_counts *c)
{
    return c->done + c->needs_review + c->failed + c->cancelled;
}

static const char *bars_color(struct bars_style style, const char *code)
{
    return style.color ? code : "";
}

static void bars_bar(int64_t done, int64_t total, int width, struct bars_style style, struct buf *out)
{
    int full = total > 0 ? (int)(done * width / total) : 0;
    full = full < 0 ? 0 : MIN(full, width);
    buf_adds(out, bars_color(style, full == width ? "\033[32m" : "\033[36m"));
    for (int i = 0; i < full; i++)
        buf_adds(out, style.ascii ? "#" : "█");
    buf_adds(out, bars_color(style, "\033[0m\033[2m"));
    for (int i = full; i < width; i++)
        buf_adds(out, style.ascii ? "." : "░");
    buf_adds(out, bars_color(style, "\033[0m"));
}

static void bars_row(const char *name, int64_t done, int64_t total, struct bars_style style, struct buf *out)
{
    int width = style.width - BARS_NAME_COLUMNS - BARS_TAIL_COLUMNS;
    char a[FORMAT_BYTES], b[FORMAT_BYTES];
    width = width < BARS_WIDTH_MIN ? BARS_WIDTH_MIN : MIN(width, BARS_WIDTH_MAX);
    buf_addf(out, "%-*s", BARS_NAME_COLUMNS, name);
    bars_bar(done, total, width, style, out);
    buf_addf(out, " %3d%%  %s/%s\n", total > 0 ? (int)(done * 100 / total) : 0, format_count(done, a),
             format_count(total, b));
}

/* " 3 failed" only when there are any. */
static void bars_some(int64_t n, const char *what, const char *color, struct bars_style style, struct buf *out)
{
    char text[FORMAT_BYTES];
    if (n > 0)
        buf_addf(out, "  %s%s %s%s", bars_color(style, color), format_count(n, text), what,
                 bars_color(style, "\033[0m"));
}

static void bars_numbers(const struct bars_counts *c, double rate, uint64_t elapsed_ms, struct bars_style style,
                         struct buf *out)
{
    char a[FORMAT_BYTES], b[FORMAT_BYTES];
    buf_addf(out, "%s%s done%s", bars_color(style, "\033[32m"), format_count(c->done, a), bars_color(style, "\033[0m"));
    bars_some(c->needs_review, "need review", "\033[33m", style, out);
    bars_some(c->failed, "failed", "\033[31m", style, out);
    bars_some(c->cancelled, "cancelled", "\033[2m", style, out);
    bars_some(c->running, "running", "", style, out);
    bars_some(c->parked, "parked", "\033[33m", style, out);
    bars_some(c->waiting, "waiting", "\033[2m", style, out);
    if (strcmp(c->state, "running") != 0)
        buf_addf(out, "  [%s]", c->state);
    buf_addf(out, "  %s", format_duration(elapsed_ms, a));
    if (rate > 0 && !bars_ended(c))
        buf_addf(out, "  %.1f/s", rate);
    int64_t left = c->accepted - bars_finished(c);
    if (!bars_ended(c) && left > 0 && (rate > 0 || c->eta_s >= 0))
        buf_addf(out, "  about %s left",
                 format_duration((uint64_t)((rate > 0 ? (double)left / rate : (double)c->eta_s) * 1000), b));
    if (c->cost_microusd > 0)
        buf_addf(out, "  %s", format_cost(c->cost_microusd, b));
    buf_addc(out, '\n');
}

void bars_write(const struct bars_counts *c, double rate, uint64_t elapsed_ms, struct bars_style style, struct buf *out)
{
    for (int s = 1; s <= STAGE_MAX; s++)
        bars_row(stage_name((enum stage)s), c->stage_done[s], c->stage_total[s], style, out);
    bars_row("applications", bars_finished(c), c->accepted, style, out);
    bars_numbers(c, rate, elapsed_ms, style, out);
}

void bars_line(const struct bars_counts *c, double rate, uint64_t elapsed_ms, struct buf *out)
{
    char a[FORMAT_BYTES], b[FORMAT_BYTES];
    buf_addf(out, "%s/%s ", format_count(bars_finished(c), a), format_count(c->accepted, b));
    for (int s = 1; s <= STAGE_MAX; s++)
        buf_addf(out, " %s %lld", stage_name((enum stage)s), (long long)c->stage_done[s]);
    buf_adds(out, "  ");
    bars_numbers(c, rate, elapsed_ms, (struct bars_style){.width = 80}, out);
}
