/* Handing in a batch. */
#pragma once

#include "cli/api.h"
#include "base/uuid.h"
#include "cli/samples.h"

#define SUBMIT_REJECTS_SHOWN 10

struct submit_result {
    char batch[UUID_TEXT_BYTES];
    int64_t accepted, rejected;
};

/* Posts a body as a batch: text (when file is NULL) or a file. priority NULL: the gateway's choice. */
int submit_batch(struct api *a, FILE *file, struct str text, const char *content_type, const char *priority,
                 const char *max_cost, struct submit_result *ret, struct err *err);
/* Where submit, demo begin: words[0] as FILE, - or DIR. */
int submit_source(struct api *a, const char *source, const char *priority, const char *max_cost,
                  struct submit_result *ret, struct err *err);
/* Says how many were taken and why others were not. */
void submit_report(struct api *a, const struct submit_result *r);
