/* The documents of the pipeline (score, analysis, résumé, letter) as text for people. Pure: JSON in, text out. What is
 * absent is left out. */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/* Dimensions with their reasons, the heaviest matches and gaps, what is in the way. */
void view_score(yyjson_val *score, struct buf *out);
/* The guard's violations; what: "letter". */
void view_violations(yyjson_val *document, const char *what, struct buf *out);
/* What a posting asks for. */
void view_analysis(yyjson_val *analysis, struct buf *out);
/* What tailoring changed, and why. */
void view_changes(yyjson_val *resume, struct buf *out);
