/* The ledger as JSON, and finished documents through the check. A document's own fields stay byte for byte; guard,
 * claims and document_hash are replaced. */
#include "pipeline/engine/emit.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/facts/facts_parts.h"
#include "pipeline/render/render.h"

#define PATHS_MAX           2000
#define PATHS_DEPTH_MAX     8
#define PATHS_POINTER_BYTES 200

static void emit_violation(struct emit *e, const struct facts_violation *v)
{
    emit_obj(e, NULL);
    emit_strc(e, "code", facts_code_name(v->code));
    emit_strc(e, "severity", facts_verdict_name(facts_code_severity(v->code)));
    emit_obj(e, "span");
    emit_int(e, "start", (long long)v->start);
    emit_int(e, "end", (long long)v->end);
    emit_obj_end(e);
    emit_str(e, "text", v->text);
    if (v->closest.n) {
        emit_obj(e, "closest_source");
        emit_str(e, "id", v->closest_id);
        emit_str(e, "text", v->closest);
        emit_obj_end(e);
    } else {
        emit_null(e, "closest_source");
    }
    emit_strc(e, "advice", facts_code_advice(v->code));
    emit_obj_end(e);
}

static void emit_sentence(struct emit *e, const struct facts_sentence *s, const char *text_key, struct str path)
{
    emit_obj(e, NULL);
    if (path.n)
        emit_str(e, "path", path);
    emit_str(e, text_key, s->text);
    emit_int(e, "start", (long long)s->start);
    emit_int(e, "end", (long long)s->end);
    emit_strc(e, "class", facts_class_name(s->class));
    emit_arr(e, "evidence_ids");
    for (size_t i = 0; i < s->evidence_n; i++)
        emit_str(e, NULL, s->evidence[i]);
    emit_arr_end(e);
    emit_strc(e, "relation", facts_relation_name(s->relation));
    emit_strc(e, "verdict", facts_verdict_name(s->verdict));
    emit_arr(e, "violations");
    for (size_t i = 0; i < s->violations_n; i++)
        emit_violation(e, &s->violations[i]);
    emit_arr_end(e);
    emit_obj_end(e);
}

int facts_to_json(struct arena *a, const struct facts_input *in, const struct facts_ledger *l, struct str *ret,
                  struct err *err)
{
    struct emit e;
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_strc(&e, "document_hash", l->document_hash);
    emit_int(&e, "ruleset_version", FACTS_RULESET_VERSION);
    emit_strc(&e, "kind", in->kind == FACTS_RESUME ? "resume" : "letter");
    emit_strc(&e, "verdict", facts_verdict_name(l->verdict));
    emit_arr(&e, "sentences");
    for (size_t i = 0; i < l->sentences_n; i++)
        emit_sentence(&e, &l->sentences[i], "text", (struct str){.p = "", .n = 0});
    emit_arr_end(&e);
    emit_obj_end(&e);
    return emit_take(&e, a, ret, err);
}

/* What the engine found and the check of facts cannot know (language, a block of its own) stays. */
static enum facts_verdict engine_violations(struct emit *e, yyjson_val *guard)
{
    size_t i, n;
    yyjson_val *v;
    bool block = str_eqc(json_get_str(guard, "verdict"), "block");
    yyjson_arr_foreach(json_get_arr(guard, "violations"), i, n, v)
    {
        yyjson_val *sev = yyjson_obj_get(v, "span");
        if (sev && yyjson_obj_get(v, "advice"))
            continue; /* of an earlier run of this check */
        struct arena one;
        size_t len;
        arena_init(&one, 65536);
        char *text = json_write(&one, v, &len);
        if (text)
            emit_raw(e, NULL, text, len);
        arena_fini(&one);
    }
    return block ? FACTS_BLOCK : str_eqc(json_get_str(guard, "verdict"), "warn") ? FACTS_WARN : FACTS_PASS;
}

static bool only_ours(yyjson_val *guard)
{
    size_t i, n;
    yyjson_val *v;
    yyjson_arr_foreach(json_get_arr(guard, "violations"), i, n, v)
    {
        if (!yyjson_obj_get(v, "advice"))
            return false;
    }
    return yyjson_arr_size(json_get_arr(guard, "violations")) > 0;
}

static void emit_guard(struct emit *e, yyjson_val *guard, const struct facts_ledger *l)
{
    emit_obj(e, "guard");
    emit_int(e, "ruleset_version", FACTS_RULESET_VERSION);
    emit_arr(e, "violations");
    enum facts_verdict v = engine_violations(e, guard);
    if (only_ours(guard))
        v = FACTS_PASS;
    for (size_t i = 0; i < l->sentences_n; i++)
        for (size_t k = 0; k < l->sentences[i].violations_n; k++)
            emit_violation(e, &l->sentences[i].violations[k]);
    emit_arr_end(e);
    emit_strc(e, "verdict", facts_verdict_name(MAX(v, l->verdict)));
    emit_obj_end(e);
}

/* Where the sentences of a rendered résumé stand in its document: both are in the same order, so the search goes on
 * from the string found last and starts again from the top once. */
struct paths {
    struct arena *a;
    struct str *text, *pointer;
    uint64_t *pairs; /* of each text: a bit for every two neighbouring bytes; part of it has no others */
    size_t n, max, at;
};

static uint64_t byte_pairs(struct str s)
{
    uint64_t bits = 0;
    for (size_t i = 1; i < s.n; i++)
        bits |= (uint64_t)1 << (((unsigned char)s.p[i - 1] * 7u + (unsigned char)s.p[i]) & 63);
    return bits;
}

static void paths_walk(struct paths *p, yyjson_val *v, char *pointer, int depth)
{
    size_t len = strlen(pointer), i, n;
    yyjson_val *key, *item;
    if (yyjson_is_str(v) && p->n < p->max) {
        char *copy = arena_strdup(p->a, pointer);
        p->text[p->n] = str_trim(json_str(v));
        p->pointer[p->n] = str_of(copy);
        p->pairs[p->n] = byte_pairs(p->text[p->n]);
        p->n += copy && p->text[p->n].n > 0;
    } else if (yyjson_is_arr(v) && depth < PATHS_DEPTH_MAX) {
        yyjson_arr_foreach(v, i, n, item)
        {
            json_pointer_add_index(pointer, PATHS_POINTER_BYTES, i);
            paths_walk(p, item, pointer, depth + 1);
            pointer[len] = 0;
        }
    } else if (yyjson_is_obj(v) && depth < PATHS_DEPTH_MAX) {
        yyjson_obj_foreach(v, i, n, key, item)
        {
            json_pointer_add(pointer, PATHS_POINTER_BYTES, yyjson_get_str(key));
            paths_walk(p, item, pointer, depth + 1);
            pointer[len] = 0;
        }
    }
}

static void paths_read(struct paths *p, yyjson_val *resume)
{
    char pointer[PATHS_POINTER_BYTES] = "";
    p->text = arena_try_alloc(p->a, p->max * sizeof(*p->text));
    p->pointer = arena_try_alloc(p->a, p->max * sizeof(*p->pointer));
    p->pairs = arena_try_alloc(p->a, p->max * sizeof(*p->pairs));
    if (p->text && p->pointer && p->pairs && resume)
        paths_walk(p, resume, pointer, 0);
}

static struct str path_take(struct paths *p, size_t i)
{
    p->at = i;
    return p->pointer[i];
}

/* Lines come in the order of the document, mostly: the search goes on where the last one ended. Whole values first,
 * then parts of one. */
static struct str path_of(struct paths *p, const struct facts_sentence *s)
{
    struct str sentence = s->text;
    uint64_t pairs = byte_pairs(sentence);
    for (size_t k = 0; k < p->n && sentence.n; k++) {
        size_t i = (p->at + k) % p->n;
        if (p->text[i].n == sentence.n && str_eq(p->text[i], sentence))
            return path_take(p, i);
    }
    for (size_t k = 0; k < p->n && sentence.n && s->class != FACTS_NON_CLAIM; k++) {
        size_t i = (p->at + k) % p->n;
        bool in = p->text[i].n >= sentence.n
                      ? !(pairs & ~p->pairs[i]) && str_find(p->text[i], sentence) >= 0
                      : p->text[i].n > 3 && !(p->pairs[i] & ~pairs) && str_find(sentence, p->text[i]) >= 0;
        if (in)
            return path_take(p, i);
    }
    return (struct str){.p = "", .n = 0};
}

static int judged(struct arena *a, const struct facts_input *in, yyjson_val *root, struct str *ret, struct err *err)
{
    struct paths paths = {.a = a, .max = PATHS_MAX};
    const struct facts_ledger *l;
    int rc = facts_check(a, in, &l, err);
    if (rc < 0)
        return rc;
    struct emit e;
    size_t i, n;
    yyjson_val *key, *v;
    if (in->kind == FACTS_RESUME)
        paths_read(&paths, json_get_obj(root, "document"));
    emit_init(&e);
    emit_obj(&e, NULL);
    yyjson_obj_foreach(root, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        size_t len = 0;
        if (strcmp(name, "guard") == 0 || strcmp(name, "claims") == 0 || strcmp(name, "document_hash") == 0)
            continue;
        char *text = json_write(a, v, &len);
        if (!text) {
            emit_fini(&e);
            return err_set(err, ERR_MEMORY, "the fact check needs more memory than its limit");
        }
        emit_raw(&e, name, text, len);
    }
    emit_strc(&e, "document_hash", l->document_hash);
    emit_arr(&e, "claims");
    for (size_t k = 0; k < l->sentences_n; k++)
        emit_sentence(&e, &l->sentences[k], "sentence", path_of(&paths, &l->sentences[k]));
    emit_arr_end(&e);
    emit_guard(&e, json_get_obj(root, "guard"), l);
    emit_obj_end(&e);
    return emit_take(&e, a, ret, err);
}

int facts_judge_resume(struct arena *a, struct facts_input in, struct str document, struct str *ret_json,
                       struct err *err)
{
    yyjson_val *root;
    int rc = json_parse(a, document, &root, NULL, err);
    if (rc < 0)
        return rc;
    yyjson_val *resume = json_get_obj(root, "document");
    if (!resume)
        return err_set_at(err, ERR_INVALID, "/document", "the document has no résumé");
    rc = resume_to_text(a, resume, &in.text, err);
    if (rc < 0)
        return rc;
    in.kind = FACTS_RESUME;
    return judged(a, &in, root, ret_json, err);
}

int facts_judge_letter(struct arena *a, struct facts_input in, struct str document, struct str *ret_json,
                       struct err *err)
{
    yyjson_val *root;
    int rc = json_parse(a, document, &root, NULL, err);
    if (rc < 0)
        return rc;
    in.text = json_get_str(root, "body");
    in.kind = FACTS_LETTER;
    return judged(a, &in, root, ret_json, err);
}
