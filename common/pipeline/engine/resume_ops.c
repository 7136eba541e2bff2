/* The five kinds, applied and undone one at a time; choosing among many is resume_choose.c. */
#include "pipeline/engine/resume_ops.h"

#define RESUME_KEY_MAX_BYTES 256
#define RESUME_KEYS_MAX      ((uint64_t)65536)

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

/* A position as a number or as the text of one (json_parse_exact); UINT64_MAX when it is none. */
static uint64_t position_of(yyjson_mut_val *v)
{
    if (yyjson_mut_is_uint(v))
        return yyjson_mut_get_uint(v);
    uint64_t n = 0;
    const char *text = yyjson_mut_is_raw(v) ? yyjson_mut_get_raw(v) : "x";
    size_t len = yyjson_mut_is_raw(v) ? yyjson_mut_get_len(v) : 1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || i > 5)
            return UINT64_MAX;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    return len ? n : UINT64_MAX;
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
        uint64_t k = position_of(item);
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

/* The pointer without its last token, and that token (still escaped). */
static struct str parent_of(struct str path, struct str *ret_last)
{
    struct str parent = path;
    while (parent.n && parent.p[parent.n - 1] != '/')
        parent.n--;
    *ret_last = str_sub(path, parent.n, path.n);
    parent.n -= parent.n > 0;
    return parent;
}

static bool is_element(yyjson_mut_doc *doc, struct str path)
{
    struct str last;
    return path.n && yyjson_mut_is_arr(at_path(doc, parent_of(path, &last)));
}

static int move(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    if (!yyjson_mut_is_str(op->value))
        return err_set(err, ERR_INVALID, "the value of a move is the pointer to move to");
    /* a key would lose its place among the others */
    if (!is_element(doc, op->path))
        return conflict(op, "only elements of arrays are moved", err);
    yyjson_mut_val *v = yyjson_mut_doc_ptr_removen(doc, op->path.p, op->path.n);
    if (!v)
        return conflict(op, "there is nothing", err);
    struct str to = {.p = yyjson_mut_get_str(op->value), .n = yyjson_mut_get_len(op->value)};
    if (is_element(doc, to) && to.p[to.n - 1] != '-' && yyjson_mut_doc_ptr_addx(doc, to.p, to.n, v, false, NULL, NULL))
        return 0;
    if (!yyjson_mut_doc_ptr_addx(doc, op->path.p, op->path.n, v, false, NULL, NULL))
        return err_set(err, ERR_BUG, "a value that was taken out could not be put back");
    return conflict(op, "the place to move to does not exist", err);
}

/* Where the key of the path stands among its object's keys, + 1; 0 when it is no key. */
static size_t key_position(yyjson_mut_doc *doc, struct str path)
{
    struct str last;
    yyjson_mut_val *obj = at_path(doc, parent_of(path, &last)), *v = at_path(doc, path), *key, *item;
    size_t i, n;
    if (yyjson_mut_is_obj(obj)) {
        yyjson_mut_obj_foreach(obj, i, n, key, item) if (item == v) return i + 1;
    }
    return 0;
}

/* The token with ~1 and ~0 read back, as a key of doc. */
static yyjson_mut_val *key_of(yyjson_mut_doc *doc, struct str token)
{
    char text[RESUME_KEY_MAX_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        bool escaped = token.p[i] == '~' && i + 1 < token.n;
        if (n == sizeof(text) || (token.p[i] == '~' && !(escaped && (token.p[i + 1] == '0' || token.p[i + 1] == '1'))))
            return NULL;
        text[n++] = !escaped ? token.p[i] : token.p[++i] == '1' ? '/' : '~';
    }
    return yyjson_mut_strncpy(doc, text, n);
}

static int insert(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    struct str last;
    yyjson_mut_val *parent = at_path(doc, parent_of(op->path, &last));
    /* a position in an array may be taken: what is there moves on; a key may not */
    if (at_path(doc, op->path) && !yyjson_mut_is_arr(parent))
        return conflict(op, "there is a value already", err);
    if (op->value && op->position && yyjson_mut_is_obj(parent)) {
        yyjson_mut_val *key = key_of(doc, last);
        size_t n = yyjson_mut_obj_size(parent);
        return key && yyjson_mut_obj_insert(parent, key, op->value, MIN(op->position - 1, n))
                   ? 0
                   : conflict(op, "the key cannot be put there", err);
    }
    if (!op->value || !yyjson_mut_doc_ptr_addx(doc, op->path.p, op->path.n, op->value, false, NULL, NULL))
        return conflict(op, "the place does not exist", err);
    return 0;
}

/* An object that has a key twice would lose both. */
static bool is_twice(yyjson_mut_doc *doc, struct str path)
{
    struct str last;
    yyjson_mut_val *obj = at_path(doc, parent_of(path, &last)), *name = NULL, *key, *item;
    size_t i, n, same = 0;
    if (!yyjson_mut_is_obj(obj))
        return false;
    yyjson_mut_val *v = at_path(doc, path);
    yyjson_mut_obj_foreach(obj, i, n, key, item) if (item == v) name = key;
    yyjson_mut_obj_foreach(obj, i, n, key, item) same += name && yyjson_mut_equals(key, name);
    return same > 1;
}

int resume_op_apply(yyjson_mut_doc *doc, const struct resume_op *op, struct err *err)
{
    yyjson_mut_val *now = at_path(doc, op->path);
    if (op->path.n && op->path.p[0] != '/')
        return conflict(op, "a path begins with a slash", err);
    switch (op->kind) {
    case RESUME_OP_SET:
    case RESUME_OP_REMOVE:
        if (!now || op->path.n == 0)
            return conflict(op, "there is nothing", err);
        if (op->before && !yyjson_mut_equals(now, op->before))
            return conflict(op, "the value is another one", err);
        if (op->kind == RESUME_OP_REMOVE && is_twice(doc, op->path))
            return conflict(op, "the key is there twice", err);
        if (op->kind == RESUME_OP_REMOVE)
            return yyjson_mut_doc_ptr_removen(doc, op->path.p, op->path.n) ? 0
                                                                           : conflict(op, "it cannot be removed", err);
        return op->value && yyjson_mut_doc_ptr_replacen(doc, op->path.p, op->path.n, op->value)
                   ? 0
                   : conflict(op, "it cannot be replaced", err);
    case RESUME_OP_INSERT:
        return insert(doc, op, err);
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
    yyjson_mut_arr_foreach(order, i, max, item) back[MIN((size_t)position_of(item), n - 1)] = i;
    for (i = 0; i < n; i++)
        yyjson_mut_arr_add_uint(doc, ret, back[i]);
    return ret;
}

static yyjson_mut_val *copy(yyjson_mut_doc *doc, yyjson_mut_val *v)
{
    return v ? yyjson_mut_val_mut_copy(doc, v) : NULL;
}

/* The path with "-", the place behind the last element, as a number. */
static struct str place_of(struct arena *a, yyjson_mut_doc *doc, struct str path)
{
    struct str last, parent = parent_of(path, &last);
    yyjson_mut_val *arr = at_path(doc, parent);
    if (!str_eqc(last, "-") || !yyjson_mut_is_arr(arr))
        return path;
    char *text = arena_printf(a, STR_FMT "/%zu", STR_ARG(parent), yyjson_mut_arr_size(arr));
    return (struct str){.p = text, .n = text ? strlen(text) : 0};
}

int resume_op_invert(struct arena *a, yyjson_mut_doc *doc, const struct resume_op *op, struct resume_op *ret,
                     struct err *err)
{
    *ret = (struct resume_op){.kind = op->kind, .path = op->path};
    bool ok = true;
    switch (op->kind) {
    case RESUME_OP_SET:
        ret->before = copy(doc, op->value);
        ret->value = copy(doc, op->before ? op->before : at_path(doc, op->path));
        ok = ret->before && ret->value;
        break;
    case RESUME_OP_INSERT:
        ret->kind = RESUME_OP_REMOVE;
        ret->before = copy(doc, op->value);
        ret->path = place_of(a, doc, op->path);
        ok = ret->before && ret->path.p;
        break;
    case RESUME_OP_REMOVE:
        ret->kind = RESUME_OP_INSERT;
        ret->value = copy(doc, op->before ? op->before : at_path(doc, op->path));
        ret->position = key_position(doc, op->path);
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

int resume_op_read(yyjson_mut_doc *doc, yyjson_val *item, struct resume_op *ret, struct err *err)
{
    yyjson_val *before = yyjson_obj_get(item, "before"), *value = yyjson_obj_get(item, "value");
    *ret =
        (struct resume_op){.kind = resume_op_from_name(json_get_str(item, "op")), .path = json_get_str(item, "path")};
    if (!ret->kind)
        return err_set(err, ERR_INVALID, "there is no such operation");
    yyjson_mut_val *position = yyjson_val_mut_copy(doc, yyjson_obj_get(item, "position"));
    uint64_t at = position ? position_of(position) : UINT64_MAX;
    ret->position = at < RESUME_KEYS_MAX ? (size_t)at + 1 : 0;
    bool has_before = before && !yyjson_is_null(before), has_value = value && !yyjson_is_null(value);
    ret->before = has_before ? yyjson_val_mut_copy(doc, before) : NULL;
    ret->value = has_value ? yyjson_val_mut_copy(doc, value) : NULL;
    if ((has_before && !ret->before) || (has_value && !ret->value))
        return err_set(err, ERR_MEMORY, "the operations need more memory than their limit");
    return 0;
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
        struct resume_op op;
        int rc = resume_op_read(doc, item, &op, err);
        if (rc == 0)
            rc = resume_op_apply(doc, &op, err);
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
