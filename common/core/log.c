/* One line is built on the stack and leaves with one write(2); LOG_LINE_BYTES is what a pipe takes in one piece, so
 * lines of several processes that share a descriptor do not mix.
 *
 * Repeats: a line is known by its place (the format's address) and everything in it but the time. The table keeps the
 * last LOG_REPEAT_SLOTS lines. A known line younger than LOG_REPEAT_US is only counted; the next one after that, or the
 * first line of any kind that finds an expired slot, says how many were left out.
 *
 *     unknown --write--> open --same line--> open, counted --second over--> written with "repeated": n
 *
 * Metrics belong to the loop's thread, the log to every thread: lines are counted in atomics, and the thread that
 * called log_init moves the counts into the registry whenever it writes. */
#include "core/log.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/map.h"
#include "base/utf8.h"
#include "core/clock.h"
#include "core/metrics.h"

#define LOG_LINE_BYTES   PIPE_BUF
#define LOG_MSG_BYTES    2048 /* of the message before escaping */
#define LOG_FIELDS_BYTES 512  /* kept free for what follows the message */
#define LOG_WORD_BYTES   64   /* longest stage or trace id */
#define LOG_REPEAT_SLOTS 16
#define LOG_REPEAT_US    1000000
#define LOG_KEPT_BYTES   768 /* of a line that may have to be summarised; longer ones are never suppressed */

struct log_line {
    char text[LOG_LINE_BYTES];
    size_t n;
};

struct log_repeat {
    const char *place;
    enum log_level level;
    uint64_t hash;
    uint64_t since_us;
    unsigned left_out;
    size_t body_n;
    char body[LOG_KEPT_BYTES]; /* from "level" on, without the closing brace */
};

static const char *const log_names[] = {"debug", "info", "warn", "error"};

static struct {
    _Atomic int level;
    const char *service;
    pthread_t thread; /* the loop's */
    bool ready;
    _Atomic unsigned lines[ARRAY_LEN(log_names)]; /* not yet in the metrics registry */
    pthread_mutex_t lock;                         /* guards repeats */
    struct log_repeat repeats[LOG_REPEAT_SLOTS];
} log_state = {.level = LOG_INFO, .service = "jobmill", .lock = PTHREAD_MUTEX_INITIALIZER};

void log_init(const char *service, enum log_level level)
{
    log_state.service = service;
    log_state.thread = pthread_self();
    log_state.ready = true;
    atomic_store(&log_state.level, (int)level);
}

void log_level_set(enum log_level level)
{
    atomic_store(&log_state.level, (int)level);
}

int log_level_parse(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(log_names); i++)
        if (strcmp(name, log_names[i]) == 0)
            return (int)i;
    return -1;
}

/* Appends while limit leaves room; the whole piece or nothing. */
static bool log_add(struct log_line *l, size_t limit, const char *s, size_t n)
{
    if (l->n + n > limit)
        return false;
    memcpy(l->text + l->n, s, n);
    l->n += n;
    return true;
}

static void log_adds(struct log_line *l, const char *s)
{
    log_add(l, sizeof(l->text), s, strlen(s));
}

static bool log_add_escaped(struct log_line *l, size_t limit, unsigned char c)
{
    static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *at = c ? strchr(plain, c) : NULL;
    char out[8];
    int n = at ? snprintf(out, sizeof(out), "\\%c", letters[at - plain]) : snprintf(out, sizeof(out), "\\u%04x", c);
    return log_add(l, limit, out, (size_t)n);
}

/* s as a JSON string with quotes; stops at limit (which leaves a byte for the quote); bytes that are not UTF-8 become
 * U+FFFD. */
static void log_add_string(struct log_line *l, size_t limit, struct str s)
{
    log_adds(l, "\"");
    while (s.n) {
        unsigned char c = (unsigned char)s.p[0];
        size_t step = 1;
        bool ok;
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
            ok = log_add_escaped(l, limit, c);
        } else if (utf8_valid_prefix(str_sub(s, 0, MIN(s.n, 4))) == 0) {
            ok = log_add(l, limit, "\xEF\xBF\xBD", 3);
        } else {
            uint32_t cp;
            step = utf8_decode(s, &cp);
            ok = log_add(l, limit, s.p, step);
        }
        if (!ok)
            break;
        s = str_sub(s, step, s.n);
    }
    log_adds(l, "\"");
}

static void log_add_word(struct log_line *l, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    log_adds(l, name);
    log_add_string(l, sizeof(l->text) - 2, (struct str){.p = value, .n = strnlen(value, LOG_WORD_BYTES)});
}

static void log_add_uuid(struct log_line *l, const char *name, const struct uuid *u)
{
    if (u)
        log_add_word(l, name, UUID_TEXT(u));
}

/* Fits: LOG_FIELDS_BYTES hold four ids, two words, a number and "repeated" unless control characters have to be escaped
 * in the words. */
static void log_add_ctx(struct log_line *l, const struct log_ctx *cx)
{
    log_add_uuid(l, ",\"tenant_id\":", cx->tenant_id);
    log_add_uuid(l, ",\"batch_id\":", cx->batch_id);
    log_add_uuid(l, ",\"application_id\":", cx->application_id);
    log_add_uuid(l, ",\"task_id\":", cx->task_id);
    log_add_word(l, ",\"stage\":", cx->stage);
    if (cx->attempt > 0) {
        char number[32];
        snprintf(number, sizeof(number), ",\"attempt\":%d", cx->attempt);
        log_adds(l, number);
    }
    log_add_word(l, ",\"trace_id\":", cx->trace_id);
}

static void log_begin(struct log_line *l, uint64_t wall_us)
{
    char ts[CLOCK_RFC3339_BYTES];
    l->n = 0;
    log_adds(l, "{\"ts\":\"");
    log_adds(l, clock_rfc3339(wall_us, ts));
    log_adds(l, "\",");
}

static void log_end(struct log_line *l, unsigned repeated)
{
    if (repeated) {
        char number[32];
        snprintf(number, sizeof(number), ",\"repeated\":%u", repeated);
        log_adds(l, number);
    }
    log_adds(l, "}\n");
    ssize_t rc;
    do
        rc = write(STDERR_FILENO, l->text, l->n);
    while (rc < 0 && errno == EINTR);
}

/* Writes what expired slots have counted. The caller holds the lock. */
static void log_summarise(uint64_t now_us)
{
    for (size_t i = 0; i < LOG_REPEAT_SLOTS; i++) {
        struct log_repeat *r = &log_state.repeats[i];
        if (!r->left_out || now_us - r->since_us < LOG_REPEAT_US)
            continue;
        struct log_line l;
        log_begin(&l, clock_wall_us());
        log_add(&l, sizeof(l.text), r->body, r->body_n);
        log_end(&l, r->left_out);
        atomic_fetch_add(&log_state.lines[r->level], 1);
        *r = (struct log_repeat){0};
    }
}

/* True when the line was seen less than a second ago: it is counted and not to be written. The caller holds the lock.
 */
static bool log_repeats(enum log_level level, const char *place, const char *body, size_t n, uint64_t now_us)
{
    if (n > LOG_KEPT_BYTES)
        return false;
    uint64_t hash = map_hash(body, n);
    struct log_repeat *oldest = NULL;
    for (size_t i = 0; i < LOG_REPEAT_SLOTS; i++) {
        struct log_repeat *r = &log_state.repeats[i];
        if (r->place == place && r->hash == hash && r->body_n == n && now_us - r->since_us < LOG_REPEAT_US) {
            r->left_out++;
            return true;
        }
        if (r->left_out == 0 && (!oldest || r->since_us < oldest->since_us))
            oldest = r; /* one that has counted something is owed a summary */
    }
    if (oldest) {
        *oldest = (struct log_repeat){.place = place, .level = level, .hash = hash, .since_us = now_us, .body_n = n};
        memcpy(oldest->body, body, n);
    }
    return false;
}

static void log_count(enum log_level level, bool written)
{
    if (written)
        atomic_fetch_add(&log_state.lines[level], 1);
    if (!log_state.ready || !pthread_equal(pthread_self(), log_state.thread))
        return;
    for (size_t i = 0; i < ARRAY_LEN(log_names); i++) {
        unsigned n = atomic_exchange(&log_state.lines[i], 0);
        if (n)
            metrics_add(METRICS_LOG_LINES, n, log_names[i], NULL);
    }
}

/* Everything but the time; returns where it begins. */
static size_t log_build(struct log_line *l, enum log_level level, const struct log_ctx *cx, struct str msg)
{
    log_begin(l, clock_wall_us());
    size_t body = l->n;
    log_adds(l, "\"level\":\"");
    log_adds(l, log_names[level]);
    log_adds(l, "\",\"service\":");
    struct str service = {.p = log_state.service, .n = strnlen(log_state.service, LOG_WORD_BYTES)};
    log_add_string(l, sizeof(l->text), service);
    log_adds(l, ",\"msg\":");
    log_add_string(l, sizeof(l->text) - LOG_FIELDS_BYTES, msg);
    if (cx)
        log_add_ctx(l, cx);
    return body;
}

void log_write(enum log_level level, const struct log_ctx *cx, const char *fmt, ...)
{
    if ((int)level < atomic_load(&log_state.level))
        return;
    char buffer[LOG_MSG_BYTES];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buffer, sizeof(buffer), fmt, ap);
    va_end(ap);
    struct str msg = {.p = buffer, .n = n < 0 ? 0 : MIN((size_t)n, sizeof(buffer) - 1)};
    if (n >= (int)sizeof(buffer)) /* the cut may have gone through a character */
        msg.n = MAX(utf8_valid_prefix(msg), msg.n - 3);

    struct log_line l;
    size_t body = log_build(&l, level, cx, msg);
    uint64_t now_us = clock_mono_us();
    pthread_mutex_lock(&log_state.lock);
    log_summarise(now_us);
    bool known = log_repeats(level, fmt, l.text + body, l.n - body, now_us);
    pthread_mutex_unlock(&log_state.lock);
    if (!known)
        log_end(&l, 0);
    log_count(level, !known);
}
