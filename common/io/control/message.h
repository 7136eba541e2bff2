/* Questions and answers of the control plane (ControlRequest and ControlReply of proto/messages.proto) as plain
 * structs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"

#define CONTROL_SCHEMA            1
#define CONTROL_NAME_BYTES        64
#define CONTROL_VALUE_BYTES       512
#define CONTROL_REQUEST_MAX_BYTES 4096
#define CONTROL_TEXT_MAX_BYTES    (1024 * 1024) /* text of a reply */

enum control_verb {
    CONTROL_PING = 1, /* who are you */
    CONTROL_STATS,    /* the same with more in text */
    CONTROL_SET,      /* change a live setting: key, value */
    CONTROL_DRAIN,    /* finish what is in flight, then end */
    CONTROL_SCALE,    /* supervisor: so many processes (count) of a kind (key) */
    CONTROL_STOP,     /* supervisor: end everything */
    CONTROL_RESTART,  /* supervisor: replace the processes of a kind (key; "" all), one after the other */
};

struct control_request {
    enum control_verb verb;
    char key[CONTROL_NAME_BYTES];    /* setting of SET, kind of SCALE and RESTART */
    char value[CONTROL_VALUE_BYTES]; /* value of SET */
    uint32_t count;                  /* of SCALE */
};

struct control_reply {
    bool ok;
    char error[ERR_MSG_BYTES];
    char worker_id[UUID_TEXT_BYTES];
    char kind[CONTROL_NAME_BYTES];
    char instance[CONTROL_NAME_BYTES];
    char version[CONTROL_NAME_BYTES];
    char state[CONTROL_NAME_BYTES]; /* "running", "draining" */
    uint32_t in_flight;
    uint32_t concurrency;
    uint32_t ops_port;
    uint32_t pid;
    uint64_t started_at_us; /* wall clock */
    char *text;             /* NUL-terminated or NULL; owned by a decoded reply, borrowed by one that is sent */
};

const char *control_verb_name(enum control_verb verb);  /* "ping"; "unknown" */
enum control_verb control_verb_parse(const char *name); /* 0 when unknown */

void control_reply_fini(struct control_reply *r); /* frees text of a decoded reply */

/* Append the encoded message to out. */
void control_request_encode(const struct control_request *q, struct buf *out);
void control_reply_encode(const struct control_reply *r, struct buf *out);

/* -ERR_CORRUPT, -ERR_SCHEMA (another schema version), -ERR_TOO_LARGE, -ERR_INVALID (no verb, text longer than its
 * field). */
int control_request_decode(struct str bytes, struct control_request *ret, struct err *err);
int control_reply_decode(struct str bytes, struct control_reply *ret,
                         struct err *err); /* control_reply_fini afterwards */
