/* Model calls through the transport, against the project's own HTTP server: what arrives there, and what comes back as
 * bytes before anybody reads them. TLS with a certificate made by the openssl command, where there is one. */
#include "io/http/fixture.h"
#include "fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include "io/llm/transport.h"

TestSuite(llm_transport, .timeout = 60);

extern char **environ;

static struct {
    int count;
    char body[2048];
    struct llm_timing timing;
    int end, status;
    bool sent;
} got;

static void on_raw(void *ud, const struct llm_raw *raw, const struct llm_timing *timing)
{
    (void)ud;
    got.count++;
    got.end = raw->end;
    got.status = raw->status;
    got.sent = raw->sent;
    got.timing = *timing;
    snprintf(got.body, sizeof(got.body), STR_FMT, (int)raw->body.n, raw->body.p);
}

static struct {
    char path[128], authorization[128], version[32], body[1024];
} seen;

static void copy(char *out, size_t max, struct str s)
{
    snprintf(out, max, STR_FMT, (int)s.n, s.p ? s.p : "");
}

static void serve_body(struct http_request *req, void *ud, struct str body)
{
    (void)ud;
    copy(seen.body, sizeof(seen.body), body);
    http_reply(req, 200, "application/json",
               STR("{\"choices\":[{\"message\":{\"content\":\"{}\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_"
                   "tokens\":4,\"completion_tokens\":2}}"));
}

static void serve(struct http_request *req, void *ud)
{
    (void)ud;
    copy(seen.path, sizeof(seen.path), http_request_target(req));
    copy(seen.authorization, sizeof(seen.authorization), http_request_header(req, "authorization"));
    copy(seen.version, sizeof(seen.version), http_request_header(req, "anthropic-version"));
    http_request_read_all(req, 4096, serve_body, NULL);
}

static struct llm_transport *transport;

static void open_all(void)
{
    struct err err;
    struct http_server_options o = {.handler = serve};
    memset(&fx, 0, sizeof(fx));
    memset(&got, 0, sizeof(got));
    fx.loop = loop_new();
    fx.server = http_server_new(fx.loop, &o, &err);
    cr_assert(fx.server, "%s", err.msg);
    transport = llm_transport_new(fx.loop, NULL, &err);
    cr_assert(transport, "%s", err.msg);
}

static void close_all(void)
{
    llm_transport_free(transport);
    fx_close();
}

static struct buf body_of(const char *text)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_adds(&b, text);
    return b;
}

Test(llm_transport, a_call_and_its_answer)
{
    char url[64];
    struct err err;
    struct arena a;
    struct llm_reply reply;
    struct llm_fault fault;
    open_all();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", http_server_port(fx.server));
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, url);
    struct llm_send send = {.endpoint = &e, .on_raw = on_raw};
    struct buf body = body_of("{\"model\":\"m\"}");
    cr_assert(llm_call_start(transport, &send, &body, &err), "%s", err.msg);
    cr_assert_eq(body.len, 0u);
    FX_UNTIL(got.count);
    cr_assert_str_eq(seen.path, "/v1/chat/completions");
    cr_assert_str_eq(seen.authorization, "Bearer " TEST_KEY);
    cr_assert_str_eq(seen.body, "{\"model\":\"m\"}");
    cr_assert_eq(got.status, 200);
    cr_assert_eq(got.timing.http_version, 11);
    struct llm_raw raw = {
        .end = got.end, .status = got.status, .head = STR(""), .body = str_of(got.body), .reason = STR("")};
    struct llm_expect expect = {.kind = LLM_CALL_CHAT};
    arena_init(&a, 1 << 20);
    cr_assert_eq(llm_reply_parse(&e, &raw, &expect, &a, &reply, &fault), 0, "%s", fault.sentence);
    cr_assert_eq(reply.usage.output, 2);
    arena_fini(&a);
    send.kind = LLM_CALL_EMBED;
    body = body_of("{}");
    cr_assert(llm_call_start(transport, &send, &body, &err));
    FX_UNTIL(got.count == 2);
    cr_assert_str_eq(seen.path, "/v1/embeddings");
    struct llm_endpoint c = test_endpoint(LLM_PROVIDER_ANTHROPIC, url);
    struct llm_send other = {.endpoint = &c, .on_raw = on_raw};
    body = body_of("{}");
    cr_assert(llm_call_start(transport, &other, &body, &err));
    FX_UNTIL(got.count == 3);
    cr_assert_str_eq(seen.path, "/v1/v1/messages");
    cr_assert_str_eq(seen.version, "2023-06-01");
    cr_assert_str_eq(seen.authorization, "");
    close_all();
}

Test(llm_transport, cancelling_and_ending_under_way)
{
    char url[64];
    struct err err;
    open_all();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", http_server_port(fx.server));
    struct llm_endpoint e = test_endpoint(LLM_PROVIDER_OPENAI, url);
    struct llm_send send = {.endpoint = &e, .on_raw = on_raw};
    struct llm_call *calls[20];
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct buf body = body_of("{}");
        calls[i] = llm_call_start(transport, &send, &body, &err);
        cr_assert(calls[i]);
    }
    for (int i = 0; i < 5; i++)
        llm_call_cancel(calls[i]);
    FX_UNTIL(got.count >= 3);
    llm_transport_forget(transport, &e);
    for (int i = 0; i < 3; i++) {
        struct buf body = body_of("{}");
        cr_assert(llm_call_start(transport, &send, &body, &err));
    }
    struct buf none;
    buf_init(&none, 10);
    cr_assert_null(llm_call_start(transport, &send, &none, &err));
    close_all(); /* with calls under way: nothing is lost, nobody is called */
}

/* A TLS server in a process of its own (openssl s_server), with a certificate that only its own authority signed. It
 * answers no POST: a request that left says that the certificate was good. */
static pid_t spawn(const char *const *argv)
{
    pid_t pid;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&quiet);
    return rc == 0 ? pid : -1;
}

static void tls_call(struct llm_endpoint *e, bool trusted)
{
    struct err err;
    int count = got.count;
    struct llm_send send = {.endpoint = e, .on_raw = on_raw, .timeouts.first_byte_ms = 50};
    for (int tries = 0; tries < 200; tries++) { /* until the server listens */
        struct buf body = body_of("{}");
        cr_assert(llm_call_start(transport, &send, &body, &err), "%s", err.msg);
        FX_UNTIL(got.count == count + 1);
        count++;
        if (got.end != FETCH_END_REFUSED)
            break;
        usleep(20000);
    }
    cr_expect_eq(got.end, (int)(trusted ? FETCH_END_NO_BYTE : FETCH_END_UNTRUSTED), "%s",
                 fetch_end_name((enum fetch_end)got.end));
    cr_expect_eq(got.sent, trusted); /* else the key never left */
}

Test(llm_transport, certificates_are_checked)
{
    char folder[] = "/tmp/llm-tls-XXXXXX", key[64], cert[64], accept[32], url[64];
    int status;
    cr_assert(mkdtemp(folder));
    snprintf(key, sizeof(key), "%s/key.pem", folder);
    snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
    snprintf(accept, sizeof(accept), "%d", 21000 + (int)(getpid() % 9000));
    const char *make[] = {"openssl",
                          "req",
                          "-x509",
                          "-newkey",
                          "ec",
                          "-pkeyopt",
                          "ec_paramgen_curve:prime256v1",
                          "-nodes",
                          "-keyout",
                          key,
                          "-out",
                          cert,
                          "-days",
                          "2",
                          "-subj",
                          "/CN=localhost",
                          "-addext",
                          "subjectAltName=IP:127.0.0.1",
                          NULL};
    pid_t pid = spawn(make);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
        cr_skip_test("there is no openssl command");
    const char *serve_tls[] = {"timeout", "60",    "openssl", "s_server", "-accept", accept, "-key",
                               key,       "-cert", cert,      "-www",     "-quiet",  NULL};
    pid = spawn(serve_tls);
    open_all();
    snprintf(url, sizeof(url), "https://127.0.0.1:%s/v1", accept);
    struct llm_endpoint strange = test_endpoint(LLM_PROVIDER_OPENAI, url), known = strange, loose = strange;
    known.ca_file = cert;
    loose.insecure = true;
    tls_call(&strange, false);
    struct llm_raw raw = {
        .end = got.end, .sent = got.sent, .head = STR(""), .body = STR(""), .reason = STR("self-signed certificate")};
    struct llm_expect expect = {.kind = LLM_CALL_CHAT};
    struct llm_reply reply;
    struct llm_fault fault;
    struct arena a;
    arena_init(&a, 4096);
    cr_expect_eq(llm_reply_parse(&strange, &raw, &expect, &a, &reply, &fault), -1);
    cr_expect_eq(fault.kind, LLM_FAULT_CERTIFICATE);
    arena_fini(&a);
    tls_call(&known, true);
    tls_call(&loose, true);
    close_all();
    kill(pid, SIGTERM); /* timeout passes it on; it also ends the server when a test fails */
    waitpid(pid, &status, 0);
    unlink(key);
    unlink(cert);
    rmdir(folder);
}
