/* Providers, flavors, addresses, keys. The key leaves this file in two places only: the header lines, and nowhere else;
 * every sentence that goes out passes llm_redact. */
#include "io/llm/endpoint.h"

#include <stdio.h>
#include <string.h>
#include "io/curl/fetch.h"
#include "io/llm/request.h"

#define REDACT_MIN 8 /* so many bytes of a key in a row are a secret */

static const struct llm_provider_row provider_rows[] = {
#define PROVIDER(symbol, name_, base_url_, chat_path_, embed_path_)                                                    \
    [LLM_PROVIDER_##                                                                                                   \
        symbol] = {.name = name_, .base_url = base_url_, .chat_path = chat_path_, .embed_path = embed_path_},
#include "io/llm/providers.def"
#undef PROVIDER
};

#define STORE        LLM_FLAG_STORE
#define DEVELOPER    LLM_FLAG_DEVELOPER
#define STREAM_USAGE LLM_FLAG_STREAM_USAGE
#define CACHE_KEY    LLM_FLAG_CACHE_KEY
#define SEED         LLM_FLAG_SEED
#define STRICT       LLM_FLAG_STRICT
#define DEPLOYMENT   LLM_FLAG_DEPLOYMENT
#define KEYLESS      LLM_FLAG_KEYLESS
static const struct llm_flavor_row flavor_rows[] = {
#define FLAVOR(symbol, name_, provider_, url_hint_, key_header_, token_field_, first_rung_, flags_)                    \
    [LLM_FLAVOR_##symbol] = {.name = name_,                                                                            \
                             .provider = LLM_PROVIDER_##provider_,                                                     \
                             .url_hint = url_hint_,                                                                    \
                             .key_header = key_header_,                                                                \
                             .token_field = token_field_,                                                              \
                             .first_rung = LLM_RUNG_##first_rung_,                                                     \
                             .flags = (flags_)},
#include "io/llm/flavors.def"
#undef FLAVOR
};

const struct llm_provider_row *llm_provider_row(enum llm_provider p)
{
    return &provider_rows[p];
}

const struct llm_flavor_row *llm_flavor_row(enum llm_flavor f)
{
    return &flavor_rows[f];
}

enum llm_provider llm_provider_from_name(struct str name)
{
    int p = 0;
    while (p < LLM_PROVIDER_COUNT && !str_eqc(name, provider_rows[p].name))
        p++;
    return (enum llm_provider)p;
}

enum llm_flavor llm_flavor_from_name(struct str name)
{
    int f = 0;
    while (f < LLM_FLAVOR_COUNT && !str_eqc(name, flavor_rows[f].name))
        f++;
    return (enum llm_flavor)f;
}

enum llm_flavor llm_flavor_guess(enum llm_provider p, const char *base_url)
{
    if (p == LLM_PROVIDER_ANTHROPIC)
        return LLM_FLAVOR_ANTHROPIC;
    for (int f = 0; f < LLM_FLAVOR_COUNT; f++) {
        struct str hints = str_of(flavor_rows[f].url_hint), hint;
        if (flavor_rows[f].provider != p)
            continue;
        while (str_next_field(&hints, ' ', &hint))
            if (hint.n && str_ifind(str_of(base_url), hint) >= 0)
                return (enum llm_flavor)f;
    }
    return LLM_FLAVOR_COMPATIBLE;
}

int llm_key_check(struct str text, char out[LLM_KEY_BYTES], struct err *err)
{
    text = str_trim(text);
    if (!text.n)
        return err_set(err, ERR_CONFIG, "the key is empty");
    if (text.n >= LLM_KEY_BYTES)
        return err_set(err, ERR_CONFIG, "the key is longer than %d bytes", LLM_KEY_BYTES - 1);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '\n' || c == '\r')
            return err_set(err, ERR_CONFIG, "the key holds a line break: is the whole file the key?");
        if (c <= ' ' || c >= 0x7f)
            return err_set(err, ERR_CONFIG, "the key holds a character that no key has (byte %zu)", i + 1);
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return 0;
}

static int endpoint_address(struct llm_endpoint *e, const char *base_url, struct err *err)
{
    const char *url = base_url && *base_url ? base_url : provider_rows[e->provider].base_url;
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    if (n && url[n - 1] == ':') /* no host: it is said of the whole */
        n = strlen(url);
    if (n >= sizeof(e->base_url))
        return err_set(err, ERR_CONFIG, "the address is longer than %zu bytes", sizeof(e->base_url) - 1);
    memcpy(e->base_url, url, n);
    e->base_url[n] = '\0';
    if (strchr(e->base_url, '?'))
        return err_set(err, ERR_CONFIG, "the address must not hold a question mark; paths are appended to it");
    return fetch_url_check(e->base_url, err);
}

int llm_endpoint_init(struct llm_endpoint *e, const struct llm_endpoint_options *o, struct err *err)
{
    *e = (struct llm_endpoint){.name = o->name ? o->name : provider_rows[o->provider].name,
                               .provider = o->provider,
                               .organization = o->organization,
                               .project = o->project,
                               .api_version = o->api_version,
                               .proxy = o->proxy,
                               .ca_file = o->ca_file,
                               .insecure = o->insecure,
                               .http = o->http};
    int rc = endpoint_address(e, o->base_url, err);
    if (rc < 0)
        return err_prefix(err, "%s.url", e->name);
    e->flavor = llm_flavor_guess(e->provider, e->base_url);
    if (o->flavor && *o->flavor) {
        e->flavor = llm_flavor_from_name(str_of(o->flavor));
        if (e->flavor == LLM_FLAVOR_COUNT || flavor_rows[e->flavor].provider != e->provider)
            return err_set(err, ERR_CONFIG, "%s: \"%.40s\" is no flavor of its format", e->name, o->flavor);
    }
    if (str_trim(o->key).n == 0) {
        if (!(flavor_rows[e->flavor].flags & LLM_FLAG_KEYLESS))
            return err_set(err, ERR_CONFIG, "%s: there is no key", e->name);
    } else if (llm_key_check(o->key, e->key, err) < 0) {
        return err_prefix(err, "%s.key", e->name);
    }
    if (e->flavor == LLM_FLAVOR_AZURE && !(e->api_version && *e->api_version))
        return err_set(err, ERR_CONFIG, "%s: this address needs an api_version, for example 2024-10-21", e->name);
    return 0;
}

void llm_endpoint_fini(struct llm_endpoint *e)
{
    explicit_bzero(e->key, sizeof(e->key));
}

int llm_endpoint_url(const struct llm_endpoint *e, enum llm_call_kind kind, struct str model, char out[LLM_URL_BYTES],
                     struct err *err)
{
    const struct llm_provider_row *row = &provider_rows[e->provider];
    const char *path = kind == LLM_CALL_EMBED ? row->embed_path : row->chat_path;
    if (!*path)
        return err_set(err, ERR_UNSUPPORTED, "%s has no embeddings", e->name);
    bool in_path = flavor_rows[e->flavor].flags & LLM_FLAG_DEPLOYMENT;
    for (size_t i = 0; in_path && i < model.n; i++)
        if (!str_is_alnum(model.p[i]) && !strchr("._-", model.p[i]))
            return err_set(err, ERR_CONFIG,
                           "the name of a deployment holds letters, digits, \".\", \"_\" and \"-\" only");
    /* the setting may name the folder of deployments, or one deployment */
    struct str base = str_of(e->base_url);
    bool folder = in_path && str_iends(base, "/deployments");
    int n = snprintf(out, LLM_URL_BYTES, "%s%s%.*s%s%s%s", e->base_url, folder ? "/" : "", folder ? (int)model.n : 0,
                     model.p ? model.p : "", path, e->api_version && *e->api_version ? "?api-version=" : "",
                     e->api_version ? e->api_version : "");
    if (n < 0 || n >= LLM_URL_BYTES)
        return err_set(err, ERR_CONFIG, "the address is longer than %d bytes", LLM_URL_BYTES - 1);
    return 0;
}

void llm_endpoint_headers(const struct llm_endpoint *e, struct llm_headers *out)
{
    const struct llm_flavor_row *row = &flavor_rows[e->flavor];
    size_t n = 0;
#define LINE(...) snprintf(out->store[n++], LLM_HEADER_BYTES, __VA_ARGS__)
    LINE("Content-Type: application/json");
    LINE("Accept: application/json, text/event-stream");
    if (e->key[0] && strcmp(row->key_header, "bearer") == 0)
        LINE("Authorization: Bearer %s", e->key);
    else if (e->key[0])
        LINE("%s: %s", row->key_header, e->key);
    if (e->provider == LLM_PROVIDER_ANTHROPIC)
        LINE("anthropic-version: %s", LLM_ANTHROPIC_VERSION);
    if (e->organization && *e->organization)
        LINE("OpenAI-Organization: %s", e->organization);
    if (e->project && *e->project)
        LINE("OpenAI-Project: %s", e->project);
#undef LINE
    for (size_t i = 0; i < n; i++)
        out->lines[i] = out->store[i];
    out->lines[n] = NULL;
}

/* Redaction */

static const char mask[] = "[key]";

/* Replaces n bytes at p by the mask (which is not longer). */
static void mask_over(char *p, size_t n)
{
    memcpy(p, mask, sizeof(mask) - 1);
    memmove(p + sizeof(mask) - 1, p + n, strlen(p + n) + 1);
}

static bool key_char(char c)
{
    return str_is_alnum(c) || c == '-' || c == '_' || c == '*' || c == '.';
}

/* Bytes from p on that also stand in a row somewhere in the key. */
static size_t key_overlap(const char *key, const char *p)
{
    size_t best = 0;
    for (const char *k = key; *k; k++) {
        size_t n = 0;
        while (k[n] && k[n] == p[n])
            n++;
        best = MAX(best, n);
    }
    return best;
}

/* Bytes of something shaped like a key: "sk-..." and what follows "Bearer". */
static size_t key_shape(const char *text, const char *p)
{
    bool inside = p > text && key_char(p[-1]);
    size_t n = 0;
    if (!inside && strncmp(p, "sk-", 3) == 0)
        while (key_char(p[n]))
            n++;
    bool bearer = p - text >= 7 && strncasecmp(p - 7, "bearer ", 7) == 0;
    if (bearer)
        while (key_char(p[n]) || p[n] == '/' || p[n] == '+' || p[n] == '=')
            n++;
    return n >= sizeof(mask) - 1 ? n : 0;
}

void llm_redact(const struct llm_endpoint *e, char *text)
{
    for (char *p = text; *p; p++) {
        size_t n = e && e->key[0] ? key_overlap(e->key, p) : 0;
        if (n < REDACT_MIN && !(n && e && n == strlen(e->key) && n >= sizeof(mask) - 1))
            n = key_shape(text, p);
        if (n)
            mask_over(p, n);
    }
}
