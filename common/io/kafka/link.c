/* Threads: librdkafka's threads never call us. Logs and errors are put into the client's main queue (log.queue) and
 * come out when its owner polls it on the loop. The only code here that runs elsewhere is probe_work, on a thread of
 * the pool; it touches rk and probe_ok, and nothing frees either before probe_done ran. */
#include "io/kafka/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "core/log.h"
#include "core/metrics.h"

#define PROBE_EVERY_MS   400
#define PROBE_TIMEOUT_MS 1000

/* Latency first: no Nagle, quick reconnects. Topics are made by the operator's command, never by a stray name. */
static const char *const common_settings[][2] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"allow.auto.create.topics", "false"},
    {"topic.metadata.refresh.interval.ms", "10000"},
    {"topic.metadata.propagation.max.ms", "5000"},
    {"log.queue", "true"},
    {"log.connection.close", "false"},
};

int kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, int rc, struct err *err)
{
    char why[160];
    if (rc)
        return rc;
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    return err_set(err, ERR_CONFIG, "kafka: %s", why);
}

int kafka_conf_set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, int rc, struct err *err)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    return kafka_conf_set(conf, name, text, rc, err);
}

int kafka_conf_new(const char *brokers, const char *client_id, const char *const *settings, rd_kafka_conf_t **ret,
                   struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int rc = kafka_conf_set(conf, "bootstrap.servers", brokers, 0, err);
    rc = kafka_conf_set(conf, "client.id", client_id ? client_id : "jobmill", rc, err);
    for (size_t i = 0; i < ARRAY_LEN(common_settings); i++)
        rc = kafka_conf_set(conf, common_settings[i][0], common_settings[i][1], rc, err);
    for (; settings && settings[0]; settings += 2)
        rc = kafka_conf_set(conf, settings[0], settings[1], rc, err);
    if (rc) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    *ret = conf;
    return 0;
}

enum err_code kafka_err_code(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return ERR_NONE;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        return ERR_TIMEOUT;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return ERR_OVERLOADED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return ERR_TOO_LARGE;
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
        return ERR_UNAVAILABLE;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__DESTROY:
        return ERR_CANCELLED;
    default:
        return ERR_IO;
    }
}

/* The probe */

static void probe_work(void *ud)
{
    struct kafka_link *k = ud;
    const struct rd_kafka_metadata *md = NULL;
    k->probe_ok = rd_kafka_metadata(k->rk, 0, NULL, &md, PROBE_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (md)
        rd_kafka_metadata_destroy(md);
}

static void probe_done(void *ud)
{
    struct kafka_link *k = ud;
    k->probing = false;
    if (k->quiet) {
        k->quiet(k->quiet_ud);
        return;
    }
    if (k->probe_ok)
        kafka_link_alive(k);
    else if (!k->connected)
        loop_timer_start(k->timer, PROBE_EVERY_MS, 0);
}

static void probe_start(void *ud)
{
    struct kafka_link *k = ud;
    if (k->probing || k->connected)
        return;
    k->probing = true;
    loop_work(k->loop, probe_work, probe_done, k);
}

void kafka_link_alive(struct kafka_link *k)
{
    if (k->connected)
        return;
    k->connected = k->met = true;
    if (k->timer)
        loop_timer_stop(k->timer);
    metrics_set(METRICS_KAFKA_CONNECTED, 1, NULL);
    log_info(NULL, "kafka: connected (%s)", rd_kafka_name(k->rk));
}

static void link_lost(struct kafka_link *k)
{
    if (k->connected)
        log_warn(NULL, "kafka: no broker answers (%s)", rd_kafka_name(k->rk));
    k->connected = false;
    metrics_set(METRICS_KAFKA_CONNECTED, 0, NULL);
    if (!k->probing && !k->quiet)
        loop_timer_start(k->timer, PROBE_EVERY_MS, 0);
}

/* Called from the main queue, on the loop. */

static void on_error(rd_kafka_t *rk UNUSED, int e, const char *reason, void *opaque)
{
    struct kafka_link *k = opaque;
    if (e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        link_lost(k);
    else if (e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__RESOLVE)
        log_debug(NULL, "kafka: %s", reason);
    else
        log_warn(NULL, "kafka: %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)e), reason);
}

static void on_log(const rd_kafka_t *rk UNUSED, int level, const char *facility, const char *text)
{
    /* syslog levels: 3 error .. 7 debug. Lost connections are logged as errors; they are weather. */
    enum log_level to = level <= 4 ? LOG_WARN : level <= 5 ? LOG_INFO : LOG_DEBUG;
    log_write(to, NULL, "kafka: %s: %s", facility, text);
}

int kafka_link_open(struct kafka_link *k, struct loop *l, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err)
{
    char why[200];
    *k = (struct kafka_link){.loop = l};
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_opaque(conf, k);
    k->rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (!k->rk) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    rd_kafka_set_log_queue(k->rk, NULL);
    metrics_set(METRICS_KAFKA_CONNECTED, 0, NULL);
    k->timer = loop_timer_new(l, probe_start, k);
    loop_timer_start(k->timer, 0, 0);
    return 0;
}

void kafka_link_close(struct kafka_link *k, loop_fn *quiet, void *ud)
{
    k->quiet = quiet;
    k->quiet_ud = ud;
    loop_timer_free(k->timer);
    k->timer = NULL;
    if (!k->probing)
        quiet(ud);
}

/* Announcements: librdkafka writes these eight bytes when something enters a queue that was served empty. */

int kafka_eventfd(void)
{
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void kafka_eventfd_watch(rd_kafka_queue_t *q, int fd)
{
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(q, fd, &one, sizeof(one));
}

void kafka_eventfd_clear(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}
