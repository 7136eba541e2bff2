/* Who watches which batch. One entry per watched batch, shared by its watchers: one subscription on Redis, gaps filled
 * from Postgres by sequence number, and a slow look into Postgres, so that nothing depends on Redis. Watchers get every
 * event once, in order, without gaps, from the sequence number they name (or the entry's, if it is further:
 * hub_watch_seq). */
#pragma once

#include "core/loop.h"
#include "io/redis/redis.h"
#include "pipeline/store/events.h"

#define HUB_ENTRIES_MAX 20000 /* batches watched at the same time */
#define HUB_PAGE        1000  /* events of one look */
#define HUB_POLL_MS     1500  /* a batch that was silent for so long is looked at */

struct hub;
struct hub_watch;

/* n == 0: the gateway is stopping. Events are borrowed until fn returns. hub_watch_free is allowed inside. */
typedef void hub_fn(void *ud, const struct event_row *events, size_t n);

struct hub *hub_new(struct loop *l, struct pg_pool *pool, struct redis *redis); /* all borrowed */
void hub_stop(struct hub *h); /* tells every watcher; no new ones from now on, and Redis is not used any more */
void hub_free(struct hub *h); /* after hub_stop and after the pool */
/* last_seq: the batch's number as just read. NULL when HUB_ENTRIES_MAX is reached or the hub is stopping. */
struct hub_watch *hub_watch_new(struct hub *h, const struct uuid *tenant_id, const struct uuid *batch_id,
                                int64_t last_seq, hub_fn *fn, void *ud) MUST_CHECK;
int64_t hub_watch_seq(const struct hub_watch *w); /* events behind this number will be told */
void hub_watch_free(struct hub_watch *w);         /* accepts NULL */
