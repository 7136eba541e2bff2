/* Anthropic's Messages: bodies in, bodies out. Shapes after the provider's API reference. Input, cache reads and cache
 * writes are disjoint here. */
#include "stub_llm/stub.h"

#include <stdio.h>
#include <string.h>

#define CACHED_MIN_TOKENS 1024

static int64_t tokens(size_t bytes)
{
    return (int64_t)((bytes + 3) / 4);
}

static int refuse(const char **message, const char **code, const char *m)
{
    *message = m;
    *code = "invalid_request_error";
    return 400;
}

struct cut {
    uint64_t hash;
    size_t bytes; /* up to the last cache_control */
};

/* Adds the text of a content value; remembers where the last breakpoint is. */
static struct str content(yyjson_val *v, size_t *bytes, uint64_t *hash, struct cut *cut)
{
    if (yyjson_is_str(v)) {
        *bytes += yyjson_get_len(v);
        *hash = stub_hash(yyjson_get_str(v), yyjson_get_len(v), *hash);
        return json_str(v);
    }
    struct str longest = {.p = "", .n = 0};
    size_t i, max;
    yyjson_val *block;
    yyjson_arr_foreach(v, i, max, block)
    {
        struct str text = json_get_str(block, "text");
        *bytes += text.n;
        *hash = stub_hash(text.p, text.n, *hash);
        if (yyjson_obj_get(block, "cache_control"))
            *cut = (struct cut){.hash = *hash, .bytes = *bytes};
        if (text.n > longest.n)
            longest = text;
    }
    return longest;
}

static int schema_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                       const char **code)
{
    yyjson_val *tool = yyjson_arr_get_first(json_get_arr(root, "tools"));
    yyjson_val *format = json_get_obj(json_get_obj(root, "output_config"), "format");
    if (!format)
        format = json_get_obj(root, "output_format");
    if (format) {
        if (sh->settings.no_schema[0] && str_eqc(ask->model, sh->settings.no_schema))
            return refuse(message, code, "output_config.format: Extra inputs are not permitted");
        ask->schema = json_get_obj(format, "schema");
        ask->json = true;
        if (!ask->schema)
            return refuse(message, code, "output_config.format.schema: Field required");
    }
    if (tool && json_get_obj(root, "tool_choice")) {
        ask->tool = ask->json = true;
        ask->tool_name = yyjson_get_str(yyjson_obj_get(tool, "name"));
        ask->schema = json_get_obj(tool, "input_schema");
        if (!ask->schema)
            return refuse(message, code, "tools.0.input_schema: Field required");
    }
    return 0;
}

int stub_anthropic_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                        const char **code)
{
    ask->anthropic = true;
    ask->model = json_get_str(root, "model");
    ask->stream = json_get_bool(root, "stream", false);
    ask->max_tokens = json_get_int(root, "max_tokens", 0);
    if (ask->model.n == 0)
        return refuse(message, code, "model: Field required");
    if (ask->max_tokens < 1)
        return refuse(message, code, "max_tokens: Field required");
    yyjson_val *messages = json_get_arr(root, "messages"), *one;
    if (!messages || yyjson_arr_size(messages) == 0)
        return refuse(message, code, "messages: at least one message is required");
    size_t i, max, bytes = 0;
    uint64_t hash = 1;
    struct cut cut = {0};
    content(yyjson_obj_get(root, "system"), &bytes, &hash, &cut);
    yyjson_arr_foreach(messages, i, max, one)
    {
        struct str text = content(yyjson_obj_get(one, "content"), &bytes, &hash, &cut);
        if (str_eqc(json_get_str(one, "role"), "user") && text.n > ask->user.n)
            ask->user = text;
    }
    int64_t all = tokens(bytes) + 4 * (int64_t)yyjson_arr_size(messages), stable = tokens(cut.bytes);
    if (stable >= CACHED_MIN_TOKENS) {
        if (stub_prefix_seen(sh, cut.hash))
            ask->cached_tokens = stable;
        else
            ask->cache_write_tokens = stable;
    }
    ask->input_tokens = all; /* in all; written below as the provider counts */
    int status = schema_read(root, sh, ask, message, code);
    ask->input_tokens += tokens(stub_schema_bytes(ask->schema));
    return status;
}

static const char *stop(const struct stub_ask *ask, enum stub_fault f)
{
    return f == STUB_FAULT_LENGTH                             ? "max_tokens"
           : f == STUB_FAULT_REFUSE || f == STUB_FAULT_FILTER ? "refusal"
           : ask->tool                                        ? "tool_use"
                                                              : "end_turn";
}

static void input_usage(const struct stub_ask *ask, struct buf *out)
{
    buf_addf(out, "\"input_tokens\":%lld,\"cache_creation_input_tokens\":%lld,\"cache_read_input_tokens\":%lld",
             (long long)(ask->input_tokens - ask->cached_tokens - ask->cache_write_tokens),
             (long long)ask->cache_write_tokens, (long long)ask->cached_tokens);
}

static void block_write(const struct stub_ask *ask, struct str text, struct buf *out)
{
    if (ask->tool) {
        buf_addf(out, "{\"type\":\"tool_use\",\"id\":\"toolu_%016llx\",\"name\":", (unsigned long long)ask->hash);
        buf_add_json(out, ask->tool_name ? ask->tool_name : "", ask->tool_name ? strlen(ask->tool_name) : 0);
        buf_adds(out, ",\"input\":");
        buf_add(out, text.p, text.n);
        buf_addc(out, '}');
    } else {
        buf_adds(out, "{\"type\":\"text\",\"text\":");
        buf_add_json(out, text.p, text.n);
        buf_addc(out, '}');
    }
}

static void head_write(const struct stub_ask *ask, struct buf *out)
{
    buf_addf(out, "{\"id\":\"msg_%016llx\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
             (unsigned long long)ask->hash);
    buf_add_json(out, ask->model.p, ask->model.n);
}

void stub_anthropic_whole(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out)
{
    head_write(ask, out);
    buf_adds(out, ",\"content\":[");
    if (f != STUB_FAULT_REFUSE && f != STUB_FAULT_FILTER)
        block_write(ask, text, out);
    buf_addf(out, "],\"stop_reason\":\"%s\",\"stop_sequence\":null", stop(ask, f));
    if (f != STUB_FAULT_NO_USAGE) {
        buf_adds(out, ",\"usage\":{");
        input_usage(ask, out);
        buf_addf(out,
                 ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":%lld,\"ephemeral_1h_input_tokens\":0},\"output_"
                 "tokens\":%lld,\"service_tier\":\"standard\"}",
                 (long long)ask->cache_write_tokens, (long long)ask->output_tokens);
    }
    buf_addc(out, '}');
}

static void event(struct buf *out, const char *name)
{
    buf_adds(out, "event: ");
    buf_adds(out, name);
    buf_adds(out, "\ndata: ");
}

static void event_end(struct buf *out)
{
    buf_adds(out, "\n\n");
    buf_addc(out, '\0');
}

void stub_anthropic_stream(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out)
{
    bool silent = f == STUB_FAULT_REFUSE || f == STUB_FAULT_FILTER;
    event(out, "message_start");
    buf_adds(out, "{\"type\":\"message_start\",\"message\":");
    head_write(ask, out);
    buf_adds(out, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{");
    input_usage(ask, out);
    buf_adds(out, ",\"output_tokens\":1}}}");
    event_end(out);
    if (!silent) {
        event(out, "content_block_start");
        if (ask->tool)
            buf_addf(out,
                     "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":"
                     "\"toolu_%08x\",\"name\":\"answer\",\"input\":{}}}",
                     (unsigned)ask->hash);
        else
            buf_adds(
                out,
                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
        event_end(out);
        event(out, "ping");
        buf_adds(out, "{\"type\":\"ping\"}");
        event_end(out);
    }
    for (size_t at = 0; at < text.n && !silent;) {
        size_t to = MIN(text.n, at + 48);
        while (to < text.n && ((unsigned char)text.p[to] & 0xC0) == 0x80)
            to++;
        event(out, "content_block_delta");
        buf_adds(out, "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":");
        buf_adds(out,
                 ask->tool ? "{\"type\":\"input_json_delta\",\"partial_json\":" : "{\"type\":\"text_delta\",\"text\":");
        buf_add_json(out, text.p + at, to - at);
        buf_adds(out, "}}");
        event_end(out);
        at = to;
    }
    if (!silent) {
        event(out, "content_block_stop");
        buf_adds(out, "{\"type\":\"content_block_stop\",\"index\":0}");
        event_end(out);
    }
    event(out, "message_delta");
    buf_addf(out,
             "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null},\"usage\":{"
             "\"output_tokens\":%lld}}",
             stop(ask, f), (long long)ask->output_tokens);
    event_end(out);
    event(out, "message_stop");
    buf_adds(out, "{\"type\":\"message_stop\"}");
    event_end(out);
}
