/* Words and phrases: text cut into tokens once, and tables of phrases found in the tokens in one linear pass.
 *
 * A token is a run of letters and digits (any script), with what belongs to names like C++, C#, .NET; its hash is that
 * of the lower-case word without apostrophes, so "Bachelor's" and "bachelors" are one. A phrase is words with single
 * spaces. Phrases never cross the start of a sentence. Pure; a lexicon is built once from a constant table and never
 * changes afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

#define LEXICON_PHRASE_WORDS_MAX 8
#define LEXICON_ROWS_MAX         8192
#define LEXICON_FIRST_BITS       32768 /* power of two, at most 65536 */
#define LEXICON_HEADS            8192  /* power of two */

enum {
    TOKEN_LINE_START = 1,
    TOKEN_SENTENCE_START = 2,
    TOKEN_UPPER = 4,  /* begins with a capital */
    TOKEN_CAPS = 8,   /* two or more capitals and no small letter */
    TOKEN_DIGIT = 16, /* begins with a digit */
};

struct token {
    uint32_t start, end; /* bytes in the text */
    uint32_t hash;
    uint32_t flags;
};

/* Cuts text (at most 4 GiB) into at most max tokens; returns their number. */
size_t tokens_read(struct str text, struct token *ret, size_t max);
/* First token that starts at or after the byte. */
size_t tokens_at(const struct token *t, size_t n, size_t byte);
#define TOKEN_HASH_SEED  2166136261u
#define TOKEN_HASH_PRIME 16777619u
uint32_t token_hash(struct str word);
static inline struct str token_str(struct str text, const struct token *t)
{
    return str_sub(text, t->start, t->end);
}

/* One row of a phrase table; value means what its owner wants. */
struct lexicon_row {
    const char *phrase;
    uint64_t value;
};

struct lexicon {
    uint64_t first[LEXICON_FIRST_BITS / 64]; /* a bit per high half of a first word's hash: most tokens begin nothing */
    uint16_t heads[LEXICON_HEADS];           /* row + 1 */
    uint16_t next[LEXICON_ROWS_MAX];
    uint32_t hashes[LEXICON_ROWS_MAX][LEXICON_PHRASE_WORDS_MAX];
    uint8_t words[LEXICON_ROWS_MAX];
    const struct lexicon_row *rows;
    size_t n;
};

/* Fills *l (zeroed) from rows (borrowed for ever, n <= LEXICON_ROWS_MAX). Later rows with an equal phrase win over
 * earlier ones. */
void lexicon_init(struct lexicon *l, const struct lexicon_row *rows, size_t n);
/* The longest phrase that starts at token i of n; its words in *ret_words. NULL when none. */
const struct lexicon_row *lexicon_at(const struct lexicon *l, const struct token *t, size_t n, size_t i,
                                     size_t *ret_words);
/* The next shorter (or equal) phrase at the same place after row; NULL when none. */
const struct lexicon_row *lexicon_next(const struct lexicon *l, const struct lexicon_row *row, const struct token *t,
                                       size_t n, size_t i, size_t *ret_words);
