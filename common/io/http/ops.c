/* Four documents from memory. The separate server keeps them answering while the API's own is at its limits. */
#include "io/http/http_int.h"

#include "base/utf8.h"
#include "base/version.h"
#include "io/http/ops.h"

#define OPS_METRICS_MAX_BYTES ((size_t)16 << 20)
#define OPS_TEXT_MAX_BYTES    ((size_t)64 << 10)
#define OPS_CONNECTIONS_MAX   64

struct http_ops {
    struct http_server *server;
    struct http_ops_spec spec;
};

static void ops_text(struct buf *b, const char *s)
{
    buf_add_json(b, s, utf8_valid_prefix(str_of(s))); /* a text may have been cut within a code point */
}

static void ops_livez(const struct http_ops_spec *spec, struct http_request *req)
{
    (void)spec;
    http_reply(req, 200, "application/json", STR("{\"status\":\"live\"}"));
}

static bool ops_ready_body(const struct http_ops_spec *spec, struct buf *out)
{
    struct http_check checks[HTTP_CHECKS_MAX];
    memset(checks, 0, sizeof(checks));
    size_t n = spec->checks ? MIN(spec->checks(spec->ud, checks, HTTP_CHECKS_MAX), (size_t)HTTP_CHECKS_MAX) : 0;
    bool stopping = spec->stopping && spec->stopping(spec->ud), ready = !stopping;
    for (size_t i = 0; i < n; i++)
        ready = ready && (checks[i].ok || !checks[i].critical);
    buf_addf(out, "{\"status\":\"%s\",\"stopping\":%s,\"checks\":{", ready ? "ready" : "not_ready",
             stopping ? "true" : "false");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_addc(out, ',');
        ops_text(out, checks[i].name);
        buf_addf(out, ":{\"ok\":%s,\"critical\":%s", checks[i].ok ? "true" : "false",
                 checks[i].critical ? "true" : "false");
        if (checks[i].detail[0]) {
            buf_adds(out, ",\"detail\":");
            ops_text(out, checks[i].detail);
        }
        buf_addc(out, '}');
    }
    buf_adds(out, "}}");
    return ready;
}

static void ops_readyz(const struct http_ops_spec *spec, struct http_request *req)
{
    struct buf body;
    buf_init(&body, OPS_TEXT_MAX_BYTES);
    bool ready = ops_ready_body(spec, &body);
    http_reply_header(req, "Cache-Control", "no-store");
    http_reply_json(req, ready ? 200 : 503, &body);
    buf_fini(&body);
}

static void ops_metrics(const struct http_ops_spec *spec, struct http_request *req)
{
    (void)spec;
    struct buf body;
    struct err err;
    buf_init(&body, OPS_METRICS_MAX_BYTES);
    metrics_render(&body);
    size_t n = 0;
    char *text = buf_take(&body, &n);
    if (text) {
        http_reply_take(req, 200, "text/plain; version=0.0.4; charset=utf-8", text, n);
    } else {
        err_set(&err, ERR_MEMORY, "the metrics are larger than their limit");
        http_reply_problem(req, &err);
    }
    buf_fini(&body);
}

static void ops_version(const struct http_ops_spec *spec, struct http_request *req)
{
    struct buf body;
    buf_init(&body, OPS_TEXT_MAX_BYTES);
    buf_adds(&body, "{\"service\":");
    ops_text(&body, spec->service);
    if (spec->instance) {
        buf_adds(&body, ",\"instance\":");
        ops_text(&body, spec->instance);
    }
    buf_addf(&body, ",\"version\":\"%s\",\"pid\":%ld}", JOBMILL_VERSION, (long)getpid());
    http_reply_json(req, 200, &body);
    buf_fini(&body);
}

static const struct {
    const char *path;
    void (*answer)(const struct http_ops_spec *spec, struct http_request *req);
} ops_paths[] = {
    {"/livez", ops_livez},
    {"/readyz", ops_readyz},
    {"/metrics", ops_metrics},
    {"/version", ops_version},
};

bool http_ops_handle(const struct http_ops_spec *spec, struct http_request *req)
{
    for (size_t i = 0; i < ARRAY_LEN(ops_paths); i++) {
        if (!str_eqc(req->path, ops_paths[i].path))
            continue;
        http_request_set_route(req, ops_paths[i].path);
        if (req->method == HTTP_METHOD_GET || req->method == HTTP_METHOD_HEAD) {
            ops_paths[i].answer(spec, req);
            return true;
        }
        struct err err;
        err_set(&err, ERR_METHOD, "%s is not a method of this resource", http_method_name(req->method));
        http_reply_header(req, "Allow", "GET, HEAD");
        http_reply_problem(req, &err);
        return true;
    }
    return false;
}

static void ops_request(struct http_request *req, void *ud)
{
    struct http_ops *o = ud;
    if (http_ops_handle(&o->spec, req))
        return;
    struct err err;
    err_set(&err, ERR_NOT_FOUND, "there are /livez, /readyz, /metrics and /version");
    http_reply_problem(req, &err);
}

struct http_ops *http_ops_new(struct loop *loop, const char *host, uint16_t port, const struct http_ops_spec *spec,
                              struct err *err)
{
    struct http_ops *o = calloc(1, sizeof(*o));
    if (!o) {
        err_set(err, ERR_MEMORY, "no memory for a server");
        return NULL;
    }
    o->spec = *spec;
    struct http_server_options options = {.host = host, .port = port, .handler = ops_request, .ud = o};
    options.limits.connections_max = OPS_CONNECTIONS_MAX;
    o->server = http_server_new(loop, &options, err);
    if (!o->server) {
        free(o);
        return NULL;
    }
    return o;
}

uint16_t http_ops_port(const struct http_ops *o)
{
    return http_server_port(o->server);
}

static void ops_gone(void *ud)
{
    free(ud);
}

void http_ops_free(struct http_ops *o)
{
    if (o)
        http_server_kill(o->server, ops_gone, o);
}
