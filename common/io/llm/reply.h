/* Answers of model servers: their bytes as they came, and what they say.
 *
 * Two steps, so that a paid answer can be made durable before anybody looks into it: the transport delivers a struct
 * llm_raw, the caller stores it (llm_raw_pack), and llm_reply_parse, which is pure, reads it - now, or after a crash
 * from the stored bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "io/llm/endpoint.h"
#include "io/llm/fault.h"

/* What the transport knows about a call that ended. Text is borrowed. */
struct llm_raw {
    int end;         /* enum fetch_end */
    int status;      /* 0: no answer */
    bool sent;       /* the request left */
    struct str head; /* "Name: value\n" lines */
    struct str body;
    struct str reason; /* the system's words when there is no answer */
};

/* A raw answer as one block of bytes, for the journal, and back (views into data). Headers that do not matter for
 * reading are left out. Unpack: ERR_CORRUPT. */
#define LLM_RAW_VERSION 1
void llm_raw_pack(const struct llm_raw *raw, struct buf *out);
int llm_raw_unpack(struct str data, struct llm_raw *ret, struct err *err) MUST_CHECK;

enum llm_finish {
    LLM_FINISH_NONE = 0, /* the server gave no reason */
    LLM_FINISH_STOP,
    LLM_FINISH_LENGTH, /* cut at max_output_tokens or the context window */
    LLM_FINISH_TOOL,
    LLM_FINISH_FILTER, /* content filter */
    LLM_FINISH_REFUSAL,
    LLM_FINISH_OTHER
};
const char *llm_finish_name(enum llm_finish f);

/* Tokens as they are billed. input includes cached_read and cache_write; output includes reasoning. */
struct llm_usage {
    bool known;                                              /* false: the server did not say */
    int64_t input, cached_read, cache_write, cache_write_1h; /* cache_write includes cache_write_1h */
    int64_t output, reasoning;
};

/* Numbers of the rate-limit headers; -1: not said. Resets are milliseconds from the answer on. */
struct llm_window {
    int64_t limit, remaining, reset_ms;
};
struct llm_limits {
    struct llm_window requests, tokens, input_tokens, output_tokens;
    int64_t retry_after_ms;
};

struct llm_reply {
    enum llm_finish finish;
    struct str text;      /* what the model wrote; for a tool call its input as JSON text */
    struct str thinking;  /* reasoning that came apart from the text */
    struct str refusal;   /* the model's own words */
    bool is_tool;         /* text is the input of the forced tool */
    struct str id, model; /* the provider's */
    struct str request_id;
    struct str tier;
    struct llm_usage usage;
    struct llm_limits limits;
    const float *vectors; /* embeddings: count * dimensions, in the order of the inputs */
    size_t vectors_count, dimensions;
};

#define LLM_DIMENSIONS_MAX 8192

struct llm_expect {
    enum llm_call_kind kind;
    size_t inputs_count; /* EMBED: how many vectors must be there */
    size_t inputs_first; /* ... and the index of the first: of an answer that was cut (embed_cut.h) */
    int dimensions;      /* EMBED: of each; 0: any */
};

/* Reads an answer. e: borrowed (for its provider and for taking its key out of sentences). Everything in *ret is in the
 * arena. 0: a whole answer (finish may still be LENGTH, FILTER or REFUSAL: the caller's matter). -1: *fault says what
 * happened; ret->usage, limits, ids hold what could be read all the same. Accepts whole answers and streams, whichever
 * was asked for. */
int llm_reply_parse(const struct llm_endpoint *e, const struct llm_raw *raw, const struct llm_expect *expect,
                    struct arena *a, struct llm_reply *ret, struct llm_fault *fault) MUST_CHECK;

/* Only the headers. Fields that are not there are -1. */
void llm_limits_parse(enum llm_provider p, struct str head, struct llm_limits *ret);
