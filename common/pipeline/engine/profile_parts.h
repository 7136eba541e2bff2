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
/* The highest degree the words name (EDUCATION_NONE when none). */
enum education_level education_level_of(struct str text);
bool education_in_progress(struct str text);
