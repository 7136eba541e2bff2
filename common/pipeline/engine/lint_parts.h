/* Between the files of lint; nobody else includes this. */
#pragma once

#include "pipeline/engine/lint.h"
#include "pipeline/engine/profile_parts.h"

#define LINT_POINTER_BYTES 200

struct linter {
    struct arena *a;
    yyjson_val *root;
    struct lint_report *r;
    bool failed;
};

/* code: static; pointer and detail are copied; detail is a sentence. */
void lint_say(struct linter *l, enum lint_severity severity, const char *code, const char *pointer, const char *fmt,
              ...) PRINTF_LIKE(5, 6);
/* Findings about the characters and the wording of every text (lint_text.c). */
void lint_texts(struct linter *l);
/* About entries and their dates (lint_entries.c). */
void lint_entries(struct linter *l);
