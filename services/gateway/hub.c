/* An entry knows `last`, the highest number up to which it has told everything.
 *
 *     message first..n: n <= last            old, dropped
 *                       first <= last + 1    told from last + 1 on; last = n
 *                       first > last + 1     a gap: the page behind last is read from Postgres
 *
 * One page is under way per entry at most. Numbers are given under the batch's row lock, so a page has no holes. */
#include "gateway/hub.h"

#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "base/map.h"
#include "core/log.h"
#include "pipeline/progress/event.h"

#define HUB_TICK_MS 500

struct hub_entry {
    struct hub *hub;
    struct uuid tenant_id, batch_id;
    int64_t last;
    struct redis_sub *sub;
    struct list watches;
    struct list node;
    uint64_t heard_ms; /* of the last event or look */
    bool fetching, again, telling;
};

struct hub_watch {
    struct hub_entry *entry;
    struct list node;
    hub_fn *fn;
    void *ud;
    bool dead; /* freed inside a callback: goes when the telling is over */
};

struct hub {
    struct loop *loop;
    struct pg_pool *pool;
    struct redis *redis;
    struct map *entries;
    struct list list;
    struct loop_timer *tick;
    bool stopping;
    struct progress_event decoded[PROGRESS_EVENTS_MAX];
    struct event_row rows[PROGRESS_EVENTS_MAX];
};

static void hub_entry_fetch(struct hub_entry *e);

static void hub_entry_free(struct hub_entry *e)
{
    redis_unsubscribe(e->sub);
    map_remove(e->hub->entries, e->batch_id.b, UUID_BYTES);
    list_remove(&e->node);
    free(e);
}

/* Frees what was given up meanwhile, and the entry when nobody is left. */
static void hub_entry_sweep(struct hub_entry *e)
{
    if (e->telling)
        return;
    list_for_each_safe (it, &e->watches) {
        struct hub_watch *w = CONTAINER_OF(it, struct hub_watch, node);
        if (w->dead) {
            list_remove(it);
            free(w);
        }
    }
    if (list_empty(&e->watches) && !e->fetching)
        hub_entry_free(e);
}

static void hub_entry_tell(struct hub_entry *e, const struct event_row *events, size_t n)
{
    e->telling = true;
    list_for_each (it, &e->watches) {
        struct hub_watch *w = CONTAINER_OF(it, struct hub_watch, node);
        if (!w->dead)
            w->fn(w->ud, events, n);
    }
    e->telling = false;
}

/* rows: consecutive, in order. Tells those behind last. */
static void hub_entry_advance(struct hub_entry *e, const struct event_row *rows, size_t n)
{
    while (n && rows[0].seq <= e->last) {
        rows++;
        n--;
    }
    e->heard_ms = loop_now_ms(e->hub->loop);
    if (n == 0)
        return;
    e->last = rows[n - 1].seq;
    hub_entry_tell(e, rows, n);
}

static void hub_entry_fetched(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct hub_entry *e = ud;
    struct hub *h = e->hub;
    e->fetching = false;
    e->heard_ms = loop_now_ms(h->loop);
    int n = err ? 0 : events_count(reply);
    for (int i = 0; i < n; i++)
        events_read(reply, i, &h->rows[i]);
    hub_entry_advance(e, h->rows, (size_t)n);
    bool more = !err && (e->again || n == HUB_PAGE);
    e->again = false;
    if (more && !list_empty(&e->watches) && !h->stopping)
        hub_entry_fetch(e);
    hub_entry_sweep(e);
}

static void hub_entry_fetch(struct hub_entry *e)
{
    static const struct uuid nil;
    if (e->fetching) {
        e->again = true;
        return;
    }
    e->fetching = true;
    events_page(e->hub->pool, &e->tenant_id, &e->batch_id, &nil, e->last, HUB_PAGE, hub_entry_fetched, e);
}

static void hub_entry_message(void *ud, struct str payload)
{
    struct hub_entry *e = ud;
    struct hub *h = e->hub;
    struct err err;
    int n = payload.p ? progress_decode(payload, h->decoded, PROGRESS_EVENTS_MAX, &err) : 0;
    if (n <= 0 || h->decoded[0].seq > e->last + 1) { /* newly subscribed, not readable, or a gap */
        hub_entry_fetch(e);
        return;
    }
    for (int i = 0; i < n; i++)
        h->rows[i] = (struct event_row){.seq = h->decoded[i].seq,
                                        .application_id = h->decoded[i].application_id,
                                        .stage = h->decoded[i].stage,
                                        .state = h->decoded[i].state,
                                        .code = h->decoded[i].code};
    hub_entry_advance(e, h->rows, (size_t)n);
    hub_entry_sweep(e);
}

static void hub_tick(void *ud)
{
    struct hub *h = ud;
    uint64_t now = loop_now_ms(h->loop);
    list_for_each (it, &h->list) {
        struct hub_entry *e = CONTAINER_OF(it, struct hub_entry, node);
        if (!e->fetching && now - e->heard_ms >= HUB_POLL_MS)
            hub_entry_fetch(e);
    }
}

struct hub *hub_new(struct loop *l, struct pg_pool *pool, struct redis *redis)
{
    struct hub *h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    h->loop = l;
    h->pool = pool;
    h->redis = redis;
    h->entries = map_new(HUB_ENTRIES_MAX);
    list_init(&h->list);
    h->tick = loop_timer_new(l, hub_tick, h);
    loop_timer_start(h->tick, HUB_TICK_MS, HUB_TICK_MS);
    return h;
}

void hub_stop(struct hub *h)
{
    h->stopping = true;
    loop_timer_stop(h->tick);
    list_for_each_safe (it, &h->list) {
        struct hub_entry *e = CONTAINER_OF(it, struct hub_entry, node);
        redis_unsubscribe(TAKE_PTR(e->sub));
        hub_entry_tell(e, NULL, 0);
        hub_entry_sweep(e);
    }
}

void hub_free(struct hub *h)
{
    if (!h)
        return;
    list_for_each_safe (it, &h->list) {
        struct hub_entry *e = CONTAINER_OF(it, struct hub_entry, node);
        list_for_each (w, &e->watches)
            CONTAINER_OF(w, struct hub_watch, node)->dead = true;
        e->fetching = false; /* the pool is closed: no answer will come */
        hub_entry_sweep(e);
    }
    loop_timer_free(h->tick);
    map_free(h->entries);
    free(h);
}

static struct hub_entry *hub_entry_new(struct hub *h, const struct uuid *tenant_id, const struct uuid *batch_id,
                                       int64_t last_seq)
{
    char channel[PROGRESS_CHANNEL_BYTES];
    struct hub_entry *e = calloc(1, sizeof(*e));
    if (!e || !map_put(h->entries, batch_id->b, UUID_BYTES, e)) {
        free(e);
        return NULL;
    }
    e->hub = h;
    e->tenant_id = *tenant_id;
    e->batch_id = *batch_id;
    e->last = last_seq;
    e->heard_ms = loop_now_ms(h->loop);
    list_init(&e->watches);
    list_append(&h->list, &e->node);
    e->sub = redis_subscribe(h->redis, str_of(progress_channel(batch_id, channel)), hub_entry_message, e);
    if (!e->sub)
        log_warn(NULL, "no subscription is left for a batch's progress: it is read from Postgres");
    return e;
}

struct hub_watch *hub_watch_new(struct hub *h, const struct uuid *tenant_id, const struct uuid *batch_id,
                                int64_t last_seq, hub_fn *fn, void *ud)
{
    if (h->stopping)
        return NULL;
    struct hub_entry *e = map_get(h->entries, batch_id->b, UUID_BYTES);
    if (!e)
        e = hub_entry_new(h, tenant_id, batch_id, last_seq);
    if (!e)
        return NULL;
    struct hub_watch *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    *w = (struct hub_watch){.entry = e, .fn = fn, .ud = ud};
    list_append(&e->watches, &w->node);
    return w;
}

int64_t hub_watch_seq(const struct hub_watch *w)
{
    return w->entry->last;
}

void hub_watch_free(struct hub_watch *w)
{
    if (!w)
        return;
    w->dead = true;
    hub_entry_sweep(w->entry);
}
