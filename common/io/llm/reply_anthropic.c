/* Messages, whole and streamed. Usage counts are disjoint there: everything that went in is the sum. */
#include <string.h>
#include "io/llm/reply_int.h"

static enum llm_finish anthropic_finish(struct str s)
{
    static const struct {
        const char *name;
        enum llm_finish finish;
    } rows[] = {{"end_turn", LLM_FINISH_STOP},     {"stop_sequence", LLM_FINISH_STOP},
                {"max_tokens", LLM_FINISH_LENGTH}, {"model_context_window_exceeded", LLM_FINISH_LENGTH},
                {"tool_use", LLM_FINISH_TOOL},     {"refusal", LLM_FINISH_REFUSAL}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eqc(s, rows[i].name))
            return rows[i].finish;
    return s.n ? LLM_FINISH_OTHER : LLM_FINISH_NONE;
}

static int64_t count(yyjson_val *obj, const char *key, int64_t otherwise)
{
    int64_t v = json_get_int(obj, key, -1);
    return v >= 0 && v < (int64_t)1 << 40 ? v : otherwise;
}

/* Later events repeat or correct what came before; what they leave out stays. */
static void anthropic_usage(struct llm_usage *u, yyjson_val *v)
{
    if (!yyjson_is_obj(v))
        return;
    int64_t fresh = u->input - u->cached_read - u->cache_write;
    yyjson_val *split = json_get_obj(v, "cache_creation");
    u->known = true;
    fresh = count(v, "input_tokens", fresh);
    u->cached_read = count(v, "cache_read_input_tokens", u->cached_read);
    u->cache_write = count(v, "cache_creation_input_tokens", u->cache_write);
    u->cache_write_1h = MIN(count(split, "ephemeral_1h_input_tokens", u->cache_write_1h), u->cache_write);
    u->input = fresh + u->cached_read + u->cache_write;
    u->output = count(v, "output_tokens", u->output);
    u->reasoning = count(json_get_obj(v, "output_tokens_details"), "thinking_tokens", u->reasoning);
}

static struct str keep(struct reply_build *b, struct str s)
{
    char *p = arena_strndup(b->arena, s.p, s.n);
    return (struct str){.p = p ? p : "", .n = p ? s.n : 0};
}

static void anthropic_message(struct reply_build *b, yyjson_val *m)
{
    struct llm_reply *r = b->reply;
    if (json_get_str(m, "id").n)
        r->id = keep(b, json_get_str(m, "id"));
    if (json_get_str(m, "model").n)
        r->model = keep(b, json_get_str(m, "model"));
    if (json_get_str(m, "stop_reason").n)
        r->finish = anthropic_finish(json_get_str(m, "stop_reason"));
    yyjson_val *usage = json_get_obj(m, "usage");
    anthropic_usage(&r->usage, usage);
    if (json_get_str(usage, "service_tier").n)
        r->tier = keep(b, json_get_str(usage, "service_tier"));
    struct str why = json_get_str(json_get_obj(m, "stop_details"), "explanation");
    if (r->finish == LLM_FINISH_REFUSAL && !b->refusal.len)
        buf_add(&b->refusal, why.p, why.n);
}

static void anthropic_block(struct reply_build *b, yyjson_val *block)
{
    struct str type = json_get_str(block, "type");
    struct str text = json_get_str(block, "text"), thinking = json_get_str(block, "thinking");
    yyjson_val *input = json_get_obj(block, "input");
    if (str_eqc(type, "text")) {
        buf_add(&b->text, text.p, text.n);
    } else if (str_eqc(type, "thinking")) {
        buf_add(&b->thinking, thinking.p, thinking.n);
    } else if (str_eqc(type, "tool_use") && input && yyjson_obj_size(input) && !b->tool.len) {
        size_t len;
        char *json = json_write(b->arena, input, &len);
        if (json)
            buf_add(&b->tool, json, len);
    }
}

int llm_anthropic_whole(struct reply_build *b, yyjson_val *root)
{
    yyjson_val *content = json_get_arr(root, "content"), *block;
    size_t i, n;
    anthropic_message(b, root);
    if (!content)
        return llm_reply_malformed(b, "has no content");
    yyjson_arr_foreach(content, i, n, block) anthropic_block(b, block);
    b->ended = true;
    return 0;
}

static void anthropic_delta(struct reply_build *b, yyjson_val *delta)
{
    struct str type = json_get_str(delta, "type");
    struct str text = json_get_str(delta, "text"), json = json_get_str(delta, "partial_json");
    struct str thinking = json_get_str(delta, "thinking");
    if (str_eqc(type, "text_delta"))
        buf_add(&b->text, text.p, text.n);
    else if (str_eqc(type, "input_json_delta"))
        buf_add(&b->tool, json.p, json.n);
    else if (str_eqc(type, "thinking_delta"))
        buf_add(&b->thinking, thinking.p, thinking.n);
}

bool llm_anthropic_event(struct reply_build *b, struct str name, struct str data)
{
    yyjson_val *root = llm_event_json(b, data);
    struct str type = json_get_str(root, "type");
    (void)name; /* repeats the type */
    if (!root)
        return true;
    if (str_eqc(type, "error") || yyjson_obj_get(root, "error")) {
        struct api_error e = llm_api_error(root);
        llm_classify_error(b, 200, &e);
        b->fault->maybe_paid = true;
        return false;
    }
    if (str_eqc(type, "message_start")) {
        anthropic_message(b, json_get_obj(root, "message"));
    } else if (str_eqc(type, "content_block_start")) {
        anthropic_block(b, json_get_obj(root, "content_block"));
    } else if (str_eqc(type, "content_block_delta")) {
        anthropic_delta(b, json_get_obj(root, "delta"));
    } else if (str_eqc(type, "message_delta")) {
        yyjson_val *delta = json_get_obj(root, "delta");
        anthropic_usage(&b->reply->usage, json_get_obj(root, "usage"));
        anthropic_message(b, delta);
    } else if (str_eqc(type, "message_stop")) {
        b->ended = true;
    }
    return true;
}
