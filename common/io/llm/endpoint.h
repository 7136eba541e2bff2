/* Where a model is asked: provider, flavor, address, key, and how the address is reached. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

enum llm_provider {
#define PROVIDER(symbol, name, base_url, chat_path, embed_path) LLM_PROVIDER_##symbol,
#include "io/llm/providers.def"
#undef PROVIDER
    LLM_PROVIDER_COUNT
};

enum llm_flavor {
#define FLAVOR(symbol, name, provider, url_hint, key_header, token_field, first_rung, flags) LLM_FLAVOR_##symbol,
#include "io/llm/flavors.def"
#undef FLAVOR
    LLM_FLAVOR_COUNT
};

enum llm_flavor_flag {
    LLM_FLAG_STORE = 1 << 0,
    LLM_FLAG_DEVELOPER = 1 << 1,
    LLM_FLAG_STREAM_USAGE = 1 << 2,
    LLM_FLAG_CACHE_KEY = 1 << 3,
    LLM_FLAG_SEED = 1 << 4,
    LLM_FLAG_STRICT = 1 << 5,
    LLM_FLAG_DEPLOYMENT = 1 << 6,
    LLM_FLAG_KEYLESS = 1 << 7
};

struct llm_provider_row {
    const char *name, *base_url, *chat_path, *embed_path;
};
struct llm_flavor_row {
    const char *name;
    enum llm_provider provider;
    const char *url_hint, *key_header, *token_field;
    int first_rung;
    unsigned flags;
};
const struct llm_provider_row *llm_provider_row(enum llm_provider p);
const struct llm_flavor_row *llm_flavor_row(enum llm_flavor f);
/* LLM_PROVIDER_COUNT / LLM_FLAVOR_COUNT when there is none of that name. */
enum llm_provider llm_provider_from_name(struct str name);
enum llm_flavor llm_flavor_from_name(struct str name);
/* The flavor that a base URL tells; COMPATIBLE (or the provider's only one) when it tells none. */
enum llm_flavor llm_flavor_guess(enum llm_provider p, const char *base_url);

#define LLM_URL_BYTES         1024
#define LLM_KEY_BYTES         512
#define LLM_HEADERS_MAX       8
#define LLM_HEADER_BYTES      (LLM_KEY_BYTES + 64)
#define LLM_ANTHROPIC_VERSION "2023-06-01"

/* Text fields are NUL-terminated and borrowed until the endpoint is no longer used; "" or NULL: none. */
struct llm_endpoint {
    const char *name; /* for people: "openai", "anthropic", "local" */
    enum llm_provider provider;
    enum llm_flavor flavor;
    char base_url[LLM_URL_BYTES];       /* without a slash at its end */
    char key[LLM_KEY_BYTES];            /* never logged, never in an error */
    const char *organization, *project; /* OpenAI's headers */
    const char *api_version;            /* Azure's query parameter */
    const char *proxy, *ca_file;
    bool insecure;
    int http; /* enum fetch_http */
};

struct llm_endpoint_options {
    const char *name;
    enum llm_provider provider;
    const char *flavor;   /* "" or NULL: guessed from the address */
    const char *base_url; /* "" or NULL: the provider's own */
    struct str key;       /* white space around it is ignored */
    const char *organization, *project, *api_version, *proxy, *ca_file;
    bool insecure;
    int http;
};

/* Checks everything that can be checked without a connection. ERR_CONFIG with one sentence: the address is none, the
 * key holds a line break or another character no header may hold, a key is needed and there is none. */
int llm_endpoint_init(struct llm_endpoint *e, const struct llm_endpoint_options *o, struct err *err) MUST_CHECK;
void llm_endpoint_fini(struct llm_endpoint *e); /* wipes the key */

/* A key as it may be used: trimmed; ERR_CONFIG when it is empty, longer than LLM_KEY_BYTES - 1, or holds anything but
 * visible ASCII. The message never quotes it. */
int llm_key_check(struct str text, char out[LLM_KEY_BYTES], struct err *err) MUST_CHECK;

/* The address of a call (model: for servers that have it in the path) and the lines of its head. */
enum llm_call_kind { LLM_CALL_CHAT = 0, LLM_CALL_EMBED };
int llm_endpoint_url(const struct llm_endpoint *e, enum llm_call_kind kind, struct str model, char out[LLM_URL_BYTES],
                     struct err *err) MUST_CHECK;
/* Writes the lines into store and points out[] at them, NULL-terminated. The key is among them: wipe store after use.
 */
struct llm_headers {
    char store[LLM_HEADERS_MAX][LLM_HEADER_BYTES];
    const char *lines[LLM_HEADERS_MAX + 1];
};
void llm_endpoint_headers(const struct llm_endpoint *e, struct llm_headers *out);

/* Takes the key (also parts of it, 8 bytes or more) and anything that looks like a key out of a text, in place:
 * "[key]". The text never grows. e may be NULL. */
void llm_redact(const struct llm_endpoint *e, char *text);
