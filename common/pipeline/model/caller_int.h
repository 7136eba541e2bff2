/* Inside the caller. Every call is in exactly one place (state):
 *
 *   OPENING   in `opening`, or in the asks_open that is out        WAITING  in `waiting`: somebody else asks the same,
 * or a retry is due later LIMITED   the limiter has it                                    SENT     the transport has it
 *   KEEPING   in `keeping`, or in the asks_reply that is out        BILLING  in `billing`, or in the asks_bill that is
 * out DROPPING  in `dropping`, or in the asks_drop that is out: then it ends as its result says, or begins again
 *
 *   GATHERED  in the gather, until it goes alone (LIMITED) or with others      RIDING  in a joint: a call that has no
 * ask of its own, only those of its members, and is in one of WAITING, LIMITED and SENT
 *
 * One request of each sort is out at a time, and those of bulk work keep a distance (CALLER_PACE_MS): what comes
 * meanwhile goes with the next. A call that is cancelled is taken
 * out of the request that carries it. */
#pragma once

#include "base/map.h"
#include "pipeline/model/caller.h"

enum call_state {
    CALL_OPENING = 1,
    CALL_WAITING,
    CALL_LIMITED,
    CALL_SENT,
    CALL_KEEPING,
    CALL_BILLING,
    CALL_DROPPING,
    CALL_GATHERED,
    CALL_RIDING,
    CALL_OVER
};

#define CALLER_BATCH    256
#define CALLER_TICK_MS  50
#define CALLER_BUSY_MS  200
#define CALLER_PACE_MS  20 /* a statement costs nearly the same for one as for ten; models take much longer */
#define CALLER_LIVE_MAX 200000

/* A batch of calls that one statement carries. Cancelled ones are NULL. */
struct caller_batch {
    struct model_call *call[CALLER_BATCH];
    int n; /* 0: nothing is out */
    uint64_t sent_ms;
};

struct caller {
    struct caller_options o;
    struct ladder *ladder;
    struct list opening, waiting, keeping, billing, dropping;
    struct caller_batch opens, keeps, bills, drops;
    struct gather *gather;
    struct loop_timer *tick, *gather_timer, *watch; /* watch: while calls are under way */
    struct loop_timer *pace;                        /* until the next statement may go out */
    struct map *live;                               /* key of an ask -> the call that is out for it */
    int in_flight;
    int flying; /* requests that wait for the limit or are out */
    bool scheduled;
};

/* caller_pack.c */
void call_hash(const struct caller *c, struct model_call *call);
int call_pack(struct model_call *call);
int call_unpack_own(const struct caller *c, struct model_call *call, struct err *err); /* from plain */
int call_unpack(const struct caller *c, struct model_call *call, struct str bytes, struct err *err);
/* caller_store.c */
void caller_open(struct caller *c);
void caller_keep(struct caller *c);
void caller_bill(struct caller *c);
void caller_drop(struct caller *c);
/* caller_send.c */
void call_go(struct caller *c, struct model_call *call); /* the ask is open: to the limit, or first to the gather */
void call_reserve(struct caller *c, struct model_call *call);
void call_divide(struct model_call *call);                     /* whole and reply.usage, from reply.usage */
void call_landed(struct caller *c, struct model_call *call);   /* it is not out any more */
void call_withdraw(struct caller *c, struct model_call *call); /* LIMITED: it wants nothing any more */
void call_read(struct caller *c, struct model_call *call);     /* from raw to reply, then to the ledger */
/* caller_joint.c */
void caller_gather(struct caller *c); /* sends what goes now */
void joint_load(struct model_call *carrier);
/* The reply's bytes, to each member its own, which are kept from here on. false: they cannot be told apart. */
bool joint_came(struct caller *c, struct model_call *carrier);
/* It ended without a reply that could be told apart: frees it. LATER is every member's end; else they go on in halves.
 */
void joint_over(struct caller *c, struct model_call *carrier);
void joint_leave(struct caller *c, struct model_call *member); /* RIDING: it is cancelled */
void joint_settled(struct model_call *member, int64_t used);   /* its part was read */
bool joint_is_out(const struct joint *j);
size_t joint_reply_max_bytes(const struct model_call *carrier, size_t least);
/* caller.c */
void caller_schedule(struct caller *c);
void call_buffers_free(struct model_call *call);
void call_move(struct caller *c, struct model_call *call, enum call_state state); /* to the list of that state */
void call_wait(struct caller *c, struct model_call *call, uint64_t ms);
/* Ends it without having paid: LATER or FAILED as the call says; the ask is given free first. */
void call_give_up(struct caller *c, struct model_call *call);
void call_over(struct caller *c, struct model_call *call);
void caller_batch_forget(struct caller_batch *b, const struct model_call *call);
