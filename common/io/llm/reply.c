/* Reading an answer: what kind of text it is, then the provider's reader. Streams and whole answers are told apart by
 * their first bytes, not by what was asked for: gateways turn one into the other. */
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"
#include "io/curl/fetch.h"
#include "io/llm/reply_int.h"
#include "io/llm/sse.h"

#define TEXT_MAX_BYTES ((size_t)8 << 20)

const char *llm_finish_name(enum llm_finish f)
{
    static const char *const names[] = {"none", "stop", "length", "tool", "content_filter", "refusal", "other"};
    return names[f];
}

/* The journal's form: a line of numbers, then head, body and reason. */

static bool head_kept(struct str line)
{
    static const char *const kept[] = {"content-type:",        "date:",         "retry-after", "x-ratelimit-",
                                       "anthropic-ratelimit-", "x-request-id:", "request-id:", "x-should-retry:",
                                       "apim-request-id:"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (str_istarts(line, kept[i]))
            return true;
    return false;
}

void llm_raw_pack(const struct llm_raw *raw, struct buf *out)
{
    struct str head = raw->head, line;
    size_t head_n = 0;
    while (str_next_line(&head, &line))
        head_n += head_kept(line) ? line.n + 1 : 0;
    buf_addf(out, "llm%d %d %d %d %zu %zu %zu\n", LLM_RAW_VERSION, raw->end, raw->status, raw->sent, head_n,
             raw->body.n, raw->reason.n);
    head = raw->head;
    while (str_next_line(&head, &line)) {
        if (!head_kept(line))
            continue;
        buf_add(out, line.p, line.n);
        buf_addc(out, '\n');
    }
    buf_add(out, raw->body.p, raw->body.n);
    buf_add(out, raw->reason.p, raw->reason.n);
}

int llm_raw_unpack(struct str data, struct llm_raw *ret, struct err *err)
{
    struct str rest = data, line, field;
    uint64_t v[6];
    *ret = (struct llm_raw){0};
    if (!str_starts(data, "llm1 ") || !memchr(data.p, '\n', MIN(data.n, (size_t)200)) || !str_next_line(&rest, &line))
        return err_set(err, ERR_CORRUPT, "the stored answer has an unknown form");
    line = str_sub(line, 5, line.n);
    for (size_t i = 0; i < ARRAY_LEN(v); i++)
        if (!str_next_field(&line, ' ', &field) || !str_to_u64(field, &v[i]))
            return err_set(err, ERR_CORRUPT, "the stored answer has a damaged head");
    if (v[0] >= FETCH_END_COUNT || v[1] > 999 || v[2] > 1 || v[3] > rest.n || v[4] > rest.n - v[3] ||
        v[5] != rest.n - v[3] - v[4])
        return err_set(err, ERR_CORRUPT, "the stored answer is not whole");
    *ret = (struct llm_raw){.end = (int)v[0],
                            .status = (int)v[1],
                            .sent = v[2] == 1,
                            .head = str_sub(rest, 0, v[3]),
                            .body = str_sub(rest, v[3], v[3] + v[4]),
                            .reason = str_sub(rest, v[3] + v[4], rest.n)};
    return 0;
}

/* Reading */

int llm_reply_malformed(struct reply_build *b, const char *what)
{
    llm_fault_set(b->fault, LLM_FAULT_MALFORMED, "%s: the answer %s (HTTP %d)", b->e->name, what, b->raw->status);
    b->fault->status = b->raw->status;
    llm_fault_finish(b);
    return -1;
}

yyjson_val *llm_event_json(struct reply_build *b, struct str data)
{
    yyjson_val *root;
    return json_parse(b->arena, data, &root, NULL, NULL) == 0 && yyjson_is_obj(root) ? root : NULL;
}

static int reply_stream(struct reply_build *b)
{
    struct sse s = sse_over(b->raw->body, b->arena);
    struct str name, data;
    size_t events = 0;
    while (sse_next(&s, &name, &data)) {
        bool ok = b->e->provider == LLM_PROVIDER_ANTHROPIC ? llm_anthropic_event(b, name, data)
                                                           : llm_openai_event(b, name, data);
        if (!ok)
            return -1;
        events++;
    }
    if (s.failed)
        return llm_reply_malformed(b, "holds an event that is too large");
    if (b->ended)
        return 0;
    llm_fault_set(b->fault, LLM_FAULT_TRUNCATED, "%s: the stream ended before its end (%zu events)", b->e->name,
                  events);
    b->fault->status = b->raw->status;
    b->fault->maybe_paid = true;
    llm_fault_finish(b);
    return -1;
}

static bool reply_take(struct reply_build *b, const struct buf *from, struct str *to)
{
    if (!from->len)
        return !buf_failed(from);
    char *p = buf_failed(from) ? NULL : arena_strndup(b->arena, from->data, from->len);
    *to = (struct str){.p = p ? p : "", .n = p ? from->len : 0};
    return p != NULL;
}

static bool reply_collect(struct reply_build *b)
{
    struct llm_reply *r = b->reply;
    r->is_tool = b->tool.len > 0;
    if (!reply_take(b, r->is_tool ? &b->tool : &b->text, &r->text) || !reply_take(b, &b->thinking, &r->thinking) ||
        !reply_take(b, &b->refusal, &r->refusal))
        return false;
    if (r->refusal.n && r->finish != LLM_FINISH_FILTER)
        r->finish = LLM_FINISH_REFUSAL;
    return true;
}

static int reply_whole(struct reply_build *b, const struct llm_expect *expect, struct str body)
{
    yyjson_val *root;
    struct err err;
    int rc = json_parse(b->arena, body, &root, NULL, &err);
    if (rc == -ERR_MEMORY)
        return llm_reply_malformed(b, "needs more memory to read than its limit");
    if (rc < 0 && b->raw->status < 300)
        return llm_reply_malformed(b, "is cut or is not JSON");
    if (rc < 0)
        return llm_classify_text(b);
    struct api_error e = llm_api_error(root);
    if (b->raw->status >= 300 || e.there)
        return llm_classify_error(b, b->raw->status, &e);
    if (expect->kind == LLM_CALL_EMBED)
        return llm_embed_whole(b, root, expect);
    return b->e->provider == LLM_PROVIDER_ANTHROPIC ? llm_anthropic_whole(b, root) : llm_openai_whole(b, root);
}

static int reply_read(struct reply_build *b, const struct llm_expect *expect)
{
    const struct llm_raw *raw = b->raw;
    if (raw->end != FETCH_END_DONE)
        return llm_classify_end(b);
    struct str body = str_trim(raw->body);
    if (str_starts(body, "\xef\xbb\xbf"))
        body = str_trim(str_sub(body, 3, body.n));
    if (!body.n || (body.p[0] != '{' && body.p[0] != 'd' && body.p[0] != 'e' && body.p[0] != ':' && body.p[0] != 'i'))
        return llm_classify_text(b);
    if (body.p[0] == '{')
        return reply_whole(b, expect, body);
    bool stream =
        str_starts(body, "data:") || str_starts(body, "event:") || str_starts(body, "id:") || body.p[0] == ':';
    return stream && raw->status < 300 ? reply_stream(b) : llm_classify_text(b);
}

int llm_reply_parse(const struct llm_endpoint *e, const struct llm_raw *raw, const struct llm_expect *expect,
                    struct arena *a, struct llm_reply *ret, struct llm_fault *fault)
{
    struct reply_build b = {.e = e, .raw = raw, .arena = a, .reply = ret, .fault = fault};
    static const struct str none = {.p = "", .n = 0};
    memset(ret, 0, sizeof(*ret));
    memset(fault, 0, sizeof(*fault));
    fault->retry_after_ms = LLM_RETRY_UNKNOWN;
    ret->text = ret->thinking = ret->refusal = ret->id = ret->model = ret->tier = none;
    buf_init(&b.text, TEXT_MAX_BYTES);
    buf_init(&b.tool, TEXT_MAX_BYTES);
    buf_init(&b.thinking, TEXT_MAX_BYTES);
    buf_init(&b.refusal, TEXT_MAX_BYTES);
    llm_limits_parse(e->provider, raw->head, &ret->limits);
    ret->request_id = fetch_header(raw->head, "x-request-id");
    if (!ret->request_id.n)
        ret->request_id = fetch_header(raw->head, "request-id");
    int rc = reply_read(&b, expect);
    if (!reply_collect(&b) && rc == 0)
        rc = llm_reply_malformed(&b, "is larger than its limit");
    buf_fini(&b.text);
    buf_fini(&b.tool);
    buf_fini(&b.thinking);
    buf_fini(&b.refusal);
    return rc;
}
