/* The stage of this daemon. */
#pragma once

#include "pipeline/worker/stage.h"

extern const struct stage_spec optimizer_stage;
extern const struct stage_model optimizer_model;

extern const char tailor_prompt[], tailor_schema[]; /* tailor.prompt.md, tailor.schema.json */
