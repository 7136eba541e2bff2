#include "pipeline/engine/resume_ops.h"

static const char *const NAMES[] = {
    [RESUME_OP_SET] = "set",   [RESUME_OP_INSERT] = "insert",   [RESUME_OP_REMOVE] = "remove",
    [RESUME_OP_MOVE] = "move", [RESUME_OP_REORDER] = "reorder",
};

const char *resume_op_name(enum resume_op_kind k)
{
    return k >= RESUME_OP_SET && k <= RESUME_OP_REORDER ? NAMES[k] : "";
}

enum resume_op_kind resume_op_from_name(struct str name)
{
    for (size_t k = RESUME_OP_SET; k < ARRAY_LEN(NAMES); k++)
        if (str_eqc(name, NAMES[k]))
            return (enum resume_op_kind)k;
    return 0;
}

static int conflict(const struct resume_op *op, const char *why, struct err *err)
{
    char at[ERR_POINTER_BYTES];
    snprintf(at, sizeof(at), STR_FMT, STR_ARG(op->path));
    return err_set_at(err, ERR_CONFLICT, at, "%s at %s: %s", resume_op_name(op->kind), at, why);
}

static yyjson_mut_val *at_path(yyjson_mut_doc *doc, struct str path)
{
    return yyjson_mut_doc_ptr_getn(doc, path.p, path.n);
}

/* Reads the permutation; false when it is none of n elements. */
static bool permutation(yyjson_mut_val *v, size_t n, size_t *ret)
{
    if (!yyjson_mut_is_arr(v) || yyjson_mut_arr_size(v) != n)
        return false;
    bool seen[RESUME_OPS_MAX] = {false};
    size_t i, max;
    yyjson_mut_val *item;
    yyjson_mut_arr_foreach(v, i, max, item)
    {
        uint64_t k = yyjson_mut_is_uint(item) ? yyjson_mut_get_uint(item) : UINT64_MAX;
        if (k >= n || seen[k])
            return false;
        seen[k] = true;
        ret[i] = (size_t)k;
    }
    return true;
}

static int reorder(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    yyjson_mut_val *arr = at_path(doc, op->path);
    size_t n = yyjson_mut_arr_size(arr), order[RESUME_OPS_MAX], i, max;
    if (!yyjson_mut_is_arr(arr))
        return conflict(op, "there is no array", err);
    if (n > RESUME_OPS_MAX || !permutation(op->value, n, order))
        return err_set(err, ERR_INVALID, "the value is not a permutation of the array's positions");
    yyjson_mut_val *items[RESUME_OPS_MAX], *item;
    yyjson_mut_arr_foreach(arr, i, max, item) items[i] = item;
    yyjson_mut_arr_clear(arr);
    for (i = 0; i < n; i++)
        yyjson_mut_arr_append(arr, items[order[i]]);
    return 0;
}

static int move(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    if (!yyjson_mut_is_str(op->value))
        return err_set(err, ERR_INVALID, "the value of a move is the pointer to move to");
    yyjson_mut_val *v = yyjson_mut_doc_ptr_removen(doc, op->path.p, op->path.n);
    if (!v)
        return conflict(op, "there is nothing", err);
    if (yyjson_mut_doc_ptr_addx(doc, yyjson_mut_get_str(op->value), yyjson_mut_get_len(op->value), v, false, NULL,
                                NULL))
        return 0;
    if (!yyjson_mut_doc_ptr_addx(doc, op->path.p, op->path.n, v, false, NULL, NULL))
        return err_set(err, ERR_BUG, "a value that was taken out could not be put back");
    return conflict(op, "the place to move to does not exist", err);
}

int resume_op_apply(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    yyjson_mut_val *now = at_path(doc, op->path);
    switch (op->kind) {
    case RESUME_OP_SET:
    case RESUME_OP_REMOVE:
        if (!now || op->path.n == 0)
            return conflict(op, "there is nothing", err);
        if (op->before && !yyjson_mut_equals(now, op->before))
            return conflict(op, "the value is another one", err);
        if (op->kind == RESUME_OP_REMOVE)
            return yyjson_mut_doc_ptr_removen(doc, op->path.p, op->path.n) ? 0
                                                                           : conflict(op, "it cannot be removed", err);
        return op->value && yyjson_mut_doc_ptr_replacen(doc, op->path.p, op->path.n, op->value)
                   ? 0
                   : conflict(op, "it cannot be replaced", err);
    case RESUME_OP_INSERT: {
        /* a position in an array may be taken: what is there moves on; a key may not */
        struct str parent = op->path;
        while (parent.n && parent.p[parent.n - 1] != '/')
            parent.n--;
        parent.n -= parent.n > 0;
        if (now && !yyjson_mut_is_arr(at_path(doc, parent)))
            return conflict(op, "there is a value already", err);
        if (!op->value || !yyjson_mut_doc_ptr_addx(doc, op->path.p, op->path.n, op->value, false, NULL, NULL))
            return conflict(op, "the place does not exist", err);
        return 0;
    }
    case RESUME_OP_MOVE:
        return move(doc, op, err);
    case RESUME_OP_REORDER:
        return reorder(doc, op, err);
    }
    return err_set(err, ERR_INVALID, "there is no such operation");
}

static yyjson_mut_val *inverse_order(yyjson_mut_doc *doc, yyjson_mut_val *order)
{
    size_t n = yyjson_mut_arr_size(order), back[RESUME_OPS_MAX], i, max;
    yyjson_mut_val *item, *ret = yyjson_mut_arr(doc);
    if (!ret || n > RESUME_OPS_MAX)
        return NULL;
    yyjson_mut_arr_foreach(order, i, max, item) back[MIN((size_t)yyjson_mut_get_uint(item), n - 1)] = i;
    for (i = 0; i < n; i++)
        yyjson_mut_arr_add_uint(doc, ret, back[i]);
    return ret;
}

static yyjson_mut_val *copy(yyjson_mut_doc *doc, yyjson_mut_val *v)
{
    return v ? yyjson_mut_val_mut_copy(doc, v) : NULL;
}

int resume_op_invert(struct arena *a, yyjson_mut_doc *doc, const struct resume_op *op, struct resume_op *ret,
                     struct err *err)
{
    *ret = (struct resume_op){.kind = op->kind, .path = op->path};
    bool ok = true;
    switch (op->kind) {
    case RESUME_OP_SET:
        ret->before = copy(doc, op->value);
        ret->value = copy(doc, op->before);
        ok = ret->before && ret->value;
        break;
    case RESUME_OP_INSERT:
        ret->kind = RESUME_OP_REMOVE;
        ret->before = copy(doc, op->value);
        ok = ret->before;
        break;
    case RESUME_OP_REMOVE:
        ret->kind = RESUME_OP_INSERT;
        ret->value = copy(doc, op->before);
        ok = ret->value;
        break;
    case RESUME_OP_MOVE: {
        char *to = arena_strndup(a, yyjson_mut_get_str(op->value), yyjson_mut_get_len(op->value));
        ret->path = str_of(to);
        ret->value = to ? yyjson_mut_strncpy(doc, op->path.p, op->path.n) : NULL;
        ok = ret->value;
        break;
    }
    case RESUME_OP_REORDER:
        ret->before = copy(doc, op->before);
        ret->value = inverse_order(doc, op->value);
        ok = ret->value;
        break;
    }
    return ok ? 0 : err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
}

int resume_ops_apply(struct arena *a, yyjson_val *document, yyjson_val *ops, struct str *ret, struct err *err)
{
    yyjson_mut_doc *doc = json_mut_new(a);
    yyjson_mut_val *root = doc ? yyjson_val_mut_copy(doc, document) : NULL;
    if (!root)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    yyjson_mut_doc_set_root(doc, root);
    if (yyjson_arr_size(ops) > RESUME_OPS_MAX)
        return err_set(err, ERR_LIMIT, "at most %d operations", RESUME_OPS_MAX);
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(ops, i, n, item)
    {
        yyjson_val *before = yyjson_obj_get(item, "before"), *value = yyjson_obj_get(item, "value");
        struct resume_op op = {.kind = resume_op_from_name(json_get_str(item, "op")),
                               .path = json_get_str(item, "path")};
        op.before = before && !yyjson_is_null(before) ? yyjson_val_mut_copy(doc, before) : NULL;
        op.value = value && !yyjson_is_null(value) ? yyjson_val_mut_copy(doc, value) : NULL;
        int rc = resume_op_apply(doc, &op, err);
        if (rc)
            return rc;
    }
    size_t len = 0;
    char *text = json_write_mut(a, yyjson_mut_doc_get_root(doc), &len);
    if (!text)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    *ret = (struct str){.p = text, .n = len};
    return 0;
}
