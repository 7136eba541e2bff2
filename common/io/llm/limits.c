/* Rate-limit headers. OpenAI gives resets as durations, Anthropic as times, which are compared with the answer's own
 * Date header: the local clock may be wrong. A field that cannot be read is unknown, never 0. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "io/curl/fetch.h"
#include "io/llm/reply.h"

static const struct llm_window window_unknown = {.limit = -1, .remaining = -1, .reset_ms = -1};

static int64_t header_count(struct str head, const char *prefix, const char *what)
{
    char name[64];
    uint64_t v;
    snprintf(name, sizeof(name), "%s%s", prefix, what);
    struct str text = fetch_header(head, name);
    return str_to_u64(text, &v) && v <= INT64_MAX ? (int64_t)v : -1;
}

/* "2026-08-22T10:00:12Z", also with a fraction; seconds since 1970, -1 when it is none. */
static int64_t time_rfc3339(struct str text)
{
    char s[40];
    struct tm tm = {0};
    snprintf(s, sizeof(s), STR_FMT, (int)MIN(text.n, sizeof(s) - 1), text.p ? text.p : "");
    char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end)
        return -1;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return strcmp(end, "Z") == 0 || strcmp(end, "+00:00") == 0 ? (int64_t)timegm(&tm) : -1;
}

/* "Sat, 22 Aug 2026 10:00:12 GMT" (RFC 9110) */
static int64_t time_http(struct str text)
{
    char s[40];
    struct tm tm = {0};
    snprintf(s, sizeof(s), STR_FMT, (int)MIN(text.n, sizeof(s) - 1), text.p ? text.p : "");
    char *end = strptime(s, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return end && !*end ? (int64_t)timegm(&tm) : -1;
}

static int64_t until_ms(struct str head, int64_t at_s)
{
    int64_t now_s = time_http(fetch_header(head, "date"));
    if (at_s < 0 || now_s < 0)
        return -1;
    return at_s > now_s ? MIN((at_s - now_s) * 1000, LLM_RETRY_AFTER_MAX_MS) : 0;
}

static struct llm_window openai_window(struct str head, const char *what)
{
    struct llm_window w;
    char name[64];
    w.limit = header_count(head, "x-ratelimit-limit-", what);
    w.remaining = header_count(head, "x-ratelimit-remaining-", what);
    snprintf(name, sizeof(name), "x-ratelimit-reset-%s", what);
    w.reset_ms = llm_duration_ms(fetch_header(head, name));
    if (w.limit <= 0) /* Azure sends -1 and 0 where it has no number */
        w = window_unknown;
    return w;
}

static struct llm_window anthropic_window(struct str head, const char *what)
{
    struct llm_window w;
    char name[64];
    snprintf(name, sizeof(name), "anthropic-ratelimit-%s-", what);
    w.limit = header_count(head, name, "limit");
    w.remaining = header_count(head, name, "remaining");
    snprintf(name, sizeof(name), "anthropic-ratelimit-%s-reset", what);
    w.reset_ms = until_ms(head, time_rfc3339(fetch_header(head, name)));
    return w;
}

/* retry-after-ms (milliseconds, may have a fraction), Retry-After in seconds, Retry-After as a date. */
static int64_t retry_after(struct str head)
{
    struct str text = fetch_header(head, "retry-after-ms");
    char ms[48];
    if (text.n && text.n < 40) {
        snprintf(ms, sizeof(ms), STR_FMT "ms", STR_ARG(text));
        int64_t v = llm_duration_ms(str_of(ms));
        if (v >= 0)
            return v;
    }
    text = fetch_header(head, "retry-after");
    if (!text.n)
        return LLM_RETRY_UNKNOWN;
    int64_t v = llm_duration_ms(text);
    return v >= 0 ? v : until_ms(head, time_http(text));
}

void llm_limits_parse(enum llm_provider p, struct str head, struct llm_limits *ret)
{
    *ret = (struct llm_limits){window_unknown, window_unknown, window_unknown, window_unknown, LLM_RETRY_UNKNOWN};
    ret->retry_after_ms = retry_after(head);
    if (p == LLM_PROVIDER_ANTHROPIC) {
        ret->requests = anthropic_window(head, "requests");
        ret->tokens = anthropic_window(head, "tokens");
        ret->input_tokens = anthropic_window(head, "input-tokens");
        ret->output_tokens = anthropic_window(head, "output-tokens");
        return;
    }
    ret->requests = openai_window(head, "requests");
    ret->tokens = openai_window(head, "tokens");
    struct llm_window project = openai_window(head, "project-tokens");
    if (project.limit > 0 && (ret->tokens.limit < 0 || project.remaining < ret->tokens.remaining))
        ret->tokens = project; /* the tighter of the two */
}
