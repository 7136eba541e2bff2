#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"
#include "base/utf8.h"
#include "core/log.h"
#include "core/metrics.h"

/* What was written to standard error since catch_begin, parsed. */
struct caught {
    int saved;
    int file;
    struct arena arena;
    struct str text;
};

static void catch_begin(struct caught *c)
{
    char path[] = "/tmp/jobmill-test-log-XXXXXX";
    c->file = mkstemp(path);
    cr_assert_geq(c->file, 0);
    unlink(path);
    fflush(stderr);
    c->saved = dup(STDERR_FILENO);
    cr_assert_geq(dup2(c->file, STDERR_FILENO), 0);
    arena_init(&c->arena, 1 << 20);
}

static void catch_end(struct caught *c)
{
    cr_assert_geq(dup2(c->saved, STDERR_FILENO), 0);
    close(c->saved);
    off_t n = lseek(c->file, 0, SEEK_END);
    char *p = arena_try_alloc(&c->arena, (size_t)n + 1);
    cr_assert_not_null(p);
    cr_assert_eq(pread(c->file, p, (size_t)n, 0), n);
    close(c->file);
    c->text = (struct str){.p = p, .n = (size_t)n};
}

/* Takes the next line, which must be one JSON object. */
static yyjson_val *next_line(struct caught *c)
{
    struct str line;
    struct err err = {0};
    yyjson_val *root;
    if (!str_next_line(&c->text, &line))
        return NULL;
    cr_assert_eq(json_parse(&c->arena, line, &root, NULL, &err), 0, "%s in %.*s", err.msg, (int)line.n, line.p);
    cr_assert(yyjson_is_obj(root));
    return root;
}

static void is(yyjson_val *line, const char *key, const char *want)
{
    struct str got = json_get_str(line, key);
    cr_assert(str_eqc(got, want), "%s is \"%.*s\", not \"%s\"", key, (int)got.n, got.p, want);
}

Test(log, a_line_has_time_level_service_and_message)
{
    struct caught c;
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    log_warn(NULL, "seen %d of %s", 3, "five");
    catch_end(&c);
    yyjson_val *line = next_line(&c);
    is(line, "level", "warn");
    is(line, "service", "tester");
    is(line, "msg", "seen 3 of five");
    cr_assert_eq(json_get_str(line, "ts").n, 24);
    cr_assert_eq(yyjson_obj_size(line), 4);
    cr_assert_null(next_line(&c));
    arena_fini(&c.arena);
}

Test(log, fields_of_the_context)
{
    struct caught c;
    struct uuid u = {.b = {1, 2, 3}}, v = {.b = {9}};
    struct log_ctx cx = {.tenant_id = &u,
                         .task_id = &v,
                         .stage = "analyze",
                         .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                         .attempt = 2};
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    log_error(&cx, "failed");
    catch_end(&c);
    yyjson_val *line = next_line(&c);
    is(line, "tenant_id", UUID_TEXT(&u));
    is(line, "task_id", UUID_TEXT(&v));
    is(line, "stage", "analyze");
    is(line, "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    cr_assert_eq(json_get_int(line, "attempt", 0), 2);
    cr_assert_null(yyjson_obj_get(line, "batch_id"));
    arena_fini(&c.arena);
}

Test(log, whatever_the_message_the_line_is_json)
{
    struct caught c;
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    log_info(NULL, "%s", "quote \" backslash \\ newline \n tab \t bell \a del \x7f");
    log_info(NULL, "%s", "bad \xff\xc3 bytes \xed\xa0\x80 Ж ok 🌍 cut \xe2\x82");
    catch_end(&c);
    is(next_line(&c), "msg", "quote \" backslash \\ newline \n tab \t bell \a del \x7f");
    is(next_line(&c), "msg", "bad \uFFFD\uFFFD bytes \uFFFD\uFFFD\uFFFD Ж ok 🌍 cut \uFFFD\uFFFD");
    cr_assert_null(next_line(&c));
    arena_fini(&c.arena);
}

Test(log, long_messages_are_cut_and_keep_their_fields)
{
    static char big[20000];
    struct uuid u = {.b = {7}};
    struct log_ctx cx = {.tenant_id = &u,
                         .task_id = &u,
                         .application_id = &u,
                         .batch_id = &u,
                         .stage = "s",
                         .trace_id = "t",
                         .attempt = 1};
    static const char *const fill[] = {"x", "\x01", "\"", "é", "\xff"};
    log_init("tester", LOG_INFO);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
        struct caught c;
        size_t n = strlen(fill[i]);
        for (size_t k = 0; k + n < sizeof(big); k += n)
            memcpy(big + k, fill[i], n);
        catch_begin(&c);
        log_info(&cx, "%s", big);
        catch_end(&c);
        cr_assert_leq(c.text.n, 4096);
        cr_assert_gt(c.text.n, 2000);
        yyjson_val *line = next_line(&c);
        is(line, "trace_id", "t");
        cr_assert_eq(json_get_int(line, "attempt", 0), 1);
        struct str msg = json_get_str(line, "msg");
        cr_assert_gt(msg.n, 500);
        cr_assert_eq(utf8_valid_prefix(msg), msg.n);
        cr_assert_null(next_line(&c));
        arena_fini(&c.arena);
    }
}

Test(log, lower_levels_are_silent)
{
    struct caught c;
    log_init("tester", LOG_WARN);
    catch_begin(&c);
    log_info(NULL, "not this");
    log_level_set(LOG_DEBUG);
    log_debug(NULL, "but this");
    catch_end(&c);
    is(next_line(&c), "msg", "but this");
    cr_assert_null(next_line(&c));
    arena_fini(&c.arena);
}

Test(log, level_names)
{
    cr_assert_eq(log_level_parse("debug"), LOG_DEBUG);
    cr_assert_eq(log_level_parse("info"), LOG_INFO);
    cr_assert_eq(log_level_parse("warn"), LOG_WARN);
    cr_assert_eq(log_level_parse("error"), LOG_ERROR);
    cr_assert_eq(log_level_parse("loud"), -1);
    cr_assert_eq(log_level_parse(""), -1);
}

Test(log, repeats_are_counted_and_summarised)
{
    struct caught c;
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    for (int i = 0; i < 5; i++)
        log_warn(NULL, "the same again");
    for (int i = 0; i < 3; i++)
        log_warn(NULL, "number %d", i); /* one place, three messages */
    usleep(1100000);
    log_info(NULL, "another line");
    catch_end(&c);
    long written = 0, left_out = 0;
    for (yyjson_val *line = next_line(&c); line; line = next_line(&c)) {
        if (!str_eqc(json_get_str(line, "msg"), "the same again"))
            continue;
        long repeated = (long)json_get_int(line, "repeated", 0);
        written += repeated == 0; /* a summary stands for the ones it counts */
        left_out += repeated;
    }
    cr_assert_eq(written + left_out, 5, "%ld written, %ld left out", written, left_out);
    cr_assert_gt(left_out, 0);
    arena_fini(&c.arena);
}

Test(log, different_messages_of_one_place_are_all_written)
{
    struct caught c;
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    for (int i = 0; i < 50; i++)
        log_info(NULL, "number %d", i);
    catch_end(&c);
    int n = 0;
    while (next_line(&c))
        n++;
    cr_assert_eq(n, 50);
    arena_fini(&c.arena);
}

static void *log_elsewhere(void *ud)
{
    log_error(NULL, "from %s", (const char *)ud);
    return NULL;
}

Test(log, lines_are_counted_whoever_writes_them)
{
    struct caught c;
    pthread_t thread;
    char name[] = "a thread";
    log_init("tester", LOG_INFO);
    catch_begin(&c);
    log_info(NULL, "one");
    log_info(NULL, "two");
    cr_assert_eq(pthread_create(&thread, NULL, log_elsewhere, name), 0);
    pthread_join(thread, NULL);
    log_info(NULL, "three");
    catch_end(&c);
    cr_assert_eq(metrics_get(METRICS_LOG_LINES, "info", NULL), 3);
    cr_assert_eq(metrics_get(METRICS_LOG_LINES, "error", NULL), 1);
    arena_fini(&c.arena);
}
