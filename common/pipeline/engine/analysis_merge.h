/* What a model read of a posting, checked against the posting, laid over what the offline engine read of it.
 *
 * A model is believed where it can be checked: everything it says of the posting carries words of the posting, and only
 * those words go on (with their place), never the model's own. Verdict, sections, language, signals, hidden text,
 * keywords and pay stay the offline engine's. What the model has no usable answer for stays as it was. Pure. */
#pragma once

#include "pipeline/engine/analysis.h"

#define ANALYSIS_MERGE_WRONG_MAX 12

struct analysis_merge {
    size_t quotes, quotes_wrong; /* how many the model gave, and how many of them are not in the posting */
    size_t dropped;              /* items left out for another reason: said twice, speaks to a machine, too many */
    struct str wrong[ANALYSIS_MERGE_WRONG_MAX]; /* the first quotes that are wrong; borrowed from the reply */
    size_t wrong_n;
};

/* reply: the model's answer (services/analyzer/analyze.schema.json); of another shape: as if it were empty. an: of
 * analysis_make for the same posting, changed in place; texts are in the arena or borrowed from posting. ERR_MEMORY. */
int analysis_merge(struct arena *a, const struct posting *posting, yyjson_val *reply, struct analysis *an,
                   struct analysis_merge *ret, struct err *err) MUST_CHECK;
/* More than a fifth of the quotes are wrong: worth asking again. */
bool analysis_merge_is_poor(const struct analysis_merge *m);
