/* Operations on a JSON Resume document: the diff that a tailored résumé is made of. RFC 6902 in spirit, with the old
 * value in every operation, so that any of them can be refused (the document is not what it was) or undone.
 *
 * set      value replaces what is at path (before)
 * insert   value is put at path: a new key, or an array position (before null)
 * remove   what is at path (before) is taken out
 * move     what is at path is taken out and inserted at the pointer that value holds
 * reorder  the array at path is permuted: new[i] = old[value[i]]; before is the identity
 *
 * A list of operations is applied in order; each path is valid when its operation's turn comes. */
#pragma once

#include "base/json.h"

enum resume_op_kind { RESUME_OP_SET = 1, RESUME_OP_INSERT, RESUME_OP_REMOVE, RESUME_OP_MOVE, RESUME_OP_REORDER };

#define RESUME_OPS_MAX 512

struct resume_op {
    enum resume_op_kind kind;
    struct str path;                /* JSON Pointer, valid when the operation is applied */
    yyjson_mut_val *before, *value; /* owned by the document's arena; NULL when the kind has none */
    size_t position; /* insert of a key: its place among the keys + 1; 0: last. Undoing a remove needs it */
};

const char *resume_op_name(enum resume_op_kind k);
enum resume_op_kind resume_op_from_name(struct str name); /* 0 when unknown */

/* Applies one operation; the document is unchanged when it fails. ERR_CONFLICT with a pointer: the path does not
 * resolve or `before` is not what is there; ERR_INVALID: not a permutation, or the value does not fit the kind.
 * op->value is used by the document afterwards. */
int resume_op_apply(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err) MUST_CHECK;
/* The operation that undoes op after it was applied. ERR_MEMORY. */
int resume_op_invert(struct arena *a, yyjson_mut_doc *doc, const struct resume_op *op, struct resume_op *ret,
                     struct err *err) MUST_CHECK;
/* {op, path, before, value, position} (other fields ignored) as an operation on doc. ERR_INVALID, ERR_MEMORY. */
int resume_op_read(yyjson_mut_doc *doc, yyjson_val *item, struct resume_op *ret, struct err *err) MUST_CHECK;
/* Applies the array ops in order to a copy of the document: compact JSON in the arena. ERR_CONFLICT with the path as
 * pointer, ERR_INVALID, ERR_LIMIT. */
int resume_ops_apply(struct arena *a, yyjson_val *document, yyjson_val *ops, struct str *ret,
                     struct err *err) MUST_CHECK;

/* The result of applying some of a list of operations. */
struct resume_chosen {
    yyjson_mut_doc *doc;
    struct resume_op *ops, *inverse; /* one per operation of the list; of those left out all fields are 0. Applying the
                                        others in order gives doc, their inverses in the opposite order undo it. */
};

/* Applies those of ops that chosen marks (one flag each), moved to where their places are now that others are left out:
 * an element keeps its operations wherever it stands, and a reorder puts elements it does not know last. Numbers of
 * document and ops may be raw (json_parse_exact). ERR_CONFLICT: the operation at *ret_at needs one that was left out,
 * or does not fit the document. */
int resume_ops_choose(struct arena *a, yyjson_val *document, yyjson_val *ops, const bool *chosen,
                      struct resume_chosen *ret, size_t *ret_at, struct err *err) MUST_CHECK;
/* Whether an operation can only be applied together with an earlier one: it changes what that one put there. */
bool resume_op_needs(const struct resume_op *op, const struct resume_op *earlier);
