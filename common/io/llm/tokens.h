/* How many tokens a text is, before anybody counted it: for limits and for context overflow. Errs to the high side. */
#pragma once

#include <stdint.h>
#include "base/str.h"
#include "io/llm/request.h"

enum tokens_family {
    TOKENS_GENERIC = 0,
    TOKENS_O200K,  /* GPT-4o and later */
    TOKENS_CL100K, /* GPT-4, embeddings */
    TOKENS_CLAUDE,
    TOKENS_CLAUDE_NEW, /* 4.7 and later: about 30 % more tokens for the same text */
    TOKENS_LLAMA,
    TOKENS_WORDPIECE,
    TOKENS_FAMILY_COUNT
};

enum tokens_model_flag { TOKENS_MODEL_NO_TEMPERATURE = 1 << 0, TOKENS_MODEL_SYSTEM_ROLE = 1 << 1 };

/* What is known of a model (io/llm/models.def); name may have a vendor in front ("openai/gpt-4o"). Never NULL. */
struct tokens_model {
    enum tokens_family family;
    int64_t context, output; /* 0: not known */
    unsigned flags;
};
struct tokens_model tokens_model(struct str name);

/* Tokens of a text (any bytes). */
int64_t tokens_estimate(enum tokens_family family, struct str text);
/* Of a whole request without its answer: parts, turns, schema, and what the protocol adds for each message. */
int64_t tokens_estimate_request(enum tokens_family family, const struct llm_request *r);

/* A correction learned from usage, in thousandths: begins at 1000, moves by a tenth of the difference, stays within 500
 * to 2000. */
struct tokens_scale {
    int32_t milli;
};
void tokens_scale_learn(struct tokens_scale *s, int64_t estimated, int64_t actual);
int64_t tokens_scale_apply(const struct tokens_scale *s, int64_t estimated);
