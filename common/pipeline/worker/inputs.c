/* What the claimed items need. Profiles (by revision) and analyses never change, so they are cached parsed; what is
 * missing comes in one request for all items of a claim. Personal texts are opened here, once per profile. */
#include <stdlib.h>
#include <string.h>
#include "core/metrics.h"
#include "pipeline/store/sealed.h"
#include "pipeline/worker/worker_int.h"

struct fetch {
    struct worker *w;
    unsigned generation;
    struct list items;
    struct cache_entry **held; /* keeps what came until the items borrowed it */
    int held_n, held_max;
    unsigned char *held_kind;
};

enum { HELD_PROFILE = 1, HELD_ANALYSIS };

void worker_profile_free(void *value)
{
    struct worker_profile *p = value;
    seal_key_fini(&p->key);
    arena_fini(&p->arena);
    free(p);
}

void worker_analysis_free(void *value)
{
    struct worker_analysis *a = value;
    arena_fini(&a->arena);
    free(a);
}

static void fetch_hold(struct fetch *f, struct cache_entry *e, int kind)
{
    if (f->held_n == f->held_max) {
        f->held_max = f->held_max ? f->held_max * 2 : 64;
        f->held = realloc(f->held, sizeof(*f->held) * (size_t)f->held_max);
        f->held_kind = realloc(f->held_kind, (size_t)f->held_max);
        if (!f->held || !f->held_kind)
            abort();
    }
    f->held[f->held_n] = e;
    f->held_kind[f->held_n++] = (unsigned char)kind;
}

static void fetch_got_posting(void *ud, const struct task_posting *p)
{
    struct fetch *f = ud;
    list_for_each (n, &f->items) {
        struct item *it = CONTAINER_OF(n, struct item, node);
        if (!uuid_eq(&it->claim.subject_id, &p->job_id) || !uuid_eq(&it->claim.tenant_id, &p->tenant_id))
            continue;
        char *body = arena_strndup(&it->arena, p->body.p, p->body.n);
        char *title = str_dup(&it->arena, p->title), *company = str_dup(&it->arena, p->company);
        if (!body || !title || !company)
            continue; /* stays without its posting: told as a failure below */
        it->posting = (struct posting_source){.format = (enum posting_format)p->format,
                                              .body = {.p = body, .n = p->body.n},
                                              .title = {.p = title, .n = p->title.n},
                                              .company = {.p = company, .n = p->company.n}};
        it->has_posting = true;
    }
}

static void fetch_got_analysis(void *ud, const struct task_analysis *row)
{
    struct fetch *f = ud;
    struct worker_analysis *a = calloc(1, sizeof(*a));
    if (!a)
        abort();
    arena_init(&a->arena, WORKER_ITEM_MAX_BYTES);
    if (analysis_from_json(&a->arena, row->json, &a->analysis, &a->err) == 0)
        a->err.code = ERR_NONE;
    fetch_hold(f, cache_put(f->w->analyses, &row->tenant_id, &row->job_id, a), HELD_ANALYSIS);
}

static void fetch_open_profile(struct worker *w, const struct task_profile *row, struct worker_profile *p)
{
    struct str json;
    struct seal_place key_at = {.tenant_id = &row->tenant_id, .row_id = &row->user_id, .column = SEALED_USER_KEY};
    struct seal_place at = {.tenant_id = &row->tenant_id, .row_id = &row->profile_id, .column = SEALED_PROFILE};
    if (row->key_wrapped.n == 0) {
        err_set(&p->err, ERR_GONE, "the user was erased");
        return;
    }
    if (seal_unwrap(&w->master, row->key_wrapped, key_at, &p->key, &p->err) < 0 ||
        seal_open(&p->arena, &p->key, row->sealed, at, &json, &p->err) < 0 ||
        profile_read(&p->arena, json, &p->profile, &p->err) < 0 ||
        facts_index_make(&p->arena, p->profile, &p->facts, &p->err) < 0)
        return;
    p->err.code = ERR_NONE;
}

static void fetch_got_profile(void *ud, const struct task_profile *row)
{
    struct fetch *f = ud;
    struct worker_profile *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    arena_init(&p->arena, WORKER_ITEM_MAX_BYTES);
    p->user_id = row->user_id;
    fetch_open_profile(f->w, row, p);
    fetch_hold(f, cache_put(f->w->profiles, &row->tenant_id, &row->profile_id, p), HELD_PROFILE);
}

/* Borrows what is cached now; true when the item has all it needs. */
static bool item_equip(struct worker *w, struct item *it)
{
    int needs = w->spec->needs(it->claim.kind);
    if ((needs & STAGE_NEEDS_PROFILE) && !it->profile)
        it->profile = cache_borrow(w->profiles, &it->claim.tenant_id, &it->claim.profile_id);
    if ((needs & STAGE_NEEDS_ANALYSIS) && !it->analysis)
        it->analysis = cache_borrow(w->analyses, &it->claim.tenant_id, &it->claim.job_id);
    return (!(needs & STAGE_NEEDS_PROFILE) || it->profile) && (!(needs & STAGE_NEEDS_ANALYSIS) || it->analysis) &&
           (!(needs & STAGE_NEEDS_POSTING) || it->has_posting);
}

static void fetch_end(void *ud, const struct err *err)
{
    struct fetch *f = ud;
    struct worker *w = f->w;
    w->fetching--;
    list_for_each_safe (n, &f->items) {
        struct item *it = CONTAINER_OF(n, struct item, node);
        list_remove(&it->node);
        if (f->generation != w->generation) { /* the lease was lost meanwhile: the work would be for nothing */
            item_free(w, it);
        } else if (err) {
            it->verdict = VERDICT_RETRY;
            if (err->code == ERR_UNAVAILABLE || err->code == ERR_OVERLOADED)
                it->outcome = TASK_HAND_BACK; /* weather of the store costs no attempt */
            it->err = *err;
            worker_result_add(w, it);
        } else if (item_equip(w, it)) {
            worker_run_add(w, it);
        } else {
            it->verdict = VERDICT_REJECT;
            err_set(&it->err, ERR_GONE, "what the task needs is not there any more");
            worker_result_add(w, it);
        }
    }
    for (int i = 0; i < f->held_n; i++)
        cache_return(f->held_kind[i] == HELD_PROFILE ? w->profiles : w->analyses, f->held[i]);
    free(f->held);
    free(f->held_kind);
    free(f);
    worker_progress(w);
}

static int refs_add(struct task_ref *refs, int n, const struct uuid *tenant_id, const struct uuid *id)
{
    for (int i = 0; i < n; i++)
        if (uuid_eq(&refs[i].subject_id, id) && uuid_eq(&refs[i].tenant_id, tenant_id))
            return n;
    refs[n] = (struct task_ref){.tenant_id = *tenant_id, .subject_id = *id};
    return n + 1;
}

static void fetch_send(struct fetch *f, int count)
{
    struct worker *w = f->w;
    struct task_ref *refs = calloc((size_t)count * 3, sizeof(*refs));
    if (!refs)
        abort();
    struct task_wants wants = {.postings = refs, .analyses = refs + count, .profiles = refs + 2 * count};
    list_for_each (n, &f->items) {
        struct item *it = CONTAINER_OF(n, struct item, node);
        int needs = w->spec->needs(it->claim.kind);
        if ((needs & STAGE_NEEDS_POSTING) && !it->has_posting)
            refs[wants.postings_n++] =
                (struct task_ref){.tenant_id = it->claim.tenant_id, .subject_id = it->claim.subject_id};
        if ((needs & STAGE_NEEDS_ANALYSIS) && !it->analysis)
            wants.analyses_n = refs_add(refs + count, wants.analyses_n, &it->claim.tenant_id, &it->claim.job_id);
        if ((needs & STAGE_NEEDS_PROFILE) && !it->profile)
            wants.profiles_n =
                refs_add(refs + 2 * count, wants.profiles_n, &it->claim.tenant_id, &it->claim.profile_id);
    }
    static const struct task_inputs_fns fns = {.posting = fetch_got_posting,
                                               .analysis = fetch_got_analysis,
                                               .profile = fetch_got_profile,
                                               .end = fetch_end};
    w->fetching++;
    tasks_inputs(member_pool(w->member), &wants, &fns, f);
    free(refs);
}

void worker_inputs(struct worker *w, struct list *items)
{
    struct fetch *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    f->w = w;
    f->generation = w->generation;
    list_init(&f->items);
    int count = 0;
    list_for_each_safe (n, items) {
        struct item *it = CONTAINER_OF(n, struct item, node);
        list_remove(&it->node);
        if (item_equip(w, it)) {
            worker_run_add(w, it);
            continue;
        }
        list_append(&f->items, &it->node);
        count++;
    }
    if (count == 0) {
        free(f);
        return;
    }
    fetch_send(f, count);
}
