/* Between the files that make up tailoring; nobody else includes this. */
#pragma once

#include "pipeline/engine/emit.h"
#include "pipeline/engine/resume_ops.h"
#include "pipeline/engine/tailor.h"

#define TAILOR_OP_IDS_MAX        8
#define TAILOR_SUMMARY_PLACES    2
#define TAILOR_SUMMARY_SKILLS    3
#define TAILOR_SUMMARY_MAX_BYTES 900 /* a longer summary of the candidate is left alone */

struct tailor_op {
    struct resume_op op, inverse;
    struct str reason;
    const struct requirement *requirements[TAILOR_OP_IDS_MAX];
    size_t requirements_n;
    size_t atoms[TAILOR_OP_IDS_MAX];
    size_t atoms_n;
};

struct tailor {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct tailor_options o;
    yyjson_mut_doc *doc;
    struct tailor_op *ops; /* TAILOR_OPS_MAX */
    size_t ops_n;
    size_t *summary_atoms; /* what the written summary rests on */
    size_t summary_atoms_n;
    struct str summary_added;
    size_t atom_hint; /* where the next look-up by pointer begins: lists lie in the order of the atoms */
};

#define TAILOR_OPS_MAX    256
#define TAILOR_PATH_BYTES 128

/* "PATH/INDEX", cut silently at TAILOR_PATH_BYTES; the index is the innermost loop of tailoring, so no printf. */
void tailor_path_element(char ret[TAILOR_PATH_BYTES], const char *path, size_t index);

/* Applies and records one operation. Past TAILOR_OPS_MAX nothing more is done. */
int tailor_do(struct tailor *t, struct tailor_op *op, struct err *err) MUST_CHECK;
void tailor_op_atom(struct tailor *t, struct tailor_op *op, size_t atom);
void tailor_op_rows(struct tailor *t, struct tailor_op *op); /* the requirements that the operation's atoms answer */

int tailor_summary(struct tailor *t, struct err *err) MUST_CHECK;

void tailor_coverage(struct tailor *t, struct emit *e);
void tailor_claims(struct tailor *t, struct emit *e);
/* Writes guard{verdict, violations[]}: every text of the result is the profile's, or grounded in what the summary
 * names. */
void tailor_guard(struct tailor *t, struct emit *e);
