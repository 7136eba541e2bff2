/* The call is the one a stage would make, with a question of one word and an answer of a few tokens: a wrong address, a
 * refused key, a model that is not there, a certificate and a page of HTML show in the same way as they would later,
 * and in the same words (io/llm/fault.h). */
#include "cli/providers.h"

#include <stdio.h>
#include <string.h>
#include "core/loop.h"
#include "io/llm/settings.h"
#include "io/llm/request.h"
#include "io/llm/transport.h"

#define PROVIDERS_MAX         (LLM_TASK_COUNT * LLM_ROUTE_MAX)
#define PROVIDERS_OUTPUT      16
#define PROVIDERS_ARENA_BYTES ((size_t)16 << 20)
#define PROVIDERS_BODY_BYTES  ((size_t)64 * 1024)

struct provider_ask {
    enum llm_place place;
    enum llm_call_kind kind;
    const char *model;
    char name[LLM_MODEL_BYTES + 16], used_by[80];
};

struct provider_call {
    struct loop *loop;
    const struct llm_settings *settings;
    const struct provider_ask *ask;
    bool over, ok;
    char sentence[LLM_SENTENCE_BYTES + 300];
};

static const char *const task_names[LLM_TASK_COUNT] = {[LLM_TASK_ANALYZE] = "analyze",
                                                       [LLM_TASK_OPTIMIZE] = "optimize",
                                                       [LLM_TASK_LETTER] = "letter",
                                                       [LLM_TASK_EMBED] = "embed"};

/* Each place and model once, whichever stages use it. */
static int providers_list(const struct llm_settings *s, struct provider_ask asks[PROVIDERS_MAX])
{
    int n = 0;
    for (int task = 0; task < LLM_TASK_COUNT; task++)
        for (size_t i = 0; i < s->routes[task].count; i++) {
            enum llm_place place = s->routes[task].steps[i].place;
            const char *model = s->routes[task].steps[i].model;
            enum llm_call_kind kind = task == LLM_TASK_EMBED ? LLM_CALL_EMBED : LLM_CALL_CHAT;
            int k = 0;
            if (place == LLM_PLACE_OFFLINE)
                continue;
            while (k < n && (asks[k].place != place || asks[k].kind != kind || strcmp(asks[k].model, model) != 0))
                k++;
            if (k == n) {
                asks[n] = (struct provider_ask){.place = place, .kind = kind, .model = model};
                snprintf(asks[n].name, sizeof(asks[n].name), "%s/%s", llm_place_name(place), model);
                n++;
            }
            size_t at = strlen(asks[k].used_by);
            snprintf(asks[k].used_by + at, sizeof(asks[k].used_by) - at, "%s%s", at ? ", " : "", task_names[task]);
        }
    return n;
}

static void provider_came(void *ud, const struct llm_raw *raw, const struct llm_timing *timing)
{
    struct provider_call *call = ud;
    const struct provider_ask *ask = call->ask;
    bool embed = ask->kind == LLM_CALL_EMBED;
    struct llm_expect expect = {.kind = ask->kind,
                                .inputs_count = embed ? 1 : 0,
                                .dimensions = embed ? call->settings->dimensions : 0};
    struct llm_reply reply;
    struct llm_fault fault = {.kind = LLM_FAULT_NONE};
    struct arena a;
    arena_init(&a, PROVIDERS_ARENA_BYTES);
    call->ok = llm_reply_parse(&call->settings->endpoints[ask->place], raw, &expect, &a, &reply, &fault) == 0;
    if (call->ok)
        snprintf(call->sentence, sizeof(call->sentence), "answers in %llu ms", (unsigned long long)timing->total_ms);
    else
        snprintf(call->sentence, sizeof(call->sentence), "%s: %s; asked at %.200s", llm_fault_slug(fault.kind),
                 fault.sentence, call->settings->endpoints[ask->place].base_url);
    llm_redact(&call->settings->endpoints[ask->place], call->sentence);
    arena_fini(&a);
    call->over = true;
    loop_stop(call->loop);
}

static int provider_body(const struct provider_call *call, struct buf *body, struct err *err)
{
    const struct llm_endpoint *e = &call->settings->endpoints[call->ask->place];
    struct str word = STR("ping");
    if (call->ask->kind == LLM_CALL_EMBED) {
        struct llm_embed_request r = {.model = str_of(call->ask->model),
                                      .inputs = &word,
                                      .inputs_count = 1,
                                      .dimensions = call->settings->dimensions};
        return llm_embed_write(e, &r, body, err);
    }
    struct llm_part user = {.text = STR("Answer with the word ok.")};
    struct llm_request r = {.model = str_of(call->ask->model),
                            .user = &user,
                            .user_count = 1,
                            .max_output_tokens = PROVIDERS_OUTPUT,
                            .temperature = -1,
                            .seed = -1};
    return llm_request_write(e, &r, body, err);
}

static void provider_ask(struct llm_transport *t, struct provider_call *call, uint64_t timeout_ms)
{
    struct err err = {0};
    struct buf body;
    buf_init(&body, PROVIDERS_BODY_BYTES);
    struct llm_send send = {.endpoint = &call->settings->endpoints[call->ask->place],
                            .kind = call->ask->kind,
                            .model = str_of(call->ask->model),
                            .timeouts = {.connect_ms = timeout_ms,
                                         .first_byte_ms = timeout_ms,
                                         .silence_ms = timeout_ms,
                                         .total_ms = timeout_ms},
                            .on_raw = provider_came,
                            .ud = call};
    if (provider_body(call, &body, &err) < 0 || !llm_call_start(t, &send, &body, &err)) {
        snprintf(call->sentence, sizeof(call->sentence), "%s", err.msg);
        call->over = true;
    }
    buf_fini(&body);
    if (!call->over)
        loop_run(call->loop);
}

static int providers_refused(const struct err *err, provider_check_fn *fn, void *ud)
{
    fn(ud, &(struct provider_check){.model = "settings", .used_by = "", .sentence = err->msg});
    return 1;
}

int providers_check(const struct config *c, uint64_t timeout_ms, provider_check_fn *fn, void *ud)
{
    struct llm_settings s;
    struct err err = {0};
    if (llm_settings_read(&s, c, &err) < 0)
        return providers_refused(&err, fn, ud);
    struct provider_ask asks[PROVIDERS_MAX];
    int n = providers_list(&s, asks);
    struct loop *loop = loop_new();
    struct llm_transport *t = n ? llm_transport_new(loop, &s.transport, &err) : NULL;
    if (n && !t) {
        n = providers_refused(&err, fn, ud);
    } else {
        for (int i = 0; i < n; i++) {
            struct provider_call call = {.loop = loop, .settings = &s, .ask = &asks[i]};
            provider_ask(t, &call, timeout_ms);
            fn(ud, &(struct provider_check){
                       .model = asks[i].name, .used_by = asks[i].used_by, .ok = call.ok, .sentence = call.sentence});
        }
    }
    llm_transport_free(t);
    loop_free(loop);
    llm_settings_fini(&s);
    return n;
}
