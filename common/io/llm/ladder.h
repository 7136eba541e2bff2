/* What is known about how an endpoint and model give structured answers: the rung they stand on, and the fields they
 * refuse. In the memory of the process; a new process learns again with one refused (unpaid) call per step. */
#pragma once

#include <stdbool.h>
#include "base/cleanup.h"
#include "base/str.h"
#include "io/llm/endpoint.h"
#include "io/llm/fault.h"
#include "io/llm/json_reply.h"
#include "io/llm/request.h"

#define LADDER_MAX 512 /* pairs of endpoint and model; further ones begin at their first rung each time */

struct ladder;
struct ladder *ladder_new(void); /* aborts on OOM */
void ladder_free(struct ladder *l);
CLEANUP_DEFINE(struct ladder, ladder_free)

struct ladder_place {
    enum llm_rung rung;
    unsigned omit; /* of enum llm_field */
};

/* Where a call to this model begins. */
struct ladder_place ladder_get(const struct ladder *l, const struct llm_endpoint *e, struct str model);

/* Learns from a fault of a call made at `tried`. true: the next call differs from it (one rung down after SCHEMA; a
 * field less after PARAMETER), so that the same request may be sent again at once. false: there is nothing to change.
 * Several calls that were refused alike move one step together. */
bool ladder_learn(struct ladder *l, const struct llm_endpoint *e, struct str model, struct ladder_place tried,
                  const struct llm_fault *fault) MUST_CHECK;

/* Learns from what came back: a server that accepts a rung and ignores it (prose, or another shape, LADDER_IGNORED
 * times in a row) stands one rung lower. true: it was moved. */
#define LADDER_IGNORED 3
bool ladder_judge(struct ladder *l, const struct llm_endpoint *e, struct str model, struct ladder_place tried,
                  enum json_reply_verdict verdict);
