/* Where a text names skills and knowledge: the dictionary's names, and what its grammar says is one
 * ("experience with property law", "design and implement reporting tools").
 *
 * The two kinds are those of expert annotation (SkillSpan, Zhang et al. 2022): knowledge is what one knows (a noun
 * group), a skill is what one does (a verb with its object, an attitude). */
#pragma once

#include "base/str.h"
#include "pipeline/engine/skills.h"

enum skill_span_kind { SKILL_SPAN_KNOWLEDGE = 1, SKILL_SPAN_SKILL };

struct skill_span {
    size_t start, end; /* bytes in the text */
    enum skill_span_kind kind;
    const struct skill *skill; /* the dictionary's entry, NULL when it has none */
};

/* Up to max spans in order of their start; spans of different kinds may overlap. Deterministic, no allocation. */
size_t skill_spans_find(struct str text, struct skill_span *ret, size_t max);
const char *skill_span_kind_name(enum skill_span_kind k); /* "knowledge", "skill" */
