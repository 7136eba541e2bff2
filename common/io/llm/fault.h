/* What went wrong with a model call, and what to do about it: one table (io/llm/faults.def). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

enum llm_fault_kind {
#define FAULT(symbol, slug, retryable, costs, breaker, error) LLM_FAULT_##symbol,
#include "io/llm/faults.def"
#undef FAULT
    LLM_FAULT_COUNT
};

enum llm_breaker {
    LLM_BREAKER_NONE = 0,
    LLM_BREAKER_KEY,
    LLM_BREAKER_MODEL,
    LLM_BREAKER_ADDRESS,
    LLM_BREAKER_ENDPOINT
};

/* What a server said it does not know; the ladder leaves it out from then on (io/llm/ladder.h). */
enum llm_field {
    LLM_FIELD_NONE = 0,
    LLM_FIELD_TEMPERATURE = 1 << 0,
    LLM_FIELD_SEED = 1 << 1,
    LLM_FIELD_TOKEN_LIMIT = 1 << 2, /* the other name of the two is right */
    LLM_FIELD_STREAM_OPTIONS = 1 << 3,
    LLM_FIELD_STORE = 1 << 4,
    LLM_FIELD_CACHE_KEY = 1 << 5,
    LLM_FIELD_DEVELOPER = 1 << 6, /* the role; "system" is right */
    LLM_FIELD_DIMENSIONS = 1 << 7,
    LLM_FIELD_ENCODING = 1 << 8,
    LLM_FIELD_CACHE_CONTROL = 1 << 9,
    LLM_FIELD_STRICT = 1 << 10,
    LLM_FIELD_THINKING = 1 << 11
};

#define LLM_SENTENCE_BYTES     240
#define LLM_CODE_BYTES         64
#define LLM_RETRY_AFTER_MAX_MS ((int64_t)24 * 3600 * 1000)
#define LLM_RETRY_UNKNOWN      (-1)

struct llm_fault {
    enum llm_fault_kind kind; /* LLM_FAULT_NONE: all is well */
    bool retryable; /* the row's, unless the server said otherwise (x-should-retry, a wait that is too long) */
    bool costs_attempt;
    bool maybe_paid; /* the request left and no whole answer came: the provider may bill it */
    enum llm_breaker breaker;
    enum llm_field field;              /* PARAMETER: which one */
    int64_t retry_after_ms;            /* LLM_RETRY_UNKNOWN, or how long the server asks to wait */
    int status;                        /* of HTTP; 0: none */
    char code[LLM_CODE_BYTES];         /* the provider's own code or type, "" when it gave none */
    char sentence[LLM_SENTENCE_BYTES]; /* for a person: what and what to do; no key, no personal text */
};

const char *llm_fault_slug(enum llm_fault_kind kind);      /* "rate_limit" */
enum llm_fault_kind llm_fault_from_slug(const char *slug); /* LLM_FAULT_COUNT when unknown */
const char *llm_breaker_name(enum llm_breaker b);          /* "none", "key", "model", "address", "endpoint" */

/* Fills the row's values; retry_after_ms unknown. Returns -1, for `return llm_fault_set(...)`. */
int llm_fault_set(struct llm_fault *f, enum llm_fault_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The fault as an error of the project: the row's code, "slug: sentence". Returns -code. */
int llm_fault_err(const struct llm_fault *f, struct err *err);

/* A wait written as "1s", "6m0s", "12ms", "1m2.5s", or a bare number of seconds; -1 when it is none of these. Rounded
 * up to whole milliseconds, at most LLM_RETRY_AFTER_MAX_MS. */
int64_t llm_duration_ms(struct str text);
