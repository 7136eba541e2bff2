/* Which evidence answers which requirement: the one table that tailoring, letter and score share. Deterministic. */
#pragma once

#include "pipeline/engine/analysis.h"
#include "pipeline/engine/profile.h"

enum match_status {
    MATCH_MISSING = 0,
    MATCH_DIRECT,
    MATCH_STRONG,
    MATCH_SYNONYM,
    MATCH_TRANSFERABLE,
    MATCH_UNSTATED,
    MATCH_BLOCKED,
    MATCH_NOT_ASSESSED
};

#define MATCH_EVIDENCE_MAX 6

struct match_row {
    const struct requirement *requirement;
    enum match_status status;
    size_t atoms[MATCH_EVIDENCE_MAX]; /* indexes into profile->atoms, best first */
    size_t atoms_n;
    struct str matched_form; /* the words of the profile that answered, "" */
    struct str reason;       /* one sentence for a person */
};

/* The content words of a text of the posting as stems (lex.h), kept because match, score and letter compare them. */
struct match_text {
    const uint32_t *stems;
    size_t stems_n;
};

struct match {
    struct match_row rows[ANALYSIS_REQUIREMENTS_MAX];
    size_t rows_n;
    struct match_text title, requirements[ANALYSIS_REQUIREMENTS_MAX], responsibilities[ANALYSIS_RESPONSIBILITIES_MAX];
    /* how far one atom of the profile speaks of the same work, 0..1: share of the duty's words */
    double responsibility_fit[ANALYSIS_RESPONSIBILITIES_MAX];
    double *atom_relevance; /* one per atom, 0..1: how much the posting cares */
};

/* Durations are counted up to `now`; match_make counts them up to profile->as_of. */
int match_make_at(struct arena *a, const struct analysis *an, const struct profile *p, struct month now,
                  struct match **ret, struct err *err) MUST_CHECK;
int match_make(struct arena *a, const struct analysis *an, const struct profile *p, struct match **ret,
               struct err *err) MUST_CHECK;
const char *match_status_name(enum match_status s);
/* What a status is worth, 0..1 (the v of the score's formula). */
double match_status_value(enum match_status s);
