/* The skill dictionary: slugs, labels, aliases, and which need exact case (Go, R, C). The data is engine/skills.def,
 * one row per skill. */
#pragma once

#include <stdbool.h>
#include "base/str.h"

struct skill {
    const char *slug;  /* "postgresql" */
    const char *label; /* "PostgreSQL" */
    const char *field; /* "technology", "data", "health", "business", "trade", "language", "method", "soft" */
    bool core;         /* of the first part of the dictionary: what the weights of the embeddings were chosen with */
};

struct skill_mention {
    const struct skill *skill;
    size_t start, end; /* bytes in the text */
};

/* Finds up to max mentions in order, longest match first, on word boundaries. Returns their number. Deterministic, no
 * allocation. */
size_t skills_find(struct str text, struct skill_mention *ret, size_t max);
const struct skill *skills_by_slug(struct str slug); /* NULL when unknown */
const struct skill *skills_by_name(struct str name); /* a label or alias, whole text; NULL when unknown */
