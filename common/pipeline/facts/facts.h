/* The fact check: judges the rendered text of a résumé or letter, whoever wrote it, against the profile.
 *
 * Every number, employer, title, date, length of time, degree, certificate, technology and word of responsibility that
 * the text claims for the person must trace to the profile. The posting is never evidence for the person; sentences
 * about the employer may use the posting's words. The result is the claim ledger: each sentence with its class, the
 * evidence it rests on, and what is wrong with it. Deterministic and pure: the same bytes for the same input. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/profile.h"

#define FACTS_RULESET_VERSION 1
#define FACTS_TEXT_MAX_BYTES  ((size_t)512 * 1024)
#define FACTS_SENTENCES_MAX   4000
#define FACTS_EVIDENCE_MAX    6   /* ids of one sentence */
#define FACTS_VIOLATIONS_MAX  256 /* of one document; further ones count for the verdict only */

enum facts_kind { FACTS_LETTER = 1, FACTS_RESUME };
enum facts_verdict { FACTS_PASS = 1, FACTS_WARN, FACTS_BLOCK };
enum facts_class { FACTS_CLAIM = 1, FACTS_COMPANY, FACTS_NON_CLAIM, FACTS_GAP };
enum facts_relation { FACTS_NO_RELATION = 0, FACTS_VERBATIM, FACTS_PARAPHRASE, FACTS_MERGE };

enum facts_code {
    FACTS_CODE_NONE = 0,
#define FACT(name, severity, advice) FACTS_##name,
#include "pipeline/facts/facts.def"
#undef FACT
    FACTS_CODES_N
};

struct facts_violation {
    enum facts_code code;
    size_t start, end;  /* bytes in the checked text */
    struct str text;    /* what stands there */
    struct str closest; /* the profile's nearest text, "" when there is none */
    struct str closest_id;
};

struct facts_sentence {
    struct str text; /* in the checked text, without bullets and blanks around */
    size_t start, end;
    enum facts_class class;
    enum facts_relation relation;
    enum facts_verdict verdict;
    struct str evidence[FACTS_EVIDENCE_MAX]; /* an atom's id, or a JSON pointer where the profile has no atom */
    size_t evidence_n;
    const struct facts_violation *violations;
    size_t violations_n;
};

struct facts_ledger {
    const struct facts_sentence *sentences;
    size_t sentences_n;
    size_t violations_n;
    enum facts_verdict verdict;
    char document_hash[SHA256_HEX_BYTES]; /* of the checked text */
};

/* What the profile states, ready to be compared with; built once for each profile and never changed. */
struct facts_index;

struct facts_input {
    const struct facts_index *index;
    enum facts_kind kind;
    struct str text;                 /* borrowed by the ledger */
    const struct analysis *analysis; /* NULL: no posting */
    struct str posting;              /* the posting's text, n == 0 when it is not at hand */
    struct month now;                /* for lengths of time up to today; y == 0: the latest month of the profile */
};

/* *ret lives in the arena and borrows the profile. ERR_MEMORY. */
int facts_index_make(struct arena *a, const struct profile *p, const struct facts_index **ret,
                     struct err *err) MUST_CHECK;
/* ERR_TOO_LARGE, ERR_MEMORY. */
int facts_check(struct arena *a, const struct facts_input *in, const struct facts_ledger **ret,
                struct err *err) MUST_CHECK;
/* {document_hash, ruleset_version, kind, verdict, sentences[{text, start, end, class, evidence_ids, relation, verdict,
 * violations[{code, severity, span{start, end}, text, closest_source{id, text}, advice}]}]} */
int facts_to_json(struct arena *a, const struct facts_input *in, const struct facts_ledger *l, struct str *ret,
                  struct err *err) MUST_CHECK;

/* A finished document (JSON of tailor or letter, or of any engine with the same fields) through the same door: its
 * rendered text is checked, and ret_json is the document with guard, claims and document_hash of that check. What the
 * engine itself found (language, a block) stays in the guard. in: text and kind are filled in by these. */
int facts_judge_resume(struct arena *a, struct facts_input in, struct str document, struct str *ret_json,
                       struct err *err) MUST_CHECK;
int facts_judge_letter(struct arena *a, struct facts_input in, struct str document, struct str *ret_json,
                       struct err *err) MUST_CHECK;

const char *facts_code_name(enum facts_code code);
const char *facts_code_advice(enum facts_code code);
enum facts_verdict facts_code_severity(enum facts_code code); /* FACTS_WARN or FACTS_BLOCK */
const char *facts_class_name(enum facts_class c);
const char *facts_verdict_name(enum facts_verdict v);
const char *facts_relation_name(enum facts_relation r);
