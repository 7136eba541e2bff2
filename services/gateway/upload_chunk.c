/* Items into chunks. Whatever is wrong with an item is told for that item; the others go on. */
#include <stdio.h>
#include <string.h>
#include "core/ids.h"
#include "core/metrics.h"
#include "gateway/upload_int.h"

static struct upload_chunk *upload_chunk_get(struct upload *u)
{
    if (u->chunk)
        return u->chunk;
    u->chunk = calloc(1, sizeof(*u->chunk));
    if (!u->chunk)
        abort();
    u->chunk->upload = u;
    arena_init(&u->chunk->arena, UPLOAD_CHUNK_ARENA);
    return u->chunk;
}

void upload_chunk_free(struct upload_chunk *chunk)
{
    if (!chunk)
        return;
    arena_fini(&chunk->arena);
    free(chunk);
}

static struct str upload_copy(struct upload_chunk *chunk, const char *text)
{
    char *kept = arena_strdup(&chunk->arena, text);
    return kept ? str_of(kept) : STR("");
}

static void upload_reject(struct upload *u, int index, int64_t at, struct str client_ref, const struct err *err,
                          size_t faults)
{
    struct upload_chunk *chunk = upload_chunk_get(u);
    char detail[ERR_MSG_BYTES + 48];
    if (faults > 1)
        snprintf(detail, sizeof(detail), "%s (and %zu more)", err->msg, faults - 1);
    else
        snprintf(detail, sizeof(detail), "%s", err->msg);
    struct batch_reject *r = &chunk->rejects[chunk->rejects_n++];
    *r = (struct batch_reject){.index = index,
                               .byte_offset = at,
                               .code = err->code,
                               .client_ref = client_ref,
                               .pointer = upload_copy(chunk, err->pointer),
                               .detail = upload_copy(chunk, detail)};
    report_add(&u->report, r);
    u->rejected++;
    metrics_add(METRICS_REJECTED, 1, err_slug(err->code), NULL);
}

/* What the whole batch knows about an item: its priority, and whether it was there before. */
static int upload_item_check(struct upload *u, const struct submission *s, int index, struct err *err)
{
    uint8_t identity[16];
    if (s->priority >= 0 && s->priority != u->priority)
        return err_set_at(err, ERR_INVALID, "/options/priority",
                          "the priority of a batch is its query parameter, here %s", priority_name(u->priority));
    submission_identity(s, identity);
    int first = seen_add(u->seen, identity, index);
    if (first >= 0)
        return err_set_at(err, ERR_DUPLICATE, s->client_ref.n ? "/client_ref" : "", "the same as item %d", first);
    return 0;
}

static void upload_item_take(struct upload *u, struct upload_chunk *chunk, const struct submission *s, int index,
                             int64_t at)
{
    struct batch_item *item = &chunk->items[chunk->n++];
    *item = (struct batch_item){
        .index = index,
        .byte_offset = at,
        .application_id = ids_uuid(),
        .user_id = s->user_id,
        .job_id = s->job_id,
        .has_job = s->has_job,
        .job = s->job,
        .client_ref = s->client_ref,
        .options = s->options,
        .cost = s->cost,
    };
    item->job.job_id = ids_uuid();
    u->accepted++;
    if (u->postings) {
        const uint8_t *posting = s->has_job ? s->job.content_hash : s->job_id.b;
        bool known = seen_add(u->postings, posting, index) >= 0;
        estimator_add(&u->c->g->estimator, (int64_t)s->job.body.n, s->job.format, known, &u->estimate);
    }
}

void upload_item(void *ud, struct str text, int64_t at, bool overlong)
{
    struct upload *u = ud;
    struct err err;
    if (u->over)
        return;
    if (u->index == UPLOAD_ITEMS_MAX) {
        err_set(&err, ERR_TOO_LARGE, "a batch may have at most %d items", UPLOAD_ITEMS_MAX);
        upload_fail(u, &err);
        return;
    }
    struct upload_chunk *chunk = upload_chunk_get(u);
    struct submission s = {.client_ref = STR("")};
    struct faults faults;
    int index = u->index++;
    faults_init(&faults);
    if (overlong)
        faults_add(&faults, ERR_TOO_LARGE, "", NULL, "an item may have at most %zu bytes", SUBMISSION_LINE_BYTES);
    if (overlong || submission_parse(&chunk->arena, text, &s, &faults) < 0)
        upload_reject(u, index, at, s.client_ref, &faults.items[0], faults.n + faults.more);
    else if (upload_item_check(u, &s, index, &err) < 0)
        upload_reject(u, index, at, s.client_ref, &err, 1);
    else
        upload_item_take(u, chunk, &s, index, at);
    chunk->bytes += text.n;
    if (chunk->n + chunk->rejects_n == UPLOAD_CHUNK_ITEMS || chunk->bytes >= UPLOAD_CHUNK_BYTES)
        upload_chunk_send(u);
}

/* Refusals of the store, for the report: the place comes from our own list. */
static void upload_chunk_refused(struct upload_chunk *chunk, const struct pg_reply *reply)
{
    struct upload *u = chunk->upload;
    struct batch_reject r;
    for (int i = 0; batches_items_refused(reply, i, &r); i++) {
        for (int k = 0; k < chunk->n; k++)
            if (chunk->items[k].index == r.index) {
                r.byte_offset = chunk->items[k].byte_offset;
                r.client_ref = chunk->items[k].client_ref;
            }
        report_add(&u->report, &r);
        u->accepted--;
        u->rejected++;
        metrics_add(METRICS_REJECTED, 1, err_slug((enum err_code)r.code), NULL);
    }
}

static void upload_chunk_stored(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct upload_chunk *chunk = ud;
    struct upload *u = chunk->upload;
    CALL_HELD(u->c);
    u->chunks_out--;
    if (!err)
        upload_chunk_refused(chunk, reply);
    upload_chunk_free(chunk);
    if (err)
        upload_fail(u, err);
    else
        upload_settled(u);
}

void upload_chunk_send(struct upload *u)
{
    struct upload_chunk *chunk = TAKE_PTR(u->chunk);
    if (!chunk)
        return;
    if (u->validate_only || chunk->n + chunk->rejects_n == 0) {
        upload_chunk_free(chunk);
        return;
    }
    u->chunks_out++;
    call_hold(u->c);
    batches_items(u->c->g->pool, &u->c->tenant_id, &u->batch_id, u->priority,
                  str_of(http_request_trace(u->c->req)->parent), chunk->items, chunk->n, chunk->rejects,
                  chunk->rejects_n, upload_chunk_stored, chunk);
}
