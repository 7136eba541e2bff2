/* The framing of chunked bodies, in one piece and byte by byte. */
#include <criterion/criterion.h>
#include "io/http/http_int.h"

/* Walks text in steps of at most `step` bytes; data goes to out. 0 done, 1 not yet done, negative an error. */
static int walk(const char *text, size_t n, size_t step, char *out, size_t *ret_used)
{
    struct http_limits none = {0}, l = http_limits_effective(&none);
    struct http_chunked c = {0};
    struct err err;
    size_t at = 0;
    *out = '\0';
    while (at < n && c.state != HTTP_CHUNKED_DONE) {
        bool data = false;
        ssize_t len = http_chunked_next(&c, text + at, MIN(step, n - at), &l, &data, &err);
        if (len < 0)
            return (int)len;
        cr_assert(len > 0);
        if (data)
            strncat(out, text + at, (size_t)len);
        at += (size_t)len;
    }
    *ret_used = at;
    return c.state == HTTP_CHUNKED_DONE ? 0 : 1;
}

static int walk_both(const char *text, char *out)
{
    char bytewise[256];
    size_t used = 0, used_bytewise = 0;
    int rc = walk(text, strlen(text), 1 << 20, out, &used);
    cr_assert_eq(walk(text, strlen(text), 1, bytewise, &used_bytewise), rc, "%s", text);
    if (rc >= 0) {
        cr_assert_str_eq(out, bytewise);
        cr_assert_eq(used, used_bytewise);
    }
    return rc;
}

Test(http_chunked, data_without_framing)
{
    char out[256];
    cr_assert_eq(walk_both("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", out), 0);
    cr_assert_str_eq(out, "hello world");
    cr_assert_eq(walk_both("A;ext=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\nB:\r\n\r\n", out), 0);
    cr_assert_str_eq(out, "0123456789");
    cr_assert_eq(walk_both("0005\r\nhello\r\n000\r\n\r\n", out), 0);
}

Test(http_chunked, stops_at_the_end)
{
    char out[64];
    size_t used = 0;
    cr_assert_eq(walk("0\r\n\r\nGET /", 10, 100, out, &used), 0);
    cr_assert_eq(used, 5u);
    cr_assert_eq(walk_both("5\r\nhel", out), 1);
}

Test(http_chunked, no_freedoms)
{
    static const char *const bad[] = {
        "\r\n",
        "g\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "+5\r\nhello\r\n",
        "-1\r\n",
        "0x5\r\nhello\r\n",
        "1234567890abcdef\r\n",
        "ffffffffffffffffff\r\n",
        "5;a\rb\r\nhello\r\n",
        "5;\x01\r\nhello\r\n",
        "0\r\nA : b\r\n\r\n",
        "0\r\n: b\r\n\r\n",
        "0\r\n folded: x\r\n\r\n",
        "0\r\nnocolon\r\n\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\n\n",
        "0\n\n",
        "5\r\r\nhello\r\n",
    };
    char out[256];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_eq(walk_both(bad[i], out), -ERR_HTTP, "%zu: %s", i, bad[i]);
}

Test(http_chunked, extensions_and_trailers_are_bounded)
{
    struct http_limits none = {0}, l = http_limits_effective(&none);
    struct http_chunked c = {0};
    struct err err;
    char text[8192];
    bool data = false;
    memset(text, 'e', sizeof(text));
    memcpy(text, "5;", 2);
    cr_assert_eq(http_chunked_next(&c, text, sizeof(text), &l, &data, &err), -ERR_HTTP);
    memset(&c, 0, sizeof(c));
    memcpy(text, "0\r\nA:", 5);
    cr_assert_eq(http_chunked_next(&c, text, sizeof(text), &l, &data, &err), -ERR_HEADERS_TOO_LARGE);
}
