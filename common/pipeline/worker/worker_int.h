/* Inside the worker runtime: one struct, four steps, each in a file of its own.
 *
 *   pull.c    Kafka -> gather -> one claim -> offsets stored          (at most one claim out)
 *   inputs.c  claimed items -> what they need, cached or fetched       -> run queue
 *   run.c     run queue -> the stage's plan, a slice of time per turn  -> results
 *   model.c   run queue -> a model's call -> run queue -> the stage's finish -> results   (when the stage is on a
 * model) finish.c  results -> one completion or settling -> outbox          (at most one out)
 *
 * Every item is in exactly one place: fetching, the run queue, a model's call, results, or the completion that is out.
 * in_flight counts them all. */
#pragma once

#include <stdio.h>
#include <string.h>
#include "base/list.h"
#include "base/map.h"
#include "core/log.h"
#include "core/seal.h"
#include "core/trace.h"
#include "io/kafka/consumer.h"
#include "pipeline/store/tasks.h"
#include "pipeline/worker/cache.h"
#include "pipeline/worker/member.h"
#include "pipeline/worker/stage.h"

#define WORKER_ITEM_MAX_BYTES   ((size_t)64 * 1024 * 1024) /* memory of one task */
#define WORKER_WAIT_CHUNK_BYTES 512                        /* of its arena, while a task waits for a model */
#define WORKER_PROFILES_MAX     256                        /* cached profiles */
#define WORKER_ANALYSES_MAX     256                        /* cached analyses */
#define WORKER_SLICE_US         4000                       /* work of one turn of the loop */
#define WORKER_GATHER_MAX       2000
#define WORKER_LIVE_MAX         200000

struct worker_profile {
    struct arena arena;
    struct profile *profile;
    const struct facts_index *facts; /* of the profile; lives as long as it is cached */
    struct uuid user_id;
    struct seal_key key;
    struct err err; /* code != 0: the profile cannot be used, and why */
};

struct worker_analysis {
    struct arena arena;
    struct analysis *analysis;
    struct err err;
};

struct worker;

struct item {
    struct list node;
    struct worker *worker;
    struct arena arena;
    struct task_claim claim; /* its texts live in the arena */
    struct trace trace;
    struct cache_entry *profile;  /* -> struct worker_profile */
    struct cache_entry *analysis; /* -> struct worker_analysis */
    struct posting_source posting;
    bool has_posting;
    uint64_t claimed_at_us;
    enum verdict verdict;
    enum task_outcome outcome; /* when the verdict is RETRY or REJECT, or handed back */
    struct stage_output out;
    struct err err;
    int delay_ms;            /* PARK: how long */
    struct model_call *call; /* on a model; in the arena */
    struct model_ask *ask;
    int asks;      /* calls made for this attempt */
    bool answered; /* the call is over: finish is next */
    bool slim;     /* let go of its analysis for the call, and gets it again for finish */
};

struct worker_model;

struct gathered {
    struct task_ref ref;
    struct kafka_message message;
};

struct worker {
    const struct stage_spec *spec;
    const struct stage_row *row;
    struct daemon *daemon;
    struct member *member;
    struct loop *loop;
    struct config *config;
    struct kafka_consumer *consumer;
    struct seal_key master;
    struct seal_packer *packer;
    struct cache *profiles, *analyses;

    struct gathered gather[WORKER_GATHER_MAX];
    int gather_n;
    bool gather_urgent;  /* something of it is */
    uint64_t claimed_ms; /* when the last claim went out */
    struct gathered claiming[WORKER_GATHER_MAX];
    int claiming_n; /* > 0: a claim is out */
    struct loop_timer *claim_timer;
    struct loop_timer *unclaim_timer;
    int dead_letters; /* bad messages on their way to the dead-letter topic */

    int fetching; /* fetches out */
    struct list run;
    bool run_scheduled;
    struct list results;
    int results_n;
    uint64_t results_since_us;
    struct loop_timer *finish_timer;
    struct list finishing; /* the completion that is out */
    int finishing_n;
    unsigned finish_attempt;
    bool finish_single; /* the last batch was refused as a whole: one item at a time until it went */

    struct worker_model *model; /* NULL: the offline engine */
    struct list calling;        /* items whose model call is under way; in front those that wait for model_equip */
    bool equip_scheduled;

    struct map *live; /* tenant and subject -> item: what this process works on */
    int in_flight;
    int64_t done;
    unsigned generation; /* counts losses of the lease: what was asked before belongs to nobody */
    bool draining;
    bool consumer_closed;
    struct loop_timer *drain_timer;
    struct loop_timer *close_timer;
    bool drain_warned;
    bool left;
};

/* pull.c */
void worker_pull(void *ud); /* kafka's on_ready; also whenever a slot is free */
void worker_gather_drop(struct worker *w);
void worker_claim_timer(void *ud);
void worker_unclaim(void *ud);
/* inputs.c */
void worker_inputs(struct worker *w, struct list *items);
void worker_profile_free(void *value);
void worker_analysis_free(void *value);
/* run.c */
void worker_run_add(struct worker *w, struct item *it);
void worker_run_slice(void *ud);
struct stage_input run_input(const struct item *it, const struct worker_profile *p, const struct worker_analysis *a);
/* model.c */
int worker_model_open(struct worker *w, struct err *err);
void worker_model_close(struct worker *w); /* cuts all calls; before the connections go */
void worker_model_free(struct worker *w);  /* behind them */
/* Begins or goes on with the item on its model. true: the item is the model's now; false: it has a verdict, or must run
 * on the offline engine (no verdict). */
bool worker_model_run(struct worker *w, struct item *it, const struct stage_input *in);
void worker_model_drop(struct worker *w); /* the lease is lost: all calls are cut */
/* The worker stops: what was not sent yet is handed back; with all, what is out, too. Returns how many. */
int worker_model_hand_back(struct worker *w, bool all);
/* finish.c */
void worker_result_add(struct worker *w, struct item *it);
void worker_finish(struct worker *w);
void worker_finish_timer(void *ud);
/* item.c */
struct item *item_new(struct worker *w, const struct task_claim *claim);
bool item_is_live(const struct worker *w, const struct task_ref *ref); /* of any kind */
void item_free(struct worker *w, struct item *it);
struct log_ctx item_log(const struct item *it, const struct worker *w);
/* worker.c */
void worker_progress(struct worker *w); /* something moved: pull, finish, or end the drain */
