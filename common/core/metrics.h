/* Metrics in the Prometheus text format (0.0.4). The registry is process-wide; everything runs on the loop's thread.
 *
 * Every metric is one row of core/metrics.def: METRIC(symbol, type, name, label_names, unit_buckets, help). A series is
 * a metric with label values; series are made on first use and bounded by METRICS_SERIES_MAX (further ones go to one
 * "other" series). */
#pragma once

#include <stdint.h>
#include "base/buf.h"

enum metrics_id {
#define METRIC(symbol, type, name, labels, buckets, help) METRICS_##symbol,
#include "core/metrics.def"
#undef METRIC
    METRICS_COUNT
};

#define METRICS_SERIES_MAX 512
#define METRICS_LABELS_MAX 3

/* Label values are given in the order of the row's label names, NULL-terminated; e.g. metrics_add(METRICS_TASKS_DONE,
 * 1, "analyze", "done", NULL). */
void metrics_add(enum metrics_id id, double by, ...) __attribute__((sentinel));
void metrics_set(enum metrics_id id, double value, ...) __attribute__((sentinel));
void metrics_observe(enum metrics_id id, double value, ...) __attribute__((sentinel)); /* histograms */
double metrics_get(enum metrics_id id, ...)
    __attribute__((sentinel)); /* counter, gauge value or histogram count; 0 when absent */

/* Handle to one series for hot paths: found once, used often. Lives as long as the process. */
struct metrics_series;
struct metrics_series *metrics_series(enum metrics_id id, ...) __attribute__((sentinel));
void metrics_series_add(struct metrics_series *s, double by);
void metrics_series_set(struct metrics_series *s, double value);
void metrics_series_observe(struct metrics_series *s, double value);

void metrics_render(struct buf *out); /* the whole exposition */
void metrics_docs(struct buf *out);   /* a Markdown table of all rows */
void metrics_reset(void);             /* tests only */
