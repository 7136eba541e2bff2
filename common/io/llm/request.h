/* A model call as a value, and its bytes on the wire.
 *
 * The same request is written for each provider and flavor (io/llm/providers.def, flavors.def); what a server has said
 * it does not understand is left out (`omit`, from the ladder). Building is pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "io/llm/endpoint.h"
#include "io/llm/fault.h"

/* How an answer in JSON is asked for, best first. */
enum llm_rung {
    LLM_RUNG_SCHEMA = 0, /* the server enforces the schema */
    LLM_RUNG_TOOL,       /* a forced tool call whose input is the schema */
    LLM_RUNG_OBJECT,     /* some JSON object; the schema is in the prompt */
    LLM_RUNG_PLAIN,      /* text; the schema is in the prompt */
    LLM_RUNG_COUNT
};
const char *llm_rung_name(enum llm_rung rung); /* "json_schema", "tool", "json_object", "plain" */

/* A piece of a prompt, valid UTF-8. stable: the same for many calls, so that the provider may cache everything up to
 * here; stable parts come first. */
struct llm_part {
    struct str text;
    bool stable;
};

#define LLM_PARTS_MAX         16
#define LLM_INPUTS_MAX        2048
#define LLM_REQUEST_MAX_BYTES ((size_t)16 << 20)
#define LLM_SCHEMA_NAME_MAX   64

struct llm_request {
    struct str model;
    const struct llm_part *system; /* instructions */
    size_t system_count;
    const struct llm_part *user; /* data */
    size_t user_count;
    struct str previous;     /* the model's answer that was not right, n == 0: none */
    struct str complaint;    /* and what is wrong with it: one more turn of the conversation */
    struct str schema;       /* JSON Schema of the answer, n == 0: plain text. Already in the providers' subset
                                (llm_schema_portable) */
    const char *schema_name; /* [A-Za-z0-9_-]{1,64}; NULL: "answer" */
    enum llm_rung rung;
    unsigned omit;         /* of enum llm_field */
    int max_output_tokens; /* > 0 */
    double temperature;    /* negative: the model's own */
    int64_t seed;          /* negative: none */
    bool stream;
    struct str cache_key; /* groups calls with the same stable prefix; n == 0: none */
    struct str user_tag;  /* hashed user for the provider's abuse checks, n == 0: none */
};

struct llm_embed_request {
    struct str model;
    const struct str *inputs; /* valid UTF-8, none empty */
    size_t inputs_count;
    int dimensions; /* asked for; 0: the model's own */
    unsigned omit;
};

/* The body, appended to out. ERR_INVALID: no model, too many parts, a bad name, an empty input; ERR_TOO_LARGE: over
 * the buffer's maximum; ERR_UNSUPPORTED: the provider has no embeddings. */
int llm_request_write(const struct llm_endpoint *e, const struct llm_request *r, struct buf *out,
                      struct err *err) MUST_CHECK;
int llm_embed_write(const struct llm_endpoint *e, const struct llm_embed_request *r, struct buf *out,
                    struct err *err) MUST_CHECK;
