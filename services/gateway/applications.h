/* The view of one application as an answer, with waiting; shared by GET, POST, :cancel and :retry. */
#pragma once

#include "base/map.h"
#include "gateway/call.h"
#include "pipeline/store/applications.h"

struct applications_view { /* in the request's arena, zeroed */
    struct call *c;
    struct uuid application_id;
    int status; /* 0: an ordinary GET with conditional answer */
    bool wait_asked;
    uint64_t until_ms; /* of the loop's clock; 0: no waiting */
};

bool applications_view_wait(struct applications_view *v);  /* reads ?wait= and Prefer; false: answered */
void applications_view_fetch(struct applications_view *v); /* reads the row and answers, now or after waiting */
void applications_view_row(struct applications_view *v,
                           const struct application_row *row); /* the same with a row that is there already */
