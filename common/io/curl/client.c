/* One easy handle, kept between requests for its connections. Everything a caller hears is one sentence with the
 * address in it. */
#include "io/curl/client.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "base/version.h"

#define CLIENT_CONNECT_MS     5000
#define CLIENT_BODY_MAX_BYTES ((size_t)64 << 20)
#define CLIENT_HEAD_MAX_BYTES ((size_t)256 << 10)

struct http_client {
    CURL *easy;
};

/* What the callbacks of one transfer share. */
struct client_transfer {
    CURL *easy;
    const struct http_client_request *request;
    struct http_client_response *response;
    bool too_large;
    bool read_failed;
    char error[CURL_ERROR_SIZE];
};

struct http_client *http_client_new(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    struct http_client *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->easy = curl_easy_init();
    if (!c->easy) {
        free(c);
        return NULL;
    }
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    free(c);
}

static int client_status(struct client_transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static size_t client_on_body(char *data, size_t size, size_t n, void *ud)
{
    struct client_transfer *t = ud;
    size_t len = size * n;
    int status = client_status(t);
    if (t->request->on_data && status >= 200 && status < 300) {
        if (t->request->on_data(t->request->data_ud, status, (struct str){.p = data, .n = len}))
            return len;
        t->response->stopped = true;
        return len + 1; /* any other number ends the transfer */
    }
    buf_add(&t->response->body, data, len);
    t->too_large = buf_failed(&t->response->body);
    return t->too_large ? len + 1 : len;
}

static size_t client_on_header(char *data, size_t size, size_t n, void *ud)
{
    struct client_transfer *t = ud;
    struct str line = {.p = data, .n = size * n};
    if (str_starts(line, "HTTP/")) /* of the next response: an interim one came before it */
        buf_reset(&t->response->head);
    while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
        line.n--;
    if (line.n && !str_starts(line, "HTTP/")) {
        buf_add(&t->response->head, line.p, line.n);
        buf_addc(&t->response->head, '\n');
    }
    return size * n;
}

static size_t client_on_read(char *out, size_t size, size_t n, void *ud)
{
    struct client_transfer *t = ud;
    ssize_t got;
    if (t->request->read) {
        got = t->request->read(t->request->read_ud, out, size * n);
    } else {
        got = (ssize_t)fread(out, 1, size * n, t->request->body_file);
        if (got == 0 && ferror(t->request->body_file))
            got = -1;
    }
    t->read_failed = got < 0;
    return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

static int client_on_tick(void *ud, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    struct client_transfer *t = ud;
    if (t->request->tick(t->request->tick_ud))
        return 0;
    t->response->stopped = true;
    return 1;
}

/* Bytes of a regular file from where it stands, -1 when nobody can know. */
static curl_off_t client_file_bytes(FILE *f)
{
    struct stat st;
    off_t at = ftello(f);
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || at < 0 || st.st_size < at)
        return -1;
    return (curl_off_t)(st.st_size - at);
}

static void client_set_body(struct client_transfer *t, struct curl_slist **headers)
{
    const struct http_client_request *r = t->request;
    CURL *e = t->easy;
    if (r->body_file || r->read) {
        curl_off_t bytes = r->body_file && !r->read ? client_file_bytes(r->body_file) : -1;
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_READFUNCTION, client_on_read);
        curl_easy_setopt(e, CURLOPT_READDATA, t);
        if (bytes >= 0)
            curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, bytes);
        else
            *headers = curl_slist_append(*headers, "Transfer-Encoding: chunked");
    } else if (r->body.n || r->has_body) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.n ? r->body.p : "");
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        *headers = curl_slist_append(*headers, "Expect:"); /* a body in memory is not worth a round trip */
    }
    if (r->method && strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    else if (r->method)
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

static void client_set_limits(struct client_transfer *t)
{
    const struct http_client_request *r = t->request;
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(r->connect_ms ? r->connect_ms : CLIENT_CONNECT_MS));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->total_ms);
    if (r->silence_ms) {
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)MAX(r->silence_ms / 1000, (uint64_t)1));
    }
    if (r->tick) {
        curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, client_on_tick);
        curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
    }
}

static void client_set(struct client_transfer *t, struct curl_slist **headers)
{
    const struct http_client_request *r = t->request;
    CURL *e = t->easy;
    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_URL, r->url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "jobmill/" JOBMILL_VERSION);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, client_on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, client_on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    for (const char *const *h = r->headers; h && *h; h++)
        *headers = curl_slist_append(*headers, *h);
    client_set_body(t, headers);
    client_set_limits(t);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, *headers);
}

/* "http://127.0.0.1:8080" of "http://127.0.0.1:8080/api/v1". */
static int client_origin_len(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (int)(host + 3 - url + (ptrdiff_t)strcspn(host + 3, "/?#")) : (int)strlen(url);
}

static const char *client_connect_reason(CURL *e, const char *error)
{
    long number = 0;
    curl_easy_getinfo(e, CURLINFO_OS_ERRNO, &number);
    if (number)
        return strerror((int)number);
    return error[0] ? error : "no connection";
}

static int client_failed(struct client_transfer *t, CURLcode rc, struct err *err)
{
    const char *url = t->request->url;
    int len = client_origin_len(url);
    char reason[128];
    switch (rc) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(err, ERR_INVALID, "%s is not an http or https address", url);
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(err, ERR_UNAVAILABLE, "cannot reach %.*s: there is no such host", len, url);
    case CURLE_COULDNT_CONNECT:
        snprintf(reason, sizeof(reason), "%s", client_connect_reason(t->easy, t->error));
        reason[0] = str_lower_char(reason[0]);
        return err_set(err, ERR_UNAVAILABLE, "cannot reach %.*s: %s", len, url, reason);
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, ERR_TIMEOUT, "%.*s did not answer in time", len, url);
    default:
        break;
    }
    if (t->too_large)
        return err_set(err, ERR_TOO_LARGE, "the answer of %.*s is larger than %zu bytes", len, url,
                       t->response->body.max_bytes);
    if (t->read_failed)
        return err_set(err, ERR_IO, "the body to send could not be read");
    return err_set(err, ERR_IO, "the connection to %.*s broke: %s", len, url,
                   t->error[0] ? t->error : curl_easy_strerror(rc));
}

int http_client_send(struct http_client *c, const struct http_client_request *request,
                     struct http_client_response *response, struct err *err)
{
    struct client_transfer t = {.easy = c->easy, .request = request, .response = response};
    struct curl_slist *headers = NULL;
    memset(response, 0, sizeof(*response));
    buf_init(&response->body, request->body_max_bytes ? request->body_max_bytes : CLIENT_BODY_MAX_BYTES);
    buf_init(&response->head, CLIENT_HEAD_MAX_BYTES);
    client_set(&t, &headers);
    CURLcode rc = curl_easy_perform(c->easy);
    response->status = client_status(&t);
    curl_slist_free_all(headers);
    /* A server that refuses a body may answer and close before all of it was sent: the answer counts. */
    bool answered_early = rc == CURLE_SEND_ERROR && response->status >= 400;
    if (rc == CURLE_OK || response->stopped || answered_early)
        return 0;
    return client_failed(&t, rc, err);
}

struct str http_client_header(const struct http_client_response *response, const char *name)
{
    struct str rest = {.p = buf_str(&response->head), .n = response->head.len}, line;
    size_t len = strlen(name);
    while (str_next_line(&rest, &line))
        if (line.n > len && line.p[len] == ':' && strncasecmp(line.p, name, len) == 0)
            return str_trim(str_sub(line, len + 1, line.n));
    return (struct str){0};
}

void http_client_response_fini(struct http_client_response *response)
{
    buf_fini(&response->body);
    buf_fini(&response->head);
}
