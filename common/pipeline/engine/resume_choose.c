/* Applying some of a list of operations.
 *
 * Two copies of the document go through the list together: the full one takes every operation, the other one only those
 * that were chosen. A value of the full copy and the value that stands for it in the other are twins; what was left out
 * makes them differ in place, never in identity. A path is read in the full copy, where it means what its author meant,
 * and written down again for the other copy along the twins. While nothing was left out both copies are equal and
 * operations go through as they are. */
#include "pipeline/engine/resume_ops.h"

#include <stdio.h>

#define CHOOSE_PATH_BYTES 512

struct twin {
    const yyjson_mut_val *full;
    yyjson_mut_val *other;
};

struct choose {
    struct arena *a;
    yyjson_mut_doc *full, *other;
    struct twin *twins; /* open addressing by the address in the full copy */
    size_t slots;       /* power of two */
    bool apart;         /* something was left out */
};

static struct twin *twin_slot(struct choose *c, const yyjson_mut_val *full)
{
    size_t at = ((uintptr_t)full / sizeof(*full) * 0x9E3779B97F4A7C15ull >> 20) & (c->slots - 1);
    while (c->twins[at].full && c->twins[at].full != full)
        at = (at + 1) & (c->slots - 1);
    return &c->twins[at];
}

/* Two values of the same shape. */
static void twins_note(struct choose *c, yyjson_mut_val *full, yyjson_mut_val *other)
{
    size_t i, n;
    yyjson_mut_val *key, *item;
    *twin_slot(c, full) = (struct twin){full, other};
    if (yyjson_mut_is_arr(full)) {
        yyjson_mut_arr_iter it = yyjson_mut_arr_iter_with(other);
        yyjson_mut_arr_foreach(full, i, n, item) twins_note(c, item, yyjson_mut_arr_iter_next(&it));
    } else if (yyjson_mut_is_obj(full)) {
        yyjson_mut_obj_iter it = yyjson_mut_obj_iter_with(other);
        yyjson_mut_obj_foreach(full, i, n, key, item)
            twins_note(c, item, yyjson_mut_obj_iter_get_val(yyjson_mut_obj_iter_next(&it)));
    }
}

static size_t values_in(yyjson_val *v)
{
    return v ? (size_t)(unsafe_yyjson_get_next(v) - v) : 0;
}

static int out_of_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
}

static int choose_init(struct choose *c, struct arena *a, yyjson_val *document, yyjson_val *ops, struct err *err)
{
    *c = (struct choose){.a = a, .full = json_mut_new(a), .other = json_mut_new(a), .slots = 64};
    size_t values = 2 * (values_in(document) + values_in(ops)); /* a move takes one out and puts it back */
    while (c->slots < values * 2)
        c->slots *= 2;
    c->twins = ARENA_NEW_N(a, struct twin, c->slots);
    if (!c->full || !c->other || !c->twins)
        return out_of_memory(err);
    yyjson_mut_val *full = yyjson_val_mut_copy(c->full, document), *other = yyjson_val_mut_copy(c->other, document);
    if (!full || !other)
        return out_of_memory(err);
    yyjson_mut_doc_set_root(c->full, full);
    yyjson_mut_doc_set_root(c->other, other);
    twins_note(c, full, other);
    return 0;
}

static int place_lost(const struct resume_op *op, struct err *err)
{
    char at[ERR_POINTER_BYTES];
    snprintf(at, sizeof(at), STR_FMT, STR_ARG(op->path));
    return err_set_at(err, ERR_CONFLICT, at, "%s at %s needs a change that was left out", resume_op_name(op->kind), at);
}

/* The position of the element in the array; false when it is not there. */
static bool index_in(yyjson_mut_val *arr, const yyjson_mut_val *element, size_t *ret)
{
    size_t i, n;
    yyjson_mut_val *item;
    if (element && yyjson_mut_is_arr(arr)) {
        yyjson_mut_arr_foreach(arr, i, n, item)
        {
            if (item == element) {
                *ret = i;
                return true;
            }
        }
    }
    return false;
}

static bool token_index(struct str token, size_t *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        if (!str_is_digit(token.p[i]) || i > 5)
            return false;
        n = n * 10 + (size_t)(token.p[i] - '0');
    }
    *ret = n;
    return token.n > 0;
}

static bool path_add(char path[CHOOSE_PATH_BYTES], size_t *len, struct str token)
{
    if (*len + token.n + 2 > CHOOSE_PATH_BYTES)
        return false;
    path[(*len)++] = '/';
    memcpy(path + *len, token.p, token.n);
    *len += token.n;
    path[*len] = '\0';
    return true;
}

/* Where an element that is put at `index` of the full array goes in the other: behind the nearest one before it that
 * both have. */
static size_t insert_index(struct choose *c, yyjson_mut_val *full, yyjson_mut_val *other, size_t index)
{
    for (size_t i = MIN(index, yyjson_mut_arr_size(full)); i > 0; i--) {
        size_t at;
        if (index_in(other, twin_slot(c, yyjson_mut_arr_get(full, i - 1))->other, &at))
            return at + 1;
    }
    return 0;
}

/* The path of op for the other copy; last: the operation puts something new there. */
static int rebase(struct choose *c, const struct resume_op *op, struct str *ret, struct err *err)
{
    char path[CHOOSE_PATH_BYTES] = "";
    size_t len = 0, from = 1;
    yyjson_mut_val *full = yyjson_mut_doc_get_root(c->full), *other = yyjson_mut_doc_get_root(c->other);
    while (from <= op->path.n && op->path.n) {
        size_t to = from, index = 0;
        while (to < op->path.n && op->path.p[to] != '/')
            to++;
        struct str token = str_sub(op->path, from, to);
        char digits[24];
        bool last = to == op->path.n;
        struct str one = str_sub(op->path, from - 1, to);
        yyjson_mut_val *next = full ? yyjson_mut_ptr_getn(full, one.p, one.n) : NULL;
        if (yyjson_mut_is_arr(full) && token_index(token, &index)) {
            if (last && op->kind == RESUME_OP_INSERT)
                index = insert_index(c, full, other, index);
            else if (!next || !index_in(other, twin_slot(c, next)->other, &index))
                return place_lost(op, err);
            snprintf(digits, sizeof(digits), "%zu", index);
            token = str_of(digits);
        }
        if (!path_add(path, &len, token))
            return err_set(err, ERR_LIMIT, "a path may have at most %d bytes", CHOOSE_PATH_BYTES);
        other = other ? yyjson_mut_ptr_getn(other, path + len - token.n - 1, token.n + 1) : NULL;
        full = next;
        from = to + 1;
    }
    char *kept = arena_strndup(c->a, path, len);
    *ret = (struct str){.p = kept, .n = len};
    return kept ? 0 : out_of_memory(err);
}

/* The order of the other array that the reordered full one asks for; elements that it does not know come last. */
static int rebase_order(struct choose *c, struct resume_op *op, yyjson_mut_val *full, struct err *err)
{
    yyjson_mut_val *other = yyjson_mut_doc_ptr_getn(c->other, op->path.p, op->path.n), *item;
    size_t n = yyjson_mut_arr_size(other), i, max, at;
    bool seen[RESUME_OPS_MAX] = {false};
    if (!yyjson_mut_is_arr(other) || n > RESUME_OPS_MAX)
        return place_lost(op, err);
    op->before = yyjson_mut_arr(c->other);
    op->value = yyjson_mut_arr(c->other);
    bool ok = op->before && op->value;
    yyjson_mut_arr_foreach(full, i, max, item)
    {
        if (index_in(other, twin_slot(c, item)->other, &at) && !seen[at]) {
            seen[at] = true;
            ok = ok && yyjson_mut_arr_add_uint(c->other, op->value, at);
        }
    }
    for (i = 0; i < n; i++) {
        ok = ok && yyjson_mut_arr_add_uint(c->other, op->before, i);
        if (!seen[i])
            ok = ok && yyjson_mut_arr_add_uint(c->other, op->value, i);
    }
    return ok ? 0 : out_of_memory(err);
}

/* The full copy has taken the operation: what stands at its place there, and what stands for it in the other copy. */
static void twins_after(struct choose *c, const struct resume_op *full, const struct resume_op *other, bool chosen)
{
    if ((full->kind != RESUME_OP_SET && full->kind != RESUME_OP_INSERT) || !other->path.p)
        return;
    yyjson_mut_val *x = yyjson_mut_doc_ptr_getn(c->full, full->path.p, full->path.n);
    yyjson_mut_val *y = yyjson_mut_doc_ptr_getn(c->other, other->path.p, other->path.n);
    if (!x || !y)
        return;
    if (chosen)
        twins_note(c, x, y);
    else if (full->kind == RESUME_OP_SET)
        *twin_slot(c, x) = (struct twin){x, y};
}

static int take(struct choose *c, yyjson_val *item, bool chosen, struct resume_op *ret, struct resume_op *inverse,
                struct err *err)
{
    struct resume_op full, other;
    int rc = resume_op_read(c->full, item, &full, err);
    if (rc == 0)
        rc = resume_op_read(c->other, item, &other, err);
    if (rc)
        return rc;
    c->apart = c->apart || !chosen;
    if (c->apart && full.kind == RESUME_OP_MOVE && chosen)
        return place_lost(&full, err);
    if (c->apart) {
        rc = rebase(c, &full, &other.path, err);
        if (rc && chosen)
            return rc;
        if (rc)
            other.path = (struct str){0};
    }
    rc = resume_op_apply(c->full, &full, err);
    if (rc == 0 && chosen && c->apart && full.kind == RESUME_OP_REORDER)
        rc = rebase_order(c, &other, yyjson_mut_doc_ptr_getn(c->full, full.path.p, full.path.n), err);
    if (rc == 0 && chosen)
        rc = resume_op_invert(c->a, c->other, &other, inverse, err);
    struct resume_op kept = other; /* the document takes the value, and later operations may change it there */
    kept.value = chosen && other.value ? yyjson_mut_val_mut_copy(c->other, other.value) : NULL;
    if (rc == 0 && chosen && other.value && !kept.value)
        rc = out_of_memory(err);
    if (rc == 0 && chosen)
        rc = resume_op_apply(c->other, &other, err);
    if (rc)
        return rc;
    twins_after(c, &full, &other, chosen);
    if (chosen)
        *ret = kept;
    return 0;
}

int resume_ops_choose(struct arena *a, yyjson_val *document, yyjson_val *ops, const bool *chosen,
                      struct resume_chosen *ret, size_t *ret_at, struct err *err)
{
    struct choose c;
    size_t n = yyjson_arr_size(ops), i, max;
    yyjson_val *item;
    *ret_at = 0;
    if (n > RESUME_OPS_MAX)
        return err_set(err, ERR_LIMIT, "at most %d operations", RESUME_OPS_MAX);
    *ret = (struct resume_chosen){.ops = ARENA_NEW_N(a, struct resume_op, n + 1),
                                  .inverse = ARENA_NEW_N(a, struct resume_op, n + 1)};
    if (!ret->ops || !ret->inverse)
        return out_of_memory(err);
    int rc = choose_init(&c, a, document, ops, err);
    yyjson_arr_foreach(ops, i, max, item)
    {
        if (rc)
            break;
        *ret_at = i;
        rc = take(&c, item, chosen[i], &ret->ops[i], &ret->inverse[i], err);
    }
    ret->doc = c.other;
    return rc;
}

bool resume_op_needs(const struct resume_op *op, const struct resume_op *earlier)
{
    struct str there =
        earlier->kind == RESUME_OP_MOVE && yyjson_mut_is_str(earlier->value)
            ? (struct str){.p = yyjson_mut_get_str(earlier->value), .n = yyjson_mut_get_len(earlier->value)}
            : earlier->path;
    if (earlier->kind == RESUME_OP_REMOVE || earlier->kind == RESUME_OP_REORDER || op->path.n < there.n)
        return false;
    bool same = op->path.n == there.n;
    if (memcmp(op->path.p, there.p, there.n) != 0 || (!same && op->path.p[there.n] != '/'))
        return false;
    /* another element put at the same position of an array moves the first one on */
    return !same || op->kind != RESUME_OP_INSERT;
}
