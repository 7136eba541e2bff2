/* Real limits, and the headers that tell them. */
#include <math.h>
#include <stdio.h>
#include "core/clock.h"
#include "stub_llm/stub.h"

/* Limits: token buckets that hold a minute's share of one second, as providers enforce them. */
bool stub_limits_allow(struct stub_shared *sh, int64_t tokens, uint64_t *wait_ms, const char **what)
{
    struct stub_settings *s = &sh->settings;
    uint64_t now = clock_mono_us();
    bool ok = true;
    pthread_mutex_lock(&sh->lock);
    if (now < sh->held_until_us && now > sh->held_from_us)
        atomic_fetch_add(&sh->while_held, 1);
    double rcap = MAX(1.0, (double)s->requests_per_min / 60), tcap = MAX(1.0, (double)s->tokens_per_min / 60);
    double past = sh->level_at_us ? (double)(now - sh->level_at_us) : 6e7;
    sh->level_at_us = now;
    sh->level_requests = MIN(rcap, sh->level_requests + past * (double)s->requests_per_min / 6e7);
    sh->level_tokens = MIN(tcap, sh->level_tokens + past * (double)s->tokens_per_min / 6e7);
    if (s->requests_per_min && sh->level_requests < 1) {
        *wait_ms = (uint64_t)ceil((1 - sh->level_requests) * 60000 / (double)s->requests_per_min) + 1;
        *what = "requests";
        ok = false;
    } else if (s->tokens_per_min && sh->level_tokens < MIN((double)tokens, tcap)) {
        *wait_ms =
            (uint64_t)ceil((MIN((double)tokens, tcap) - sh->level_tokens) * 60000 / (double)s->tokens_per_min) + 1;
        *what = "tokens";
        ok = false;
    } else {
        sh->level_requests -= 1;
        sh->level_tokens -= (double)tokens;
    }
    uint64_t second = now / 1000000, sum = 0;
    for (uint64_t t = sh->minute_at_s + 1; sh->minute_at_s && t <= second && t <= sh->minute_at_s + 60; t++)
        sh->minute[t % 60] = 0;
    sh->minute_at_s = second;
    sh->minute[second % 60]++;
    for (int i = 0; i < 60; i++)
        sum += sh->minute[i];
    sh->minute_max = MAX(sh->minute_max, sum);
    pthread_mutex_unlock(&sh->lock);
    return ok;
}

void stub_limit_headers(struct stub_shared *sh, struct http_request *req, bool anthropic)
{
    const struct stub_settings *s = &sh->settings;
    if (!s->requests_per_min && !s->tokens_per_min)
        return;
    static const char *const names[2][2][3] = {
        {{"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"},
         {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"}},
        {{"anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", NULL},
         {"anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", NULL}}};
    for (int k = 0; k < 2; k++) {
        int64_t limit = k ? s->tokens_per_min : s->requests_per_min;
        double level = k ? sh->level_tokens : sh->level_requests;
        char text[40];
        if (!limit)
            continue;
        snprintf(text, sizeof(text), "%lld", (long long)limit);
        http_reply_header(req, names[anthropic][k][0], text);
        /* what a client may still send within the minute, not only within this instant */
        snprintf(text, sizeof(text), "%lld", (long long)MAX(0, (int64_t)level + limit - limit / 60));
        http_reply_header(req, names[anthropic][k][1], text);
        if (names[anthropic][k][2]) {
            snprintf(text, sizeof(text), "%.3fs", 1.0);
            http_reply_header(req, names[anthropic][k][2], text);
        }
    }
}
