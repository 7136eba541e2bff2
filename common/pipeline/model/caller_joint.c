/* One request for the embeddings of several asks.
 *
 *   asks that are open -> gather -> joint: limit -> HTTP -> its reply, cut along the texts -> each ask by itself again:
 *                                     |                      journal -> read -> ledger
 *                                     +-- refused: two halves, down to the one ask that is refused by itself
 *
 * A joint is a call without an ask of its own, so that limits, breakers, waits and retries are those of every call. Its
 * members are RIDING until the reply came. What it reserved is settled when the last member has read its part.
 *
 * The journal: the bytes are cut (embed_cut.h: brackets, no values) and kept, all of them, before anything is read.
 * They cannot be kept in one piece: a reply holds texts of several people, each sealed under a key of his own, and
 * erasing one of them must take his part away and no other's. A reply that cannot be cut holds nothing that could be
 * given to anybody; what it cost is written down (wasted) and its asks go on by themselves.
 *
 * Money: what the provider counted is divided by the members' estimated tokens, in their order, rounding the running
 * sums: the parts add up to the whole, to the token and to the micro-dollar. */
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "io/llm/embed_cut.h"
#include "pipeline/model/caller_int.h"

#define JOINT_ARENA_MAX_BYTES ((size_t)64 << 20)
#define JOINT_TEXT_BYTES      24  /* of one number of a vector, where the server writes decimals */
#define JOINT_ELEMENT_BYTES   512 /* around it */

struct joint_part {
    struct model_call *call; /* NULL: cancelled while it was out */
    size_t first;
    int64_t before, weight;
};

struct joint {
    struct model_call call;
    struct model_ask ask;
    struct arena arena;
    struct str *inputs;
    int64_t weight; /* of all parts */
    int n, live;
    bool loaded;
    int64_t used; /* of the parts that were read */
    struct joint_part part[];
};

static void joint_free(struct joint *j)
{
    list_remove(&j->call.node);
    call_buffers_free(&j->call);
    arena_fini(&j->arena);
    free(j->inputs);
    free(j);
}

static void joint_start(struct caller *c, struct model_call **calls, int n)
{
    if (n == 1) {
        call_reserve(c, calls[0]);
        return;
    }
    struct joint *j = calloc(1, sizeof(*j) + (size_t)n * sizeof(j->part[0]));
    size_t inputs = 0;
    for (int i = 0; i < n; i++)
        inputs += calls[i]->ask->embed.inputs_count;
    if (!j || !(j->inputs = calloc(inputs, sizeof(*j->inputs))))
        abort();
    arena_init(&j->arena, JOINT_ARENA_MAX_BYTES);
    const struct model_call *first = calls[0];
    j->ask = (struct model_ask){.kind = LLM_CALL_EMBED, .embed = {.dimensions = first->ask->embed.dimensions}};
    j->call = (struct model_call){.ask = &j->ask,
                                  .arena = &j->arena,
                                  .tenant_id = first->tenant_id,
                                  .weight = first->weight,
                                  .interactive = first->interactive,
                                  .caller = c,
                                  .held = true, /* its members' asks are */
                                  .joint = j};
    list_init(&j->call.node);
    j->n = j->live = n;
    for (int i = 0; i < n; i++) {
        j->part[i].call = calls[i];
        calls[i]->ride = j;
        calls[i]->state = CALL_RIDING;
    }
    call_reserve(c, &j->call);
}

/* Who is still there, in one row. */
void joint_load(struct model_call *carrier)
{
    struct joint *j = carrier->joint;
    if (j->loaded)
        return;
    size_t inputs = 0;
    int n = 0;
    j->weight = j->used = carrier->guess_tokens = carrier->longest_tokens = 0;
    for (int i = 0; i < j->n; i++) {
        struct model_call *call = j->part[i].call;
        if (!call)
            continue;
        const struct llm_embed_request *e = &call->ask->embed;
        j->part[n++] = (struct joint_part){.call = call,
                                           .first = inputs,
                                           .before = j->weight,
                                           .weight = MAX(call->guess_tokens, (int64_t)1)};
        j->weight += MAX(call->guess_tokens, (int64_t)1);
        carrier->guess_tokens += call->guess_tokens;
        carrier->longest_tokens = MAX(carrier->longest_tokens, call->longest_tokens);
        memcpy(j->inputs + inputs, e->inputs, e->inputs_count * sizeof(*e->inputs));
        inputs += e->inputs_count;
    }
    j->n = n;
    j->ask.embed.inputs = j->inputs;
    j->ask.embed.inputs_count = inputs;
    j->loaded = true;
}

bool joint_is_out(const struct joint *j)
{
    return j->call.state == CALL_SENT;
}

size_t joint_reply_max_bytes(const struct model_call *carrier, size_t least)
{
    const struct llm_embed_request *e = &carrier->ask->embed;
    size_t one = (size_t)MAX(e->dimensions, 1) * JOINT_TEXT_BYTES + JOINT_ELEMENT_BYTES;
    return MAX(least, e->inputs_count * one);
}

/* The member is what it would be had it asked alone. */
static void part_came(const struct joint *j, const struct joint_part *p)
{
    const struct model_call *carrier = &j->call;
    struct model_call *call = p->call;
    call->share = (struct call_share){
        .there = true, .first = (uint32_t)p->first, .before = p->before, .weight = p->weight, .all = j->weight};
    call->used = carrier->used;
    call->place = carrier->place;
    call->latency_ms = carrier->latency_ms;
    call->usage_id = ids_uuid();
    call->input_tokens = call->limit.tokens = call_share_of(&call->share, carrier->input_tokens);
}

static void part_keep(struct caller *c, const struct joint *j, const struct joint_part *p, const struct llm_cut *cut)
{
    struct model_call *call = p->call;
    struct buf body;
    part_came(j, p);
    buf_init(&body, joint_reply_max_bytes(&j->call, LLM_REQUEST_MAX_BYTES));
    llm_embed_cut_part(cut, p->first, call->ask->embed.inputs_count, &body);
    call->raw = j->call.raw;
    call->raw.body = (struct str){.p = buf_str(&body), .n = body.len};
    if (call_pack(call) == 0)
        call_move(c, call, CALL_KEEPING);
    else
        call_read(c, call);
    buf_fini(&body);
}

/* One less that has to do with it. */
static void joint_less(struct joint *j)
{
    if (--j->live > 0)
        return;
    limiter_settle(j->call.used->budget, j->call.limit.tokens, j->used);
    joint_free(j);
}

bool joint_came(struct caller *c, struct model_call *carrier)
{
    struct joint *j = carrier->joint;
    size_t n = j->ask.embed.inputs_count;
    struct str *elements = calloc(n, sizeof(*elements));
    struct llm_cut cut;
    if (!elements)
        abort();
    bool whole = llm_embed_cut(str_trim(carrier->raw.body), n, elements, &cut);
    if (whole) {
        carrier->state = CALL_KEEPING;
        gather_widen(c->gather);
        j->live++; /* until all have their part */
        for (int i = 0; i < j->n; i++)
            if (j->part[i].call)
                part_keep(c, j, &j->part[i], &cut);
        joint_less(j);
    }
    free(elements);
    return whole;
}

void joint_settled(struct model_call *member, int64_t used)
{
    struct joint *j = member->ride;
    member->ride = NULL;
    j->used += used;
    joint_less(j);
}

void joint_leave(struct caller *c, struct model_call *member)
{
    struct joint *j = member->ride;
    struct model_call *carrier = &j->call;
    member->ride = NULL;
    for (int i = 0; i < j->n; i++) {
        if (j->part[i].call != member)
            continue;
        j->part[i].call = NULL;
        if (carrier->state == CALL_SENT) /* paid all the same */
            j->used += carrier->input_tokens * j->part[i].weight / j->weight;
    }
    j->loaded = false;
    if (--j->live > 0)
        return;
    if (carrier->state == CALL_LIMITED)
        call_withdraw(c, carrier);
    llm_call_cancel(carrier->out);
    call_landed(c, carrier);
    if (carrier->granted)
        limiter_settle(carrier->used->budget, carrier->limit.tokens,
                       carrier->state == CALL_SENT ? carrier->limit.tokens : 0);
    joint_free(j);
}

/* Paid for, and nothing came of it that could be given to anybody. */
static void part_wasted(struct caller *c, const struct joint *j, const struct joint_part *p)
{
    struct model_call *call = p->call;
    part_came(j, p);
    call->reply = (struct llm_reply){.usage = j->call.whole};
    call_divide(call);
    call->wasted = true;
    call->gathered.alone = true;
    call->due_ms = 0;
    call_move(c, call, CALL_BILLING);
}

void joint_over(struct caller *c, struct model_call *carrier)
{
    struct joint *j = carrier->joint;
    struct model_call **calls = calloc((size_t)j->n, sizeof(struct model_call *));
    int n = 0;
    if (!calls)
        abort();
    bool wasted = carrier->end == MODEL_FAILED && carrier->reply.usage.known;
    for (int i = 0; i < j->n; i++) {
        struct model_call *call = j->part[i].call;
        if (!call)
            continue;
        call->ride = NULL;
        if (wasted) {
            part_wasted(c, j, &j->part[i]);
        } else if (carrier->end == MODEL_LATER) {
            call->end = MODEL_LATER;
            call->err = carrier->err;
            call->wait_ms = carrier->wait_ms;
            call_give_up(c, call);
        } else {
            calls[n++] = call;
        }
    }
    if (carrier->end == MODEL_FAILED) {
        gather_narrow(c->gather, (int)j->ask.embed.inputs_count);
        metrics_add(METRICS_MODEL_EMBED_SPLITS, 1, carrier->used->name, NULL);
    }
    joint_free(j);
    if (n > 0)
        joint_start(c, calls, (n + 1) / 2);
    if (n > 1)
        joint_start(c, calls + (n + 1) / 2, n / 2);
    free(calls);
}

void caller_gather(struct caller *c)
{
    struct gather_item *items[GATHER_INPUTS_MAX];
    struct model_call *calls[GATHER_INPUTS_MAX];
    uint64_t now = clock_mono_ms();
    bool busy = c->flying > 0 || c->opens.n > 0 || !list_empty(&c->opening);
    for (int n; (n = gather_take(c->gather, busy, now, items, (int)ARRAY_LEN(items))) > 0;) {
        for (int i = 0; i < n; i++) {
            calls[i] = CONTAINER_OF(items[i], struct model_call, gathered);
            metrics_observe(METRICS_MODEL_EMBED_WAIT, (double)(now - items[i]->since_ms) / 1e3, NULL);
        }
        joint_start(c, calls, n);
    }
    int64_t due_ms = gather_due_ms(c->gather, now);
    if (due_ms >= 0 && !loop_timer_active(c->gather_timer))
        loop_timer_start(c->gather_timer, (uint64_t)MAX(due_ms, (int64_t)1), 0);
}
