/* Targets: their address, their headers, and the addresses of their name.
 *
 * libcurl starts a thread for each transfer that has a name to look up; a burst of calls to a host whose name is not
 * known yet would be thousands of them. So a name is looked up here, once, on the loop's thread pool, and told to
 * libcurl (CURLOPT_RESOLVE, kept in the names that all shards share) with the first call after it. Calls wait in the
 * target meanwhile. A name that is a minute old is looked up again while the old addresses still serve. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "io/curl/fetch_int.h"

#define NAME_ADDRESSES_MAX 16
#define NAME_TEXT_BYTES    1200
#define PRIOR_SINCE        0x080000 /* libcurl that can use a plain HTTP/2 connection again */

/* Targets */

struct url_parts {
    char *scheme, *host, *port, *user, *fragment;
};

static void url_parts_fini(struct url_parts *p)
{
    curl_free(p->scheme);
    curl_free(p->host);
    curl_free(p->port);
    curl_free(p->user);
    curl_free(p->fragment);
}

static int url_split(const char *url, struct url_parts *p, struct err *err)
{
    size_t n = strlen(url);
    if (n == 0)
        return err_set(err, ERR_CONFIG, "the address is empty");
    if (n >= FETCH_URL_BYTES)
        return err_set(err, ERR_CONFIG, "the address is longer than %d bytes", FETCH_URL_BYTES - 1);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
            return err_set(err, ERR_CONFIG, "the address holds a space or a control character");
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(err, ERR_CONFIG, "\"%.80s\" does not begin with http:// or https://", url);
    CURLU *u = curl_url();
    bool ok = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &p->scheme, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_HOST, &p->host, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (ok) {
        curl_url_get(u, CURLUPART_USER, &p->user, 0);
        curl_url_get(u, CURLUPART_FRAGMENT, &p->fragment, 0);
    }
    curl_url_cleanup(u);
    if (!ok)
        return err_set(err, ERR_CONFIG, "\"%.80s\" is not an address", url);
    if (p->user)
        return err_set(err, ERR_CONFIG, "the address must not hold a user name or password; give a key instead");
    if (p->fragment)
        return err_set(err, ERR_CONFIG, "the address must not hold a fragment (#...)");
    return 0;
}

int fetch_url_check(const char *url, struct err *err)
{
    struct url_parts p = {0};
    int rc = url_split(url, &p, err);
    url_parts_fini(&p);
    return rc;
}

static bool name_is_literal(const char *host)
{
    struct in6_addr any;
    return host[0] == '[' || inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* The host that is connected to: the proxy's when there is one. */
int fetch_name_init(struct fetch_target *t, struct err *err)
{
    struct url_parts p = {0};
    int rc = url_split(t->url, &p, err);
    if (rc == 0) {
        t->tls = strcmp(p.scheme, "https") == 0;
        snprintf(t->host, sizeof(t->host), "%s", p.host);
        t->port = (uint16_t)strtoul(p.port, NULL, 10);
        t->name = t->proxy || name_is_literal(p.host) ? FETCH_NAME_LITERAL : FETCH_NAME_NONE;
        if (strlen(p.host) >= sizeof(t->host))
            rc = err_set(err, ERR_CONFIG, "the host name is too long");
    }
    url_parts_fini(&p);
    return rc;
}

static int target_headers(struct fetch_target *t, const char *const *lines, struct err *err)
{
    t->headers = curl_slist_append(NULL, "Expect:"); /* no round trip before a body */
    for (; lines && *lines; lines++) {
        for (const char *p = *lines; *p; p++)
            if ((unsigned char)*p < 0x20 || *p == 0x7f)
                return err_set(err, ERR_CONFIG, "the header %.*s holds a control character", (int)strcspn(*lines, ":"),
                               *lines);
        struct curl_slist *more = curl_slist_append(t->headers, *lines);
        if (!more)
            return err_set(err, ERR_MEMORY, "no memory left for a header");
        t->headers = more;
    }
    return 0;
}

static int target_prior(struct fetch_target *t, struct err *err)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    if (t->tls)
        t->http = FETCH_HTTP_AUTO;
    else if (v->version_num < PRIOR_SINCE)
        return err_set(err, ERR_CONFIG, "libcurl %s cannot keep HTTP/2 connections without TLS: use https or HTTP/1.1",
                       v->version);
    return 0;
}

static char *text_or_null(const char *s)
{
    return s && *s ? strdup(s) : NULL;
}

struct fetch_target *fetch_target_new(struct fetch *f, const struct fetch_target_options *o, struct err *err)
{
    struct fetch_target *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(err, ERR_MEMORY, "no memory left for an address");
        return NULL;
    }
    f->targets++;
    *t = (struct fetch_target){.fetch = f,
                               .refs = 1,
                               .url = strdup(o->url ? o->url : ""),
                               .proxy = text_or_null(o->proxy),
                               .ca_file = text_or_null(o->ca_file),
                               .insecure = o->insecure,
                               .http = o->http};
    list_init(&t->naming);
    int rc = t->url ? fetch_name_init(t, err) : err_set(err, ERR_MEMORY, "no memory left for an address");
    if (rc == 0 && t->http == FETCH_HTTP_2_PRIOR)
        rc = target_prior(t, err);
    if (rc == 0)
        rc = target_headers(t, o->headers, err);
    if (rc == 0 && t->ca_file && access(t->ca_file, R_OK) != 0)
        rc = err_set(err, ERR_CONFIG, "the file of authorities %.100s cannot be read", t->ca_file);
    if (rc == 0)
        return t;
    fetch_target_unref(t);
    return NULL;
}

/* Handles that carry its options would point into freed memory. */
static void target_forget(struct fetch_target *t)
{
    struct fetch *f = t->fetch;
    list_for_each_safe (it, &f->spare) {
        struct fetch_easy *e = CONTAINER_OF(it, struct fetch_easy, link);
        if (e->target == t)
            fetch_easy_free(f, e);
    }
}

void fetch_target_unref(struct fetch_target *t)
{
    if (--t->refs)
        return;
    struct fetch *f = t->fetch;
    target_forget(t);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    curl_slist_free_all(t->resolve_old);
    free(t->url);
    free(t->proxy);
    free(t->ca_file);
    free(t);
    f->targets--;
    if (f->freed && !f->share)
        fetch_memory_free(f);
}

void fetch_target_free(struct fetch_target *t)
{
    if (t)
        fetch_target_unref(t);
}

/* Names */

struct name_ask {
    uv_getaddrinfo_t req;
    struct fetch *fetch;
    struct fetch_target *target; /* one reference is ours */
};

/* "host:port:1.2.3.4,5.6.7.8" of an answer; false when it held none. */
static bool name_text(const struct fetch_target *t, const struct addrinfo *found, char out[NAME_TEXT_BYTES])
{
    int n = snprintf(out, NAME_TEXT_BYTES, "%s:%u:", t->host, t->port);
    size_t count = 0;
    for (const struct addrinfo *a = found; a && count < NAME_ADDRESSES_MAX; a = a->ai_next) {
        char ip[INET6_ADDRSTRLEN];
        bool six = a->ai_family == AF_INET6;
        const void *addr = six ? (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr
                               : (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr;
        if ((!six && a->ai_family != AF_INET) || !inet_ntop(a->ai_family, addr, ip, sizeof(ip)))
            continue;
        n += snprintf(out + n, (size_t)(NAME_TEXT_BYTES - n), six ? "%s[%s]" : "%s%s", count ? "," : "", ip);
        count++;
    }
    return count > 0;
}

static void name_release(struct fetch_target *t, bool good, const char *reason)
{
    struct fetch *f = t->fetch;
    while (!list_empty(&t->naming)) {
        struct fetch_call *c = CONTAINER_OF(good ? t->naming.prev : t->naming.next, struct fetch_call, link);
        if (good) {
            list_remove(&c->link);
            list_prepend(&f->waiting, &c->link);
            continue;
        }
        fetch_call_end(c, FETCH_END_UNRESOLVED, reason);
        if (f->freed)
            return;
    }
    if (f->waiting_count)
        fetch_pump_later(f);
}

static void name_answered(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct name_ask *ask = CONTAINER_OF(req, struct name_ask, req);
    struct fetch *f = ask->fetch;
    struct fetch_target *t = ask->target;
    char text[NAME_TEXT_BYTES];
    f->dispatching++;
    f->names_asked--;
    t->asking = false;
    bool good = status == 0 && name_text(t, found, text);
    struct curl_slist *told = good ? curl_slist_append(NULL, text) : NULL;
    if (told && !f->freed) {
        curl_slist_free_all(t->resolve_old); /* handles in flight may still hold the one before */
        t->resolve_old = t->resolve;
        t->resolve = told;
        t->resolve_told = false;
        t->name = FETCH_NAME_GOOD;
    } else {
        curl_slist_free_all(told);
    }
    t->name_ms = loop_now_ms(f->loop);
    if (!f->freed)
        name_release(t, t->name == FETCH_NAME_GOOD, status ? uv_strerror(status) : "no address");
    uv_freeaddrinfo(found);
    free(ask);
    fetch_target_unref(t);
    f->dispatching--;
    if (f->freed && !f->share)
        fetch_memory_free(f);
}

static bool name_ask(struct fetch_target *t)
{
    struct name_ask *ask = calloc(1, sizeof(*ask));
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    if (!ask)
        return false;
    ask->fetch = t->fetch;
    ask->target = t;
    if (uv_getaddrinfo(loop_uv(t->fetch->loop), &ask->req, name_answered, t->host, NULL, &hints) < 0) {
        free(ask);
        return false;
    }
    t->refs++;
    t->asking = true;
    t->fetch->names_asked++;
    return true;
}

bool fetch_name_ready(struct fetch_target *t, struct fetch_call *c)
{
    if (t->name == FETCH_NAME_LITERAL)
        return true;
    bool stale = loop_now_ms(t->fetch->loop) - t->name_ms >= FETCH_NAME_FRESH_MS;
    if (!t->asking && (t->name == FETCH_NAME_NONE || stale) && !name_ask(t))
        return true; /* libcurl looks it up itself */
    if (t->name == FETCH_NAME_GOOD)
        return true;
    list_append(&t->naming, &c->link);
    return false;
}
