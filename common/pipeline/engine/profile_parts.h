/* Between the files that make up the profile; nobody else includes this. */
#pragma once

#include "pipeline/engine/analysis.h"
#include "pipeline/engine/profile.h"

/* Types of all known fields (JSON Resume 1.0 plus x_goals); null counts as absent. ERR_INVALID with a JSON pointer. */
int profile_check(yyjson_val *root, struct err *err) MUST_CHECK;

/* "YYYY", "YYYY-MM", "YYYY-MM-DD" (anything may follow); {0, 0} when it is none of these. */
struct month month_parse(struct str s);
/* Months since year 0; an unknown month counts as the middle of its year. */
int month_number(struct month m, bool end);
struct month month_max(struct month a, struct month b);
/* As profile_work_months, over the employments marked in counts (one per employment; NULL: all). */
int profile_work_months_of(const struct profile *p, struct month now, const bool *counts);
/* The set of the document's string values, in the arena (borrows from the document). NULL when exhausted. */
const struct profile_strings *profile_strings_make(struct arena *a, yyjson_val *document);
/* The highest degree the words name (EDUCATION_NONE when none). */
enum education_level education_level_of(struct str text);
bool education_in_progress(struct str text);
