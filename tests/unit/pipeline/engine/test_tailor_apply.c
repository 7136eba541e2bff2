/* Any subset of the operations: the document that they give, what undoes it, and what a choice may not be. */
#include "engine_fixture.h"
#include "pipeline/engine/resume_ops.h"

static struct str generated(struct arena *a, struct profile **ret)
{
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes in production");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Terraform");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Go");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_PREFERRED, "Postgres");
    struct str out;
    /* numbers as nobody writes them, a key of nobody's, and a relative of Terraform among the skills */
    const char *relative = strstr(FIXTURE_PROFILE, "\"Linux\"");
    char *odd = arena_printf(
        a, "%.*s\"Ansible\",%.*s,\"x_odd\":[1.0,1.10,1e3,-0,12345678901234567890123],\"x\":{\"b\":1,\"a\":2}}",
        (int)(relative - FIXTURE_PROFILE), FIXTURE_PROFILE, (int)strlen(relative) - 1, relative);
    struct err err = {0};
    struct profile *p = fixture_profile(a, odd);
    struct tailor_options o = {.now = FIXTURE_NOW};
    cr_assert_eq(tailor_make(a, an, p, fixture_match(a, an, p), o, &out, &err), 0, "%s", err.msg);
    *ret = p;
    return out;
}

static yyjson_val *exact(struct arena *a, struct str text)
{
    yyjson_val *root = NULL;
    struct err err = {0};
    cr_assert_eq(json_parse_exact(a, text, &root, &err), 0, "%s", err.msg);
    return root;
}

/* The operations with the verdict as an array of their own. */
static yyjson_val *with_verdict(struct arena *a, yyjson_val *ops, const char *verdict)
{
    yyjson_mut_doc *doc = json_mut_new(a);
    yyjson_mut_val *arr = yyjson_mut_arr(doc);
    size_t i, n;
    yyjson_val *op;
    yyjson_arr_foreach(ops, i, n, op) if (str_eqc(json_get_str(op, "verdict"), verdict))
        yyjson_mut_arr_append(arr, yyjson_val_mut_copy(doc, op));
    size_t len = 0;
    char *text = json_write_mut(a, arr, &len);
    return exact(a, (struct str){.p = text, .n = len});
}

Test(tailor_apply, every_subset_applies_and_goes_back)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    struct str text = generated(a, &p);
    yyjson_val *ops = yyjson_obj_get(exact(a, text), "ops");
    size_t n = yyjson_arr_size(ops), kinds[6] = {0};
    const char *original = json_write(a, p->document, NULL);
    cr_assert(strstr(original, "[1.0,1.10,1e3,-0,12345678901234567890123]"), "%s", original);
    for (size_t i = 0; i < n; i++)
        kinds[resume_op_from_name(json_get_str(yyjson_arr_get(ops, i), "op"))]++;
    cr_assert(n >= 5 && n <= 11, "%zu", n);
    cr_assert(kinds[RESUME_OP_REMOVE] && kinds[RESUME_OP_REORDER] && kinds[RESUME_OP_SET] && kinds[RESUME_OP_INSERT]);
    for (size_t mask = 0; mask < (size_t)1 << n; mask++) {
        struct arena *b = fixture_arena();
        struct str ids[16], out, forward, back;
        struct err err = {0};
        struct tailor_choice choice = {.op_ids = ids, .revision = 3};
        for (size_t i = 0; i < n; i++)
            if (mask >> i & 1)
                ids[choice.op_ids_n++] = json_get_str(yyjson_arr_get(ops, i), "op_id");
        cr_assert_eq(tailor_apply(b, text, &choice, &out, &err), 0, "%zx: %s %s", mask, err.pointer, err.msg);
        yyjson_val *r = exact(b, out);
        const char *document = json_write(b, yyjson_obj_get(r, "document"), NULL);
        yyjson_val *taken = with_verdict(b, yyjson_obj_get(r, "ops"), "applied");
        cr_assert_eq(yyjson_arr_size(taken), choice.op_ids_n);
        cr_assert_eq(resume_ops_apply(b, p->document, taken, &forward, &err), 0, "%zx: %s", mask, err.msg);
        cr_assert_str_eq(forward.p, document);
        cr_assert_eq(resume_ops_apply(b, yyjson_obj_get(r, "document"), yyjson_obj_get(r, "inverse_ops"), &back, &err),
                     0);
        cr_assert_str_eq(back.p, original);
        cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass", "%zx", mask);
        cr_assert_eq(strcmp(document, original) == 0, mask == 0);
        if (mask + 1 == (size_t)1 << n) {
            size_t len = 0;
            char *all = json_write(b, yyjson_obj_get(exact(b, text), "document"), &len);
            cr_assert_str_eq(document, all);
        }
        arena_fini(b);
        free(b);
    }
}

Test(tailor_apply, what_was_refused_comes_back_and_the_rest_keeps_its_order)
{
    struct arena *a = fixture_arena();
    yyjson_val *doc = fixture_json(a, STR("{\"a\":[\"one\",\"two\",\"three\",\"four\"]}"));
    yyjson_val *ops = fixture_json(a, STR("[{\"op\":\"remove\",\"path\":\"/a/2\",\"before\":\"three\"},"
                                          "{\"op\":\"remove\",\"path\":\"/a/0\",\"before\":\"one\"},"
                                          "{\"op\":\"insert\",\"path\":\"/a/1\",\"value\":\"new\"},"
                                          "{\"op\":\"reorder\",\"path\":\"/a\",\"value\":[2,1,0]},"
                                          "{\"op\":\"set\",\"path\":\"/a/0\",\"before\":\"four\",\"value\":\"4\"}]"));
    static const struct {
        bool chosen[5];
        const char *result;
    } CASES[] = {
        {{1, 1, 1, 1, 1}, "{\"a\":[\"4\",\"new\",\"two\"]}"},
        {{0, 1, 1, 1, 1}, "{\"a\":[\"4\",\"new\",\"two\",\"three\"]}"},
        {{1, 0, 1, 1, 1}, "{\"a\":[\"4\",\"new\",\"two\",\"one\"]}"},
        {{1, 1, 0, 1, 1}, "{\"a\":[\"4\",\"two\"]}"},
        {{1, 1, 1, 0, 1}, "{\"a\":[\"two\",\"new\",\"4\"]}"},
        {{0, 0, 1, 0, 0}, "{\"a\":[\"one\",\"two\",\"new\",\"three\",\"four\"]}"},
        {{0, 0, 0, 1, 0}, "{\"a\":[\"four\",\"two\",\"one\",\"three\"]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct resume_chosen r;
        size_t at;
        struct err err = {0};
        cr_assert_eq(resume_ops_choose(a, doc, ops, CASES[i].chosen, &r, &at, &err), 0, "%zu: %s", i, err.msg);
        cr_assert_str_eq(json_write_mut(a, yyjson_mut_doc_get_root(r.doc), NULL), CASES[i].result);
    }
}

Test(tailor_apply, an_operation_that_needs_another_says_so)
{
    struct arena *a = fixture_arena();
    const char *text =
        "{\"document\":{\"basics\":{\"name\":\"A\",\"summary\":\"three\"},\"skills\":[{\"name\":\"Go\"}]},\"ops\":["
        "{\"op_id\":\"op1\",\"op\":\"insert\",\"path\":\"/basics/summary\",\"value\":\"two\",\"verdict\":\"applied\"},"
        "{\"op_id\":\"op2\",\"op\":\"set\",\"path\":\"/basics/"
        "summary\",\"before\":\"two\",\"value\":\"three\",\"requires\":[\"op1\"],\"verdict\":\"applied\"}],"
        "\"inverse_ops\":[{\"op\":\"set\",\"path\":\"/basics/summary\",\"before\":\"three\",\"value\":\"two\"},"
        "{\"op\":\"remove\",\"path\":\"/basics/summary\",\"before\":\"two\"}]}";
    static const struct {
        const char *id;
        bool reject;
        int code;
        const char *pointer;
    } CASES[] = {{"op2", false, ERR_CONFLICT, "/accept/0"},
                 {"op1", true, ERR_CONFLICT, "/reject/0"},
                 {"op2", true, 0, ""},
                 {"op1", false, 0, ""},
                 {"op3", false, ERR_INVALID, "/accept/0"}};
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct str id = str_of(CASES[i].id), out;
        struct tailor_choice choice = {.op_ids = &id, .op_ids_n = 1, .reject = CASES[i].reject, .revision = 1};
        struct err err = {0};
        cr_assert_eq(tailor_apply(a, str_of(text), &choice, &out, &err), -CASES[i].code, "%zu %s", i, err.msg);
        if (CASES[i].code)
            cr_assert_str_eq(err.pointer, CASES[i].pointer);
    }
    struct str both[] = {STR("op1"), STR("op1")}, out;
    struct tailor_choice twice = {.op_ids = both, .op_ids_n = 2, .revision = 1};
    struct err err = {0};
    cr_assert_eq(tailor_apply(a, str_of(text), &twice, &out, &err), -ERR_INVALID);
    cr_assert_str_eq(err.pointer, "/accept/1");
    cr_assert_eq(tailor_apply(a, STR("{\"ops\":[]}"), &twice, &out, &err), -ERR_CORRUPT);
    cr_assert_eq(tailor_apply(a, STR("[]"), &twice, &out, &err), -ERR_CORRUPT);
}

Test(tailor_apply, what_is_invented_is_blocked)
{
    static const struct {
        const char *op, *code;
    } CASES[] = {
        {"{\"op_id\":\"x\",\"op\":\"set\",\"path\":\"/work/1/highlights/1\",\"before\":\"Raised test coverage from 34% "
         "to 81%\",\"value\":\"Raised test coverage from 34% to 95%\",\"evidence_ids\":[\"a13\"]}",
         "UNGROUNDED_METRIC"},
        {"{\"op_id\":\"x\",\"op\":\"set\",\"path\":\"/work/1/position\",\"before\":\"Software "
         "Developer\",\"value\":\"Chief Architect\",\"evidence_ids\":[]}",
         "UNGROUNDED_TEXT"},
        {"{\"op_id\":\"x\",\"op\":\"set\",\"path\":\"/work/1/"
         "name\",\"before\":\"Ombrelle\",\"value\":\"Quaywater\",\"evidence_ids\":[]}",
         "IDENTITY_FIELD"},
        {"{\"op_id\":\"x\",\"op\":\"remove\",\"path\":\"/work/1\",\"before\":null}", "CONTENT_LOST"},
        {"{\"op_id\":\"x\",\"op\":\"insert\",\"path\":\"/skills/0/keywords/"
         "0\",\"value\":\"Rust\",\"evidence_ids\":[\"a1\"]}",
         "UNGROUNDED_TEXT"},
        {"{\"op_id\":\"x\",\"op\":\"reorder\",\"path\":\"/work\",\"before\":[0,1],\"value\":[1,0]}", "IDENTITY_FIELD"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct arena *a = fixture_arena();
        char *text = arena_printf(a, "{\"document\":%s,\"ops\":[%s],\"inverse_ops\":[]}", FIXTURE_PROFILE, CASES[i].op);
        struct str out;
        struct tailor_choice all = {.reject = true, .revision = 1};
        struct err err = {0};
        cr_assert_eq(tailor_apply(a, str_of(text), &all, &out, &err), 0, "%s", err.msg);
        yyjson_val *r = exact(a, out);
        cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "block", "%s", CASES[i].op);
        const char *violations = json_write(a, yyjson_ptr_get(r, "/guard/violations"), NULL);
        cr_assert(strstr(violations, CASES[i].code), "%s: %s", CASES[i].op, violations);
    }
}
