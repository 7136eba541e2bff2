/* Every type there and back: what is sent as a parameter is read from the row, and compared with what Postgres itself
 * makes of the text form. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include "pg_case.h"

static const struct pg_stmt stmt_scalars = {
    .name = "t_scalars",
    .sql = "SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float4, $6::float8, $7::uuid, $8::text, $9::bytea, "
           "$10::jsonb,"
           " $11::timestamptz, $12::vector,"
           " $1::bool = true AND $2::int2 = -2 AND $3::int4 = -2147483648 AND $4::int8 = 9223372036854775807 AND "
           "$5::float4 = 1.5"
           " AND $6::float8 = -0.1 AND $7::uuid = '01234567-89ab-cdef-0123-456789abcdef' AND $8::text = 'Zoë ☃'"
           " AND $9::bytea = '\\x00ff00'::bytea AND $10::jsonb = '{\"a\": [1, 2]}'"
           " AND $11::timestamptz = '2026-01-31 12:00:00.123456+00' AND $12::vector = '[1,-0.5,3]'",
    .nparams = 12};

static void check_scalars(void *ud, const struct pg_reply *reply)
{
    *(bool *)ud = true;
    cr_assert_eq(pg_reply_count(reply), 1);
    struct pg_rows r = pg_reply_rows(reply, 0);
    cr_assert_eq(r.count, 1);
    cr_assert(pg_get_bool(&r, 0, 12), "Postgres sees other values");
    cr_expect(pg_get_bool(&r, 0, 0));
    cr_expect_eq(pg_get_int4(&r, 0, 1), -2);
    cr_expect_eq(pg_get_int4(&r, 0, 2), INT32_MIN);
    cr_expect_eq(pg_get_int8(&r, 0, 3), INT64_MAX);
    cr_expect_eq(pg_get_float8(&r, 0, 4), 1.5);
    cr_expect_eq(pg_get_float8(&r, 0, 5), -0.1);
    struct uuid u = pg_get_uuid(&r, 0, 6);
    cr_expect_str_eq(UUID_TEXT(&u), "01234567-89ab-cdef-0123-456789abcdef");
    struct str text = pg_get_text(&r, 0, 7), bytes = pg_get_bytea(&r, 0, 8), json = pg_get_jsonb(&r, 0, 9);
    cr_expect_str_eq(text.p, "Zoë ☃");
    cr_expect_eq(bytes.n, 3);
    cr_expect_eq(memcmp(bytes.p, "\0\xff\0", 3), 0);
    cr_expect_str_eq(json.p, "{\"a\": [1, 2]}");
    cr_expect_eq(json.n, strlen(json.p));
    cr_expect_eq(pg_get_timestamptz(&r, 0, 10), UINT64_C(1769860800123456));
    float v[4] = {0, 0, 0, 99};
    cr_expect_eq(pg_get_vector(&r, 0, 11, v, 2), 3);
    cr_expect(v[0] == 1 && v[1] == -0.5f && v[2] == 0, "only two were asked for");
    cr_expect_eq(pg_get_vector(&r, 0, 11, v, 4), 3);
    cr_expect(v[2] == 3 && v[3] == 99);
}

Test(pg_types, scalars)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    struct uuid u;
    cr_assert(uuid_parse(STR("01234567-89ab-cdef-0123-456789abcdef"), &u));
    struct pg_request *q = pg_request_new(t.pool);
    pg_request_add(q, &stmt_scalars);
    pg_param_bool(q, true);
    pg_param_int2(q, -2);
    pg_param_int4(q, INT32_MIN);
    pg_param_int8(q, INT64_MAX);
    pg_param_float4(q, 1.5f);
    pg_param_float8(q, -0.1);
    pg_param_uuid(q, &u);
    pg_param_text(q, STR("Zoë ☃"));
    pg_param_bytea(q, STR("\0\xff\0"));
    pg_param_jsonb(q, STR("{\"a\":[1,2]}"));
    pg_param_timestamptz(q, UINT64_C(1769860800123456));
    pg_param_vector(q, (const float[]){1, -0.5f, 3}, 3);
    bool checked = false;
    struct err err = pg_case_send(&t, q, check_scalars, &checked);
    cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
    cr_assert(checked);
    pg_case_fini(&t);
}

static const struct pg_stmt stmt_nulls = {.name = "t_nulls",
                                          .sql = "SELECT $1::bool, $2::int8, $3::float8, $4::uuid, $5::text, "
                                                 "$6::jsonb, $7::vector, $8::bytea, ''::text, NULL::timestamptz,"
                                                 " NULL::int4[], 'infinity'::timestamptz, '1960-01-01'::timestamptz",
                                          .nparams = 8};

static void check_nulls(void *ud, const struct pg_reply *reply)
{
    *(bool *)ud = true;
    struct pg_rows r = pg_reply_rows(reply, 0);
    for (int col = 0; col < 11; col++)
        cr_expect_eq(pg_is_null(&r, 0, col), col != 8, "column %d", col);
    struct uuid u = pg_get_uuid(&r, 0, 3);
    float v[1];
    struct pg_array a;
    cr_expect(!pg_get_bool(&r, 0, 0) && pg_get_int8(&r, 0, 1) == 0 && pg_get_float8(&r, 0, 2) == 0 && uuid_is_nil(&u));
    cr_expect_null(pg_get_text(&r, 0, 4).p);
    cr_expect_null(pg_get_jsonb(&r, 0, 5).p);
    cr_expect_eq(pg_get_vector(&r, 0, 6, v, 1), 0);
    cr_expect_not_null(pg_get_text(&r, 0, 8).p, "an empty text is not NULL");
    cr_expect_eq(pg_get_timestamptz(&r, 0, 9), 0);
    cr_expect(!pg_get_array(&r, 0, 10, &a));
    cr_expect_eq(pg_get_timestamptz(&r, 0, 11), UINT64_MAX);
    cr_expect_eq(pg_get_timestamptz(&r, 0, 12), 0);
}

Test(pg_types, nulls)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    struct pg_request *q = pg_request_new(t.pool);
    pg_request_add(q, &stmt_nulls);
    for (int i = 0; i < 3; i++)
        pg_param_null(q);
    pg_param_uuid(q, NULL);
    pg_param_text(q, (struct str){0});
    pg_param_jsonb(q, (struct str){0});
    pg_param_vector(q, NULL, 3);
    pg_param_bytea(q, (struct str){0});
    bool checked = false;
    struct err err = pg_case_send(&t, q, check_nulls, &checked);
    cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
    cr_assert(checked);
    pg_case_fini(&t);
}

static const struct pg_stmt stmt_arrays = {
    .name = "t_arrays",
    .sql = "SELECT $1::bool[], $2::int4[], $3::int8[], $4::float8[], $5::uuid[], $6::text[], $7::bytea[], "
           "$8::vector[], $9::int2[],"
           " $10::float4[], $11::jsonb[], $12::timestamptz[], $13::int4[],"
           " $1::bool[] = '{t,NULL,f}' AND $2::int4[] = '{1,NULL,-3}' AND $3::int8[] = '{1,-9223372036854775808,NULL}'"
           " AND $4::float8[] = '{0.5,NULL}' AND $5::uuid[] = '{01234567-89ab-cdef-0123-456789abcdef,NULL}'"
           " AND $6::text[] = ARRAY['a', NULL, '', 'x,\"y\"'] AND $7::bytea[] = ARRAY['\\x00'::bytea, NULL]"
           " AND ($8::vector[])[1] = '[1,2]' AND ($8::vector[])[2] IS NULL AND ($8::vector[])[3] = '[3]'"
           " AND array_length($8::vector[], 1) = 3 AND $9::int2[] = '{-1}' AND $10::float4[] = '{2.5}'"
           " AND $11::jsonb[] = ARRAY['{}'::jsonb, NULL] AND $12::timestamptz[] = ARRAY['2000-01-01 "
           "00:00:01+00'::timestamptz]"
           " AND $13::int4[] = '{}'",
    .nparams = 13};

static void expect_element(struct pg_array *a, bool null, struct str *v)
{
    cr_assert(pg_array_next(a, v));
    cr_assert_eq(v->p == NULL, null);
}

static void check_arrays(void *ud, const struct pg_reply *reply)
{
    *(bool *)ud = true;
    struct pg_rows r = pg_reply_rows(reply, 0);
    cr_assert(pg_get_bool(&r, 0, 13), "Postgres sees other values");
    struct pg_array a;
    struct str v;
    cr_assert(pg_get_array(&r, 0, 1, &a));
    cr_assert_eq(a.count, 3);
    expect_element(&a, false, &v);
    cr_expect_eq(pg_value_int(v), 1);
    expect_element(&a, true, &v);
    expect_element(&a, false, &v);
    cr_expect_eq(pg_value_int(v), -3);
    cr_expect(!pg_array_next(&a, &v));
    cr_assert(pg_get_array(&r, 0, 4, &a));
    expect_element(&a, false, &v);
    struct uuid u = pg_value_uuid(v);
    cr_expect_str_eq(UUID_TEXT(&u), "01234567-89ab-cdef-0123-456789abcdef");
    cr_assert(pg_get_array(&r, 0, 5, &a));
    cr_assert_eq(a.count, 4);
    expect_element(&a, false, &v);
    expect_element(&a, true, &v);
    expect_element(&a, false, &v);
    cr_expect_eq(v.n, 0);
    expect_element(&a, false, &v);
    cr_expect(v.n == 5 && memcmp(v.p, "x,\"y\"", 5) == 0);
    cr_assert(pg_get_array(&r, 0, 7, &a));
    float f[2];
    expect_element(&a, false, &v);
    cr_expect(pg_value_vector(v, f, 2) == 2 && f[1] == 2);
    cr_assert(pg_get_array(&r, 0, 12, &a), "an empty array is not NULL");
    cr_expect_eq(a.count, 0);
    cr_expect(!pg_array_next(&a, &v));
}

static void add_arrays(struct pg_request *q)
{
    static const bool second[] = {false, true, false}, third[] = {false, false, true};
    struct uuid u[2] = {0};
    cr_assert(uuid_parse(STR("01234567-89ab-cdef-0123-456789abcdef"), &u[0]));
    pg_request_add(q, &stmt_arrays);
    pg_param_bool_array(q, (const bool[]){true, true, false}, 3, second);
    pg_param_int4_array(q, (const int32_t[]){1, 2, -3}, 3, second);
    pg_param_int8_array(q, (const int64_t[]){1, INT64_MIN, 7}, 3, third);
    pg_param_float8_array(q, (const double[]){0.5, 1}, 2, second);
    pg_param_uuid_array(q, u, 2, second);
    pg_param_text_array(q, (const struct str[]){STR("a"), {0}, STR(""), STR("x,\"y\"")}, 4);
    pg_param_bytea_array(q, (const struct str[]){STR("\0"), {0}}, 2);
    pg_array_begin(q, PG_VECTOR);
    pg_array_vector(q, (const float[]){1, 2}, 2);
    pg_array_null(q);
    pg_array_vector(q, (const float[]){3}, 1);
    pg_array_end(q);
    pg_array_begin(q, PG_INT2);
    pg_array_int2(q, -1);
    pg_array_end(q);
    pg_array_begin(q, PG_FLOAT4);
    pg_array_float4(q, 2.5f);
    pg_array_end(q);
    pg_array_begin(q, PG_JSONB);
    pg_array_jsonb(q, STR("{}"));
    pg_array_jsonb(q, (struct str){0});
    pg_array_end(q);
    pg_array_begin(q, PG_TIMESTAMPTZ);
    pg_array_timestamptz(q, UINT64_C(946684801000000));
    pg_array_end(q);
    pg_param_int4_array(q, NULL, 0, NULL);
}

Test(pg_types, arrays)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    for (int i = 0; i < 3; i++) { /* again on a recycled request and a prepared statement */
        struct pg_request *q = pg_request_new(t.pool);
        add_arrays(q);
        bool checked = false;
        struct err err = pg_case_send(&t, q, check_arrays, &checked);
        cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
        cr_assert(checked);
    }
    pg_case_fini(&t);
}

static const struct pg_stmt stmt_length = {.name = "t_length", .sql = "SELECT length($1::bytea)::int8", .nparams = 1};

static void check_length(void *ud, const struct pg_reply *reply)
{
    struct pg_rows r = pg_reply_rows(reply, 0);
    *(int64_t *)ud = pg_get_int8(&r, 0, 0);
}

Test(pg_types, a_large_value_is_sent_in_pieces)
{
    struct pg_case t;
    pg_case_init(&t);
    pg_case_pool(&t);
    size_t n = (size_t)24 * 1024 * 1024;
    char *bytes = calloc(1, n);
    cr_assert_not_null(bytes);
    struct pg_request *q = pg_request_new(t.pool);
    pg_request_add(q, &stmt_length);
    pg_param_bytea(q, (struct str){.p = bytes, .n = n});
    free(bytes); /* it was copied */
    int64_t length = 0;
    struct err err = pg_case_send(&t, q, check_length, &length);
    cr_assert_eq(err.code, ERR_NONE, "%s", err.msg);
    cr_assert_eq(length, (int64_t)n);
    pg_case_fini(&t);
}
