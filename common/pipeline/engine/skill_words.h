/* A table of words by what they do in a phrase that names a skill (skill_words.def), with the derived forms of verbs.
 */
#pragma once

#include <stdint.h>
#include "base/str.h"

enum {
    SKILL_WORD_VERB = 1, /* base form */
    SKILL_WORD_VERB_ING = 2,
    SKILL_WORD_VERB_S = 4,
    SKILL_WORD_ATTITUDE = 8,
    SKILL_WORD_SOFT_HEAD = 16,
    SKILL_WORD_DEGREE = 32,
    SKILL_WORD_STOP = 64,
    SKILL_WORD_END = 128,
    SKILL_WORD_FIELD = 256,
    SKILL_WORD_CUE = 512,       /* "experience", "knowledge": what follows with/in/of is known */
    SKILL_WORD_MODAL = 1024,    /* "will", "can": a verb follows */
    SKILL_WORD_LINK = 2048,     /* "work with", "contribute to": the preposition belongs to the verb */
    SKILL_WORD_NO_SKILL = 4096, /* verbs that begin no skill: "apply", "join" */
    SKILL_WORD_US = 8192,       /* the employer speaks of itself */
    SKILL_WORD_YOU = 16384,     /* of the applicant */
    SKILL_WORD_OFFER = 32768,   /* of what is offered, or of law */
    SKILL_WORD_JOB = 65536,     /* "developer" */
    SKILL_WORD_GENERIC = 131072,
    SKILL_WORD_WEAK = 262144 /* a cue that needs more evidence */
};

#define SKILL_WORD_ANY_VERB (SKILL_WORD_VERB | SKILL_WORD_VERB_ING | SKILL_WORD_VERB_S)

/* Classes of the word with this token_hash; 0 when it has none. */
uint32_t skill_word_classes(uint32_t hash);
