/* What happened, beginning anew, and settings changed live. */
#include <stdio.h>
#include <string.h>
#include "stub_llm/stub.h"

void stub_admin_page(struct http_request *req, void *ud)
{
    struct stub *s = ud;
    struct buf b;
    buf_init(&b, 65536);
    buf_addc(&b, '{');
#define X(name) buf_addf(&b, "\"" #name "\":%lld,", (long long)atomic_load(&s->sh->name));
    STUB_COUNTERS(X)
#undef X
    buf_addf(&b, "\"minute_max\":%llu}", (unsigned long long)s->sh->minute_max);
    http_reply_json(req, 200, &b);
    buf_fini(&b);
}

void stub_admin_log(struct http_request *req, void *ud)
{
    struct stub *s = ud;
    struct buf b;
    size_t n;
    buf_init(&b, (size_t)STUB_LOG_SLOTS * 96);
    for (uint32_t i = atomic_load(&s->sh->log_from); i < MIN(atomic_load(&s->sh->log_n), STUB_LOG_SLOTS); i++) {
        const struct stub_entry *e = &s->sh->log[i];
        buf_addf(&b, "%llu %llu %d %016llx %c\n", (unsigned long long)e->at_us, (unsigned long long)e->ended_us,
                 (int)e->status, (unsigned long long)e->hash, e->embeddings ? 'e' : 'c');
    }
    char *text = buf_take(&b, &n);
    buf_fini(&b);
    http_reply_take(req, 200, "text/plain", text, n);
}

void stub_admin_reset(struct http_request *req, void *ud)
{
    struct stub *s = ud;
    int64_t flying = atomic_load(&s->sh->in_flight);
#define X(name) atomic_store(&s->sh->name, 0);
    STUB_COUNTERS(X)
#undef X
    atomic_store(&s->sh->in_flight, flying);
    pthread_mutex_lock(&s->sh->lock);
    stub_seen_forget(s->sh);
    memset(s->sh->prefixes, 0, sizeof(s->sh->prefixes));
    memset(s->sh->minute, 0, sizeof(s->sh->minute));
    /* places are not used twice: a call that is out writes to its own until it ends */
    atomic_store(&s->sh->log_from, atomic_load(&s->sh->log_n));
    s->sh->minute_max = s->sh->held_until_us = 0;
    pthread_mutex_unlock(&s->sh->lock);
    stub_admin_page(req, ud);
}

static void settings_body(struct http_request *req, void *ud, struct str body)
{
    struct stub *s = ud;
    yyjson_val *root, *key, *value;
    size_t i, max;
    struct err err;
    struct stub_settings next = s->sh->settings;
    if (json_parse(http_request_arena(req), body, &root, NULL, &err) < 0) {
        http_reply_problem(req, &err);
        return;
    }
    yyjson_obj_foreach(root, i, max, key, value)
    {
        char number[32];
        struct str text = json_str(value);
        if (!yyjson_is_str(value)) {
            snprintf(number, sizeof(number), "%.17g", yyjson_get_num(value));
            text = str_of(number);
        }
        if (stub_setting(&next, json_str(key), text, &err) < 0) {
            err.code = ERR_INVALID;
            http_reply_problem(req, &err);
            return;
        }
    }
    pthread_mutex_lock(&s->sh->lock);
    s->sh->settings = next;
    pthread_mutex_unlock(&s->sh->lock);
    http_reply(req, 200, "application/json", STR("{}"));
}

void stub_admin_settings(struct http_request *req, void *ud)
{
    http_request_read_all(req, 65536, settings_body, ud);
}
