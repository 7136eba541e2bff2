#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/config.h"
#include "../leak.h"

extern char **environ;

static char file_path[64];

/* A clean environment for every test; the folder of the machine's own variables does not matter here. */
static void setup(void)
{
    clearenv();
    strcpy(file_path, "/tmp/jobmill-test-config-XXXXXX");
    int fd = mkstemp(file_path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(file_path);
}

TestSuite(config, .init = setup, .fini = teardown);

static void write_file(const char *text)
{
    FILE *f = fopen(file_path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static struct config *make(const char *service, const char *a, const char *b, const char *c, struct err *err)
{
    const char *const given[] = {"test", a, b, c};
    char *argv[5] = {0};
    int argc = 0;
    while (argc < 4 && given[argc]) {
        argv[argc] = strdup(given[argc]);
        argc++;
    }
    struct config *made = config_new(service, argc, argv, NULL, NULL, err);
    while (argc)
        free(argv[--argc]);
    return made;
}

static struct config *good(const char *service, const char *a, const char *b, const char *c)
{
    struct err err = {0};
    struct config *made = make(service, a, b, c, &err);
    cr_assert_not_null(made, "%s", err.msg);
    return made;
}

static void refused(const char *service, const char *a, const char *b, const char *want)
{
    struct err err = {0};
    struct config *made = make(service, a, b, NULL, &err);
    cr_assert_null(made, "accepted; expected: %s", want);
    cr_assert_eq(err.code, ERR_CONFIG);
    cr_assert_str_eq(err.msg, want);
}

Test(config, defaults)
{
    _cleanup_(config_freep)
    struct config *c = good("gateway", NULL, NULL, NULL);
    cr_assert_eq(config_int(c, CONFIG_HTTP_PORT), 8080);
    cr_assert_str_eq(config_str(c, CONFIG_HTTP_HOST), "127.0.0.1");
    cr_assert_eq(config_int(c, CONFIG_HTTP_BODY_MAX), 4 * 1024 * 1024);
    cr_assert_eq(config_int(c, CONFIG_DRAIN), 10000);
    cr_assert_eq(config_int(c, CONFIG_LEASE), 1500);
    cr_assert_str_eq(config_str(c, CONFIG_PG_USER), "");
    cr_assert_str_eq(config_origin(c, CONFIG_HTTP_PORT), "default");
    config_free(NULL);
}

Test(config, every_stronger_source_wins)
{
    write_file("# a comment\n\n  http.port = 1001\nhttp.sse_max=7\r\npg.db = from file\n");
    setenv("JOBMILL_CONFIG", file_path, 1);
    setenv("JOBMILL_HTTP_PORT", "1002", 1);
    setenv("JOBMILL_PG_PORT", "1003", 1);
    _cleanup_(config_freep)
    struct config *c = good("gateway", "--http.port=1004", NULL, NULL);
    cr_assert_eq(config_int(c, CONFIG_HTTP_PORT), 1004);
    cr_assert_str_eq(config_origin(c, CONFIG_HTTP_PORT), "flag");
    cr_assert_eq(config_int(c, CONFIG_PG_PORT), 1003);
    cr_assert_str_eq(config_origin(c, CONFIG_PG_PORT), "environment");
    cr_assert_eq(config_int(c, CONFIG_HTTP_SSE_MAX), 7);
    cr_assert_str_eq(config_str(c, CONFIG_PG_DB), "from file");
    cr_assert_str_eq(config_origin(c, CONFIG_PG_DB), "file");
}

Test(config, flags_in_every_spelling)
{
    static const char *const spellings[] = {"--http.body_max=64k", "--http-body-max=64k", "--http-body_max=64K"};
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        _cleanup_(config_freep)
        struct config *c = good("gateway", spellings[i], NULL, NULL);
        cr_assert_eq(config_int(c, CONFIG_HTTP_BODY_MAX), 65536);
    }
    _cleanup_(config_freep)
    struct config *c = good("gateway", "--http-port", "99", NULL);
    cr_assert_eq(config_int(c, CONFIG_HTTP_PORT), 99);
}

Test(config, config_flag_beats_the_variable)
{
    write_file("http.port = 5\n");
    setenv("JOBMILL_CONFIG", "/nonexistent/file", 1);
    _cleanup_(config_freep)
    struct config *c = good("gateway", "--config", file_path, NULL);
    cr_assert_eq(config_int(c, CONFIG_HTTP_PORT), 5);
    refused("gateway", "--config", NULL, "--config needs the path of a file");
    refused("gateway", NULL, NULL, "cannot open /nonexistent/file: No such file or directory");
}

Test(config, units)
{
    _cleanup_(config_freep)
    struct config *c = good("worker", "--worker.drain=2m", "--worker.task_deadline=1h", "--worker.claim_wait=0");
    cr_assert_eq(config_int(c, CONFIG_DRAIN), 120000);
    cr_assert_eq(config_int(c, CONFIG_TASK_DEADLINE), 3600000);
    cr_assert_eq(config_int(c, CONFIG_CLAIM_WAIT), 0);
    _cleanup_(config_freep)
    struct config *g = good("gateway", "--http.batch_max=1G", "--http.body_max=2048", NULL);
    cr_assert_eq(config_int(g, CONFIG_HTTP_BATCH_MAX), 1073741824);
    cr_assert_eq(config_int(g, CONFIG_HTTP_BODY_MAX), 2048);
}

Test(config, wrong_values_name_what_would_be_right)
{
    refused("gateway", "--http.port=70000", NULL, "http.port must be between 0 and 65535, not 70000");
    refused("gateway", "--http.port=-1", NULL, "http.port must be between 0 and 65535, not -1");
    refused("gateway", "--http.port=80x", NULL, "http.port must be a whole number, not \"80x\"");
    refused("gateway", "--http.port=", NULL, "http.port must be a whole number, not \"\"");
    refused("gateway", "--http.port=99999999999999999999", NULL,
            "http.port must be a whole number, not \"99999999999999999999\"");
    refused("worker", "--worker.drain=10", NULL,
            "worker.drain must be a duration with its unit, for example 500ms, 3s, 2m or 1h, not \"10\"");
    refused("worker", "--worker.drain=11m", NULL, "worker.drain must be between 0ms and 10m, not 11m");
    refused(
        "worker", "--worker.drain=9999999999999999h", NULL,
        "worker.drain must be a duration with its unit, for example 500ms, 3s, 2m or 1h, not \"9999999999999999h\"");
    refused("gateway", "--http.body_max=1T", NULL,
            "http.body_max must be a size, for example 4096, 64k, 2M or 1G, not \"1T\"");
    refused("gateway", "--http.body_max=1", NULL, "http.body_max must be between 1k and 1G, not 1");
    refused("gateway", "--log.level=loud", NULL, "log.level must be debug, info, warn or error, not \"loud\"");
    refused("gateway", "--pg.host=a\nb", NULL, "pg.host must not hold control characters");
    refused("gateway", "--http.port", NULL, "--http.port needs a value");
}

Test(config, unknown_names_get_a_suggestion)
{
    refused("gateway", "--http.prot=1", NULL, "unknown setting \"http.prot\": did you mean \"http.port\"?");
    refused("gateway", "--http-prot", "1", "unknown setting \"http-prot\": did you mean \"http.port\"?");
    refused("gateway", "--colour=red", NULL, "unknown setting \"colour\"");
    refused("gateway", "-p", NULL, "unknown flag \"-p\": flags begin with two dashes");
    refused("gateway", "extra", NULL, "unexpected argument \"extra\"");
    setenv("JOBMILL_HTTP_PROT", "1", 1);
    refused("gateway", NULL, NULL, "unknown environment variable JOBMILL_HTTP_PROT: did you mean JOBMILL_HTTP_PORT?");
    unsetenv("JOBMILL_HTTP_PROT");
    setenv("JOBMILL_MASTERKEY_FILE", "x", 1);
    refused("gateway", NULL, NULL,
            "unknown environment variable JOBMILL_MASTERKEY_FILE: did you mean JOBMILL_MASTER_KEY_FILE?");
}

Test(config, very_long_names_are_only_cut)
{
    char flag[600] = "--", want[200];
    memset(flag + 2, 'a', 500);
    snprintf(want, sizeof(want), "unknown setting \"%.64s\"", flag + 2);
    refused("gateway", flag, NULL, want);
}

Test(config, flags_of_other_services_are_unknown_but_file_and_environment_may_hold_them)
{
    refused("worker", "--http.port=1", NULL, "unknown setting \"http.port\": http.port belongs to gateway");
    setenv("JOBMILL_HTTP_PORT", "1", 1);
    write_file("dispatch.tick = 50ms\n");
    setenv("JOBMILL_CONFIG", file_path, 1);
    _cleanup_(config_freep)
    struct config *c = good("worker", NULL, NULL, NULL);
    cr_assert_eq(config_int(c, CONFIG_TICK), 50);
}

Test(config, a_wrong_line_is_named)
{
    char want[200];
    setenv("JOBMILL_CONFIG", file_path, 1);
    write_file("# first\nhttp.prot = 1\n");
    snprintf(want, sizeof(want), "%s:2: unknown setting \"http.prot\": did you mean \"http.port\"?", file_path);
    refused("gateway", NULL, NULL, want);
    write_file("http.port\n");
    snprintf(want, sizeof(want), "%s:1: a line must read \"key = value\"", file_path);
    refused("gateway", NULL, NULL, want);
    write_file("http.port=1\nhttp.port=2\n");
    snprintf(want, sizeof(want), "%s:2: http.port is given twice", file_path);
    refused("gateway", NULL, NULL, want);
    write_file("http-port=1\n"); /* the spelling of flags is for flags */
    snprintf(want, sizeof(want), "%s:1: unknown setting \"http-port\": did you mean \"http.port\"?", file_path);
    refused("gateway", NULL, NULL, want);
}

Test(config, secrets)
{
    refused("gateway", "--pg.password=x", NULL,
            "pg.password is a secret and other users can see flags: give JOBMILL_PG_PASSWORD_FILE");
    write_file("hunter2\n");
    setenv("JOBMILL_PG_PASSWORD_FILE", file_path, 1);
    _cleanup_(config_freep)
    struct config *c = good("gateway", NULL, NULL, NULL);
    cr_assert_str_eq(config_str(c, CONFIG_PG_PASSWORD), "hunter2");
    cr_assert_str_eq(config_origin(c, CONFIG_PG_PASSWORD), "environment");
    struct buf out;
    buf_init(&out, 1 << 16);
    config_show(c, &out);
    cr_assert(!strstr(buf_str(&out), "hunter2"));
    cr_assert(strstr(buf_str(&out), "********"));
    buf_fini(&out);
    setenv("JOBMILL_PG_PASSWORD", "again", 1);
    refused("gateway", NULL, NULL, "JOBMILL_PG_PASSWORD and JOBMILL_PG_PASSWORD_FILE are both set: give one");
}

Test(config, a_missing_value_file_is_named)
{
    setenv("JOBMILL_PG_PASSWORD_FILE", "/nonexistent/pw", 1);
    refused("gateway", NULL, NULL, "JOBMILL_PG_PASSWORD_FILE: cannot open /nonexistent/pw: No such file or directory");
}

Test(config, variables_of_others_are_left_alone)
{
    setenv("JOBMILLS_PORT", "x", 1);
    setenv("PATH", "/bin", 1);
    config_free(good("gateway", NULL, NULL, NULL));
}

Test(config, positional_arguments)
{
    char a0[] = "jobmill", a1[] = "submit", a2[] = "--client.url=http://x", a3[] = "file", a4[] = "--", a5[] = "--odd",
         a6[] = "-";
    char *argv[] = {a0, a1, a2, a3, a6, a4, a5, NULL}, *rest[8];
    int n = -1;
    struct err err = {0};
    _cleanup_(config_freep)
    struct config *c = config_new("cli", 7, argv, rest, &n, &err);
    cr_assert_not_null(c, "%s", err.msg);
    cr_assert_eq(n, 4);
    cr_assert_eq(rest[0], a1);
    cr_assert_eq(rest[1], a3);
    cr_assert_eq(rest[2], a6);
    cr_assert_eq(rest[3], a5);
    cr_assert_str_eq(config_str(c, CONFIG_URL), "http://x");
}

Test(config, live_changes)
{
    struct err err = {0};
    _cleanup_(config_freep)
    struct config *c = good("worker", NULL, NULL, NULL);
    const char *before = config_str(c, CONFIG_LOG_LEVEL);
    cr_assert_eq(config_set(c, "log.level", "debug", &err), 0);
    cr_assert_str_eq(config_str(c, CONFIG_LOG_LEVEL), "debug");
    cr_assert_str_eq(before, "info", "a borrowed text is gone");
    cr_assert_str_eq(config_origin(c, CONFIG_LOG_LEVEL), "live");
    cr_assert_eq(config_set(c, "log.level", "loud", &err), -ERR_CONFIG);
    cr_assert_str_eq(config_str(c, CONFIG_LOG_LEVEL), "debug");
    cr_assert_eq(config_set(c, "worker.concurrency", "8", &err), 0);
    cr_assert_eq(config_int(c, CONFIG_CONCURRENCY), 8);
    cr_assert_eq(config_set(c, "worker.concurrency", "0", &err), -ERR_CONFIG);
    cr_assert_eq(config_set(c, "pg.host", "x", &err), -ERR_CONFIG);
    cr_assert_str_eq(err.msg, "pg.host cannot be changed while the process runs");
    cr_assert_eq(config_set(c, "worker.concurency", "1", &err), -ERR_CONFIG);
    cr_assert_str_eq(err.msg, "unknown setting \"worker.concurency\": did you mean \"worker.concurrency\"?");
}

Test(config, help_lists_the_settings_of_the_service)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    config_help("worker", &out);
    cr_assert(strstr(buf_str(&out), "  --worker-concurrency integer"));
    cr_assert(strstr(buf_str(&out), "JOBMILL_PG_PASSWORD_FILE PATH"));
    cr_assert(strstr(buf_str(&out), "(default 256)"));
    cr_assert(!strstr(buf_str(&out), "--http-port"));
    cr_assert(!strstr(buf_str(&out), "--pg-password"));
    buf_fini(&out);
}

Test(config, docs_have_a_row_for_every_setting)
{
    struct buf out;
    buf_init(&out, 1 << 18);
    config_docs(&out);
    cr_assert(!buf_failed(&out));
    int rows = 0;
    for (const char *p = buf_str(&out); (p = strstr(p, "\n| `")); p++)
        rows++;
    cr_assert_eq(rows, CONFIG_COUNT);
    cr_assert(
        strstr(buf_str(&out),
               "| `worker.drain` | duration | `10s` | 0ms to 10m | yes | gateway,worker | `JOBMILL_WORKER_DRAIN` | "));
    cr_assert(strstr(buf_str(&out), "`JOBMILL_MASTER_KEY_FILE`"));
    buf_fini(&out);
}

Test(config, show_has_values_and_origins)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    _cleanup_(config_freep)
    struct config *c = good("gateway", "--http.port=1", NULL, NULL);
    config_show(c, &out);
    const char *line = strstr(buf_str(&out), "http.port");
    cr_assert_not_null(line);
    const char *end = strchr(line, '\n');
    cr_assert(memmem(line, (size_t)(end - line), " 1 ", 3));
    cr_assert_eq(strncmp(end - 4, "flag", 4), 0);
    cr_assert(!strstr(buf_str(&out), "dispatch.lease"));
    buf_fini(&out);
}

Test(config, nothing_is_lost_whether_it_works_or_not)
{
    struct err err = {0};
    write_file("secret text\n");
    setenv("JOBMILL_PG_PASSWORD_FILE", file_path, 1);
    config_free(good("gateway", "--http.port=1", NULL, NULL));
    cr_assert_null(make("gateway", "--http.port=1", "--http.prot=2", NULL, &err));
    setenv("JOBMILL_CONFIG", file_path, 1);
    cr_assert_null(make("gateway", NULL, NULL, NULL, &err));
    LEAK_NONE();
}
