/* The stage of this daemon. */
#pragma once

#include "pipeline/model/texts.h"
#include "pipeline/worker/stage.h"

extern const struct stage_spec analyzer_stage;
extern const struct stage_model analyzer_model;
