/* What a word says about a field of work: how much (0: nothing, 1: as much as a word can) and which of the topics.
 *
 * The data are two tables written for the project (vocabulary_topics.def, vocabulary_common.def). Pure; built once on
 * first use, constant afterwards. */
#pragma once

#include "pipeline/engine/lexicon.h"

#define VOCABULARY_TOPICS_MAX 64

struct word_sense {
    float weight;    /* 0..1 */
    uint32_t stem;   /* lex_stem of the word */
    uint64_t topics; /* a bit per topic */
};

/* The word alone. */
struct word_sense vocabulary_word(struct str text, const struct token *t);
/* The topics of two words that stand side by side; 0 when they are no phrase. */
uint64_t vocabulary_phrase(const struct token *first, const struct token *second);
/* Words and phrases met so far; zeroed by the caller. */
#define VOCABULARY_SEEN_SLOTS 1024 /* power of two */
struct vocabulary_seen {
    uint32_t slots[VOCABULARY_SEEN_SLOTS];
    size_t n;
};
/* All topics of a text, words and phrases: the bits, and how often each was met in counts[VOCABULARY_TOPICS_MAX] (may
 * be NULL; added to). With seen (may be NULL) a word counts only the first time. */
uint64_t vocabulary_topics(struct str text, uint16_t *counts, struct vocabulary_seen *seen);

size_t vocabulary_topics_n(void);
const char *vocabulary_topic_name(size_t topic);
const char *vocabulary_topic_sector(size_t topic);
