/* A model provider that costs nothing: OpenAI's Chat Completions and Embeddings and Anthropic's Messages, as faithful
 * as a test needs them (validation, errors, streams, usage, prompt caching, rate-limit headers), with answers that fit
 * any schema, latencies, faults and limits on request.
 *
 * Deterministic by seed: the same body gets the same answer. Counters, limits and what was seen lie in memory that all
 * processes of one stub share, so that several may serve one port. Settings: struct stub_settings, changed live by PUT
 * /admin/settings; what happened: GET /admin. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "core/loop.h"
#include "io/http/server.h"

#define STUB_SEEN_SLOTS     (1u << 21) /* bodies that are told apart; beyond: counted as new */
#define STUB_SEEN_TABLES    3
#define STUB_PREFIX_SLOTS   (1u << 14)
#define STUB_LOG_SLOTS      (1u << 18) /* calls that the log has places for; what comes later is not in it */
#define STUB_BODY_MAX_BYTES ((size_t)16 << 20)
#define STUB_NAME_BYTES     64
#define STUB_SCRIPT_MAX     64
#define STUB_EMBED_MAX      2048
#define STUB_DIMENSIONS_MAX 4096

enum stub_fault {
    STUB_FAULT_NONE = 0,
#define STUB_FAULT(symbol, name, about) STUB_FAULT_##symbol,
#include "stub_llm/faults.def"
#undef STUB_FAULT
    STUB_FAULT_COUNT
};
const char *stub_fault_name(enum stub_fault f);
enum stub_fault stub_fault_from_name(struct str name); /* COUNT: unknown */

enum stub_spread { STUB_FIXED = 0, STUB_UNIFORM, STUB_LOGNORMAL };
struct stub_latency {
    enum stub_spread spread;
    double a, b; /* ms: FIXED a; UNIFORM a..b; LOGNORMAL median a, sigma b */
};

struct stub_settings {
    uint64_t seed;
    struct stub_latency latency; /* to the first byte */
    struct stub_latency pace;    /* between the pieces of a stream */
    double rate[STUB_FAULT_COUNT];
    uint8_t script[STUB_SCRIPT_MAX]; /* of the next calls, one after the other; then the rates */
    uint32_t script_n, script_at;
    int64_t requests_per_min, tokens_per_min;
    int32_t calls_max;               /* at once */
    char key[STUB_NAME_BYTES];       /* "": any */
    char missing[STUB_NAME_BYTES];   /* a model that does not exist */
    char no_schema[STUB_NAME_BYTES]; /* a model that knows no response_format */
    char poison[STUB_NAME_BYTES];    /* 400 to embeddings of a text that holds this; "": none */
    int32_t output_tokens;           /* 0: as long as the answer is */
    bool hold;                       /* answers that are due wait until it is off again */
};

/* One struct for all counters, so that the page and the reset are loops. */
#define STUB_COUNTERS(X)                                                                                               \
    X(calls)                                                                                                           \
    X(ok)                                                                                                              \
    X(streams)                                                                                                         \
    X(embeddings)                                                                                                      \
    X(status_400)                                                                                                      \
    X(status_401)                                                                                                      \
    X(status_404)                                                                                                      \
    X(status_429)                                                                                                      \
    X(status_500)                                                                                                      \
    X(status_503)                                                                                                      \
    X(status_529)                                                                                                      \
    X(hung)                                                                                                            \
    X(reset)                                                                                                           \
    X(truncated)                                                                                                       \
    X(bad_json)                                                                                                        \
    X(dripped)                                                                                                         \
    X(refused)                                                                                                         \
    X(cut_short)                                                                                                       \
    X(in_flight)                                                                                                       \
    X(in_flight_max)                                                                                                   \
    X(aborted)                                                                                                         \
    X(duplicates)                                                                                                      \
    X(paid_twice)                                                                                                      \
    X(paid)                                                                                                            \
    X(input_tokens)                                                                                                    \
    X(output_tokens)                                                                                                   \
    X(cached_tokens) X(cache_write_tokens) X(embedding_tokens) X(embedding_inputs) X(embedding_inputs_max) X(while_held)

struct stub_seen {
    _Atomic uint64_t hash; /* 0: free */
    _Atomic uint32_t asked, paid;
};

/* One call. status: 0 it is out, 200 answered whole (and paid), STUB_LOG_GONE the client went away, STUB_LOG_CUT cut by
 * a fault, STUB_LOG_ERROR an error with status 200, else the status of the refusal. */
#define STUB_LOG_GONE  (-1)
#define STUB_LOG_CUT   (-2)
#define STUB_LOG_ERROR (-3)
struct stub_entry {
    uint64_t hash;            /* of the body */
    uint64_t at_us, ended_us; /* wall clock; 0: it is out */
    int32_t status;
    bool embeddings;
};

struct stub_shared {
    pthread_mutex_t lock; /* of settings, levels and prefixes */
    struct stub_settings settings;
    double level_requests, level_tokens;
    uint64_t level_at_us;
    uint64_t held_from_us, held_until_us; /* what the last 429 said */
    uint64_t minute[60];                  /* starts of calls per second, for the page */
    uint64_t minute_at_s;
    uint64_t minute_max;
#define X(name) _Atomic int64_t name;
    STUB_COUNTERS(X)
#undef X
    struct stub_prefix {
        uint64_t hash, at_us;
    } prefixes[STUB_PREFIX_SLOTS];
    _Atomic bool seen_used[STUB_SEEN_TABLES]; /* which of the tables in seen have anything: seen.c */
    struct stub_seen seen[STUB_SEEN_SLOTS];
    _Atomic uint32_t log_n, log_from; /* places given out; the first behind the last reset */
    struct stub_entry log[STUB_LOG_SLOTS];
};

struct stub_shared *stub_shared_new(void); /* before processes are forked; NULL when there is no memory */
void stub_settings_default(struct stub_settings *s);
/* One setting by name ("latency": "lognormal:900,0.5", "rpm": "600", "fault.rate_limit": "0.1", "script": "500,ok").
 * ERR_CONFIG. */
int stub_setting(struct stub_settings *s, struct str name, struct str value, struct err *err) MUST_CHECK;

struct stub;
struct stub_options {
    const char *host;
    uint16_t port;
    bool reuse_port;
    struct stub_shared *shared;
};
struct stub *stub_new(struct loop *loop, const struct stub_options *o, struct err *err) MUST_CHECK;
uint16_t stub_port(const struct stub *s);
void stub_close(struct stub *s, loop_fn *done, void *ud); /* cuts what runs; frees */

/* --- inside --- */

struct stub {
    struct loop *loop;
    struct http_server *server;
    struct stub_shared *sh;
    loop_fn *done;
    void *done_ud;
};

/* admin.c: routes; ud is the stub. */
void stub_admin_page(struct http_request *req, void *ud);
void stub_admin_reset(struct http_request *req, void *ud);
void stub_admin_settings(struct http_request *req, void *ud);
void stub_admin_log(struct http_request *req, void *ud); /* lines of "at_us ended_us status hash e|c" */

/* limits.c */
bool stub_limits_allow(struct stub_shared *sh, int64_t tokens, uint64_t *wait_ms, const char **what);
void stub_limit_headers(struct stub_shared *sh, struct http_request *req, bool anthropic);

/* A request as both APIs are understood. */
struct stub_ask {
    bool anthropic, embeddings, stream, stream_usage, json, tool, base64;
    struct str model, user; /* user: the last turn's text */
    yyjson_val *schema;
    const char *tool_name;
    int64_t max_tokens;
    int64_t input_tokens, cached_tokens, cache_write_tokens, output_tokens;
    yyjson_val *inputs; /* embeddings */
    int64_t dimensions;
    uint64_t hash;
};

/* settings.c: the next of the script, or one by the rates. */
enum stub_fault stub_fault_draw(struct stub_shared *sh, uint64_t *random);
uint64_t stub_hash(const void *data, size_t n, uint64_t seed);
uint64_t stub_random(uint64_t *state);
double stub_random01(uint64_t *state);
double stub_draw_ms(const struct stub_latency *l, uint64_t *state);

/* answer.c: what the model says. */
void stub_answer(const struct stub_ask *ask, struct arena *a, uint64_t seed, struct buf *out);
/* How long a schema is as text: providers bill it with the prompt. 0: none. */
size_t stub_schema_bytes(yyjson_val *schema);
void stub_vector(struct str text, int64_t dimensions, uint64_t seed, float *out);
/* openai.c, anthropic.c: 0, or the status of a refusal with *message and *code filled. */
int stub_openai_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                     const char **code);
int stub_anthropic_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                        const char **code);
void stub_openai_whole(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out);
void stub_anthropic_whole(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out);
void stub_openai_embeddings(const struct stub_ask *ask, enum stub_fault f, uint64_t seed, struct buf *out);
/* The pieces of a stream, each one event, separated by NUL. */
void stub_openai_stream(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out);
void stub_anthropic_stream(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out);
/* Tokens of a prompt's stable prefix that the provider has seen in the last minutes: 0, or all of them; marks it as
 * seen. */
bool stub_prefix_seen(struct stub_shared *sh, uint64_t hash);
/* The place of a body with this hash; NULL: too many were seen. */
struct stub_seen *stub_seen_find(struct stub_shared *sh, uint64_t hash);
void stub_seen_forget(struct stub_shared *sh);
