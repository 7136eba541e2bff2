#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/metrics.h"

static char *render(void)
{
    struct buf out;
    buf_init(&out, 8 << 20);
    metrics_render(&out);
    cr_assert(!buf_failed(&out));
    return buf_take(&out, NULL);
}

static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);
    for (const char *p = text; (p = strstr(p, line)); p += n)
        if ((p == text || p[-1] == '\n') && p[n] == '\n')
            return true;
    return false;
}

#define HAS(text, line)   cr_assert(has_line(text, line), "no line %s in\n%s", line, text)
#define LACKS(text, what) cr_assert(!strstr(text, what), "%s in\n%s", what, text)

Test(metrics, counters_add_up_by_label)
{
    metrics_add(METRICS_TASKS_DONE, 1, "analyze", "done", NULL);
    metrics_add(METRICS_TASKS_DONE, 2, "analyze", "done", NULL);
    metrics_add(METRICS_TASKS_DONE, 5, "match", "failed", NULL);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "analyze", "done", NULL), 3);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "analyze", "failed", NULL), 0);
    _cleanup_free_ char *text = render();
    HAS(text, "# TYPE jobmill_tasks_total counter");
    HAS(text, "jobmill_tasks_total{stage=\"analyze\",outcome=\"done\"} 3");
    HAS(text, "jobmill_tasks_total{stage=\"match\",outcome=\"failed\"} 5");
    LACKS(text, "jobmill_claims_total");
    cr_assert_eq(strstr(text, "# HELP jobmill_tasks_total Tasks ended"), text);
}

Test(metrics, the_border_between_labels_counts)
{
    metrics_add(METRICS_TASKS_DONE, 1, "ab", "c", NULL);
    metrics_add(METRICS_TASKS_DONE, 10, "a", "bc", NULL);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "ab", "c", NULL), 1);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "a", "bc", NULL), 10);
}

Test(metrics, gauges_are_set_and_moved)
{
    metrics_set(METRICS_SSE_STREAMS, 7, NULL);
    metrics_add(METRICS_SSE_STREAMS, -2, NULL);
    _cleanup_free_ char *text = render();
    HAS(text, "# TYPE jobmill_sse_streams gauge");
    HAS(text, "jobmill_sse_streams 5");
    metrics_set(METRICS_SSE_STREAMS, 0.25, NULL);
    _cleanup_free_ char *later = render();
    HAS(later, "jobmill_sse_streams 0.25");
}

Test(metrics, numbers_as_the_format_wants_them)
{
    metrics_set(METRICS_LAG, INFINITY, "a", NULL);
    metrics_set(METRICS_LAG, NAN, "b", NULL);
    metrics_set(METRICS_LAG, -INFINITY, "c", NULL);
    metrics_set(METRICS_LAG, 1769860800123.5, "d", NULL);
    metrics_set(METRICS_LAG, 123456789012, "e", NULL);
    _cleanup_free_ char *text = render();
    HAS(text, "jobmill_kafka_lag{topic=\"a\"} +Inf");
    HAS(text, "jobmill_kafka_lag{topic=\"b\"} NaN");
    HAS(text, "jobmill_kafka_lag{topic=\"c\"} -Inf");
    HAS(text, "jobmill_kafka_lag{topic=\"d\"} 1769860800123.5");
    HAS(text, "jobmill_kafka_lag{topic=\"e\"} 123456789012");
}

Test(metrics, histogram_buckets_are_cumulative_and_inclusive)
{
    metrics_observe(METRICS_HTTP_SECONDS, 0.0005, "/x", NULL); /* on the border of the first */
    metrics_observe(METRICS_HTTP_SECONDS, 0.003, "/x", NULL);
    metrics_observe(METRICS_HTTP_SECONDS, 60, "/x", NULL);
    metrics_observe(METRICS_HTTP_SECONDS, 61, "/x", NULL);
    cr_assert_eq(metrics_get(METRICS_HTTP_SECONDS, "/x", NULL), 4);
    _cleanup_free_ char *text = render();
    HAS(text, "# TYPE jobmill_http_request_duration_seconds histogram");
    HAS(text, "jobmill_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.0005\"} 1");
    HAS(text, "jobmill_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.0025\"} 1");
    HAS(text, "jobmill_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.005\"} 2");
    HAS(text, "jobmill_http_request_duration_seconds_bucket{route=\"/x\",le=\"60\"} 3");
    HAS(text, "jobmill_http_request_duration_seconds_bucket{route=\"/x\",le=\"+Inf\"} 4");
    HAS(text, "jobmill_http_request_duration_seconds_sum{route=\"/x\"} 121.0035");
    HAS(text, "jobmill_http_request_duration_seconds_count{route=\"/x\"} 4");
}

Test(metrics, count_ladder)
{
    metrics_observe(METRICS_CLAIM_BATCH, 5, "analyze", NULL);
    _cleanup_free_ char *text = render();
    HAS(text, "jobmill_claim_batch_tasks_bucket{stage=\"analyze\",le=\"1\"} 0");
    HAS(text, "jobmill_claim_batch_tasks_bucket{stage=\"analyze\",le=\"4\"} 0");
    HAS(text, "jobmill_claim_batch_tasks_bucket{stage=\"analyze\",le=\"8\"} 1");
    HAS(text, "jobmill_claim_batch_tasks_bucket{stage=\"analyze\",le=\"4096\"} 1");
}

Test(metrics, label_values_are_escaped_and_cut)
{
    char big[200];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    metrics_add(METRICS_REJECTED, 1, "a\"b\\c\nd", NULL);
    metrics_add(METRICS_REJECTED, 2, big, NULL);
    metrics_add(METRICS_REJECTED, 4, "bad\xff", NULL);
    _cleanup_free_ char *text = render();
    HAS(text, "jobmill_items_rejected_total{code=\"a\\\"b\\\\c\\nd\"} 1");
    HAS(text,
        "jobmill_items_rejected_total{code=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"} 2");
    HAS(text, "jobmill_items_rejected_total{code=\"bad\"} 4");
}

Test(metrics, too_many_series_share_one)
{
    char name[16];
    for (int i = 0; i < METRICS_SERIES_MAX + 100; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        metrics_add(METRICS_REJECTED, 1, name, NULL);
    }
    metrics_add(METRICS_REJECTED, 1, "c0", NULL); /* an old one is still itself */
    metrics_add(METRICS_PUBLISHED, 1, "t", "ok", NULL);
    _cleanup_free_ char *text = render();
    HAS(text, "jobmill_items_rejected_total{code=\"c0\"} 2");
    HAS(text, "jobmill_items_rejected_total{code=\"other\"} 100");
    LACKS(text, "code=\"c512\"");
    HAS(text, "jobmill_kafka_published_total{topic=\"t\",outcome=\"ok\"} 1"); /* other metrics are not concerned */
}

Test(metrics, handles_are_the_same_series)
{
    struct metrics_series *s = metrics_series(METRICS_TASKS_DONE, "analyze", "done", NULL);
    _cleanup_free_ char *at_zero = render();
    HAS(at_zero, "jobmill_tasks_total{stage=\"analyze\",outcome=\"done\"} 0");
    metrics_series_add(s, 2);
    metrics_add(METRICS_TASKS_DONE, 1, "analyze", "done", NULL);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "analyze", "done", NULL), 3);
    cr_assert_eq(metrics_series(METRICS_TASKS_DONE, "analyze", "done", NULL), s);
    struct metrics_series *h = metrics_series(METRICS_CLAIM_BATCH, "analyze", NULL);
    metrics_series_observe(h, 3);
    cr_assert_eq(metrics_get(METRICS_CLAIM_BATCH, "analyze", NULL), 1);
    struct metrics_series *g = metrics_series(METRICS_LEADER, NULL);
    metrics_series_set(g, 1);
    cr_assert_eq(metrics_get(METRICS_LEADER, NULL), 1);
}

Test(metrics, reset_forgets_values_and_keeps_handles)
{
    struct metrics_series *s = metrics_series(METRICS_TASKS_DONE, "analyze", "done", NULL);
    metrics_series_add(s, 2);
    metrics_observe(METRICS_CLAIM_BATCH, 1, "x", NULL);
    metrics_reset();
    _cleanup_free_ char *text = render();
    cr_assert_str_eq(text ? text : "", "");
    cr_assert_eq(metrics_get(METRICS_CLAIM_BATCH, "x", NULL), 0);
    metrics_series_add(s, 1);
    cr_assert_eq(metrics_get(METRICS_TASKS_DONE, "analyze", "done", NULL), 1);
}

Test(metrics, every_metric_is_documented)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_docs(&out);
    const char *text = buf_str(&out);
    int lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    cr_assert_eq(lines, METRICS_COUNT + 2);
    cr_assert(strstr(text, "| `jobmill_tasks_total` | counter | stage,outcome | Tasks ended by this process"));
    buf_fini(&out);
}
