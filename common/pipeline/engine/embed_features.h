/* Features of a text and the vector they hash to: between the files of embed, nobody else includes this. */
#pragma once

#include "pipeline/engine/embed.h"
#include "pipeline/engine/lexicon.h"

#define FEATURES_SLOTS      16384 /* power of two */
#define FEATURES_MAX        (FEATURES_SLOTS / 4 * 3)
#define FEATURES_MUTED      8
#define FEATURES_WORD_SLOTS 4096 /* power of two */
#define FEATURES_WORDS_MAX  (FEATURES_WORD_SLOTS / 2)
#define FEATURES_SKILLS_MAX 128

struct feature {
    uint32_t hash;
    float mass; /* sum of weight squared times factor: its square root grows with the root of the count */
};

/* What was met and is not yet turned into features: the same word or skill again only adds to its factor, because a
 * mass is linear in it. Borrowed from the texts. */
struct pending_word {
    struct str word;
    struct token token;
    float factor, topic_factor; /* within a phrase a word has no topics of its own */
};
struct pending_skill {
    const struct skill *skill;
    float factor;
};

/* In the order in which they came; slots[] finds them by hash. Only the slots have to be cleared. */
struct features {
    uint16_t slots[FEATURES_SLOTS]; /* feature + 1 */
    uint16_t word_slots[FEATURES_WORD_SLOTS];
    size_t n, words_n, skills_n;
    uint32_t muted[FEATURES_MUTED]; /* token hashes that say next to nothing: the employer's name */
    size_t muted_n;
    struct feature list[FEATURES_MAX];
    struct pending_word words[FEATURES_WORDS_MAX];
    struct pending_skill skills[FEATURES_SKILLS_MAX];
};
_Static_assert(FEATURES_MAX < UINT16_MAX, "slots hold feature numbers");

void features_clear(struct features *f);
/* The words of a name count little from here on. */
void features_mute(struct features *f, struct str name);
/* factor: how many times the text counts. Borrows the text until features_vector or features_empty. */
void features_text(struct features *f, struct str text, float factor);
void features_skill(struct features *f, const struct skill *s, float factor);
bool features_empty(struct features *f);
/* Unit length; without any feature a fixed vector. */
void features_vector(struct features *f, float ret[EMBED_DIMENSIONS]);
