/* Between the wire and plain structs. Requests are small and unpacked on a bounded budget; replies carry up to a
 * megabyte of text. The budget allocator counts what protobuf-c asks for, so that no message makes the reader allocate
 * more than a few times its limit. */
#include "io/control/message.h"

#include <stdlib.h>
#include <string.h>
#include "messages.pb-c.h"

#define REQUEST_BUDGET_BYTES ((size_t)64 * 1024)
#define REPLY_MAX_BYTES      ((size_t)CONTROL_TEXT_MAX_BYTES + 4096)
#define REPLY_BUDGET_BYTES   (4 * REPLY_MAX_BYTES)

static const char *const verb_names[] = {
    [CONTROL_PING] = "ping",   [CONTROL_STATS] = "stats", [CONTROL_SET] = "set",         [CONTROL_DRAIN] = "drain",
    [CONTROL_SCALE] = "scale", [CONTROL_STOP] = "stop",   [CONTROL_RESTART] = "restart",
};

const char *control_verb_name(enum control_verb verb)
{
    return (unsigned)verb < ARRAY_LEN(verb_names) && verb_names[verb] ? verb_names[verb] : "unknown";
}

enum control_verb control_verb_parse(const char *name)
{
    for (unsigned i = CONTROL_PING; i < ARRAY_LEN(verb_names); i++)
        if (strcmp(verb_names[i], name) == 0)
            return (enum control_verb)i;
    return 0;
}

void control_reply_fini(struct control_reply *r)
{
    free(r->text);
    r->text = NULL;
}

static void *budget_alloc(void *ud, size_t n)
{
    size_t *left = ud;
    if (n > *left)
        return NULL;
    *left -= n;
    return malloc(n);
}

static void budget_free(void *ud UNUSED, void *p)
{
    free(p);
}

static int copy_text(const char *from, char *to, size_t to_bytes, const char *field, struct err *err)
{
    size_t n = strlen(from);
    if (n >= to_bytes)
        return err_set(err, ERR_INVALID, "control message: %s is longer than %zu bytes", field, to_bytes - 1);
    memcpy(to, from, n + 1);
    return 0;
}

static int check_schema(uint32_t version, struct err *err)
{
    if (version == CONTROL_SCHEMA)
        return 0;
    return err_set(err, ERR_SCHEMA, "control message: schema version %u, this program knows %d", version,
                   CONTROL_SCHEMA);
}

void control_request_encode(const struct control_request *q, struct buf *out)
{
    Jobmill__ControlRequest w = JOBMILL__CONTROL_REQUEST__INIT;
    Jobmill__ControlRequest__Ping ping = JOBMILL__CONTROL_REQUEST__PING__INIT;
    Jobmill__ControlRequest__Stats stats = JOBMILL__CONTROL_REQUEST__STATS__INIT;
    Jobmill__ControlRequest__Set set = JOBMILL__CONTROL_REQUEST__SET__INIT;
    Jobmill__ControlRequest__Drain drain = JOBMILL__CONTROL_REQUEST__DRAIN__INIT;
    Jobmill__ControlRequest__Scale scale = JOBMILL__CONTROL_REQUEST__SCALE__INIT;
    Jobmill__ControlRequest__Stop stop = JOBMILL__CONTROL_REQUEST__STOP__INIT;
    Jobmill__ControlRequest__Restart restart = JOBMILL__CONTROL_REQUEST__RESTART__INIT;
    set.key = scale.kind = restart.kind = (char *)q->key;
    set.value = (char *)q->value;
    scale.count = q->count;
    w.schema_version = CONTROL_SCHEMA;
    switch (q->verb) {
    case CONTROL_PING:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_PING;
        w.ping = &ping;
        break;
    case CONTROL_STATS:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_STATS;
        w.stats = &stats;
        break;
    case CONTROL_SET:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_SET;
        w.set = &set;
        break;
    case CONTROL_DRAIN:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_DRAIN;
        w.drain = &drain;
        break;
    case CONTROL_SCALE:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_SCALE;
        w.scale = &scale;
        break;
    case CONTROL_STOP:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_STOP;
        w.stop = &stop;
        break;
    case CONTROL_RESTART:
        w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_RESTART;
        w.restart = &restart;
        break;
    }
    size_t n = jobmill__control_request__get_packed_size(&w);
    char *at = buf_reserve(out, n);
    if (at)
        out->len += jobmill__control_request__pack(&w, (uint8_t *)at);
}

static int request_of(const Jobmill__ControlRequest *w, struct control_request *q, struct err *err)
{
    switch (w->verb_case) {
    case JOBMILL__CONTROL_REQUEST__VERB_PING:
        q->verb = CONTROL_PING;
        return 0;
    case JOBMILL__CONTROL_REQUEST__VERB_STATS:
        q->verb = CONTROL_STATS;
        return 0;
    case JOBMILL__CONTROL_REQUEST__VERB_DRAIN:
        q->verb = CONTROL_DRAIN;
        return 0;
    case JOBMILL__CONTROL_REQUEST__VERB_STOP:
        q->verb = CONTROL_STOP;
        return 0;
    case JOBMILL__CONTROL_REQUEST__VERB_SET: {
        q->verb = CONTROL_SET;
        int rc = copy_text(w->set->key, q->key, sizeof(q->key), "key", err);
        return rc ? rc : copy_text(w->set->value, q->value, sizeof(q->value), "value", err);
    }
    case JOBMILL__CONTROL_REQUEST__VERB_SCALE:
        q->verb = CONTROL_SCALE;
        q->count = w->scale->count;
        return copy_text(w->scale->kind, q->key, sizeof(q->key), "kind", err);
    case JOBMILL__CONTROL_REQUEST__VERB_RESTART:
        q->verb = CONTROL_RESTART;
        return copy_text(w->restart->kind, q->key, sizeof(q->key), "kind", err);
    default:
        return err_set(err, ERR_INVALID, "control message: no verb that this program knows");
    }
}

int control_request_decode(struct str bytes, struct control_request *ret, struct err *err)
{
    *ret = (struct control_request){.verb = 0};
    if (bytes.n > CONTROL_REQUEST_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "control message: %zu bytes", bytes.n);
    size_t left = REQUEST_BUDGET_BYTES;
    ProtobufCAllocator allocator = {.alloc = budget_alloc, .free = budget_free, .allocator_data = &left};
    Jobmill__ControlRequest *w = jobmill__control_request__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
    if (!w)
        return err_set(err, ERR_CORRUPT, "control message: not a request");
    int rc = check_schema(w->schema_version, err);
    if (rc == 0)
        rc = request_of(w, ret, err);
    jobmill__control_request__free_unpacked(w, &allocator);
    return rc;
}

void control_reply_encode(const struct control_reply *r, struct buf *out)
{
    Jobmill__ControlReply w = JOBMILL__CONTROL_REPLY__INIT;
    w.schema_version = CONTROL_SCHEMA;
    w.ok = r->ok;
    w.error = (char *)r->error;
    w.worker_id = (char *)r->worker_id;
    w.kind = (char *)r->kind;
    w.instance = (char *)r->instance;
    w.version = (char *)r->version;
    w.state = (char *)r->state;
    w.in_flight = r->in_flight;
    w.concurrency = r->concurrency;
    w.ops_port = r->ops_port;
    w.pid = r->pid;
    w.started_at_us = r->started_at_us;
    if (r->text)
        w.text = r->text;
    size_t n = jobmill__control_reply__get_packed_size(&w);
    char *at = buf_reserve(out, n);
    if (at)
        out->len += jobmill__control_reply__pack(&w, (uint8_t *)at);
}

static int reply_of(Jobmill__ControlReply *w, struct control_reply *r, struct err *err)
{
    const struct {
        const char *from;
        char *to;
        size_t to_bytes;
        const char *name;
    } fields[] = {
        {w->error, r->error, sizeof(r->error), "error"},
        {w->worker_id, r->worker_id, sizeof(r->worker_id), "worker_id"},
        {w->kind, r->kind, sizeof(r->kind), "kind"},
        {w->instance, r->instance, sizeof(r->instance), "instance"},
        {w->version, r->version, sizeof(r->version), "version"},
        {w->state, r->state, sizeof(r->state), "state"},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        int rc = copy_text(fields[i].from, fields[i].to, fields[i].to_bytes, fields[i].name, err);
        if (rc)
            return rc;
    }
    r->ok = w->ok;
    r->in_flight = w->in_flight;
    r->concurrency = w->concurrency;
    r->ops_port = w->ops_port;
    r->pid = w->pid;
    r->started_at_us = w->started_at_us;
    if (*w->text && !(r->text = strdup(w->text)))
        return err_set(err, ERR_MEMORY, "control message: no memory for its text");
    return 0;
}

int control_reply_decode(struct str bytes, struct control_reply *ret, struct err *err)
{
    *ret = (struct control_reply){.ok = false};
    if (bytes.n > REPLY_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "control message: %zu bytes", bytes.n);
    size_t left = REPLY_BUDGET_BYTES;
    ProtobufCAllocator allocator = {.alloc = budget_alloc, .free = budget_free, .allocator_data = &left};
    Jobmill__ControlReply *w = jobmill__control_reply__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
    if (!w)
        return err_set(err, ERR_CORRUPT, "control message: not a reply");
    int rc = check_schema(w->schema_version, err);
    if (rc == 0)
        rc = reply_of(w, ret, err);
    jobmill__control_reply__free_unpacked(w, &allocator);
    return rc;
}
