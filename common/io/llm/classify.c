/* Errors of providers to faults: by HTTP status, then the code, then the type, then words of the message. The rows are
 * tried in order and the first that fits wins; what fits none goes by its status alone. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/utf8.h"
#include "io/curl/fetch.h"
#include "io/llm/reply_int.h"

#define MESSAGE_BYTES 150

enum rule_where { RULE_CODE, RULE_TYPE, RULE_WORDS };

struct rule {
    int status; /* 0: any */
    enum rule_where where;
    const char *text;
    enum llm_fault_kind kind;
};

static const struct rule rules[] = {
    /* money */
    {0, RULE_CODE, "insufficient_quota", LLM_FAULT_QUOTA},
    {0, RULE_TYPE, "insufficient_quota", LLM_FAULT_QUOTA},
    {0, RULE_CODE, "enforced_spend_limit_reached", LLM_FAULT_QUOTA},
    {0, RULE_CODE, "billing_hard_limit_reached", LLM_FAULT_QUOTA},
    {0, RULE_CODE, "billing_not_active", LLM_FAULT_QUOTA},
    {0, RULE_TYPE, "billing_error", LLM_FAULT_QUOTA},
    {400, RULE_WORDS, "api usage limits", LLM_FAULT_QUOTA},
    {400, RULE_WORDS, "credit balance is too low", LLM_FAULT_QUOTA},
    {429, RULE_WORDS, "exceeded your current quota", LLM_FAULT_QUOTA},
    /* size */
    {429, RULE_WORDS, "request too large", LLM_FAULT_OVER_LIMIT},
    {0, RULE_CODE, "context_length_exceeded", LLM_FAULT_CONTEXT},
    {0, RULE_TYPE, "exceed_context_size_error", LLM_FAULT_CONTEXT},
    {0, RULE_CODE, "max_tokens_per_request", LLM_FAULT_CONTEXT},
    {0, RULE_CODE, "string_above_max_length", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "maximum context length", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "maximum input length", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "context window", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "context limit", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "available context size", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "prompt is too long", LLM_FAULT_CONTEXT},
    {400, RULE_WORDS, "input is too long", LLM_FAULT_CONTEXT},
    {413, RULE_WORDS, "must have less than", LLM_FAULT_CONTEXT},
    /* filters */
    {0, RULE_CODE, "content_filter", LLM_FAULT_FILTERED},
    {0, RULE_CODE, "content_policy_violation", LLM_FAULT_FILTERED},
    {0, RULE_CODE, "invalid_prompt", LLM_FAULT_FILTERED},
    {400, RULE_WORDS, "content management policy", LLM_FAULT_FILTERED},
    /* structured output the server does not offer: one rung down */
    {0, RULE_CODE, "invalid_json_schema", LLM_FAULT_SCHEMA},
    {0, RULE_WORDS, "schema is too complex", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "response_format", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "json_schema", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "json_object", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "output_config", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "output_format", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "structured output", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "tool_choice", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "support tools", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "tool use", LLM_FAULT_SCHEMA},
    {400, RULE_WORDS, "grammar", LLM_FAULT_SCHEMA},
    {422, RULE_WORDS, "response_format", LLM_FAULT_SCHEMA},
    {422, RULE_WORDS, "json_schema", LLM_FAULT_SCHEMA},
    {501, RULE_TYPE, "not_supported_error", LLM_FAULT_SCHEMA},
    /* fields it does not know */
    {0, RULE_CODE, "unsupported_parameter", LLM_FAULT_PARAMETER},
    {0, RULE_CODE, "unsupported_value", LLM_FAULT_PARAMETER},
    {0, RULE_CODE, "unknown_parameter", LLM_FAULT_PARAMETER},
    {400, RULE_WORDS, "extra inputs are not permitted", LLM_FAULT_PARAMETER},
    {400, RULE_WORDS, "unrecognized request argument", LLM_FAULT_PARAMETER},
    {400, RULE_WORDS, "temperature", LLM_FAULT_PARAMETER},
    {400, RULE_WORDS, "max_completion_tokens' instead", LLM_FAULT_PARAMETER},
    {400, RULE_WORDS, "dimensions", LLM_FAULT_PARAMETER},
    {422, RULE_WORDS, "extra inputs are not permitted", LLM_FAULT_PARAMETER},
    /* models */
    {0, RULE_CODE, "model_not_found", LLM_FAULT_NO_MODEL},
    {0, RULE_CODE, "DeploymentNotFound", LLM_FAULT_NO_MODEL},
    {404, RULE_WORDS, "model", LLM_FAULT_NO_MODEL},
    {404, RULE_TYPE, "not_found_error", LLM_FAULT_NO_MODEL},
    {400, RULE_WORDS, "is not a valid model", LLM_FAULT_NO_MODEL},
    /* keys, as errors inside of answers say them */
    {0, RULE_CODE, "invalid_api_key", LLM_FAULT_BAD_KEY},
    {0, RULE_TYPE, "authentication_error", LLM_FAULT_BAD_KEY},
    /* load */
    {429, RULE_TYPE, "Overloaded", LLM_FAULT_OVERLOADED},
    {0, RULE_TYPE, "overloaded_error", LLM_FAULT_OVERLOADED},
    {429, RULE_WORDS, "resource unavailable", LLM_FAULT_OVERLOADED},
    {503, RULE_WORDS, "slow down", LLM_FAULT_SLOW_DOWN},
    {503, RULE_WORDS, "loading", LLM_FAULT_LOADING},
    {503, RULE_TYPE, "unavailable_error", LLM_FAULT_LOADING},
    {503, RULE_WORDS, "overloaded", LLM_FAULT_OVERLOADED},
    {503, RULE_WORDS, "busy", LLM_FAULT_OVERLOADED},
};

struct status_row {
    int status;
    enum llm_fault_kind kind;
};

static const struct status_row status_rows[] = {
    {400, LLM_FAULT_BAD_REQUEST},   {401, LLM_FAULT_BAD_KEY},     {402, LLM_FAULT_QUOTA},
    {403, LLM_FAULT_FORBIDDEN},     {404, LLM_FAULT_NO_ROUTE},    {405, LLM_FAULT_NO_ROUTE},
    {407, LLM_FAULT_NO_CONNECTION}, {408, LLM_FAULT_CONFLICT},    {409, LLM_FAULT_CONFLICT},
    {413, LLM_FAULT_BODY_SIZE},     {422, LLM_FAULT_BAD_REQUEST}, {424, LLM_FAULT_SERVER},
    {425, LLM_FAULT_CONFLICT},      {429, LLM_FAULT_RATE_LIMIT},  {498, LLM_FAULT_OVERLOADED},
    {501, LLM_FAULT_BAD_REQUEST},   {529, LLM_FAULT_OVERLOADED},
};

/* The status an error inside of an answer would have had. */
static const struct {
    const char *type;
    int status;
} type_rows[] = {
    {"rate_limit_error", 429}, {"rate_limit_exceeded", 429}, {"tokens", 429},
    {"requests", 429},         {"insufficient_quota", 429},  {"overloaded_error", 529},
    {"api_error", 500},        {"server_error", 500},        {"authentication_error", 401},
    {"permission_error", 403}, {"not_found_error", 404},     {"request_too_large", 413},
    {"timeout_error", 504},    {"billing_error", 402},       {"invalid_request_error", 400},
    {"conflict_error", 409},
};

/* What a person is told first. */
static const char *const leads[LLM_FAULT_COUNT] = {
    [LLM_FAULT_RATE_LIMIT] = "the rate limit is reached",
    [LLM_FAULT_QUOTA] = "the account has no money or quota left",
    [LLM_FAULT_BAD_KEY] = "the key is not accepted",
    [LLM_FAULT_FORBIDDEN] = "the key may not do this",
    [LLM_FAULT_NO_MODEL] = "the model does not exist there, or the key may not use it",
    [LLM_FAULT_NO_ROUTE] = "there is no such address; check the base URL",
    [LLM_FAULT_CONTEXT] = "the request is longer than the model's context",
    [LLM_FAULT_OVER_LIMIT] = "the request alone is larger than the rate limit",
    [LLM_FAULT_BODY_SIZE] = "the request is too large",
    [LLM_FAULT_SCHEMA] = "this way of structured output is not supported",
    [LLM_FAULT_PARAMETER] = "a parameter is not supported",
    [LLM_FAULT_FILTERED] = "the content filter refused the request",
    [LLM_FAULT_BAD_REQUEST] = "the request was refused",
    [LLM_FAULT_CONFLICT] = "the server asks to try again",
    [LLM_FAULT_OVERLOADED] = "the server is overloaded",
    [LLM_FAULT_SLOW_DOWN] = "the server asks to slow down",
    [LLM_FAULT_LOADING] = "the model is still loading",
    [LLM_FAULT_SERVER] = "the server failed",
    [LLM_FAULT_NO_CONNECTION] = "the proxy wants a login",
};

struct api_error llm_api_error(yyjson_val *root)
{
    struct api_error e = {0};
    yyjson_val *v = yyjson_obj_get(root, "error");
    if (yyjson_is_str(v)) {
        e.there = true;
        e.message = json_str(v);
        e.type = json_get_str(root, "error_type");
        return e;
    }
    bool flat = !yyjson_is_obj(v) && (json_get_str(root, "message").n || json_get_str(root, "detail").n) &&
                !yyjson_obj_get(root, "choices") && !yyjson_obj_get(root, "content");
    yyjson_val *o = yyjson_is_obj(v) ? v : flat ? root : NULL;
    if (!o)
        return e;
    yyjson_val *code = yyjson_obj_get(o, "code");
    yyjson_val *details = json_get_obj(o, "details");
    e.there = true;
    e.message = json_get_str(o, "message").n ? json_get_str(o, "message") : json_get_str(o, "detail");
    e.type = json_get_str(o, "type");
    e.param = json_get_str(o, "param");
    e.code = json_str(code);
    if (yyjson_is_int(code) && yyjson_get_int(code) >= 100 && yyjson_get_int(code) < 600)
        e.status = (int)yyjson_get_int(code);
    uint64_t n;
    if (e.code.n == 3 && str_to_u64(e.code, &n) && n >= 100 && n < 600)
        e.status = (int)n;
    if (json_get_str(details, "error_code").n)
        e.code = json_get_str(details, "error_code");
    return e;
}

static bool rule_fits(const struct rule *r, int status, const struct api_error *e)
{
    if (r->status && r->status != status)
        return false;
    switch (r->where) {
    case RULE_CODE:
        return str_eqc(e->code, r->text);
    case RULE_TYPE:
        return str_eqc(e->type, r->text);
    case RULE_WORDS:
        return str_ifind(e->message, str_of(r->text)) >= 0;
    }
    return false;
}

/* "Limit 200000, ... Requested 480002": a request that can never pass. */
static bool never_fits(struct str message)
{
    ptrdiff_t l = str_ifind(message, STR("Limit ")), r = str_ifind(message, STR("Requested "));
    unsigned long long limit = 0, requested = 0;
    if (l < 0 || r < 0)
        return false;
    for (size_t i = (size_t)l + 6; i < message.n && str_is_digit(message.p[i]) && limit < 1000000000000ull; i++)
        limit = limit * 10 + (unsigned long long)(message.p[i] - '0');
    for (size_t i = (size_t)r + 10; i < message.n && str_is_digit(message.p[i]) && requested < 1000000000000ull; i++)
        requested = requested * 10 + (unsigned long long)(message.p[i] - '0');
    return limit && requested > limit;
}

static enum llm_fault_kind kind_of(int status, const struct api_error *e)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rule_fits(&rules[i], status, e))
            return rules[i].kind;
    if (status == 429 && never_fits(e->message))
        return LLM_FAULT_OVER_LIMIT;
    for (size_t i = 0; i < ARRAY_LEN(status_rows); i++)
        if (status_rows[i].status == status)
            return status_rows[i].kind;
    if (status >= 500)
        return LLM_FAULT_SERVER;
    return status >= 300 && status < 400 ? LLM_FAULT_NO_ROUTE : LLM_FAULT_BAD_REQUEST;
}

static enum llm_field field_of(const struct api_error *e)
{
    static const struct {
        const char *word;
        enum llm_field field;
    } fields[] = {
        {"max_completion_tokens", LLM_FIELD_TOKEN_LIMIT},
        {"max_tokens", LLM_FIELD_TOKEN_LIMIT},
        {"temperature", LLM_FIELD_TEMPERATURE},
        {"seed", LLM_FIELD_SEED},
        {"stream_options", LLM_FIELD_STREAM_OPTIONS},
        {"store", LLM_FIELD_STORE},
        {"prompt_cache_key", LLM_FIELD_CACHE_KEY},
        {"safety_identifier", LLM_FIELD_CACHE_KEY},
        {"developer", LLM_FIELD_DEVELOPER},
        {"dimensions", LLM_FIELD_DIMENSIONS},
        {"encoding_format", LLM_FIELD_ENCODING},
        {"cache_control", LLM_FIELD_CACHE_CONTROL},
        {"strict", LLM_FIELD_STRICT},
        {"thinking", LLM_FIELD_THINKING},
    };
    for (int pass = 0; pass < 2; pass++) {
        struct str in = pass ? e->message : e->param;
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            if (str_ifind(in, str_of(fields[i].word)) >= 0)
                return fields[i].field;
    }
    return LLM_FIELD_NONE;
}

/* A message for a person: one line, of a bounded length, without markup. */
static void plain_text(struct str in, char *out, size_t max)
{
    size_t n = 0;
    bool tag = false;
    for (size_t i = 0; i < in.n && n + 1 < max; i++) {
        unsigned char c = (unsigned char)in.p[i];
        if (c == '<')
            tag = true;
        else if (c == '>' && tag)
            tag = false;
        else if (!tag && !(c <= ' ' && (n == 0 || out[n - 1] == ' ')))
            out[n++] = c <= ' ' || c == 0x7f ? ' ' : (char)c;
    }
    while (n && (out[n - 1] == ' ' || (unsigned char)out[n - 1] >= 0xc0))
        n--;
    out[n] = '\0';
    out[utf8_valid_prefix((struct str){.p = out, .n = n})] = '\0';
}

static int64_t wait_in_words(struct str message)
{
    ptrdiff_t at = str_ifind(message, STR("try again in "));
    if (at < 0)
        return LLM_RETRY_UNKNOWN;
    size_t from = (size_t)at + 13, to = from;
    while (to < message.n && (str_is_alnum(message.p[to]) ||
                              (message.p[to] == '.' && to + 1 < message.n && str_is_digit(message.p[to + 1]))))
        to++;
    return llm_duration_ms(str_sub(message, from, to));
}

/* "You will regain access on 2026-09-01 at 00:00 UTC", from the answer's own time on. */
static int64_t wait_until_date(struct str message, struct str head)
{
    ptrdiff_t at = str_ifind(message, STR("regain access on "));
    char text[24], date[40];
    struct tm then = {0}, now = {0};
    struct str sent = fetch_header(head, "date");
    if (at < 0 || message.n - (size_t)at < 17 + 19 || !sent.n || sent.n >= sizeof(date))
        return LLM_RETRY_UNKNOWN;
    snprintf(text, sizeof(text), "%.19s", message.p + at + 17);
    snprintf(date, sizeof(date), STR_FMT, STR_ARG(sent));
    if (!strptime(text, "%Y-%m-%d at %H:%M", &then) || !strptime(date, "%a, %d %b %Y %H:%M:%S", &now))
        return LLM_RETRY_UNKNOWN;
    int64_t wait_s = (int64_t)timegm(&then) - (int64_t)timegm(&now);
    return wait_s > 0 ? MIN(wait_s * 1000, LLM_RETRY_AFTER_MAX_MS) : LLM_RETRY_UNKNOWN;
}

void llm_fault_finish(const struct reply_build *b)
{
    struct llm_fault *f = b->fault;
    struct str should = fetch_header(b->raw->head, "x-should-retry");
    if (f->retry_after_ms < 0)
        f->retry_after_ms = b->reply->limits.retry_after_ms;
    if (str_eqc(should, "true"))
        f->retryable = true;
    if (str_eqc(should, "false"))
        f->retryable = false;
    llm_redact(b->e, f->sentence);
    llm_redact(b->e, f->code);
}

int llm_classify_error(const struct reply_build *b, int status, const struct api_error *e)
{
    struct llm_fault *f = b->fault;
    char words[MESSAGE_BYTES];
    if (status < 300 && e->status)
        status = e->status;
    for (size_t i = 0; status < 300 && i < ARRAY_LEN(type_rows); i++)
        if (str_eqc(e->type, type_rows[i].type) || str_eqc(e->code, type_rows[i].type))
            status = type_rows[i].status;
    if (status < 300)
        status = 500;
    enum llm_fault_kind kind = kind_of(status, e);
    plain_text(e->message, words, sizeof(words));
    llm_fault_set(f, kind, "%s: %s%s%s (HTTP %d)", b->e->name, leads[kind] ? leads[kind] : llm_fault_slug(kind),
                  words[0] ? ": " : "", words, b->raw->status);
    f->status = b->raw->status;
    snprintf(f->code, sizeof(f->code), STR_FMT, STR_ARG(e->code.n ? e->code : e->type));
    if (kind == LLM_FAULT_PARAMETER)
        f->field = field_of(e);
    if (kind == LLM_FAULT_PARAMETER &&
        f->field == LLM_FIELD_NONE) /* nothing to leave out: the same again fails again */
        f->retryable = false;
    f->retry_after_ms = b->reply->limits.retry_after_ms;
    if (f->retry_after_ms < 0)
        f->retry_after_ms = wait_in_words(e->message);
    if (f->retry_after_ms < 0)
        f->retry_after_ms = wait_until_date(e->message, b->raw->head);
    llm_fault_finish(b);
    return -1;
}

int llm_classify_text(const struct reply_build *b)
{
    struct llm_fault *f = b->fault;
    const struct llm_raw *raw = b->raw;
    struct str body = str_trim(raw->body);
    bool page = body.n && body.p[0] == '<';
    struct str type = fetch_header(raw->head, "content-type");
    char words[MESSAGE_BYTES];
    page = page || str_istarts(type, "text/html");
    if (raw->status >= 300 && !(page && raw->status < 500 && raw->status != 401 && raw->status != 403 &&
                                raw->status != 407 && raw->status != 429 && raw->status != 413)) {
        struct api_error e = {.there = true};
        if (!page)
            e.message = str_sub(body, 0, MIN(body.n, (size_t)512));
        return llm_classify_error(b, raw->status, &e);
    }
    plain_text(str_sub(body, 0, MIN(body.n, (size_t)2048)), words, 60);
    if (page)
        llm_fault_set(f, LLM_FAULT_NOT_API,
                      "%s: a web page came back instead of an answer; check the base URL and the proxy (HTTP %d)",
                      b->e->name, raw->status);
    else if (!body.n)
        llm_fault_set(f, LLM_FAULT_MALFORMED, "%s: the answer is empty (HTTP %d)", b->e->name, raw->status);
    else
        llm_fault_set(f, LLM_FAULT_MALFORMED, "%s: the answer is not JSON (HTTP %d, %zu bytes)", b->e->name,
                      raw->status, body.n);
    f->status = raw->status;
    llm_fault_finish(b);
    return -1;
}

struct end_row {
    enum llm_fault_kind kind;
    const char *words;
};

static const struct end_row end_rows[FETCH_END_COUNT] = {
    [FETCH_END_UNRESOLVED] = {LLM_FAULT_NO_HOST, "there is no such host"},
    [FETCH_END_REFUSED] = {LLM_FAULT_NO_CONNECTION, "cannot connect"},
    [FETCH_END_UNTRUSTED] = {LLM_FAULT_CERTIFICATE, "TLS failed"},
    [FETCH_END_UNCONNECTED] = {LLM_FAULT_TIMEOUT_CONNECT, "no connection in time"},
    [FETCH_END_UNQUEUED] = {LLM_FAULT_TIMEOUT_QUEUE, "the call waited too long for its turn"},
    [FETCH_END_NO_BYTE] = {LLM_FAULT_TIMEOUT_FIRST, "no answer began in time"},
    [FETCH_END_SILENT] = {LLM_FAULT_TIMEOUT_SILENCE, "the answer stopped in the middle"},
    [FETCH_END_TOO_LONG] = {LLM_FAULT_TIMEOUT_TOTAL, "the call took too long"},
    [FETCH_END_BROKEN] = {LLM_FAULT_RESET, "the connection broke before an answer came"},
    [FETCH_END_CUT] = {LLM_FAULT_TRUNCATED, "the connection broke in the middle of the answer"},
    [FETCH_END_TOO_LARGE] = {LLM_FAULT_REPLY_SIZE, "the answer is larger than the limit"},
    [FETCH_END_GARBLED] = {LLM_FAULT_NOT_API, "the server does not speak HTTP; check the base URL"},
    [FETCH_END_STOPPED] = {LLM_FAULT_STOPPED, "the answer was not read to its end"},
};

/* What libcurl and OpenSSL say of a connection that nobody trusts, in words for whoever set the address. */
static const char *untrusted_words(struct str reason)
{
    static const struct {
        const char *said, *means;
    } rows[] = {
        {"wrong version number", "the server does not speak TLS; should the base URL begin with http://?"},
        {"packet length too long", "the server does not speak TLS; should the base URL begin with http://?"},
        {"does not match", "the certificate is another host's; check the base URL"},
        {"certificate", "the certificate does not verify; is it a private authority's (llm.ca_file)?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_ifind(reason, str_of(rows[i].said)) >= 0)
            return rows[i].means;
    return NULL;
}

int llm_classify_end(const struct reply_build *b)
{
    const struct end_row *row = &end_rows[b->raw->end];
    const char *better = b->raw->end == FETCH_END_UNTRUSTED ? untrusted_words(b->raw->reason) : NULL;
    struct llm_fault *f = b->fault;
    char words[MESSAGE_BYTES];
    plain_text(b->raw->reason, words, sizeof(words));
    llm_fault_set(f, row->kind, "%s: %s%s%s", b->e->name, better ? better : row->words, words[0] ? ": " : "", words);
    f->status = b->raw->status;
    f->maybe_paid = b->raw->sent;
    llm_fault_finish(b);
    return -1;
}
