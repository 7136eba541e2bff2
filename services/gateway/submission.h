/* What clients send in bodies, read and checked. Pure: bytes in, a checked value or a list of faults out. */
#pragma once

#include "gateway/faults.h"
#include "pipeline/store/batches.h"
#include "pipeline/store/jobs.h"

#define SUBMISSION_REF_CHARS   200
#define SUBMISSION_TITLE_CHARS 300
#define SUBMISSION_NAME_CHARS  200
#define SUBMISSION_EMAIL_CHARS 254
#define SUBMISSION_LINE_BYTES  ((size_t)(1024 + 64) * 1024) /* one application object, as text */

struct submission {
    struct uuid user_id;
    struct uuid job_id; /* when has_job is false */
    bool has_job;
    struct job_input job; /* job_id is not filled: the caller draws it */
    struct str client_ref;
    struct str options; /* canonical JSON object: only what was given, in a fixed order */
    int priority;       /* enum priority, -1: not given */
    int cost;           /* estimated tokens of the model calls */
};

/* Parses one application object. 0, or -ERR_x with at least one fault. Texts live in the arena. client_ref is filled as
 * far as it could be read even when something else is wrong. */
int submission_parse(struct arena *a, struct str json, struct submission *ret, struct faults *f);
/* {one of text, html, json_ld, url; title?, company?}; base: its JSON pointer. */
int submission_job(struct arena *a, yyjson_val *obj, const char *base, struct job_input *ret, struct faults *f);
int submission_job_parse(struct arena *a, struct str json, struct job_input *ret, struct faults *f);

struct submission_user {
    struct str sealed_json; /* the object with the known fields, to be sealed */
    struct str name, email; /* email as given */
    struct str email_key;   /* lower case, trimmed; n == 0: none */
};
int submission_user_parse(struct arena *a, struct str json, struct submission_user *ret, struct faults *f);

/* 16 bytes that are equal for what counts as the same item of a batch: the client_ref, or user, job and options without
 * one. */
void submission_identity(const struct submission *s, uint8_t out[16]);
/* The same posting in the same format is the same job. */
void submission_job_hash(struct job_input *job);
