#include "cli/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/version.h"
#include "cli/fleet.h"
#include "cli/setup.h"
#include "core/ids.h"

#define API_TRIES       5
#define API_RETRY_MS    250
#define API_WAIT_MAX_S  20
#define API_HEADERS_MAX 8

static int api_address(struct api *a, struct err *err)
{
    const char *url = config_str(a->cli->config, CONFIG_URL);
    char path[FILES_PATH_BYTES];
    if (*url) {
        snprintf(a->base, sizeof(a->base), "%s", url);
    } else {
        int rc = cli_path(a->cli, FLEET_URL_FILE, path, err);
        if (rc == 0 && files_line(path, a->base, sizeof(a->base), NULL) < 0)
            rc = err_set(err, ERR_UNAVAILABLE,
                         "no gateway runs in %.150s: jobmill up --detach starts one, --client.url names another",
                         a->cli->run_dir);
        if (rc < 0)
            return rc;
    }
    size_t n = strlen(a->base);
    while (n > 0 && a->base[n - 1] == '/')
        a->base[--n] = '\0';
    return 0;
}

int api_open(struct api *a, const struct cli *cli, struct err *err)
{
    *a = (struct api){.cli = cli};
    int rc = api_address(a, err);
    if (rc < 0)
        return rc;
    char path[FILES_PATH_BYTES], key[256];
    const char *given = config_str(cli->config, CONFIG_API_KEY);
    if (*given)
        snprintf(key, sizeof(key), "%s", given);
    else if (cli_path(cli, SETUP_KEY_FILE, path, err) < 0 || files_line(path, key, sizeof(key), NULL) < 0)
        return err_set(err, ERR_UNAUTHORIZED, "no API key: give JOBMILL_CLIENT_API_KEY_FILE, or run where %.120s/%s is",
                       cli->run_dir, SETUP_KEY_FILE);
    snprintf(a->auth, sizeof(a->auth), "Authorization: Bearer %s", key);
    explicit_bzero(key, sizeof(key));
    a->http = http_client_new();
    return a->http ? 0 : err_set(err, ERR_MEMORY, "no memory left for the HTTP client");
}

void api_close(struct api *a)
{
    http_client_free(a->http);
    a->http = NULL;
    explicit_bzero(a->auth, sizeof(a->auth));
}

static void api_header_copy(const struct http_client_response *r, const char *name, char *out, size_t cap)
{
    struct str v = http_client_header(r, name);
    snprintf(out, cap, STR_FMT, (int)MIN(v.n, cap - 1), v.p ? v.p : "");
}

/* The problem document in one sentence: detail, the first faults with their pointers, the request. */
static void api_problem_text(const struct api_reply *r, char *out, size_t cap)
{
    struct str detail = json_get_str(r->json, "detail"), title = json_get_str(r->json, "title");
    struct str main = detail.n ? detail : title;
    size_t at = (size_t)snprintf(out, cap, STR_FMT, (int)MIN(main.n, cap / 2), main.p ? main.p : "");
    yyjson_val *faults = json_get_arr(r->json, "errors");
    for (size_t i = 0; i < yyjson_arr_size(faults) && i < 3 && at < cap; i++) {
        yyjson_val *f = yyjson_arr_get(faults, i);
        struct str pointer = json_get_str(f, "pointer"), what = json_get_str(f, "detail");
        if (what.n && !(str_eq(what, main) && pointer.n == 0))
            at += (size_t)snprintf(out + at, cap - at, "%s" STR_FMT "%s" STR_FMT, at ? "; " : "", STR_ARG(pointer),
                                   pointer.n ? " " : "", STR_ARG(what));
    }
    if (r->request_id[0] && at < cap)
        snprintf(out + at, cap - at, " (request %s)", r->request_id);
}

static int api_refused(const struct api_reply *r, struct err *err)
{
    char text[ERR_MSG_BYTES] = "", slug[48] = "";
    struct str type = json_get_str(r->json, "type");
    size_t from = type.n;
    while (from > 0 && type.p[from - 1] != '/' && type.p[from - 1] != ':')
        from--;
    struct str last = type.n ? str_sub(type, from, type.n) : type;
    snprintf(slug, sizeof(slug), STR_FMT, (int)MIN(last.n, sizeof(slug) - 1), last.p ? last.p : "");
    enum err_code code = err_from_slug(slug);
    if (code == ERR_NONE)
        code = r->status == 401   ? ERR_UNAUTHORIZED
               : r->status == 404 ? ERR_NOT_FOUND
               : r->status == 409 ? ERR_CONFLICT
               : r->status == 429 ? ERR_RATE_LIMITED
               : r->status >= 500 ? ERR_UNAVAILABLE
                                  : ERR_INVALID;
    if (code == ERR_FORBIDDEN)
        code = ERR_UNAUTHORIZED;
    if (r->json)
        api_problem_text(r, text, sizeof(text));
    if (!*text)
        snprintf(text, sizeof(text), "the gateway answered %d", r->status);
    return err_set(err, code, "%s", text);
}

static int api_take(struct api_reply *ret, struct http_client_response *r)
{
    ret->status = r->status;
    ret->stopped = r->stopped;
    api_header_copy(r, "X-Request-Id", ret->request_id, sizeof(ret->request_id));
    api_header_copy(r, "ETag", ret->etag, sizeof(ret->etag));
    struct str type = http_client_header(r, "Content-Type");
    ret->body = r->body;
    memset(&r->body, 0, sizeof(r->body));
    if (str_istarts(type, "application/json") || str_istarts(type, "application/problem+json")) {
        struct str text = {.p = buf_str(&ret->body), .n = ret->body.len};
        if (text.n && json_parse(&ret->arena, text, &ret->json, NULL, NULL) < 0)
            ret->json = NULL;
        if (!ret->request_id[0]) {
            struct str id = json_get_str(ret->json, "request_id");
            snprintf(ret->request_id, sizeof(ret->request_id), STR_FMT, (int)MIN(id.n, sizeof(ret->request_id) - 1),
                     id.p ? id.p : "");
        }
    }
    return ret->status;
}

/* One try. -ERR_x of the transport, or the status. */
static int api_send(struct api *a, const struct api_request *q, struct api_reply *ret, unsigned *ret_wait_s,
                    struct err *err)
{
    char url[API_URL_BYTES], type[96], accept[96], key[96], last[64];
    const char *headers[API_HEADERS_MAX] = {a->auth, "User-Agent: jobmill/" JOBMILL_VERSION};
    int n = 2;
    snprintf(url, sizeof(url), "%s%s", a->base, q->path);
    if (q->body.p || q->file) {
        snprintf(type, sizeof(type), "Content-Type: %s", q->content_type ? q->content_type : "application/json");
        headers[n++] = type;
    }
    if (q->accept) {
        snprintf(accept, sizeof(accept), "Accept: %s", q->accept);
        headers[n++] = accept;
    }
    if (q->idempotency_key) {
        snprintf(key, sizeof(key), "Idempotency-Key: %s", q->idempotency_key);
        headers[n++] = key;
    }
    if (q->last_event_id) {
        snprintf(last, sizeof(last), "Last-Event-ID: %s", q->last_event_id);
        headers[n++] = last;
    }
    headers[n] = NULL;
    if (q->file)
        rewind(q->file);
    struct http_client_request h = {
        .method = q->method,
        .url = url,
        .headers = headers,
        .body = q->body,
        .has_body = q->body.p != NULL,
        .body_file = q->file,
        .on_data = q->on_data,
        .data_ud = q->ud,
        .tick = q->tick,
        .tick_ud = q->ud,
        .silence_ms = q->silence_ms,
        .total_ms = q->total_ms,
        .body_max_bytes = (size_t)256 * 1024 * 1024,
    };
    struct http_client_response r;
    int rc = http_client_send(a->http, &h, &r, err);
    uint64_t wait_s = 0;
    str_to_u64(rc == 0 ? http_client_header(&r, "Retry-After") : STR(""), &wait_s);
    *ret_wait_s = (unsigned)MIN(wait_s, (uint64_t)API_WAIT_MAX_S);
    if (rc == 0)
        rc = api_take(ret, &r);
    http_client_response_fini(&r);
    return rc;
}

static bool api_again(const struct api_request *q, int result)
{
    bool safe = !q->method ? !q->body.p && !q->file : strcmp(q->method, "GET") == 0 || strcmp(q->method, "PUT") == 0;
    if (!(safe || q->idempotency_key) || q->on_data)
        return false;
    return result == -ERR_IO || result == -ERR_UNAVAILABLE || result == 429 || result == 503;
}

int api_call(struct api *a, const struct api_request *q, struct api_reply *ret, struct err *err)
{
    struct err own;
    err = err ? err : &own;
    for (int attempt = 1;; attempt++) {
        unsigned wait_s;
        memset(ret, 0, sizeof(*ret));
        arena_init(&ret->arena, API_ARENA_MAX_BYTES);
        int result = api_send(a, q, ret, &wait_s, err);
        bool ok = result == 304 || (result >= 200 && result < 300);
        if (ok)
            return 0;
        if (attempt == API_TRIES || !api_again(q, result))
            return result < 0 ? result : api_refused(ret, err);
        api_reply_fini(ret);
        uint64_t ms = wait_s ? wait_s * 1000ULL : (uint64_t)API_RETRY_MS << (attempt - 1);
        nanosleep(&(struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
    }
}

int api_get(struct api *a, struct api_reply *ret, struct err *err, const char *path_fmt, ...)
{
    char path[API_URL_BYTES];
    va_list ap;
    va_start(ap, path_fmt);
    vsnprintf(path, sizeof(path), path_fmt, ap);
    va_end(ap);
    return api_call(a, &(struct api_request){.path = path}, ret, err);
}

void api_reply_fini(struct api_reply *r)
{
    buf_fini(&r->body);
    arena_fini(&r->arena);
    r->json = NULL;
}

const char *api_key_make(char out[API_IDEMPOTENCY_BYTES])
{
    struct uuid id = ids_uuid();
    return uuid_format(&id, out);
}

int api_id_check(const char *word, const char *what, struct err *err)
{
    struct uuid id;
    if (uuid_parse(str_of(word), &id))
        return 0;
    return err_set(err, ERR_CONFIG, "\"%.60s\" is not the id of %s", word, what);
}
