/* What the supervisor answers: one function per verb. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/version.h"
#include "cli/supervisor_int.h"
#include "core/clock.h"

#define SUPERVISOR_TEXT_BYTES (256 * 1024)

static void supervisor_reply(struct control_exchange *x, const struct supervisor *s, char *text)
{
    struct control_reply r = {.ok = true, .pid = (uint32_t)getpid(), .started_at_us = s->started_at_us, .text = text};
    snprintf(r.kind, sizeof(r.kind), "%s", FLEET_SUPERVISOR);
    snprintf(r.instance, sizeof(r.instance), "%s", FLEET_SUPERVISOR);
    snprintf(r.version, sizeof(r.version), "%s", JOBMILL_VERSION);
    snprintf(r.state, sizeof(r.state), "%s", supervisor_phase_name(s->phase));
    control_answer(x, &r);
}

static void supervisor_describe_child(const struct child *c, bool first, uint64_t now, struct buf *b)
{
    buf_addf(b,
             "%s{\"kind\":\"%s\",\"instance\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"up_ms\":%llu,\"restarts\":%u,\"last_"
             "end\":\"%s\"}",
             first ? "" : ",", c->kind, c->instance, (int)c->pid, child_state_name(c->state),
             c->pid ? (unsigned long long)(now - c->started_ms) : 0ULL, c->restarts, c->last_end);
}

static void supervisor_describe(const struct supervisor *s, struct buf *b)
{
    const struct config *c = s->opt->cli->config;
    uint64_t now = clock_mono_ms();
    buf_addf(b, "{\"pid\":%d,\"version\":\"%s\",\"phase\":\"%s\",\"url\":\"%s\",\"run_dir\":", (int)getpid(),
             JOBMILL_VERSION, supervisor_phase_name(s->phase), s->url);
    buf_add_json(b, s->opt->cli->run_dir, strlen(s->opt->cli->run_dir));
    buf_adds(b, ",\"postgres\":");
    buf_add_json(b, config_str(c, CONFIG_PG_HOST), strlen(config_str(c, CONFIG_PG_HOST)));
    buf_addf(b, ",\"postgres_port\":%lld,\"kafka\":", (long long)config_int(c, CONFIG_PG_PORT));
    buf_add_json(b, config_str(c, CONFIG_KAFKA_BROKERS), strlen(config_str(c, CONFIG_KAFKA_BROKERS)));
    buf_adds(b, ",\"redis\":");
    buf_add_json(b, config_str(c, CONFIG_REDIS_HOST), strlen(config_str(c, CONFIG_REDIS_HOST)));
    buf_addf(b, ",\"redis_port\":%lld,\"partitions\":%lld,\"children\":[", (long long)config_int(c, CONFIG_REDIS_PORT),
             (long long)config_int(c, CONFIG_KAFKA_PARTITIONS));
    bool first = true;
    for (int k = 0; k < s->kind_count; k++) /* in the order of the flow, then by number */
        for (unsigned number = 1, left = (unsigned)s->child_count; left > 0 && number < 1000; number++)
            for (int i = 0; i < s->child_count; i++)
                if (s->children[i]->number == number && strcmp(s->children[i]->kind, s->kinds[k].name) == 0) {
                    supervisor_describe_child(s->children[i], first, now, b);
                    first = false;
                    left--;
                }
    buf_adds(b, "]}");
}

static void supervisor_on_stats(struct supervisor *s, struct control_exchange *x, const struct control_request *q)
{
    (void)q;
    struct buf b;
    buf_init(&b, SUPERVISOR_TEXT_BYTES);
    supervisor_describe(s, &b);
    if (buf_failed(&b))
        control_answer_error(x, "no memory left");
    else
        supervisor_reply(x, s, b.data);
    buf_fini(&b);
}

static void supervisor_on_ping(struct supervisor *s, struct control_exchange *x, const struct control_request *q)
{
    (void)q;
    supervisor_reply(x, s, NULL);
}

static void supervisor_on_scale(struct supervisor *s, struct control_exchange *x, const struct control_request *q)
{
    struct err err;
    int kind = fleet_kind_find(q->key, &err);
    unsigned total = q->count;
    for (int k = 0; k < s->kind_count; k++)
        total += k == kind ? 0 : s->wanted[k];
    if (kind < 0)
        control_answer_error(x, "%s", err.msg);
    else if (s->phase >= SUPERVISOR_STOPPING)
        control_answer_error(x, "the supervisor is stopping");
    else if (q->count > FLEET_OF_KIND_MAX || total > FLEET_CHILDREN_MAX)
        control_answer_error(x, "at most %d processes of a kind and %d altogether", FLEET_OF_KIND_MAX,
                             FLEET_CHILDREN_MAX);
    else {
        supervisor_scale(s, kind, q->count);
        supervisor_reply(x, s, NULL);
    }
}

static void supervisor_on_stop(struct supervisor *s, struct control_exchange *x, const struct control_request *q)
{
    (void)q;
    supervisor_reply(x, s, NULL);
    supervisor_stop(s);
}

static void supervisor_on_restart(struct supervisor *s, struct control_exchange *x, const struct control_request *q)
{
    struct err err;
    int kind = *q->key ? fleet_kind_find(q->key, &err) : -1;
    if (*q->key && kind < 0) {
        control_answer_error(x, "%s", err.msg);
        return;
    }
    supervisor_restart(s, kind);
    supervisor_reply(x, s, NULL);
}

void supervisor_control(void *ud, struct control_exchange *x, const struct control_request *q)
{
    static void (*const verbs[])(struct supervisor *, struct control_exchange *, const struct control_request *) = {
        [CONTROL_PING] = supervisor_on_ping,   [CONTROL_STATS] = supervisor_on_stats,
        [CONTROL_SCALE] = supervisor_on_scale, [CONTROL_STOP] = supervisor_on_stop,
        [CONTROL_DRAIN] = supervisor_on_stop,  [CONTROL_RESTART] = supervisor_on_restart,
    };
    if ((size_t)q->verb < ARRAY_LEN(verbs) && verbs[q->verb])
        verbs[q->verb](ud, x, q);
    else
        control_answer_error(x, "the supervisor has no live settings: name a kind or an instance");
}
