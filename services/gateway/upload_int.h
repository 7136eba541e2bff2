/* Inside the upload only. */
#pragma once

#include "gateway/report.h"
#include "gateway/seen.h"
#include "gateway/split.h"
#include "gateway/submission.h"
#include "gateway/upload.h"

struct upload;

/* Items on their way into one statement. */
struct upload_chunk {
    struct upload *upload;
    struct arena arena; /* texts of the items */
    size_t bytes;
    struct batch_item items[UPLOAD_CHUNK_ITEMS];
    int n;
    struct batch_reject rejects[UPLOAD_CHUNK_ITEMS];
    int rejects_n;
};

/* In its request's arena; what it owns is freed when the request goes. Holds one reference to the request while `held`.
 */
struct upload {
    struct call *c;
    struct uuid batch_id;
    int priority;
    bool validate_only;
    int64_t ceiling_microusd; /* 0: none */
    struct idempotency key;
    uint64_t created_at_us;
    struct split split;
    struct seen *seen;
    struct seen *postings;    /* validate_only: those that were counted */
    struct estimate estimate; /* validate_only */
    struct seal_hasher *hasher;
    struct report report;
    struct upload_chunk *chunk; /* being filled */
    int chunks_out;
    int index;    /* items so far */
    int accepted; /* handed to the store; refusals of the store are taken off */
    int rejected;
    bool opened; /* the row is there */
    bool whole;  /* the body has ended well */
    bool over;   /* answered, or the client is gone: nothing more is to be taken in */
    bool finishing, held;
};

/* upload.c */
void upload_fail(struct upload *u, const struct err *err); /* answers, gives the batch up */
void upload_settled(struct upload *u);                     /* a chunk was answered */
/* upload_chunk.c */
void upload_item(void *ud, struct str text, int64_t at, bool overlong); /* a split_fn */
void upload_chunk_send(struct upload *u);                               /* what is there */
void upload_chunk_free(struct upload_chunk *chunk);
/* upload_finish.c */
void upload_finish(struct upload *u); /* all chunks are answered */
/* upload_repeat.c */
void upload_repeat(struct upload *u); /* the Idempotency-Key was used before: reads the body for its hash, waits for the
                                         other, answers */
/* What a client asked for, besides the body: part of the hash. */
void upload_hash_begin(struct upload *u);
