/* A folder of applications: applications.json names résumés and postings; users are made through the API, and the
 * result is the body of a batch. */
#pragma once

#include "cli/api.h"

struct samples_row {
    char posting[200]; /* path in the folder */
    char client_ref[200];
};

struct samples {
    struct buf ndjson;
    struct samples_row *rows; /* in the order of the lines */
    int n;
};

/* Reads dir, makes or finds the users (run.dir/users.json remembers their ids by e-mail), stores their profiles, builds
 * the lines. */
int samples_build(struct api *a, const char *dir, const char *priority, struct samples *ret, struct err *err);
void samples_fini(struct samples *s);
