/* A small number of readers at once, the rest in line. An item lives in its request's arena and holds the request until
 * it is told.
 *
 *     in line -> running (a subprocess) -> told
 *        \------ the client went away ---> dropped (a running reader is ended) */
#include "gateway/imports.h"

#include "base/list.h"
#include "core/metrics.h"
#include "core/subprocess.h"
#include "pipeline/resume/reply.h"

#define IMPORTS_PATH_BYTES 1024

struct imports {
    struct gateway *g;
    struct list waiting, running;
    size_t waiting_n, running_n;
    char program[IMPORTS_PATH_BYTES];
};

struct import_item {
    struct list node;
    struct imports *m;
    struct call *c;
    const char *format;
    struct str body;
    imports_fn *done;
    void *ud;
    struct subprocess *process;
};

struct imports *imports_new(struct gateway *g)
{
    struct imports *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->g = g;
    list_init(&m->waiting);
    list_init(&m->running);
    if (!subprocess_beside("jobmill-reader", m->program, sizeof(m->program)))
        m->program[0] = '\0';
    return m;
}

static void item_drop(struct import_item *item)
{
    struct imports *m = item->m;
    list_remove(&item->node);
    if (item->process)
        m->running_n--;
    else
        m->waiting_n--;
    subprocess_free(TAKE_PTR(item->process));
    http_request_unref(item->c->req);
}

void imports_free(struct imports *m)
{
    if (!m)
        return;
    list_for_each_safe (it, &m->running)
        item_drop(CONTAINER_OF(it, struct import_item, node));
    list_for_each_safe (it, &m->waiting)
        item_drop(CONTAINER_OF(it, struct import_item, node));
    free(m);
}

static void start_next(struct imports *m);

static void item_told(void *ud, const struct subprocess_end *end)
{
    struct import_item *item = ud;
    struct imports *m = item->m;
    struct call *c = item->c;
    struct err err;
    struct str json = {0};
    const struct resume_reply reply = {.output = end->output,
                                       .exit_code = end->exit_code,
                                       .signal = end->signal,
                                       .started = end->started,
                                       .timed_out = end->timed_out,
                                       .overflowed = end->overflowed};
    http_request_ref(c->req);
    CALL_HELD(c);
    int rc = resume_reply_read(http_request_arena(c->req), &reply, &json, &err);
    enum doc_verdict v = rc < 0 ? doc_verdict_of(&err) : DOC_READ;
    metrics_add(METRICS_DOCUMENTS, 1, rc < 0 && v == DOC_READ ? err_slug(err.code) : doc_verdict_slug(v), NULL);
    item_drop(item);
    if (rc < 0) {
        if (v != DOC_READ)
            err.pointer[0] = '\0';
        call_fail(c, &err);
    } else {
        item->done(item->ud, json);
    }
    start_next(m);
}

static void start_next(struct imports *m)
{
    size_t max = (size_t)config_int(m->g->config, CONFIG_READER_PROCESSES);
    while (m->running_n < max && !list_empty(&m->waiting)) {
        struct import_item *item = CONTAINER_OF(list_shift(&m->waiting), struct import_item, node);
        m->waiting_n--;
        const char *argv[] = {m->program, "--format", item->format, NULL};
        const struct subprocess_spec spec = {.program = m->program,
                                             .argv = argv,
                                             .input = item->body,
                                             .output_max = RESUME_REPLY_MAX_BYTES,
                                             .timeout_ms = (uint64_t)config_int(m->g->config, CONFIG_READER_TIMEOUT)};
        list_append(&m->running, &item->node);
        m->running_n++;
        item->process = subprocess_start(m->g->loop, &spec, item_told, item);
    }
}

static void item_aborted(struct http_request *req UNUSED, void *ud)
{
    struct import_item *item = ud;
    struct imports *m = item->m;
    if (list_empty(&item->node))
        return; /* told already */
    item_drop(item);
    start_next(m);
}

const char *imports_format(struct http_request *req)
{
    static const struct {
        const char *type, *format;
    } TYPES[] = {
        {"application/pdf", "any"},
        {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "any"},
        {"text/plain", "text"},
        {"text/markdown", "markdown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
        if (http_request_content_type_is(req, TYPES[i].type))
            return TYPES[i].format;
    return NULL;
}

void imports_read(struct imports *m, struct call *c, const char *format, struct str body, imports_fn *done, void *ud)
{
    if (m->waiting_n == IMPORTS_WAITING_MAX) {
        metrics_add(METRICS_DOCUMENTS, 1, "overloaded", NULL);
        call_error(c, ERR_OVERLOADED, "too many documents are being read; try again");
        return;
    }
    struct import_item *item = CALL_STATE(c, struct import_item);
    if (!item)
        return;
    *item = (struct import_item){.m = m, .c = c, .format = format, .body = body, .done = done, .ud = ud};
    list_append(&m->waiting, &item->node);
    m->waiting_n++;
    call_hold(c);
    http_request_on_abort(c->req, item_aborted, item);
    start_next(m);
}
