/* The registry: one row of series per metric, each found by its label values, each made on first use and never freed,
 * so that a handle stays good as long as the process. Per metric at most METRICS_SERIES_MAX series; what comes after
 * them shares one whose labels all say "other".
 *
 * Histogram buckets hold their own count; the sums that the text format wants are made when rendering. */
#include "core/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/map.h"
#include "base/utf8.h"

#define METRICS_LABEL_BYTES 64 /* longer label values are cut */
#define METRICS_KEY_BYTES   (METRICS_LABELS_MAX * (METRICS_LABEL_BYTES + 1))
#define METRICS_OTHER       "other"

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

struct metrics_ladder {
    const double *bounds;
    size_t n;
};

struct metrics_row {
    enum metrics_type type;
    const char *name;
    const char *labels; /* names, comma-separated */
    const struct metrics_ladder *buckets;
    const char *help;
};

struct metrics_series {
    struct metrics_series *next;
    enum metrics_id id;
    bool shown;   /* false after metrics_reset until the next use */
    double value; /* counter and gauge; sum of a histogram */
    uint64_t count;
    uint64_t *buckets;
    char labels[METRICS_LABELS_MAX][METRICS_LABEL_BYTES + 1];
};

struct metrics_family {
    struct map *by_key;
    struct metrics_series *first, *last;
    struct metrics_series *other;
};

static const double metrics_seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                         0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
static const double metrics_counts[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
static const double metrics_bytes[] = {
    256,           1024,          4096,           16384,          65536,          262144,
    1024.0 * 1024, 4096.0 * 1024, 16384.0 * 1024, 65536.0 * 1024, 262144.0 * 1024};

enum { METRICS_LADDER_NONE, METRICS_LADDER_SECONDS, METRICS_LADDER_COUNT, METRICS_LADDER_BYTES };

static const struct metrics_ladder metrics_ladders[] = {
    [METRICS_LADDER_NONE] = {NULL, 0},
    [METRICS_LADDER_SECONDS] = {metrics_seconds, ARRAY_LEN(metrics_seconds)},
    [METRICS_LADDER_COUNT] = {metrics_counts, ARRAY_LEN(metrics_counts)},
    [METRICS_LADDER_BYTES] = {metrics_bytes, ARRAY_LEN(metrics_bytes)},
};

static const struct metrics_row metrics_rows[METRICS_COUNT] = {
#define METRIC(symbol, type_, name_, labels_, buckets_, help_)                                                         \
    [METRICS_##symbol] = {METRICS_##type_, name_, labels_, &metrics_ladders[METRICS_LADDER_##buckets_], help_},
#include "core/metrics.def"
#undef METRIC
};

static const char *const metrics_type_names[] = {"counter", "gauge", "histogram"};

static struct metrics_family metrics_families[METRICS_COUNT];

static void *metrics_must(void *p)
{
    if (!p) {
        fputs("metrics: out of memory\n", stderr);
        abort();
    }
    return p;
}

static size_t metrics_label_count(enum metrics_id id)
{
    const char *s = metrics_rows[id].labels;
    size_t n = *s ? 1 : 0;
    for (; *s; s++)
        n += *s == ',';
    return n;
}

static struct metrics_series *metrics_series_new(enum metrics_id id, const char *const *values, size_t n)
{
    struct metrics_series *s = metrics_must(calloc(1, sizeof(*s)));
    s->id = id;
    s->shown = true;
    if (metrics_rows[id].type == METRICS_HISTOGRAM)
        s->buckets = metrics_must(calloc(metrics_rows[id].buckets->n + 1, sizeof(*s->buckets)));
    for (size_t i = 0; i < n; i++) {
        struct str v = {.p = values[i], .n = strnlen(values[i], METRICS_LABEL_BYTES)};
        v.n = utf8_valid_prefix(v); /* also where the cut went through a character */
        memcpy(s->labels[i], v.p, v.n);
    }
    struct metrics_family *f = &metrics_families[id];
    if (f->last)
        f->last->next = s;
    else
        f->first = s;
    f->last = s;
    return s;
}

static struct metrics_series *metrics_other(enum metrics_id id, size_t n)
{
    static const char *const values[METRICS_LABELS_MAX] = {METRICS_OTHER, METRICS_OTHER, METRICS_OTHER};
    struct metrics_family *f = &metrics_families[id];
    if (!f->other)
        f->other = metrics_series_new(id, values, n);
    return f->other;
}

/* The label values as one key, each followed by a NUL. */
static size_t metrics_key(char key[METRICS_KEY_BYTES], const char *const *values, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = strnlen(values[i], METRICS_LABEL_BYTES);
        memcpy(key + at, values[i], len);
        at += len;
        key[at++] = '\0';
    }
    return at;
}

static struct metrics_series *metrics_find(enum metrics_id id, va_list ap, bool make)
{
    assert((unsigned)id < METRICS_COUNT);
    const char *values[METRICS_LABELS_MAX];
    size_t n = 0;
    for (const char *v = va_arg(ap, const char *); v; v = va_arg(ap, const char *)) {
        assert(n < METRICS_LABELS_MAX);
        values[n++] = v;
    }
    assert(n == metrics_label_count(id)); /* one value for each label name of the row */
    char key[METRICS_KEY_BYTES];
    size_t key_n = metrics_key(key, values, n);
    struct metrics_family *f = &metrics_families[id];
    struct metrics_series *s = f->by_key ? map_get(f->by_key, key, key_n) : NULL;
    if (s || !make)
        return s;
    if (!f->by_key)
        f->by_key = map_new(METRICS_SERIES_MAX);
    if (map_count(f->by_key) >= METRICS_SERIES_MAX)
        return metrics_other(id, n);
    s = metrics_series_new(id, values, n);
    bool stored = map_put(f->by_key, key, key_n, s);
    assert(stored);
    (void)stored;
    return s;
}

void metrics_series_add(struct metrics_series *s, double by)
{
    assert(metrics_rows[s->id].type != METRICS_HISTOGRAM);
    assert(by >= 0 || metrics_rows[s->id].type == METRICS_GAUGE);
    s->value += by;
    s->shown = true;
}

void metrics_series_set(struct metrics_series *s, double value)
{
    assert(metrics_rows[s->id].type == METRICS_GAUGE);
    s->value = value;
    s->shown = true;
}

void metrics_series_observe(struct metrics_series *s, double value)
{
    assert(metrics_rows[s->id].type == METRICS_HISTOGRAM);
    const struct metrics_ladder *ladder = metrics_rows[s->id].buckets;
    size_t i = 0;
    while (i < ladder->n && !(value <= ladder->bounds[i]))
        i++;
    s->buckets[i]++;
    s->count++;
    s->value += value;
    s->shown = true;
}

/* Finds the series for the label values behind `last` in the calling function. */
#define METRICS_FROM_ARGS(s, id, last, make)                                                                           \
    va_list ap;                                                                                                        \
    va_start(ap, last);                                                                                                \
    struct metrics_series *s = metrics_find(id, ap, make);                                                             \
    va_end(ap)

void metrics_add(enum metrics_id id, double by, ...)
{
    METRICS_FROM_ARGS(s, id, by, true);
    metrics_series_add(s, by);
}

void metrics_set(enum metrics_id id, double value, ...)
{
    METRICS_FROM_ARGS(s, id, value, true);
    metrics_series_set(s, value);
}

void metrics_observe(enum metrics_id id, double value, ...)
{
    METRICS_FROM_ARGS(s, id, value, true);
    metrics_series_observe(s, value);
}

double metrics_get(enum metrics_id id, ...)
{
    METRICS_FROM_ARGS(s, id, id, false);
    if (!s)
        return 0;
    return metrics_rows[id].type == METRICS_HISTOGRAM ? (double)s->count : s->value;
}

struct metrics_series *metrics_series(enum metrics_id id, ...)
{
    METRICS_FROM_ARGS(s, id, id, true);
    s->shown = true;
    return s;
}

void metrics_reset(void)
{
    for (size_t id = 0; id < METRICS_COUNT; id++) {
        for (struct metrics_series *s = metrics_families[id].first; s; s = s->next) {
            s->shown = false;
            s->value = 0;
            s->count = 0;
            if (s->buckets)
                memset(s->buckets, 0, (metrics_rows[id].buckets->n + 1) * sizeof(*s->buckets));
        }
    }
}

/* Text */

static void metrics_put_number(struct buf *out, double v)
{
    if (isnan(v))
        buf_adds(out, "NaN");
    else if (isinf(v))
        buf_adds(out, v > 0 ? "+Inf" : "-Inf");
    else if (v == floor(v) && fabs(v) < 1e15)
        buf_addf(out, "%.0f", v);
    else
        buf_addf(out, "%.15g", v);
}

/* The format's escapes: backslash and newline everywhere, the quote in label values. */
static void metrics_put_escaped(struct buf *out, const char *s, bool quote)
{
    for (; *s; s++) {
        if (*s == '\\' || (quote && *s == '"'))
            buf_addc(out, '\\');
        if (*s == '\n')
            buf_adds(out, "\\n");
        else
            buf_addc(out, *s);
    }
}

/* name{a="x",b="y",le="..."} and a space; le may be NULL. */
static void metrics_put_sample(struct buf *out, const struct metrics_series *s, const char *suffix, const double *le)
{
    buf_addf(out, "%s%s", metrics_rows[s->id].name, suffix);
    struct str names = str_of(metrics_rows[s->id].labels), name;
    char mark = '{';
    for (size_t i = 0; names.n && str_next_field(&names, ',', &name); i++) {
        buf_addf(out, "%c" STR_FMT "=\"", mark, STR_ARG(name));
        metrics_put_escaped(out, s->labels[i], true);
        buf_addc(out, '"');
        mark = ',';
    }
    if (le) {
        buf_addf(out, "%cle=\"", mark);
        metrics_put_number(out, *le);
        buf_addc(out, '"');
        mark = ',';
    }
    buf_adds(out, mark == ',' ? "} " : " ");
}

static void metrics_put_histogram(struct buf *out, const struct metrics_series *s)
{
    const struct metrics_ladder *ladder = metrics_rows[s->id].buckets;
    uint64_t below = 0;
    for (size_t i = 0; i <= ladder->n; i++) {
        double bound = i < ladder->n ? ladder->bounds[i] : (double)INFINITY;
        below += s->buckets[i];
        metrics_put_sample(out, s, "_bucket", &bound);
        buf_addf(out, "%llu\n", (unsigned long long)below);
    }
    metrics_put_sample(out, s, "_sum", NULL);
    metrics_put_number(out, s->value);
    buf_addc(out, '\n');
    metrics_put_sample(out, s, "_count", NULL);
    buf_addf(out, "%llu\n", (unsigned long long)s->count);
}

static void metrics_put_head(struct buf *out, const struct metrics_row *row)
{
    buf_addf(out, "# HELP %s ", row->name);
    metrics_put_escaped(out, row->help, false);
    buf_addf(out, "\n# TYPE %s %s\n", row->name, metrics_type_names[row->type]);
}

void metrics_render(struct buf *out)
{
    for (size_t id = 0; id < METRICS_COUNT; id++) {
        bool head = false;
        for (const struct metrics_series *s = metrics_families[id].first; s; s = s->next) {
            if (!s->shown)
                continue;
            if (!head)
                metrics_put_head(out, &metrics_rows[id]);
            head = true;
            if (metrics_rows[id].type == METRICS_HISTOGRAM) {
                metrics_put_histogram(out, s);
            } else {
                metrics_put_sample(out, s, "", NULL);
                metrics_put_number(out, s->value);
                buf_addc(out, '\n');
            }
        }
    }
}

void metrics_docs(struct buf *out)
{
    buf_adds(out, "| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n");
    for (size_t id = 0; id < METRICS_COUNT; id++) {
        const struct metrics_row *row = &metrics_rows[id];
        buf_addf(out, "| `%s` | %s | %s | %s |\n", row->name, metrics_type_names[row->type], row->labels, row->help);
    }
}
