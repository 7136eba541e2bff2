/* A tailored résumé with only some of its operations. The profile is not needed: undoing everything gives it back byte
 * for byte, and reading it again gives the same evidence under the same ids. */
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

struct apply {
    struct arena *a;
    const struct tailor_choice *choice;
    yyjson_val *root, *ops;
    size_t ops_n;
    bool taken[RESUME_OPS_MAX];
    size_t named[RESUME_OPS_MAX]; /* position in the choice + 1; 0: not named */
    struct profile *p;
    yyjson_val *original; /* the profile's document */
    struct resume_chosen chosen;
};

static const char *const LIST[] = {"accept", "reject"};

static struct str op_id(struct apply *t, size_t i)
{
    return json_get_str(yyjson_arr_get(t->ops, i), "op_id");
}

static int choice_read(struct apply *t, struct err *err)
{
    const struct tailor_choice *c = t->choice;
    char at[64];
    for (size_t i = 0; i < t->ops_n; i++)
        t->taken[i] = c->reject;
    for (size_t k = 0; k < c->op_ids_n; k++) {
        size_t i = 0;
        while (i < t->ops_n && !str_eq(op_id(t, i), c->op_ids[k]))
            i++;
        snprintf(at, sizeof(at), "/%s/%zu", LIST[c->reject], k);
        if (i == t->ops_n)
            return err_set_at(err, ERR_INVALID, at, "%s: the résumé has no such operation", at);
        if (t->named[i])
            return err_set_at(err, ERR_INVALID, at, "%s: the operation is named twice", at);
        t->named[i] = k + 1;
        t->taken[i] = !c->reject;
    }
    return 0;
}

/* Where the client said something about the operation at fault, or its place in the résumé. */
static int blame(struct apply *t, size_t op, size_t other, struct err *err, const char *why)
{
    char at[64];
    struct str id = op_id(t, op), needed = op_id(t, other);
    size_t named = t->named[op] ? t->named[op] : other != op ? t->named[other] : 0;
    if (named)
        snprintf(at, sizeof(at), "/%s/%zu", LIST[t->choice->reject], named - 1);
    else
        snprintf(at, sizeof(at), "/ops/%zu", op);
    if (other != op)
        return err_set_at(err, ERR_CONFLICT, at, STR_FMT " needs " STR_FMT ", which is left out", STR_ARG(id),
                          STR_ARG(needed));
    return err_set_at(err, ERR_CONFLICT, at, STR_FMT ": %s", STR_ARG(id), why);
}

static int requires_check(struct apply *t, struct err *err)
{
    for (size_t i = 0; i < t->ops_n; i++) {
        size_t k, n;
        yyjson_val *needed;
        yyjson_arr_foreach(json_get_arr(yyjson_arr_get(t->ops, i), "requires"), k, n, needed)
        {
            for (size_t x = 0; t->taken[i] && x < t->ops_n; x++)
                if (str_eq(op_id(t, x), json_str(needed)) && !t->taken[x])
                    return blame(t, i, x, err, "");
        }
    }
    return 0;
}

static int corrupt(struct err *err)
{
    return err_set(err, ERR_CORRUPT, "the stored résumé could not be read");
}

static int original_read(struct apply *t, struct err *err)
{
    struct str text;
    int rc =
        resume_ops_apply(t->a, json_get_obj(t->root, "document"), json_get_arr(t->root, "inverse_ops"), &text, err);
    if (rc == 0)
        rc = profile_read(t->a, text, &t->p, err);
    if (rc)
        return err && err->code == ERR_MEMORY ? rc : corrupt(err);
    t->original = t->p->document;
    return 0;
}

static void emit_mut(struct apply *t, struct emit *e, const char *key, const yyjson_mut_val *v)
{
    size_t n = 0;
    char *text = v ? json_write_mut(t->a, v, &n) : NULL;
    if (text)
        emit_raw(e, key, text, n);
    else
        emit_null(e, key);
}

static void emit_val(struct apply *t, struct emit *e, const char *key, yyjson_val *v)
{
    size_t n = 0;
    char *text = json_write(t->a, v, &n);
    if (text)
        emit_raw(e, key, text, n);
    else
        emit_null(e, key);
}

/* The operation as it was written, with its verdict; where it was moved, with its new place and order. */
static void emit_op(struct apply *t, struct emit *e, size_t at, yyjson_val *item)
{
    const struct resume_op *op = &t->chosen.ops[at];
    size_t i, n;
    yyjson_val *key, *v;
    emit_obj(e, NULL);
    yyjson_obj_foreach(item, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        bool taken = t->taken[at];
        if (yyjson_equals_str(key, "verdict"))
            emit_strc(e, name, taken ? "applied" : "rejected");
        else if (taken && yyjson_equals_str(key, "path"))
            emit_str(e, name, op->path);
        else if (taken && yyjson_equals_str(key, "before") && op->kind == RESUME_OP_REORDER)
            emit_mut(t, e, name, op->before);
        else if (taken && yyjson_equals_str(key, "value") && op->kind == RESUME_OP_REORDER)
            emit_mut(t, e, name, op->value);
        else if (!yyjson_equals_str(key, "reject_code"))
            emit_val(t, e, name, v);
    }
    if (!t->taken[at])
        emit_strc(e, "reject_code", "USER");
    emit_obj_end(e);
}

static void emit_ops(struct apply *t, struct emit *e)
{
    size_t i, n;
    yyjson_val *item;
    emit_arr(e, "ops");
    yyjson_arr_foreach(t->ops, i, n, item) emit_op(t, e, i, item);
    emit_arr_end(e);
}

static void emit_inverse(struct apply *t, struct emit *e)
{
    emit_arr(e, "inverse_ops");
    for (size_t i = t->ops_n; i > 0; i--) {
        const struct resume_op *op = &t->chosen.inverse[i - 1];
        if (!t->taken[i - 1])
            continue;
        emit_obj(e, NULL);
        emit_str(e, "undoes", op_id(t, i - 1));
        emit_strc(e, "op", resume_op_name(op->kind));
        emit_str(e, "path", op->path);
        emit_mut(t, e, "before", op->before);
        emit_mut(t, e, "value", op->value);
        if (op->position)
            emit_int(e, "position", (long long)op->position - 1);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

/* Evidence ids of the stored operation as atoms. */
static size_t atoms_of(struct apply *t, size_t op, size_t *ret, size_t max)
{
    size_t i, n, count = 0;
    yyjson_val *id;
    yyjson_arr_foreach(json_get_arr(yyjson_arr_get(t->ops, op), "evidence_ids"), i, n,
                       id) for (size_t k = 0; k < t->p->atoms_n && count < max;
                                k++) if (str_eq(t->p->atoms[k].id, json_str(id)))
    {
        ret[count++] = k;
        break;
    }
    return count;
}

static int judge(struct apply *t, struct emit *e, struct err *err)
{
    struct tailor_text *texts = ARENA_NEW_N(t->a, struct tailor_text, t->ops_n + 1);
    struct tailor_judged j = {.a = t->a, .p = t->p, .after = yyjson_mut_doc_get_root(t->chosen.doc), .texts = texts};
    j.before = yyjson_val_mut_copy(t->chosen.doc, t->original);
    if (!texts || !j.before)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    for (size_t i = 0; i < t->ops_n; i++) {
        const struct resume_op *op = &t->chosen.ops[i];
        if (!t->taken[i] || !yyjson_mut_is_str(op->value) || op->kind == RESUME_OP_MOVE)
            continue;
        size_t *atoms = ARENA_NEW_N(t->a, size_t, TAILOR_OP_IDS_MAX);
        if (!atoms)
            return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
        yyjson_val *item = yyjson_arr_get(t->ops, i);
        bool model = str_eqc(json_get_str(item, "origin"), "model");
        texts[j.texts_n++] =
            (struct tailor_text){.rule = !model                                                   ? TAILOR_RULE_WORDS
                                         : str_eqc(json_get_str(item, "path"), "/basics/summary") ? TAILOR_RULE_SUMMARY
                                                                                                  : TAILOR_RULE_LINE,
                                 .value = tailor_str(op->value),
                                 .before = tailor_str(op->before),
                                 .atoms = atoms,
                                 .atoms_n = atoms_of(t, i, atoms, TAILOR_OP_IDS_MAX)};
    }
    tailor_judge(&j, e);
    return 0;
}

static bool is_made_again(yyjson_val *key)
{
    static const char *const KEYS[] = {"document", "ops", "inverse_ops", "style", "guard", "claims", "revision", NULL};
    for (const char *const *k = KEYS; *k; k++)
        if (yyjson_equals_str(key, *k))
            return true;
    return false;
}

static int write_result(struct apply *t, struct str *ret, struct err *err)
{
    struct emit e;
    size_t i, n;
    yyjson_val *key, *v;
    emit_init(&e);
    emit_obj(&e, NULL);
    yyjson_obj_foreach(t->root, i, n, key, v)
    {
        if (yyjson_equals_str(key, "document"))
            emit_int(&e, "revision", t->choice->revision);
        if (yyjson_equals_str(key, "document"))
            emit_mut(t, &e, "document", yyjson_mut_doc_get_root(t->chosen.doc));
        else if (yyjson_equals_str(key, "ops"))
            emit_ops(t, &e);
        else if (yyjson_equals_str(key, "inverse_ops"))
            emit_inverse(t, &e);
        else if (!is_made_again(key))
            emit_val(t, &e, yyjson_get_str(key), v);
    }
    int rc = judge(t, &e, err);
    emit_obj_end(&e);
    if (rc) {
        emit_fini(&e);
        return rc;
    }
    return emit_take(&e, t->a, ret, err);
}

int tailor_apply(struct arena *a, struct str generated, const struct tailor_choice *choice, struct str *ret,
                 struct err *err)
{
    struct apply *t = ARENA_NEW(a, struct apply);
    size_t at;
    if (!t)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    t->a = a;
    t->choice = choice;
    if (json_parse_exact(a, generated, &t->root, err) < 0 || !json_get_obj(t->root, "document"))
        return corrupt(err);
    t->ops = json_get_arr(t->root, "ops");
    t->ops_n = yyjson_arr_size(t->ops);
    if (!t->ops || t->ops_n > RESUME_OPS_MAX)
        return corrupt(err);
    int rc = choice_read(t, err);
    if (rc == 0)
        rc = requires_check(t, err);
    if (rc == 0)
        rc = original_read(t, err);
    if (rc)
        return rc;
    rc = resume_ops_choose(a, t->original, t->ops, t->taken, &t->chosen, &at, err);
    if (rc && err && (err->code == ERR_CONFLICT || err->code == ERR_INVALID)) {
        char why[ERR_MSG_BYTES];
        snprintf(why, sizeof(why), "%.200s", err->msg);
        return blame(t, at, at, err, why);
    }
    return rc ? rc : write_result(t, ret, err);
}
