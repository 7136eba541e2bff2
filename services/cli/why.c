/* One function per state of an application; a live task, where the API shows one ({state, attempt, not_before, worker,
 * released_at, claimed_at}), says more. */
#include "cli/why.h"

#include <string.h>
#include "cli/format.h"

struct why {
    yyjson_val *app, *task, *batch;
    double now;
    struct buf *out;
};

/* " for 12 s" since a time field, "" without one. */
static void why_since(struct why *w, yyjson_val *obj, const char *key)
{
    char text[FORMAT_BYTES];
    struct str at = json_get_str(obj, key);
    double t = at.n ? format_time_parse(at.p, at.n) : -1;
    if (t >= 0 && w->now >= t)
        buf_addf(w->out, " for %s", format_duration((uint64_t)((w->now - t) * 1000), text));
}

static void why_stage(struct why *w)
{
    struct str stage = json_get_str(w->app, "stage");
    if (stage.n)
        buf_addf(w->out, " (stage " STR_FMT ")", STR_ARG(stage));
}

static void why_problem(struct why *w, const char *before)
{
    yyjson_val *problem = json_get_obj(w->app, "problem");
    struct str detail = json_get_str(problem, "detail"), code = json_get_str(problem, "code");
    if (detail.n || code.n)
        buf_addf(w->out, "%s%.*s", before, (int)MIN(detail.n ? detail.n : code.n, 300u), detail.n ? detail.p : code.p);
}

static void why_accepted(struct why *w)
{
    struct str state = json_get_str(w->batch, "state");
    int64_t waiting = json_get_int(json_get_obj(w->batch, "counts"), "waiting", 0);
    if (str_eqc(state, "paused")) {
        buf_adds(w->out, "waits because its batch is paused, until somebody resumes the batch");
    } else if (str_eqc(state, "cancelling")) {
        buf_adds(w->out, "is about to be cancelled with its batch");
    } else if (str_eqc(state, "receiving")) {
        buf_adds(w->out, "waits until its batch has been received to the end");
    } else {
        buf_adds(w->out, "waits to be admitted");
        why_since(w, w->app, "created_at");
        yyjson_val *position = yyjson_obj_get(w->app, "position");
        if (yyjson_is_int(position))
            buf_addf(w->out, ", %lld before it", (long long)yyjson_get_sint(position));
        else if (waiting > 0)
            buf_addf(w->out, "; %lld of its batch wait, tenants take turns, and interactive work goes first",
                     (long long)waiting);
    }
}

static void why_running(struct why *w)
{
    struct str state = json_get_str(w->task, "state"), worker = json_get_str(w->task, "worker"),
               stage = json_get_str(w->app, "stage");
    if (str_eqc(state, "waiting")) {
        buf_adds(w->out, str_eqc(stage, "optimize") ? "waits for the analysis of its posting"
                                                    : "waits for a part of another task");
        why_stage(w);
    } else if (str_eqc(stage, "join")) {
        buf_adds(w->out, "has its documents and waits for the embeddings");
    } else if (str_eqc(state, "dispatched") || str_eqc(state, "ready")) {
        buf_adds(w->out, "was published and waits for a worker to take it");
        why_stage(w);
        why_since(w, w->task, "released_at");
    } else if (str_eqc(state, "running")) {
        buf_addf(w->out, "is being worked on%s" STR_FMT, worker.n ? " by " : "", STR_ARG(worker));
        why_stage(w);
        why_since(w, w->task, "claimed_at");
    } else {
        buf_adds(w->out, "is on its way through the stages");
        why_stage(w);
        why_since(w, w->app, "updated_at");
    }
    int64_t attempt = json_get_int(w->task, "attempt", json_get_int(w->app, "attempts", 0));
    if (attempt > 1)
        buf_addf(w->out, ", attempt %lld", (long long)attempt);
}

static void why_parked(struct why *w)
{
    char text[FORMAT_BYTES];
    struct str until = json_get_str(w->task, "not_before");
    if (until.n == 0)
        until = json_get_str(w->app, "not_before");
    double t = until.n ? format_time_parse(until.p, until.n) : -1;
    buf_adds(w->out, "is parked");
    why_stage(w);
    if (t >= 0)
        buf_addf(w->out, " until " STR_FMT, STR_ARG(until));
    if (t > w->now)
        buf_addf(w->out, " (in %s)", format_duration((uint64_t)((t - w->now) * 1000), text));
    else if (t >= 0)
        buf_adds(w->out, " (due: the dispatcher takes it next)");
    why_problem(w, ": ");
    int64_t attempt = json_get_int(w->app, "attempts", 0);
    if (attempt > 0)
        buf_addf(w->out, " (%lld %s so far)", (long long)attempt, attempt == 1 ? "attempt" : "attempts");
}

static void why_done(struct why *w)
{
    buf_adds(w->out, "is done");
    why_since(w, w->app, "ended_at");
}

static void why_review(struct why *w)
{
    buf_adds(w->out, "ended, but a document did not pass the fact check and a person must look at it");
    why_problem(w, ": ");
}

static void why_failed(struct why *w)
{
    buf_adds(w->out, "failed");
    why_problem(w, ": ");
}

static void why_cancelled(struct why *w)
{
    buf_adds(w->out, "was cancelled");
    why_since(w, w->app, "ended_at");
}

void why_sentence(yyjson_val *application, yyjson_val *batch, double now, struct buf *out)
{
    static const struct {
        const char *state;
        void (*say)(struct why *w);
    } states[] = {{"accepted", why_accepted},  {"running", why_running},     {"parked", why_parked},
                  {"done", why_done},          {"needs_review", why_review}, {"failed", why_failed},
                  {"cancelled", why_cancelled}};
    struct why w = {
        .app = application, .task = json_get_obj(application, "task"), .batch = batch, .now = now, .out = out};
    struct str state = json_get_str(application, "state");
    buf_adds(out, "The application ");
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (str_eqc(state, states[i].state)) {
            states[i].say(&w);
            buf_adds(out, ".");
            return;
        }
    buf_addf(out, "is " STR_FMT ".", STR_ARG(state));
}
