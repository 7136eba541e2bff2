/* Between the files that make up the score; nobody else includes this. */
#pragma once

#include "pipeline/engine/emit.h"
#include "pipeline/engine/score.h"

enum score_dimension {
    SCORE_REQUIREMENTS,
    SCORE_TITLE,
    SCORE_EXPERIENCE,
    SCORE_SENIORITY,
    SCORE_KEYWORDS,
    SCORE_PARSEABILITY,
    SCORE_LOCATION,
    SCORE_DIMENSIONS
};

#define SCORE_LINT_MAX     32
#define SCORE_BLOCKERS_MAX 16

struct score_part {
    bool present;
    double value;      /* 0..1 */
    struct str detail; /* one sentence */
};

struct score_blocker {
    const char *category;
    const struct requirement *requirement; /* NULL: the posting as a whole */
    int cap;
    struct str reason, action;
};

struct scorer {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct month now;
    int months;
    struct score_part part[SCORE_DIMENSIONS];
    struct score_blocker blockers[SCORE_BLOCKERS_MAX];
    size_t blockers_n;
    struct {
        const char *code;
        struct str pointer;
        const char *severity;
    } lint[SCORE_LINT_MAX];
    size_t lint_n;
    struct str stuffing[8];
    size_t stuffing_n;
    bool keyword_found[ANALYSIS_KEYWORDS_MAX];
};

void score_title(struct scorer *s);
void score_experience(struct scorer *s);
void score_seniority(struct scorer *s);
void score_keywords(struct scorer *s);
void score_parseability(struct scorer *s);
void score_location(struct scorer *s);
void score_blockers(struct scorer *s);
