/* The options of an application as the stages understand them, and what a document's guard says. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/tailor.h"

struct stage_options {
    enum tailor_strategy strategy; /* 0: default */
    enum letter_tone tone;         /* 0: default */
    enum letter_length length;     /* 0: default */
};

/* Checked when the application was accepted: unknown values are taken as absent. json "" is no options. */
void stage_options_read(struct arena *a, struct str json, struct stage_options *ret);
/* Values of an option by name; 0 when unknown. */
int stage_option_strategy(struct str name);
int stage_option_tone(struct str name);
int stage_option_length(struct str name);

/* 0 when the document passed its guard; otherwise fills err (ERR_LANGUAGE or ERR_FACTS). */
int stage_guard_check(struct arena *a, struct str document, struct err *err);
/* Refuses what cannot be worked on: no posting, no evidence. */
int stage_inputs_check(const struct analysis *an, const struct profile *p, struct err *err);
