/* What the producer and the consumer share: one librdkafka client with its logs and errors brought to the loop, and the
 * question whether a broker answers. Private to io/kafka.
 *
 * librdkafka tells when the last connection is lost but not when one is back; so while none is known, a thread of the
 * pool asks for metadata about twice a second, and stops asking at the first answer. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include "base/err.h"
#include "core/loop.h"

struct kafka_link {
    struct loop *loop;
    rd_kafka_t *rk;
    struct loop_timer *timer; /* runs while no broker answers */
    bool connected;
    bool met;     /* a broker answered at some time */
    bool probing; /* a thread of the pool uses rk */
    bool probe_ok;
    loop_fn *quiet; /* waits for the probe to end; NULL when nobody waits */
    void *quiet_ud;
};

/* A configuration with the settings both sides use, then `settings` (name, value, ..., NULL; may be NULL). *ret is
 * owned. */
int kafka_conf_new(const char *brokers, const char *client_id, const char *const *settings, rd_kafka_conf_t **ret,
                   struct err *err);
/* Sets one value; keeps the first error: returns rc when it is not 0. */
int kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, int rc, struct err *err);
int kafka_conf_set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, int rc, struct err *err);

/* Takes conf in any case. The client's opaque is `opaque`, whose first member must be the struct kafka_link. */
int kafka_link_open(struct kafka_link *k, struct loop *l, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err);
/* A sign of life from a broker. */
void kafka_link_alive(struct kafka_link *k);
/* Stops asking; quiet(ud) runs when no other thread uses rk any more: at once or in a later turn. Does not destroy rk.
 */
void kafka_link_close(struct kafka_link *k, loop_fn *quiet, void *ud);

/* A non-blocking eventfd on which librdkafka announces entries of q. The descriptor is the caller's. -1: out of
 * descriptors. */
int kafka_eventfd(void);
void kafka_eventfd_watch(rd_kafka_queue_t *q, int fd);
void kafka_eventfd_clear(int fd);

/* Our code for librdkafka's. */
enum err_code kafka_err_code(rd_kafka_resp_err_t e);
