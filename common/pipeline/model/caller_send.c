/* From the limit to the reply.
 *
 * What the provider refuses (limits, overload, a key) is not paid: it is tried again here, after the wait it asked for,
 * on the best route that is up then. What may have been paid (a connection that broke behind the request) is tried
 * again once at most, and counted. */
#include "base/backoff.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "io/curl/fetch.h"
#include "pipeline/model/caller_int.h"

static const struct backoff call_backoff = {.base_ms = 400, .max_ms = 20000};

static void call_send(void *ud);
static void call_fault(struct caller *c, struct model_call *call, const struct llm_fault *f);

static int64_t call_tokens(const struct model_call *call, const struct route *r)
{
    bool embed = call->ask->kind == LLM_CALL_EMBED;
    int64_t n = embed ? call->guess_tokens : tokens_estimate_request(r->known.family, &call->ask->chat);
    return tokens_scale_apply(&r->scale, n);
}

/* The context window is checked before anybody pays for finding out; of embeddings it is each text's. */
static bool call_fits(struct caller *c, struct model_call *call, const struct route *r)
{
    bool embed = call->ask->kind == LLM_CALL_EMBED;
    int64_t output = embed ? 0 : call->ask->chat.max_output_tokens;
    int64_t input = embed ? tokens_scale_apply(&r->scale, call->longest_tokens) : call->input_tokens;
    int64_t all = input + output;
    if (r->known.context == 0 || all <= r->known.context)
        return true;
    call->end = MODEL_FAILED;
    call->retry = false;
    err_set(&call->err, ERR_TOO_LARGE, "the text is about %lld tokens with its answer, %s takes %lld", (long long)all,
            r->name, (long long)r->known.context);
    call_give_up(c, call);
    return false;
}

void call_go(struct caller *c, struct model_call *call)
{
    if (call->ask->kind != LLM_CALL_EMBED) {
        call_reserve(c, call);
        return;
    }
    struct gather_item *it = &call->gathered;
    it->tenant_id = call->tenant_id;
    it->interactive = call->interactive;
    it->inputs = (int)call->ask->embed.inputs_count;
    it->tokens = tokens_scale_apply(&c->o.routes->route[0].scale, call->guess_tokens);
    it->bytes = 0;
    for (size_t i = 0; i < call->ask->embed.inputs_count; i++)
        it->bytes += (int64_t)call->ask->embed.inputs[i].n;
    call->state = CALL_GATHERED;
    gather_add(c->gather, it, clock_mono_ms());
    caller_schedule(c);
}

void call_landed(struct caller *c, struct model_call *call)
{
    if (!call->flying)
        return;
    call->flying = false;
    c->flying--;
}

static void call_limited(struct caller *c, const struct model_call *call, int by)
{
    if (call->ask->kind == LLM_CALL_EMBED)
        gather_limited(c->gather, &call->tenant_id, call->interactive, by);
}

void call_withdraw(struct caller *c, struct model_call *call)
{
    limiter_withdraw(&call->limit);
    call_limited(c, call, -1);
}

void call_reserve(struct caller *c, struct model_call *call)
{
    if (call->joint)
        joint_load(call);
    uint64_t now = clock_mono_ms(), wait_ms;
    const struct route *closed;
    struct route *r = routes_choose(c->o.routes, &call->trip, now, &wait_ms, &closed);
    if (!r) {
        /* who was refused is told to people at once: waiting here would hide it; while one call tries, the others wait
         * for what it finds */
        uint64_t most = closed && closed->refused ? CALLER_PROBE_WAIT_MS : CALLER_WAIT_MAX_MS;
        if (wait_ms <= most && call->tries < CALLER_TRIES_MAX) {
            call_wait(c, call, wait_ms);
            return;
        }
        call->end = MODEL_LATER;
        call->wait_ms = (int64_t)wait_ms;
        if (closed && closed->why[0])
            err_set(&call->err, closed->code ? closed->code : ERR_UNAVAILABLE, "%s: %s", closed->name, closed->why);
        else
            err_set(&call->err, ERR_UNAVAILABLE, "no model can be called");
        call_give_up(c, call);
        return;
    }
    call->used = r;
    call->input_tokens = call_tokens(call, r);
    if (!call_fits(c, call, r))
        return;
    int64_t output = call->ask->kind == LLM_CALL_CHAT ? call->ask->chat.max_output_tokens : 0;
    call->limit = (struct limit_ask){.tenant_id = call->tenant_id,
                                     .weight = call->weight,
                                     .interactive = call->interactive,
                                     .tokens = call->input_tokens + output,
                                     .granted = call_send,
                                     .ud = call};
    call->state = CALL_LIMITED;
    call->flying = true;
    c->flying++;
    call_limited(c, call, 1);
    limiter_reserve(r->budget, &call->limit);
}

/* An answer that came whole: kept before it is read. What is no answer is read at once: it was not paid. */
static void call_came(void *ud, const struct llm_raw *raw, const struct llm_timing *timing)
{
    struct model_call *call = ud;
    struct caller *c = call->caller;
    call->out = NULL;
    route_back(call->used, &call->trip, raw->end == FETCH_END_DONE && raw->status == 200, clock_mono_ms());
    call_landed(c, call);
    caller_schedule(c); /* others may go now */
    call->latency_ms = (int)MIN(timing->total_ms, (uint64_t)INT32_MAX);
    call->raw = *raw;
    if (timing->resent)
        metrics_add(METRICS_MODEL_TWICE, timing->resent, call->used->name, NULL);
    struct llm_limits limits;
    llm_limits_parse(call->used->endpoint->provider, raw->head, &limits);
    if (limits.requests.remaining >= 0 || limits.tokens.remaining >= 0)
        limiter_seen(call->used->budget, limits.requests.remaining, limits.tokens.remaining);
    bool whole = raw->end == FETCH_END_DONE && raw->status == 200;
    if (call->joint && whole && joint_came(c, call))
        return;
    if (whole && !call->joint && call_pack(call) == 0)
        call_move(c, call, CALL_KEEPING);
    else
        call_read(c, call);
}

/* The same bytes at every time, once call->place is set. */
static int call_write(struct caller *c, struct model_call *call, struct buf *body)
{
    if (call->ask->kind == LLM_CALL_EMBED) {
        struct llm_embed_request r = call->ask->embed;
        r.model = str_of(call->used->model);
        r.omit = call->place.omit;
        return llm_embed_write(call->used->endpoint, &r, body, &call->err);
    }
    struct llm_request r = call->ask->chat;
    r.model = str_of(call->used->model);
    r.rung = call->place.rung;
    r.omit = call->place.omit;
    r.stream = c->o.stream;
    return llm_request_write(call->used->endpoint, &r, body, &call->err);
}

static int call_body(struct caller *c, struct model_call *call, struct buf *body)
{
    buf_init(body, LLM_REQUEST_MAX_BYTES);
    call->place = ladder_get(c->ladder, call->used->endpoint, str_of(call->used->model));
    return call_write(c, call, body);
}

/* A kept connection was dead: rare enough to write the body anew rather than to keep thousands for it. */
static bool call_body_again(void *ud, struct buf *body)
{
    struct model_call *call = ud;
    return call_write(call->caller, call, body) == 0;
}

/* The limit has room. */
static void call_send(void *ud)
{
    struct model_call *call = ud;
    struct caller *c = call->caller;
    call->granted = true;
    call->share = (struct call_share){.there = false};
    call_limited(c, call, -1);
    caller_schedule(c);                        /* what came meanwhile */
    if (route_shut(call->used, &call->trip)) { /* while it waited for the limit */
        limiter_settle(call->used->budget, call->limit.tokens, 0);
        call->granted = false;
        call_landed(c, call);
        call_reserve(c, call);
        return;
    }
    if (call->joint)
        joint_load(call);
    struct err err;
    struct buf body;
    if (call_body(c, call, &body) < 0) {
        buf_fini(&body);
        call_landed(c, call);
        call->end = MODEL_FAILED;
        limiter_settle(call->used->budget, call->limit.tokens, 0);
        call->granted = false;
        call_give_up(c, call);
        return;
    }
    call->usage_id = ids_uuid();
    struct llm_send send = {.endpoint = call->used->endpoint,
                            .kind = call->ask->kind,
                            .model = str_of(call->used->model),
                            .stream = c->o.stream && call->ask->kind == LLM_CALL_CHAT,
                            .reply_max_bytes =
                                call->joint ? joint_reply_max_bytes(call, c->o.reply_max_bytes) : c->o.reply_max_bytes,
                            .timeouts = c->o.timeouts,
                            .on_raw = call_came,
                            .again = call->joint ? NULL : call_body_again, /* its members may have left */
                            .ud = call};
    call->state = CALL_SENT;
    if (call->ask->kind == LLM_CALL_EMBED)
        metrics_observe(METRICS_MODEL_EMBED_INPUTS, (double)call->ask->embed.inputs_count, call->used->name, NULL);
    call->out = llm_call_start(c->o.transport, &send, &body, &err);
    buf_fini(&body);
    if (call->out) {
        call->trip.many = call->joint != NULL;
        route_sent(call->used, &call->trip, clock_mono_ms());
        return;
    }
    struct llm_fault f;
    call_landed(c, call);
    llm_fault_set(&f, LLM_FAULT_TIMEOUT_QUEUE, "%s", err.msg);
    call_fault(c, call, &f);
}

/* What is left of the reservation goes back; who was held holds everybody. */
static void call_settle(struct model_call *call, int64_t used)
{
    if (call->ride)
        joint_settled(call, used);
    if (call->granted)
        limiter_settle(call->used->budget, call->limit.tokens, used);
    call->granted = false;
}

static void call_again(struct caller *c, struct model_call *call, uint64_t ms)
{
    call_buffers_free(call);
    metrics_add(METRICS_MODEL_RETRIES, 1, call->used->name, NULL);
    if (call->kept) { /* what was kept is no answer: it must not be in the way of one */
        call->due_ms = clock_mono_ms() + ms;
        call_move(c, call, call->wasted ? CALL_BILLING : CALL_DROPPING);
    } else {
        call_wait(c, call, ms);
    }
}

/* A part that is no answer to its ask, of a reply to several: perhaps only that ask's matter. By itself it will show.
 */
static bool call_alone(struct caller *c, struct model_call *call, const struct llm_fault *f)
{
    if (!call->share.there || (f->kind != LLM_FAULT_MALFORMED && f->kind != LLM_FAULT_DIMENSIONS))
        return false;
    call_settle(call, call->reply.usage.known ? call->reply.usage.input : call->limit.tokens);
    metrics_add(METRICS_MODEL_CALLS, 1, call->used->name, llm_fault_slug(f->kind), NULL);
    call->gathered.alone = true;
    call_again(c, call, 0);
    return true;
}

static void call_fault(struct caller *c, struct model_call *call, const struct llm_fault *f)
{
    struct route *r = call->used;
    uint64_t now = clock_mono_ms();
    call->wasted = call->kept && call->reply.usage.known;
    if (call_alone(c, call, f))
        return;
    call_settle(call, f->maybe_paid ? call->limit.tokens : 0);
    route_fault(r, f, c->o.routes->key_pause_ms, &call->trip, now);
    metrics_add(METRICS_MODEL_CALLS, 1, r->name, llm_fault_slug(f->kind), NULL);
    if (f->maybe_paid)
        metrics_add(METRICS_MODEL_TWICE, 1, r->name, NULL);
    if (f->kind == LLM_FAULT_RATE_LIMIT)
        limiter_hold(r->budget, f->retry_after_ms > 0 ? f->retry_after_ms : 1000);
    if ((f->kind == LLM_FAULT_SCHEMA || f->kind == LLM_FAULT_PARAMETER) &&
        ladder_learn(c->ladder, r->endpoint, str_of(r->model), call->place, f)) {
        call_again(c, call, 0); /* another way to ask; nothing was paid */
        return;
    }
    call->tries++;
    call->paid_tries += f->costs_attempt;
    llm_fault_err(f, &call->err);
    int64_t wait =
        MAX(f->retry_after_ms, (int64_t)backoff_delay_ms(call_backoff, (unsigned)call->tries, ids_random01()));
    bool halves = call->joint && f->kind == LLM_FAULT_MALFORMED; /* rather than the same once more */
    if (f->retryable && !halves && wait <= CALLER_WAIT_MAX_MS && call->tries < CALLER_TRIES_MAX &&
        call->paid_tries < CALLER_PAID_TRIES_MAX) {
        call->trip.avoid = f->breaker != LLM_BREAKER_NONE ? r : NULL;
        call_again(c, call, f->breaker != LLM_BREAKER_NONE && c->o.routes->n > 1 ? 0 : (uint64_t)wait);
        return;
    }
    call_buffers_free(call);
    call->end = f->retryable && !f->costs_attempt ? MODEL_LATER : MODEL_FAILED;
    call->retry = f->retryable;
    call->wait_ms = MAX(wait, 1000);
    call_give_up(c, call);
}

/* A paid answer: into words, then into the ledger. */
static void call_answered(struct caller *c, struct model_call *call)
{
    struct route *r = call->used;
    call_settle(call,
                call->reply.usage.known ? call->reply.usage.input + call->reply.usage.output : call->limit.tokens);
    if (!call->cached && call->share.first == 0) { /* of a request with several asks the first one speaks for it */
        route_ok(r, clock_mono_ms());
        if (call->reply.usage.known)
            tokens_scale_learn(&r->scale, call->input_tokens, call->reply.usage.input);
        metrics_add(METRICS_MODEL_CALLS, 1, r->name, "ok", NULL);
        metrics_observe(METRICS_MODEL_SECONDS, call->latency_ms / 1e3, r->name, NULL);
    }
    if (!call->cached) {
        metrics_add(METRICS_MODEL_TOKENS, (double)call->reply.usage.input, r->name, "input", NULL);
        metrics_add(METRICS_MODEL_TOKENS, (double)call->reply.usage.output, r->name, "output", NULL);
        metrics_add(METRICS_MODEL_TOKENS, (double)call->reply.usage.cached_read, r->name, "cached", NULL);
    }
    call->end = MODEL_ANSWER;
    if (call->ask->kind == LLM_CALL_CHAT && call->ask->schema) {
        call->json = ARENA_NEW(call->arena, struct json_reply);
        if (!call->json) {
            call->end = MODEL_FAILED;
            call->retry = false;
            err_set(&call->err, ERR_MEMORY, "no memory left to read the model's answer");
            return;
        }
        json_reply_read(call->arena, call->reply.text, call->reply.finish, call->ask->schema, call->json);
        if (!call->cached)
            (void)ladder_judge(c->ladder, r->endpoint, str_of(r->model), call->place, call->json->verdict);
        metrics_add(METRICS_MODEL_JSON, 1, r->name, json_reply_verdict_name(call->json->verdict), NULL);
    }
}

int64_t call_share_of(const struct call_share *s, int64_t whole)
{
    if (!s->there)
        return whole;
    return whole * (s->before + s->weight) / s->all - whole * s->before / s->all;
}

/* What the provider counted for the whole, and this ask's part of it. */
void call_divide(struct model_call *call)
{
    struct llm_usage *u = &call->reply.usage;
    int64_t *const counts[] = {&u->input,          &u->cached_read, &u->cache_write,
                               &u->cache_write_1h, &u->output,      &u->reasoning};
    call->whole = *u;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        *counts[i] = call_share_of(&call->share, *counts[i]);
}

void call_read(struct caller *c, struct model_call *call)
{
    struct llm_fault f = {.kind = LLM_FAULT_NONE};
    struct llm_expect expect = {.kind = call->ask->kind,
                                .inputs_count = call->ask->kind == LLM_CALL_EMBED ? call->ask->embed.inputs_count : 0,
                                .inputs_first = call->share.there ? call->share.first : 0,
                                .dimensions = call->ask->kind == LLM_CALL_EMBED ? call->ask->embed.dimensions : 0};
    call->route = call->used->name;
    call->arena->chunk_bytes = ARENA_CHUNK_BYTES; /* it was small while the call waited */
    int rc = llm_reply_parse(call->used->endpoint, &call->raw, &expect, call->arena, &call->reply, &f);
    call_divide(call);
    if (rc == 0 && call->joint) { /* read as a whole, it could not be told apart all the same */
        llm_fault_set(&f, LLM_FAULT_MALFORMED, "%s: the answer for several texts has a shape of its own",
                      call->used->endpoint->name);
        rc = -1;
    }
    if (rc < 0) {
        if (!call->kept || f.retryable) { /* some servers send errors with a 200: asking again must not read it again */
            call_fault(c, call, &f);
            return;
        }
        /* a whole answer that is none: paid, kept, and of no use; asking the same again would read it again */
        call_settle(call, call->limit.tokens);
        route_fault(call->used, &f, c->o.routes->key_pause_ms, &call->trip, clock_mono_ms());
        metrics_add(METRICS_MODEL_CALLS, 1, call->used->name, llm_fault_slug(f.kind), NULL);
        call->end = MODEL_FAILED;
        call->retry = false;
        llm_fault_err(&f, &call->err);
    } else {
        call_answered(c, call);
    }
    call_buffers_free(call);
    if (call->billed)
        call_over(c, call);
    else
        call_move(c, call, CALL_BILLING);
}
