/* The stage of this daemon. */
#pragma once

#include "pipeline/worker/stage.h"

extern const struct stage_spec analyzer_stage;
extern const struct stage_model analyzer_model;

extern const char analyze_prompt[], analyze_schema[]; /* analyze.prompt.md, analyze.schema.json */
