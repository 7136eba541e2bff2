/* The subset of JSON Schema: compiling, checking, what is told to a model, and the form that providers enforce. */
#include "fixture.h"

TestSuite(schema, .timeout = 30);

static bool valid(const char *schema, const char *value, struct schema_faults *faults)
{
    struct arena a;
    struct err err;
    yyjson_val *v;
    arena_init(&a, 1 << 20);
    struct schema *s = schema_compile(&a, str_of(schema), &err);
    cr_assert(s, "%s: %s", schema, err.msg);
    cr_assert_eq(json_parse(&a, str_of(value), &v, NULL, &err), 0, "%s: %s", value, err.msg);
    bool ok = schema_check(s, v, faults);
    arena_fini(&a);
    return ok;
}

Test(schema, checks)
{
    static const struct {
        const char *schema, *value;
        bool ok;
    } rows[] = {
        {"{\"type\":\"integer\"}", "3", true},
        {"{\"type\":\"integer\"}", "3.0", true},
        {"{\"type\":\"integer\"}", "3.5", false},
        {"{\"type\":\"integer\"}", "7.77778e+99", false},
        {"{\"type\":\"number\"}", "-7.77778e+99", true},
        {"{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "0.5", true},
        {"{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "-0.5", false},
        {"{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "2", false},
        {"{\"type\":[\"string\",\"null\"]}", "null", true},
        {"{\"type\":[\"string\",\"null\"]}", "1", false},
        {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"\xc3\xa4\xc3\xb6\xc3\xbc\"", true},
        {"{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"abcd\"", false},
        {"{\"type\":\"string\",\"minLength\":2}", "\"a\"", false},
        {"{\"enum\":[\"a\",1,null]}", "1", true},
        {"{\"enum\":[\"a\",1,null]}", "2", false},
        {"{\"const\":{\"a\":[1]}}", "{\"a\":[1]}", true},
        {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}", "[\"a\"]", true},
        {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}", "[]", false},
        {"{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}", "[\"a\",\"b\",\"c\"]",
         false},
        {"{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "[1]", false},
        {"{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}},\"required\":[\"a\"]},{"
         "\"type\":\"null\"}]}",
         "{\"a\":1}", true},
        {"{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}},\"required\":[\"a\"]},{"
         "\"type\":\"null\"}]}",
         "{\"a\":\"1\"}", false},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", true},
        {"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}", "{\"x\":1}", true},
        {"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}", "{\"x\":\"1\"}", false},
        {"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}", "{\"x\":1}", false},
        {"{\"$ref\":\"#/$defs/p\",\"$defs\":{\"p\":{\"type\":\"boolean\"}}}", "true", true},
        {"{\"$ref\":\"#/$defs/p\",\"$defs\":{\"p\":{\"type\":\"boolean\"}}}", "1", false},
        {"{}", "[1,{}]", true},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":null}", true},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}", "{\"a\":null}",
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(valid(rows[i].schema, rows[i].value, NULL), rows[i].ok, "%s on %s", rows[i].schema, rows[i].value);
    LEAK_NONE();
}

Test(schema, faults_name_the_place)
{
    struct schema_faults f;
    struct buf b;
    cr_assert_not(valid("{\"type\":\"object\",\"required\":[\"a\",\"list\"],\"additionalProperties\":false,"
                        "\"properties\":{\"a\":{\"type\":\"string\"},"
                        "\"list\":{\"type\":\"array\",\"items\":{\"enum\":[\"x\",\"y\"]}}}}",
                        "{\"list\":[\"x\",\"z\"],\"b/c\":1}", &f));
    cr_assert_eq(f.count, 3u);
    buf_init(&b, 4096);
    schema_faults_write(&f, &b);
    cr_assert_str_eq(buf_str(&b),
                     "- (the whole answer): must have the property \"a\"\n- /list/1: must be one of \"x\", \"y\"\n"
                     "- /b~1c: is a property that the schema does not have\n");
    buf_fini(&b);
}

Test(schema, faults_are_bounded)
{
    struct schema_faults f;
    char value[4096] = "[0";
    for (int i = 0; i < 500; i++)
        strcat(value, ",0");
    strcat(value, "]");
    cr_assert_not(valid("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", value, &f));
    cr_assert_eq(f.count, (size_t)SCHEMA_FAULTS_MAX);
    cr_assert_eq(f.total, 501u);
}

Test(schema, bad_schemas_are_refused)
{
    static const char *const bad[] = {
        "[]",
        "3",
        "{\"type\":\"strange\"}",
        "{\"type\":\"object\",\"patternProperties\":{}}",
        "{\"allOf\":[{}]}",
        "{\"$ref\":\"http://x/y\"}",
        "{\"$ref\":\"#/$defs/none\"}",
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a\"}}}}",
        "{\"type\":\"object\",\"required\":[\"x\"],\"properties\":{\"y\":{}}}",
        "{\"anyOf\":[]}",
        "{\"enum\":[]}",
        "{"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena a;
        struct err err = {0};
        arena_init(&a, 1 << 22);
        cr_expect_null(schema_compile(&a, str_of(bad[i]), &err), "%s", bad[i]);
        cr_expect(err.msg[0]);
        arena_fini(&a);
    }
    LEAK_NONE();
}

Test(schema, the_portable_form)
{
    struct arena a;
    struct err err;
    arena_init(&a, 1 << 20);
    struct schema *s = schema_compile(&a,
                                      STR("{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":"
                                          "\"string\",\"maxLength\":9,\"description\":\"the a\"},"
                                          "\"b\":{\"type\":\"integer\",\"minimum\":0},\"c\":{\"enum\":[\"x\"]},\"d\":{"
                                          "\"anyOf\":[{\"type\":\"string\"},{\"$ref\":\"#/$defs/o\"}]},"
                                          "\"e\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"x\"}}"
                                          "},\"$defs\":{\"o\":{\"type\":\"object\",\"properties\":{}}}}"),
                                      &err);
    cr_assert(s, "%s", err.msg);
    struct str p = schema_portable(s, &a);
    cr_assert(str_eqc(p, "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"the "
                         "a\"},\"b\":{\"type\":[\"null\",\"integer\"]},"
                         "\"c\":{\"enum\":[\"x\",null]},\"d\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\","
                         "\"properties\":{},\"required\":[],"
                         "\"additionalProperties\":false},{\"type\":\"null\"}]},\"e\":{\"type\":[\"null\",\"array\"],"
                         "\"items\":{\"type\":\"string\"}}},"
                         "\"required\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"additionalProperties\":false}"),
              STR_FMT, STR_ARG(p));
    cr_assert(schema_compile(&a, p, &err), "%s", err.msg); /* it is a schema itself */
    arena_fini(&a);
    LEAK_NONE();
}
