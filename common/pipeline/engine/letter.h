/* The cover letter for one posting. Every claim sentence names its evidence (atom ids) or quotes the posting; no
 * filler, honest about gaps. */
#pragma once

#include "pipeline/engine/match.h"

enum letter_tone { LETTER_FORMAL = 1, LETTER_DIRECT, LETTER_CONVERSATIONAL, LETTER_MIRROR };
enum letter_length {
    LETTER_SHORT = 1,
    LETTER_STANDARD,
    LETTER_LONG
}; /* ceilings 900, 1800, 2600 characters; floor 200 */

struct letter_options {
    enum letter_tone tone;     /* 0: direct */
    enum letter_length length; /* 0: standard */
    uint64_t seed;             /* varies wording across a batch; same seed, same letter */
    struct month now;
};

/* The CoverLetter document as JSON text in the arena: {schema_version, style, length, language, salutation,
 * paragraphs[{role, text, citations[]}], body, key_claims_used, evidence_gaps, company_facts, word_count, complete,
 * claims[{sentence, class, evidence_ids, relation}], guard{verdict, violations}}. A posting in another language than
 * English gives guard.verdict "block" with violation code "language": the runtime makes it needs_review. */
int letter_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct letter_options o, struct str *ret, struct err *err) MUST_CHECK;
