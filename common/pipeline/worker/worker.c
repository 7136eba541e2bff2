/* The life of a worker process.
 *
 *   start -> joins the group -> (pull, inputs, run, finish) ... SIGTERM -> draining:
 *     leave the group (offsets of claimed messages are stored, what was only gathered stays with Kafka),
 *     finish what fits into worker.drain, hand the rest back (ready; the attempt does not count),
 *     take the heartbeat row away, flush, exit.
 *
 * When the process was declared lost, its leases are void: everything in flight is dropped, the generation counter
 * makes answers to older requests harmless. */
#include <stdlib.h>
#include <string.h>
#include "core/metrics.h"
#include "pipeline/worker/worker_int.h"

#define WORKER_CLOSE_MS 5000

static int worker_in_flight(void *ud)
{
    return ((struct worker *)ud)->in_flight;
}

static int worker_concurrency(void *ud)
{
    return (int)config_int(((struct worker *)ud)->config, CONFIG_CONCURRENCY);
}

static int64_t worker_done(void *ud)
{
    return ((struct worker *)ud)->done;
}

static void worker_list_drop(struct worker *w, struct list *l)
{
    while (!list_empty(l))
        item_free(w, CONTAINER_OF(l->next, struct item, node));
}

static void worker_lost(void *ud)
{
    struct worker *w = ud;
    w->generation++;
    worker_model_drop(w);
    worker_list_drop(w, &w->run);
    worker_list_drop(w, &w->results);
    w->results_n = 0;
    w->finish_attempt = 0;
    worker_progress(w);
}

static void worker_beat(void *ud)
{
    struct worker *w = ud;
    metrics_set(METRICS_IN_FLIGHT, w->in_flight, w->row->name, NULL);
    metrics_set(METRICS_CONCURRENCY, (double)config_int(w->config, CONFIG_CONCURRENCY), w->row->name, NULL);
    if (w->consumer)
        for (int i = 0; i < 2; i++)
            kafka_consumer_lag(w->consumer, i);
}

static bool worker_check(void *ud, char detail[64])
{
    struct worker *w = ud;
    bool ok = w->consumer && kafka_consumer_connected(w->consumer);
    snprintf(detail, 64, "%d partitions", w->consumer ? kafka_consumer_assigned(w->consumer, -1) : 0);
    return ok;
}

static void worker_setting(void *ud)
{
    worker_progress(ud);
}

static void worker_exit(void *ud)
{
    struct worker *w = ud;
    daemon_done(w->daemon, 0);
}

/* The drain is over when the group was left and nothing is in flight. */
static void worker_drain_check(struct worker *w)
{
    if (!w->draining || !w->consumer_closed || w->in_flight > 0 || w->claiming_n > 0 || w->left)
        return;
    w->left = true;
    loop_timer_stop(w->drain_timer);
    member_leave(w->member, worker_exit, w);
}

void worker_progress(struct worker *w)
{
    worker_finish(w);
    worker_pull(w);
    worker_drain_check(w);
}

/* The time is up: what has not run goes back; what is being written is waited for once more. */
static void worker_drain_over(void *ud)
{
    struct worker *w = ud;
    if (w->drain_warned) {
        log_warn(NULL, "drain: %d tasks are left behind; the dispatcher will release them", w->in_flight);
        daemon_done(w->daemon, 1);
        return;
    }
    w->drain_warned = true;
    int n = 0;
    while (!list_empty(&w->run)) {
        struct item *it = CONTAINER_OF(list_shift(&w->run), struct item, node);
        it->verdict = VERDICT_RETRY;
        it->outcome = TASK_HAND_BACK;
        err_set(&it->err, ERR_CANCELLED, "the worker stops");
        worker_result_add(w, it);
        n++;
    }
    n += worker_model_hand_back(w, true);
    log_info(NULL, "drain: %d tasks are handed back", n);
    loop_timer_start(w->drain_timer, WORKER_CLOSE_MS, 0);
    worker_progress(w);
}

static void worker_closed(void *ud)
{
    struct worker *w = ud;
    w->consumer = NULL;
    w->consumer_closed = true;
    worker_drain_check(w);
}

static void worker_close_consumer(void *ud)
{
    struct worker *w = ud;
    if (w->claiming_n > 0 || w->dead_letters > 0) { /* their messages are still borrowed */
        loop_timer_start(w->close_timer, 5, 0);
        return;
    }
    kafka_consumer_close(w->consumer, WORKER_CLOSE_MS, worker_closed, w);
}

static void worker_stop(struct daemon *d UNUSED, void *state)
{
    struct worker *w = state;
    log_info(NULL, "draining: %d tasks in flight", w->in_flight);
    w->draining = true;
    member_stop(w->member);
    worker_gather_drop(w);
    worker_model_hand_back(w, false);
    loop_timer_start(w->drain_timer, (uint64_t)config_int(w->config, CONFIG_DRAIN), 0);
    worker_close_consumer(w);
    worker_progress(w);
}

static int worker_open(struct worker *w, struct err *err)
{
    int rc = seal_master_parse(str_of(config_str(w->config, CONFIG_MASTER_KEY)), &w->master, err);
    if (rc < 0)
        return err_prefix(err, "master key (JOBMILL_MASTER_KEY_FILE)");
    struct member_spec spec = {.kind = w->row->service,
                               .pg_role = w->row->role,
                               .ud = w,
                               .in_flight = worker_in_flight,
                               .concurrency = worker_concurrency,
                               .done = worker_done,
                               .lost = worker_lost,
                               .extra_check = worker_check,
                               .setting = worker_setting,
                               .beat = worker_beat};
    if ((rc = member_new(w->daemon, &spec, &w->member, err)) < 0)
        return rc;
    const int gather_ms[] = {[PRIORITY_BULK] = (int)config_int(w->config, CONFIG_KAFKA_BULK_WAIT)};
    struct kafka_consumer_options opt = {.brokers = config_str(w->config, CONFIG_KAFKA_BROKERS),
                                         .client_id = daemon_instance(w->daemon),
                                         .topics = w->row->topics,
                                         .topics_n = 2,
                                         .gather_ms = gather_ms,
                                         .session_timeout_ms = (int)config_int(w->config, CONFIG_KAFKA_SESSION)};
    if ((rc = worker_model_open(w, err)) < 0)
        return rc;
    return kafka_consumer_new(w->loop, &opt, worker_pull, w, &w->consumer, err);
}

static void worker_free(void *state)
{
    struct worker *w = state;
    if (!w)
        return;
    loop_timer_free(w->claim_timer);
    loop_timer_free(w->unclaim_timer);
    loop_timer_free(w->finish_timer);
    loop_timer_free(w->drain_timer);
    loop_timer_free(w->close_timer);
    worker_model_close(w);
    member_free(w->member);
    worker_model_free(w);
    worker_list_drop(w, &w->run);
    worker_list_drop(w, &w->results);
    worker_list_drop(w, &w->finishing);
    map_free(w->live);
    seal_packer_free(w->packer);
    cache_free(w->profiles);
    cache_free(w->analyses);
    seal_key_fini(&w->master);
    free(w);
}

/* The spec of the stage is handed over through the daemon's spec, whose first member it extends. */
struct worker_daemon {
    struct daemon_spec daemon;
    const struct stage_spec *stage;
};

static int worker_start(struct daemon *d, void **ret_state, struct err *err)
{
    const struct worker_daemon *wd = (const struct worker_daemon *)daemon_spec_of(d);
    struct worker *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    w->spec = wd->stage;
    w->row = stage_row(wd->stage->stage);
    w->daemon = d;
    w->loop = daemon_loop(d);
    w->config = daemon_config(d);
    list_init(&w->run);
    list_init(&w->results);
    list_init(&w->calling);
    list_init(&w->finishing);
    w->live = map_new(WORKER_LIVE_MAX);
    w->packer = seal_packer_new();
    w->profiles = cache_new(WORKER_PROFILES_MAX, worker_profile_free);
    w->analyses = cache_new(WORKER_ANALYSES_MAX, worker_analysis_free);
    w->claim_timer = loop_timer_new(w->loop, worker_claim_timer, w);
    w->unclaim_timer = loop_timer_new(w->loop, worker_unclaim, w);
    w->finish_timer = loop_timer_new(w->loop, worker_finish_timer, w);
    w->drain_timer = loop_timer_new(w->loop, worker_drain_over, w);
    w->close_timer = loop_timer_new(w->loop, worker_close_consumer, w);
    *ret_state = w;
    return worker_open(w, err);
}

int worker_main(const struct stage_spec *spec, int argc, char **argv)
{
    struct worker_daemon wd = {.daemon = {.name = stage_row(spec->stage)->service,
                                          .service = "worker",
                                          .about = spec->about,
                                          .start = worker_start,
                                          .stop = worker_stop,
                                          .free = worker_free},
                               .stage = spec};
    return daemon_main(&wd.daemon, argc, argv);
}
