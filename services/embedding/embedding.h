/* The stage of this daemon. */
#pragma once

#include "pipeline/worker/stage.h"

extern const struct stage_spec embedding_stage;
extern const struct stage_model embedding_model;
