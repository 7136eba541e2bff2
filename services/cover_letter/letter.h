/* The stage of this daemon. */
#pragma once

#include "pipeline/worker/stage.h"

extern const struct stage_spec letter_stage;
extern const struct stage_model letter_model;

extern const char letter_prompt[], letter_schema[]; /* letter.prompt.md, letter.schema.json */
