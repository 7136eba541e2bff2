/* Inside of reading answers: only for the sources of io/llm. */
#pragma once

#include "base/json.h"
#include "io/llm/reply.h"

/* What servers put around an error: wrapped or flat, an object or a string, its code a text or a number. */
struct api_error {
    bool there;
    struct str message, type, code, param;
    int status; /* from a numeric code; 0: none */
};

/* An answer in the making. */
struct reply_build {
    const struct llm_endpoint *e;
    const struct llm_raw *raw;
    struct arena *arena;
    struct llm_reply *reply;
    struct llm_fault *fault;
    struct buf text, tool, thinking, refusal;
    bool ended; /* the stream's own end was seen */
};

/* classify.c */
struct api_error llm_api_error(yyjson_val *root);
/* Fills fault for an answer that is an error; status is that of HTTP (200 for errors inside of answers). Returns -1. */
int llm_classify_error(const struct reply_build *b, int status, const struct api_error *e);
/* The same for an answer that is no JSON at all. */
int llm_classify_text(const struct reply_build *b);
/* And for calls that ended without a whole answer. */
int llm_classify_end(const struct reply_build *b);
void llm_fault_finish(const struct reply_build *b); /* waits, x-should-retry, redaction */

/* reply_openai.c, reply_anthropic.c: a whole answer; one event of a stream (false: the fault is set). */
int llm_openai_whole(struct reply_build *b, yyjson_val *root);
bool llm_openai_event(struct reply_build *b, struct str name, struct str data);
int llm_anthropic_whole(struct reply_build *b, yyjson_val *root);
bool llm_anthropic_event(struct reply_build *b, struct str name, struct str data);

/* reply_embed.c */
int llm_embed_whole(struct reply_build *b, yyjson_val *root, const struct llm_expect *expect);

/* Parses one event's data; NULL when it is no JSON object. */
yyjson_val *llm_event_json(struct reply_build *b, struct str data);
int llm_reply_malformed(struct reply_build *b, const char *what);
