/* A stage on a model: from the item's inputs to the provider and back.
 *
 *   run queue -> ask -> calling -> (the call is over) run queue -> finish -> verdict, or one more ask with what was
 * wrong
 *
 * A model that cannot be called now parks the task (with the reason, at no cost of an attempt), unless the route ends
 * with the offline engine: then that does the work. Everything about the provider is decided below, in the caller. */
#include <stdlib.h>
#include <time.h>
#include "core/clock.h"
#include "core/metrics.h"
#include "pipeline/engine/posting_trim.h"
#include "pipeline/worker/worker_int.h"

#define MODEL_PARK_MIN_MS 1000
#define MODEL_SLIM_TASKS  512 /* with more in flight what a stage would keep for its finish is made again there */

struct worker_model {
    struct llm_settings settings;
    struct price_book *prices;
    struct limiter *limiter;
    struct llm_transport *transport;
    struct routes routes;
    struct caller *caller;
    struct arena arena;   /* schema and prompt */
    struct arena scratch; /* of one ask: what is not needed while the call is out */
    struct schema *schema;
    struct str portable, prompt, version;
    struct llm_part system;
    struct model_room room;
};

static int64_t today(void)
{
    time_t now = (time_t)(clock_wall_us() / 1000000);
    struct tm tm;
    gmtime_r(&now, &tm);
    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static void model_limits(const struct worker *w, struct limit_rule limits[LLM_PLACE_COUNT])
{
    memset(limits, 0, sizeof(limits[0]) * LLM_PLACE_COUNT);
    static const struct {
        enum llm_place place;
        int requests, tokens, calls;
    } rows[] = {{LLM_PLACE_OPENAI, CONFIG_LLM_OPENAI_RPM, CONFIG_LLM_OPENAI_TPM, CONFIG_LLM_OPENAI_CALLS},
                {LLM_PLACE_ANTHROPIC, CONFIG_LLM_ANTHROPIC_RPM, CONFIG_LLM_ANTHROPIC_TPM, CONFIG_LLM_ANTHROPIC_CALLS},
                {LLM_PLACE_LOCAL, CONFIG_LLM_LOCAL_RPM, CONFIG_LLM_LOCAL_TPM, CONFIG_LLM_LOCAL_CALLS}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        limits[rows[i].place] = (struct limit_rule){.requests_per_min = config_int(w->config, rows[i].requests),
                                                    .tokens_per_min = config_int(w->config, rows[i].tokens),
                                                    .calls = (int)config_int(w->config, rows[i].calls)};
}

/* "version: 3\n" and then the prompt. */
static void model_prompt(struct worker_model *m, const char *text)
{
    struct str rest = str_of(text), line;
    str_next_line(&rest, &line);
    m->version = line;
    m->prompt = rest;
    m->system = (struct llm_part){.text = m->prompt, .stable = true};
}

static int model_stage(struct worker_model *m, const struct stage_model *s, struct err *err)
{
    if (s->prompt)
        model_prompt(m, s->prompt);
    if (!s->schema)
        return 0;
    m->schema = schema_compile(&m->arena, str_of(s->schema), err);
    if (!m->schema)
        return -(int)err->code;
    m->portable = schema_portable(m->schema, &m->arena);
    return 0;
}

/* A request takes its tokens at once: one that is large beside a minute's limit would go over it. */
static struct gather_rule model_gather(const struct worker *w, const struct worker_model *m,
                                       const struct limit_rule limits[LLM_PLACE_COUNT])
{
    const struct llm_route *r = &m->settings.routes[w->spec->model->task];
    struct gather_rule rule = {.inputs_max = (int)config_int(w->config, CONFIG_LLM_EMBED_INPUTS),
                               .tokens_max = config_int(w->config, CONFIG_LLM_EMBED_TOKENS),
                               .bytes_max = GATHER_BYTES_MAX,
                               .wait_ms = (uint64_t)config_int(w->config, CONFIG_LLM_EMBED_WAIT)};
    for (size_t i = 0; i < r->count; i++) {
        int64_t minute = limits[r->steps[i].place].tokens_per_min;
        if (minute > 0)
            rule.tokens_max = MIN(rule.tokens_max, MAX(minute / 100, (int64_t)1));
    }
    return rule;
}

/* What is the same in every ask of the stage. */
static struct llm_request model_fixed(const struct worker_model *m, const struct stage_model *s)
{
    return (struct llm_request){.system = &m->system,
                                .system_count = s->prompt ? 1 : 0,
                                .schema = m->portable,
                                .max_output_tokens = m->room.output ? m->room.output : s->max_output_tokens,
                                .temperature = s->temperature,
                                .seed = -1};
}

static void model_room(struct worker_model *m, const struct stage_model *s)
{
    struct llm_request fixed = model_fixed(m, s);
    m->room = s->task == LLM_TASK_EMBED ? model_room_embed(&m->routes) : model_room_chat(&m->routes, &fixed);
}

static void model_caller(struct worker *w, struct worker_model *m, const struct gather_rule *gather)
{
    struct caller_options o = {.loop = w->loop,
                               .pool = member_pool(w->member),
                               .master = &w->master,
                               .worker_id = member_worker_id(w->member),
                               .stage = w->spec->stage,
                               .routes = &m->routes,
                               .transport = m->transport,
                               .ceilings = {.tenant_microusd = config_int(w->config, CONFIG_BUDGET_TENANT),
                                            .day_microusd = config_int(w->config, CONFIG_BUDGET_DAY),
                                            .batch_microusd = config_int(w->config, CONFIG_BUDGET_BATCH),
                                            .application_microusd = config_int(w->config, CONFIG_BUDGET_APPLICATION)},
                               .budget_pause_ms = config_int(w->config, CONFIG_BUDGET_PAUSE),
                               .timeouts = m->settings.timeouts,
                               .reply_max_bytes = m->settings.reply_max_bytes,
                               .stream = m->settings.stream,
                               .gather = *gather};
    m->caller = caller_new(&o);
}

int worker_model_open(struct worker *w, struct err *err)
{
    const struct stage_model *s = w->spec->model;
    if (!s)
        return 0;
    struct worker_model *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    w->model = m;
    arena_init(&m->arena, WORKER_ITEM_MAX_BYTES);
    arena_init(&m->scratch, WORKER_ITEM_MAX_BYTES);
    int rc = llm_settings_read(&m->settings, w->config, err);
    if (rc < 0)
        return rc;
    struct limit_rule limits[LLM_PLACE_COUNT];
    model_limits(w, limits);
    m->prices = llm_settings_prices(w->config, err);
    if (!m->prices)
        return -(int)err->code;
    m->limiter = limiter_new(w->loop, member_redis(w->member), member_worker_id(w->member));
    routes_init(&m->routes, &m->settings, s->task, m->prices, m->limiter, limits, today());
    m->routes.key_pause_ms = (uint32_t)config_int(w->config, CONFIG_LLM_KEY_PAUSE);
    if (m->routes.n == 0) { /* offline, as ever */
        worker_model_free(w);
        return 0;
    }
    m->transport = llm_transport_new(w->loop, &m->settings.transport, err);
    if (!m->transport)
        return -(int)err->code;
    if ((rc = model_stage(m, s, err)) < 0)
        return rc;
    model_room(m, s);
    struct gather_rule gather = model_gather(w, m, limits);
    model_caller(w, m, &gather);
    for (int i = 0; i < m->routes.n; i++)
        log_info(NULL, "model: %s%s", m->routes.route[i].name, i ? " (fallback)" : "");
    return 0;
}

void worker_model_free(struct worker *w)
{
    struct worker_model *m = w->model;
    if (!m)
        return;
    w->model = NULL;
    caller_free(m->caller);
    limiter_free(m->limiter);
    llm_transport_free(m->transport);
    price_book_free(m->prices);
    llm_settings_fini(&m->settings);
    arena_fini(&m->arena);
    arena_fini(&m->scratch);
    free(m);
}

/* Answers that came together get back together what their items let go. They stand in front of those that wait. */
static void model_equip(void *ud)
{
    struct worker *w = ud;
    struct list items;
    list_init(&items);
    w->equip_scheduled = false;
    while (!list_empty(&w->calling)) {
        struct item *it = CONTAINER_OF(w->calling.next, struct item, node);
        if (!it->answered)
            break;
        list_remove(&it->node);
        list_append(&items, &it->node);
    }
    worker_inputs(w, &items);
}

static void model_done(struct model_call *call)
{
    struct item *it = call->ud;
    struct worker *w = it->worker;
    list_remove(&it->node);
    it->answered = true;
    if (!it->slim) {
        worker_run_add(w, it);
        return;
    }
    list_prepend(&w->calling, &it->node);
    if (!w->equip_scheduled)
        loop_defer(w->loop, model_equip, w);
    w->equip_scheduled = true;
}

static void model_start(struct worker *w, struct item *it)
{
    const struct worker_profile *p = it->profile ? cache_value(it->profile) : NULL;
    it->asks++;
    it->answered = false;
    struct model_call *call = it->call;
    *call = (struct model_call){.ask = it->ask,
                                .arena = &it->arena,
                                .tenant_id = it->claim.tenant_id,
                                .subject_id = it->claim.subject_id,
                                .batch_id = it->claim.batch_id,
                                .attempt = it->claim.attempt,
                                .weight = it->claim.weight,
                                .interactive = it->claim.priority == PRIORITY_INTERACTIVE,
                                .key = p ? &p->key : NULL,
                                .owner_id = p ? p->user_id : (struct uuid){{0}},
                                .done = model_done,
                                .ud = it};
    if (it->claim.kind == TASK_KIND_APPLICATION)
        call->application_id = it->claim.subject_id;
    if (it->slim) /* a parsed analysis is some 50 KiB; profiles are shared by many, and hold the key */
        cache_return(w->analyses, TAKE_PTR(it->analysis));
    list_append(&w->calling, &it->node);
    caller_start(w->model->caller, call);
}

/* Texts that an ask was made of, out of the scratch arena into the item's. */
static bool model_ask_keep(struct model_ask *ask, struct arena *a)
{
    struct llm_part *user = ARENA_NEW_N(a, struct llm_part, ask->chat.user_count);
    struct str *inputs = ARENA_NEW_N(a, struct str, ask->embed.inputs_count);
    bool ok = user && inputs;
    for (size_t i = 0; ok && i < ask->chat.user_count; i++) {
        user[i] = ask->chat.user[i];
        user[i].text.p = arena_strndup(a, user[i].text.p, user[i].text.n);
        ok = user[i].text.p;
    }
    for (size_t i = 0; ok && i < ask->embed.inputs_count; i++) {
        inputs[i] = ask->embed.inputs[i];
        inputs[i].p = arena_strndup(a, inputs[i].p, inputs[i].n);
        ok = inputs[i].p;
    }
    ask->chat.user = user;
    ask->embed.inputs = inputs;
    ask->kept = NULL;
    return ok;
}

/* Asks the stage. Of thousands that wait each costs what its call is made of, no more; few keep what the stage read. */
static enum verdict model_ask_make(struct worker *w, struct item *it, const struct stage_input *in)
{
    const struct stage_model *s = w->spec->model;
    struct worker_model *m = w->model;
    struct model_ask plain = *it->ask;
    bool slim = s->task == LLM_TASK_EMBED || w->in_flight > MODEL_SLIM_TASKS;
    if (!slim) {
        it->arena.chunk_bytes = ARENA_CHUNK_BYTES;
        return s->ask(in, &it->arena, it->ask, &it->out, &it->err);
    }
    enum verdict v = s->ask(in, &m->scratch, it->ask, &it->out, &it->err);
    it->slim = v == VERDICT_ASK && model_ask_keep(it->ask, &it->arena);
    if (!it->slim) { /* an outcome lives in the item's arena */
        *it->ask = plain;
        it->out = (struct stage_output){.overall = -1};
        it->arena.chunk_bytes = ARENA_CHUNK_BYTES;
        v = s->ask(in, &it->arena, it->ask, &it->out, &it->err);
    }
    arena_fini(&m->scratch);
    arena_init(&m->scratch, WORKER_ITEM_MAX_BYTES);
    return v;
}

/* What a prompt does not hold is never left out without a word. */
static void model_left_out_report(struct worker *w, const struct item *it)
{
    const struct model_left_out *x = &it->ask->left_out;
    struct buf said;
    buf_init(&said, 512);
    posting_left_out_write(x->posting, &said);
    bool posting = said.len > 0;
    for (size_t i = 0; i < POSTING_PARTS; i++)
        if (x->posting[i])
            metrics_add(METRICS_MODEL_LEFT_OUT, (int64_t)x->posting[i], w->row->name,
                        posting_part_name((enum posting_part)i), NULL);
    if (x->profile) {
        metrics_add(METRICS_MODEL_LEFT_OUT, (int64_t)x->profile, w->row->name, "profile", NULL);
        buf_addf(&said, "%sprofile (%zu bytes)", said.len ? ", " : "", x->profile);
    }
    struct log_ctx cx = item_log(it, w);
    if (said.len) /* of a profile some lines are, as a rule: a prompt offers the most relevant */
        log_write(posting ? LOG_INFO : LOG_DEBUG, &cx, "left out of the prompt, for its length: %s", buf_str(&said));
    buf_fini(&said);
}

/* Whether the offline engine does it: it stands last in the route, and no model can be asked, now or (what is too long
 * for the smallest window of the route) ever. Money that is spent is a limit for everybody. */
static bool model_offline(struct worker *w, enum model_end end, const struct err *why)
{
    bool never = end == MODEL_FAILED && why->code == ERR_TOO_LARGE;
    if (!w->model->routes.offline_last || (end != MODEL_LATER && !never) || why->code == ERR_BUDGET)
        return false;
    metrics_add(METRICS_MODEL_CALLS, 1, "offline", "fallback", NULL);
    return true; /* without a verdict it is planned */
}

/* The first ask of an attempt. */
static bool model_ask(struct worker *w, struct item *it, const struct stage_input *in)
{
    const struct stage_model *s = w->spec->model;
    struct worker_model *m = w->model;
    it->call = ARENA_NEW(&it->arena, struct model_call);
    it->ask = ARENA_NEW(&it->arena, struct model_ask);
    if (!it->call || !it->ask) {
        it->verdict = VERDICT_REJECT;
        err_set(&it->err, ERR_MEMORY, "no memory left for the model's call");
        return false;
    }
    *it->ask = (struct model_ask){.kind = s->task == LLM_TASK_EMBED ? LLM_CALL_EMBED : LLM_CALL_CHAT,
                                  .schema = m->schema,
                                  .prompt_version = m->version,
                                  .chat = model_fixed(m, s),
                                  .room = m->room,
                                  .embed = {.dimensions = m->settings.dimensions}};
    enum verdict v = model_ask_make(w, it, in);
    model_left_out_report(w, it);
    if (v == VERDICT_REJECT && model_offline(w, MODEL_FAILED, &it->err)) {
        it->out = (struct stage_output){.overall = -1};
        return false;
    }
    if (v != VERDICT_ASK) {
        it->verdict = v;
        return false;
    }
    model_start(w, it);
    return true;
}

static int64_t model_asked(const struct model_ask *ask)
{
    int64_t n = 0;
    for (size_t i = 0; i < ask->chat.user_count; i++)
        n += model_room_count(&ask->room, ask->chat.user[i].text);
    return n;
}

static bool model_again(struct worker *w, struct item *it, struct buf *complaint)
{
    if (it->asks >= STAGE_ASKS_MAX || complaint->len == 0)
        return false;
    char *text = arena_strndup(&it->arena, complaint->data, complaint->len);
    if (!text)
        return false;
    struct str answer = it->call->reply.text;
    int64_t more = model_room_count(&it->ask->room, answer) +
                   model_room_count(&it->ask->room, (struct str){.p = text, .n = complaint->len});
    if (it->ask->room.tokens && more + model_asked(it->ask) > it->ask->room.tokens)
        return false; /* the window has no room for a second try: the first answer decides */
    it->ask->chat.previous = answer;
    it->ask->chat.complaint = (struct str){.p = text, .n = complaint->len};
    metrics_add(METRICS_MODEL_REASKS, 1, w->row->name, NULL);
    model_start(w, it);
    return true;
}

/* A whole answer. */
static bool model_finish(struct worker *w, struct item *it, const struct stage_input *in)
{
    const struct stage_model *s = w->spec->model;
    struct model_call *call = it->call;
    struct buf complaint;
    buf_init(&complaint, 16384);
    bool last = it->asks >= STAGE_ASKS_MAX, again = false;
    if (it->ask->schema && call->json->verdict != JSON_REPLY_OK) {
        json_reply_complaint(call->json, &complaint);
        again = !last && model_again(w, it, &complaint);
        if (!again) {
            it->verdict = VERDICT_REJECT;
            err_set(&it->err, ERR_CORRUPT, "the model's answer is not what was asked for (%s), twice",
                    json_reply_verdict_name(call->json->verdict));
        }
    } else {
        it->verdict = s->finish(in, call, last, &it->arena, &it->out, &complaint, &it->err);
        if (it->verdict == VERDICT_ASK_AGAIN) {
            it->verdict = (enum verdict)0;
            again = model_again(w, it, &complaint);
            if (!again)
                it->verdict = s->finish(in, call, true, &it->arena, &it->out, &complaint, &it->err);
        }
    }
    buf_fini(&complaint);
    return again;
}

static void model_failed(struct worker *w, struct item *it)
{
    struct model_call *call = it->call;
    it->err = call->err;
    if (model_offline(w, call->end, &call->err))
        return;
    it->verdict = call->end == MODEL_FAILED && !call->retry ? VERDICT_REJECT : VERDICT_RETRY;
    if (call->end == MODEL_LATER) {
        it->outcome = TASK_PARK;
        it->delay_ms = (int)MIN(MAX(call->wait_ms, MODEL_PARK_MIN_MS), ROUTE_LATER_MS);
    }
}

bool worker_model_run(struct worker *w, struct item *it, const struct stage_input *in)
{
    if (!it->call)
        return model_ask(w, it, in);
    if (!it->answered)
        return false;
    if (it->call->end == MODEL_ANSWER)
        return model_finish(w, it, in);
    model_failed(w, it);
    return false;
}

void worker_model_drop(struct worker *w)
{
    while (!list_empty(&w->calling)) {
        struct item *it = CONTAINER_OF(w->calling.next, struct item, node);
        caller_cancel(w->model->caller, it->call);
        item_free(w, it);
    }
}

void worker_model_close(struct worker *w)
{
    worker_model_drop(w);
    if (!w->model)
        return;
    limiter_free(w->model->limiter);
    w->model->limiter = NULL;
}

int worker_model_hand_back(struct worker *w, bool all)
{
    int n = 0;
    list_for_each_safe (node, &w->calling) {
        struct item *it = CONTAINER_OF(node, struct item, node);
        if (!all && (it->answered || caller_is_out(it->call)))
            continue;
        caller_cancel(w->model->caller, it->call);
        list_remove(&it->node);
        it->verdict = VERDICT_RETRY;
        it->outcome = TASK_HAND_BACK;
        err_set(&it->err, ERR_CANCELLED, "the worker stops");
        worker_result_add(w, it);
        n++;
    }
    return n;
}
