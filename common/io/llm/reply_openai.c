/* Chat Completions, whole and streamed, of OpenAI and everything that speaks its format. Everything but `choices` may
 * be missing. */
#include <string.h>
#include "io/llm/reply_int.h"

static enum llm_finish openai_finish(struct str s)
{
    static const struct {
        const char *name;
        enum llm_finish finish;
    } rows[] = {{"stop", LLM_FINISH_STOP},
                {"length", LLM_FINISH_LENGTH},
                {"tool_calls", LLM_FINISH_TOOL},
                {"function_call", LLM_FINISH_TOOL},
                {"content_filter", LLM_FINISH_FILTER}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eqc(s, rows[i].name))
            return rows[i].finish;
    return s.n ? LLM_FINISH_OTHER : LLM_FINISH_NONE;
}

static int64_t count(yyjson_val *obj, const char *key)
{
    int64_t v = json_get_int(obj, key, 0);
    return v > 0 && v < (int64_t)1 << 40 ? v : 0;
}

static void openai_usage(struct llm_usage *u, yyjson_val *v)
{
    if (!yyjson_is_obj(v))
        return;
    yyjson_val *in = json_get_obj(v, "prompt_tokens_details"), *out = json_get_obj(v, "completion_tokens_details");
    u->known = true;
    u->input = count(v, "prompt_tokens");
    u->output = count(v, "completion_tokens");
    u->cached_read = MIN(count(in, "cached_tokens"), u->input);
    u->cache_write = MIN(count(in, "cache_write_tokens"), u->input - u->cached_read);
    u->reasoning = count(out, "reasoning_tokens");
}

static struct str keep(struct reply_build *b, struct str s)
{
    char *p = arena_strndup(b->arena, s.p, s.n);
    return (struct str){.p = p ? p : "", .n = p ? s.n : 0};
}

static void openai_ids(struct reply_build *b, yyjson_val *root)
{
    struct llm_reply *r = b->reply;
    if (!r->id.n)
        r->id = keep(b, json_get_str(root, "id"));
    if (!r->model.n)
        r->model = keep(b, json_get_str(root, "model"));
    if (json_get_str(root, "service_tier").n)
        r->tier = keep(b, json_get_str(root, "service_tier"));
    openai_usage(&r->usage, yyjson_obj_get(root, "usage"));
}

static void add(struct buf *out, struct str s)
{
    buf_add(out, s.p, s.n);
}

/* A message, or the delta of one. */
static void openai_message(struct reply_build *b, yyjson_val *m)
{
    yyjson_val *content = yyjson_obj_get(m, "content"), *part;
    size_t i, n;
    add(&b->text, json_str(content));
    yyjson_arr_foreach(content, i, n, part)
    {
        add(&b->text, yyjson_is_str(part) ? json_str(part) : json_get_str(part, "text"));
        add(&b->refusal, json_get_str(part, "refusal"));
    }
    add(&b->refusal, json_get_str(m, "refusal"));
    add(&b->thinking, json_get_str(m, "reasoning_content"));
    add(&b->thinking, json_get_str(m, "reasoning"));
    yyjson_val *call = yyjson_arr_get_first(json_get_arr(m, "tool_calls"));
    if (json_get_int(call, "index", 0) != 0) /* one tool is offered; a second call of it is not read */
        return;
    yyjson_val *arguments = yyjson_obj_get(json_get_obj(call, "function"), "arguments");
    add(&b->tool, json_str(arguments));
    if (yyjson_is_obj(arguments)) { /* some servers send the object itself */
        size_t len;
        char *text = json_write(b->arena, arguments, &len);
        if (text)
            buf_add(&b->tool, text, len);
    }
}

int llm_openai_whole(struct reply_build *b, yyjson_val *root)
{
    openai_ids(b, root);
    yyjson_val *choice = yyjson_arr_get_first(json_get_arr(root, "choices"));
    if (!yyjson_is_obj(choice))
        return llm_reply_malformed(b, "has no choices");
    struct str finish = json_get_str(choice, "finish_reason");
    struct api_error inner = llm_api_error(choice);
    if (str_eqc(finish, "error") || (inner.there && yyjson_obj_get(choice, "error")))
        return llm_classify_error(b, 200, &inner);
    b->reply->finish = openai_finish(finish);
    openai_message(b, json_get_obj(choice, "message"));
    b->ended = true;
    return 0;
}

bool llm_openai_event(struct reply_build *b, struct str name, struct str data)
{
    if (str_starts(data, "[DONE]")) {
        b->ended = true;
        return true;
    }
    yyjson_val *root = llm_event_json(b, data);
    if (!root)
        return true; /* cut in its middle: the end is missed then */
    struct api_error e = llm_api_error(root);
    if (yyjson_obj_get(root, "error") || str_eqc(name, "error") || (e.there && !yyjson_obj_get(root, "choices"))) {
        llm_classify_error(b, 200, &e);
        b->fault->maybe_paid = true;
        return false;
    }
    openai_ids(b, root);
    yyjson_val *choice = yyjson_arr_get_first(json_get_arr(root, "choices"));
    if (!choice || json_get_int(choice, "index", 0) != 0)
        return true;
    yyjson_val *delta = json_get_obj(choice, "delta");
    openai_message(b, delta ? delta : json_get_obj(choice, "message"));
    struct str finish = json_get_str(choice, "finish_reason");
    if (str_eqc(finish, "error")) {
        llm_classify_error(b, 200, &e);
        return false;
    }
    if (finish.n) {
        b->reply->finish = openai_finish(finish);
        b->ended = true; /* some servers leave [DONE] out */
    }
    return true;
}
