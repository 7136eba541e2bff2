/* Titles of postings by their job, from their analyses, each asked for once. */
#pragma once

#include "base/uuid.h"
#include "cli/api.h"

#define LABELS_BYTES 160
#define LABELS_MAX   4096

struct labels {
    struct api *api;
    struct label {
        char job_id[UUID_TEXT_BYTES];
        char text[LABELS_BYTES];
    } * rows;
    int n;
};

void labels_init(struct labels *l, struct api *api);
void labels_fini(struct labels *l);
/* "Backend Engineer, Tallystick"; "" when nothing is known. Borrowed until the next call. */
const char *labels_of(struct labels *l, struct str job_id);
/* The band of a score (the data model's limits); "" below 0. */
const char *labels_band(int64_t score);
