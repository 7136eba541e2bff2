/* Control plane over real sockets: the server on this thread's loop, the client on another thread. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/log.h"
#include "io/control/client.h"
#include "io/control/server.h"
#include "../../unit/leak.h"

#define PATIENCE_MS 20000

struct rig {
    struct loop *loop;
    struct loop_timer *pulse;
    struct control_server *server;
    char dir[64];
    char url[CONTROL_URL_BYTES];
    int asked;
    bool mute; /* keep the question, do not answer */
    bool free_after;
    struct control_exchange *kept;
    char last_key[CONTROL_NAME_BYTES];
};

struct call {
    pthread_t thread;
    const char *url;
    struct control_request q;
    int timeout_ms;
    struct control_reply reply;
    struct err err;
    int rc;
    volatile bool done;
};

static void nothing(void *ud UNUSED)
{
}

static void answer(struct rig *r, struct control_exchange *x)
{
    struct control_reply reply = {.ok = true,
                                  .kind = "analyzer",
                                  .instance = "analyzer-1",
                                  .state = "running",
                                  .in_flight = 3,
                                  .text = (char[]){"{}"}};
    (void)r;
    control_answer(x, &reply);
}

static void on_question(void *ud, struct control_exchange *x, const struct control_request *q)
{
    struct rig *r = ud;
    r->asked++;
    snprintf(r->last_key, sizeof(r->last_key), "%s", q->key);
    if (q->verb == CONTROL_SCALE)
        control_answer_error(x, "no kind %s", q->key);
    else if (r->mute)
        r->kept = x;
    else
        answer(r, x);
    if (r->free_after) {
        control_server_free(r->server);
        r->server = NULL;
    }
}

static void rig_open(struct rig *r, const char *url)
{
    struct err err;
    log_init("test", LOG_ERROR);
    *r = (struct rig){.loop = loop_new()};
    snprintf(r->dir, sizeof(r->dir), "/tmp/jobmill-control-XXXXXX");
    cr_assert_not_null(mkdtemp(r->dir));
    if (url)
        snprintf(r->url, sizeof(r->url), "%s", url);
    else
        control_url_make(r->dir, "analyzer-1", r->url);
    cr_assert_eq(control_server_new(r->loop, r->url, on_question, r, &r->server, &err), 0, "%s", err.msg);
    snprintf(r->url, sizeof(r->url), "%s", control_server_url(r->server));
    r->pulse = loop_timer_new(r->loop, nothing, NULL);
    loop_timer_start(r->pulse, 5, 5);
}

static void rig_end(struct rig *r)
{
    char path[CONTROL_URL_BYTES];
    control_server_free(r->server);
    loop_timer_free(r->pulse);
    loop_free(r->loop);
    snprintf(path, sizeof(path), "%s/analyzer-1.ctl", r->dir);
    unlink(path);
    rmdir(r->dir);
}

static void rig_close(struct rig *r)
{
    rig_end(r);
    LEAK_NONE();
}

static void *call_thread(void *ud)
{
    struct call *c = ud;
    c->rc = control_call(c->url, &c->q, c->timeout_ms, &c->reply, &c->err);
    c->done = true;
    return NULL;
}

static void call_start(struct call *c, const char *url, enum control_verb verb, int timeout_ms)
{
    *c = (struct call){.url = url,
                       .q = {.verb = verb, .key = "analyzer", .value = "1", .count = 2},
                       .timeout_ms = timeout_ms};
    cr_assert_eq(pthread_create(&c->thread, NULL, call_thread, c), 0);
}

static void call_end(struct rig *r, struct call *c)
{
    uint64_t until = clock_mono_ms() + PATIENCE_MS;
    while (!c->done) {
        cr_assert_lt(clock_mono_ms(), until, "the call does not end");
        loop_run_once(r->loop);
    }
    pthread_join(c->thread, NULL);
}

static void ask_and_check(const char *url)
{
    struct rig r;
    struct call c;
    rig_open(&r, url);
    call_start(&c, r.url, CONTROL_SET, 5000);
    call_end(&r, &c);
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert(c.reply.ok);
    cr_assert_str_eq(c.reply.instance, "analyzer-1");
    cr_assert_str_eq(c.reply.text, "{}");
    cr_assert_eq(c.reply.in_flight, 3);
    cr_assert_str_eq(r.last_key, "analyzer");
    control_reply_fini(&c.reply);
    rig_close(&r);
}

Test(control, asks_over_a_unix_socket)
{
    ask_and_check(NULL);
}

Test(control, asks_over_tcp_on_a_free_port)
{
    ask_and_check("tcp://127.0.0.1:0");
}

Test(control, the_socket_is_its_owners_only)
{
    struct rig r;
    struct stat st;
    rig_open(&r, NULL);
    cr_assert_eq(stat(r.url + strlen("ipc://"), &st), 0);
    cr_assert_eq(st.st_mode & 077, 0, "mode %o", st.st_mode);
    rig_close(&r);
}

Test(control, a_refusal_is_an_answer)
{
    struct rig r;
    struct call c;
    rig_open(&r, NULL);
    call_start(&c, r.url, CONTROL_SCALE, 5000);
    call_end(&r, &c);
    cr_assert_eq(c.rc, 0);
    cr_assert_not(c.reply.ok);
    cr_assert_str_eq(c.reply.error, "no kind analyzer");
    rig_close(&r);
}

Test(control, nobody_there_is_known_at_once)
{
    struct control_request q = {.verb = CONTROL_PING};
    struct control_reply reply;
    struct err err;
    uint64_t began = clock_mono_ms();
    cr_assert_eq(control_call("ipc:///tmp/jobmill-no-such.ctl", &q, 10000, &reply, &err), -ERR_UNAVAILABLE);
    cr_assert_eq(control_call("tcp://127.0.0.1:19999", &q, 10000, &reply, &err), -ERR_UNAVAILABLE);
    cr_assert_lt(clock_mono_ms() - began, 9000, "waited for the deadline");
}

Test(control, silence_ends_at_the_deadline)
{
    struct rig r;
    struct call c;
    rig_open(&r, NULL);
    r.mute = true;
    call_start(&c, r.url, CONTROL_PING, 200);
    call_end(&r, &c);
    cr_assert_eq(c.rc, -ERR_TIMEOUT, "%d", c.rc);
    cr_assert_eq(r.asked, 1);
    answer(&r, r.kept); /* too late, to nobody */
    call_start(&c, r.url, CONTROL_PING, 5000);
    r.mute = false;
    call_end(&r, &c);
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    control_reply_fini(&c.reply);
    rig_close(&r);
}

Test(control, an_answer_leaves_although_the_server_ends)
{
    struct rig r;
    struct call c;
    rig_open(&r, NULL);
    r.free_after = true;
    call_start(&c, r.url, CONTROL_DRAIN, 5000);
    call_end(&r, &c);
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    cr_assert(c.reply.ok);
    control_reply_fini(&c.reply);
    rig_close(&r);
}

Test(control, an_exchange_outlives_its_server)
{
    struct rig r;
    struct call c;
    rig_open(&r, NULL);
    r.mute = true;
    r.free_after = true;
    call_start(&c, r.url, CONTROL_PING, 500);
    call_end(&r, &c);
    cr_assert_lt(c.rc, 0);
    cr_assert_null(r.server);
    answer(&r, r.kept);
    rig_close(&r);
}

Test(control, an_address_in_use_is_a_conflict)
{
    struct rig r;
    struct control_server *second = NULL;
    struct err err;
    rig_open(&r, NULL);
    cr_assert_eq(control_server_new(r.loop, r.url, on_question, &r, &second, &err), -ERR_CONFLICT, "%s", err.msg);
    rig_close(&r);
}

Test(control, a_socket_left_by_a_dead_process_is_replaced)
{
    struct rig r;
    rig_open(&r, NULL);
    char url[CONTROL_URL_BYTES];
    snprintf(url, sizeof(url), "ipc://%s/dead.ctl", r.dir);
    pid_t pid = fork();
    if (pid == 0) { /* leaves the file of its socket behind */
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        snprintf(un.sun_path, sizeof(un.sun_path), "%s/dead.ctl", r.dir);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        _exit(bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0 && listen(fd, 1) == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    cr_assert_eq(status, 0);
    struct control_server *s = NULL;
    struct err err;
    cr_assert_eq(control_server_new(r.loop, url, on_question, &r, &s, &err), 0, "%s", err.msg);
    control_server_free(s);
    unlink(url + strlen("ipc://"));
    rig_close(&r);
}

Test(control, visitors_that_hang_up_do_not_make_it_deaf)
{
    struct rig r;
    struct call c;
    rig_open(&r, NULL);
    for (int i = 0; i < 20; i++) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        snprintf(un.sun_path, sizeof(un.sun_path), "%s", r.url + strlen("ipc://"));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        cr_assert_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
        close(fd);
    }
    call_start(&c, r.url, CONTROL_PING, 15000);
    call_end(&r, &c);
    cr_assert_eq(c.rc, 0, "%s", c.err.msg);
    control_reply_fini(&c.reply);
    rig_end(&r); /* nng itself loses the visitors it forgot */
}

struct surveyor {
    struct control_survey s[8];
    int n, answered;
    volatile bool done;
};

static void *survey_thread(void *ud)
{
    struct surveyor *v = ud;
    struct control_request q = {.verb = CONTROL_STATS};
    v->answered = control_survey(v->s, v->n, &q, 3000);
    v->done = true;
    return NULL;
}

Test(control, a_survey_asks_all_at_once)
{
    struct rig r;
    rig_open(&r, NULL);
    /* more questions to one process than it has exchanges, and two addresses where nobody is */
    struct surveyor v = {.n = 8};
    pthread_t thread;
    for (int i = 0; i < 8; i++)
        v.s[i].url = i < 6 ? r.url : "ipc:///tmp/jobmill-no-such.ctl";
    pthread_create(&thread, NULL, survey_thread, &v);
    while (!v.done)
        loop_run_once(r.loop);
    pthread_join(thread, NULL);
    cr_assert_eq(v.answered, 6, "%d", v.answered);
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(v.s[i].code, i < 6 ? 0 : -ERR_UNAVAILABLE, "%d: %d", i, v.s[i].code);
        control_reply_fini(&v.s[i].reply);
    }
    rig_close(&r);
}

Test(control, a_long_path_falls_back_to_tcp)
{
    char out[CONTROL_URL_BYTES], dir[120];
    memset(dir, 'd', sizeof(dir));
    dir[0] = '/';
    dir[sizeof(dir) - 1] = '\0';
    cr_assert_str_eq(control_url_make(dir, "analyzer-1", out), "tcp://127.0.0.1:0");
    cr_assert_str_eq(control_url_make("/run/jobmill", "analyzer-1", out), "ipc:///run/jobmill/analyzer-1.ctl");
    control_url_make("relative", "x", out);
    cr_assert_eq(strncmp(out, "ipc:///", 7), 0, "%s", out);
}
