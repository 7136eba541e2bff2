/* Phrases that say nothing of anybody ("proven track record"): no letter has them, and a statement that has one is not
 * the best that a profile offers. */
#pragma once

#include <stdbool.h>
#include "base/str.h"

bool filler_has(struct str text);
