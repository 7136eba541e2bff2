/* Commands on the command connection: publishing without a callback, commands with one, scripts by their hash.
 *
 * Redis answers in order, so hiredis' own queue is all that is needed; outstanding bounds it. Callbacks of what failed
 * run in the pump. */
#include "io/redis/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- replies ---- */

static const redisReply *redis_raw(const struct redis_reply *v)
{
    return (const redisReply *)(const void *)v;
}

enum redis_type redis_reply_type(const struct redis_reply *v)
{
    switch (redis_raw(v)->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return REDIS_STRING;
    case REDIS_REPLY_INTEGER:
        return REDIS_INTEGER;
    case REDIS_REPLY_ARRAY:
        return REDIS_ARRAY;
    default:
        return REDIS_NIL;
    }
}

struct str redis_reply_str(const struct redis_reply *v)
{
    if (redis_reply_type(v) != REDIS_STRING)
        return STR("");
    return (struct str){.p = redis_raw(v)->str, .n = redis_raw(v)->len};
}

int64_t redis_reply_int(const struct redis_reply *v)
{
    if (redis_raw(v)->type == REDIS_REPLY_INTEGER)
        return redis_raw(v)->integer;
    return redis_reply_type(v) == REDIS_STRING ? strtoll(redis_raw(v)->str, NULL, 10) : 0;
}

size_t redis_reply_count(const struct redis_reply *v)
{
    return redis_raw(v)->type == REDIS_REPLY_ARRAY ? redis_raw(v)->elements : 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *v, size_t i)
{
    return (const struct redis_reply *)(const void *)redis_raw(v)->element[i];
}

enum err_code redis_error_code(const char *text)
{
    static const struct {
        const char *prefix;
        enum err_code code;
    } rows[] = {
        {"LOADING", ERR_UNAVAILABLE}, {"MASTERDOWN", ERR_UNAVAILABLE}, {"READONLY", ERR_UNAVAILABLE},
        {"BUSY", ERR_UNAVAILABLE},    {"TRYAGAIN", ERR_UNAVAILABLE},   {"CLUSTERDOWN", ERR_UNAVAILABLE},
        {"OOM", ERR_OVERLOADED},      {"NOAUTH", ERR_FORBIDDEN},       {"WRONGPASS", ERR_FORBIDDEN},
        {"NOPERM", ERR_FORBIDDEN},    {"MISCONF", ERR_STORAGE_FULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strncmp(text, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].code;
    return ERR_BUG;
}

/* ---- publishing ---- */

static void redis_on_published(redisAsyncContext *ac, void *reply, void *ud)
{
    (void)ud;
    struct redis_link *k = ac->data;
    const redisReply *v = reply;
    redis_link_answered(k);
    if (!v || v->type == REDIS_REPLY_ERROR)
        metrics_series_add(k->r->m_failed, 1);
    else
        metrics_series_add(k->r->m_sent, 1);
}

bool redis_publish(struct redis *r, struct str channel, struct str payload)
{
    struct redis_link *k = &r->command;
    const char *argv[3] = {"PUBLISH", channel.p, payload.p};
    const size_t lens[3] = {7, channel.n, payload.n};
    if (k->state != REDIS_LINK_READY || !redis_link_usable(k) || k->outstanding >= r->outstanding_max ||
        redisAsyncCommandArgv(k->ac, redis_on_published, NULL, 3, argv, lens) != REDIS_OK) {
        metrics_series_add(r->m_dropped, 1);
        return false;
    }
    redis_link_sent(k);
    return true;
}

/* ---- commands ---- */

void redis_commands_fail_due(struct redis *r)
{
    struct list *node;
    while ((node = list_shift(&r->failed))) {
        struct redis_cmd *cmd = CONTAINER_OF(node, struct redis_cmd, link);
        if (cmd->fn)
            cmd->fn(cmd->ud, NULL, &cmd->err);
        free(cmd);
    }
}

static void redis_cmd_failed(struct redis_cmd *cmd)
{
    list_append(&cmd->r->failed, &cmd->link);
    redis_pump_later(cmd->r);
}

static void redis_on_reply(redisAsyncContext *ac, void *reply, void *ud)
{
    struct redis_link *k = ac->data;
    struct redis_cmd *cmd = ud;
    const redisReply *v = reply;
    redis_link_answered(k);
    if (!v) {
        if (k->r->closed)
            err_set(&cmd->err, ERR_CANCELLED, "the connection to Redis was closed");
        else
            err_set(&cmd->err, ERR_UNAVAILABLE, "the connection to Redis was lost");
        redis_cmd_failed(cmd);
        return;
    }
    bool failed = v->type == REDIS_REPLY_ERROR;
    if (failed)
        err_set(&cmd->err, redis_error_code(v->str), "Redis: %s", v->str);
    if (cmd->fn)
        cmd->fn(cmd->ud, failed ? NULL : (const struct redis_reply *)reply, failed ? &cmd->err : NULL);
    free(cmd);
}

static int redis_send(struct redis *r, struct redis_cmd *cmd, int argc, const struct str *argv)
{
    struct redis_link *k = &r->command;
    if (r->closed)
        return err_set(&cmd->err, ERR_CANCELLED, "the connection to Redis was closed");
    if (argc < 1 || argc > REDIS_ARGS_MAX)
        return err_set(&cmd->err, ERR_BUG, "a Redis command of %d parts", argc);
    if (k->state != REDIS_LINK_READY || !redis_link_usable(k))
        return err_set(&cmd->err, ERR_UNAVAILABLE, "Redis is not connected");
    if (k->outstanding >= r->outstanding_max)
        return err_set(&cmd->err, ERR_OVERLOADED, "%d Redis commands are under way", k->outstanding);
    const char *parts[REDIS_ARGS_MAX];
    size_t lens[REDIS_ARGS_MAX];
    for (int i = 0; i < argc; i++) {
        parts[i] = argv[i].p ? argv[i].p : "";
        lens[i] = argv[i].n;
    }
    if (redisAsyncCommandArgv(k->ac, redis_on_reply, cmd, argc, parts, lens) != REDIS_OK)
        return err_set(&cmd->err, ERR_UNAVAILABLE, "Redis is not connected");
    redis_link_sent(k);
    return 0;
}

static void *redis_must(void *p)
{
    if (!p) {
        fputs("redis: out of memory\n", stderr);
        abort();
    }
    return p;
}

void redis_command(struct redis *r, int argc, const struct str *argv, redis_reply_fn *fn, void *ud)
{
    struct redis_cmd *cmd = redis_must(calloc(1, sizeof(*cmd)));
    cmd->r = r;
    cmd->fn = fn;
    cmd->ud = ud;
    if (redis_send(r, cmd, argc, argv) < 0)
        redis_cmd_failed(cmd);
}

/* ---- scripts ---- */

struct redis_evaluation {
    struct redis *r;
    struct redis_script *script;
    redis_reply_fn *fn;
    void *ud;
    char nkeys[12];
    int argc;                        /* of argv, with the three leading parts */
    struct str argv[REDIS_ARGS_MAX]; /* EVAL or EVALSHA, source or hash, number of keys, keys and args */
    bool by_hash;
    char bytes[]; /* the copied keys and args */
};

static void redis_on_loaded(void *ud, const struct redis_reply *reply, const struct err *err)
{
    struct redis_script *script = ud;
    struct str hash = err ? STR("") : redis_reply_str(reply);
    if (hash.n == sizeof(script->sha1_hex) - 1)
        memcpy(script->sha1_hex, hash.p, hash.n);
}

static void redis_on_evaluated(void *ud, const struct redis_reply *reply, const struct err *err)
{
    struct redis_evaluation *e = ud;
    if (err && e->by_hash && strstr(err->msg, "NOSCRIPT")) {
        e->by_hash = false;
        e->argv[0] = STR("EVAL");
        e->argv[1] = str_of(e->script->source);
        redis_command(e->r, e->argc, e->argv, redis_on_evaluated, e);
        return;
    }
    if (e->fn)
        e->fn(e->ud, reply, err);
    free(e);
}

void redis_eval(struct redis *r, struct redis_script *script, int nkeys, int argc, const struct str *argv,
                redis_reply_fn *fn, void *ud)
{
    size_t n = 0;
    for (int i = 0; i < argc; i++)
        n += argv[i].n;
    struct redis_evaluation *e = redis_must(calloc(1, sizeof(*e) + n));
    e->r = r;
    e->script = script;
    e->fn = fn;
    e->ud = ud;
    e->argc = argc + 3;
    e->by_hash = script->sha1_hex[0] != '\0';
    e->argv[0] = e->by_hash ? STR("EVALSHA") : STR("EVAL");
    e->argv[1] = e->by_hash ? str_of(script->sha1_hex) : str_of(script->source);
    snprintf(e->nkeys, sizeof(e->nkeys), "%d", nkeys);
    e->argv[2] = str_of(e->nkeys);
    char *at = e->bytes;
    for (int i = 0; i < argc && i + 3 < REDIS_ARGS_MAX; i++) {
        if (argv[i].n)
            memcpy(at, argv[i].p, argv[i].n);
        e->argv[i + 3] = (struct str){.p = at, .n = argv[i].n};
        at += argv[i].n;
    }
    if (!e->by_hash)
        redis_command(r, 3, (const struct str[]){STR("SCRIPT"), STR("LOAD"), str_of(script->source)}, redis_on_loaded,
                      script);
    redis_command(r, e->argc, e->argv, redis_on_evaluated, e);
}
