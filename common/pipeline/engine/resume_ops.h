/* Operations on a JSON Resume document: the diff that a tailored résumé is made of. RFC 6902 in spirit, with the old
 * value in every operation, so that any of them can be refused (the document is not what it was) or undone.
 *
 * set      value replaces what is at path (before)
 * insert   value is put at path: a new key, or an array position (before null)
 * remove   what is at path (before) is taken out
 * move     what is at path is taken out and inserted at the pointer that value holds
 * reorder  the array at path is permuted: new[i] = old[value[i]]; before is the identity */
#pragma once

#include "base/json.h"

enum resume_op_kind { RESUME_OP_SET = 1, RESUME_OP_INSERT, RESUME_OP_REMOVE, RESUME_OP_MOVE, RESUME_OP_REORDER };

#define RESUME_OPS_MAX 512

struct resume_op {
    enum resume_op_kind kind;
    struct str path;                /* JSON Pointer, valid when the operation is applied */
    yyjson_mut_val *before, *value; /* owned by the document's arena; NULL when the kind has none */
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
/* Applies the array ops (each {op, path, before, value}, other fields ignored) in order to a copy of the document:
 * compact JSON in the arena. Any subset of a tailored résumé's operations, in order, applies or fails with
 * ERR_CONFLICT. */
int resume_ops_apply(struct arena *a, yyjson_val *document, yyjson_val *ops, struct str *ret,
                     struct err *err) MUST_CHECK;
