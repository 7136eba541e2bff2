/* The handlers of the table in routes.c; ud is the struct call of the request. */
#pragma once

#include "gateway/call.h"

const struct http_router *routes_table(void); /* of the API, all below /api/v1 */

/* users.c */
http_handler_fn users_post, users_get, users_get_list, users_delete;
/* profiles.c */
http_handler_fn profiles_get, profiles_put;
/* jobs.c */
http_handler_fn jobs_post, jobs_get, jobs_get_analysis;
/* applications.c, submit.c */
http_handler_fn applications_post, applications_get, applications_get_list, applications_post_cancel,
    applications_post_retry;
/* documents.c */
http_handler_fn documents_get_resume, documents_get_letter, documents_get_score, documents_get_claims;
/* resume_apply.c */
http_handler_fn resume_post_apply;
/* events.c */
http_handler_fn events_get_application, events_get_batch;
/* batches.c */
http_handler_fn batches_get, batches_get_list, batches_get_items, batches_post_cancel, batches_post_pause,
    batches_post_resume, batches_post_redrive;
/* budget.c */
#define BUDGET_MAX_MICROUSD 1000000000000000
http_handler_fn batches_post_budget, batches_get_cost;
/* upload.c */
http_handler_fn batches_post;
/* results.c */
http_handler_fn results_get;
