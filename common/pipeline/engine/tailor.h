/* The résumé for one posting: selects, orders and emphasises what the profile has. Nothing is added: every text of the
 * result is a text of the profile, or (the summary line) is built from atoms that the operation names. Identity fields,
 * employers, titles and dates never change. */
#pragma once

#include "pipeline/engine/match.h"

enum tailor_strategy { TAILOR_NONE = 1, TAILOR_NUDGE, TAILOR_KEYWORDS, TAILOR_FULL };

struct tailor_options {
    enum tailor_strategy strategy; /* 0: full */
    struct month now;              /* passed in: stages read no clock */
};

/* The TailoredResume document as JSON text in the arena: {schema_version, strategy, document: JSON Resume, ops[{op_id,
 * op, path, before, value, reason, requirement_ids, evidence_ids, verdict}], inverse_ops, coverage{current_pct,
 * potential_pct, covered, gaps, questions}, guard{verdict, violations}, claims[]}. */
int tailor_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct tailor_options o, struct str *ret, struct err *err) MUST_CHECK;
/* Rendered forms of a JSON Resume document, text in the arena. */
int resume_to_markdown(struct arena *a, yyjson_val *document, struct str *ret, struct err *err) MUST_CHECK;
int resume_to_text(struct arena *a, yyjson_val *document, struct str *ret, struct err *err) MUST_CHECK;
