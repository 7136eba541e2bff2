/* A place is configured when its key or address is set. Default routes follow from what is configured: analysis and
 * tailoring on a GPT-4o class model, letters on a Claude class model, embeddings on text-embedding-3-small; with only
 * one of the two, that one does what it can; with none, offline. */
#include "io/llm/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/curl/fetch.h"

#define PRICES_MAX_BYTES ((size_t)256 * 1024)

struct place_row {
    const char *name;
    enum llm_provider provider;
    int url, key, key_env, flavor, context; /* enum config_id, -1: none */
};

static const struct place_row places[LLM_PLACE_COUNT] = {
    [LLM_PLACE_OFFLINE] = {"offline", LLM_PROVIDER_COUNT, -1, -1, -1, -1, -1},
    [LLM_PLACE_OPENAI] = {"openai", LLM_PROVIDER_OPENAI, CONFIG_LLM_OPENAI_URL, CONFIG_LLM_OPENAI_KEY,
                          CONFIG_LLM_OPENAI_KEY_ENV, CONFIG_LLM_OPENAI_FLAVOR, CONFIG_LLM_OPENAI_CONTEXT},
    [LLM_PLACE_ANTHROPIC] = {"anthropic", LLM_PROVIDER_ANTHROPIC, CONFIG_LLM_ANTHROPIC_URL, CONFIG_LLM_ANTHROPIC_KEY,
                             CONFIG_LLM_ANTHROPIC_KEY_ENV, -1, -1},
    [LLM_PLACE_LOCAL] = {"local", LLM_PROVIDER_OPENAI, CONFIG_LLM_LOCAL_URL, CONFIG_LLM_LOCAL_KEY, -1,
                         CONFIG_LLM_LOCAL_FLAVOR, CONFIG_LLM_LOCAL_CONTEXT},
};

static const struct {
    enum config_id id;
    const char *key;
    const char *defaults[2]; /* the first whose place is configured */
} tasks[LLM_TASK_COUNT] = {
    [LLM_TASK_ANALYZE] = {CONFIG_LLM_ANALYZE, "llm.analyze", {"openai:gpt-4o", "anthropic:claude-sonnet-5"}},
    [LLM_TASK_OPTIMIZE] = {CONFIG_LLM_OPTIMIZE, "llm.optimize", {"openai:gpt-4o", "anthropic:claude-sonnet-5"}},
    [LLM_TASK_LETTER] = {CONFIG_LLM_LETTER, "llm.letter", {"anthropic:claude-sonnet-5", "openai:gpt-4o"}},
    [LLM_TASK_EMBED] = {CONFIG_LLM_EMBED, "llm.embed", {"openai:text-embedding-3-small", NULL}},
};

const char *llm_place_name(enum llm_place p)
{
    return places[p].name;
}

static const char *text_of(const struct config *c, int id)
{
    return id < 0 ? "" : config_str(c, (enum config_id)id);
}

static int settings_http(const char *text, int *ret, struct err *err)
{
    static const struct {
        const char *name;
        enum fetch_http http;
    } rows[] = {{"auto", FETCH_HTTP_AUTO}, {"1", FETCH_HTTP_1}, {"1.1", FETCH_HTTP_1}, {"2", FETCH_HTTP_2_PRIOR}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(text, rows[i].name) == 0) {
            *ret = (int)rows[i].http;
            return 0;
        }
    }
    return err_set(err, ERR_CONFIG, "llm.http must be auto, 1 or 2, not \"%.40s\"", text);
}

static int settings_place(struct llm_settings *s, const struct config *c, enum llm_place p, int http, struct err *err)
{
    const struct place_row *row = &places[p];
    const char *env = text_of(c, row->key_env), *key = text_of(c, row->key);
    if (!*key && *env) {
        key = getenv(env);
        if (!key || !*key)
            return err_set(err, ERR_CONFIG, "llm.%s.key_env names %.60s, which is not set", row->name, env);
    }
    s->configured[p] = *key || *text_of(c, row->url);
    if (!s->configured[p])
        return 0;
    bool first = p == LLM_PLACE_OPENAI;
    s->context[p] = row->context >= 0 ? config_int(c, row->context) : 0;
    struct llm_endpoint_options o = {.name = row->name,
                                     .provider = row->provider,
                                     .flavor = text_of(c, row->flavor),
                                     .base_url = text_of(c, row->url),
                                     .key = str_of(key),
                                     .organization = first ? config_str(c, CONFIG_LLM_OPENAI_ORGANIZATION) : "",
                                     .project = first ? config_str(c, CONFIG_LLM_OPENAI_PROJECT) : "",
                                     .api_version = first ? config_str(c, CONFIG_LLM_OPENAI_API_VERSION) : "",
                                     .proxy = config_str(c, CONFIG_LLM_PROXY),
                                     .ca_file = config_str(c, CONFIG_LLM_CA_FILE),
                                     .insecure = !config_bool(c, CONFIG_LLM_VERIFY),
                                     .http = http};
    if (llm_endpoint_init(&s->endpoints[p], &o, err) == 0)
        return 0;
    char said[ERR_MSG_BYTES]; /* it begins with the place, or the setting of it */
    memcpy(said, err->msg, sizeof(said));
    return err_set(err, err->code, "llm.%s", said);
}

static int route_step(const struct llm_settings *s, struct llm_route *r, const char *key, struct str step,
                      struct err *err)
{
    struct str name = step, model = {0};
    const char *colon = step.n ? memchr(step.p, ':', step.n) : NULL;
    if (colon) {
        name = str_sub(step, 0, (size_t)(colon - step.p));
        model = str_trim(str_sub(step, name.n + 1, step.n));
    }
    int p = 0;
    while (p < LLM_PLACE_COUNT && !str_eqc(name, places[p].name))
        p++;
    if (p == LLM_PLACE_COUNT)
        return err_set(err, ERR_CONFIG, "%s: \"" STR_FMT "\" is none of offline, openai, anthropic and local", key,
                       (int)MIN(name.n, (size_t)40), name.p);
    if (p != LLM_PLACE_OFFLINE && (!model.n || model.n >= LLM_MODEL_BYTES))
        return err_set(err, ERR_CONFIG, "%s: %s needs a model: %s:MODEL", key, places[p].name, places[p].name);
    if (p != LLM_PLACE_OFFLINE && !s->configured[p])
        return err_set(err, ERR_CONFIG, "%s names %s, but neither llm.%s.key nor llm.%s.url is set", key,
                       places[p].name, places[p].name, places[p].name);
    if (r->count == LLM_ROUTE_MAX)
        return err_set(err, ERR_CONFIG, "%s: at most %d engines", key, LLM_ROUTE_MAX);
    r->steps[r->count].place = (enum llm_place)p;
    snprintf(r->steps[r->count].model, LLM_MODEL_BYTES, STR_FMT, (int)model.n, model.p ? model.p : "");
    r->count++;
    return 0;
}

static int settings_route(struct llm_settings *s, const struct config *c, enum llm_task t, struct err *err)
{
    struct llm_route *r = &s->routes[t];
    struct str text = str_trim(str_of(config_str(c, tasks[t].id))), step;
    for (size_t i = 0; !text.n && i < ARRAY_LEN(tasks[t].defaults) && tasks[t].defaults[i]; i++) {
        bool openai = str_starts(str_of(tasks[t].defaults[i]), "openai");
        if (s->configured[openai ? LLM_PLACE_OPENAI : LLM_PLACE_ANTHROPIC])
            text = str_of(tasks[t].defaults[i]);
    }
    if (!text.n)
        text = STR("offline");
    while (str_next_field(&text, ',', &step)) {
        int rc = route_step(s, r, tasks[t].key, str_trim(step), err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; t == LLM_TASK_EMBED && i < r->count; i++) {
        enum llm_place p = r->steps[i].place;
        if (p != LLM_PLACE_OFFLINE && !*llm_provider_row(places[p].provider)->embed_path)
            return err_set(err, ERR_CONFIG, "%s: %s has no embeddings", tasks[t].key, places[p].name);
        if (strcmp(r->steps[i].model, r->steps[0].model) != 0)
            return err_set(err, ERR_CONFIG, "%s: all engines must be the same model: vectors of two do not compare",
                           tasks[t].key);
    }
    return 0;
}

int llm_settings_read(struct llm_settings *s, const struct config *c, struct err *err)
{
    int http = 0;
    memset(s, 0, sizeof(*s));
    int rc = settings_http(config_str(c, CONFIG_LLM_HTTP), &http, err);
    for (int p = LLM_PLACE_OPENAI; rc == 0 && p < LLM_PLACE_COUNT; p++)
        rc = settings_place(s, c, (enum llm_place)p, http, err);
    for (int t = 0; rc == 0 && t < LLM_TASK_COUNT; t++)
        rc = settings_route(s, c, (enum llm_task)t, err);
    s->timeouts = (struct llm_timeouts){.connect_ms = (uint64_t)config_int(c, CONFIG_LLM_CONNECT),
                                        .first_byte_ms = (uint64_t)config_int(c, CONFIG_LLM_FIRST_BYTE),
                                        .silence_ms = (uint64_t)config_int(c, CONFIG_LLM_SILENCE),
                                        .total_ms = (uint64_t)config_int(c, CONFIG_LLM_TOTAL)};
    s->stream = config_bool(c, CONFIG_LLM_STREAM);
    if (!s->stream) /* a whole answer is silent until it is there */
        s->timeouts.first_byte_ms = s->timeouts.total_ms;
    s->transport.in_flight_max = (size_t)config_int(c, CONFIG_LLM_IN_FLIGHT);
    s->reply_max_bytes = (size_t)config_int(c, CONFIG_LLM_REPLY_MAX);
    s->dimensions = (int)config_int(c, CONFIG_LLM_DIMENSIONS);
    if (rc < 0)
        llm_settings_fini(s);
    return rc;
}

void llm_settings_fini(struct llm_settings *s)
{
    for (int p = 0; p < LLM_PLACE_COUNT; p++)
        llm_endpoint_fini(&s->endpoints[p]);
}

struct price_book *llm_settings_prices(const struct config *c, struct err *err)
{
    const char *path = config_str(c, CONFIG_LLM_PRICES);
    struct price_book *b = price_book_new();
    if (!*path)
        return b;
    FILE *f = fopen(path, "re");
    _cleanup_free_ char *text = f ? malloc(PRICES_MAX_BYTES + 1) : NULL;
    size_t n = text ? fread(text, 1, PRICES_MAX_BYTES + 1, f) : 0;
    int rc = 0;
    if (!text)
        rc = err_set(err, ERR_CONFIG, "llm.prices: cannot read %.100s: %s", path, strerror(errno));
    else if (n > PRICES_MAX_BYTES)
        rc = err_set(err, ERR_CONFIG, "llm.prices: the file is longer than %zu bytes", PRICES_MAX_BYTES);
    if (f)
        fclose(f);
    if (rc == 0)
        rc = price_book_add(b, (struct str){.p = text, .n = n}, path, err);
    if (rc == 0)
        return b;
    price_book_free(b);
    return NULL;
}
