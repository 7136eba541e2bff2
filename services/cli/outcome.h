/* What came out of a batch: the table of its applications. */
#pragma once

#include "cli/api.h"

#define OUTCOME_ROWS_MAX 500

/* One application object of the API as text columns: seconds between its times, cost. seconds < 0: not ended. */
double outcome_seconds(yyjson_val *application);
/* Prints posting, score, band, state, seconds and cost of the first OUTCOME_ROWS_MAX applications; with --json every
 * application as a line. */
int outcome_print(struct api *a, const char *batch, struct err *err);
