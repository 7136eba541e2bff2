/* States and lists: see caller_int.h. The statements go out at the end of the turn, so that calls that move together
 * travel together. */
#include "pipeline/model/caller.h"

#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/metrics.h"
#include "pipeline/model/caller_int.h"

static void caller_flush(void *ud)
{
    struct caller *c = ud;
    c->scheduled = false;
    caller_open(c);
    caller_keep(c);
    caller_bill(c);
    caller_drop(c);
}

static void caller_schedule(struct caller *c)
{
    if (c->scheduled)
        return;
    c->scheduled = true;
    loop_defer(c->o.loop, caller_flush, c);
}

static void caller_tick(void *ud)
{
    struct caller *c = ud;
    uint64_t now = clock_mono_ms();
    list_for_each_safe (node, &c->waiting) {
        struct model_call *call = CONTAINER_OF(node, struct model_call, node);
        if (call->due_ms > now)
            continue;
        list_remove(node);
        if (call->held)
            call_reserve(c, call);
        else
            call_move(c, call, CALL_OPENING);
    }
    if (!list_empty(&c->waiting))
        loop_timer_start(c->tick, CALLER_TICK_MS, 0);
    caller_schedule(c);
}

void call_move(struct caller *c, struct model_call *call, enum call_state state)
{
    struct list *const to[] = {[CALL_OPENING] = &c->opening,
                               [CALL_WAITING] = &c->waiting,
                               [CALL_KEEPING] = &c->keeping,
                               [CALL_BILLING] = &c->billing,
                               [CALL_DROPPING] = &c->dropping};
    call->state = state;
    list_remove(&call->node);
    list_append(to[state], &call->node);
    caller_schedule(c);
}

void call_wait(struct caller *c, struct model_call *call, uint64_t ms)
{
    call->due_ms = clock_mono_ms() + ms;
    call_move(c, call, CALL_WAITING);
    if (!loop_timer_active(c->tick))
        loop_timer_start(c->tick, MIN(ms + 1, (uint64_t)CALLER_TICK_MS), 0);
}

void call_give_up(struct caller *c, struct model_call *call)
{
    if (call->held)
        call_move(c, call, CALL_DROPPING);
    else
        call_over(c, call);
}

void call_buffers_free(struct model_call *call)
{
    buf_fini(&call->plain);
    buf_fini(&call->packed);
    buf_init(&call->plain, 0);
    buf_init(&call->packed, 0);
}

static void call_clear(struct caller *c, struct model_call *call)
{
    list_remove(&call->node);
    if (map_get(c->live, &call->ask_key, sizeof(call->ask_key)) == call)
        map_remove(c->live, &call->ask_key, sizeof(call->ask_key));
    call_buffers_free(call);
    call->state = CALL_OVER;
    c->in_flight--;
    metrics_set(METRICS_MODEL_IN_FLIGHT, c->in_flight, NULL);
}

void call_over(struct caller *c, struct model_call *call)
{
    call_clear(c, call);
    call->done(call);
}

void caller_batch_forget(struct caller_batch *b, const struct model_call *call)
{
    for (int i = 0; i < b->n; i++)
        if (b->call[i] == call)
            b->call[i] = NULL;
}

struct caller *caller_new(const struct caller_options *o)
{
    struct caller *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->o = *o;
    c->ladder = ladder_new();
    list_init(&c->opening);
    list_init(&c->waiting);
    list_init(&c->keeping);
    list_init(&c->billing);
    list_init(&c->dropping);
    c->live = map_new(CALLER_LIVE_MAX);
    c->tick = loop_timer_new(o->loop, caller_tick, c);
    return c;
}

void caller_free(struct caller *c)
{
    if (!c)
        return;
    loop_timer_free(c->tick);
    ladder_free(c->ladder);
    map_free(c->live);
    free(c);
}

void caller_start(struct caller *c, struct model_call *call)
{
    call->caller = c;
    list_init(&call->node);
    buf_init(&call->plain, 0);
    buf_init(&call->packed, 0);
    call->tries = call->paid_tries = 0;
    call->held = call->kept = call->billed = call->granted = call->cached = false;
    call->end = (enum model_end)0;
    call->out = NULL;
    call->used = NULL;
    c->in_flight++;
    call_hash(c, call);
    /* the most it may cost, on the dearest route */
    call->estimate_microusd = 0;
    for (int i = 0; i < c->o.routes->n; i++) {
        const struct route *r = &c->o.routes->route[i];
        int64_t input =
            call->ask->kind == LLM_CALL_CHAT ? tokens_estimate_request(r->known.family, &call->ask->chat) : 0;
        for (size_t k = 0; call->ask->kind == LLM_CALL_EMBED && k < call->ask->embed.inputs_count; k++)
            input += tokens_estimate(r->known.family, call->ask->embed.inputs[k]);
        int64_t output = call->ask->kind == LLM_CALL_CHAT ? call->ask->chat.max_output_tokens : 0;
        if (r->priced)
            call->estimate_microusd = MAX(call->estimate_microusd, price_ceiling_microusd(&r->price, input, output));
    }
    call_move(c, call, CALL_OPENING);
}

bool caller_is_out(const struct model_call *call)
{
    return call->state == CALL_SENT || call->state == CALL_KEEPING || call->state == CALL_BILLING;
}

void caller_cancel(struct caller *c, struct model_call *call)
{
    if (call->state == 0 || call->state == CALL_OVER)
        return;
    if (call->state == CALL_LIMITED)
        limiter_withdraw(&call->limit);
    llm_call_cancel(call->out);
    call->out = NULL;
    if (call->granted)
        limiter_settle(call->used->budget, call->limit.tokens, call->state == CALL_SENT ? call->limit.tokens : 0);
    call->granted = false;
    if (call->held && !call->kept &&
        call->state != CALL_KEEPING) /* others need not wait until this process is known to be gone */
        asks_drop(c->o.pool, c->o.worker_id, &call->ask_key, 1, NULL, NULL);
    caller_batch_forget(&c->opens, call);
    caller_batch_forget(&c->keeps, call);
    caller_batch_forget(&c->bills, call);
    caller_batch_forget(&c->drops, call);
    call_clear(c, call);
}

int caller_in_flight(const struct caller *c)
{
    return c->in_flight;
}
