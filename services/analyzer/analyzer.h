/* The stage of this daemon. */
#pragma once

#include "pipeline/worker/stage.h"

extern const struct stage_spec analyzer_stage;
