/* Which gate holds an application, in one sentence. Pure. */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/* application: the object of the API; batch: that of its batch, or NULL; now: seconds since 1970. */
void why_sentence(yyjson_val *application, yyjson_val *batch, double now, struct buf *out);
