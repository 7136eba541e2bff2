/* The four statements of a call's life, each gathered over calls and over some time (batch_take). While Postgres is
 * away what waits here waits: nothing is lost, and nothing is called that was not opened. */
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/metrics.h"
#include "core/log.h"
#include "pipeline/model/caller_int.h"

/* Whether it cannot wait for more: somebody does, or there is enough for a statement. */
static bool list_urgent(const struct list *from)
{
    int n = 0;
    list_for_each (node, from)
        if (CONTAINER_OF(node, struct model_call, node)->interactive || ++n == CALLER_BATCH)
            return true;
    return false;
}

/* The next ones that go out, 0: none now. */
static int batch_take(struct caller *c, struct caller_batch *b, struct list *from)
{
    uint64_t now = clock_mono_ms();
    if (b->n || list_empty(from))
        return 0;
    if (now - b->sent_ms < CALLER_PACE_MS && !list_urgent(from)) {
        if (!loop_timer_active(c->pace))
            loop_timer_start(c->pace, CALLER_PACE_MS - (now - b->sent_ms), 0);
        return 0;
    }
    b->sent_ms = now;
    while (!list_empty(from) && b->n < CALLER_BATCH)
        b->call[b->n++] = CONTAINER_OF(list_shift(from), struct model_call, node);
    return b->n;
}

/* Nothing was said: all go back to the front. */
static void batch_back(struct caller_batch *b, struct list *to)
{
    for (int i = b->n - 1; i >= 0; i--)
        if (b->call[i])
            list_prepend(to, &b->call[i]->node);
    b->n = 0;
}

static void store_failed(struct caller *c, const struct err *err, const char *what)
{
    log_warn(NULL, "model calls: %s: %s, trying again", what, err->msg);
    if (!loop_timer_active(c->tick))
        loop_timer_start(c->tick, CALLER_TICK_MS, 0);
}

/* Opening */

static const char *const scope_names[] = {"", "tenant", "day", "batch", "application"};

static void call_opened(struct caller *c, struct model_call *call, const struct ask_opened *o)
{
    struct err err;
    switch (o->what) {
    case ASK_CALL:
        call->held = true;
        call_go(c, call);
        return;
    case ASK_BUSY:
        call_wait(c, call, CALLER_BUSY_MS);
        return;
    case ASK_OVER:
        call->end = MODEL_LATER;
        call->wait_ms = c->o.budget_pause_ms;
        err_set(&call->err, ERR_BUDGET, "the ceiling of the %s is reached: this call may cost up to %lld micro-dollars",
                scope_names[o->scope], (long long)call->estimate_microusd);
        metrics_add(METRICS_MODEL_CALLS, 1, "all", "over_ceiling", NULL);
        call_over(c, call);
        return;
    default:
        break;
    }
    call->cached = call->kept = true;
    call->billed = o->billed;
    if (call_unpack(c, call, o->reply, &err) < 0) {
        call->end = MODEL_FAILED;
        call->err = err;
        call_over(c, call);
        return;
    }
    metrics_add(METRICS_MODEL_CALLS, 1, call->used->name, "kept", NULL);
    call_read(c, call);
}

static void opened(void *ud, const struct ask_opened *o, int n, const struct err *err)
{
    struct caller *c = ud;
    struct caller_batch b = c->opens;
    c->opens.n = 0;
    if (err) {
        batch_back(&b, &c->opening);
        store_failed(c, err, "opening");
        return;
    }
    for (int i = 0; i < n; i++)
        if (b.call[i])
            call_opened(c, b.call[i], &o[i]);
    caller_open(c);
}

/* Two of the same in one process: the second waits for the first one's reply. */
static void open_sort_out(struct caller *c)
{
    list_for_each_safe (node, &c->opening) {
        struct model_call *call = CONTAINER_OF(node, struct model_call, node);
        struct model_call *other = map_get(c->live, &call->ask_key, sizeof(call->ask_key));
        if (other && other != call)
            call_wait(c, call, CALLER_BUSY_MS);
        else if (!other && !map_put(c->live, &call->ask_key, sizeof(call->ask_key), call))
            abort(); /* bounded by the worker's concurrency */
    }
}

void caller_open(struct caller *c)
{
    if (c->opens.n)
        return;
    open_sort_out(c);
    if (batch_take(c, &c->opens, &c->opening) == 0)
        return;
    struct ask_open asks[CALLER_BATCH];
    for (int i = 0; i < c->opens.n; i++) {
        const struct model_call *call = c->opens.call[i];
        asks[i] = (struct ask_open){.key = call->ask_key,
                                    .batch_id = call->batch_id,
                                    .application_id = call->application_id,
                                    .estimate_microusd = call->estimate_microusd};
    }
    asks_open(c->o.pool, c->o.worker_id, c->o.stage, asks, c->opens.n, &c->o.ceilings, opened, c);
}

/* Keeping */

static void kept(void *ud, const struct pg_reply *reply UNUSED, const struct err *err)
{
    struct caller *c = ud;
    struct caller_batch b = c->keeps;
    c->keeps.n = 0;
    if (err) {
        batch_back(&b, &c->keeping);
        store_failed(c, err, "keeping replies");
        return;
    }
    for (int i = 0; i < b.n; i++) {
        struct model_call *call = b.call[i];
        struct err bad;
        if (!call)
            continue;
        call->kept = true;
        if (call_unpack_own(c, call, &bad) < 0)
            abort(); /* these are our own bytes */
        call_read(c, call);
    }
    caller_keep(c);
}

void caller_keep(struct caller *c)
{
    if (batch_take(c, &c->keeps, &c->keeping) == 0)
        return;
    struct ask_reply replies[CALLER_BATCH];
    for (int i = 0; i < c->keeps.n; i++) {
        const struct model_call *call = c->keeps.call[i];
        replies[i] = (struct ask_reply){.key = call->ask_key,
                                        .usage_id = call->usage_id,
                                        .bytes = {.p = buf_str(&call->packed), .n = call->packed.len}};
    }
    asks_reply(c->o.pool, replies, c->keeps.n, kept, c);
}

/* Billing */

static void billed(void *ud, const struct pg_reply *reply UNUSED, const struct err *err)
{
    struct caller *c = ud;
    struct caller_batch b = c->bills;
    c->bills.n = 0;
    if (err) {
        batch_back(&b, &c->billing);
        store_failed(c, err, "the ledger");
        return;
    }
    for (int i = 0; i < b.n; i++) {
        struct model_call *call = b.call[i];
        if (call && call->wasted) {
            call->wasted = false;
            call_move(c, call, CALL_DROPPING);
        } else if (call) {
            call_over(c, call);
        }
    }
    caller_bill(c);
}

static struct ask_bill bill_of(const struct model_call *call)
{
    const struct llm_usage *u = &call->reply.usage;
    int64_t cost = u->known && call->used->priced
                       ? call_share_of(&call->share, price_cost_microusd(&call->used->price, &call->whole))
                   : u->known ? 0
                              : call->estimate_microusd;
    return (struct ask_bill){.key = call->ask_key,
                             .usage_id = call->usage_id,
                             .subject_id = call->subject_id,
                             .application_id = call->application_id,
                             .batch_id = call->batch_id,
                             .attempt = call->attempt,
                             .outcome = call->end == MODEL_ANSWER ? ASK_OUTCOME_ANSWER : ASK_OUTCOME_USELESS,
                             .provider = call->used->provider,
                             .model = call->used->model,
                             .price_version = !call->used->priced ? "unknown"
                                              : u->known          ? call->used->price.version
                                                                  : "estimated",
                             .provider_id = call->reply.id,
                             .prompt_tokens = (int)u->input,
                             .completion_tokens = (int)u->output,
                             .cached_tokens = (int)u->cached_read,
                             .cache_write_tokens = (int)u->cache_write,
                             .reasoning_tokens = (int)u->reasoning,
                             .latency_ms = call->latency_ms,
                             .cost_microusd = cost};
}

void caller_bill(struct caller *c)
{
    if (batch_take(c, &c->bills, &c->billing) == 0)
        return;
    struct ask_bill bills[CALLER_BATCH];
    for (int i = 0; i < c->bills.n; i++) {
        bills[i] = bill_of(c->bills.call[i]);
        metrics_add(METRICS_MODEL_COST, (double)bills[i].cost_microusd, c->bills.call[i]->used->name, NULL);
    }
    asks_bill(c->o.pool, c->o.stage, bills, c->bills.n, billed, c);
}

/* Giving free */

static void dropped(void *ud, const struct pg_reply *reply UNUSED, const struct err *err)
{
    struct caller *c = ud;
    struct caller_batch b = c->drops;
    c->drops.n = 0;
    if (err) {
        batch_back(&b, &c->dropping);
        store_failed(c, err, "giving asks free");
        return;
    }
    for (int i = 0; i < b.n; i++) {
        struct model_call *call = b.call[i];
        if (!call)
            continue;
        call->held = call->kept = call->cached = false;
        if (call->end) {
            call_over(c, call);
        } else { /* it begins again */
            uint64_t now = clock_mono_ms();
            call_wait(c, call, call->due_ms > now ? call->due_ms - now : 0);
        }
    }
    caller_drop(c);
}

void caller_drop(struct caller *c)
{
    if (batch_take(c, &c->drops, &c->dropping) == 0)
        return;
    static const struct uuid nil;
    struct ask_drop drops[CALLER_BATCH];
    for (int i = 0; i < c->drops.n; i++) {
        const struct model_call *call = c->drops.call[i];
        drops[i] = (struct ask_drop){.key = call->ask_key, .usage_id = call->kept ? call->usage_id : nil};
    }
    asks_drop(c->o.pool, c->o.worker_id, drops, c->drops.n, dropped, c);
}
