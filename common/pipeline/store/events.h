/* The log of events of a batch: what progress streams replay. */
#pragma once

#include "pipeline/store/changes.h"

struct event_row {
    int64_t seq;
    struct uuid application_id; /* nil: the batch itself */
    int stage, state, code;
    uint64_t at_us;
};

/* What a stream is about. application nil: the whole batch. */
struct event_source {
    struct uuid batch_id;
    struct uuid application_id;
    int64_t last_seq; /* of the batch */
    bool ended;       /* nothing more will come unless it is tried again */
    bool single;
    int state; /* enum batch_state, or enum application_state as stored */
};

/* Finds the source by the id of a batch, or of an application when application is true. */
void events_source(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *id, bool application,
                   pg_reply_fn *fn, void *ud);
bool events_source_read(const struct pg_reply *reply, struct event_source *ret); /* false: no such thing */

/* Events behind after_seq in order, at most limit. application nil: all of the batch. */
void events_page(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *batch_id,
                 const struct uuid *application_id, int64_t after_seq, int limit, pg_reply_fn *fn, void *ud);
int events_count(const struct pg_reply *reply);
void events_read(const struct pg_reply *reply, int i, struct event_row *ret);
