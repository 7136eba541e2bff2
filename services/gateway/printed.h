/* Documents that take longer than a turn of the loop may: PDF and DOCX, made on the thread pool. */
#pragma once

#include "gateway/call.h"
#include "pipeline/render/render.h"

#define PRINTED_IN_FLIGHT_MAX 32 /* further ones are refused: 503 with Retry-After */

/* Answers the call (which is held until then) with the document in json (borrowed until return), a résumé or a letter:
 * as an attachment with a name and an entity tag of what it is made from, so that a client that has it costs nothing.
 */
void printed_reply(struct call *c, struct str json, enum render_format format, const char *content_type);
