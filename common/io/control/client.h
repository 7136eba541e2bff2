/* Asking processes over the control plane. Blocking, for the command line and the supervisor's helper threads. */
#pragma once

#include "io/control/message.h"

#define CONTROL_SURVEY_MAX 256

/* Asks one. timeout_ms covers everything. -ERR_UNAVAILABLE nobody listens there, -ERR_TIMEOUT, or an error of the
 * decoder. A reply with ok false is a success of the call. control_reply_fini(ret) afterwards. */
int control_call(const char *url, const struct control_request *q, int timeout_ms, struct control_reply *ret,
                 struct err *err);

struct control_survey {
    const char *url;            /* in: borrowed */
    int code;                   /* out: 0 or -ERR_x */
    struct control_reply reply; /* out: filled when code is 0; control_reply_fini afterwards (safe in any case) */
};

/* Asks n processes (at most CONTROL_SURVEY_MAX) at the same time; returns how many answered within timeout_ms. */
int control_survey(struct control_survey *s, int n, const struct control_request *q, int timeout_ms);
