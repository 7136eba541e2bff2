/* Plans the operations, applies each to a copy of the document as it is planned, and writes the result with what it
 * takes to undo it.
 *
 * nudge     order of skill groups and their keywords
 * keywords  + order of the highlights within each entry
 * full      + highlights the posting does not care about are taken out where an entry has many, projects and
 * certificates are ordered, one line of evidence is added to the summary
 *
 * Invariants: no entry is ever dropped; names, titles, dates and the wording of the candidate never change; an entry
 * keeps at least KEEP_RECENT (two latest jobs) or KEEP_OTHER highlights. */
#include "pipeline/engine/tailor.h"

#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define KEEP_RECENT     4
#define KEEP_OTHER      3
#define LOW_RELEVANCE   0.22 /* below it the posting has next to nothing to do with the highlight */
#define ORDER_STEP      0.05 /* differences below it do not move anything */
#define MANY_HIGHLIGHTS 6
#define LIST_MAX        64 /* longer lists are left in the candidate's order */

int tailor_do(struct tailor *t, struct tailor_op *op, struct err *err)
{
    if (t->ops_n == TAILOR_OPS_MAX)
        return 0;
    int rc = resume_op_invert(t->a, t->doc, &op->op, &op->inverse, err);
    if (rc == 0)
        rc = resume_op_apply(t->doc, &op->op, err);
    if (rc)
        return rc;
    t->ops[t->ops_n++] = *op;
    return 0;
}

void tailor_op_atom(struct tailor *t UNUSED, struct tailor_op *op, size_t atom)
{
    for (size_t i = 0; i < op->atoms_n; i++)
        if (op->atoms[i] == atom)
            return;
    if (op->atoms_n < TAILOR_OP_IDS_MAX)
        op->atoms[op->atoms_n++] = atom;
}

void tailor_op_rows(struct tailor *t, struct tailor_op *op)
{
    for (size_t i = 0; i < t->m->rows_n && op->requirements_n < TAILOR_OP_IDS_MAX; i++) {
        const struct match_row *row = &t->m->rows[i];
        bool names = false;
        for (size_t k = 0; k < row->atoms_n; k++)
            for (size_t x = 0; x < op->atoms_n; x++)
                names = names || row->atoms[k] == op->atoms[x];
        if (names)
            op->requirements[op->requirements_n++] = row->requirement;
    }
}

/* One list of the document with a relevance per element. */
struct list {
    char path[96];
    size_t n;
    double relevance[LIST_MAX];
    int atom[LIST_MAX]; /* -1 when the element is no atom */
};

void tailor_path_element(char ret[TAILOR_PATH_BYTES], const char *path, size_t index)
{
    char digits[24];
    size_t n = strnlen(path, TAILOR_PATH_BYTES - 1), at = sizeof(digits);
    do
        digits[--at] = (char)('0' + index % 10);
    while (index /= 10);
    digits[--at] = '/';
    memcpy(ret, path, n);
    size_t k = MIN(sizeof(digits) - at, TAILOR_PATH_BYTES - 1 - n);
    memcpy(ret + n, digits + at, k);
    ret[n + k] = '\0';
}

static int atom_at(struct tailor *t, const char *path, size_t index)
{
    char pointer[TAILOR_PATH_BYTES];
    tailor_path_element(pointer, path, index);
    struct str want = str_of(pointer);
    for (size_t n = t->p->atoms_n, k = 0; k < n; k++) {
        size_t i = t->atom_hint + k < n ? t->atom_hint + k : t->atom_hint + k - n;
        if (str_eq(t->p->atoms[i].pointer, want)) {
            t->atom_hint = i + 1 < n ? i + 1 : 0;
            return (int)i;
        }
    }
    return -1;
}

/* false when the list is absent, too short to order or too long. */
static bool list_of_atoms(struct tailor *t, const char *path, struct list *ret)
{
    ret->n = 0;
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    ret->n = yyjson_arr_size(yyjson_ptr_get(t->p->document, path));
    if (ret->n < 2 || ret->n > LIST_MAX)
        return false;
    for (size_t i = 0; i < ret->n; i++) {
        ret->atom[i] = atom_at(t, path, i);
        ret->relevance[i] = ret->atom[i] >= 0 ? t->m->atom_relevance[ret->atom[i]] : 0;
    }
    return true;
}

static int rank(double relevance)
{
    return (int)(relevance / ORDER_STEP);
}

/* Stable order by falling relevance; true when it differs from the present one. */
static bool order_of(const struct list *l, size_t *order)
{
    bool moved = false;
    for (size_t i = 0; i < l->n; i++) {
        size_t at = i;
        for (; at > 0 && rank(l->relevance[order[at - 1]]) < rank(l->relevance[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
        moved = moved || at != i;
    }
    return moved;
}

static int reorder(struct tailor *t, const struct list *l, const char *what, struct err *err)
{
    size_t order[LIST_MAX];
    if (!order_of(l, order))
        return 0;
    struct tailor_op op = {.op = {.kind = RESUME_OP_REORDER, .path = phrase_printf(t->a, "%s", l->path)}};
    op.op.before = yyjson_mut_arr(t->doc);
    op.op.value = yyjson_mut_arr(t->doc);
    for (size_t i = 0; i < l->n; i++) {
        yyjson_mut_arr_add_uint(t->doc, op.op.before, i);
        yyjson_mut_arr_add_uint(t->doc, op.op.value, order[i]);
        if (order[i] != i && l->relevance[order[i]] >= ORDER_STEP && l->atom[order[i]] >= 0)
            tailor_op_atom(t, &op, (size_t)l->atom[order[i]]);
    }
    tailor_op_rows(t, &op);
    op.reason = phrase_printf(t->a, "%s this posting asks about come first.", what);
    return tailor_do(t, &op, err);
}

static int order_skills(struct tailor *t, struct err *err)
{
    size_t groups = yyjson_arr_size(json_get_arr(t->p->document, "skills"));
    struct list outer = {.path = "/skills", .n = groups};
    for (size_t g = 0; g < groups && groups <= LIST_MAX; g++) {
        char path[64];
        struct list inner;
        snprintf(path, sizeof(path), "/skills/%zu/keywords", g);
        list_of_atoms(t, path, &inner);
        outer.atom[g] = -1;
        for (size_t i = 0; inner.n <= LIST_MAX && i < inner.n; i++) {
            int atom = inner.n < 2 ? atom_at(t, path, i) : inner.atom[i];
            double r = atom >= 0 ? t->m->atom_relevance[atom] : 0;
            if (r > outer.relevance[g]) {
                outer.relevance[g] = r;
                outer.atom[g] = atom;
            }
        }
        if (inner.n < 2 || inner.n > LIST_MAX)
            continue;
        int rc = reorder(t, &inner, "Skills", err);
        if (rc)
            return rc;
    }
    return groups < 2 || groups > LIST_MAX ? 0 : reorder(t, &outer, "Groups with skills", err);
}

static int take_out(struct tailor *t, struct list *l, size_t at, struct err *err)
{
    struct tailor_op op = {.op = {.kind = RESUME_OP_REMOVE, .path = phrase_printf(t->a, "%s/%zu", l->path, at)}};
    yyjson_mut_val *v = yyjson_mut_doc_ptr_getn(t->doc, op.op.path.p, op.op.path.n);
    op.op.before = yyjson_mut_val_mut_copy(t->doc, v);
    op.reason =
        STR("None of the requirements or duties in the posting touch on this; the entry keeps its stronger points.");
    if (l->atom[at] >= 0)
        tailor_op_atom(t, &op, (size_t)l->atom[at]);
    int rc = tailor_do(t, &op, err);
    if (rc)
        return rc;
    for (size_t i = at; i + 1 < l->n; i++) {
        l->relevance[i] = l->relevance[i + 1];
        l->atom[i] = l->atom[i + 1];
    }
    l->n--;
    return 0;
}

/* A result with a number in one of the two latest jobs is worth its line even when the posting is silent about it. */
static bool is_protected(const struct tailor *t, const struct list *l, size_t i, bool recent)
{
    return l->atom[i] < 0 || (recent && t->p->atoms[l->atom[i]].has_number && l->n <= MANY_HIGHLIGHTS);
}

static int select_highlights(struct tailor *t, struct list *l, bool recent, struct err *err)
{
    while (l->n > (recent ? KEEP_RECENT : KEEP_OTHER)) {
        size_t worst = l->n;
        for (size_t i = 0; i < l->n; i++)
            if (!is_protected(t, l, i, recent) && (worst == l->n || l->relevance[i] <= l->relevance[worst]))
                worst = i;
        if (worst == l->n || l->relevance[worst] >= LOW_RELEVANCE)
            return 0;
        int rc = take_out(t, l, worst, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int highlights(struct tailor *t, struct err *err)
{
    for (size_t i = 0; i < t->p->employments_n; i++) {
        const struct employment *e = &t->p->employments[i];
        char path[64];
        struct list l;
        snprintf(path, sizeof(path), STR_FMT "/highlights", STR_ARG(e->pointer));
        if (!list_of_atoms(t, path, &l))
            continue;
        int rc = 0;
        if (t->o.strategy == TAILOR_FULL)
            rc = select_highlights(t, &l, e->kind == EMPLOYMENT_JOB && e->index < 2, err);
        if (rc == 0 && l.n > 1)
            rc = reorder(t, &l, "Points", err);
        if (rc)
            return rc;
    }
    return 0;
}

/* Projects by their best atom; certificates by their own. */
static int order_entries(struct tailor *t, struct err *err)
{
    struct list l = {.path = "/projects", .n = yyjson_arr_size(json_get_arr(t->p->document, "projects"))};
    for (size_t i = 0; i < LIST_MAX; i++)
        l.atom[i] = -1;
    for (size_t i = 0; i < t->p->atoms_n; i++) {
        const struct atom *x = &t->p->atoms[i];
        const struct employment *e = x->employment >= 0 ? &t->p->employments[x->employment] : NULL;
        if (!e || e->kind != EMPLOYMENT_PROJECT || e->index >= LIST_MAX ||
            t->m->atom_relevance[i] <= l.relevance[e->index])
            continue;
        l.relevance[e->index] = t->m->atom_relevance[i];
        l.atom[e->index] = (int)i;
    }
    int rc = l.n > 1 && l.n <= LIST_MAX ? reorder(t, &l, "Projects", err) : 0;
    if (rc == 0 && list_of_atoms(t, "/certificates", &l))
        rc = reorder(t, &l, "Certificates", err);
    return rc;
}

static int plan(struct tailor *t, struct err *err)
{
    int rc = 0;
    if (t->o.strategy >= TAILOR_NUDGE)
        rc = order_skills(t, err);
    if (rc == 0 && t->o.strategy >= TAILOR_KEYWORDS)
        rc = highlights(t, err);
    if (rc == 0 && t->o.strategy == TAILOR_FULL)
        rc = order_entries(t, err);
    if (rc == 0 && t->o.strategy == TAILOR_FULL)
        rc = tailor_summary(t, err);
    return rc;
}

static void emit_value(struct tailor *t, struct emit *e, const char *key, const yyjson_mut_val *v)
{
    size_t n = 0;
    char *text = v ? json_write_mut(t->a, v, &n) : NULL;
    if (text)
        emit_raw(e, key, text, n);
    else
        emit_null(e, key);
}

static void emit_ops(struct tailor *t, struct emit *e)
{
    emit_arr(e, "ops");
    for (size_t i = 0; i < t->ops_n; i++) {
        const struct tailor_op *op = &t->ops[i];
        char id[32];
        snprintf(id, sizeof(id), "op%zu", i + 1);
        emit_obj(e, NULL);
        emit_strc(e, "op_id", id);
        emit_strc(e, "op", resume_op_name(op->op.kind));
        emit_str(e, "path", op->op.path);
        emit_value(t, e, "before", op->op.before);
        emit_value(t, e, "value", op->op.value);
        emit_str(e, "reason", op->reason);
        emit_arr(e, "requirement_ids");
        for (size_t k = 0; k < op->requirements_n; k++)
            emit_str(e, NULL, op->requirements[k]->id);
        emit_arr_end(e);
        emit_arr(e, "evidence_ids");
        for (size_t k = 0; k < op->atoms_n; k++)
            emit_str(e, NULL, t->p->atoms[op->atoms[k]].id);
        emit_arr_end(e);
        emit_strc(e, "origin", "rule");
        emit_strc(e, "verdict", "applied");
        emit_obj_end(e);
    }
    emit_arr_end(e);
    emit_arr(e, "inverse_ops");
    for (size_t i = t->ops_n; i > 0; i--) {
        const struct resume_op *op = &t->ops[i - 1].inverse;
        char id[32];
        snprintf(id, sizeof(id), "op%zu", i);
        emit_obj(e, NULL);
        emit_strc(e, "undoes", id);
        emit_strc(e, "op", resume_op_name(op->kind));
        emit_str(e, "path", op->path);
        emit_value(t, e, "before", op->before);
        emit_value(t, e, "value", op->value);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static int write_result(struct tailor *t, struct str *ret, struct err *err)
{
    static const char *const STRATEGY[] = {
        [TAILOR_NONE] = "none", [TAILOR_NUDGE] = "nudge", [TAILOR_KEYWORDS] = "keywords", [TAILOR_FULL] = "full"};
    struct emit e;
    size_t n = 0;
    char *document = json_write_mut(t->a, yyjson_mut_doc_get_root(t->doc), &n);
    if (!document)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_int(&e, "schema_version", 1);
    emit_strc(&e, "strategy", STRATEGY[t->o.strategy]);
    emit_strc(&e, "language", "en");
    emit_raw(&e, "document", document, n);
    emit_ops(t, &e);
    tailor_coverage(t, &e);
    tailor_guard(t, &e);
    tailor_claims(t, &e);
    emit_obj_end(&e);
    return emit_take(&e, t->a, ret, err);
}

int tailor_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct tailor_options o, struct str *ret, struct err *err)
{
    struct tailor t = {.a = a, .an = an, .p = p, .m = m, .o = o, .doc = json_mut_new(a)};
    t.o.strategy = o.strategy ? o.strategy : TAILOR_FULL;
    t.ops = arena_try_alloc(a, sizeof(*t.ops) * TAILOR_OPS_MAX); /* each is written whole when it is planned */
    t.summary_atoms = ARENA_NEW_N(a, size_t, TAILOR_OP_IDS_MAX);
    yyjson_mut_val *root = t.doc ? yyjson_val_mut_copy(t.doc, p->document) : NULL;
    if (!root || !t.ops || !t.summary_atoms)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    yyjson_mut_doc_set_root(t.doc, root);
    int rc = plan(&t, err);
    return rc ? rc : write_result(&t, ret, err);
}
