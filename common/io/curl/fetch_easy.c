/* Easy handles: what a target and a call set on them, what comes back, and what libcurl's codes mean.
 *
 * A spare handle remembers whose options it carries; for the same target only the body changes. The state of a call
 * moves on in three callbacks: the request's way out (CURLOPT_PREREQFUNCTION: connected, about to send), the first
 * header line, and body bytes. libcurl sends a request again by itself when a kept connection turns out to be dead;
 * the second way out is counted, a third one refused. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/version.h"
#include "io/curl/fetch_int.h"
#include "io/curl/trust.h"

struct easy_code {
    CURLcode code;
    enum fetch_end end;
};

static const struct easy_code easy_codes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, FETCH_END_UNRESOLVED},
    {CURLE_COULDNT_RESOLVE_PROXY, FETCH_END_UNRESOLVED},
    {CURLE_COULDNT_CONNECT, FETCH_END_REFUSED},
    {CURLE_PROXY, FETCH_END_REFUSED},
    {CURLE_INTERFACE_FAILED, FETCH_END_REFUSED},
    {CURLE_NO_CONNECTION_AVAILABLE, FETCH_END_REFUSED},
    {CURLE_OUT_OF_MEMORY, FETCH_END_REFUSED},
    {CURLE_OPERATION_TIMEDOUT, FETCH_END_UNCONNECTED},
    {CURLE_SSL_CONNECT_ERROR, FETCH_END_UNTRUSTED},
    {CURLE_PEER_FAILED_VERIFICATION, FETCH_END_UNTRUSTED},
    {CURLE_SSL_CERTPROBLEM, FETCH_END_UNTRUSTED},
    {CURLE_SSL_CACERT_BADFILE, FETCH_END_UNTRUSTED},
    {CURLE_SSL_CIPHER, FETCH_END_UNTRUSTED},
    {CURLE_SSL_ISSUER_ERROR, FETCH_END_UNTRUSTED},
    {CURLE_SSL_INVALIDCERTSTATUS, FETCH_END_UNTRUSTED},
    {CURLE_WEIRD_SERVER_REPLY, FETCH_END_GARBLED},
    {CURLE_UNSUPPORTED_PROTOCOL, FETCH_END_GARBLED},
    {CURLE_BAD_CONTENT_ENCODING, FETCH_END_GARBLED},
    {CURLE_PARTIAL_FILE, FETCH_END_CUT},
};

/* Callbacks of libcurl: no call of libcurl in them, but for options. */

/* The body of a request that goes out again; false: it cannot be had. */
static bool easy_body_again(struct fetch_easy *e)
{
    struct fetch_call *c = e->call;
    if (!c->body_gone)
        return true;
    struct str body = c->request.again(c->request.ud);
    c->body_gone = body.n != c->request.body.n;
    if (!c->body_gone)
        curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, body.p);
    return !c->body_gone;
}

static int easy_on_way_out(void *ud, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    struct fetch_easy *e = ud;
    struct fetch_call *c = e->call;
    if (c->cancelled || c->sends > FETCH_RESENT_MAX || !easy_body_again(e))
        return CURL_PREREQFUNC_ABORT;
    c->sends++;
    list_remove(&c->link);
    if (c->sends == 1 && c->request.body.n) /* of a second way out libcurl does not count from zero */
        list_append(&c->shard->sending, &c->link);
    c->sent_ms = loop_now_ms(c->fetch->loop);
    fetch_call_phase(c, FETCH_PHASE_SENT);
    return CURL_PREREQFUNC_OK;
}

static void easy_on_byte(struct fetch_call *c)
{
    c->last_ms = loop_now_ms(c->fetch->loop);
    if (c->phase == FETCH_PHASE_ANSWERED)
        return;
    c->first_ms = MAX(c->last_ms, (uint64_t)1);
    fetch_call_phase(c, FETCH_PHASE_ANSWERED);
}

/* "HTTP/1.1 200 OK": the status and version of the answer that begins. */
static void easy_on_status(struct fetch_call *c, struct str line)
{
    buf_reset(&c->head); /* an interim answer came before */
    c->status = 0;
    for (size_t i = 5; i < line.n && c->status < 100; i++) {
        if (line.p[i] == ' ' && c->status == 0 && i + 3 < line.n)
            for (size_t d = i + 1; d < i + 4 && str_is_digit(line.p[d]); d++)
                c->status = c->status * 10 + (line.p[d] - '0');
    }
    c->http_version = line.p[5] == '2' ? 20 : line.n > 7 && line.p[7] == '0' ? 10 : 11;
}

static size_t easy_on_header(char *data, size_t size, size_t n, void *ud)
{
    struct fetch_easy *e = ud;
    struct fetch_call *c = e->call;
    struct str line = {.p = data, .n = size * n};
    if (c->cancelled)
        return 0;
    easy_on_byte(c);
    while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
        line.n--;
    if (str_starts(line, "HTTP/") && line.n > 8) {
        easy_on_status(c, line);
        return size * n;
    }
    if (!line.n)
        return size * n;
    buf_add(&c->head, line.p, line.n);
    buf_addc(&c->head, '\n');
    c->too_large = buf_failed(&c->head);
    return c->too_large ? 0 : size * n;
}

static size_t easy_on_body(char *data, size_t size, size_t n, void *ud)
{
    struct fetch_easy *e = ud;
    struct fetch_call *c = e->call;
    size_t len = size * n;
    if (c->cancelled)
        return len + 1; /* any other number ends the transfer */
    easy_on_byte(c);
    buf_add(&c->body, data, len);
    c->too_large = buf_failed(&c->body);
    if (c->too_large)
        return len + 1;
    if (!c->request.on_data || c->status < 200 || c->status > 299)
        return len;
    if (c->request.on_data(c->request.ud, (struct str){.p = data, .n = len}))
        return c->cancelled ? len + 1 : len;
    c->stopped = true;
    return len + 1;
}

/* Ports. Linux looks for a free local port by trying every second one of the whole range first: with half of the range
 * in use to one server, each connect() tries more than ten thousand. From PORTS_CROWDED calls on, each socket gets a
 * window of the range (IP_LOCAL_PORT_RANGE, Linux 6.3), the next one each time. An older kernel refuses, and looks
 * long. */

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#define PORTS_CROWDED 8000
#define PORTS_WINDOW  256

void fetch_ports_init(struct fetch *f)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (!file)
        return;
    if (fscanf(file, "%u %u", &f->port_low, &f->port_high) != 2 || f->port_high > UINT16_MAX ||
        f->port_high < f->port_low + 2 * PORTS_WINDOW)
        f->port_low = f->port_high = 0;
    fclose(file);
}

static int easy_on_socket(void *ud, curl_socket_t fd, curlsocktype purpose)
{
    struct fetch_easy *e = ud;
    struct fetch *f = e->call->fetch;
    if (purpose != CURLSOCKTYPE_IPCXN || !f->port_high || f->in_flight < PORTS_CROWDED)
        return CURL_SOCKOPT_OK;
    unsigned windows = (f->port_high - f->port_low + 1) / PORTS_WINDOW;
    uint32_t low = f->port_low + f->port_next++ % windows * PORTS_WINDOW;
    uint32_t range = low | (low + PORTS_WINDOW - 1) << 16;
    setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range));
    return CURL_SOCKOPT_OK;
}

/* Options */

bool fetch_target_shares(const struct fetch_target *t)
{
    return t->http != FETCH_HTTP_1 && (t->tls || t->http == FETCH_HTTP_2_PRIOR) && t->h2 != FETCH_H2_NO;
}

/* Authorities. libcurl built for Debian names two places of the system's: one file with all of them, and a folder in
 * which each has a file named by the hash of its subject. Given both, OpenSSL reads the whole file for every
 * connection: 29 ms of the loop and 750 KiB for 140 authorities of which one is looked at. From the folder it reads
 * that one. So the folder is used alone where it holds all that is in the file; in small images it is often empty. An
 * operator's own file is believed alone; libcurl then reads it once for each multi handle. */

static bool trust_folder_suffices(struct fetch *f)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    bool openssl = v->ssl_version && strstr(v->ssl_version, "OpenSSL");
    if (!f->trust_known)
        f->trust_folder =
            openssl && v->age >= CURLVERSION_SEVENTH && v->cainfo && v->capath && trust_covers(v->capath, v->cainfo);
    f->trust_known = true;
    return f->trust_folder;
}

static void easy_set_trust(struct fetch_easy *e, const struct fetch_target *t)
{
    curl_easy_setopt(e->curl, CURLOPT_SSL_VERIFYPEER, t->insecure ? 0L : 1L);
    curl_easy_setopt(e->curl, CURLOPT_SSL_VERIFYHOST, t->insecure ? 0L : 2L);
    if (t->ca_file) {
        curl_easy_setopt(e->curl, CURLOPT_CAINFO, t->ca_file);
        curl_easy_setopt(e->curl, CURLOPT_CAPATH, NULL);
    } else if (t->tls && !t->insecure && trust_folder_suffices(t->fetch)) {
        curl_easy_setopt(e->curl, CURLOPT_CAINFO, NULL);
    }
}

static void easy_set_target(struct fetch_easy *e, struct fetch_target *t)
{
    static const long versions[] = {[FETCH_HTTP_AUTO] = CURL_HTTP_VERSION_2TLS,
                                    [FETCH_HTTP_1] = CURL_HTTP_VERSION_1_1,
                                    [FETCH_HTTP_2_PRIOR] = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE};
    CURL *c = e->curl;
    if (e->target)
        curl_easy_reset(c);
    e->target = t;
    curl_easy_setopt(c, CURLOPT_PRIVATE, e);
    curl_easy_setopt(c, CURLOPT_SHARE, t->fetch->share);
    curl_easy_setopt(c, CURLOPT_URL, t->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPIDLE, 60L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPINTVL, 60L);
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, 60L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "jobmill/" JOBMILL_VERSION);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, versions[t->http]);
    curl_easy_setopt(c, CURLOPT_PROXY, t->proxy ? t->proxy : ""); /* "": not what the environment says either */
    easy_set_trust(e, t);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, e->error);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, easy_on_way_out);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, e);
    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, easy_on_socket);
    curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, e);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, easy_on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, e);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, easy_on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, e);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)FETCH_BUFFER_BYTES);
    curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, FETCH_UPLOAD_BYTES);
    e->buffer_bytes = FETCH_BUFFER_BYTES;
}

static void easy_set_call(struct fetch_easy *e, struct fetch_call *call)
{
    const struct fetch_request *r = &call->request;
    struct fetch_target *t = r->target;
    size_t buffer = r->buffer_bytes ? r->buffer_bytes : FETCH_BUFFER_BYTES;
    CURL *c = e->curl;
    e->error[0] = '\0';
    if (r->body.p) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.p); /* not copied */
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
    } else {
        curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
    }
    if (buffer != e->buffer_bytes)
        curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)buffer);
    e->buffer_bytes = buffer;
    /* Waiting for a connection that may be shared pays off where HTTP/2 is spoken; with HTTP/1.1 it would queue. */
    curl_easy_setopt(c, CURLOPT_PIPEWAIT, fetch_target_shares(t) ? 1L : 0L);
    if (t->resolve && !t->resolve_told) {
        curl_easy_setopt(c, CURLOPT_RESOLVE, t->resolve); /* goes to the shared cache: once is enough */
        t->resolve_told = true;
        e->told = true;
    }
}

/* A spare handle with this target's options, else any, else a new one. */
struct fetch_easy *fetch_easy_take(struct fetch *f, struct fetch_call *call)
{
    struct fetch_easy *e = list_empty(&f->spare) ? NULL : CONTAINER_OF(f->spare.next, struct fetch_easy, link);
    if (e) {
        list_remove(&e->link);
        f->spare_count--;
    } else {
        e = calloc(1, sizeof(*e));
        if (!e)
            return NULL;
        list_init(&e->link);
        e->curl = curl_easy_init();
        if (!e->curl) {
            free(e);
            return NULL;
        }
    }
    if (e->target != call->request.target)
        easy_set_target(e, call->request.target);
    easy_set_call(e, call);
    return e;
}

void fetch_easy_free(struct fetch *f, struct fetch_easy *e)
{
    if (!list_empty(&e->link))
        f->spare_count--;
    list_remove(&e->link);
    curl_easy_cleanup(e->curl);
    free(e);
}

void fetch_easy_release(struct fetch *f, struct fetch_easy *e, bool clean)
{
    if (!clean || f->freed || f->spare_count >= f->options.spare_max) {
        fetch_easy_free(f, e);
        return;
    }
    curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, NULL); /* the caller's memory goes */
    if (e->told) {
        curl_easy_setopt(e->curl, CURLOPT_RESOLVE, NULL);
        e->told = false;
    }
    list_prepend(&f->spare, &e->link);
    f->spare_count++;
}

/* Memory of the way out. Over TLS, and with a large body, libcurl copies the body piece by piece into a buffer of 16
 * KiB that it keeps until the answer is there: more than all the rest of a call. Setting its size frees it, and it is
 * made anew when something is to be sent again. The body itself is looked at again only then, which goes through
 * easy_on_way_out. The manual promises neither, so both are done with those libcurls only whose sources say it. */

#define UNLOAD_SINCE 0x075800 /* 7.88 */
#define UNLOAD_UNTIL 0x080000 /* 8.0 */

void fetch_easy_init(struct fetch *f)
{
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    f->unloads = version >= UNLOAD_SINCE && version < UNLOAD_UNTIL;
}

bool fetch_easy_unload(struct fetch_easy *e)
{
    struct fetch_call *c = e->call;
    curl_off_t out = 0;
    if (!c->fetch->unloads)
        return true;
    if (curl_easy_getinfo(e->curl, CURLINFO_SIZE_UPLOAD_T, &out) != CURLE_OK || out < (curl_off_t)c->request.body.n)
        return false;
    curl_easy_setopt(e->curl, CURLOPT_UPLOAD_BUFFERSIZE, FETCH_UPLOAD_BYTES);
    if (c->request.out) {
        curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, "");
        c->body_gone = true;
        c->request.out(c->request.ud);
    }
    return true;
}

/* Verdicts */

static enum fetch_end easy_end(struct fetch_call *c, CURLcode rc)
{
    if (c->too_large)
        return FETCH_END_TOO_LARGE;
    if (c->stopped)
        return FETCH_END_STOPPED;
    if (rc == CURLE_OK)
        return FETCH_END_DONE;
    /* A server that refuses a body may answer and close before all of it was sent: the answer counts. */
    if (rc == CURLE_SEND_ERROR && c->status >= 400)
        return FETCH_END_DONE;
    for (size_t i = 0; i < ARRAY_LEN(easy_codes); i++)
        if (easy_codes[i].code == rc && !(rc == CURLE_OPERATION_TIMEDOUT && c->sends))
            return easy_codes[i].end;
    if (!c->sends)
        return FETCH_END_REFUSED;
    return c->status ? FETCH_END_CUT : FETCH_END_BROKEN;
}

enum fetch_end fetch_easy_verdict(struct fetch_call *c, CURLcode rc, char reason[FETCH_REASON_BYTES])
{
    struct fetch_easy *e = c->easy;
    struct fetch_target *t = c->request.target;
    enum fetch_end end = easy_end(c, rc);
    long os = 0;
    if (c->http_version)
        t->h2 = c->http_version == 20 ? FETCH_H2_YES : FETCH_H2_NO;
    reason[0] = '\0';
    if (end == FETCH_END_DONE || end == FETCH_END_STOPPED || end == FETCH_END_TOO_LARGE)
        return end;
    curl_easy_getinfo(e->curl, CURLINFO_OS_ERRNO, &os);
    const char *words = end == FETCH_END_REFUSED && os ? strerror((int)os)
                        : e->error[0]                  ? e->error
                                                       : curl_easy_strerror(rc);
    snprintf(reason, FETCH_REASON_BYTES, "%s", words);
    return end;
}
