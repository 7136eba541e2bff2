/* The framing of a chunked body (RFC 9112 section 7), byte by byte and without freedoms: no space around the size, no
 * bare LF, at most 15 digits, extensions and trailers bounded.
 *
 *     SIZE -(;)-> EXT -(CR)-> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE ...
 *     SIZE_LF of size 0 -> TRAILER_START -(other)-> TRAILER -(CR)-> TRAILER_LF -> TRAILER_START
 *                          TRAILER_START -(CR)-> END_LF -> DONE */
#include "io/http/http_int.h"

#define CHUNKED_DIGITS_MAX 15

static int chunked_bad(struct err *err, const char *what)
{
    return err_set(err, ERR_HTTP, "the chunked body is not valid: %s", what);
}

static int chunked_hex(char c)
{
    if (str_is_digit(c))
        return c - '0';
    c = str_lower_char(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int chunked_size(struct http_chunked *c, char b, struct err *err)
{
    int digit = chunked_hex(b);
    if (digit >= 0) {
        if (++c->digits > CHUNKED_DIGITS_MAX)
            return chunked_bad(err, "a chunk size has too many digits");
        c->left = c->left * 16 + (unsigned)digit;
        return 0;
    }
    if (c->digits == 0 || (b != ';' && b != '\r'))
        return chunked_bad(err, "a chunk size is not hexadecimal");
    c->state = b == ';' ? HTTP_CHUNKED_EXT : HTTP_CHUNKED_SIZE_LF;
    return 0;
}

static int chunked_ext(struct http_chunked *c, char b, const struct http_limits *limits, struct err *err)
{
    if (b == '\r') {
        c->state = HTTP_CHUNKED_SIZE_LF;
        return 0;
    }
    if (!http_is_text(b))
        return chunked_bad(err, "a control byte in a chunk extension");
    if (++c->ext_bytes > limits->chunk_ext_max_bytes)
        return chunked_bad(err, "a chunk extension is too long");
    return 0;
}

static int chunked_trailer(struct http_chunked *c, char b, const struct http_limits *limits, struct err *err)
{
    if (++c->trailer_bytes > limits->trailer_max_bytes)
        return err_set(err, ERR_HEADERS_TOO_LARGE, "the trailers are longer than %zu bytes", limits->trailer_max_bytes);
    if (c->state == HTTP_CHUNKED_TRAILER_START) {
        if (b == '\r') {
            c->state = HTTP_CHUNKED_END_LF;
            return 0;
        }
        c->trailer_colon = false;
        c->state = HTTP_CHUNKED_TRAILER;
        if (b == ':')
            return chunked_bad(err, "a trailer line has no name");
    }
    if (b == '\r') {
        c->state = HTTP_CHUNKED_TRAILER_LF;
        return c->trailer_colon ? 0 : chunked_bad(err, "a trailer line has no colon");
    }
    if (c->trailer_colon)
        return http_is_text(b) ? 0 : chunked_bad(err, "a control byte in a trailer");
    if (b == ':')
        c->trailer_colon = true;
    else if (!http_token_valid((struct str){.p = &b, .n = 1}))
        return chunked_bad(err, "a trailer line has no valid name");
    return 0;
}

static int chunked_expect(struct http_chunked *c, char b, char wanted, enum http_chunked_state next, struct err *err)
{
    if (b != wanted)
        return chunked_bad(err, "a line does not end with CR and LF");
    c->state = next;
    return 0;
}

static int chunked_byte(struct http_chunked *c, char b, const struct http_limits *limits, struct err *err)
{
    switch (c->state) {
    case HTTP_CHUNKED_SIZE:
        return chunked_size(c, b, err);
    case HTTP_CHUNKED_EXT:
        return chunked_ext(c, b, limits, err);
    case HTTP_CHUNKED_SIZE_LF:
        c->digits = 0;
        c->ext_bytes = 0;
        return chunked_expect(c, b, '\n', c->left ? HTTP_CHUNKED_DATA : HTTP_CHUNKED_TRAILER_START, err);
    case HTTP_CHUNKED_DATA_CR:
        return chunked_expect(c, b, '\r', HTTP_CHUNKED_DATA_LF, err);
    case HTTP_CHUNKED_DATA_LF:
        return chunked_expect(c, b, '\n', HTTP_CHUNKED_SIZE, err);
    case HTTP_CHUNKED_TRAILER_START:
    case HTTP_CHUNKED_TRAILER:
        return chunked_trailer(c, b, limits, err);
    case HTTP_CHUNKED_TRAILER_LF:
        return chunked_expect(c, b, '\n', HTTP_CHUNKED_TRAILER_START, err);
    case HTTP_CHUNKED_END_LF:
        return chunked_expect(c, b, '\n', HTTP_CHUNKED_DONE, err);
    case HTTP_CHUNKED_DATA:
    case HTTP_CHUNKED_DONE:
        break;
    }
    return 0;
}

ssize_t http_chunked_next(struct http_chunked *c, const char *p, size_t n, const struct http_limits *limits,
                          bool *ret_data, struct err *err)
{
    *ret_data = c->state == HTTP_CHUNKED_DATA;
    if (*ret_data) {
        size_t take = c->left < n ? (size_t)c->left : n;
        c->left -= take;
        if (c->left == 0)
            c->state = HTTP_CHUNKED_DATA_CR;
        return (ssize_t)take;
    }
    size_t at = 0;
    while (at < n && c->state != HTTP_CHUNKED_DATA && c->state != HTTP_CHUNKED_DONE) {
        int rc = chunked_byte(c, p[at], limits, err);
        if (rc < 0)
            return rc;
        at++;
    }
    return (ssize_t)at;
}
