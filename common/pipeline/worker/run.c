/* Runs the stage: a slice of time per turn of the loop, so that heartbeats, claims and completions go on beside it.
 * Interactive items first. */
#include <time.h>
#include "core/clock.h"
#include "core/metrics.h"
#include "pipeline/store/sealed.h"
#include "pipeline/worker/worker_int.h"

static struct month run_now(void)
{
    time_t now = (time_t)(clock_wall_us() / 1000000);
    struct tm tm;
    gmtime_r(&now, &tm);
    return (struct month){.y = tm.tm_year + 1900, .m = tm.tm_mon + 1};
}

static int run_seal(struct worker *w, struct item *it, const struct worker_profile *p, int kind, struct str *text)
{
    if (text->n == 0)
        return 0;
    struct seal_place at = {.tenant_id = &it->claim.tenant_id,
                            .row_id = &it->claim.subject_id,
                            .column = sealed_document(kind)};
    return seal_close_packed(&it->arena, w->packer, &p->key, *text, at, text, &it->err);
}

/* Documents are personal: they leave the process sealed. */
static void run_seal_documents(struct worker *w, struct item *it)
{
    const struct worker_profile *p = cache_value(it->profile);
    int rc = 0;
    if (w->spec->stage == STAGE_OPTIMIZE) {
        rc = run_seal(w, it, p, DOCUMENT_RESUME, &it->out.document);
        if (rc == 0)
            rc = run_seal(w, it, p, DOCUMENT_SCORE, &it->out.score);
    } else if (w->spec->stage == STAGE_COVER_LETTER) {
        rc = run_seal(w, it, p, DOCUMENT_LETTER, &it->out.document);
    }
    if (rc < 0)
        it->verdict = VERDICT_RETRY;
}

static bool run_refuse(struct item *it, const struct err *err)
{
    if (err->code == ERR_NONE)
        return false;
    it->verdict = VERDICT_REJECT;
    it->err = *err;
    return true;
}

struct stage_input run_input(const struct item *it, const struct worker_profile *p, const struct worker_analysis *a)
{
    struct stage_input in = {.kind = it->claim.kind,
                             .posting = it->has_posting ? &it->posting : NULL,
                             .analysis = a ? a->analysis : NULL,
                             .profile = p ? p->profile : NULL,
                             .facts = p ? p->facts : NULL,
                             .options = it->claim.options,
                             .now = run_now()};
    memcpy(&in.seed, it->claim.subject_id.b + 8, sizeof(in.seed));
    return in;
}

/* false: a model's call is under way. */
static bool run_item(struct worker *w, struct item *it)
{
    const struct worker_profile *p = it->profile ? cache_value(it->profile) : NULL;
    const struct worker_analysis *a = it->analysis ? cache_value(it->analysis) : NULL;
    if ((p && run_refuse(it, &p->err)) || (a && run_refuse(it, &a->err)))
        return true;
    struct stage_input in = run_input(it, p, a);
    it->out.overall = -1;
    uint64_t from_us = clock_cpu_us();
    if (w->model && worker_model_run(w, it, &in)) {
        metrics_observe(METRICS_STAGE_SECONDS, (double)(clock_cpu_us() - from_us) / 1e6, w->row->name, NULL);
        return false;
    }
    it->arena.chunk_bytes = ARENA_CHUNK_BYTES;
    if (!it->verdict)
        it->verdict = w->spec->plan(&in, &it->arena, &it->out, &it->err);
    metrics_observe(METRICS_STAGE_SECONDS, (double)(clock_cpu_us() - from_us) / 1e6, w->row->name, NULL);
    if (p && (it->verdict == VERDICT_DONE || it->verdict == VERDICT_NEEDS_REVIEW))
        run_seal_documents(w, it);
    return true;
}

void worker_run_slice(void *ud)
{
    struct worker *w = ud;
    w->run_scheduled = false;
    uint64_t until_us = clock_mono_us() + WORKER_SLICE_US;
    while (!list_empty(&w->run) && clock_mono_us() < until_us) {
        struct item *it = CONTAINER_OF(list_shift(&w->run), struct item, node);
        if (run_item(w, it))
            worker_result_add(w, it);
    }
    if (!list_empty(&w->run) && !w->run_scheduled) {
        w->run_scheduled = true;
        loop_defer(w->loop, worker_run_slice, w); /* no timer: one of 0 ms runs again before descriptors are served */
    }
    worker_progress(w);
}

void worker_run_add(struct worker *w, struct item *it)
{
    if (it->claim.priority == PRIORITY_INTERACTIVE)
        list_prepend(&w->run, &it->node);
    else
        list_append(&w->run, &it->node);
    if (!w->run_scheduled) {
        w->run_scheduled = true;
        loop_defer(w->loop, worker_run_slice, w);
    }
}
