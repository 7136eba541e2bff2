/* Plans the operations, applies each to a copy of the document as it is planned, and writes the result with what it
 * takes to undo it.
 *
 * Order of the operations: within one list first wording (places as in the profile), then taking out from the end on,
 * then additions, then the order, so that no operation moves the place of one before it and any of them can be refused.
 *
 * Invariants: no entry is ever dropped; names, titles, dates never change; every wording passed tailor_text_holds. */
#include "pipeline/engine/tailor.h"

#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define SOFT_FACTOR       0.15 /* examples of soft skills do not decide the order */
#define SKILL_FACTOR      0.3
#define NAMES_MAX         3
#define NAME_QUOTE_BYTES  70
#define REASON_BYTES      300
#define ENGLISH_ATOMS_MAX 24

int tailor_do(struct tailor *t, struct tailor_op *op, struct err *err)
{
    if (t->ops_n == TAILOR_OPS_MAX)
        return 0;
    int rc = resume_op_invert(t->a, t->doc, &op->op, &op->inverse, err);
    if (rc == 0)
        rc = resume_op_apply(t->doc, &op->op, err);
    if (rc)
        return rc;
    op->reason.n = MIN(op->reason.n, (size_t)REASON_BYTES);
    while (op->reason.n && op->reason.n == REASON_BYTES && ((unsigned char)op->reason.p[op->reason.n - 1] & 0x80))
        op->reason.n--;
    t->ops[t->ops_n++] = *op;
    return 0;
}

void tailor_op_atom(struct tailor_op *op, size_t atom)
{
    for (size_t i = 0; i < op->atoms_n; i++)
        if (op->atoms[i] == atom)
            return;
    if (op->atoms_n < TAILOR_OP_IDS_MAX)
        op->atoms[op->atoms_n++] = atom;
}

static bool row_names(const struct match_row *row, const size_t *atoms, size_t n)
{
    for (size_t k = 0; k < row->atoms_n; k++)
        for (size_t i = 0; i < n; i++)
            if (row->atoms[k] == atoms[i])
                return true;
    return false;
}

void tailor_op_rows(struct tailor *t, struct tailor_op *op)
{
    for (size_t i = 0; i < t->m->rows_n && op->requirements_n < TAILOR_OP_IDS_MAX; i++)
        if (row_names(&t->m->rows[i], op->atoms, op->atoms_n))
            op->requirements[op->requirements_n++] = t->m->rows[i].requirement;
}

int tailor_set(struct tailor *t, struct tailor_op *op, const char *path, struct str before, struct str value,
               struct err *err)
{
    op->op.kind = RESUME_OP_SET;
    op->op.path = phrase_printf(t->a, "%s", path);
    op->op.before = yyjson_mut_strncpy(t->doc, before.p, before.n);
    op->op.value = yyjson_mut_strncpy(t->doc, value.p, value.n);
    if (op->requirements_n == 0)
        tailor_op_rows(t, op);
    return tailor_do(t, op, err);
}

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

int tailor_atom_at(struct tailor *t, const char *path, size_t index)
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

bool tailor_list_read(struct tailor *t, const char *path, struct tailor_list *ret)
{
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    ret->n = yyjson_arr_size(yyjson_ptr_get(t->p->document, path));
    if (ret->n == 0 || ret->n > TAILOR_LIST_MAX) {
        ret->n = 0;
        return false;
    }
    for (size_t i = 0; i < ret->n; i++) {
        ret->atom[i] = tailor_atom_at(t, path, i);
        ret->asked[i] = ret->atom[i] >= 0 ? t->asked[ret->atom[i]] : 0;
    }
    return true;
}

double tailor_row_weight(const struct match_row *row)
{
    return row->requirement->weight * (row->requirement->priority == REQUIREMENT_REQUIRED ? 1.25 : 1.0);
}

struct str tailor_quote(struct tailor *t, struct str text, size_t max)
{
    struct str s = text;
    if (s.n > max) {
        s.n = max;
        while (s.n && s.p[s.n] != ' ')
            s.n--;
    }
    bool cut = s.n < text.n;
    while (s.n && strchr(".;,: ", s.p[s.n - 1]))
        s.n--;
    return phrase_printf(t->a, "“" STR_FMT "%s”", STR_ARG(s), cut ? " …" : "");
}

/* How a requirement is called in one of our sentences: its one skill, else a quote. */
static struct str name_of(struct tailor *t, const struct match_row *row)
{
    struct str text = row->requirement->text;
    const struct skill *only = row->requirement->skills_n == 1 ? skills_by_slug(row->requirement->skills[0]) : NULL;
    struct str word = phrase_skill_in(text, only);
    if (word.n && tailor_is_name(word, only))
        return tailor_spoken(t, word, only);
    if (row->requirement->kind == REQUIREMENT_SOFT || str_istarts(text, "you") || str_istarts(text, "we "))
        return (struct str){.p = "", .n = 0};
    return text.n ? tailor_quote(t, text, NAME_QUOTE_BYTES) : text;
}

static void name_add(struct str *names, size_t *n, struct str name)
{
    bool known = name.n == 0 || *n == NAMES_MAX;
    for (size_t k = 0; k < *n; k++)
        known = known || str_ifind(names[k], name) >= 0 || str_ifind(name, names[k]) >= 0;
    if (!known)
        names[(*n)++] = name;
}

static bool wanted_names(const struct tailor_wanted *w, const size_t *atoms, size_t n)
{
    for (size_t k = 0; k < w->have->atoms_n; k++)
        for (size_t i = 0; i < n; i++)
            if (w->have->atoms[k] == atoms[i])
                return true;
    return false;
}

bool tailor_many(struct str names)
{
    bool quoted = false;
    for (size_t i = 0; i + 5 <= names.n; i++) {
        quoted = memcmp(names.p + i, "“", 3) == 0 || (quoted && memcmp(names.p + i, "”", 3) != 0);
        if (!quoted && memcmp(names.p + i, " and ", 5) == 0)
            return true;
    }
    return false;
}

struct str tailor_names(struct tailor *t, const size_t *atoms, size_t n)
{
    struct str names[NAMES_MAX];
    size_t names_n = 0;
    for (size_t i = 0; i < t->wanted_n && names_n < NAMES_MAX; i++) {
        const struct tailor_wanted *w = &t->wanted[i];
        if (tailor_is_name(w->word, w->skill) && wanted_names(w, atoms, n))
            name_add(names, &names_n, tailor_spoken(t, w->word, w->skill));
    }
    for (size_t i = 0; i < t->m->rows_n && names_n == 0; i++)
        if (row_names(&t->m->rows[i], atoms, n))
            name_add(names, &names_n, name_of(t, &t->m->rows[i]));
    for (size_t i = 0; i < t->wanted_n && names_n == 0; i++)
        if (wanted_names(&t->wanted[i], atoms, n))
            name_add(names, &names_n, tailor_quote(t, t->wanted[i].word, NAME_QUOTE_BYTES));
    return phrase_join(t->a, names, names_n, "and");
}

static void asked_read(struct tailor *t)
{
    for (size_t i = 0; i < t->m->rows_n; i++) {
        const struct match_row *row = &t->m->rows[i];
        double w = tailor_row_weight(row) * match_status_value(row->status);
        if (row->requirement->kind == REQUIREMENT_SOFT)
            w *= SOFT_FACTOR;
        for (size_t k = 0; k < row->atoms_n; k++)
            t->asked[row->atoms[k]] += w / (1.0 + 0.25 * (double)k);
    }
    for (size_t i = 0; i < t->wanted_n; i++)
        for (size_t k = 0; k < t->wanted[i].have->atoms_n; k++)
            t->asked[t->wanted[i].have->atoms[k]] += SKILL_FACTOR * tailor_row_weight(t->wanted[i].row);
}

/* Whether the candidate's sentences are English: its small words are there, and more often than those of neighbours. */
bool tailor_is_english(const struct profile *p)
{
    static const char *const EN[] = {"the", "and", "of", "with", "for", "to", "from", "by", "a", "in", NULL};
    static const char *const OTHER[] = {"und",  "der",  "die", "das", "mit", "für", "von", "et",   "les", "des",
                                        "pour", "dans", "de",  "la",  "el",  "los", "con", "para", "en",  "het",
                                        "een",  "och",  "och", "med", "til", "do",  "da",  "dla",  "il",  NULL};
    size_t english = 0, other = 0, seen = 0;
    for (size_t i = 0; i < p->atoms_n && seen < ENGLISH_ATOMS_MAX; i++) {
        if (p->atoms[i].kind != ATOM_HIGHLIGHT && p->atoms[i].kind != ATOM_SUMMARY)
            continue;
        struct lex_text text;
        lex_text_init(&text, p->atoms[i].text);
        seen++;
        english += lex_text_has_any(&text, EN);
        other += lex_text_has_any(&text, OTHER);
    }
    return seen == 0 || (english > 0 && english > 2 * other);
}

/* Projects by what their best atom shows; certificates by their own. */
static int order_entries(struct tailor *t, struct err *err)
{
    struct tailor_list l = {.path = "/projects", .n = yyjson_arr_size(json_get_arr(t->p->document, "projects"))};
    for (size_t i = 0; i < TAILOR_LIST_MAX; i++)
        l.atom[i] = -1;
    for (size_t i = 0; i < t->p->atoms_n; i++) {
        const struct atom *x = &t->p->atoms[i];
        const struct employment *e = x->employment >= 0 ? &t->p->employments[x->employment] : NULL;
        if (!e || e->kind != EMPLOYMENT_PROJECT || e->index >= TAILOR_LIST_MAX || t->asked[i] <= l.asked[e->index])
            continue;
        l.asked[e->index] = t->asked[i];
        l.atom[e->index] = (int)i;
    }
    int rc = l.n > 1 && l.n <= TAILOR_LIST_MAX ? tailor_reorder(t, &l, "project", err) : 0;
    if (rc == 0 && tailor_list_read(t, "/certificates", &l))
        rc = tailor_reorder(t, &l, "certificate", err);
    return rc;
}

static int plan(struct tailor *t, struct err *err)
{
    if (t->o.strategy < TAILOR_NUDGE)
        return 0;
    int rc = tailor_skills(t, err);
    if (rc == 0)
        rc = tailor_highlights(t, err);
    if (rc == 0)
        rc = order_entries(t, err);
    bool taken = false;
    if (rc == 0 && t->o.strategy == TAILOR_FULL)
        rc = tailor_propose_summary(t, &taken, err);
    if (rc == 0 && t->o.strategy == TAILOR_FULL && !taken)
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

static void emit_op(struct tailor *t, struct emit *e, size_t at)
{
    const struct tailor_op *op = &t->ops[at];
    char id[32];
    snprintf(id, sizeof(id), "op%zu", at + 1);
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
    emit_arr(e, "requires");
    for (size_t k = 0; k < at; k++) {
        if (!resume_op_needs(&op->op, &t->ops[k].op))
            continue;
        snprintf(id, sizeof(id), "op%zu", k + 1);
        emit_strc(e, NULL, id);
    }
    emit_arr_end(e);
    emit_strc(e, "origin", op->origin ? op->origin : "rule");
    emit_strc(e, "verdict", "applied");
    emit_obj_end(e);
}

static void emit_ops(struct tailor *t, struct emit *e)
{
    emit_arr(e, "ops");
    for (size_t i = 0; i < t->ops_n; i++)
        emit_op(t, e, i);
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
        if (op->position)
            emit_int(e, "position", (long long)op->position - 1);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static void emit_judgement(struct tailor *t, struct emit *e)
{
    struct tailor_text texts[TAILOR_OPS_MAX];
    struct tailor_judged j = {.a = t->a, .p = t->p, .after = yyjson_mut_doc_get_root(t->doc), .texts = texts};
    j.before = yyjson_val_mut_copy(t->doc, t->p->document);
    for (size_t i = 0; i < t->ops_n; i++) {
        const struct tailor_op *op = &t->ops[i];
        if ((op->op.kind != RESUME_OP_SET && op->op.kind != RESUME_OP_INSERT) || !yyjson_mut_is_str(op->op.value))
            continue;
        texts[j.texts_n++] =
            (struct tailor_text){.value = tailor_str(op->op.value),
                                 .before = tailor_str(op->op.before),
                                 .atoms = op->atoms,
                                 .atoms_n = op->atoms_n,
                                 .rule = !op->origin                               ? TAILOR_RULE_WORDS
                                         : str_eqc(op->op.path, "/basics/summary") ? TAILOR_RULE_SUMMARY
                                                                                   : TAILOR_RULE_LINE};
    }
    tailor_judge(&j, e);
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
    emit_int(&e, "revision", 0);
    emit_raw(&e, "document", document, n);
    emit_ops(t, &e);
    if (t->proposals)
        tailor_proposals_emit(t, &e);
    tailor_coverage(t, &e);
    emit_judgement(t, &e);
    emit_obj_end(&e);
    return emit_take(&e, t->a, ret, err);
}

int tailor_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct tailor_options o, struct str *ret, struct err *err)
{
    return tailor_make_with(a, an, p, m, o, NULL, ret, err);
}

bool tailor_takes_wording(const struct analysis *an, const struct profile *p, struct tailor_options o)
{
    return (o.strategy == 0 || o.strategy == TAILOR_FULL) && (an->language.n == 0 || str_eqc(an->language, "en")) &&
           tailor_is_english(p);
}

int tailor_make_with(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                     struct tailor_options o, struct tailor_proposals *proposals, struct str *ret, struct err *err)
{
    struct tailor *t = arena_try_alloc(a, sizeof(*t));
    if (!t)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    *t = (struct tailor){.a = a, .an = an, .p = p, .m = m, .o = o, .doc = json_mut_new(a), .proposals = proposals};
    t->o.strategy = o.strategy ? o.strategy : TAILOR_FULL;
    t->ops = arena_try_alloc(a, sizeof(*t->ops) * TAILOR_OPS_MAX); /* each is written whole when it is planned */
    t->asked = ARENA_NEW_N(a, double, p->atoms_n + 1);
    yyjson_mut_val *root = t->doc ? yyjson_val_mut_copy(t->doc, p->document) : NULL;
    if (!root || !t->ops || !t->asked)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    yyjson_mut_doc_set_root(t->doc, root);
    t->english = (an->language.n == 0 || str_eqc(an->language, "en")) && tailor_is_english(p);
    tailor_wanted_read(t);
    asked_read(t);
    int rc = plan(t, err);
    return rc ? rc : write_result(t, ret, err);
}
