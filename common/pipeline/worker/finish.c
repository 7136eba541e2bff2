/* From results to the commit.
 *
 * Results are gathered (worker.complete_max, worker.complete_wait, or until nothing is left to run) and written in one
 * transaction; one is out at a time, the next gathers meanwhile. Completions and settlings take turns. While Postgres
 * is away the results are kept and tried again: the attempt's token decides whether they still count. A batch that
 * Postgres refuses as a whole (a value it cannot store) is tried one by one, so that one bad result fails alone. */
#include <stdlib.h>
#include "base/backoff.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "pipeline/worker/worker_int.h"

static const struct backoff finish_backoff = {.base_ms = 100, .max_ms = 3000};
static const struct backoff retry_backoff = {.base_ms = 500, .max_ms = 60000};

struct finish_call {
    struct worker *w;
    unsigned generation;
};

static bool finish_is_settle(const struct item *it)
{
    return it->verdict == VERDICT_RETRY || it->verdict == VERDICT_REJECT;
}

static const char *finish_outcome(const struct item *it)
{
    switch (it->verdict) {
    case VERDICT_DONE:
        return "done";
    case VERDICT_NEEDS_REVIEW:
        return "needs_review";
    case VERDICT_REJECT:
        return "failed";
    default:
        return it->outcome == TASK_HAND_BACK ? "handed_back" : it->outcome == TASK_PARK ? "parked" : "retried";
    }
}

static void finish_count(struct worker *w, const struct item *it)
{
    metrics_add(METRICS_TASKS_DONE, 1, w->row->name, finish_outcome(it), NULL);
    metrics_observe(METRICS_TASK_SECONDS, (double)(clock_mono_us() - it->claimed_at_us) / 1e6, w->row->name, NULL);
    if (it->verdict == VERDICT_RETRY && it->outcome != TASK_HAND_BACK)
        metrics_add(METRICS_RETRIES, 1, w->row->name, err_slug(it->err.code), NULL);
    struct log_ctx cx = item_log(it, w);
    if (finish_is_settle(it) && it->outcome != TASK_HAND_BACK)
        log_info(&cx, "%s: %s", finish_outcome(it), it->err.msg);
    else if (trace_sampled(&it->trace))
        log_info(&cx, "%s, committed %.1f ms after the claim", finish_outcome(it),
                 (double)(clock_mono_us() - it->claimed_at_us) / 1e3);
}

/* All items of the batch that was out go back to the front of the results, to be tried again. */
static void finish_again(struct worker *w, const struct err *err, uint32_t delay_ms)
{
    log_warn(NULL, "writing %d results: %s, retrying in %u ms", w->finishing_n, err->msg, delay_ms);
    while (!list_empty(&w->finishing)) {
        struct list *n = w->finishing.prev;
        list_remove(n);
        list_prepend(&w->results, n);
        w->results_n++;
    }
    w->finishing_n = 0;
    loop_timer_start(w->finish_timer, delay_ms, 0);
}

/* Refused for what it holds, not for the weather. */
static void finish_refused(struct worker *w, const struct err *err)
{
    w->finish_attempt = 0; /* it did answer: else worker_finish would wait for a timer that nobody starts */
    if (w->finishing_n > 1) {
        w->finish_single = true;
        finish_again(w, err, 1);
        return;
    }
    struct item *it = CONTAINER_OF(list_shift(&w->finishing), struct item, node);
    w->finishing_n = 0;
    w->finish_single = false;
    if (finish_is_settle(it)) { /* even its failure cannot be told: the deadline will */
        struct log_ctx cx = item_log(it, w);
        log_error(&cx, "settling failed: %s", err->msg);
        item_free(w, it);
        return;
    }
    it->verdict = VERDICT_REJECT;
    it->err = *err;
    worker_result_add(w, it);
}

static bool finish_is_refusal(enum err_code code)
{
    return code == ERR_INVALID || code == ERR_CORRUPT || code == ERR_MALFORMED || code == ERR_TOO_LARGE ||
           code == ERR_LIMIT || code == ERR_DUPLICATE ||
           code == ERR_BUG; /* one result that the store cannot take must not hold up all others for ever */
}

static void finish_done(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct finish_call call = *(struct finish_call *)ud;
    free(ud);
    struct worker *w = call.w;
    if (call.generation != w->generation) { /* the lease was lost: nothing of this counts, and it was dropped */
        while (!list_empty(&w->finishing))
            item_free(w, CONTAINER_OF(w->finishing.next, struct item, node));
        w->finishing_n = 0;
    } else if (err && !finish_is_refusal(err->code)) {
        finish_again(w, err, backoff_delay_ms(finish_backoff, ++w->finish_attempt, ids_random01()));
        return;
    } else if (err) {
        finish_refused(w, err);
    } else {
        struct pg_rows rows = pg_reply_rows(reply, 0);
        int accepted = outbox_changes(member_outbox(w->member), &rows, NULL, NULL);
        if (accepted < w->finishing_n)
            metrics_add(METRICS_TASKS_DONE, w->finishing_n - accepted, w->row->name, "stale", NULL);
        w->finish_attempt = 0;
        w->done += accepted;
        w->finish_single = w->finish_single && w->results_n > 0;
        w->finishing_n = 0;
        while (!list_empty(&w->finishing)) {
            struct item *it = CONTAINER_OF(w->finishing.next, struct item, node);
            finish_count(w, it);
            item_free(w, it);
        }
    }
    worker_progress(w);
}

static struct finish_call *finish_call_new(struct worker *w)
{
    struct finish_call *call = malloc(sizeof(*call));
    if (!call)
        abort();
    *call = (struct finish_call){.w = w, .generation = w->generation};
    return call;
}

static void finish_send_results(struct worker *w)
{
    struct task_result *r = calloc((size_t)w->finishing_n, sizeof(*r));
    if (!r)
        abort();
    int n = 0;
    list_for_each (node, &w->finishing) {
        const struct item *it = CONTAINER_OF(node, struct item, node);
        r[n++] = (struct task_result){.tenant_id = it->claim.tenant_id,
                                      .subject_id = it->claim.subject_id,
                                      .kind = it->claim.kind,
                                      .token = it->claim.token,
                                      .review = it->verdict == VERDICT_NEEDS_REVIEW,
                                      .code = it->verdict == VERDICT_NEEDS_REVIEW ? (int)it->err.code : 0,
                                      .title = it->out.title,
                                      .company = it->out.company,
                                      .document = it->out.document,
                                      .score = it->out.score,
                                      .overall = it->out.overall,
                                      .vectors = it->out.vectors};
    }
    qsort(r, (size_t)n, sizeof(*r), task_order);
    tasks_complete(member_pool(w->member), member_worker_id(w->member), w->spec->stage, r, n, finish_done,
                   finish_call_new(w));
    free(r);
}

static void finish_send_settle(struct worker *w)
{
    struct task_settle *s = calloc((size_t)w->finishing_n, sizeof(*s));
    if (!s)
        abort();
    int n = 0;
    list_for_each (node, &w->finishing) {
        struct item *it = CONTAINER_OF(node, struct item, node);
        if (it->outcome != TASK_HAND_BACK && it->outcome != TASK_PARK)
            it->outcome = it->verdict == VERDICT_REJECT ? TASK_FAIL : TASK_RETRY;
        s[n++] =
            (struct task_settle){.tenant_id = it->claim.tenant_id,
                                 .subject_id = it->claim.subject_id,
                                 .kind = it->claim.kind,
                                 .token = it->claim.token,
                                 .outcome = it->outcome,
                                 .delay_ms = it->outcome == TASK_PARK
                                                 ? it->delay_ms
                                                 : (int)backoff_delay_ms(retry_backoff, (unsigned)it->claim.attempt,
                                                                         ids_random01()),
                                 .code = (int)it->err.code,
                                 .detail = str_of(it->err.msg)};
    }
    qsort(s, (size_t)n, sizeof(*s), task_order);
    tasks_settle(member_pool(w->member), member_worker_id(w->member), s, n, (int)config_int(w->config, CONFIG_ATTEMPTS),
                 finish_done, finish_call_new(w));
    free(s);
}

/* Takes a batch of one sort from the front. */
static void finish_send(struct worker *w)
{
    int max = w->finish_single ? 1 : (int)config_int(w->config, CONFIG_COMPLETE_MAX);
    bool settles = finish_is_settle(CONTAINER_OF(w->results.next, struct item, node));
    list_for_each_safe (node, &w->results) {
        struct item *it = CONTAINER_OF(node, struct item, node);
        if (w->finishing_n == max)
            break;
        if (finish_is_settle(it) != settles)
            continue;
        list_remove(node);
        list_append(&w->finishing, node);
        w->results_n--;
        w->finishing_n++;
    }
    w->results_since_us = clock_mono_us();
    if (settles)
        finish_send_settle(w);
    else
        finish_send_results(w);
}

void worker_finish_timer(void *ud)
{
    struct worker *w = ud;
    if (w->results_n > 0 && w->finishing_n == 0)
        finish_send(w);
}

void worker_finish(struct worker *w)
{
    if (w->results_n == 0 || w->finishing_n > 0 || w->finish_attempt > 0)
        return; /* after a failure the timer decides */
    uint64_t wait_us = (uint64_t)config_int(w->config, CONFIG_COMPLETE_WAIT) * 1000;
    bool idle = list_empty(&w->run) && list_empty(&w->calling) && w->fetching == 0;
    if (idle || w->finish_single || w->results_n >= config_int(w->config, CONFIG_COMPLETE_MAX) ||
        clock_mono_us() - w->results_since_us >= wait_us)
        finish_send(w);
    else if (!loop_timer_active(w->finish_timer))
        loop_timer_start(w->finish_timer, wait_us / 1000, 0);
}

void worker_result_add(struct worker *w, struct item *it)
{
    if (w->results_n == 0)
        w->results_since_us = clock_mono_us();
    list_append(&w->results, &it->node);
    w->results_n++;
}
