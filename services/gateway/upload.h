/* POST /batches: an upload is cut into items as it arrives and stored chunk by chunk; memory is bounded whatever its
 * size. */
#pragma once

#include "gateway/call.h"

#define UPLOAD_ITEMS_MAX   1000000 /* of one batch, refused ones counted */
#define UPLOAD_CHUNK_ITEMS 500
#define UPLOAD_CHUNK_BYTES ((size_t)1024 * 1024) /* of item text: a fuller chunk is sent */
#define UPLOAD_CHUNKS_MAX  3                     /* sent and not answered; then the body waits */
#define UPLOAD_CHUNK_ARENA ((size_t)40 << 20)
#define UPLOAD_ABORTS_MAX  1024 /* given up and not yet cleared away */

struct uploads;

struct uploads *uploads_new(struct gateway *g);
void uploads_free(struct uploads *u); /* after the pool: what was not cleared away is the dispatcher's to sweep */
/* Clears away a batch that is given up, again and again until Postgres did it. */
void uploads_abort(struct uploads *u, const struct uuid *tenant_id, const struct uuid *batch_id);
