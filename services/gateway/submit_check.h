/* validate_only: what would become of a submission; nothing is stored. */
#pragma once

#include "gateway/call.h"
#include "gateway/submission.h"

/* Answers the call. s lives in the request's arena. */
void submit_check(struct call *c, const struct submission *s);
