/* Connections: what is let in, what is refused, how long anything may take, and how all of it ends. Exact bytes on real
 * sockets. */
#include "fixture.h"

#define HOST  "Host: a\r\n"
#define CLOSE HOST "Connection: close\r\n"

TestSuite(http_server, .timeout = 60);

static void refused(const char *text, const char *status)
{
    const char *got = fx_talk(text);
    cr_assert(fx_is(got, status), "%s\nwas answered: %s", text, got);
    cr_assert(strstr(got, "Connection: close\r\n"));
    cr_assert(strstr(got, "Content-Type: application/problem+json\r\n"));
    cr_assert(strstr(got, "\"type\":\"/problems/"));
    cr_assert_eq(fx_times(got, "\r\nDate: "), 1u, "one answer, then the end: %s", got);
}

Test(http_server, answers_with_one_whole_message)
{
    fx_open(NULL);
    const char *got = fx_talk("GET /x HTTP/1.1\r\n" CLOSE "X-Request-Id: abc-1\r\n\r\n");
    cr_assert(fx_is(got, "200"));
    cr_assert(strstr(got, "\r\nContent-Length: 2\r\n"));
    cr_assert(strstr(got, "\r\nX-Request-Id: abc-1\r\n"));
    cr_assert(strstr(got, "\r\nDate: "));
    cr_assert(strstr(got, "\r\n\r\n/x"));
    fx_close();
}

Test(http_server, keeps_alive_and_answers_in_order)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "GET /one HTTP/1.1\r\n" HOST "\r\n");
    cr_assert(!strstr(fx_receive(fd, "/one"), "Connection:"));
    fx_send(fd, "\r\nGET /a HTTP/1.1\r\n" HOST "\r\nPOST /echo HTTP/1.1\r\n" HOST
                "Content-Length: 3\r\n\r\nabcGET /c HTTP/1.1\r\n" CLOSE "\r\n");
    const char *got = fx_receive(fd, NULL);
    const char *a = strstr(got, "\r\n\r\n/a"), *b = strstr(got, "\r\n\r\nabc"), *c = strstr(got, "\r\n\r\n/c");
    cr_assert(a && b && c && a < b && b < c, "%s", got);
    cr_assert_eq(fx.handled, 4);
    close(fd);
    fx_close();
}

Test(http_server, takes_bytes_one_by_one)
{
    static const char text[] = "POST /echo HTTP/1.1\r\n" CLOSE
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n";
    fx_open(NULL);
    int fd = fx_connect();
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        cr_assert(fx_send_n(fd, text + i, 1));
        fx_turn();
    }
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\nabcde"));
    close(fd);
    fx_close();
}

Test(http_server, pipelined_requests_wait_for_the_one_before)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /after HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    for (int i = 0; i < 50; i++)
        fx_turn();
    cr_assert_eq(fx.handled, 1);
    http_reply(fx.held, 200, "text/plain", STR("first"));
    const char *got = fx_receive(fd, "/after");
    cr_assert(strstr(got, "first") && strstr(got, "first") < strstr(got, "/after"));
    close(fd);
    fx_close();
}

Test(http_server, waiting_bytes_are_bounded)
{
    struct http_limits l = {.pipeline_max_bytes = 4096};
    fx_open(&l);
    int fd = fx_connect();
    fx_send(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    static char flood[64 << 20];
    memset(flood, 'x', sizeof(flood));
    size_t sent = 0;
    for (int quiet = 0; quiet < 300 && sent < sizeof(flood);) {
        ssize_t n = send(fd, flood + sent, sizeof(flood) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        quiet = n > 0 ? 0 : quiet + 1;
        sent += n > 0 ? (size_t)n : 0;
        fx_turn();
    }
    cr_assert_lt(sent, sizeof(flood), "the server reads without end");
    cr_assert_leq(fx.held->conn->in.len, 4096u);
    cr_assert_eq(fx.aborts, 0);
    fx_reset(fd); /* noticed although the server has stopped reading */
    FX_UNTIL(fx.aborts == 1);
    fx_close();
}

Test(http_server, the_end_is_noticed_behind_waiting_bytes)
{
    struct http_limits l = {.pipeline_max_bytes = 4096};
    char waiting[8192];
    fx_open(&l);
    int fd = fx_connect();
    fx_send(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    memset(waiting, 'x', sizeof(waiting));
    cr_assert(fx_send_n(fd, waiting, sizeof(waiting)));
    FX_UNTIL(fx.held->conn->in.len == 4096);
    close(fd);
    FX_UNTIL(fx.aborts == 1);
    fx_close();
}

Test(http_server, refuses_ambiguous_messages)
{
    fx_open(NULL);
    refused("GET / HTTP/1.1\r\n" HOST HOST "\r\n", "400");
    refused("GET / HTTP/1.1\r\n\r\n", "400");
    refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400");
    refused("GET / HTTP/1.1\nHost: a\n\n", "400");
    refused("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", "400");
    refused("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", "400");
    refused("POST /echo HTTP/1.1\r\n" HOST
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "400");
    refused("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400");
    refused("POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", "400");
    refused("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", "501");
    refused("GET / HTTP/2.0\r\n" HOST "\r\n", "505");
    refused("BREW / HTTP/1.1\r\n" HOST "\r\n", "501");
    refused("POST /echo HTTP/1.1\r\n" HOST "Expect: tea\r\nContent-Length: 1\r\n\r\n", "417");
    cr_assert_eq(fx.handled, 0, "no handler saw any of them");
    fx_close();
}

Test(http_server, refuses_broken_chunks_and_what_follows)
{
    fx_open(NULL);
    refused("POST /echo HTTP/1.1\r\n" HOST
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
            "400");
    refused("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nz\r\n", "400");
    cr_assert_eq(fx.aborts, 2);
    fx_close();
}

Test(http_server, limits_of_the_head)
{
    struct http_limits l = {.line_max_bytes = 64, .head_max_bytes = 256, .headers_max = 4};
    char text[1024];
    fx_open(&l);
    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    text[200] = '\0'; /* no line end: the limit is noticed before */
    refused(text, "414");
    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST "A: %0300d\r\n\r\n", 1);
    refused(text, "431");
    refused("GET / HTTP/1.1\r\n" HOST "A:\r\nB:\r\nC:\r\nD:\r\n\r\n", "431");
    fx_close();
}

Test(http_server, limits_of_the_body)
{
    struct http_limits l = {.body_max_bytes = 5000, .chunk_ext_max_bytes = 8, .trailer_max_bytes = 16};
    fx_open(&l);
    refused("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5001\r\n\r\n", "413");
    refused("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", "413");
    char text[8192];
    int n = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    snprintf(text + n, sizeof(text) - (size_t)n, "5dc\r\n%01500d\r\n", 1);
    refused(text, "413");
    n = snprintf(text, sizeof(text), "POST /stream HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 6; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "3e8\r\n%01000d\r\n", 1);
    refused(text, "413");
    cr_assert_eq(fx.ends, 0);
    refused("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;aaaaaaaaa\r\n", "400");
    refused("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nAAAA: bbbbbbbbbbbbbbb\r\n", "431");
    cr_assert_eq(fx.aborts, 5);
    fx_close();
}

Test(http_server, an_early_answer_closes_when_body_bytes_are_left)
{
    fx_open(NULL);
    const char *got = fx_talk("POST /x HTTP/1.1\r\n" HOST "Content-Length: 30\r\n\r\nGET /smuggled HTTP/1.1\r\n");
    cr_assert(fx_is(got, "200") && strstr(got, "Connection: close\r\n"));
    cr_assert_eq(fx_times(got, "HTTP/1.1 "), 1u);
    cr_assert_eq(fx.handled, 1);
    fx_close();
}

Test(http_server, an_early_stream_closes_when_body_bytes_are_left)
{
    fx_open(NULL);
    const char *got =
        fx_talk("POST /two HTTP/1.1\r\n" HOST "Content-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\n" HOST "\r\n");
    cr_assert(fx_is(got, "200") && strstr(got, "Connection: close\r\n"));
    cr_assert_eq(fx.handled, 1);
    int fd = fx_connect();
    fx_send(fd, "POST /both HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nGET /smuggled HTTP/1.1\r\n");
    FX_UNTIL(fx.pieces == 1);
    http_reply_end(fx.held); /* in the middle of its body */
    cr_assert(strstr(fx_receive(fd, NULL), "0\r\n\r\n"));
    cr_assert_eq(fx.handled, 2);
    close(fd);
    fx_close();
}

Test(http_server, requests_wait_while_answers_are_not_read)
{
    enum { N = 40 };
    static char sink[1 << 20];
    fx_open(NULL);
    int fd = fx_connect_to(http_server_port(fx.server), 4096);
    for (int i = 0; i < N; i++)
        fx_send(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 300; i++)
        fx_turn();
    cr_assert_lt(fx.handled, N, "the answers pile up");
    for (size_t got = 0; got < N * FX_BIG_BYTES; fx_turn()) {
        ssize_t n = recv(fd, sink, sizeof(sink), MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
        cr_assert(n > 0 || (n < 0 && errno == EAGAIN));
    }
    cr_assert_eq(fx.handled, N);
    close(fd);
    fx_close();
}

Test(http_server, the_early_answer_reaches_a_peer_that_still_sends)
{
    fx_open(NULL);
    int fd = fx_connect();
    static char body[3 << 20];
    memset(body, 'x', sizeof(body));
    fx_send(fd, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 9000000\r\n\r\n");
    cr_assert(fx_send_n(fd, body, sizeof(body)), "cut while sending");
    cr_assert(fx_is(fx_receive(fd, "/x"), "200"));
    close(fd);
    fx_close();
}

Test(http_server, continues_only_when_the_body_is_wanted)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "POST /echo HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    cr_assert_str_eq(fx_receive(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    fx_send(fd, "ok");
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\nok"));
    close(fd);
    const char *got = fx_talk("POST /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    cr_assert(fx_is(got, "200") && !strstr(got, "100 Continue"));
    got = fx_talk("POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    cr_assert(fx_is(got, "413") && !strstr(got, "100 Continue"));
    got = fx_talk("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
    cr_assert(fx_is(got, "200") && !strstr(got, "100 Continue"));
    fx_close();
}

Test(http_server, head_has_the_length_and_no_body)
{
    fx_open(NULL);
    int fd = fx_connect();
    fx_send(fd, "HEAD /abc HTTP/1.1\r\n" HOST "\r\nHEAD /two HTTP/1.1\r\n" HOST "\r\nGET /nothing HTTP/1.1\r\n" CLOSE
                "\r\n");
    const char *got = fx_receive(fd, NULL);
    cr_assert(strstr(got, "Content-Length: 4\r\n\r\nHTTP/1.1 200"), "%s", got);
    cr_assert(!strstr(got, "hello"));
    cr_assert(strstr(got, "HTTP/1.1 204 No Content\r\n"));
    cr_assert_eq(fx_times(got, "Content-Length"), 1u);
    cr_assert_eq(strcmp(got + strlen(got) - 4, "\r\n\r\n"), 0);
    close(fd);
    const char *refusal = fx_talk("HEAD / HTTP/1.1\r\n\r\n");
    cr_assert(fx_is(refusal, "400") && !strstr(refusal, "problems/"));
    fx_close();
}

Test(http_server, http_1_0_closes_or_keeps_when_asked)
{
    fx_open(NULL);
    const char *got = fx_talk("GET /two HTTP/1.0\r\n\r\n");
    cr_assert(strstr(got, "\r\n\r\nhello world") && !strstr(got, "chunked") && strstr(got, "Connection: close"));
    int fd = fx_connect();
    fx_send(fd, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    cr_assert(strstr(fx_receive(fd, "\r\n\r\n/a"), "Connection: keep-alive\r\n"));
    fx_send(fd, "GET /b HTTP/1.0\r\n\r\n");
    cr_assert(strstr(fx_receive(fd, NULL), "\r\n\r\n/b"));
    close(fd);
    fx_close();
}

Test(http_server, an_upgrade_is_not_taken)
{
    fx_open(NULL);
    const char *got = fx_talk("GET /u HTTP/1.1\r\n" HOST "Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n");
    cr_assert(fx_is(got, "200") && strstr(got, "\r\n\r\n/u"));
    fx_close();
}

Test(http_server, slow_heads_are_cut_off)
{
    struct http_limits l = {.header_ms = 60};
    fx_open(&l);
    int fd = fx_connect();
    fx_send(fd, "GET / HTTP/1.1\r\nHo");
    const char *got = fx_receive(fd, NULL);
    cr_assert(fx_is(got, "408") && strstr(got, "request-timeout"));
    close(fd);
    fx_close();
}

Test(http_server, idle_connections_are_closed_without_words)
{
    struct http_limits l = {.idle_ms = 60};
    fx_open(&l);
    int fd = fx_connect();
    cr_assert_str_eq(fx_receive(fd, NULL), "");
    close(fd);
    FX_UNTIL(http_server_connections(fx.server) == 0);
    fx_close();
}

Test(http_server, slow_bodies_are_cut_off)
{
    struct http_limits l = {.body_ms = 60, .body_min_bytes = 10};
    fx_open(&l);
    int fd = fx_connect();
    fx_send(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    cr_assert(fx_is(fx_receive(fd, NULL), "408"));
    cr_assert_eq(fx.aborts, 1);
    close(fd);
    fx_close();
}

Test(http_server, a_handler_may_think_longer_than_any_deadline)
{
    struct http_limits l = {.body_ms = 20, .header_ms = 20, .idle_ms = 20, .send_ms = 20};
    fx_open(&l);
    int fd = fx_connect();
    fx_send(fd, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n");
    FX_UNTIL(fx.held);
    uint64_t from = loop_now_ms(fx.loop);
    FX_UNTIL(loop_now_ms(fx.loop) > from + 100);
    cr_assert(!http_request_is_over(fx.held));
    http_reply(fx.held, 200, NULL, STR(""));
    cr_assert(fx_is(fx_receive(fd, "\r\n\r\n"), "200"));
    close(fd);
    fx_close();
}

Test(http_server, a_peer_that_does_not_read_is_cut)
{
    struct http_limits l = {.send_ms = 60, .queue_max_bytes = 64 << 20};
    fx_open(&l);
    int fd = fx_connect_to(http_server_port(fx.server), 4096);
    fx_send(fd, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    static char block[1 << 20];
    for (int i = 0; i < 16; i++)
        cr_assert(http_reply_chunk(fx.held, block, sizeof(block)) >= 0);
    FX_UNTIL(fx.aborts == 1);
    cr_assert_eq(http_reply_chunk(fx.held, "x", 1), -1);
    close(fd);
    fx_close();
}

Test(http_server, what_a_peer_has_not_read_is_bounded)
{
    struct http_limits l = {.queue_max_bytes = 1 << 20};
    fx_open(&l);
    int fd = fx_connect_to(http_server_port(fx.server), 4096);
    fx_send(fd, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    static char block[256 << 10];
    ssize_t queued = 0;
    for (int i = 0; i < 200 && queued >= 0; i++)
        queued = http_reply_chunk(fx.held, block, sizeof(block));
    cr_assert_eq(queued, -1);
    cr_assert_eq(fx.aborts, 0, "never from inside the call");
    FX_UNTIL(fx.aborts == 1);
    close(fd);
    fx_close();
}

Test(http_server, an_abort_is_noticed_while_work_is_under_way)
{
    fx_open(NULL);
    static const char *const texts[] = {"GET /hold HTTP/1.1\r\n" HOST "\r\n", "GET /sse HTTP/1.1\r\n" HOST "\r\n",
                                        "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int fd = fx_connect();
        fx_send(fd, texts[i]);
        FX_UNTIL(fx.held);
        if (i == 0)
            fx_reset(fd);
        else
            close(fd);
        FX_UNTIL(fx.aborts == (int)i + 1);
        cr_assert(http_request_is_over(fx.held));
        cr_assert(!http_request_server(fx.held));
        http_reply(fx.held, 200, "text/plain", STR("too late"));
        http_reply_end(fx.held);
        cr_assert(str_starts(http_request_target(fx.held), "/"), "what came can still be read");
        http_request_unref(TAKE_PTR(fx.held));
    }
    FX_UNTIL(http_server_connections(fx.server) == 0);
    cr_assert_eq(fx.ends, 0);
    fx_close();
}

Test(http_server, too_many_connections_are_told)
{
    struct http_limits l = {.connections_max = 2};
    fx_open(&l);
    int a = fx_connect(), b = fx_connect();
    FX_UNTIL(http_server_connections(fx.server) == 2);
    int c = fx_connect();
    cr_assert(fx_is(fx_receive(c, NULL), "503"));
    fx_send(a, "GET /still HTTP/1.1\r\n" HOST "\r\n");
    fx_receive(a, "/still");
    close(a);
    close(b);
    close(c);
    fx_close();
}

Test(http_server, many_idle_connections_hold_no_buffers)
{
    enum { N = 400 };
    static int fds[N];
    fx_open(NULL);
    for (int i = 0; i < N; i++) {
        fds[i] = fx_connect();
        fx_send(fds[i], "GET /x HTTP/1.1\r\n" HOST "\r\n");
        fx_receive(fds[i], "\r\n\r\n/x");
    }
    cr_assert_eq(http_server_connections(fx.server), (size_t)N);
    list_for_each (node, &fx.server->conns) {
        struct http_conn *c = CONTAINER_OF(node, struct http_conn, node);
        cr_assert(!c->in.data && !c->req);
    }
    cr_assert_lt(sizeof(struct http_conn), 2048u);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    fx_close();
}

Test(http_server, a_connection_ends_after_its_share_of_requests)
{
    struct http_limits l = {.requests_max = 2};
    fx_open(&l);
    const char *got =
        fx_talk("GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\nGET /3 HTTP/1.1\r\n" HOST "\r\n");
    cr_assert_eq(fx_times(got, "HTTP/1.1 200"), 2u);
    cr_assert_eq(fx_times(got, "Connection: close"), 1u);
    fx_close();
}

Test(http_server, graceful_close_lets_running_requests_finish)
{
    fx_open(NULL);
    int idle = fx_connect(), busy = fx_connect();
    fx_send(idle, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    fx_receive(idle, "/x");
    fx_send(busy, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    uint16_t port = http_server_port(fx.server);
    http_server_close(fx.server, fx_on_closed, NULL);
    cr_assert_eq(fx.closed, 0);
    cr_assert_str_eq(fx_receive(idle, NULL), "", "the idle one is closed");
    int late = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert(connect(late, (struct sockaddr *)&a, sizeof(a)) < 0, "no new ones");
    cr_assert_eq(fx.closed, 0);
    http_reply(fx.held, 200, "text/plain", STR("done"));
    const char *got = fx_receive(busy, NULL);
    cr_assert(strstr(got, "done") && strstr(got, "Connection: close"));
    close(idle);
    close(busy);
    close(late);
    FX_UNTIL(fx.closed == 1);
    cr_assert_eq(fx.aborts, 0);
    fx.server = NULL;
    fx_close();
}

Test(http_server, graceful_close_has_a_deadline)
{
    struct http_limits l = {.drain_ms = 60};
    fx_open(&l);
    int busy = fx_connect();
    fx_send(busy, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    FX_UNTIL(fx.held);
    http_server_close(fx.server, fx_on_closed, NULL);
    FX_UNTIL(fx.closed == 1);
    cr_assert_eq(fx.aborts, 1);
    http_reply_end(fx.held); /* a request outlives its server */
    fx.server = NULL;
    close(busy);
    fx_close();
}

Test(http_server, two_share_a_port_when_asked)
{
    struct err err;
    fx_open(NULL);
    struct http_server_options o = {.handler = fx_handler, .port = http_server_port(fx.server)};
    cr_assert(!http_server_new(fx.loop, &o, &err));
    cr_assert_eq(err.code, ERR_IO);
    o.port = 0;
    o.reuse_port = true;
    struct http_server *a = http_server_new(fx.loop, &o, &err);
    cr_assert(a);
    o.port = http_server_port(a);
    struct http_server *b = http_server_new(fx.loop, &o, &err);
    cr_assert(b, "%s", err.msg);
    http_server_kill(a, NULL, NULL);
    http_server_kill(b, NULL, NULL);
    o.host = "not a host";
    cr_assert(!http_server_new(fx.loop, &o, &err));
    fx_close();
}
