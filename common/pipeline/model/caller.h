/* Model calls of a worker, thousands at once: asked for once, paid for once, kept before they are read.
 *
 *   caller_start -> journal and cache (asks_open) -> limit -> HTTP -> journal (asks_reply) -> read -> ledger
 * (asks_bill) -> done
 *
 * The same ask again, in this process or another, gets the reply from the journal. Waiting for limits and breakers
 * costs no attempt. Embeddings of several asks of one tenant go in one request (gather.h); each ask keeps a journal
 * row, a ledger row and an end of its own, and what one of them is refused for is not the others' matter. Everything
 * runs on the loop's thread. */
#pragma once

#include "core/seal.h"
#include "io/llm/json_reply.h"
#include "io/llm/ladder.h"
#include "io/llm/reply.h"
#include "io/llm/request.h"
#include "io/llm/transport.h"
#include "pipeline/model/gather.h"
#include "pipeline/model/room.h"
#include "pipeline/model/route.h"
#include "pipeline/store/asks.h"

#define CALLER_TRIES_MAX       6     /* answers that were not paid, of one call: then the task comes back later */
#define CALLER_PAID_TRIES_MAX  2     /* ... that may have been paid */
#define CALLER_WAIT_MAX_MS     30000 /* a longer wait than this is for the dispatcher: the task is parked */
#define CALLER_PROBE_WAIT_MS   200   /* the same, where the key, quota or model was refused */
#define CALLER_REPLY_MAX_BYTES ((size_t)4 << 20)

struct caller;
struct joint;

/* The part of one ask in a request that carried several: its texts begin at number first; of everything that was paid
 * for the whole it bears weight of all, behind those that bear before. Parts of whole numbers add up to the whole. */
struct call_share {
    bool there; /* false: the request was its own */
    uint32_t first;
    int64_t before, weight, all;
};
int64_t call_share_of(const struct call_share *s, int64_t whole);

/* What the stage wants. Texts are borrowed until done. */
struct model_ask {
    enum llm_call_kind kind;
    struct llm_request chat;        /* CHAT; model, rung, omit and stream are the caller's */
    const struct schema *schema;    /* CHAT: the answer must fit; NULL: text */
    struct llm_embed_request embed; /* EMBED; model is the caller's */
    struct str prompt_version;
    struct model_room room;         /* the runtime's, before the stage writes its data */
    struct model_left_out left_out; /* the stage's: what it left out for the room */
    void *kept;                     /* of the stage, from its ask to its finish; NULL: nothing */
};

enum model_end {
    MODEL_ANSWER = 1, /* reply (and json, with a schema: OK or WRONG...) */
    MODEL_LATER,      /* nothing was paid; the task waits wait_ms for the reason in err */
    MODEL_FAILED      /* err: another attempt of the task may help (retry), or not */
};

struct model_call {
    /* the caller of the caller fills */
    const struct model_ask *ask;
    struct arena *arena;
    struct uuid tenant_id, subject_id, application_id, batch_id; /* nil: none */
    int attempt, weight;
    bool interactive;
    const struct seal_key *key; /* the reply holds personal text: sealed under it, for owner_id; NULL: plain */
    struct uuid owner_id;       /* with a key: whose it is; the same ask of two owners is two asks */
    void (*done)(struct model_call *c);
    void *ud;

    /* filled before done */
    enum model_end end;
    bool retry; /* FAILED */
    struct err err;
    int64_t wait_ms;
    struct llm_reply reply;
    struct json_reply *json; /* with a schema; in the arena */
    const char *route;       /* "openai/gpt-4o" */
    bool cached;             /* the reply was there: nothing was called */

    /* inside */
    struct caller *caller;
    struct list node;
    int state;
    struct ask_key ask_key;
    struct limit_ask limit;
    struct route *used;
    struct route_trip trip;
    struct ladder_place place;
    struct llm_call *out;
    struct buf plain, packed; /* the reply as it is kept: before and after sealing */
    struct uuid usage_id;
    uint64_t due_ms, sent_ms;
    int64_t input_tokens, estimate_microusd;
    int64_t guess_tokens, longest_tokens; /* EMBED: of all its texts and of the longest, before any correction */
    struct gather_item gathered;
    struct joint *ride;  /* the request that carries it, until the reply was read */
    struct joint *joint; /* not NULL: this is such a request itself */
    struct call_share share;
    struct llm_usage whole; /* of the request; reply.usage is this ask's part */
    int tries, paid_tries, latency_ms;
    bool held; /* the ask is open for this process */
    bool kept; /* the reply is in the journal */
    bool billed, granted, flying;
    bool wasted;        /* paid and of no use: into the ledger, then it is given free */
    struct llm_raw raw; /* views into plain, into the arena, or of the transport's callback */
};

struct caller_options {
    struct loop *loop;
    struct pg_pool *pool;
    const struct seal_key *master;
    const struct uuid *worker_id; /* read at each use: it may change */
    enum stage stage;
    struct routes *routes;           /* borrowed */
    struct llm_transport *transport; /* borrowed */
    struct ask_ceilings ceilings;
    int64_t budget_pause_ms; /* how long who is over a ceiling waits */
    struct llm_timeouts timeouts;
    size_t reply_max_bytes;
    bool stream;
    struct gather_rule gather;
};

struct caller *caller_new(const struct caller_options *o);
void caller_free(struct caller *c); /* calls must be over or cancelled */
void caller_start(struct caller *c, struct model_call *call);
/* done is not called any more; a call that is out is cut. The ask is free again unless its reply is being kept. */
void caller_cancel(struct caller *c, struct model_call *call);
/* Whether cancelling it now would waste money: it was sent. */
bool caller_is_out(const struct model_call *call);
int caller_in_flight(const struct caller *c);
