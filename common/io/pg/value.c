/* Reading binary results. Sizes are checked against the accessor: a mismatch is a column of another type than the
 * program thinks, a bug that must not turn into a silently wrong value. Array and vector bytes come from our own
 * database and are checked all the same. */
#include "io/pg/internal.h"

#include <stdio.h>
#include <string.h>

int pg_reply_count(const struct pg_reply *r)
{
    return r->request->count - (r->request->tenant ? 1 : 0);
}

struct pg_rows pg_reply_rows(const struct pg_reply *r, int statement)
{
    PGresult *res = r->request->results[statement + (r->request->tenant ? 1 : 0)];
    const char *affected = PQcmdTuples(res);
    return (struct pg_rows){.result = res,
                            .count = PQntuples(res),
                            .affected = *affected ? strtoll(affected, NULL, 10) : 0};
}

static _Noreturn void pg_value_wrong(size_t n)
{
    fprintf(stderr, "pg: a value of %zu bytes where another type was expected\n", n);
    abort();
}

static uint64_t pg_value_bits(struct str v)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < v.n; i++)
        bits = bits << 8 | (uint8_t)v.p[i];
    return bits;
}

bool pg_value_bool(struct str v)
{
    if (!v.p)
        return false;
    if (v.n != 1)
        pg_value_wrong(v.n);
    return v.p[0] != 0;
}

int64_t pg_value_int(struct str v)
{
    if (!v.p)
        return 0;
    switch (v.n) {
    case 2:
        return (int16_t)pg_value_bits(v);
    case 4:
        return (int32_t)pg_value_bits(v);
    case 8:
        return (int64_t)pg_value_bits(v);
    default:
        pg_value_wrong(v.n);
    }
}

static float pg_value_float4(const char *p)
{
    uint32_t bits = (uint32_t)pg_value_bits((struct str){.p = p, .n = 4});
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}

double pg_value_float(struct str v)
{
    if (!v.p)
        return 0;
    if (v.n == 4)
        return (double)pg_value_float4(v.p);
    if (v.n != 8)
        pg_value_wrong(v.n);
    uint64_t bits = pg_value_bits(v);
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

struct uuid pg_value_uuid(struct str v)
{
    struct uuid u = {0};
    if (!v.p)
        return u;
    if (v.n != UUID_BYTES)
        pg_value_wrong(v.n);
    memcpy(u.b, v.p, UUID_BYTES);
    return u;
}

uint64_t pg_value_timestamptz(struct str v)
{
    if (!v.p)
        return 0;
    if (v.n != 8)
        pg_value_wrong(v.n);
    int64_t t = (int64_t)pg_value_bits(v);
    if (t == INT64_MAX)
        return UINT64_MAX;
    return t < -PG_EPOCH_US ? 0 : (uint64_t)(t + PG_EPOCH_US);
}

int pg_value_vector(struct str v, float *out, int max)
{
    if (!v.p)
        return 0;
    int dim = v.n >= 4 ? (int)pg_value_bits(str_sub(v, 0, 2)) : 0;
    if (v.n != 4 + 4 * (size_t)dim)
        pg_value_wrong(v.n);
    for (int i = 0; i < dim && i < max; i++)
        out[i] = pg_value_float4(v.p + 4 + 4 * i);
    return dim;
}

bool pg_is_null(const struct pg_rows *r, int row, int col)
{
    return PQgetisnull(r->result, row, col) != 0;
}

struct str pg_get_bytea(const struct pg_rows *r, int row, int col)
{
    if (row >= r->count || col >= PQnfields(r->result)) {
        fprintf(stderr, "pg: row %d, column %d of a result of %d rows\n", row, col, r->count);
        abort();
    }
    if (PQgetisnull(r->result, row, col))
        return (struct str){0};
    return (struct str){.p = PQgetvalue(r->result, row, col), .n = (size_t)PQgetlength(r->result, row, col)};
}

struct str pg_get_text(const struct pg_rows *r, int row, int col)
{
    return pg_get_bytea(r, row, col);
}

struct str pg_get_jsonb(const struct pg_rows *r, int row, int col)
{
    struct str v = pg_get_bytea(r, row, col);
    if (!v.p)
        return v;
    if (v.n < 1 || v.p[0] != 1)
        pg_value_wrong(v.n);
    return str_sub(v, 1, v.n);
}

bool pg_get_bool(const struct pg_rows *r, int row, int col)
{
    return pg_value_bool(pg_get_bytea(r, row, col));
}

int64_t pg_get_int8(const struct pg_rows *r, int row, int col)
{
    return pg_value_int(pg_get_bytea(r, row, col));
}

int32_t pg_get_int4(const struct pg_rows *r, int row, int col)
{
    int64_t v = pg_get_int8(r, row, col);
    if (v < INT32_MIN || v > INT32_MAX)
        pg_value_wrong(8);
    return (int32_t)v;
}

double pg_get_float8(const struct pg_rows *r, int row, int col)
{
    return pg_value_float(pg_get_bytea(r, row, col));
}

struct uuid pg_get_uuid(const struct pg_rows *r, int row, int col)
{
    return pg_value_uuid(pg_get_bytea(r, row, col));
}

uint64_t pg_get_timestamptz(const struct pg_rows *r, int row, int col)
{
    return pg_value_timestamptz(pg_get_bytea(r, row, col));
}

int pg_get_vector(const struct pg_rows *r, int row, int col, float *out, int max)
{
    return pg_value_vector(pg_get_bytea(r, row, col), out, max);
}

bool pg_get_array(const struct pg_rows *r, int row, int col, struct pg_array *ret)
{
    *ret = (struct pg_array){0};
    struct str v = pg_get_bytea(r, row, col);
    if (!v.p)
        return false;
    if (v.n < 12)
        pg_value_wrong(v.n);
    int64_t ndim = pg_value_int(str_sub(v, 0, 4));
    if (ndim == 0)
        return true;
    if (ndim != 1 || v.n < 20)
        pg_value_wrong(v.n);
    int64_t count = pg_value_int(str_sub(v, 12, 16));
    if (count < 0 || (uint64_t)count > v.n / 4)
        pg_value_wrong(v.n);
    ret->at = v.p + 20;
    ret->end = v.p + v.n;
    ret->left = ret->count = (int)count;
    return true;
}

bool pg_array_next(struct pg_array *a, struct str *ret)
{
    if (a->left == 0)
        return false;
    if (a->end - a->at < 4)
        pg_value_wrong((size_t)(a->end - a->at));
    int64_t n = pg_value_int((struct str){.p = a->at, .n = 4});
    a->at += 4;
    a->left--;
    if (n < 0) {
        *ret = (struct str){0};
        return true;
    }
    if (n > a->end - a->at)
        pg_value_wrong((size_t)n);
    *ret = (struct str){.p = a->at, .n = (size_t)n};
    a->at += n;
    return true;
}
