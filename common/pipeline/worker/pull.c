/* From Kafka to the claim.
 *
 * A message only wakes: it names a task. Claims of bulk work keep a distance (worker.claim_wait), and what comes
 * meanwhile goes into the next one: what a claim costs hardly depends on its size, and the completion of what was
 * claimed together goes together. After a pause, and when something urgent came, a claim goes at once. When the claim
 * has committed, Postgres knows who works on what and Kafka has nothing left to remember: the offsets are stored right
 * then. Not taking messages is the back-pressure.
 *
 * A message that cannot be decoded goes to the dead-letter topic with reason and coordinates; its partition stands
 * still until that write is confirmed, so that nothing is dropped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/metrics.h"
#include "io/kafka/message.h"
#include "pipeline/worker/worker_int.h"

#define PULL_TAKE_MAX         512
#define PULL_DEAD_LETTERS_MAX 256
#define PULL_BUNDLE_MS        2 /* one answer of the broker comes in pieces, one of each partition */
#define PULL_QUICK_SHARE      4 /* this part of the concurrency comes on top for what is urgent */
#define PULL_RETRY_MS         1000

struct dead_letter {
    struct worker *w;
    struct kafka_message message;
    char reason[32];
    char detail[ERR_MSG_BYTES];
    struct loop_timer *retry;
};

static void pull_dead_send(void *ud);

static void pull_dead_reported(void *ud, int code, int32_t partition UNUSED, int64_t offset UNUSED)
{
    struct dead_letter *d = ud;
    struct worker *w = d->w;
    if (code < 0 && !w->draining) {
        log_error(NULL, "writing to %s failed, the partition waits, trying again", TOPIC_DEAD_LETTER);
        loop_timer_start(d->retry, PULL_RETRY_MS, 0);
        return;
    }
    if (code == 0) {
        kafka_consumer_resume(w->consumer, &d->message);
        kafka_consumer_store_taken(w->consumer, &d->message, 1);
    }
    kafka_message_release(&d->message);
    loop_timer_free(d->retry);
    free(d);
    w->dead_letters--;
    worker_progress(w);
}

static void pull_dead_send(void *ud)
{
    struct dead_letter *d = ud;
    char partition[16], offset[24];
    snprintf(partition, sizeof(partition), "%d", d->message.partition);
    snprintf(offset, sizeof(offset), "%lld", (long long)d->message.offset);
    const char *headers[] = {"reason",    d->reason, "detail", d->detail, "topic", d->message.topic,
                             "partition", partition, "offset", offset,    NULL};
    struct err err;
    if (kafka_produce(member_producer(d->w->member), TOPIC_DEAD_LETTER, -1, d->message.key, d->message.value, headers,
                      pull_dead_reported, d, &err) < 0)
        loop_timer_start(d->retry, PULL_RETRY_MS, 0);
}

static void pull_dead(struct worker *w, struct kafka_message *m, const char *reason, const struct err *why)
{
    log_warn(NULL, "undecodable message in %s, partition %d, offset %lld: %s", m->topic, m->partition,
             (long long)m->offset, why->msg);
    metrics_add(METRICS_DEAD_LETTERS, 1, reason, NULL);
    struct dead_letter *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    d->w = w;
    d->message = *m;
    snprintf(d->reason, sizeof(d->reason), "%s", reason);
    snprintf(d->detail, sizeof(d->detail), "%s", why->msg);
    d->retry = loop_timer_new(w->loop, pull_dead_send, d);
    w->dead_letters++;
    kafka_consumer_halt(w->consumer, m);
    pull_dead_send(d);
}

static void pull_gather(struct worker *w, struct kafka_message *m)
{
    struct task_message task;
    const char *reason = "malformed";
    struct err err;
    int rc = task_message_decode(m->value, STAGE_MAX, &task, &reason, &err);
    if (rc == 0 && task.stage != (int)w->spec->stage) {
        reason = "stage";
        rc = err_set(&err, ERR_CORRUPT, "the message is for stage %d", task.stage);
    }
    if (rc < 0) {
        pull_dead(w, m, reason, &err);
        return;
    }
    w->gather_urgent = w->gather_urgent || m->topic_index == 0;
    w->gather[w->gather_n++] =
        (struct gathered){.ref = {.tenant_id = task.tenant_id, .subject_id = task.task_id}, .message = *m};
}

static void pull_claimed(void *ud, const struct task_claim *claims, int n, const struct err *err);

struct claim_call {
    struct worker *w;
    unsigned generation;
};

static void pull_claim(struct worker *w)
{
    struct task_ref refs[WORKER_GATHER_MAX];
    loop_timer_stop(w->claim_timer);
    memcpy(w->claiming, w->gather, sizeof(w->gather[0]) * (size_t)w->gather_n);
    w->claiming_n = w->gather_n;
    w->gather_n = 0;
    w->gather_urgent = false;
    w->claimed_ms = clock_mono_ms();
    for (int i = 0; i < w->claiming_n; i++)
        refs[i] = w->claiming[i].ref;
    qsort(refs, (size_t)w->claiming_n, sizeof(refs[0]), task_order);
    struct claim_call *call = malloc(sizeof(*call));
    if (!call)
        abort();
    *call = (struct claim_call){.w = w, .generation = w->generation};
    metrics_observe(METRICS_CLAIM_BATCH, w->claiming_n, w->row->name, NULL);
    tasks_claim(member_pool(w->member), member_worker_id(w->member), w->spec->stage, refs, w->claiming_n, pull_claimed,
                call);
}

void worker_claim_timer(void *ud)
{
    struct worker *w = ud;
    if (w->gather_n > 0 && w->claiming_n == 0 && !w->draining)
        pull_claim(w);
}

/* The messages go back to be claimed again. */
static void pull_unclaimed(void *ud, const struct pg_reply *reply UNUSED, const struct err *err)
{
    struct worker *w = ud;
    if (err && !w->draining) {
        loop_timer_start(w->unclaim_timer, PULL_RETRY_MS / 4, 0);
        return;
    }
    int room = WORKER_GATHER_MAX - w->gather_n;
    for (int i = 0; i < w->claiming_n; i++) {
        if (i < room && !w->draining)
            w->gather[w->gather_n++] = w->claiming[i];
        else
            kafka_message_release(&w->claiming[i].message);
    }
    w->claiming_n = 0;
    if (w->gather_n > 0)
        loop_timer_start(w->claim_timer, 1, 0);
    worker_progress(w);
}

/* Postgres did not answer: nobody knows whether it leased them. First that is undone, else they would wait for the
 * deadline. */
void worker_unclaim(void *ud)
{
    struct worker *w = ud;
    struct task_ref refs[WORKER_GATHER_MAX];
    int n = 0;
    for (int i = 0; i < w->claiming_n; i++)
        if (!item_is_live(w, &w->claiming[i].ref))
            refs[n++] = w->claiming[i].ref;
    if (n == 0) {
        pull_unclaimed(w, NULL, NULL);
        return;
    }
    qsort(refs, (size_t)n, sizeof(refs[0]), task_order);
    tasks_unclaim(member_pool(w->member), member_worker_id(w->member), w->spec->stage, refs, n, pull_unclaimed, w);
}

static void pull_claimed(void *ud, const struct task_claim *claims, int n, const struct err *err)
{
    struct claim_call call = *(struct claim_call *)ud;
    free(ud);
    struct worker *w = call.w;
    if (err) {
        log_warn(NULL, "claiming %d tasks: %s, trying again", w->claiming_n, err->msg);
        loop_timer_start(w->unclaim_timer, 50, 0);
        return;
    }
    for (int i = 0; i < w->claiming_n; i++) {
        kafka_consumer_store_taken(w->consumer, &w->claiming[i].message, 1);
        kafka_message_release(&w->claiming[i].message);
    }
    metrics_add(METRICS_CLAIMS, n, w->row->name, "claimed", NULL);
    metrics_add(METRICS_CLAIMS, MAX(0, w->claiming_n - n), w->row->name, "gone", NULL);
    w->claiming_n = 0;
    struct list items;
    list_init(&items);
    uint64_t now_us = clock_wall_us();
    for (int i = 0; i < n && call.generation == w->generation; i++) {
        struct item *it = item_new(w, &claims[i]);
        double wait_s = now_us > claims[i].released_at_us ? (double)(now_us - claims[i].released_at_us) / 1e6 : 0;
        metrics_observe(METRICS_QUEUE_SECONDS, wait_s, w->row->name, NULL);
        if (claims[i].attempt >
            config_int(w->config, CONFIG_ATTEMPTS)) { /* processes were lost with it again and again */
            it->verdict = VERDICT_REJECT;
            err_set(&it->err, ERR_LIMIT, "given up after %d attempts that never came back", claims[i].attempt - 1);
            worker_result_add(w, it);
            continue;
        }
        list_append(&items, &it->node);
    }
    if (!list_empty(&items))
        worker_inputs(w, &items);
    worker_progress(w);
}

void worker_gather_drop(struct worker *w)
{
    loop_timer_stop(w->claim_timer);
    for (int i = 0; i < w->gather_n; i++)
        kafka_message_release(&w->gather[i].message);
    w->gather_n = 0;
}

/* Places above the concurrency for what is urgent: it must not wait until a slow call of a large batch ends. */
static int pull_quick_room(const struct worker *w, int room)
{
    int concurrency = (int)config_int(w->config, CONFIG_CONCURRENCY);
    int queued = (int)MIN(kafka_consumer_queued(w->consumer, 0), (size_t)PULL_TAKE_MAX);
    return MIN(queued, MAX(concurrency / PULL_QUICK_SHARE, 1) + room);
}

/* Until the next claim. */
static uint64_t pull_wait_ms(const struct worker *w, int claim_max)
{
    uint64_t pace_ms = (uint64_t)config_int(w->config, CONFIG_CLAIM_WAIT), since_ms = clock_mono_ms() - w->claimed_ms;
    if (pace_ms == 0 || w->gather_n >= claim_max || w->gather_urgent)
        return 0;
    return MAX(pace_ms - MIN(since_ms, pace_ms), (uint64_t)PULL_BUNDLE_MS);
}

void worker_pull(void *ud)
{
    struct worker *w = ud;
    if (w->draining || !w->consumer || w->dead_letters >= PULL_DEAD_LETTERS_MAX)
        return;
    int claim_max = (int)MIN(config_int(w->config, CONFIG_CLAIM_MAX), WORKER_GATHER_MAX);
    int room = (int)config_int(w->config, CONFIG_CONCURRENCY) - w->in_flight - w->claiming_n - w->gather_n;
    if (room <= 0)
        room = pull_quick_room(w, room);
    room = MIN(room, claim_max - w->gather_n);
    if (room > 0) {
        struct kafka_message taken[PULL_TAKE_MAX];
        int n = kafka_consumer_take(w->consumer, taken, MIN(room, PULL_TAKE_MAX));
        for (int i = 0; i < n; i++)
            pull_gather(w, &taken[i]);
    }
    if (w->gather_n == 0 || w->claiming_n > 0)
        return;
    uint64_t wait_ms = pull_wait_ms(w, claim_max);
    if (wait_ms == 0)
        pull_claim(w);
    else if (!loop_timer_active(w->claim_timer))
        loop_timer_start(w->claim_timer, wait_ms, 0);
}
