/* The command line's client against the server of the same library. */
#include "io/http/fixture.h"
#include "io/curl/client.h"

TestSuite(http_client, .timeout = 60);

struct call {
    struct http_client_request request;
    struct http_client_response response;
    struct err err;
    int rc;
    char url[128];
    char got[256];
    int left;
};

static void call_run(void *ud)
{
    struct call *c = ud;
    struct http_client *client = http_client_new();
    c->rc = http_client_send(client, &c->request, &c->response, &c->err);
    http_client_free(client);
}

static void call_do(struct call *c, const char *path)
{
    snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%u%s", http_server_port(fx.server), path);
    c->request.url = c->url;
    fx_beside(call_run, c);
}

Test(http_client, gets_a_document)
{
    static const char *const headers[] = {"X-Request-Id: from-client", NULL};
    struct call c = {.request.headers = headers};
    fx_open(NULL);
    call_do(&c, "/abc");
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert_eq(c.response.status, 200);
    cr_assert_str_eq(buf_str(&c.response.body), "/abc");
    cr_assert(str_eqc(http_client_header(&c.response, "x-request-id"), "from-client"));
    cr_assert_eq(http_client_header(&c.response, "absent").n, 0u);
    http_client_response_fini(&c.response);
    fx_close();
}

Test(http_client, sends_a_body_from_memory)
{
    struct call c = {.request.body = STR("hello")};
    fx_open(NULL);
    call_do(&c, "/echo");
    cr_assert_eq(c.rc, 0);
    cr_assert_str_eq(buf_str(&c.response.body), "hello");
    http_client_response_fini(&c.response);
    fx_close();
}

Test(http_client, a_refusal_is_a_response)
{
    static char large[100000];
    struct call c = {.request.body = {.p = large, .n = sizeof(large)}};
    fx_open(NULL);
    call_do(&c, "/echo");
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert_eq(c.response.status, 413);
    cr_assert(strstr(buf_str(&c.response.body), "/problems/too-large"));
    http_client_response_fini(&c.response);
    fx_close();
}

Test(http_client, sends_a_file_and_a_pipe)
{
    fx_open(NULL);
    FILE *f = tmpfile();
    cr_assert(f);
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", f);
    rewind(f);
    struct call c = {.request.body_file = f};
    call_do(&c, "/stream");
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert_str_eq(buf_str(&c.response.body), "1000000 bytes");
    http_client_response_fini(&c.response);
    fclose(f);
    int fds[2];
    cr_assert(pipe(fds) == 0);
    cr_assert_eq(write(fds[1], "piped", 5), 5);
    close(fds[1]);
    f = fdopen(fds[0], "r");
    fx.streamed = 0;
    http_request_unref(TAKE_PTR(fx.held));
    struct call p = {.request.body_file = f};
    call_do(&p, "/stream");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert_str_eq(buf_str(&p.response.body), "5 bytes");
    http_client_response_fini(&p.response);
    fclose(f);
    fx_close();
}

static ssize_t produce(void *ud, char *out, size_t max)
{
    struct call *c = ud;
    if (c->left <= 0)
        return c->left;
    c->left--;
    memset(out, 'x', MIN(max, (size_t)10));
    return (ssize_t)MIN(max, (size_t)10);
}

Test(http_client, sends_what_a_callback_makes)
{
    struct call c = {.request.read = produce, .left = 3};
    c.request.read_ud = &c;
    fx_open(NULL);
    call_do(&c, "/echo");
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert_eq(c.response.body.len, 30u);
    http_client_response_fini(&c.response);
    c.left = -1;
    call_do(&c, "/echo");
    cr_assert_eq(c.rc, -ERR_IO);
    cr_assert_str_eq(c.err.msg, "the body to send could not be read");
    http_client_response_fini(&c.response);
    fx_close();
}

static bool collect(void *ud, int status, struct str piece)
{
    struct call *c = ud;
    cr_assert_eq(status, 200);
    strncat(c->got, piece.p, piece.n);
    return !strstr(c->got, "data: 1\n\n");
}

Test(http_client, follows_a_stream_until_it_has_enough)
{
    struct call c = {.request.on_data = collect};
    c.request.data_ud = &c;
    fx_open(NULL);
    call_do(&c, "/sse");
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert(c.response.stopped);
    cr_assert_eq(c.response.body.len, 0u);
    http_client_response_fini(&c.response);
    fx_close();
}

static bool never(void *ud)
{
    (void)ud;
    return false;
}

Test(http_client, a_tick_may_end_it)
{
    struct call c = {.request.tick = never};
    fx_open(NULL);
    call_do(&c, "/hold");
    cr_assert_eq(c.rc, 0);
    cr_assert(c.response.stopped);
    http_client_response_fini(&c.response);
    fx_close();
}

Test(http_client, one_sentence_for_each_failure)
{
    fx_open(NULL);
    struct call slow = {.request.total_ms = 50};
    call_do(&slow, "/hold");
    cr_assert_eq(slow.rc, -ERR_TIMEOUT);
    http_client_response_fini(&slow.response);
    struct call large = {.request.body_max_bytes = 3};
    call_do(&large, "/long");
    cr_assert_eq(large.rc, -ERR_TOO_LARGE);
    http_client_response_fini(&large.response);
    struct call odd = {.request.url = "gopher://a"};
    fx_beside(call_run, &odd);
    cr_assert_eq(odd.rc, -ERR_INVALID);
    http_client_response_fini(&odd.response);
    struct call none = {.request.url = none.url};
    snprintf(none.url, sizeof(none.url), "http://127.0.0.1:%u/api/v1", http_server_port(fx.server));
    http_request_unref(TAKE_PTR(fx.held));
    http_server_kill(fx.server, fx_on_closed, NULL);
    FX_UNTIL(fx.closed);
    fx.server = NULL;
    fx_beside(call_run, &none);
    cr_assert_eq(none.rc, -ERR_UNAVAILABLE);
    cr_assert(str_starts(str_of(none.err.msg), "cannot reach http://127.0.0.1:") &&
                  str_iends(str_of(none.err.msg), ": connection refused"),
              "%s", none.err.msg);
    http_client_response_fini(&none.response);
    fx_close();
}
