/* Asks wait in queues per tenant; one request to the script is out per budget at a time and takes up to LIMIT_ASKS of
 * them, round robin over tenants.
 *
 *   waiting --(sent)--> asked --granted--> in flight --settle--> counted with the next request
 *      ^                  |
 *      +----- refused ----+   (the script says when to come again)
 *
 * Invariants: an ask is in its tenant's queue, or in `sent`, or not the limiter's any more; `held` is the sum of the
 * tokens of what is in flight. A request that got no answer puts its asks back; what it may have granted in Redis is
 * corrected by the next one, which says what is really in flight. While Redis is away the same levels are kept here, at
 * the process' share. */
#include "pipeline/limit/limiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"

#define LIMIT_ASKS       64   /* in one request */
#define LIMIT_TELL_MS    100  /* what was settled is told within this time */
#define LIMIT_BEAT_MS    2000 /* while something is in flight */
#define LIMIT_AGAIN_MS   250  /* longest wait before asking again */
#define LIMIT_TEXT_BYTES ((size_t)64 * 1024)
#define LIMIT_CHANNEL    "jobmill.limit.hold"

extern const char limiter_lua[];

struct limit_tenant {
    struct list node;
    struct uuid id;
    int weight;
    struct list queue[2]; /* bulk, interactive */
    int n[2];
};

struct limit_budget {
    struct limiter *limiter;
    char name[LIMIT_NAME_BYTES];
    char key[LIMIT_NAME_BYTES + 16];
    struct limit_rule rule;
    struct list tenants; /* with something waiting; the first is next */
    int waiting;
    struct limit_ask *sent[LIMIT_ASKS]; /* NULL: withdrawn meanwhile */
    int64_t sent_tokens[LIMIT_ASKS];
    int sent_n;
    bool out; /* a request to the script */
    int64_t out_used, out_back, out_hold;
    int flight;
    int64_t held, used, back, hold_tell;
    int64_t left_requests, left_tokens;
    uint64_t hold_until_ms; /* monotonic */
    bool shared;
    int fleet;
    double level_requests, level_tokens; /* the static share */
    uint64_t level_at_ms;
    struct loop_timer *timer, *beat;
};

struct limiter {
    struct loop *loop;
    struct redis *redis;
    struct redis_sub *holds;
    char me[UUID_TEXT_BYTES];
    struct redis_script script;
    struct limit_budget *budgets[LIMIT_BUDGETS_MAX];
    int budgets_n;
};

static void budget_pump(void *ud);

static bool rule_any(const struct limit_rule *r)
{
    return r->requests_per_min > 0 || r->tokens_per_min > 0 || r->calls > 0;
}

static void budget_wake(struct limit_budget *b, uint64_t after_ms)
{
    if (!b->out && !loop_timer_active(b->timer))
        loop_timer_start(b->timer, after_ms, 0);
}

static void budget_wake_now(struct limit_budget *b)
{
    if (!b->out)
        loop_timer_start(b->timer, 0, 0);
}

/* Queues */

static struct limit_tenant *tenant_of(struct limit_budget *b, const struct limit_ask *ask)
{
    list_for_each (node, &b->tenants) {
        struct limit_tenant *t = CONTAINER_OF(node, struct limit_tenant, node);
        if (uuid_eq(&t->id, &ask->tenant_id))
            return t;
    }
    struct limit_tenant *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    t->id = ask->tenant_id;
    t->weight = MAX(1, ask->weight);
    list_init(&t->queue[0]);
    list_init(&t->queue[1]);
    list_append(&b->tenants, &t->node);
    return t;
}

static void tenant_idle(struct limit_tenant *t)
{
    if (t->n[0] || t->n[1])
        return;
    list_remove(&t->node);
    free(t);
}

static void ask_queue(struct limit_budget *b, struct limit_ask *ask, bool first)
{
    struct limit_tenant *t = tenant_of(b, ask);
    struct list *q = &t->queue[ask->interactive];
    if (first)
        list_prepend(q, &ask->node);
    else
        list_append(q, &ask->node);
    t->n[ask->interactive]++;
    b->waiting++;
    ask->asked = false;
}

/* The next ask of that urgency, from the tenant whose turn it is; NULL when there is none. */
static struct limit_ask *ask_next(struct limit_budget *b, int interactive)
{
    list_for_each (node, &b->tenants) {
        struct limit_tenant *t = CONTAINER_OF(node, struct limit_tenant, node);
        if (t->n[interactive] == 0)
            continue;
        struct limit_ask *ask = CONTAINER_OF(list_shift(&t->queue[interactive]), struct limit_ask, node);
        t->n[interactive]--;
        b->waiting--;
        list_remove(&t->node);
        list_append(&b->tenants, &t->node);
        tenant_idle(t);
        return ask;
    }
    return NULL;
}

static void ask_granted(struct limit_budget *b, struct limit_ask *ask)
{
    b->flight++;
    b->held += ask->tokens;
    ask->budget = NULL;
    ask->asked = false;
    if (!loop_timer_active(b->beat))
        loop_timer_start(b->beat, LIMIT_BEAT_MS, LIMIT_BEAT_MS);
    ask->granted(ask->ud);
}

/* The static share */

static void share_grow(struct limit_budget *b)
{
    uint64_t now = clock_mono_ms();
    double past = (double)(now - b->level_at_ms);
    double rpm = (double)b->rule.requests_per_min / b->fleet, tpm = (double)b->rule.tokens_per_min / b->fleet;
    b->level_requests = MIN(MAX(1.0, rpm / 100), b->level_requests + past * rpm / 60000);
    b->level_tokens = MIN(MAX(1.0, tpm / 100), b->level_tokens + past * tpm / 60000);
    b->level_at_ms = now;
}

static bool share_allows(const struct limit_budget *b, const struct limit_ask *ask)
{
    double cap = MAX(1.0, (double)b->rule.tokens_per_min / b->fleet / 100);
    if (b->rule.requests_per_min > 0 && b->level_requests < 1)
        return false;
    if (b->rule.tokens_per_min > 0 && b->level_tokens < MIN((double)ask->tokens, cap))
        return false;
    return b->rule.calls == 0 || b->flight < MAX(1, b->rule.calls / b->fleet);
}

static void share_pump(struct limit_budget *b)
{
    share_grow(b);
    while (b->waiting > 0) {
        struct limit_ask *ask = ask_next(b, 1);
        if (!ask)
            ask = ask_next(b, 0);
        if (!share_allows(b, ask)) {
            ask_queue(b, ask, true);
            budget_wake(b, 20);
            return;
        }
        b->level_requests -= 1;
        b->level_tokens -= (double)ask->tokens;
        ask_granted(b, ask);
    }
}

/* The script */

static bool budget_said(struct str grants, int i)
{
    return (size_t)i < grants.n && grants.p[i] == '1';
}

static void budget_answer(struct limit_budget *b, const struct redis_reply *reply)
{
    struct str grants = redis_reply_str(redis_reply_at(reply, 0));
    int64_t wait_ms = redis_reply_int(redis_reply_at(reply, 1));
    int64_t held_ms = redis_reply_int(redis_reply_at(reply, 3));
    b->fleet = (int)MAX(1, redis_reply_int(redis_reply_at(reply, 2)));
    b->used -= b->out_used;
    b->back -= b->out_back;
    if (held_ms > 0)
        b->hold_until_ms = MAX(b->hold_until_ms, clock_mono_ms() + (uint64_t)held_ms);
    for (int i = b->sent_n - 1; i >= 0; i--) /* backwards: the first goes back to the very front */
        if (b->sent[i] && !budget_said(grants, i)) {
            ask_queue(b, b->sent[i], true);
            b->sent[i] = NULL;
        } else if (!b->sent[i] && budget_said(grants, i)) {
            b->back += b->sent_tokens[i]; /* withdrawn while it was asked for */
        }
    for (int i = 0; i < b->sent_n; i++) { /* a grant may withdraw others that are in here */
        struct limit_ask *ask = b->sent[i];
        b->sent[i] = NULL;
        if (ask)
            ask_granted(b, ask);
    }
    b->sent_n = 0;
    metrics_set(METRICS_LIMIT_WAITING, b->waiting, b->name, NULL);
    if (b->waiting > 0)
        budget_wake(b, (uint64_t)MIN(MAX(wait_ms, 0), LIMIT_AGAIN_MS));
    else if (b->used || b->back)
        budget_wake(b, LIMIT_TELL_MS);
}

static void budget_answered(void *ud, const struct redis_reply *reply, const struct err *err)
{
    struct limit_budget *b = ud;
    b->out = false;
    if (!b->limiter) { /* freed meanwhile */
        free(b);
        return;
    }
    if (!err && redis_reply_count(reply) == 4) {
        b->shared = true;
        budget_answer(b, reply);
        return;
    }
    if (b->shared)
        log_warn(NULL, "limit %s: %s, keeping to this process' share of 1/%d", b->name,
                 err ? err->msg : "a strange answer", b->fleet);
    b->shared = false;
    b->hold_tell = MAX(b->hold_tell, b->out_hold);
    b->level_at_ms = clock_mono_ms();
    for (int i = b->sent_n - 1; i >= 0; i--)
        if (b->sent[i])
            ask_queue(b, b->sent[i], true);
    b->sent_n = 0;
    budget_wake(b, 10);
}

/* Those that wait behind what is sent, for the other processes to know. */
static void budget_behind(const struct limit_budget *b, struct buf *out)
{
    list_for_each (node, &b->tenants) {
        const struct limit_tenant *t = CONTAINER_OF(node, struct limit_tenant, node);
        for (int quick = 0; quick < 2 && out->len < LIMIT_TEXT_BYTES / 2; quick++)
            if (t->n[quick])
                buf_addf(out, "%s %d %d %d;", UUID_TEXT(&t->id), t->weight, quick, t->n[quick]);
    }
}

static void budget_send(struct limit_budget *b)
{
    struct limiter *l = b->limiter;
    struct buf asks, behind;
    buf_init(&asks, LIMIT_TEXT_BYTES);
    buf_init(&behind, LIMIT_TEXT_BYTES);
    for (int quick = 1; quick >= 0; quick--)
        while (b->sent_n < LIMIT_ASKS) {
            struct limit_ask *ask = ask_next(b, quick);
            if (!ask)
                break;
            ask->asked = true;
            b->sent_tokens[b->sent_n] = ask->tokens;
            b->sent[b->sent_n++] = ask;
            buf_addf(&asks, "%s %d %d %lld;", UUID_TEXT(&ask->tenant_id), MAX(1, ask->weight), quick,
                     (long long)ask->tokens);
        }
    budget_behind(b, &behind);
    b->out = true;
    b->out_used = b->used;
    b->out_back = b->back;
    b->out_hold = b->hold_tell;
    b->hold_tell = 0;
    const int64_t numbers[] = {b->rule.requests_per_min,
                               b->rule.tokens_per_min,
                               b->rule.calls,
                               0,
                               b->flight,
                               b->held,
                               b->used,
                               b->back,
                               b->out_hold,
                               b->left_requests,
                               b->left_tokens};
    b->left_requests = b->left_tokens = -1;
    char text[ARRAY_LEN(numbers)][24];
    struct str argv[1 + ARRAY_LEN(numbers) + 2];
    argv[0] = str_of(b->key);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        snprintf(text[i], sizeof(text[i]), "%lld", (long long)numbers[i]);
        argv[i + 1] = str_of(text[i]);
    }
    argv[4] = str_of(l->me); /* in the place of the fourth number */
    argv[ARRAY_LEN(numbers) + 1] = (struct str){.p = buf_str(&asks), .n = asks.len};
    argv[ARRAY_LEN(numbers) + 2] = (struct str){.p = buf_str(&behind), .n = behind.len};
    redis_eval(l->redis, &l->script, 1, (int)ARRAY_LEN(argv), argv, budget_answered, b);
    buf_fini(&asks);
    buf_fini(&behind);
}

static void budget_pump(void *ud)
{
    struct limit_budget *b = ud;
    if (b->out)
        return;
    bool tell = b->used || b->back || b->hold_tell;
    uint64_t now = clock_mono_ms();
    if (b->hold_until_ms > now && !b->hold_tell) {
        loop_timer_start(b->timer, MIN(b->hold_until_ms - now, (uint64_t)LIMIT_AGAIN_MS), 0);
        return;
    }
    if (rule_any(&b->rule) && b->limiter->redis && redis_ready(b->limiter->redis)) {
        if (b->waiting > 0 || tell || b->flight > 0)
            budget_send(b);
        return;
    }
    if (rule_any(&b->rule)) {
        b->shared = false;
        share_pump(b);
        return;
    }
    b->used = b->back = b->hold_tell = 0;
    for (int quick = 1; quick >= 0; quick--)
        for (struct limit_ask *ask = ask_next(b, quick); ask; ask = ask_next(b, quick))
            ask_granted(b, ask);
}

static void budget_beat(void *ud)
{
    struct limit_budget *b = ud;
    if (b->flight == 0 && !b->used && !b->back)
        loop_timer_stop(b->beat);
    else
        budget_wake(b, 0);
}

/* Holding everybody */

static void budget_hold(struct limit_budget *b, int64_t ms)
{
    uint64_t until = clock_mono_ms() + (uint64_t)MIN(MAX(ms, 0), LIMIT_HOLD_MAX_MS);
    b->hold_until_ms = MAX(b->hold_until_ms, until);
}

static void limiter_heard(void *ud, struct str payload)
{
    struct limiter *l = ud;
    struct str rest = payload, name, ms_text;
    uint64_t ms;
    if (!payload.p || !str_next_field(&rest, ' ', &name) || !str_next_field(&rest, ' ', &ms_text) ||
        !str_to_u64(ms_text, &ms))
        return;
    for (int i = 0; i < l->budgets_n; i++)
        if (str_eqc(name, l->budgets[i]->name))
            budget_hold(l->budgets[i], (int64_t)MIN(ms, (uint64_t)LIMIT_HOLD_MAX_MS));
}

void limiter_hold(struct limit_budget *b, int64_t ms)
{
    if (ms <= 0)
        return;
    ms = MIN(ms, (int64_t)LIMIT_HOLD_MAX_MS);
    budget_hold(b, ms);
    metrics_add(METRICS_LIMIT_HOLDS, 1, b->name, NULL);
    if (rule_any(&b->rule)) {
        b->hold_tell = MAX(b->hold_tell, ms);
        budget_wake_now(b);
    }
    if (b->limiter->redis) {
        char text[LIMIT_NAME_BYTES + 32];
        int n = snprintf(text, sizeof(text), "%s %lld", b->name, (long long)ms);
        redis_publish(b->limiter->redis, STR(LIMIT_CHANNEL), (struct str){.p = text, .n = (size_t)n});
    }
}

/* Life */

struct limiter *limiter_new(struct loop *loop, struct redis *redis, const struct uuid *me)
{
    struct limiter *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->loop = loop;
    l->redis = redis;
    uuid_format(me, l->me);
    l->script.source = limiter_lua;
    if (redis)
        l->holds = redis_subscribe(redis, STR(LIMIT_CHANNEL), limiter_heard, l);
    return l;
}

static void budget_free(struct limit_budget *b)
{
    while (!list_empty(&b->tenants)) {
        struct limit_tenant *t = CONTAINER_OF(list_shift(&b->tenants), struct limit_tenant, node);
        for (int i = 0; i < 2; i++)
            while (!list_empty(&t->queue[i]))
                list_shift(&t->queue[i]);
        free(t);
    }
    loop_timer_free(b->timer);
    loop_timer_free(b->beat);
    b->limiter = NULL;
    if (!b->out) /* else its answer frees it */
        free(b);
}

void limiter_free(struct limiter *l)
{
    if (!l)
        return;
    redis_unsubscribe(l->holds);
    for (int i = 0; i < l->budgets_n; i++)
        budget_free(l->budgets[i]);
    free(l);
}

struct limit_budget *limiter_budget(struct limiter *l, const char *name, const struct limit_rule *rule)
{
    for (int i = 0; i < l->budgets_n; i++)
        if (strcmp(l->budgets[i]->name, name) == 0) {
            l->budgets[i]->rule = *rule;
            return l->budgets[i];
        }
    if (l->budgets_n == LIMIT_BUDGETS_MAX || strlen(name) >= LIMIT_NAME_BYTES || strchr(name, ' '))
        return NULL;
    struct limit_budget *b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    b->limiter = l;
    b->rule = *rule;
    snprintf(b->name, sizeof(b->name), "%s", name);
    snprintf(b->key, sizeof(b->key), "jobmill:limit:%s", name);
    list_init(&b->tenants);
    b->fleet = LIMIT_SHARES_DEFAULT;
    b->left_requests = b->left_tokens = -1;
    b->level_at_ms = clock_mono_ms();
    b->timer = loop_timer_new(l->loop, budget_pump, b);
    b->beat = loop_timer_new(l->loop, budget_beat, b);
    l->budgets[l->budgets_n++] = b;
    return b;
}

void limiter_reserve(struct limit_budget *b, struct limit_ask *ask)
{
    ask->budget = b;
    list_init(&ask->node);
    ask_queue(b, ask, false);
    if (b->hold_until_ms <= clock_mono_ms())
        budget_wake_now(b);
    else
        budget_wake(b, 0);
}

void limiter_withdraw(struct limit_ask *ask)
{
    struct limit_budget *b = ask->budget;
    if (!b)
        return;
    ask->budget = NULL;
    if (ask->asked) {
        for (int i = 0; i < b->sent_n; i++)
            if (b->sent[i] == ask)
                b->sent[i] = NULL;
        return;
    }
    struct limit_tenant *t = tenant_of(b, ask);
    list_remove(&ask->node);
    t->n[ask->interactive]--;
    b->waiting--;
    tenant_idle(t);
}

void limiter_settle(struct limit_budget *b, int64_t reserved, int64_t used)
{
    b->flight--;
    b->held -= reserved;
    if (!rule_any(&b->rule))
        return;
    b->used += used;
    b->back += reserved - used;
    budget_wake(b, LIMIT_TELL_MS);
}

void limiter_seen(struct limit_budget *b, int64_t requests_left, int64_t tokens_left)
{
    b->left_requests = requests_left;
    b->left_tokens = tokens_left;
}

int64_t limiter_held_ms(const struct limit_budget *b)
{
    uint64_t now = clock_mono_ms();
    return b->hold_until_ms > now ? (int64_t)(b->hold_until_ms - now) : 0;
}

int limiter_waiting(const struct limit_budget *b)
{
    return b->waiting + b->sent_n;
}

int limiter_in_flight(const struct limit_budget *b)
{
    return b->flight;
}

bool limiter_shared(const struct limit_budget *b)
{
    return b->shared;
}
