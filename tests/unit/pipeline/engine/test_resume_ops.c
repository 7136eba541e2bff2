#include "engine_fixture.h"
#include "pipeline/engine/resume_ops.h"

static int apply(struct arena *a, const char *document, const char *ops, struct str *ret, struct err *err)
{
    return resume_ops_apply(a, fixture_json(a, str_of(document)), fixture_json(a, str_of(ops)), ret, err);
}

Test(resume_ops, each_kind)
{
    static const struct {
        const char *document, *ops, *result;
    } CASES[] = {
        {"{\"a\":1,\"b\":2}", "[{\"op\":\"set\",\"path\":\"/a\",\"before\":1,\"value\":9}]", "{\"a\":9,\"b\":2}"},
        {"{\"a\":[1,3]}", "[{\"op\":\"insert\",\"path\":\"/a/1\",\"value\":2}]", "{\"a\":[1,2,3]}"},
        {"{\"a\":1}", "[{\"op\":\"insert\",\"path\":\"/b\",\"value\":\"x\"}]", "{\"a\":1,\"b\":\"x\"}"},
        {"{\"a\":[1,2,3]}", "[{\"op\":\"remove\",\"path\":\"/a/1\",\"before\":2}]", "{\"a\":[1,3]}"},
        {"{\"a\":[1,2,3]}", "[{\"op\":\"move\",\"path\":\"/a/2\",\"value\":\"/a/0\"}]", "{\"a\":[3,1,2]}"},
        {"{\"a\":[1,2,3]}", "[{\"op\":\"reorder\",\"path\":\"/a\",\"before\":[0,1,2],\"value\":[2,0,1]}]",
         "{\"a\":[3,1,2]}"},
        {"{\"a~/b\":1}", "[{\"op\":\"set\",\"path\":\"/a~0~1b\",\"before\":1,\"value\":2}]", "{\"a~/b\":2}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        struct str out;
        struct err err = {0};
        cr_assert_eq(apply(a, CASES[i].document, CASES[i].ops, &out, &err), 0, "%s: %s", CASES[i].ops, err.msg);
        cr_assert_str_eq(out.p, CASES[i].result);
    }
}

Test(resume_ops, refuses_what_does_not_fit)
{
    static const struct {
        const char *ops;
        int code;
    } CASES[] = {
        {"[{\"op\":\"set\",\"path\":\"/a/0\",\"before\":7,\"value\":1}]", ERR_CONFLICT},
        {"[{\"op\":\"set\",\"path\":\"/zzz\",\"before\":7,\"value\":1}]", ERR_CONFLICT},
        {"[{\"op\":\"remove\",\"path\":\"\",\"before\":null}]", ERR_CONFLICT},
        {"[{\"op\":\"insert\",\"path\":\"/a\",\"value\":1}]", ERR_CONFLICT},
        {"[{\"op\":\"insert\",\"path\":\"/x/y\",\"value\":1}]", ERR_CONFLICT},
        {"[{\"op\":\"reorder\",\"path\":\"/a\",\"value\":[0,0,1]}]", ERR_INVALID},
        {"[{\"op\":\"reorder\",\"path\":\"/a\",\"value\":[0,1]}]", ERR_INVALID},
        {"[{\"op\":\"reorder\",\"path\":\"/b\",\"value\":[0]}]", ERR_CONFLICT},
        {"[{\"op\":\"move\",\"path\":\"/a/0\",\"value\":\"/nowhere/0\"}]", ERR_CONFLICT},
        {"[{\"op\":\"explode\",\"path\":\"/a\"}]", ERR_INVALID},
        {"[7]", ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        struct str out;
        struct err err = {0};
        cr_assert_eq(apply(a, "{\"a\":[1,2,3],\"b\":\"x\"}", CASES[i].ops, &out, &err), -CASES[i].code, "%s: %s",
                     CASES[i].ops, err.msg);
    }
}

Test(resume_ops, inverse_of_each_kind)
{
    static const char *const OPS[] = {"[{\"op\":\"set\",\"path\":\"/a/1\",\"before\":2,\"value\":{\"x\":1}}]",
                                      "[{\"op\":\"insert\",\"path\":\"/a/3\",\"value\":4}]",
                                      "[{\"op\":\"remove\",\"path\":\"/a/0\",\"before\":1}]",
                                      "[{\"op\":\"move\",\"path\":\"/a/0\",\"value\":\"/a/2\"}]",
                                      "[{\"op\":\"reorder\",\"path\":\"/a\",\"before\":[0,1,2],\"value\":[1,2,0]}]"};
    for (size_t i = 0; i < ARRAY_LEN(OPS); i++) {
        struct arena *a = fixture_arena();
        struct err err = {0};
        const char *before = "{\"a\":[1,2,3]}";
        yyjson_mut_doc *doc = json_mut_new(a);
        yyjson_mut_doc_set_root(doc, yyjson_val_mut_copy(doc, fixture_json(a, str_of(before))));
        yyjson_val *o = yyjson_arr_get(fixture_json(a, str_of(OPS[i])), 0);
        struct resume_op op = {.kind = resume_op_from_name(json_get_str(o, "op")), .path = json_get_str(o, "path")},
                         back;
        op.before = yyjson_obj_get(o, "before") ? yyjson_val_mut_copy(doc, yyjson_obj_get(o, "before")) : NULL;
        op.value = yyjson_obj_get(o, "value") ? yyjson_val_mut_copy(doc, yyjson_obj_get(o, "value")) : NULL;
        cr_assert_eq(resume_op_invert(a, doc, &op, &back, &err), 0);
        cr_assert_eq(resume_op_apply(doc, &op, &err), 0, "%s", err.msg);
        cr_assert_str_neq(json_write_mut(a, yyjson_mut_doc_get_root(doc), NULL), before);
        cr_assert_eq(resume_op_apply(doc, &back, &err), 0, "%s", err.msg);
        cr_assert_str_eq(json_write_mut(a, yyjson_mut_doc_get_root(doc), NULL), before);
    }
}
