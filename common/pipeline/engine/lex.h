/* Words as the engine compares them: lower-cased, stripped of endings, stop words left out. Pure, no allocation. ASCII
 * case rules; bytes of other scripts count as letters, typographic punctuation as separators. */
#pragma once

#include <stdbool.h>
#include "base/str.h"

#define LEX_TOKENS_MAX 128

/* Takes the next word off *rest ("C++", "Node.js", "CI/CD" give "C++", "Node.js", "CI", "CD"); false at the end. */
bool lex_next_word(struct str *rest, struct str *ret_word);
uint32_t lex_stem(struct str word); /* hash of the stem; "nursing", "nurses" and "nurse" agree */
bool lex_is_stop(struct str word); /* function words and the words every posting has ("experience", "strong", "team") */
/* The distinct stems of the content words in order of appearance. Returns their number, at most max. */
size_t lex_stems(struct str text, uint32_t *ret, size_t max);
/* Share of the wanted stems that are in have, 0..1; *ret_hits may be NULL. */
double lex_overlap(const uint32_t *want, size_t want_n, const uint32_t *have, size_t have_n, size_t *ret_hits);
/* Whether text has the word or phrase (ASCII case folded, on word boundaries). */
bool lex_has(struct str text, const char *phrase);
bool lex_has_any(struct str text, const char *const *phrases); /* NULL-terminated list */
/* A text that many phrases are looked for in: which letters its words begin with is noted once. */
struct lex_text {
    struct str text;    /* borrowed */
    uint64_t starts[4]; /* a bit per hash of the two first bytes of a word */
};
void lex_text_init(struct lex_text *t, struct str text);
bool lex_text_has(const struct lex_text *t, const char *phrase); /* as lex_has */
bool lex_text_has_any(const struct lex_text *t, const char *const *phrases);
/* A count or measure: digits that are not part of a name (p99, OAuth 2.0 after a capitalised word) nor a bare year. */
bool lex_has_metric(struct str text);
