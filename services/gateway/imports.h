/* Résumés that come as documents: each is read by a process of its own (jobmill-reader), never in here. */
#pragma once

#include "gateway/call.h"

#define IMPORTS_WAITING_MAX 64 /* documents that wait for a reader; further ones are refused */

struct imports;

struct imports *imports_new(struct gateway *g);
void imports_free(struct imports *m); /* ends the readers; their requests are not answered any more */

/* The format to name to the reader for a media type: "any", "text", "markdown"; NULL when the type is no document's. */
const char *imports_format(struct http_request *req);
/* Reads body (borrowed until done) into JSON Resume and calls done(ud, json) with the call held. What cannot be read is
 * answered here, and done is not called. */
typedef void imports_fn(void *ud, struct str json);
void imports_read(struct imports *m, struct call *c, const char *format, struct str body, imports_fn *done, void *ud);
