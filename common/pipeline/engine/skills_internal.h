/* Dictionary look-up for callers that have cut the text into tokens already. */
#pragma once

#include "pipeline/engine/lexicon.h"
#include "pipeline/engine/skills.h"

/* As skills_find, over t[0..n), the tokens of text. */
size_t skills_find_tokens(struct str text, const struct token *t, size_t n, struct skill_mention *ret, size_t max);
