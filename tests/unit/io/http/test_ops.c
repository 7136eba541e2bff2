/* The operations endpoints. */
#include "fixture.h"
#include "io/http/ops.h"

#define HOST "Host: a\r\nConnection: close\r\n"

TestSuite(http_ops, .timeout = 60);

struct state {
    bool postgres, redis, stopping;
};

static size_t checks(void *ud, struct http_check *out, size_t max)
{
    struct state *s = ud;
    cr_assert_geq(max, 2u);
    out[0] = (struct http_check){.name = "postgres", .ok = s->postgres, .critical = true};
    out[1] = (struct http_check){.name = "redis", .ok = s->redis, .detail = "no \"answer\""};
    return 2;
}

static bool stopping(void *ud)
{
    return ((struct state *)ud)->stopping;
}

static const char *ask(struct http_ops *o, const char *method, const char *path)
{
    char text[128];
    int fd = fx_connect_to(http_ops_port(o), 0);
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n" HOST "\r\n", method, path);
    fx_send(fd, text);
    const char *got = fx_receive(fd, NULL);
    close(fd);
    return got;
}

Test(http_ops, answers_the_four_questions)
{
    struct err err;
    struct state s = {.postgres = true};
    struct http_ops_spec spec = {
        .service = "gateway", .instance = "gateway-1", .checks = checks, .stopping = stopping, .ud = &s};
    memset(&fx, 0, sizeof(fx));
    fx.loop = loop_new();
    struct http_ops *o = http_ops_new(fx.loop, "127.0.0.1", 0, &spec, &err);
    cr_assert(o, "%s", err.msg);
    cr_assert(fx_is(ask(o, "GET", "/livez"), "200"));
    const char *got = ask(o, "GET", "/readyz");
    cr_assert(fx_is(got, "200"), "what is not critical does not count");
    cr_assert(strstr(got, "\"status\":\"ready\"") && strstr(got, "\"postgres\":{\"ok\":true,"));
    cr_assert(strstr(got, "\"redis\":{\"ok\":false,\"critical\":false,\"detail\":\"no \\\"answer\\\"\"}"));
    s.postgres = false;
    got = ask(o, "GET", "/readyz");
    cr_assert(fx_is(got, "503") && strstr(got, "\"status\":\"not_ready\""));
    s = (struct state){.postgres = true, .stopping = true};
    cr_assert(fx_is(ask(o, "GET", "/readyz"), "503"));
    got = ask(o, "GET", "/metrics");
    cr_assert(fx_is(got, "200") && strstr(got, "jobmill_http_requests_total{route=\"/readyz\",status=\"503\"} 2"));
    got = ask(o, "GET", "/version");
    cr_assert(strstr(got, "\"service\":\"gateway\",\"instance\":\"gateway-1\",\"version\":\""));
    cr_assert(fx_is(ask(o, "HEAD", "/livez"), "200"));
    got = ask(o, "POST", "/livez");
    cr_assert(fx_is(got, "405") && strstr(got, "Allow: GET, HEAD"));
    cr_assert(fx_is(ask(o, "GET", "/other"), "404"));
    http_ops_free(o);
    loop_free(fx.loop);
}
