/* The deterministic match score: AtsScore of the data model, a reason per point, byte-identical JSON for the same
 * input.
 *
 * P = sum(w*t*v), M = sum(w*t), t = 1.25 required / 1.0 preferred, v = direct 1, strong .85, synonym .8, transferable
 * .6, else 0; requirements R = (P + k*q)/(M + k) with k = 6 prior points, so that thin postings shrink to the middle: q
 * = 1/2, or the weighted mean of the other dimensions where that is lower. A clause that says again what others say
 * counts nothing. overall = min(cap, round(100 * sum(weight*dim)/sum(weight of present dims))). Weights: requirements
 * 45, title 10, experience 15, seniority 10, keywords 10, parseability 5, location 5; absent ones renormalised and
 * listed. */
#pragma once

#include "pipeline/engine/match.h"

#define SCORE_FORMULA_VERSION 2

struct score_result {
    int overall; /* 0..100; -1 when the posting is no posting */
    struct str band;
    struct str json; /* in the arena */
};

int score_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
               struct month now, struct score_result *ret, struct err *err) MUST_CHECK;
