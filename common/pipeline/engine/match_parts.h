/* Between the files that make up the match; nobody else includes this. */
#pragma once

#include "pipeline/engine/lex.h"
#include "pipeline/engine/match.h"

#define MATCH_INDEX_SLOTS 2048 /* power of two */

/* Which atoms hold which stem: chains of nodes in an array. */
struct match_node {
    uint32_t stem;
    int16_t atom, next;
};
struct match_index {
    int16_t heads[MATCH_INDEX_SLOTS]; /* node + 1 */
    struct match_node *nodes;
    size_t nodes_n, nodes_cap;
};

struct matcher {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *match; /* being filled */
    struct month now;
    struct match_index index;
    double *score; /* one per atom, scratch; all 0 between uses */
    int work_months;
    bool failed;
};

int match_index_build(struct matcher *m, struct err *err) MUST_CHECK;
/* Adds weight to score[] of all atoms that share a content word with the text. Returns the weight a perfect atom would
 * have. */
double match_index_add(const struct matcher *m, const uint32_t *stems, size_t n, double weight);

/* Adds 1 to score[] per shared word, however common it is in the profile: a status must not fall because other atoms
 * have the word too. Returns n. */
double match_index_hits(const struct matcher *m, const uint32_t *stems, size_t n);

/* One candidate answer to a row, kept sorted by strength in the row. */
void match_row_offer(const struct matcher *m, struct match_row *row, double *strengths, size_t atom, double strength);
struct str match_says(struct matcher *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "at Harborlight Payments", "in the project pgquiet", "in the skills section" for the atom. */
struct str match_place(struct matcher *m, size_t atom);
/* Best answer by the words of the requirement's text; fills the row when one is good enough. */
void match_words(struct matcher *m, struct match_row *row);

void match_skill(struct matcher *m, struct match_row *row);
void match_years(struct matcher *m, struct match_row *row);
void match_education(struct matcher *m, struct match_row *row);
void match_certification(struct matcher *m, struct match_row *row);
void match_language(struct matcher *m, struct match_row *row);
void match_authorization(struct matcher *m, struct match_row *row);
void match_location(struct matcher *m, struct match_row *row);
void match_soft(struct matcher *m, struct match_row *row);

/* The nearest skill of the profile that says something about the wanted one; NULL when none. *ret_implied: it contains
 * the wanted one. */
const struct profile_skill *match_related(const struct profile *p, const struct skill *wanted, bool *ret_implied);
const struct profile_skill *match_profile_skill(const struct profile *p, const struct skill *skill);
