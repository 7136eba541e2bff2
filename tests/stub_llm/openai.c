/* OpenAI's Chat Completions and Embeddings: bodies in, bodies out. Shapes after the provider's API reference. */
#include "stub_llm/stub.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CACHED_MIN_TOKENS 1024 /* shorter prefixes are not cached */

static int64_t tokens(size_t bytes)
{
    return (int64_t)((bytes + 3) / 4);
}

/* Text of a message: a string, or parts of type text. */
static struct str content_text(yyjson_val *content, size_t *bytes)
{
    if (yyjson_is_str(content)) {
        *bytes += yyjson_get_len(content);
        return json_str(content);
    }
    struct str last = {.p = "", .n = 0};
    size_t i, max;
    yyjson_val *part;
    yyjson_arr_foreach(content, i, max, part)
    {
        struct str text = json_get_str(part, "text");
        *bytes += text.n;
        if (text.n > last.n)
            last = text;
    }
    return last;
}

static int refuse(const char **message, const char **code, const char *m, const char *c)
{
    *message = m;
    *code = c;
    return 400;
}

static int format_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                       const char **code)
{
    yyjson_val *format = json_get_obj(root, "response_format"), *tools = json_get_arr(root, "tools");
    struct str type = json_get_str(format, "type");
    if (str_eqc(type, "json_schema")) {
        if (sh->settings.no_schema[0] && str_eqc(ask->model, sh->settings.no_schema))
            return refuse(
                message, code,
                "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
                "unsupported_value");
        yyjson_val *schema = json_get_obj(format, "json_schema");
        ask->schema = json_get_obj(schema, "schema");
        ask->json = true;
        if (json_get_str(schema, "name").n == 0 || !ask->schema)
            return refuse(message, code, "Missing required parameter: 'response_format.json_schema'.",
                          "missing_required_parameter");
        if (json_get_bool(schema, "strict", false) && json_get_bool(ask->schema, "additionalProperties", true))
            return refuse(message, code,
                          "Invalid schema for response_format 'answer': In context=(), 'additionalProperties' is "
                          "required to be supplied and to be false.",
                          "invalid_json_schema");
    } else if (str_eqc(type, "json_object")) {
        ask->json = true;
    }
    yyjson_val *function = json_get_obj(yyjson_arr_get_first(tools), "function");
    if (function && yyjson_obj_get(root, "tool_choice")) {
        ask->tool = ask->json = true;
        ask->tool_name = yyjson_get_str(yyjson_obj_get(function, "name"));
        ask->schema = json_get_obj(function, "parameters");
    }
    return 0;
}

static int embeddings_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                           const char **code)
{
    yyjson_val *input = yyjson_obj_get(root, "input"), *one;
    size_t i, max;
    ask->inputs = input;
    ask->dimensions = json_get_int(root, "dimensions", 1536);
    ask->base64 = str_eqc(json_get_str(root, "encoding_format"), "base64");
    if (ask->dimensions < 1 || ask->dimensions > STUB_DIMENSIONS_MAX)
        return refuse(message, code, "Invalid value for 'dimensions'.", "invalid_value");
    if (yyjson_is_str(input)) {
        ask->input_tokens = tokens(yyjson_get_len(input));
        return yyjson_get_len(input) ? 0
                                     : refuse(message, code, "Invalid 'input': input cannot be an empty string.", NULL);
    }
    if (!yyjson_is_arr(input) || yyjson_arr_size(input) == 0 || yyjson_arr_size(input) > STUB_EMBED_MAX)
        return refuse(message, code, "Invalid 'input': an array of 1 to 2048 strings.", NULL);
    yyjson_arr_foreach(input, i, max, one)
    {
        if (!yyjson_is_str(one) || yyjson_get_len(one) == 0)
            return refuse(message, code, "Invalid 'input': input cannot be an empty string.", NULL);
        if (sh->settings.poison[0] && str_find(json_str(one), str_of(sh->settings.poison)) >= 0)
            return refuse(message, code, "Invalid 'input': a text was refused.", "invalid_value");
        if (tokens(yyjson_get_len(one)) > 8192)
            return refuse(message, code, "Invalid 'input[0]': maximum input length is 8192 tokens.", NULL);
        ask->input_tokens += tokens(yyjson_get_len(one));
    }
    return 0;
}

int stub_openai_read(yyjson_val *root, struct stub_shared *sh, struct stub_ask *ask, const char **message,
                     const char **code)
{
    ask->model = json_get_str(root, "model");
    ask->stream = json_get_bool(root, "stream", false);
    ask->stream_usage = json_get_bool(json_get_obj(root, "stream_options"), "include_usage", false);
    if (ask->model.n == 0)
        return refuse(message, code, "you must provide a model parameter", NULL);
    if (ask->embeddings)
        return embeddings_read(root, sh, ask, message, code);
    yyjson_val *messages = json_get_arr(root, "messages"), *one;
    if (!messages || yyjson_arr_size(messages) == 0)
        return refuse(message, code, "Missing required parameter: 'messages'.", "missing_required_parameter");
    ask->max_tokens = json_get_int(root, "max_completion_tokens", json_get_int(root, "max_tokens", 4096));
    struct str prefix = STR("");
    size_t i, max, bytes = 0, prefix_bytes = 0;
    yyjson_arr_foreach(messages, i, max, one)
    {
        struct str role = json_get_str(one, "role"), text = content_text(yyjson_obj_get(one, "content"), &bytes);
        if (role.n == 0)
            return refuse(message, code, "Missing required parameter: 'messages[0].role'.",
                          "missing_required_parameter");
        if (i == 0)
            prefix = text, prefix_bytes = bytes;
        if (str_eqc(role, "user") && text.n > ask->user.n)
            ask->user = text;
    }
    ask->input_tokens = tokens(bytes) + 4 * (int64_t)yyjson_arr_size(messages);
    if (tokens(prefix_bytes) >= CACHED_MIN_TOKENS && stub_prefix_seen(sh, stub_hash(prefix.p, prefix.n, 0)))
        ask->cached_tokens = tokens(prefix_bytes) / 128 * 128;
    int status = format_read(root, sh, ask, message, code);
    ask->input_tokens += tokens(stub_schema_bytes(ask->schema));
    return status;
}

static void usage_write(const struct stub_ask *ask, struct buf *out)
{
    buf_addf(out,
             "{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld,\"prompt_tokens_details\":{"
             "\"cached_tokens\":%lld,\"audio_tokens\":0},"
             "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":"
             "0,\"rejected_prediction_tokens\":0}}",
             (long long)ask->input_tokens, (long long)ask->output_tokens,
             (long long)(ask->input_tokens + ask->output_tokens), (long long)ask->cached_tokens);
}

static const char *finish(const struct stub_ask *ask, enum stub_fault f)
{
    return f == STUB_FAULT_LENGTH   ? "length"
           : f == STUB_FAULT_FILTER ? "content_filter"
           : ask->tool              ? "tool_calls"
                                    : "stop";
}

static void head_write(const struct stub_ask *ask, const char *object, struct buf *out)
{
    buf_addf(out, "{\"id\":\"chatcmpl-%016llx\",\"object\":\"%s\",\"created\":1785000000,\"model\":",
             (unsigned long long)ask->hash, object);
    buf_add_json(out, ask->model.p, ask->model.n);
}

static void message_write(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out)
{
    buf_adds(out, "{\"role\":\"assistant\",\"content\":");
    if (f == STUB_FAULT_REFUSE || (ask->tool && f != STUB_FAULT_FILTER))
        buf_adds(out, "null");
    else
        buf_add_json(out, text.p, f == STUB_FAULT_FILTER ? 0 : text.n);
    buf_adds(out, f == STUB_FAULT_REFUSE ? ",\"refusal\":\"I can't help with that.\"" : ",\"refusal\":null");
    if (ask->tool && f != STUB_FAULT_REFUSE && f != STUB_FAULT_FILTER) {
        buf_addf(out, ",\"tool_calls\":[{\"id\":\"call_%08x\",\"type\":\"function\",\"function\":{\"name\":",
                 (unsigned)ask->hash);
        buf_add_json(out, ask->tool_name ? ask->tool_name : "", ask->tool_name ? strlen(ask->tool_name) : 0);
        buf_adds(out, ",\"arguments\":");
        buf_add_json(out, text.p, text.n);
        buf_adds(out, "}}]");
    }
    buf_adds(out, "}");
}

void stub_openai_whole(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out)
{
    head_write(ask, "chat.completion", out);
    buf_adds(out, ",\"choices\":[{\"index\":0,\"message\":");
    message_write(ask, text, f, out);
    buf_addf(out, ",\"logprobs\":null,\"finish_reason\":\"%s\"}]", finish(ask, f));
    if (f != STUB_FAULT_NO_USAGE) {
        buf_adds(out, ",\"usage\":");
        usage_write(ask, out);
    }
    buf_adds(out, ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\"}");
}

/* What every chunk of a stream begins with. */
static void chunk_head(const struct stub_ask *ask, struct buf *out)
{
    buf_init(out, STUB_BODY_MAX_BYTES);
    buf_adds(out, "data: ");
    head_write(ask, "chat.completion.chunk", out);
    buf_adds(out, ",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[");
}

static void chunk_end(const struct stub_ask *ask, struct buf *out)
{
    buf_adds(out, ask->stream_usage ? "],\"usage\":null}\n\n" : "]}\n\n");
    buf_addc(out, '\0');
}

void stub_openai_stream(const struct stub_ask *ask, struct str text, enum stub_fault f, struct buf *out)
{
    struct buf head;
    chunk_head(ask, &head);
    buf_add(out, head.data, head.len);
    buf_adds(out, "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,"
                  "\"finish_reason\":null}");
    chunk_end(ask, out);
    for (size_t at = 0; at < text.n && f != STUB_FAULT_REFUSE && f != STUB_FAULT_FILTER;) {
        size_t to = MIN(text.n, at + 48);
        while (to < text.n && ((unsigned char)text.p[to] & 0xC0) == 0x80)
            to++;
        buf_add(out, head.data, head.len);
        if (ask->tool) {
            buf_addf(out, "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,%s\"function\":{%s\"arguments\":",
                     at ? "" : "\"id\":\"call_1\",\"type\":\"function\",", at ? "" : "\"name\":\"answer\",");
            buf_add_json(out, text.p + at, to - at);
            buf_adds(out, "}}]},\"finish_reason\":null}");
        } else {
            buf_adds(out, "{\"index\":0,\"delta\":{\"content\":");
            buf_add_json(out, text.p + at, to - at);
            buf_adds(out, "},\"logprobs\":null,\"finish_reason\":null}");
        }
        chunk_end(ask, out);
        at = to;
    }
    buf_add(out, head.data, head.len);
    buf_addf(out, "{\"index\":0,\"delta\":{%s},\"logprobs\":null,\"finish_reason\":\"%s\"}",
             f == STUB_FAULT_REFUSE ? "\"refusal\":\"I can't help with that.\"" : "", finish(ask, f));
    chunk_end(ask, out);
    if (ask->stream_usage && f != STUB_FAULT_NO_USAGE) {
        buf_add(out, head.data, head.len);
        buf_adds(out, "],\"usage\":");
        usage_write(ask, out);
        buf_adds(out, "}\n\n");
        buf_addc(out, '\0');
    }
    buf_adds(out, "data: [DONE]\n\n");
    buf_addc(out, '\0');
    buf_fini(&head);
}

/* n floats, in base64 (of little-endian machines). */
static void base64_add(const float *v, size_t n, struct buf *out)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)v;
    char *text = buf_reserve(out, (n * sizeof(*v) + 2) / 3 * 4), *at = text;
    if (!text)
        return;
    size_t left = n * sizeof(*v);
    for (; left >= 3; left -= 3, p += 3, at += 4) {
        uint32_t x = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        at[0] = set[x >> 18];
        at[1] = set[x >> 12 & 63];
        at[2] = set[x >> 6 & 63];
        at[3] = set[x & 63];
    }
    if (left) {
        uint32_t x = (uint32_t)p[0] << 16 | (left > 1 ? (uint32_t)p[1] << 8 : 0);
        *at++ = set[x >> 18];
        *at++ = set[x >> 12 & 63];
        *at++ = left > 1 ? set[x >> 6 & 63] : '=';
        *at++ = '=';
    }
    out->len += (size_t)(at - text);
    *at = '\0';
}

/* As "%.8g" writes it, for 1e-4 <= |v| < 1; to has 16 bytes. The digits are those of v * 10^k as an integer: powers of
 * ten up to 22 are exact in a double, and so is a float. */
static size_t float_write(double v, char *to)
{
    char *at = to, digits[8];
    int zeros = 0;
    double u = fabs(v), scale = 1e8;
    for (; u * scale < 1e7; scale *= 10)
        zeros++;
    uint32_t x = (uint32_t)llrint(u * scale);
    if (x >= 100000000) /* rounded up to the next power of ten */
        return (size_t)snprintf(to, 16, "%.8g", v);
    for (int i = 7; i >= 0; i--, x /= 10)
        digits[i] = (char)('0' + x % 10);
    size_t n = sizeof(digits);
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (v < 0)
        *at++ = '-';
    *at++ = '0';
    *at++ = '.';
    memset(at, '0', 3);
    memcpy(at + zeros, digits, n);
    return (size_t)(at - to) + (size_t)zeros + n;
}

#define DECIMAL_BYTES 16 /* a sign, 0., three zeros and eight digits; or an exponent; and a comma */

static void decimals_add(const float *v, size_t n, struct buf *out)
{
    char *text = buf_reserve(out, n * DECIMAL_BYTES), *at = text;
    if (!text)
        return;
    for (size_t i = 0; i < n; i++) {
        double x = (double)v[i];
        *at++ = i ? ',' : '[';
        at += fabs(x) >= 1e-4 && fabs(x) < 1 ? float_write(x, at) : (size_t)snprintf(at, DECIMAL_BYTES, "%.8g", x);
    }
    *at++ = ']';
    *at = '\0';
    out->len += (size_t)(at - text);
}

static void embedding_write(const struct stub_ask *ask, struct str text, size_t index, uint64_t seed, struct buf *out)
{
    float v[STUB_DIMENSIONS_MAX];
    size_t n = (size_t)ask->dimensions;
    stub_vector(text, ask->dimensions, seed, v);
    buf_addf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", index ? "," : "", index);
    if (ask->base64) {
        buf_addc(out, '"');
        base64_add(v, n, out);
        buf_addc(out, '"');
    } else {
        decimals_add(v, n, out);
    }
    buf_addc(out, '}');
}

void stub_openai_embeddings(const struct stub_ask *ask, enum stub_fault f, uint64_t seed, struct buf *out)
{
    buf_adds(out, "{\"object\":\"list\",\"data\":[");
    if (yyjson_is_str(ask->inputs)) {
        embedding_write(ask, json_str(ask->inputs), 0, seed, out);
    } else {
        size_t i, max;
        yyjson_val *one;
        yyjson_arr_foreach(ask->inputs, i, max, one)
        {
            if (f == STUB_FAULT_WRONG_COUNT && i + 1 == max)
                break;
            embedding_write(ask, json_str(one), i, seed, out);
        }
    }
    buf_adds(out, "],\"model\":");
    buf_add_json(out, ask->model.p, ask->model.n);
    buf_addf(out, ",\"usage\":{\"prompt_tokens\":%lld,\"total_tokens\":%lld}}", (long long)ask->input_tokens,
             (long long)ask->input_tokens);
}
