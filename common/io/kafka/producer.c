/* A message's way: kafka_produce -> librdkafka's queue -> broker -> report in the main queue -> eventfd -> loop -> fn.
 *
 * Invariants: `pending` counts messages accepted and not reported; every caller's fn has one cell in `cells` from
 * produce to report, so that a producer freed early leaks none. The memory of a freed producer lives until its client
 * is gone, so librdkafka's callbacks always find it.
 *
 * The client is destroyed on the thread pool once no probe uses it: destroying joins threads. */
#include "io/kafka/producer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "core/log.h"
#include "core/metrics.h"
#include "io/kafka/link.h"

#define QUEUE_MAX_DEFAULT       50000
#define QUEUE_MAX_KBYTES        65536
#define MESSAGE_TIMEOUT_DEFAULT 10000
#define HEADERS_MAX             8

struct topic {
    char *name;
    rd_kafka_topic_t *rkt;
    struct metrics_series *ok, *failed, *refused;
};

struct cell {
    struct list link;
    kafka_report_fn *fn;
    void *ud;
};

struct kafka_producer {
    struct kafka_link link; /* first: the client's opaque */
    rd_kafka_queue_t *queue;
    int fd;
    struct loop_poll *poll;
    bool closing; /* freed by its owner; no fn is called any more */
    struct list cells;
    size_t pending;
    struct topic topics[KAFKA_PRODUCER_TOPICS_MAX];
    size_t topics_n;
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* Reports */

static void on_report(rd_kafka_t *rk UNUSED, const rd_kafka_message_t *m, void *opaque)
{
    struct kafka_producer *p = opaque;
    struct topic *t = rd_kafka_topic_opaque(m->rkt);
    struct cell *cell = m->_private;
    p->pending--;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        kafka_link_alive(&p->link);
    else
        log_warn(NULL, "kafka: message for %s not delivered: %s", t->name, rd_kafka_err2str(m->err));
    metrics_series_add(m->err ? t->failed : t->ok, 1);
    if (!cell || p->closing)
        return;
    struct cell call = *cell;
    list_remove(&cell->link);
    free(cell);
    if (m->err)
        call.fn(call.ud, -(int)kafka_err_code(m->err), -1, -1);
    else
        call.fn(call.ud, 0, m->partition, m->offset);
}

static void on_readable(void *ud, int events UNUSED)
{
    struct kafka_producer *p = ud;
    kafka_eventfd_clear(p->fd);
    rd_kafka_poll(p->link.rk, 0); /* takes all there is; what comes after is announced anew */
}

/* Life */

static int configure(const struct kafka_producer_options *o, rd_kafka_conf_t **ret, struct err *err)
{
    int rc = kafka_conf_new(o->brokers, o->client_id, NULL, ret, err);
    if (rc)
        return rc;
    rd_kafka_conf_t *conf = *ret;
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rc = kafka_conf_set(conf, "partitioner", "murmur2_random", rc, err);
    rc = kafka_conf_set(conf, "enable.idempotence", "false", rc, err);
    rc = kafka_conf_set_int(conf, "acks", o->acks ? o->acks : -1, rc, err);
    rc = kafka_conf_set_int(conf, "linger.ms", o->linger_ms, rc, err);
    rc = kafka_conf_set_int(conf, "queue.buffering.max.messages", o->queue_max ? o->queue_max : QUEUE_MAX_DEFAULT, rc,
                            err);
    rc = kafka_conf_set_int(conf, "queue.buffering.max.kbytes", QUEUE_MAX_KBYTES, rc, err);
    rc = kafka_conf_set_int(conf, "message.timeout.ms",
                            o->message_timeout_ms ? o->message_timeout_ms : MESSAGE_TIMEOUT_DEFAULT, rc, err);
    for (const char *const *s = o->settings; s && s[0]; s += 2)
        rc = kafka_conf_set(conf, s[0], s[1], rc, err);
    if (rc)
        rd_kafka_conf_destroy(conf);
    return rc;
}

int kafka_producer_new(struct loop *l, const struct kafka_producer_options *o, struct kafka_producer **ret,
                       struct err *err)
{
    rd_kafka_conf_t *conf;
    int rc = configure(o, &conf, err);
    if (rc)
        return rc;
    struct kafka_producer *p = must(calloc(1, sizeof(*p)));
    list_init(&p->cells);
    p->fd = kafka_eventfd();
    if (p->fd < 0) {
        rd_kafka_conf_destroy(conf);
        free(p);
        return err_set(err, ERR_LIMIT, "kafka: no descriptor left");
    }
    rc = kafka_link_open(&p->link, l, RD_KAFKA_PRODUCER, conf, err);
    if (rc) {
        close(p->fd);
        free(p);
        return rc;
    }
    p->poll = loop_poll_new(l, p->fd, on_readable, p);
    loop_poll_set(p->poll, LOOP_READ);
    p->queue = rd_kafka_queue_get_main(p->link.rk);
    kafka_eventfd_watch(p->queue, p->fd);
    rd_kafka_poll(p->link.rk, 0); /* what came in before the announcements began has none */
    *ret = p;
    return 0;
}

static void destroy_work(void *ud)
{
    struct kafka_producer *p = ud;
    rd_kafka_destroy(p->link.rk);
}

static void destroy_done(void *ud)
{
    struct kafka_producer *p = ud;
    while (!list_empty(&p->cells))
        free(CONTAINER_OF(list_shift(&p->cells), struct cell, link));
    close(p->fd);
    free(p);
}

static void destroy_start(void *ud)
{
    struct kafka_producer *p = ud;
    loop_work(p->link.loop, destroy_work, destroy_done, p);
}

/* In a later turn: the owner may be inside a report, which is inside rd_kafka_poll. */
static void on_quiet(void *ud)
{
    struct kafka_producer *p = ud;
    loop_defer(p->link.loop, destroy_start, p);
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (!p)
        return;
    loop_poll_free(p->poll);
    p->closing = true;
    rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(p->queue);
    rd_kafka_purge(p->link.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (size_t i = 0; i < p->topics_n; i++) {
        rd_kafka_topic_destroy(p->topics[i].rkt);
        free(p->topics[i].name);
    }
    kafka_link_close(&p->link, on_quiet, p);
}

/* Producing */

static int topic_of(struct kafka_producer *p, const char *name, struct topic **ret, struct err *err)
{
    for (size_t i = 0; i < p->topics_n; i++)
        if (strcmp(p->topics[i].name, name) == 0) {
            *ret = &p->topics[i];
            return 0;
        }
    if (p->topics_n == KAFKA_PRODUCER_TOPICS_MAX)
        return err_set(err, ERR_LIMIT, "kafka: more than %d topics", KAFKA_PRODUCER_TOPICS_MAX);
    struct topic *t = &p->topics[p->topics_n];
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(p->link.rk);
    rd_kafka_topic_conf_set_opaque(conf, t);
    t->rkt = rd_kafka_topic_new(p->link.rk, name, conf);
    if (!t->rkt)
        return err_set(err, ERR_INVALID, "kafka: topic %.64s: %s", name, rd_kafka_err2str(rd_kafka_last_error()));
    t->name = must(strdup(name));
    t->ok = metrics_series(METRICS_PUBLISHED, name, "ok", NULL);
    t->failed = metrics_series(METRICS_PUBLISHED, name, "failed", NULL);
    t->refused = metrics_series(METRICS_PUBLISHED, name, "refused", NULL);
    p->topics_n++;
    *ret = t;
    return 0;
}

static size_t fill(rd_kafka_vu_t *vus, struct topic *t, int32_t partition, struct str key, struct str value,
                   const char *const *headers, struct cell *cell)
{
    size_t n = 0;
    vus[n].vtype = RD_KAFKA_VTYPE_RKT;
    vus[n++].u.rkt = t->rkt;
    vus[n].vtype = RD_KAFKA_VTYPE_PARTITION;
    vus[n++].u.i32 = partition < 0 ? RD_KAFKA_PARTITION_UA : partition;
    vus[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    vus[n++].u.i = RD_KAFKA_MSG_F_COPY;
    vus[n].vtype = RD_KAFKA_VTYPE_KEY;
    vus[n].u.mem.ptr = key.n ? (void *)key.p : NULL;
    vus[n++].u.mem.size = key.n;
    vus[n].vtype = RD_KAFKA_VTYPE_VALUE;
    vus[n].u.mem.ptr = (void *)value.p;
    vus[n++].u.mem.size = value.n;
    vus[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
    vus[n++].u.ptr = cell;
    for (int i = 0; headers && headers[0]; headers += 2, i++) {
        assert(i < HEADERS_MAX);
        vus[n].vtype = RD_KAFKA_VTYPE_HEADER;
        vus[n].u.header.name = headers[0];
        vus[n].u.header.val = headers[1];
        vus[n++].u.header.size = (ssize_t)strlen(headers[1]);
    }
    return n;
}

int kafka_produce(struct kafka_producer *p, const char *topic, int32_t partition, struct str key, struct str value,
                  const char *const *headers, kafka_report_fn *fn, void *ud, struct err *err)
{
    struct topic *t = NULL;
    int rc = topic_of(p, topic, &t, err);
    if (rc)
        return rc;
    struct cell *cell = NULL;
    if (fn) {
        cell = must(malloc(sizeof(*cell)));
        *cell = (struct cell){.fn = fn, .ud = ud};
        list_append(&p->cells, &cell->link);
    }
    rd_kafka_vu_t vus[6 + HEADERS_MAX];
    size_t n = fill(vus, t, partition, key, value, headers, cell);
    rd_kafka_error_t *e = rd_kafka_produceva(p->link.rk, vus, n);
    if (!e) {
        p->pending++;
        return 0;
    }
    enum err_code code = kafka_err_code(rd_kafka_error_code(e));
    rc = err_set(err, code, "kafka: %s: %s", t->name, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    if (cell) {
        list_remove(&cell->link);
        free(cell);
    }
    metrics_series_add(t->refused, 1);
    return rc;
}

size_t kafka_producer_pending(const struct kafka_producer *p)
{
    return p->pending;
}

int kafka_producer_flush(struct kafka_producer *p, int timeout_ms)
{
    return rd_kafka_flush(p->link.rk, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -ERR_TIMEOUT;
}

bool kafka_producer_connected(const struct kafka_producer *p)
{
    return p->link.connected;
}
