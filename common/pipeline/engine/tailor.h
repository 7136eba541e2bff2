/* The résumé for one posting: selects, orders, words and emphasises what the profile has. Nothing is added: every text
 * of the result is a text of the profile, or says what the operation's evidence says in other words. Identity fields,
 * employers, titles and dates never change, no entry is left out.
 *
 * none      the document as it is
 * nudge     order: skills and their groups, lines within an entry, projects, certificates
 * keywords  + the posting's own names for skills that the profile has under another one ("JS": "JavaScript")
 * full      + lines that say nothing to the posting are taken out of long entries, lines begin with what was done,
 * skills that only the lines name are listed, one sentence of the summary is written for the posting */
#pragma once

#include "pipeline/engine/match.h"

enum tailor_strategy { TAILOR_NONE = 1, TAILOR_NUDGE, TAILOR_KEYWORDS, TAILOR_FULL };

struct tailor_options {
    enum tailor_strategy strategy; /* 0: full */
    struct month now;              /* passed in: stages read no clock */
};

/* The TailoredResume document as JSON text in the arena: {schema_version, strategy, language, revision,
 * document: JSON Resume, ops[{op_id, op, path, before, value, reason, requirement_ids, evidence_ids, requires, origin,
 * verdict}], inverse_ops[{undoes, op, path, before, value}], coverage{current_pct, potential_pct, covered, injectable,
 * gaps, questions}, style{word_ratio, pages_before, pages_est}, guard{verdict, violations}, claims[]}. */
int tailor_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct tailor_options o, struct str *ret, struct err *err) MUST_CHECK;

/* What a model proposes: another wording of a line, or a summary. */
#define TAILOR_PROPOSALS_MAX    16
#define TAILOR_PROPOSAL_IDS_MAX 8
struct tailor_proposal {
    bool summary;
    size_t atom;                                    /* the line; of a summary none */
    struct str text, reason;                        /* one line each */
    size_t atoms[TAILOR_PROPOSAL_IDS_MAX], atoms_n; /* what a summary rests on; of a line itself */
    const struct requirement *requirements[TAILOR_PROPOSAL_IDS_MAX];
    size_t requirements_n;
    const char *reject_code; /* NULL: taken, or not looked at yet */
};
struct tailor_proposals {
    struct tailor_proposal items[TAILOR_PROPOSALS_MAX];
    size_t n, unknown; /* unknown: proposals for lines that the profile does not have; left out */
};

/* A model's answer (services/optimizer/tailor.schema.json) as proposals; texts live in the arena. false: no memory. */
bool tailor_proposals_read(struct arena *a, const struct analysis *an, const struct profile *p, yyjson_val *reply,
                           struct tailor_proposals *ret) MUST_CHECK;
/* As tailor_make: selection, order and names are its own, and where a proposal holds (it says what the line says: the
 * same numbers, names and tools, most of the same words) its wording goes in the place of ours, origin "model". The
 * others get a reject_code and are listed in rejected_ops[{op, path, before, value, reason, requirement_ids,
 * evidence_ids, origin, verdict, reject_code}]; one that has a reject_code is not looked at. */
int tailor_make_with(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                     struct tailor_options o, struct tailor_proposals *proposals, struct str *ret,
                     struct err *err) MUST_CHECK;
/* Whether wording is of use at all: strategy full, and posting and profile in English. */
bool tailor_takes_wording(const struct analysis *an, const struct profile *p, struct tailor_options o);

/* What a person decided about the operations of a tailored résumé. */
struct tailor_choice {
    const struct str *op_ids;
    size_t op_ids_n;
    bool reject;  /* the ids are what is left out and the rest is taken; else the other way round */
    int revision; /* of the result, >= 1 */
};
/* The same TailoredResume with only the operations that were taken: document, ops with their verdicts (applied,
 * rejected) and, when moved, their new places, inverse_ops, style, guard, claims and revision (0 in a generated
 * one) are made again; all else is kept. generated: what tailor_make (or another engine) wrote. Errors: ERR_INVALID
 * with /accept/N or /reject/N: no such operation, or named twice; ERR_CONFLICT with the same pointers: an operation
 * needs one that is left out; ERR_CORRUPT: generated is no tailored résumé; ERR_MEMORY. */
int tailor_apply(struct arena *a, struct str generated, const struct tailor_choice *choice, struct str *ret,
                 struct err *err) MUST_CHECK;
