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
    caller_gather(c);
    caller_keep(c);
    caller_bill(c);
    caller_drop(c);
}

void caller_schedule(struct caller *c)
{
    if (c->scheduled)
        return;
    c->scheduled = true;
    loop_defer(c->o.loop, caller_flush, c);
}

static void caller_gathered(void *ud)
{
    caller_gather(ud);
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

static void caller_watch(void *ud)
{
    struct caller *c = ud;
    routes_watch(c->o.routes, clock_mono_ms());
    if (c->in_flight == 0)
        loop_timer_stop(c->watch);
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
    if (call->joint)
        joint_over(c, call);
    else if (call->held)
        call_move(c, call, call->wasted ? CALL_BILLING : CALL_DROPPING);
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
    c->gather = gather_new(&o->gather);
    c->gather_timer = loop_timer_new(o->loop, caller_gathered, c);
    c->tick = loop_timer_new(o->loop, caller_tick, c);
    c->pace = loop_timer_new(o->loop, caller_flush, c);
    c->watch = loop_timer_new(o->loop, caller_watch, c);
    return c;
}

void caller_free(struct caller *c)
{
    if (!c)
        return;
    loop_timer_free(c->tick);
    loop_timer_free(c->pace);
    loop_timer_free(c->watch);
    loop_timer_free(c->gather_timer);
    gather_free(c->gather);
    ladder_free(c->ladder);
    map_free(c->live);
    free(c);
}

/* What it is going to be, on the route where it is most: the cost and, of texts to embed, the tokens. */
static void call_guess(const struct caller *c, struct model_call *call)
{
    const struct model_ask *ask = call->ask;
    call->estimate_microusd = call->guess_tokens = call->longest_tokens = 0;
    for (int i = 0; i < c->o.routes->n; i++) {
        const struct route *r = &c->o.routes->route[i];
        int64_t input = 0, output = 0;
        if (ask->kind == LLM_CALL_CHAT) {
            input = tokens_estimate_request(r->known.family, &ask->chat);
            output = ask->chat.max_output_tokens;
        }
        for (size_t k = 0; ask->kind == LLM_CALL_EMBED && k < ask->embed.inputs_count; k++) {
            int64_t one = tokens_estimate(r->known.family, ask->embed.inputs[k]);
            call->longest_tokens = MAX(call->longest_tokens, one);
            input += one;
        }
        call->guess_tokens = MAX(call->guess_tokens, input);
        if (r->priced)
            call->estimate_microusd = MAX(call->estimate_microusd, price_ceiling_microusd(&r->price, input, output));
    }
}

void caller_start(struct caller *c, struct model_call *call)
{
    call->caller = c;
    list_init(&call->node);
    buf_init(&call->plain, 0);
    buf_init(&call->packed, 0);
    call->tries = call->paid_tries = 0;
    call->held = call->kept = call->billed = call->granted = call->cached = call->flying = call->wasted = false;
    call->ride = call->joint = NULL;
    call->gathered = (struct gather_item){.group = NULL};
    call->share = (struct call_share){.there = false};
    call->end = (enum model_end)0;
    call->out = NULL;
    call->used = NULL;
    call->trip = (struct route_trip){.at_ms = 0};
    if (c->in_flight++ == 0)
        loop_timer_start(c->watch, ROUTE_WATCH_MS, ROUTE_WATCH_MS);
    call_hash(c, call);
    call_guess(c, call);
    call_move(c, call, CALL_OPENING);
}

bool caller_is_out(const struct model_call *call)
{
    return call->state == CALL_SENT || (call->state == CALL_RIDING && joint_is_out(call->ride)) ||
           call->state == CALL_KEEPING || call->state == CALL_BILLING;
}

void caller_cancel(struct caller *c, struct model_call *call)
{
    if (call->state == 0 || call->state == CALL_OVER)
        return;
    if (call->state == CALL_LIMITED)
        call_withdraw(c, call);
    else if (call->state == CALL_GATHERED)
        gather_remove(c->gather, &call->gathered);
    else if (call->state == CALL_RIDING)
        joint_leave(c, call);
    else if (call->ride)
        joint_settled(call, call->limit.tokens);
    llm_call_cancel(call->out);
    call->out = NULL;
    if (call->used)
        route_cut(call->used, &call->trip);
    call_landed(c, call);
    loop_timer_start(c->gather_timer, 1, 0); /* who waited for it */
    if (call->granted)
        limiter_settle(call->used->budget, call->limit.tokens, call->state == CALL_SENT ? call->limit.tokens : 0);
    call->granted = false;
    if (call->held && !call->kept &&
        call->state != CALL_KEEPING) /* others need not wait until this process is known to be gone */
        asks_drop(c->o.pool, c->o.worker_id, &(struct ask_drop){.key = call->ask_key}, 1, NULL, NULL);
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
