/* How much data an ask may hold, known before it is written, and what was left out so that it fits. */
#pragma once

#include "pipeline/engine/posting.h"
#include "pipeline/model/route.h"

struct model_room {
    enum tokens_family family; /* how it is counted */
    int64_t tokens;            /* of data, beside instructions, schema and answer; 0: not known */
    int output;                /* tokens of the answer, at most what the models give; 0: not known */
};

/* Of the route with the smallest context. fixed: what is the same in every ask (system, schema, max_output_tokens). The
 * same for all processes of a configuration: what is learned from usage does not count. An estimate is no count: a
 * tenth of the context stays free. */
struct model_room model_room_chat(const struct routes *r, const struct llm_request *fixed);
/* Of one text to embed. */
struct model_room model_room_embed(const struct routes *r);

static inline int64_t model_room_count(const struct model_room *m, struct str text)
{
    return tokens_estimate(m->family, text);
}

/* Fits without being counted: no tokenizer makes more than two tokens of a byte. */
static inline bool model_room_surely(const struct model_room *m, size_t bytes)
{
    return m->tokens == 0 || (int64_t)bytes * 2 <= m->tokens;
}

struct model_left_out {
    size_t posting[POSTING_PARTS], profile; /* bytes */
};
