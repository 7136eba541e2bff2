/* Bodies of requests. One writer per provider and kind; what differs between flavors is flags of their rows. */
#include "io/llm/request.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOOL_WORDS "Records the answer."

const char *llm_rung_name(enum llm_rung rung)
{
    static const char *const names[] = {"json_schema", "tool", "json_object", "plain"};
    return names[rung];
}

static int request_check(const struct llm_request *r, struct err *err)
{
    const char *name = r->schema_name ? r->schema_name : "answer";
    if (!r->model.n)
        return err_set(err, ERR_INVALID, "the call names no model");
    if (r->system_count > LLM_PARTS_MAX || r->user_count > LLM_PARTS_MAX || r->user_count == 0)
        return err_set(err, ERR_INVALID, "a prompt has 1 to %d parts", LLM_PARTS_MAX);
    if (r->max_output_tokens <= 0)
        return err_set(err, ERR_INVALID, "a call needs a limit of output tokens");
    if (!*name || strlen(name) > LLM_SCHEMA_NAME_MAX)
        return err_set(err, ERR_INVALID, "the name of a schema has 1 to %d characters", LLM_SCHEMA_NAME_MAX);
    for (const char *p = name; *p; p++)
        if (!str_is_alnum(*p) && *p != '_' && *p != '-')
            return err_set(err, ERR_INVALID, "the name of a schema holds letters, digits, _ and - only");
    return 0;
}

static int written(const struct buf *out, struct err *err)
{
    if (buf_failed(out))
        return err_set(err, ERR_TOO_LARGE, "the request to the model is larger than %zu bytes", out->max_bytes);
    return 0;
}

static void add_str(struct buf *out, struct str s)
{
    buf_add_json(out, s.p, s.n);
}

static bool wants(const struct llm_request *r, enum llm_field field)
{
    return !(r->omit & (unsigned)field);
}

/* Joined parts as one JSON string: in pieces, without a copy. */
static void add_joined(struct buf *out, const struct llm_part *parts, size_t n, struct str extra)
{
    buf_addc(out, '"');
    for (size_t i = 0; i <= n; i++) {
        struct str text = i < n ? parts[i].text : extra;
        if (!text.n)
            continue;
        if (i && out->data[out->len - 1] != '"')
            buf_adds(out, "\\n\\n");
        size_t at = out->len;
        add_str(out, text);
        if (buf_failed(out))
            return;
        memmove(out->data + at, out->data + at + 1, out->len - at - 1); /* its own quotes go */
        out->len -= 2;
    }
    buf_addc(out, '"');
}

/* The schema as words, for servers that do not enforce it. Ends without a NUL; borrowed from buf. */
static struct str schema_words(const struct llm_request *r, struct buf *tmp)
{
    if (!r->schema.n || r->rung < LLM_RUNG_OBJECT)
        return (struct str){.p = "", .n = 0};
    buf_adds(tmp, "Answer with one JSON object and nothing else: no explanation, no code fence. It must fit this JSON "
                  "Schema:\n");
    buf_add(tmp, r->schema.p, r->schema.n);
    return (struct str){.p = buf_str(tmp), .n = tmp->len};
}

/* OpenAI */

static void openai_format(const struct llm_request *r, unsigned flags, struct buf *out)
{
    const char *name = r->schema_name ? r->schema_name : "answer";
    const char *strict = flags & LLM_FLAG_STRICT && wants(r, LLM_FIELD_STRICT) ? ",\"strict\":true" : "";
    if (!r->schema.n)
        return;
    if (r->rung == LLM_RUNG_SCHEMA) {
        buf_addf(out,
                 ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"%s\"%s,\"schema\":", name,
                 strict);
        buf_add(out, r->schema.p, r->schema.n);
        buf_adds(out, "}}");
    } else if (r->rung == LLM_RUNG_TOOL) {
        buf_addf(out,
                 ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"%s\",\"description\":\"%s\"%s,"
                 "\"parameters\":",
                 name, TOOL_WORDS, strict);
        buf_add(out, r->schema.p, r->schema.n);
        buf_addf(out, "}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"%s\"}}", name);
    } else if (r->rung == LLM_RUNG_OBJECT) {
        buf_adds(out, ",\"response_format\":{\"type\":\"json_object\"}");
    }
}

static void openai_messages(const struct llm_request *r, unsigned flags, struct buf *out)
{
    struct buf tmp;
    bool developer = flags & LLM_FLAG_DEVELOPER && wants(r, LLM_FIELD_DEVELOPER);
    buf_init(&tmp, out->max_bytes);
    struct str words = schema_words(r, &tmp);
    buf_adds(out, ",\"messages\":[");
    if (r->system_count || words.n) {
        buf_addf(out, "{\"role\":\"%s\",\"content\":", developer ? "developer" : "system");
        add_joined(out, r->system, r->system_count, words);
        buf_adds(out, "},");
    }
    buf_adds(out, "{\"role\":\"user\",\"content\":");
    add_joined(out, r->user, r->user_count, (struct str){0});
    buf_addc(out, '}');
    if (r->previous.n || r->complaint.n) {
        buf_adds(out, ",{\"role\":\"assistant\",\"content\":");
        add_str(out, r->previous);
        buf_adds(out, "},{\"role\":\"user\",\"content\":");
        add_str(out, r->complaint);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
    buf_fini(&tmp);
}

static void add_number(struct buf *out, const char *field, double v)
{
    buf_addf(out, ",\"%s\":%.3g", field, v);
}

static void openai_write(const struct llm_endpoint *e, const struct llm_request *r, struct buf *out)
{
    const struct llm_flavor_row *row = llm_flavor_row(e->flavor);
    const char *limit = row->token_field;
    if (!wants(r, LLM_FIELD_TOKEN_LIMIT))
        limit = strcmp(limit, "max_tokens") == 0 ? "max_completion_tokens" : "max_tokens";
    buf_adds(out, "{\"model\":");
    add_str(out, r->model);
    openai_messages(r, row->flags, out);
    openai_format(r, row->flags, out);
    buf_addf(out, ",\"%s\":%d", limit, r->max_output_tokens);
    if (r->temperature >= 0 && wants(r, LLM_FIELD_TEMPERATURE))
        add_number(out, "temperature", r->temperature);
    if (r->seed >= 0 && row->flags & LLM_FLAG_SEED && wants(r, LLM_FIELD_SEED))
        buf_addf(out, ",\"seed\":%lld", (long long)r->seed);
    buf_addf(out, ",\"stream\":%s", r->stream ? "true" : "false");
    if (r->stream && row->flags & LLM_FLAG_STREAM_USAGE && wants(r, LLM_FIELD_STREAM_OPTIONS))
        buf_adds(out, ",\"stream_options\":{\"include_usage\":true}");
    if (row->flags & LLM_FLAG_STORE && wants(r, LLM_FIELD_STORE))
        buf_adds(out, ",\"store\":false");
    if (r->cache_key.n && row->flags & LLM_FLAG_CACHE_KEY && wants(r, LLM_FIELD_CACHE_KEY)) {
        buf_adds(out, ",\"prompt_cache_key\":");
        add_str(out, r->cache_key);
    }
    if (r->user_tag.n && row->flags & LLM_FLAG_CACHE_KEY && wants(r, LLM_FIELD_CACHE_KEY)) {
        buf_adds(out, ",\"safety_identifier\":");
        add_str(out, r->user_tag);
    }
    buf_addc(out, '}');
}

/* Anthropic */

static void anthropic_blocks(const struct llm_part *parts, size_t n, struct str extra, bool cache, struct buf *out)
{
    size_t stable = 0; /* parts up to the last stable one are the prefix */
    for (size_t i = 0; i < n; i++)
        if (parts[i].stable)
            stable = i + 1;
    buf_addc(out, '[');
    for (size_t i = 0, blocks = 0; i <= n; i++) {
        struct str text = i < n ? parts[i].text : extra;
        if (!text.n)
            continue;
        buf_adds(out, blocks++ ? ",{\"type\":\"text\",\"text\":" : "{\"type\":\"text\",\"text\":");
        add_str(out, text);
        if (cache && i + 1 == stable)
            buf_adds(out, ",\"cache_control\":{\"type\":\"ephemeral\"}");
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void anthropic_format(const struct llm_request *r, struct buf *out)
{
    const char *name = r->schema_name ? r->schema_name : "answer";
    if (!r->schema.n)
        return;
    if (r->rung == LLM_RUNG_SCHEMA) {
        buf_adds(out, ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":");
        buf_add(out, r->schema.p, r->schema.n);
        buf_adds(out, "}}");
    } else if (r->rung == LLM_RUNG_TOOL) {
        buf_addf(out, ",\"tools\":[{\"name\":\"%s\",\"description\":\"%s\",%s\"input_schema\":", name, TOOL_WORDS,
                 wants(r, LLM_FIELD_STRICT) ? "\"strict\":true," : "");
        buf_add(out, r->schema.p, r->schema.n);
        buf_addf(out, "}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"%s\",\"disable_parallel_tool_use\":true}",
                 name);
    }
}

static void anthropic_write(const struct llm_request *r, struct buf *out)
{
    struct buf tmp;
    bool cache = wants(r, LLM_FIELD_CACHE_CONTROL);
    buf_init(&tmp, out->max_bytes);
    struct str words = schema_words(r, &tmp);
    buf_adds(out, "{\"model\":");
    add_str(out, r->model);
    buf_addf(out, ",\"max_tokens\":%d", r->max_output_tokens);
    if (r->system_count || words.n) {
        buf_adds(out, ",\"system\":");
        anthropic_blocks(r->system, r->system_count, words, cache, out);
    }
    buf_adds(out, ",\"messages\":[{\"role\":\"user\",\"content\":");
    anthropic_blocks(r->user, r->user_count, (struct str){0}, cache, out);
    buf_addc(out, '}');
    if (r->previous.n || r->complaint.n) {
        struct str previous = r->previous.n ? r->previous : STR("(no answer)"); /* an empty turn is an error there */
        buf_adds(out, ",{\"role\":\"assistant\",\"content\":");
        add_str(out, previous);
        buf_adds(out, "},{\"role\":\"user\",\"content\":");
        add_str(out, r->complaint);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
    anthropic_format(r, out);
    if (r->temperature >= 0 && wants(r, LLM_FIELD_TEMPERATURE))
        add_number(out, "temperature", r->temperature);
    if (r->user_tag.n) {
        buf_adds(out, ",\"metadata\":{\"user_id\":");
        add_str(out, r->user_tag);
        buf_addc(out, '}');
    }
    buf_addf(out, ",\"stream\":%s}", r->stream ? "true" : "false");
    buf_fini(&tmp);
}

int llm_request_write(const struct llm_endpoint *e, const struct llm_request *r, struct buf *out, struct err *err)
{
    int rc = request_check(r, err);
    if (rc < 0)
        return rc;
    if (e->provider == LLM_PROVIDER_ANTHROPIC)
        anthropic_write(r, out);
    else
        openai_write(e, r, out);
    return written(out, err);
}

int llm_embed_write(const struct llm_endpoint *e, const struct llm_embed_request *r, struct buf *out, struct err *err)
{
    if (!*llm_provider_row(e->provider)->embed_path)
        return err_set(err, ERR_UNSUPPORTED, "%s has no embeddings", e->name);
    if (!r->model.n)
        return err_set(err, ERR_INVALID, "the call names no model");
    if (r->inputs_count == 0 || r->inputs_count > LLM_INPUTS_MAX)
        return err_set(err, ERR_INVALID, "a call embeds 1 to %d texts", LLM_INPUTS_MAX);
    buf_adds(out, "{\"model\":");
    add_str(out, r->model);
    buf_adds(out, ",\"input\":[");
    for (size_t i = 0; i < r->inputs_count; i++) {
        if (!r->inputs[i].n)
            return err_set(err, ERR_INVALID, "text %zu to embed is empty", i);
        if (i)
            buf_addc(out, ',');
        add_str(out, r->inputs[i]);
    }
    buf_addc(out, ']');
    if (r->dimensions > 0 && !(r->omit & LLM_FIELD_DIMENSIONS))
        buf_addf(out, ",\"dimensions\":%d", r->dimensions);
    /* base64 is a third of the bytes of decimals; servers that do not know it send decimals, which are read as well */
    if (!(r->omit & LLM_FIELD_ENCODING))
        buf_adds(out, ",\"encoding_format\":\"base64\"");
    buf_addc(out, '}');
    return written(out, err);
}
