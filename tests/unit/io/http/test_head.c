/* The grammar of a head, without a socket. */
#include <criterion/criterion.h>
#include "io/http/http_int.h"

static struct http_limits limits_default(void)
{
    struct http_limits none = {0};
    return http_limits_effective(&none);
}

/* 0 when the text is a valid head, the error otherwise. */
static enum err_code judge(const char *text, size_t n, struct http_head *h)
{
    struct http_limits l = limits_default();
    struct err err = {0};
    size_t scan = 0;
    ssize_t len = http_head_find(text, n, &l, &scan, &err);
    if (len < 0)
        return err.code;
    cr_assert_eq((size_t)len, n, "the head is %zd of %zu bytes", len, n);
    return http_head_parse((struct str){.p = text, .n = n}, &l, h, &err) < 0 ? err.code : ERR_NONE;
}

#define JUDGE(text, h) judge(text, sizeof(text) - 1, h)
#define H              "Host: a\r\n"

Test(http_head, takes_apart_a_request)
{
    struct http_head h;
    cr_assert_eq(
        JUDGE("POST /a/b%20c?x=1&y HTTP/1.1\r\nHost: example.org:8080\r\ncontent-length: 12\r\nX:\t padded \r\n\r\n",
              &h),
        ERR_NONE);
    cr_assert_eq(h.method, HTTP_METHOD_POST);
    cr_assert(str_eqc(h.path, "/a/b%20c"));
    cr_assert(str_eqc(h.query, "x=1&y"));
    cr_assert_eq(h.content_length, 12u);
    cr_assert_eq(h.headers_count, 3u);
    cr_assert(str_eqc(h.headers[2].value, "padded"));
    cr_assert(h.keep_alive && h.http11 && !h.chunked);
}

Test(http_head, absolute_form_gives_its_path)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET http://example.org:80/p?q HTTP/1.1\r\n" H "\r\n", &h), ERR_NONE);
    cr_assert(str_eqc(h.path, "/p") && str_eqc(h.query, "q"));
    cr_assert_eq(JUDGE("GET http://example.org HTTP/1.1\r\n" H "\r\n", &h), ERR_NONE);
    cr_assert(str_eqc(h.path, "/"));
    cr_assert_eq(JUDGE("GET http://user@example.org/ HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET ftp://example.org/ HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET http:///p HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
}

Test(http_head, request_line_is_strict)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET  / HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1 \r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE(" GET / HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET\t/\tHTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET /\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / http/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET /a#b HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET /\x80 HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET * HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("OPTIONS * HTTP/1.1\r\n" H "\r\n", &h), ERR_NONE);
    cr_assert_eq(JUDGE("BREW / HTTP/1.1\r\n" H "\r\n", &h), ERR_UNSUPPORTED);
    cr_assert_eq(JUDGE("CONNECT a:1 HTTP/1.1\r\n" H "\r\n", &h), ERR_UNSUPPORTED);
    cr_assert_eq(JUDGE("G(T / HTTP/1.1\r\n" H "\r\n", &h), ERR_HTTP);
}

Test(http_head, only_two_versions)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET / HTTP/1.0\r\n\r\n", &h), ERR_NONE);
    cr_assert(!h.http11 && !h.keep_alive);
    cr_assert_eq(JUDGE("GET / HTTP/1.2\r\n" H "\r\n", &h), ERR_HTTP_VERSION);
    cr_assert_eq(JUDGE("GET / HTTP/0.9\r\n" H "\r\n", &h), ERR_HTTP_VERSION);
    cr_assert_eq(JUDGE("PRI * HTTP/2.0\r\n\r\n", &h), ERR_HTTP_VERSION);
    cr_assert_eq(JUDGE("GET / HTTP/1.1a\r\n" H "\r\n", &h), ERR_HTTP);
}

Test(http_head, exactly_one_host_that_is_a_host)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H H "\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.0\r\n" H H "\r\n", &h), ERR_HTTP);
    static const char *const good[] = {"a", "a.b", "127.0.0.1:80", "[::1]", "[::1]:443", "a:"};
    static const char *const bad[] = {"",       "a b",  "a/b", "a@b", "a:x",  "a:99999", "[::1",
                                      "[::1]x", "[zz]", ":80", "a?b", "a\"b", "a,b:1:2"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        cr_assert(http_host_valid(str_of(good[i])), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert(!http_host_valid(str_of(bad[i])), "%s", bad[i]);
}

Test(http_head, one_content_length_of_digits)
{
    struct http_head h;
    static const char *const bad[] = {"+1", "-1", "1 2", "0x1", "1,1", "", "1234567890123456789", "1.0", "٣"};
    char text[256];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int n = snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" H "Content-Length: %s\r\n\r\n", bad[i]);
        cr_assert_eq(judge(text, (size_t)n, &h), ERR_HTTP, "%s", bad[i]);
    }
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Content-Length: 999999999999999999\r\n\r\n", &h), ERR_TOO_LARGE);
}

Test(http_head, transfer_encoding_is_chunked_or_refused)
{
    struct http_head h;
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", &h), ERR_NONE);
    cr_assert(h.chunked);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", &h),
                 ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", &h),
                 ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", &h), ERR_UNSUPPORTED);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", &h), ERR_UNSUPPORTED);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
                       "chunked\r\n\r\n",
                       &h),
                 ERR_HTTP);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", &h), ERR_HTTP);
}

Test(http_head, header_lines_are_strict)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H ": b\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "no colon\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A: b\0c\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A\0: b\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n", &h), ERR_HTTP);
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "A: \xc3\xa9\r\n\r\n", &h), ERR_NONE);
}

Test(http_head, bare_line_feeds_are_refused_at_once)
{
    struct http_limits l = limits_default();
    struct err err;
    size_t scan = 0;
    cr_assert_eq(http_head_find("GET / HTTP/1.1\nHost", 19, &l, &scan, &err), -ERR_HTTP);
    scan = 0;
    cr_assert_eq(http_head_find("GET / HTTP/1.1\r\nHost: a\r\n\n", 26, &l, &scan, &err), -ERR_HTTP);
}

Test(http_head, found_the_same_in_any_pieces)
{
    static const char text[] = "GET / HTTP/1.1\r\n" H "A: b\r\n\r\nrest";
    struct http_limits l = limits_default();
    struct err err;
    size_t scan = 0, whole = sizeof(text) - 1 - 4;
    for (size_t n = 1; n < whole; n++)
        cr_assert_eq(http_head_find(text, n, &l, &scan, &err), 0);
    cr_assert_eq(http_head_find(text, sizeof(text) - 1, &l, &scan, &err), (ssize_t)whole);
}

Test(http_head, connection_and_expect)
{
    struct http_head h;
    cr_assert_eq(JUDGE("GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n", &h), ERR_NONE);
    cr_assert(!h.keep_alive);
    cr_assert_eq(JUDGE("GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n", &h), ERR_NONE);
    cr_assert(h.keep_alive);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n", &h), ERR_NONE);
    cr_assert(h.expect_continue);
    cr_assert_eq(JUDGE("POST / HTTP/1.1\r\n" H "Expect: tea\r\nContent-Length: 1\r\n\r\n", &h), ERR_EXPECTATION);
}

Test(http_head, limits_have_their_own_errors)
{
    struct http_head h;
    char text[80000];
    size_t n = (size_t)snprintf(text, sizeof(text), "GET /");
    memset(text + n, 'a', 9000);
    memcpy(text + n + 9000, " HTTP/1.1\r\n" H "\r\n", 22);
    cr_assert_eq(judge(text, n + 9000 + 22, &h), ERR_URI_TOO_LONG);
    n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H);
    for (int i = 0; i < 64; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
    n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
    cr_assert_eq(judge(text, n, &h), ERR_HEADERS_TOO_LARGE);
    n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "A: ");
    memset(text + n, 'a', 40000);
    memcpy(text + n + 40000, "\r\n\r\n", 4);
    cr_assert_eq(judge(text, n + 40004, &h), ERR_HEADERS_TOO_LARGE);
}
