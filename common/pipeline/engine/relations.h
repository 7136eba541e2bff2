/* What one skill of the dictionary says about another. The data is relations.def. Pure. */
#pragma once

#include "pipeline/engine/skills.h"

enum relation_kind {
    RELATION_IMPLIES,    /* who has the skill has used `to` */
    RELATION_IMPLIED_BY, /* who has `to` has used the skill */
    RELATION_SIMILAR     /* knowledge of one carries over */
};

struct relation {
    const struct skill *from, *to;
    enum relation_kind kind;
};

/* The relations that start at a skill, in the order of the table; returns their number. */
size_t relations_of(const struct skill *skill, const struct relation **ret);
