/* What a model proposes for a résumé: read, held to the rule of tailor_judge.c, recorded as operations like any other,
 * or listed with the reason why not. */
#include "base/utf8.h"
#include "pipeline/engine/posting_internal.h"
#include "pipeline/engine/tailor_parts.h"

#define LINE_MAX_BYTES   2000
#define REASON_MAX_BYTES 300
#define OWN_REASON       "The model's wording: it stands nearer to the words of the posting and says what the line says."

static struct str one_line(struct arena *a, struct str s, size_t max)
{
    s = utf8_cut(str_trim(s), max);
    char *out = arena_strndup(a, s.p ? s.p : "", s.n);
    size_t n = 0;
    for (size_t i = 0; out && i < s.n; i++) {
        bool blank = str_is_space(s.p[i]) || (unsigned char)s.p[i] < 0x20;
        if (!blank || (n && out[n - 1] != ' '))
            out[n++] = blank ? ' ' : s.p[i];
    }
    return str_trim((struct str){.p = out ? out : "", .n = n});
}

static bool atom_named(const struct profile *p, struct str id, size_t *ret)
{
    for (size_t i = 0; i < p->atoms_n; i++)
        if (str_eq(p->atoms[i].id, id)) {
            *ret = i;
            return true;
        }
    return false;
}

static void requirements_read(const struct analysis *an, yyjson_val *ids, struct tailor_proposal *x)
{
    size_t i, max;
    yyjson_val *id;
    yyjson_arr_foreach(ids, i, max, id)
    {
        for (size_t k = 0; k < an->requirements_n && x->requirements_n < TAILOR_PROPOSAL_IDS_MAX; k++)
            if (str_eq(an->requirements[k].id, json_str(id))) {
                x->requirements[x->requirements_n++] = &an->requirements[k];
                break;
            }
        if (x->requirements_n == TAILOR_PROPOSAL_IDS_MAX)
            return;
    }
}

static void line_read(struct arena *a, const struct analysis *an, const struct profile *p, yyjson_val *item,
                      struct tailor_proposals *ret)
{
    struct tailor_proposal x = {.text = one_line(a, json_get_str(item, "text"), LINE_MAX_BYTES),
                                .reason = one_line(a, json_get_str(item, "reason"), REASON_MAX_BYTES)};
    if (!atom_named(p, json_get_str(item, "evidence_id"), &x.atom)) {
        ret->unknown++;
        return;
    }
    if (str_eq(x.text, p->atoms[x.atom].text))
        return; /* nothing is proposed */
    x.atoms[x.atoms_n++] = x.atom;
    requirements_read(an, json_get_arr(item, "requirement_ids"), &x);
    if (x.reason.n == 0 || posting_guard_speaks(x.reason))
        x.reason = STR(OWN_REASON);
    if (p->atoms[x.atom].kind != ATOM_HIGHLIGHT)
        x.reject_code = "NOT_A_LINE";
    else if (x.text.n == 0)
        x.reject_code = "EMPTY";
    for (size_t i = 0; i < ret->n; i++)
        if (!ret->items[i].summary && ret->items[i].atom == x.atom)
            x.reject_code = "REPEATED";
    ret->items[ret->n++] = x;
}

static void summary_read(struct arena *a, const struct profile *p, yyjson_val *reply, struct tailor_proposals *ret)
{
    struct tailor_proposal x = {.summary = true,
                                .text = one_line(a, json_get_str(reply, "summary"), LINE_MAX_BYTES),
                                .reason = STR(
                                    "The model's summary: what the posting asks for first, from the lines it names.")};
    size_t i, max, atom;
    yyjson_val *id;
    if (x.text.n == 0 || str_eq(x.text, p->summary))
        return;
    for (size_t k = 0; k < p->atoms_n; k++) /* the candidate's own summary is always among what it rests on */
        if (p->atoms[k].kind == ATOM_SUMMARY && str_eqc(p->atoms[k].pointer, "/basics/summary"))
            x.atoms[x.atoms_n++] = k;
    yyjson_arr_foreach(json_get_arr(reply, "summary_evidence_ids"), i, max, id)
    {
        bool known = x.atoms_n == TAILOR_PROPOSAL_IDS_MAX;
        if (known)
            break;
        if (!atom_named(p, json_str(id), &atom))
            continue;
        for (size_t k = 0; k < x.atoms_n; k++)
            known = known || x.atoms[k] == atom;
        if (!known)
            x.atoms[x.atoms_n++] = atom;
    }
    if (x.atoms_n == 0)
        x.reject_code = "NO_EVIDENCE";
    ret->items[ret->n++] = x;
}

bool tailor_proposals_read(struct arena *a, const struct analysis *an, const struct profile *p, yyjson_val *reply,
                           struct tailor_proposals *ret)
{
    size_t i, max;
    yyjson_val *item;
    *ret = (struct tailor_proposals){0};
    summary_read(a, p, reply, ret);
    yyjson_arr_foreach(json_get_arr(reply, "rewrites"), i, max, item)
    {
        if (ret->n == TAILOR_PROPOSALS_MAX)
            break;
        line_read(a, an, p, item, ret);
    }
    return arena_try_alloc(a, 1) != NULL;
}

/* -- into the document -- */

static bool holds(struct tailor *t, struct tailor_proposal *x, struct str before)
{
    struct tailor_text text = {.value = x->text,
                               .before = before,
                               .atoms = x->atoms,
                               .atoms_n = x->atoms_n,
                               .rule = x->summary ? TAILOR_RULE_SUMMARY : TAILOR_RULE_LINE};
    struct str word;
    const char *code;
    if (tailor_text_holds(t->p, &text, &word, &code))
        return true;
    x->reject_code = code;
    return false;
}

static void op_fill(const struct tailor_proposal *x, struct tailor_op *op)
{
    op->origin = "model";
    op->reason = x->reason;
    for (size_t i = 0; i < x->atoms_n; i++)
        tailor_op_atom(op, x->atoms[i]);
    for (size_t i = 0; i < x->requirements_n; i++)
        op->requirements[op->requirements_n++] = x->requirements[i];
}

int tailor_propose_line(struct tailor *t, size_t atom, struct str before, bool *ret_taken, struct err *err)
{
    *ret_taken = false;
    for (size_t i = 0; i < t->proposals->n; i++) {
        struct tailor_proposal *x = &t->proposals->items[i];
        if (x->summary || x->atom != atom || x->reject_code)
            continue;
        t->placed[i] = true;
        struct tailor_op op = {0};
        if (before.n == 0 || !holds(t, x, before))
            return 0;
        op_fill(x, &op);
        *ret_taken = true;
        return tailor_set(t, &op, t->p->atoms[atom].pointer.p, before, x->text, err);
    }
    return 0;
}

int tailor_propose_summary(struct tailor *t, bool *ret_taken, struct err *err)
{
    *ret_taken = false;
    struct tailor_proposal *x = t->proposals && t->proposals->n ? &t->proposals->items[0] : NULL;
    struct str old = json_get_str(json_get_obj(t->p->document, "basics"), "summary");
    if (!x || !x->summary || x->reject_code || !t->english || old.n > TAILOR_SUMMARY_MAX_BYTES ||
        !json_get_obj(t->p->document, "basics"))
        return 0;
    t->placed[0] = true;
    if (!holds(t, x, old))
        return 0;
    struct tailor_op op = {0};
    yyjson_mut_val *now = yyjson_mut_doc_ptr_get(t->doc, "/basics/summary");
    op_fill(x, &op);
    tailor_op_rows(t, &op);
    op.op.kind = now ? RESUME_OP_SET : RESUME_OP_INSERT;
    op.op.path = STR("/basics/summary");
    op.op.before = now ? yyjson_mut_val_mut_copy(t->doc, now) : NULL;
    op.op.value = yyjson_mut_strncpy(t->doc, x->text.p, x->text.n);
    *ret_taken = true;
    return tailor_do(t, &op, err);
}

static void emit_rejected(struct tailor *t, struct emit *e, const struct tailor_proposal *x)
{
    struct str path = x->summary ? STR("/basics/summary") : t->p->atoms[x->atom].pointer,
               before = json_str(yyjson_ptr_getn(t->p->document, path.p, path.n));
    emit_obj(e, NULL);
    emit_strc(e, "op", x->summary && before.n == 0 ? "insert" : "set");
    emit_str(e, "path", path);
    if (before.n)
        emit_str(e, "before", before);
    else
        emit_null(e, "before");
    emit_str(e, "value", x->text);
    emit_str(e, "reason", x->reason);
    emit_arr(e, "requirement_ids");
    for (size_t k = 0; k < x->requirements_n; k++)
        emit_str(e, NULL, x->requirements[k]->id);
    emit_arr_end(e);
    emit_arr(e, "evidence_ids");
    for (size_t k = 0; k < x->atoms_n; k++)
        emit_str(e, NULL, t->p->atoms[x->atoms[k]].id);
    emit_arr_end(e);
    emit_strc(e, "origin", "model");
    emit_strc(e, "verdict", "rejected");
    emit_strc(e, "reject_code", x->reject_code);
    emit_obj_end(e);
}

void tailor_proposals_emit(struct tailor *t, struct emit *e)
{
    emit_arr(e, "rejected_ops");
    for (size_t i = 0; i < t->proposals->n; i++) {
        struct tailor_proposal *x = &t->proposals->items[i];
        if (!x->reject_code && !t->placed[i])
            x->reject_code = "NOT_SHOWN"; /* the line was left out, or nothing is worded */
        if (x->reject_code)
            emit_rejected(t, e, x);
    }
    emit_arr_end(e);
}
