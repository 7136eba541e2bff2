/* Between the files that make up tailoring; nobody else includes this. */
#pragma once

#include "pipeline/engine/emit.h"
#include "pipeline/engine/resume_ops.h"
#include "pipeline/engine/tailor.h"

#define TAILOR_OP_IDS_MAX        8
#define TAILOR_OPS_MAX           256
#define TAILOR_PATH_BYTES        128
#define TAILOR_LIST_MAX          64 /* longer lists are left in the candidate's order */
#define TAILOR_WANTED_MAX        96
#define TAILOR_SUMMARY_MAX_BYTES 900 /* a longer summary of the candidate is left alone */

struct tailor_op {
    struct resume_op op, inverse;
    struct str reason;
    const struct requirement *requirements[TAILOR_OP_IDS_MAX];
    size_t requirements_n;
    size_t atoms[TAILOR_OP_IDS_MAX];
    size_t atoms_n;
    const char *origin; /* NULL: "rule" */
};

/* A skill of the posting that the profile has, with the word that the posting uses for it. */
struct tailor_wanted {
    const struct skill *skill;
    const struct profile_skill *have;
    struct str word;
    const struct match_row *row;
};

struct tailor {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct tailor_options o;
    yyjson_mut_doc *doc;
    bool english;          /* posting and profile: only then anything is worded */
    struct tailor_op *ops; /* TAILOR_OPS_MAX */
    size_t ops_n;
    double *asked;                                  /* per atom: how much of what the posting asks for it shows */
    struct tailor_wanted wanted[TAILOR_WANTED_MAX]; /* by falling weight of the requirement */
    size_t wanted_n;
    struct tailor_proposals *proposals; /* of a model; NULL: none */
    bool placed[TAILOR_PROPOSALS_MAX];
    size_t atom_hint; /* where the next look-up by pointer begins: lists lie in the order of the atoms */
};

/* One list of the document: per element what the posting asks of it. */
struct tailor_list {
    char path[96];
    size_t n;
    double asked[TAILOR_LIST_MAX];
    int atom[TAILOR_LIST_MAX]; /* -1 when the element is no atom */
};

/* "PATH/INDEX", cut silently at TAILOR_PATH_BYTES; the index is the innermost loop of tailoring, so no printf. */
void tailor_path_element(char ret[TAILOR_PATH_BYTES], const char *path, size_t index);
/* The atom at the pointer; -1 when there is none. */
int tailor_atom_at(struct tailor *t, const char *path, size_t index);
/* false when the list is absent, empty or too long. */
bool tailor_list_read(struct tailor *t, const char *path, struct tailor_list *ret);
double tailor_row_weight(const struct match_row *row);

/* Applies and records one operation. Past TAILOR_OPS_MAX nothing more is done. */
int tailor_do(struct tailor *t, struct tailor_op *op, struct err *err) MUST_CHECK;
void tailor_op_atom(struct tailor_op *op, size_t atom);
void tailor_op_rows(struct tailor *t, struct tailor_op *op); /* the requirements that the operation's atoms answer */
/* A text at path becomes another one. */
int tailor_set(struct tailor *t, struct tailor_op *op, const char *path, struct str before, struct str value,
               struct err *err) MUST_CHECK;
/* The words in quotation marks, cut between words, without a final period. */
struct str tailor_quote(struct tailor *t, struct str text, size_t max);
/* Whether a list of names has more than one (an "and" inside quotation marks joins nothing). */
bool tailor_many(struct str names);
/* "Kubernetes, Terraform and Go": what the requirements answered by the atoms ask for, at most three; "" when nothing
 * can be named. */
struct str tailor_names(struct tailor *t, const size_t *atoms, size_t n);

void tailor_wanted_read(struct tailor *t);
/* The word as it stands inside a sentence: "oscilloscope" for "Oscilloscope", "hand tools" for "HAND TOOLS". */
struct str tailor_spoken(struct tailor *t, struct str word, const struct skill *skill);
/* Whether the word is a name of the skill, not a word from which it follows ("nurses": nursing). */
bool tailor_is_name(struct str word, const struct skill *skill);
/* Whether two words are names of one thing (tailor_names.def): "JS", "JavaScript". */
bool tailor_same_name(struct str x, struct str y);
int tailor_skills(struct tailor *t, struct err *err) MUST_CHECK;     /* wording, listing and order of the skills */
int tailor_highlights(struct tailor *t, struct err *err) MUST_CHECK; /* wording, selection and order of the lines */
int tailor_reorder(struct tailor *t, const struct tailor_list *l, const char *what, struct err *err) MUST_CHECK;
/* The line in the words the strategy allows; the text itself when it stays. */
struct str tailor_reword(struct tailor *t, const struct atom *x, struct tailor_op *op);
/* Whether both are forms of one verb that the table knows: "led", "leading". */
bool tailor_verb_forms(struct str x, struct str y);
int tailor_summary(struct tailor *t, struct err *err) MUST_CHECK;
/* The model's wording of the line in the place of ours: recorded when there is one that holds (*ret_taken). */
int tailor_propose_line(struct tailor *t, size_t atom, struct str before, bool *ret_taken, struct err *err) MUST_CHECK;
int tailor_propose_summary(struct tailor *t, bool *ret_taken, struct err *err) MUST_CHECK;
void tailor_proposals_emit(struct tailor *t, struct emit *e);
/* Pages of a usual layout, estimated from the lengths of the texts. */
double tailor_pages(yyjson_mut_val *document);
bool tailor_is_english(const struct profile *p);

void tailor_coverage(struct tailor *t, struct emit *e);

/* The string, "" when it is none. */
struct str tailor_str(yyjson_mut_val *v);

/* -- what judges a document; shared by tailor_make and tailor_apply -- */

/* What a text is held to: each word has its ground; or (a model's) numbers, names and tools have, and most words. */
enum tailor_rule { TAILOR_RULE_WORDS = 0, TAILOR_RULE_LINE, TAILOR_RULE_SUMMARY };

/* A text that an operation wrote, with what it stands for and rests on. */
struct tailor_text {
    struct str value, before; /* before "": it is new */
    const size_t *atoms;
    size_t atoms_n;
    enum tailor_rule rule;
};
struct tailor_judged {
    struct arena *a;
    const struct profile *p;
    yyjson_mut_val *before, *after; /* documents */
    const struct tailor_text *texts;
    size_t texts_n;
};
/* Writes style, guard{verdict, violations[]} and claims[]. The one place that decides whether a résumé may go out. */
void tailor_judge(const struct tailor_judged *j, struct emit *e);
/* Whether value says nothing that before and the atoms do not say, and (reworded: before is not empty) keeps every
 * number and name. false: *ret_word is what has no ground or was lost, *ret_code why. */
bool tailor_text_holds(const struct profile *p, const struct tailor_text *text, struct str *ret_word,
                       const char **ret_code);
