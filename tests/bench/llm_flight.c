/* llm_flight URL CALLS [IN_FLIGHT] [BODY_BYTES] [http1|http2] [SHARD]: what a model call costs.
 *
 * Sends CALLS requests to a server that answers late (llm_delay), IN_FLIGHT at once, and prints how long it took until
 * all of them were under way, the memory when they were, and the CPU time of this process for each call. By
 * environment: CA=FILE verifies the server (else nothing is verified), KEEP=1 keeps bodies until their call is over,
 * BUFFER=BYTES is the receive buffer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "core/clock.h"
#include "io/curl/fetch.h"

struct flight {
    struct loop *loop;
    struct fetch *fetch;
    struct fetch_target *target;
    size_t calls, wanted, started, ended, failed, in_flight_max, body_bytes;
    uint64_t begin_us, ramp_us;
    long rss_before_kib, rss_peak_kib;
    char first_failure[256];
    struct loop_timer *timer;
    struct loop_timer *pace;
};

static long rss_kib(void)
{
    long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%ld %ld", &size, &resident) != 2)
            resident = 0;
        fclose(f);
    }
    return resident * 4;
}

static void flight_start(struct flight *f);

static void flight_sample(void *ud)
{
    struct flight *f = ud;
    struct fetch_stats s = fetch_stats(f->fetch);
    long rss = rss_kib();
    if (rss > f->rss_peak_kib)
        f->rss_peak_kib = rss;
    if (!f->ramp_us && s.in_flight >= f->wanted)
        f->ramp_us = clock_mono_us() - f->begin_us;
}

struct call {
    struct flight *flight;
    char *body;
};

static void flight_done(void *ud, struct fetch_result *r)
{
    struct call *c = ud;
    struct flight *f = c->flight;
    f->ended++;
    if (f->ended == 1)
        flight_sample(f);
    if (r->end != FETCH_END_DONE || r->status != 200) {
        if (!f->failed++)
            snprintf(f->first_failure, sizeof(f->first_failure), "%s %d %s", fetch_end_name(r->end), r->status,
                     r->reason);
    }
    free(c->body);
    free(c);
    if (f->ended == f->calls)
        loop_stop(f->loop);
    else
        flight_start(f);
}

static void call_out(void *ud)
{
    struct call *c = ud;
    free(c->body);
    c->body = NULL;
}

static struct str call_again(void *ud)
{
    struct call *c = ud;
    size_t n = c->flight->body_bytes;
    c->body = malloc(n);
    memset(c->body, 'x', n);
    return (struct str){.p = c->body, .n = n};
}

static void flight_start(struct flight *f)
{
    const bool keep = getenv("KEEP");
    while (f->started < f->calls && f->started - f->ended < f->wanted) {
        struct err err;
        struct call *c = calloc(1, sizeof(*c));
        c->flight = f;
        c->body = malloc(f->body_bytes);
        memset(c->body, 'x', f->body_bytes);
        struct fetch_request r = {.target = f->target,
                                  .body = {.p = c->body, .n = f->body_bytes},
                                  .out = keep ? NULL : call_out,
                                  .again = keep ? NULL : call_again,
                                  .buffer_bytes = getenv("BUFFER") ? strtoull(getenv("BUFFER"), NULL, 10) : 0,
                                  .first_byte_ms = 120000,
                                  .silence_ms = 60000,
                                  .total_ms = 300000,
                                  .done = flight_done,
                                  .ud = c};
        if (!fetch_start(f->fetch, &r, &err)) {
            fprintf(stderr, "%s\n", err.msg);
            exit(1);
        }
        f->started++;
    }
}

int main(int argc, char **argv)
{
    static const char *const headers[] = {"Content-Type: application/json", "Authorization: Bearer none", NULL};
    struct err err;
    if (argc < 3) {
        fprintf(stderr, "usage: llm_flight URL CALLS [IN_FLIGHT] [BODY_BYTES] [http1|http2] [SHARD]\n");
        return 2;
    }
    struct flight f = {.calls = strtoull(argv[2], NULL, 10)};
    f.wanted = argc > 3 ? strtoull(argv[3], NULL, 10) : f.calls;
    f.wanted = f.wanted > f.calls ? f.calls : f.wanted;
    f.body_bytes = argc > 4 ? strtoull(argv[4], NULL, 10) : 6000;
    bool h2 = argc > 5 && strcmp(argv[5], "http2") == 0;
    struct fetch_options o = {.in_flight_max = f.wanted, .shard_max = argc > 6 ? strtoull(argv[6], NULL, 10) : 0};
    f.loop = loop_new();
    f.fetch = fetch_new(f.loop, &o, &err);
    struct fetch_target_options to = {.url = argv[1],
                                      .headers = headers,
                                      .http = h2 ? FETCH_HTTP_AUTO : FETCH_HTTP_1,
                                      .ca_file = getenv("CA"),
                                      .insecure = !getenv("CA")};
    f.target = f.fetch ? fetch_target_new(f.fetch, &to, &err) : NULL;
    if (!f.target) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    f.rss_before_kib = rss_kib();
    f.timer = loop_timer_new(f.loop, flight_sample, &f);
    loop_timer_start(f.timer, 10, 50);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    f.begin_us = clock_mono_us();
    flight_start(&f);
    loop_run(f.loop);
    getrusage(RUSAGE_SELF, &after);
    double wall_s = (double)(clock_mono_us() - f.begin_us) / 1e6;
    double user_us = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1e6 +
                     (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec);
    double sys_us = (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1e6 +
                    (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec);
    double calls = (double)f.calls;
    printf("%s calls=%zu in_flight=%zu body=%zu failed=%zu wall=%.2fs ramp=%.2fs\n", h2 ? "http2" : "http1", f.calls,
           f.wanted, f.body_bytes, f.failed, wall_s, (double)f.ramp_us / 1e6);
    printf("memory: before %.1f MiB, peak %.1f MiB, %.1f KiB a call in flight (with its body)\n",
           (double)f.rss_before_kib / 1024, (double)f.rss_peak_kib / 1024,
           (double)(f.rss_peak_kib - f.rss_before_kib) / (double)f.wanted);
    printf("cpu: %.1f us a call (user %.1f, system %.1f)\n", (user_us + sys_us) / calls, user_us / calls,
           sys_us / calls);
    if (f.failed)
        printf("first failure: %s\n", f.first_failure);
    loop_timer_free(f.timer);
    fetch_target_free(f.target);
    fetch_free(f.fetch);
    loop_free(f.loop);
    return f.failed ? 1 : 0;
}
