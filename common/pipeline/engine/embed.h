/* Embeddings of the offline engine: 768 dimensions, unit length, deterministic, nothing trained at run time.
 *
 * Words, sub-words (character n-grams) and dictionary skills are hashed with signs into the dimensions, weighted so
 * that common and boilerplate words count little. A text without any word gives a fixed unit vector. */
#pragma once

#include "base/str.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/profile.h"

#define EMBED_DIMENSIONS 768

void embed_text(struct str text, float ret[EMBED_DIMENSIONS]);

struct embed_profile {
    float skills[EMBED_DIMENSIONS], experience[EMBED_DIMENSIONS], goals[EMBED_DIMENSIONS];
};
struct embed_posting {
    float description[EMBED_DIMENSIONS], requirements[EMBED_DIMENSIONS];
};

int embed_profile_make(struct arena *a, const struct profile *p, struct embed_profile *ret, struct err *err) MUST_CHECK;
int embed_posting_make(struct arena *a, const struct posting *posting, const struct analysis *an,
                       struct embed_posting *ret, struct err *err) MUST_CHECK;
/* skills .40 and goals .25 against the description, experience .35 against the requirements. In [-1, 1]. */
double embed_similarity(const struct embed_profile *u, const struct embed_posting *j);
