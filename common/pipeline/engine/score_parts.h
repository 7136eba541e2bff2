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

/* A term of the posting: the profile says it, the profile has what implies it and does not say it, or neither. */
enum score_keyword { SCORE_KEYWORD_GAP, SCORE_KEYWORD_INJECTABLE, SCORE_KEYWORD_MATCHED };

struct scorer {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct month now;
    int months;
    struct score_part part[SCORE_DIMENSIONS];
    double prior_value; /* what the requirements shrink to */
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
    enum score_keyword keyword[ANALYSIS_KEYWORDS_MAX];
    bool row_repeats[ANALYSIS_REQUIREMENTS_MAX]; /* says again what another row says: no points on either side */
    bool duty_repeats[ANALYSIS_RESPONSIBILITIES_MAX];
};

/* 1: of one field of work, 0.5: of related ones, 0: not, or nothing tells. */
double score_field_of_titles(struct str a, struct str b);
/* Share of what the posting speaks about that the profile speaks about, 0..1; false when the posting tells no field. */
bool score_field_coverage(const struct scorer *s, double *ret);

/* points of max, drawn towards the middle by so many prior points when it lies above: the less there is to judge, the
 * less can be won. From below nothing draws it up, or a posting that says little would come before one that says much.
 */
#define SCORE_PRIOR_VALUE 0.5
double score_shrunk(double points, double max, double prior);

void score_repeats(struct scorer *s); /* first of all */
void score_title(struct scorer *s);
void score_experience(struct scorer *s);
void score_seniority(struct scorer *s);
void score_keywords(struct scorer *s);
void score_parseability(struct scorer *s);
void score_location(struct scorer *s);
void score_blockers(struct scorer *s);
