/* One claimed task: everything it allocates lives in its arena. */
#include <stdlib.h>
#include "core/clock.h"
#include "core/trace.h"
#include "pipeline/worker/worker_int.h"

#define ITEM_KEY_BYTES (2 * UUID_BYTES)

/* A subject may be live in two kinds (a posting's two tasks are of different stages, so not in one worker): the key
 * needs no kind. */
static void item_key(char key[ITEM_KEY_BYTES], const struct uuid *tenant_id, const struct uuid *subject_id)
{
    memcpy(key, tenant_id->b, UUID_BYTES);
    memcpy(key + UUID_BYTES, subject_id->b, UUID_BYTES);
}

bool item_is_live(const struct worker *w, const struct task_ref *ref)
{
    char key[ITEM_KEY_BYTES];
    item_key(key, &ref->tenant_id, &ref->subject_id);
    return map_get(w->live, key, sizeof(key)) != NULL;
}

struct item *item_new(struct worker *w, const struct task_claim *claim)
{
    struct item *it = calloc(1, sizeof(*it));
    if (!it)
        abort();
    arena_init(&it->arena, WORKER_ITEM_MAX_BYTES);
    if (w->model)
        it->arena.chunk_bytes = WORKER_WAIT_CHUNK_BYTES;
    list_init(&it->node);
    it->worker = w;
    it->claim = *claim;
    it->claim.options =
        (struct str){.p = arena_strndup(&it->arena, claim->options.p ? claim->options.p : "", claim->options.n),
                     .n = claim->options.n};
    it->claim.traceparent =
        (struct str){.p = arena_strndup(&it->arena, claim->traceparent.p ? claim->traceparent.p : "",
                                        claim->traceparent.n),
                     .n = claim->traceparent.n};
    trace_from_stored(it->claim.traceparent, &it->trace);
    it->claimed_at_us = clock_mono_us();
    char key[ITEM_KEY_BYTES];
    item_key(key, &claim->tenant_id, &claim->subject_id);
    if (!map_put(w->live, key, sizeof(key), it))
        abort(); /* bounded by the concurrency */
    w->in_flight++;
    return it;
}

void item_free(struct worker *w, struct item *it)
{
    char key[ITEM_KEY_BYTES];
    item_key(key, &it->claim.tenant_id, &it->claim.subject_id);
    if (map_get(w->live, key, sizeof(key)) == it)
        map_remove(w->live, key, sizeof(key));
    list_remove(&it->node);
    cache_return(w->profiles, it->profile);
    cache_return(w->analyses, it->analysis);
    arena_fini(&it->arena);
    free(it);
    w->in_flight--;
}

struct log_ctx item_log(const struct item *it, const struct worker *w)
{
    return (struct log_ctx){.tenant_id = &it->claim.tenant_id,
                            .task_id = &it->claim.subject_id,
                            .batch_id = uuid_is_nil(&it->claim.batch_id) ? NULL : &it->claim.batch_id,
                            .stage = w->row->name,
                            .trace_id = it->trace.id,
                            .attempt = it->claim.attempt};
}
