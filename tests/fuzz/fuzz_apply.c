/* Any bytes as {document, ops, inverse_ops, ...}: applying the operations, choosing among them and applying a choice
 * either refuses with a code or gives a document that its inverse operations lead back from, byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/engine/resume_ops.h"
#include "pipeline/engine/tailor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The operations that were taken, in order, then their inverses backwards. */
static void there_and_back(struct arena *a, yyjson_val *document, const struct resume_chosen *r, size_t n)
{
    size_t before_n = 0, forward_n = 0, after_n = 0, chosen_n = 0;
    const char *before = json_write(a, document, &before_n);
    const char *chosen = json_write_mut(a, yyjson_mut_doc_get_root(r->doc), &chosen_n);
    yyjson_mut_doc *doc = json_mut_new(a);
    yyjson_mut_val *root = doc ? yyjson_val_mut_copy(doc, document) : NULL;
    if (!before || !chosen || !root)
        return;
    yyjson_mut_doc_set_root(doc, root);
    for (size_t i = 0; i < n; i++) {
        struct resume_op op = r->ops[i];
        if (!op.kind)
            continue;
        op.value = yyjson_mut_val_mut_copy(doc, op.value);
        if (resume_op_apply(doc, &op, NULL) != 0)
            abort();
    }
    const char *forward = json_write_mut(a, yyjson_mut_doc_get_root(doc), &forward_n);
    if (forward && (forward_n != chosen_n || memcmp(forward, chosen, chosen_n) != 0))
        abort();
    for (size_t i = n; i-- > 0;) {
        struct resume_op op = r->inverse[i];
        if (!op.kind)
            continue;
        op.value = yyjson_mut_val_mut_copy(doc, op.value);
        if (resume_op_apply(doc, &op, NULL) != 0)
            abort();
    }
    const char *after = json_write_mut(a, yyjson_mut_doc_get_root(doc), &after_n);
    if (after && (after_n != before_n || memcmp(after, before, before_n) != 0))
        abort();
}

static void choose(struct arena *a, yyjson_val *document, yyjson_val *ops, uint32_t seed)
{
    bool chosen[RESUME_OPS_MAX] = {false};
    struct resume_chosen r;
    size_t at, n = yyjson_arr_size(ops);
    for (size_t i = 0; i < n && i < RESUME_OPS_MAX; i++)
        chosen[i] = (seed = seed * 1664525u + 1013904223u) >> 30; /* three of four */
    if (resume_ops_choose(a, document, ops, chosen, &r, &at, NULL) == 0)
        there_and_back(a, document, &r, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a, (size_t)64 * 1024 * 1024);
    struct str json = {.p = (const char *)data, .n = size}, out;
    yyjson_val *root;
    if (json_parse_exact(&a, json, &root, NULL) == 0 && yyjson_is_obj(root)) {
        yyjson_val *document = yyjson_obj_get(root, "document"), *ops = json_get_arr(root, "ops");
        if (document && ops) {
            if (resume_ops_apply(&a, document, ops, &out, NULL) == 0 && json_parse_exact(&a, out, &document, NULL) != 0)
                abort();
            for (uint32_t i = 0; i < 8; i++)
                choose(&a, yyjson_obj_get(root, "document"), ops, i * 2654435761u + (uint32_t)size);
        }
        struct tailor_choice none = {.revision = 1}, all = {.reject = true, .revision = 2};
        yyjson_val *read;
        if (tailor_apply(&a, json, &none, &out, NULL) == 0 && json_parse(&a, out, &read, NULL, NULL) != 0)
            abort();
        if (tailor_apply(&a, json, &all, &out, NULL) == 0 && json_parse(&a, out, &read, NULL, NULL) != 0)
            abort();
    }
    arena_fini(&a);
    return 0;
}
