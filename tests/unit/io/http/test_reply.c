/* Answers: problems, streams, back-pressure, what may stand in a header. */
#include "fixture.h"
#include "base/json.h"

#define HOST "Host: a\r\n"

TestSuite(http_reply, .timeout = 60);

static int hold(const char *path, const char *headers)
{
    char text[1024];
    int fd = fx_connect();
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "Connection: close\r\n%s\r\n", path, headers);
    fx_send(fd, text);
    FX_UNTIL(fx.held);
    return fd;
}

static yyjson_val *body_json(struct arena *a, const char *got)
{
    yyjson_val *root = NULL;
    const char *body = strstr(got, "\r\n\r\n");
    cr_assert(body);
    cr_assert_eq(json_parse(a, str_of(body + 4), &root, NULL, NULL), 0, "%s", got);
    return root;
}

Test(http_reply, a_problem_has_all_its_members)
{
    struct arena a;
    struct err err;
    arena_init(&a, 1 << 20);
    fx_open(NULL);
    int fd =
        hold("/hold", "X-Request-Id: r1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
    err_set_at(&err, ERR_INVALID, "/a/0", "the \"value\" is\nbad: \xff");
    http_reply_problem(fx.held, &err);
    const char *got = fx_receive(fd, NULL);
    cr_assert(fx_is(got, "422") && strstr(got, "application/problem+json\r\n"));
    yyjson_val *root = body_json(&a, got);
    cr_assert(str_eqc(json_get_str(root, "type"), "/problems/invalid"));
    cr_assert(str_eqc(json_get_str(root, "title"), err_title(ERR_INVALID)));
    cr_assert_eq(json_get_int(root, "status", 0), 422);
    cr_assert(str_eqc(json_get_str(root, "detail"), "the \"value\" is\nbad: ?"));
    cr_assert(str_eqc(json_get_str(root, "code"), "invalid"));
    cr_assert(str_eqc(json_get_str(root, "request_id"), "r1"));
    cr_assert(str_eqc(json_get_str(root, "trace_id"), "0af7651916cd43dd8448eb211c80319c"));
    yyjson_val *first = yyjson_arr_get(json_get_arr(root, "errors"), 0);
    cr_assert(str_eqc(json_get_str(first, "pointer"), "/a/0"));
    close(fd);
    fx_close();
    arena_fini(&a);
}

Test(http_reply, a_problem_with_several_errors)
{
    struct arena a;
    struct err err, items[3];
    arena_init(&a, 1 << 20);
    fx_open(NULL);
    int fd = hold("/hold", "");
    err_set(&err, ERR_INVALID, "three fields are wrong");
    for (int i = 0; i < 3; i++)
        err_set_at(&items[i], ERR_INVALID, "/x", "number %d", i);
    http_reply_problems(fx.held, &err, items, 3);
    yyjson_val *errors = json_get_arr(body_json(&a, fx_receive(fd, NULL)), "errors");
    cr_assert_eq(yyjson_arr_size(errors), 3u);
    cr_assert(str_eqc(json_get_str(yyjson_arr_get(errors, 2), "detail"), "number 2"));
    close(fd);
    fx_close();
    arena_fini(&a);
}

Test(http_reply, headers_are_added_and_cannot_be_forged)
{
    fx_open(NULL);
    int fd = hold("/hold", "");
    cr_assert(http_reply_header(fx.held, "ETag", "\"1\""));
    cr_assert(http_reply_header(fx.held, "Location", "/x"));
    cr_assert(!http_reply_header(fx.held, "A", "b\r\nSet-Cookie: c"));
    cr_assert(!http_reply_header(fx.held, "A\r\nB", "c"));
    cr_assert(!http_reply_header(fx.held, "", "c"));
    http_reply(fx.held, 201, NULL, STR(""));
    const char *got = fx_receive(fd, NULL);
    cr_assert(strstr(got, "\r\nETag: \"1\"\r\nLocation: /x\r\n") && !strstr(got, "Cookie"));
    close(fd);
    fx_close();
}

Test(http_reply, only_the_first_answer_counts)
{
    fx_open(NULL);
    int fd = hold("/hold", "");
    http_reply(fx.held, 200, "text/plain", STR("first"));
    http_reply(fx.held, 500, "text/plain", STR("second"));
    http_reply_begin(fx.held, 200, NULL);
    cr_assert_eq(http_reply_chunk(fx.held, "x", 1), -1);
    http_reply_take(fx.held, 200, NULL, strdup("freed"), 5);
    const char *got = fx_receive(fd, NULL);
    cr_assert_eq(fx_times(got, "HTTP/1.1 "), 1u);
    cr_assert(strstr(got, "\r\n\r\nfirst"));
    cr_assert_eq(fx.aborts, 0);
    close(fd);
    fx_close();
}

Test(http_reply, streams_are_chunked)
{
    fx_open(NULL);
    const char *got = fx_talk("GET /two HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    cr_assert(strstr(got, "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"), "%s", got);
    fx_close();
}

Test(http_reply, a_stream_arrives_as_it_is_written)
{
    fx_open(NULL);
    int fd = hold("/sse", "");
    fx_receive(fd, "data: 1\n\n");
    http_reply_chunk(fx.held, "data: 2\n\n", 9);
    fx_receive(fd, "data: 2\n\n\r\n");
    http_reply_end(fx.held);
    const char *rest = fx_receive(fd, NULL);
    cr_assert(strlen(rest) >= 5 && strcmp(rest + strlen(rest) - 5, "0\r\n\r\n") == 0);
    cr_assert_eq(fx.aborts, 0);
    close(fd);
    fx_close();
}

Test(http_reply, giving_up_a_stream_is_visible)
{
    fx_open(NULL);
    int fd = hold("/sse", "");
    fx_receive(fd, "data: 1\n\n");
    http_reply_cut(fx.held);
    cr_assert(!strstr(fx_receive(fd, NULL), "0\r\n\r\n"));
    FX_UNTIL(fx.aborts == 1);
    close(fd);
    fx_close();
}

Test(http_reply, a_slow_reader_is_waited_for)
{
    static char block[64 << 10];
    fx_open(NULL);
    int fd = fx_connect_to(http_server_port(fx.server), 4096);
    fx_send(fd, "GET /sse HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    FX_UNTIL(fx.held);
    while (http_reply_chunk(fx.held, block, sizeof(block)) < 1 << 20)
        ;
    cr_assert_eq(fx.drains, 0);
    cr_assert_geq(http_reply_queued(fx.held), (size_t)1 << 20);
    while (!fx.drains) {
        static char sink[1 << 16];
        while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
            ;
        fx_turn();
    }
    cr_assert_leq(http_reply_queued(fx.held), (size_t)64 << 10);
    cr_assert_eq(fx.drains, 1);
    close(fd);
    fx_close();
}

Test(http_reply, a_large_body_goes_without_a_copy)
{
    enum { BYTES = 20 << 20 };
    fx_open(NULL);
    int fd = hold("/hold", "");
    char *body = malloc(BYTES);
    memset(body, 'x', BYTES);
    http_reply_take(fx.held, 200, "text/plain", body, BYTES);
    cr_assert(http_request_is_over(fx.held));
    static char sink[1 << 20];
    size_t got = 0;
    for (ssize_t n; (n = recv(fd, sink, sizeof(sink), MSG_DONTWAIT)) != 0; fx_turn())
        got += n > 0 ? (size_t)n : 0;
    cr_assert_gt(got, (size_t)BYTES);
    cr_assert_lt(got, (size_t)BYTES + 1000);
    close(fd);
    fx_close();
}

Test(http_reply, a_failed_buffer_is_a_problem)
{
    struct buf b;
    fx_open(NULL);
    int fd = hold("/hold", "");
    buf_init(&b, 2);
    buf_adds(&b, "[1,2]");
    http_reply_json(fx.held, 200, &b);
    cr_assert(fx_is(fx_receive(fd, NULL), "503"));
    buf_fini(&b);
    close(fd);
    fx_close();
}

Test(http_reply, is_counted_by_route_and_status)
{
    fx_open(NULL);
    int fd = hold("/hold", "");
    http_request_set_route(fx.held, "test_route");
    http_reply(fx.held, 202, NULL, STR(""));
    cr_assert_eq(metrics_get(METRICS_HTTP_REQUESTS, "test_route", "202", NULL), 1.0);
    cr_assert_eq(metrics_get(METRICS_HTTP_SECONDS, "test_route", NULL), 1.0);
    cr_assert_eq(metrics_get(METRICS_HTTP_CONNECTIONS, NULL), 1.0);
    close(fd);
    fx_talk("GET / HTTP/1.1\r\n\r\n");
    cr_assert_eq(metrics_get(METRICS_HTTP_REFUSED, "bad-request", NULL), 1.0);
    FX_UNTIL(http_server_connections(fx.server) == 0);
    cr_assert_eq(metrics_get(METRICS_HTTP_CONNECTIONS, NULL), 0.0);
    fx_close();
}
