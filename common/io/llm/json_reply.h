/* A JSON object out of what a model wrote.
 *
 * Models put answers into code fences, behind "thinking", between words, with trailing commas, single quotes, comments,
 * NaN, or as a list of one. Every such thing that was undone is reported; nothing is made up: a text that ends inside
 * of a value is truncated, not completed, and two different answers in one text are ambiguous unless only one fits the
 * schema. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "io/llm/reply.h"
#include "io/llm/schema.h"

enum json_reply_verdict {
    JSON_REPLY_OK = 0,    /* *root fits the schema (or there is none) */
    JSON_REPLY_EMPTY,     /* no JSON at all: prose, or nothing */
    JSON_REPLY_TRUNCATED, /* it ends in the middle */
    JSON_REPLY_BROKEN,    /* not to be read */
    JSON_REPLY_WRONG,     /* JSON, but not what the schema says: faults */
    JSON_REPLY_AMBIGUOUS, /* several different answers fit */
    JSON_REPLY_TOO_LARGE  /* text or arena */
};
const char *json_reply_verdict_name(enum json_reply_verdict v);

/* What was undone (bits). */
enum json_reply_repair {
    JSON_REPAIR_FENCE = 1 << 0,
    JSON_REPAIR_THINKING = 1 << 1,
    JSON_REPAIR_PROSE = 1 << 2,
    JSON_REPAIR_COMMA = 1 << 3,  /* trailing or missing commas */
    JSON_REPAIR_QUOTES = 1 << 4, /* single or typographic quotes around texts */
    JSON_REPAIR_KEYS = 1 << 5,   /* names without quotes */
    JSON_REPAIR_COMMENTS = 1 << 6,
    JSON_REPAIR_LITERALS = 1 << 7,   /* True, None, NaN: NaN and Infinity become null */
    JSON_REPAIR_CONTROLS = 1 << 8,   /* raw line breaks and control characters in texts */
    JSON_REPAIR_ESCAPES = 1 << 9,    /* escapes that JSON does not have; lone surrogates */
    JSON_REPAIR_NUMBERS = 1 << 10,   /* +1, .5, 1. , 007 */
    JSON_REPAIR_UTF8 = 1 << 11,      /* bytes that are no UTF-8 became U+FFFD */
    JSON_REPAIR_LIST = 1 << 12,      /* a list of one answer */
    JSON_REPAIR_WRAPPER = 1 << 13,   /* an object around the answer */
    JSON_REPAIR_STRING = 1 << 14,    /* the answer as a JSON text in a JSON text */
    JSON_REPAIR_DUPLICATE = 1 << 15, /* the same answer several times */
    JSON_REPAIR_CHOSEN = 1 << 16,    /* several answers, one of which fits the schema */
    JSON_REPAIR_CASE = 1 << 17,      /* allowed words in another case */
    JSON_REPAIR_INNER = 1 << 18      /* quotes inside of a text that were not escaped */
};
/* "fence, comma": the names of the bits. */
void json_reply_repairs_write(unsigned repairs, struct buf *out);

#define JSON_REPLY_MAX_BYTES ((size_t)4 << 20)

struct json_reply {
    enum json_reply_verdict verdict;
    unsigned repairs;
    yyjson_val *root;            /* OK and WRONG: the object; else NULL */
    struct str json;             /* its text, strict */
    struct schema_faults faults; /* WRONG */
};

/* Reads text. finish: why the model stopped (LENGTH turns what is broken into truncated). schema may be NULL: any
 * object then. Everything in *ret lives in the arena; text is borrowed until return. */
void json_reply_read(struct arena *a, struct str text, enum llm_finish finish, const struct schema *schema,
                     struct json_reply *ret);

/* The complaint for one repair ask: what was wrong, in words for the model. */
void json_reply_complaint(const struct json_reply *r, struct buf *out);
