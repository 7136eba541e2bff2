/* What a handler reads: bodies in constant memory, back-pressure, query parameters, header helpers. */
#include "fixture.h"

#define HOST "Host: a\r\n"

TestSuite(http_request, .timeout = 60);

Test(http_request, a_large_upload_streams_through)
{
    enum { PIECE = 1 << 20, PIECES = 40 };
    static char piece[PIECE];
    char head[128];
    fx_open(NULL);
    int fd = fx_connect();
    snprintf(head, sizeof(head), "POST /stream HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: %d\r\n\r\n",
             PIECE * PIECES);
    fx_send(fd, head);
    FX_UNTIL(fx.held);
    for (int i = 0; i < PIECES; i++) {
        cr_assert(fx_send_n(fd, piece, PIECE));
        cr_assert_leq(fx.held->conn ? fx.held->conn->in.cap : 0, 2u * HTTP_READ_BYTES);
    }
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\n41943040 bytes"));
    cr_assert_leq(fx.largest_piece, (size_t)HTTP_READ_BYTES);
    close(fd);
    fx_close();
}

Test(http_request, a_paused_body_stays_outside)
{
    fx_open(NULL);
    fx.pause_each = true;
    int fd = fx_connect();
    fx_send(fd, "POST /stream HTTP/1.1\r\n" HOST
                "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n");
    for (int i = 1; i <= 3; i++) {
        FX_UNTIL(fx.pieces == i);
        for (int k = 0; k < 20; k++)
            fx_turn();
        cr_assert_eq(fx.pieces, i);
        cr_assert_eq(fx.ends, 0);
        http_request_resume(fx.held);
        cr_assert_eq(fx.pieces, i, "never from inside the call");
    }
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\n6 bytes"));
    close(fd);
    fx_close();
}

Test(http_request, a_paused_upload_is_bounded_and_its_end_noticed)
{
    static char piece[1 << 20];
    fx_open(NULL);
    fx.pause_each = true;
    int fd = fx_connect();
    fx_send(fd, "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n");
    size_t sent = 0;
    for (int quiet = 0; quiet < 300;) {
        ssize_t n = send(fd, piece, sizeof(piece), MSG_DONTWAIT | MSG_NOSIGNAL);
        quiet = n > 0 ? 0 : quiet + 1;
        sent += n > 0 ? (size_t)n : 0;
        fx_turn();
    }
    cr_assert_lt(sent, 90000000u);
    cr_assert_eq(fx.pieces, 1);
    fx_reset(fd);
    FX_UNTIL(fx.aborts == 1);
    fx_close();
}

Test(http_request, the_body_can_be_chosen_later)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd,
            "POST /hold HTTP/1.1\r\n" HOST "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    FX_UNTIL(fx.held);
    http_request_read_all(fx.held, 5, fx_echo, NULL);
    fx_receive(fd, "100 Continue");
    fx_send(fd, "hello");
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\nhello"));
    close(fd);
    fx_close();
}

static void too_large(struct http_request *req, void *ud, struct str body)
{
    (void)req, (void)ud, (void)body;
    cr_assert(false, "over the limit");
}

Test(http_request, refusing_a_declared_body_does_not_call_back_at_once)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
    FX_UNTIL(fx.held);
    http_request_read_all(fx.held, 4, too_large, NULL);
    cr_assert_eq(fx.aborts, 0);
    cr_assert(fx_is(fx_receive(fd, NULL), "413"));
    cr_assert_eq(fx.aborts, 1);
    http_request_on_abort(fx.held, fx_abort, NULL);
    cr_assert_eq(fx.aborts, 1);
    FX_UNTIL(fx.aborts == 2);
    close(fd);
    fx_close();
}

Test(http_request, an_empty_body_is_a_body)
{
    fx_open(NULL);
    const char *got = fx_talk("POST /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    cr_assert(fx_is(got, "200") && strstr(got, "Content-Length: 0\r\n"));
    fx_close();
}

static void count_free(void *ud)
{
    (*(int *)ud)++;
}

Test(http_request, its_state_goes_with_the_last_reference)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    http_request_set_ud(fx.held, &fx.freed, count_free);
    close(fd);
    FX_UNTIL(fx.aborts == 1);
    cr_assert_eq(fx.freed, 0);
    http_request_unref(TAKE_PTR(fx.held));
    cr_assert_eq(fx.freed, 1);
    fx_close();
}

/* A held request whose target and headers are given; the connection stays open until fx_close. */
static struct http_request *hold(const char *target, const char *headers)
{
    char text[1024];
    int fd = fx_connect();
    snprintf(text, sizeof(text), "GET /hold%s HTTP/1.1\r\n" HOST "%s\r\n", target, headers);
    http_request_unref(TAKE_PTR(fx.held));
    fx_send(fd, text);
    FX_UNTIL(fx.held);
    return fx.held;
}

Test(http_request, query_parameters)
{
    fx_open(NULL);
    struct err err;
    struct str v;
    int64_t n;
    bool yes;
    struct http_request *req =
        hold("?a=1%20+2&b&size=20&neg=-5&bad=%zz&nul=%00&utf=%ff&twice=1&twice=2&dry=true&cut=%4", "");
    cr_assert_eq(http_query_get(req, "a", &v, &err), 1);
    cr_assert(str_eqc(v, "1  2"));
    cr_assert_eq(http_query_get(req, "b", &v, &err), 1);
    cr_assert_eq(v.n, 0u);
    cr_assert_eq(http_query_get(req, "c", &v, &err), 0);
    cr_assert_eq(http_query_get(req, "bad", &v, &err), -ERR_MALFORMED);
    cr_assert_eq(http_query_get(req, "cut", &v, &err), -ERR_MALFORMED);
    cr_assert_eq(http_query_get(req, "nul", &v, &err), -ERR_MALFORMED);
    cr_assert_eq(http_query_get(req, "utf", &v, &err), -ERR_MALFORMED);
    cr_assert_eq(http_query_get(req, "twice", &v, &err), -ERR_INVALID);
    cr_assert_eq(http_query_int(req, "size", 1, 100, 50, &n, &err), 1);
    cr_assert_eq(n, 20);
    cr_assert_eq(http_query_int(req, "size", 1, 10, 50, &n, &err), -ERR_INVALID);
    cr_assert_eq(http_query_int(req, "neg", -10, 10, 50, &n, &err), 1);
    cr_assert_eq(n, -5);
    cr_assert_eq(http_query_int(req, "a", 1, 10, 50, &n, &err), -ERR_INVALID);
    cr_assert_eq(http_query_int(req, "none", 1, 10, 50, &n, &err), 0);
    cr_assert_eq(n, 50);
    cr_assert_eq(http_query_bool(req, "dry", false, &yes, &err), 1);
    cr_assert(yes);
    cr_assert_eq(http_query_bool(req, "size", false, &yes, &err), -ERR_INVALID);
    fx_close();
}

Test(http_request, unknown_query_parameters_are_named)
{
    static const char *const names[] = {"page_size", "wait", NULL};
    struct err err;
    fx_open(NULL);
    cr_assert_eq(http_query_check(hold("?wait=1&page_size=2", ""), names, &err), 0);
    cr_assert_eq(http_query_check(hold("?wiat=1", ""), names, &err), -ERR_INVALID);
    cr_assert(strstr(err.msg, "\"wiat\"") && strstr(err.msg, "did you mean wait?"));
    fx_close();
}

Test(http_request, header_helpers)
{
    fx_open(NULL);
    struct http_request *req = hold(
        "",
        "If-None-Match: \"1\", W/\"2\"\r\nContent-Type: Application/JSON; charset=utf-8\r\nAuthorization: bearer  "
        "abc\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-Request-Id: bad id\r\nEmpty:\r\n");
    cr_assert(http_request_etag_matches(req, "\"1\"") && http_request_etag_matches(req, "\"2\"") &&
              http_request_etag_matches(req, "W/\"1\""));
    cr_assert(!http_request_etag_matches(req, "\"3\""));
    cr_assert(http_request_content_type_is(req, "application/json"));
    cr_assert(!http_request_content_type_is(req, "application/jso"));
    cr_assert(str_eqc(http_request_bearer(req), "abc"));
    cr_assert_str_eq(http_request_trace(req)->id, "0af7651916cd43dd8448eb211c80319c");
    cr_assert_eq(strlen(http_request_id(req)), 32u, "an id that is not plain is replaced");
    cr_assert(http_request_has_header(req, "empty") && !http_request_has_header(req, "absent"));
    cr_assert_str_eq(http_request_peer(req), "127.0.0.1");
    fx_close();
}
