/* The head of a request, judged strictly: one grammar for every line, so that no other reader of the same bytes (a
 * proxy in front) can see another message in them. RFC 9112 sections 2 to 6 leave servers freedoms; none is used that
 * two implementations could use differently.
 *
 *     head = request-line CRLF *( field-name ":" OWS value OWS CRLF ) CRLF
 *
 * llhttp reads the same bytes afterwards (connection.c); both must agree on the framing. */
#include "io/http/http_int.h"

#include <arpa/inet.h>

enum { CH_TOKEN = 1, CH_HOST = 2 };

/* Bytes by class: field names and methods (RFC 9110 5.6.2), hosts (RFC 3986 reg-name). */
static const unsigned char head_class[256] = {
    ['0' ... '9'] = CH_TOKEN | CH_HOST,
    ['A' ... 'Z'] = CH_TOKEN | CH_HOST,
    ['a' ... 'z'] = CH_TOKEN | CH_HOST,
    ['!'] = CH_TOKEN | CH_HOST,
    ['#'] = CH_TOKEN,
    ['$'] = CH_TOKEN | CH_HOST,
    ['%'] = CH_TOKEN | CH_HOST,
    ['&'] = CH_TOKEN | CH_HOST,
    ['\''] = CH_TOKEN | CH_HOST,
    ['('] = CH_HOST,
    [')'] = CH_HOST,
    ['*'] = CH_TOKEN | CH_HOST,
    ['+'] = CH_TOKEN | CH_HOST,
    [','] = CH_HOST,
    ['-'] = CH_TOKEN | CH_HOST,
    ['.'] = CH_TOKEN | CH_HOST,
    [';'] = CH_HOST,
    ['='] = CH_HOST,
    ['^'] = CH_TOKEN,
    ['_'] = CH_TOKEN | CH_HOST,
    ['`'] = CH_TOKEN,
    ['|'] = CH_TOKEN,
    ['~'] = CH_TOKEN | CH_HOST,
};

static bool head_all(struct str s, unsigned wanted)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(head_class[(unsigned char)s.p[i]] & wanted))
            return false;
    return true;
}

bool http_token_valid(struct str s)
{
    return s.n > 0 && head_all(s, CH_TOKEN);
}

static bool head_port_valid(struct str s)
{
    uint64_t port = 0;
    return s.n == 0 || (s.n <= 5 && str_to_u64(s, &port) && port <= 65535);
}

static bool head_ipv6_valid(struct str s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    if (s.n >= sizeof(text))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET6, text, &addr) == 1;
}

bool http_host_valid(struct str host)
{
    if (host.n == 0 || host.n > 255 + 6)
        return false;
    if (host.p[0] == '[') {
        const char *end = memchr(host.p, ']', host.n);
        if (!end || !head_ipv6_valid(str_sub(host, 1, (size_t)(end - host.p))))
            return false;
        struct str rest = str_sub(host, (size_t)(end - host.p) + 1, host.n);
        return rest.n == 0 || (rest.p[0] == ':' && head_port_valid(str_sub(rest, 1, rest.n)));
    }
    const char *colon = memchr(host.p, ':', host.n);
    size_t name_len = colon ? (size_t)(colon - host.p) : host.n;
    return name_len > 0 && head_all(str_sub(host, 0, name_len), CH_HOST) &&
           (!colon || head_port_valid(str_sub(host, name_len + 1, host.n)));
}

/* A line feed at p[at]: 1 when the head ends with it, 0 when a line does, negative when it may not stand there. */
static int head_line_end(const char *p, size_t at, const struct http_limits *limits, bool first, struct err *err)
{
    if (at == 0 || p[at - 1] != '\r')
        return err_set(err, ERR_HTTP, "a line of the head ends without a carriage return");
    if (first && at - 1 > limits->line_max_bytes)
        return err_set(err, ERR_URI_TOO_LONG, "the request line is longer than %zu bytes", limits->line_max_bytes);
    return at >= 3 && p[at - 2] == '\n' ? 1 : 0;
}

ssize_t http_head_find(const char *p, size_t n, const struct http_limits *limits, size_t *scan, struct err *err)
{
    size_t window = MIN(n, limits->head_max_bytes);
    bool first = *scan == 0 || !memchr(p, '\n', *scan);
    for (size_t at = *scan; at < window; at++) {
        const char *lf = memchr(p + at, '\n', window - at);
        if (!lf)
            break;
        at = (size_t)(lf - p);
        int rc = head_line_end(p, at, limits, first, err);
        if (rc < 0)
            return rc;
        if (rc > 0)
            return (ssize_t)at + 1;
        first = false;
    }
    *scan = window;
    if (first && window > limits->line_max_bytes + 1)
        return err_set(err, ERR_URI_TOO_LONG, "the request line is longer than %zu bytes", limits->line_max_bytes);
    if (n >= limits->head_max_bytes)
        return err_set(err, ERR_HEADERS_TOO_LARGE, "the head is longer than %zu bytes", limits->head_max_bytes);
    return 0;
}

static int head_method(struct str s, enum http_method *ret, struct err *err)
{
    for (int m = 0; m < HTTP_METHOD_COUNT; m++)
        if (str_eqc(s, http_method_name((enum http_method)m))) {
            *ret = (enum http_method)m;
            return 0;
        }
    if (!http_token_valid(s))
        return err_set(err, ERR_HTTP, "the request line has no valid method");
    return err_set(err, ERR_UNSUPPORTED, "the method is not one that this server knows");
}

static int head_version(struct str s, bool *ret_http11, struct err *err)
{
    if (str_eqc(s, "HTTP/1.1") || str_eqc(s, "HTTP/1.0")) {
        *ret_http11 = s.p[7] == '1';
        return 0;
    }
    bool shaped = s.n == 8 && str_starts(s, "HTTP/") && str_is_digit(s.p[5]) && s.p[6] == '.' && str_is_digit(s.p[7]);
    if (shaped)
        return err_set(err, ERR_HTTP_VERSION, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    return err_set(err, ERR_HTTP, "the request line does not end with an HTTP version");
}

/* "http://host/path" gives "/path"; its authority must be a host. */
static int head_absolute(struct str target, struct str *ret, struct err *err)
{
    size_t scheme = str_istarts(target, "http://") ? 7 : str_istarts(target, "https://") ? 8 : 0;
    if (!scheme)
        return err_set(err, ERR_HTTP, "the request target is neither a path nor an http URL");
    struct str rest = str_sub(target, scheme, target.n);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    if (!http_host_valid(str_sub(rest, 0, end)))
        return err_set(err, ERR_HTTP, "the host of the request target is not valid");
    *ret = str_sub(rest, end, rest.n);
    return 0;
}

static int head_target(struct str target, struct http_head *out, struct err *err)
{
    for (size_t i = 0; i < target.n; i++)
        if ((unsigned char)target.p[i] <= 0x20 || (unsigned char)target.p[i] >= 0x7f || target.p[i] == '#')
            return err_set(err, ERR_HTTP, "the request target has a byte that may not stand there");
    out->target = target;
    out->path = target;
    if (str_eqc(target, "*")) {
        if (out->method != HTTP_METHOD_OPTIONS)
            return err_set(err, ERR_HTTP, "the request target * is for OPTIONS only");
        return 0;
    }
    if (target.n == 0 || target.p[0] != '/') {
        int rc = head_absolute(target, &out->path, err);
        if (rc < 0)
            return rc;
    }
    const char *mark = out->path.n ? memchr(out->path.p, '?', out->path.n) : NULL;
    if (mark) {
        size_t at = (size_t)(mark - out->path.p);
        out->query = str_sub(out->path, at + 1, out->path.n);
        out->path = str_sub(out->path, 0, at);
    }
    if (out->path.n == 0)
        out->path = STR("/");
    return 0;
}

static int head_request_line(struct str line, struct http_head *out, struct err *err)
{
    const char *sp1 = line.n ? memchr(line.p, ' ', line.n) : NULL;
    const char *sp2 = sp1 ? memchr(sp1 + 1, ' ', line.n - (size_t)(sp1 + 1 - line.p)) : NULL;
    if (!sp2 || sp2 == sp1 + 1 || memchr(sp2 + 1, ' ', line.n - (size_t)(sp2 + 1 - line.p)))
        return err_set(err, ERR_HTTP, "the request line is not method, target and version with single spaces between");
    size_t a = (size_t)(sp1 - line.p), b = (size_t)(sp2 - line.p);
    int rc = head_version(str_sub(line, b + 1, line.n), &out->http11, err);
    if (rc == 0)
        rc = head_method(str_sub(line, 0, a), &out->method, err);
    if (rc == 0)
        rc = head_target(str_sub(line, a + 1, b), out, err);
    return rc;
}

static struct str head_trim(struct str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = str_sub(s, 1, s.n);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static int head_field(struct str line, struct http_head *out, const struct http_limits *limits, struct err *err)
{
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return err_set(err, ERR_HTTP, "a header line is folded");
    const char *colon = memchr(line.p, ':', line.n);
    struct str name = str_sub(line, 0, colon ? (size_t)(colon - line.p) : 0);
    if (!http_token_valid(name))
        return err_set(err, ERR_HTTP, "a header line has no valid name before its colon");
    struct str value = str_sub(line, name.n + 1, line.n);
    for (size_t i = 0; i < value.n; i++)
        if (!http_is_text(value.p[i]))
            return err_set(err, ERR_HTTP, "a header value has a control byte");
    if (out->headers_count >= limits->headers_max)
        return err_set(err, ERR_HEADERS_TOO_LARGE, "there are more than %zu headers", limits->headers_max);
    out->headers[out->headers_count++] = (struct http_header){.name = name, .value = head_trim(value)};
    return 0;
}

/* How many headers have the name; *ret gets the last. */
static size_t head_count(const struct http_head *h, const char *name, struct str *ret)
{
    size_t count = 0, len = strlen(name);
    for (size_t i = 0; i < h->headers_count; i++)
        if (h->headers[i].name.n == len && str_ieqc(h->headers[i].name, name)) {
            *ret = h->headers[i].value;
            count++;
        }
    return count;
}

static int head_transfer_encoding(struct str value, struct err *err)
{
    if (str_ieqc(value, "chunked"))
        return 0;
    struct str rest = value, coding;
    size_t chunked = 0;
    bool last = false, valid = value.n > 0;
    while (str_next_field(&rest, ',', &coding)) {
        coding = head_trim(coding);
        last = str_ieqc(coding, "chunked");
        chunked += last;
        valid = valid && http_token_valid(coding);
    }
    if (valid && (chunked == 0 || (chunked == 1 && last)))
        return err_set(err, ERR_UNSUPPORTED, "the only transfer coding taken is chunked");
    return err_set(err, ERR_HTTP, "the Transfer-Encoding is not valid");
}

static int head_framing(struct http_head *h, const struct http_limits *limits, struct err *err)
{
    struct str te = {0}, cl = {0};
    size_t tes = head_count(h, "transfer-encoding", &te), cls = head_count(h, "content-length", &cl);
    if (tes > 1 || cls > 1 || (tes && cls))
        return err_set(err, ERR_HTTP, "the message has more than one framing header");
    if (tes) {
        if (!h->http11)
            return err_set(err, ERR_HTTP, "HTTP/1.0 has no Transfer-Encoding");
        h->chunked = true;
        return head_transfer_encoding(te, err);
    }
    if (!cls)
        return 0;
    if (cl.n > 18 || !str_to_u64(cl, &h->content_length))
        return err_set(err, ERR_HTTP, "the Content-Length is not a number of at most 18 digits");
    if (h->content_length > limits->body_max_bytes)
        return err_set(err, ERR_TOO_LARGE, "the body is larger than %llu bytes",
                       (unsigned long long)limits->body_max_bytes);
    return 0;
}

static bool head_has_token(const struct http_head *h, const char *name, const char *token)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < h->headers_count; i++) {
        if (h->headers[i].name.n != len || !str_ieqc(h->headers[i].name, name))
            continue;
        struct str rest = h->headers[i].value, field;
        while (str_next_field(&rest, ',', &field))
            if (str_ieqc(head_trim(field), token))
                return true;
    }
    return false;
}

static int head_semantics(struct http_head *h, const struct http_limits *limits, struct err *err)
{
    struct str host = {0}, expect = {0};
    size_t hosts = head_count(h, "host", &host);
    if (hosts > 1 || (hosts == 0 && h->http11))
        return err_set(err, ERR_HTTP, hosts ? "there is more than one Host" : "there is no Host");
    if (hosts && !http_host_valid(host))
        return err_set(err, ERR_HTTP, "the Host is not a host");
    int rc = head_framing(h, limits, err);
    if (rc < 0)
        return rc;
    h->keep_alive = h->http11
                        ? !head_has_token(h, "connection", "close")
                        : head_has_token(h, "connection", "keep-alive") && !head_has_token(h, "connection", "close");
    size_t expects = head_count(h, "expect", &expect);
    if (expects && h->http11) {
        if (expects > 1 || !str_ieqc(expect, "100-continue"))
            return err_set(err, ERR_EXPECTATION, "the only expectation met is 100-continue");
        h->expect_continue = true;
    }
    return 0;
}

int http_head_parse(struct str head, const struct http_limits *limits, struct http_head *ret, struct err *err)
{
    size_t headers_offset = offsetof(struct http_head, headers);
    memset(ret, 0, headers_offset);
    ret->headers_count = 0;
    bool first = true;
    while (head.n) {
        const char *lf = memchr(head.p, '\n', head.n);
        if (!lf || lf == head.p || lf[-1] != '\r')
            return err_set(err, ERR_HTTP, "a line of the head ends without a carriage return");
        struct str line = str_sub(head, 0, (size_t)(lf - head.p) - 1);
        head = str_sub(head, (size_t)(lf - head.p) + 1, head.n);
        if (line.n == 0 && !first)
            break;
        int rc = first ? head_request_line(line, ret, err) : head_field(line, ret, limits, err);
        if (rc < 0)
            return rc;
        first = false;
    }
    return head_semantics(ret, limits, err);
}
