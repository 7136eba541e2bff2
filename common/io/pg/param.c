/* Parameter values. They lie one after the other in the request's `bytes`, in Postgres' binary formats (the send
 * functions of each type: network byte order; arrays as in array_send; vector as in pgvector's vector_send); `params`
 * says where. Pointers are made only when sending, so `bytes` may move. */
#include "io/pg/internal.h"

#include <string.h>

#define PG_ARRAY_HEAD     20 /* ndim, has nulls, element oid, length, lower bound */
#define PG_ARRAY_EMPTY    12 /* no dimension */
#define PG_VECTOR_DIM_MAX 16000

/* Element oids of catalog/pg_type.dat; vector's is known per connection only. */
static const uint32_t pg_type_oids[] = {
    [PG_BOOL] = 16,   [PG_INT2] = 21, [PG_INT4] = 23,  [PG_INT8] = 20,    [PG_FLOAT4] = 700,       [PG_FLOAT8] = 701,
    [PG_UUID] = 2950, [PG_TEXT] = 25, [PG_BYTEA] = 17, [PG_JSONB] = 3802, [PG_TIMESTAMPTZ] = 1184, [PG_VECTOR] = 0,
};

/* ---- bytes ---- */

static void pg_put(struct buf *b, uint64_t v, int n)
{
    char bytes[8];
    for (int i = 0; i < n; i++)
        bytes[i] = (char)(v >> (8 * (n - 1 - i)));
    buf_add(b, bytes, (size_t)n);
}

static void pg_set4(struct buf *b, size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (char)(v >> (8 * (3 - i)));
}

static uint64_t pg_bits4(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static uint64_t pg_bits8(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static void pg_put_jsonb(struct buf *b, struct str v)
{
    buf_addc(b, 1); /* jsonb_send: version */
    buf_add(b, v.p, v.n);
}

static void pg_put_vector(struct buf *b, const float *v, int dim)
{
    pg_put(b, (uint64_t)dim, 2);
    pg_put(b, 0, 2);
    char *out = buf_reserve(b, (size_t)dim * 4);
    if (!out)
        return;
    for (int i = 0; i < dim; i++) {
        uint32_t be = __builtin_bswap32((uint32_t)pg_bits4(v[i]));
        memcpy(out + 4 * i, &be, sizeof(be));
    }
    b->len += (size_t)dim * 4;
    b->data[b->len] = '\0';
}

static bool pg_vector_ok(struct pg_request *q, int dim)
{
    if (dim >= 1 && dim <= PG_VECTOR_DIM_MAX)
        return true;
    pg_request_fail(q, ERR_BUG, "a vector of %d dimensions", dim);
    return false;
}

/* Opens a parameter whose bytes follow; pg_param_close() sets its length. */
static bool pg_param_open(struct pg_request *q, int32_t n)
{
    if (q->count == 0 || q->array_open) {
        pg_request_fail(q, ERR_BUG, "a parameter without a statement, or inside an array");
        return false;
    }
    struct pg_request_stmt *s = &q->stmts[q->count - 1];
    if ((int)s->nparams >= MIN(s->stmt->nparams, PG_PARAMS_MAX)) {
        pg_request_fail(q, ERR_BUG, "statement %s: more than %d parameters", s->stmt->name, s->stmt->nparams);
        return false;
    }
    s->nparams++;
    struct pg_param param = {.at = (uint32_t)q->bytes.len, .n = n};
    buf_add(&q->params, &param, sizeof(param));
    return !buf_failed(&q->params);
}

static void pg_param_close(struct pg_request *q)
{
    struct pg_param *param = (struct pg_param *)(void *)(q->params.data + q->params.len) - 1;
    param->n = (int32_t)(q->bytes.len - param->at);
}

static void pg_param_fixed(struct pg_request *q, uint64_t v, int n)
{
    if (pg_param_open(q, n))
        pg_put(&q->bytes, v, n);
}

/* ---- single values ---- */

void pg_param_null(struct pg_request *q)
{
    (void)!pg_param_open(q, -1);
}

void pg_param_bool(struct pg_request *q, bool v)
{
    pg_param_fixed(q, v, 1);
}

void pg_param_int2(struct pg_request *q, int16_t v)
{
    pg_param_fixed(q, (uint16_t)v, 2);
}

void pg_param_int4(struct pg_request *q, int32_t v)
{
    pg_param_fixed(q, (uint32_t)v, 4);
}

void pg_param_int8(struct pg_request *q, int64_t v)
{
    pg_param_fixed(q, (uint64_t)v, 8);
}

void pg_param_float4(struct pg_request *q, float v)
{
    pg_param_fixed(q, pg_bits4(v), 4);
}

void pg_param_float8(struct pg_request *q, double v)
{
    pg_param_fixed(q, pg_bits8(v), 8);
}

void pg_param_bytea(struct pg_request *q, struct str v)
{
    if (!v.p) {
        pg_param_null(q);
    } else if (pg_param_open(q, 0)) {
        buf_add(&q->bytes, v.p, v.n);
        pg_param_close(q);
    }
}

void pg_param_text(struct pg_request *q, struct str v)
{
    pg_param_bytea(q, v); /* text_send is the bytes as well */
}

void pg_param_uuid(struct pg_request *q, const struct uuid *v)
{
    pg_param_bytea(q, (struct str){.p = v ? (const char *)v->b : NULL, .n = UUID_BYTES});
}

void pg_param_jsonb(struct pg_request *q, struct str v)
{
    if (!v.p) {
        pg_param_null(q);
    } else if (pg_param_open(q, 0)) {
        pg_put_jsonb(&q->bytes, v);
        pg_param_close(q);
    }
}

void pg_param_timestamptz(struct pg_request *q, uint64_t wall_us)
{
    pg_param_int8(q, pg_time_from_wall(wall_us));
}

void pg_param_vector(struct pg_request *q, const float *v, int dim)
{
    if (!v) {
        pg_param_null(q);
    } else if (pg_vector_ok(q, dim) && pg_param_open(q, 0)) {
        pg_put_vector(&q->bytes, v, dim);
        pg_param_close(q);
    }
}

/* ---- arrays ---- */

void pg_array_begin(struct pg_request *q, enum pg_type type)
{
    if (!pg_param_open(q, 0))
        return;
    q->array_open = true;
    q->array_null = false;
    q->array_type = type;
    q->array_at = q->bytes.len;
    q->array_count = 0;
    if (type == PG_VECTOR) {
        uint32_t at = (uint32_t)q->bytes.len + 8;
        buf_add(&q->vector_at, &at, sizeof(at));
    }
    pg_put(&q->bytes, 1, 4);
    pg_put(&q->bytes, 0, 4);
    pg_put(&q->bytes, pg_type_oids[type], 4);
    pg_put(&q->bytes, 0, 4);
    pg_put(&q->bytes, 1, 4);
}

void pg_array_end(struct pg_request *q)
{
    if (!q->array_open) {
        pg_request_fail(q, ERR_BUG, "the end of an array that was not begun");
        return;
    }
    q->array_open = false;
    if (buf_failed(&q->bytes) || q->bytes.len < q->array_at + PG_ARRAY_HEAD)
        return; /* pg_request_check() sees it */
    if (q->array_count == 0) {
        pg_set4(&q->bytes, q->array_at, 0);
        q->bytes.len = q->array_at + PG_ARRAY_EMPTY;
    } else {
        pg_set4(&q->bytes, q->array_at + 4, q->array_null);
        pg_set4(&q->bytes, q->array_at + 12, q->array_count);
    }
    pg_param_close(q);
}

static bool pg_element(struct pg_request *q, enum pg_type type, int32_t n)
{
    if (!q->array_open || q->array_type != type) {
        pg_request_fail(q, ERR_BUG, "an array element of another type than the array");
        return false;
    }
    q->array_count++;
    pg_put(&q->bytes, (uint32_t)n, 4);
    return true;
}

static void pg_element_fixed(struct pg_request *q, enum pg_type type, uint64_t v, int n)
{
    if (pg_element(q, type, n))
        pg_put(&q->bytes, v, n);
}

static void pg_element_bytes(struct pg_request *q, enum pg_type type, struct str v)
{
    if (!v.p)
        pg_array_null(q);
    else if (v.n > PG_REQUEST_MAX_BYTES)
        q->bytes.failed = true;
    else if (pg_element(q, type, (int32_t)v.n))
        buf_add(&q->bytes, v.p, v.n);
}

void pg_array_null(struct pg_request *q)
{
    q->array_null = true;
    (void)!pg_element(q, q->array_type, -1);
}

void pg_array_bool(struct pg_request *q, bool v)
{
    pg_element_fixed(q, PG_BOOL, v, 1);
}

void pg_array_int2(struct pg_request *q, int16_t v)
{
    pg_element_fixed(q, PG_INT2, (uint16_t)v, 2);
}

void pg_array_int4(struct pg_request *q, int32_t v)
{
    pg_element_fixed(q, PG_INT4, (uint32_t)v, 4);
}

void pg_array_int8(struct pg_request *q, int64_t v)
{
    pg_element_fixed(q, PG_INT8, (uint64_t)v, 8);
}

void pg_array_float4(struct pg_request *q, float v)
{
    pg_element_fixed(q, PG_FLOAT4, pg_bits4(v), 4);
}

void pg_array_float8(struct pg_request *q, double v)
{
    pg_element_fixed(q, PG_FLOAT8, pg_bits8(v), 8);
}

void pg_array_uuid(struct pg_request *q, const struct uuid *v)
{
    pg_element_bytes(q, PG_UUID, (struct str){.p = v ? (const char *)v->b : NULL, .n = UUID_BYTES});
}

void pg_array_text(struct pg_request *q, struct str v)
{
    pg_element_bytes(q, PG_TEXT, v);
}

void pg_array_bytea(struct pg_request *q, struct str v)
{
    pg_element_bytes(q, PG_BYTEA, v);
}

void pg_array_jsonb(struct pg_request *q, struct str v)
{
    if (!v.p)
        pg_array_null(q);
    else if (v.n >= PG_REQUEST_MAX_BYTES)
        q->bytes.failed = true;
    else if (pg_element(q, PG_JSONB, (int32_t)v.n + 1))
        pg_put_jsonb(&q->bytes, v);
}

void pg_array_timestamptz(struct pg_request *q, uint64_t wall_us)
{
    pg_element_fixed(q, PG_TIMESTAMPTZ, (uint64_t)pg_time_from_wall(wall_us), 8);
}

void pg_array_vector(struct pg_request *q, const float *v, int dim)
{
    if (!v)
        pg_array_null(q);
    else if (pg_vector_ok(q, dim) && pg_element(q, PG_VECTOR, 4 + 4 * dim))
        pg_put_vector(&q->bytes, v, dim);
}

/* One loop for every array function: each element is NULL or put by its own element function. */
#define PG_PARAM_ARRAY(q, type, v, n, is_null, put)                                                                    \
    do {                                                                                                               \
        pg_array_begin((q), (type));                                                                                   \
        for (size_t i = 0; i < (n); i++)                                                                               \
            if (is_null)                                                                                               \
                pg_array_null(q);                                                                                      \
            else                                                                                                       \
                put;                                                                                                   \
        pg_array_end(q);                                                                                               \
    } while (0)

void pg_param_bool_array(struct pg_request *q, const bool *v, size_t n, const bool *nulls)
{
    PG_PARAM_ARRAY(q, PG_BOOL, v, n, nulls && nulls[i], pg_array_bool(q, v[i]));
}

void pg_param_int4_array(struct pg_request *q, const int32_t *v, size_t n, const bool *nulls)
{
    PG_PARAM_ARRAY(q, PG_INT4, v, n, nulls && nulls[i], pg_array_int4(q, v[i]));
}

void pg_param_int8_array(struct pg_request *q, const int64_t *v, size_t n, const bool *nulls)
{
    PG_PARAM_ARRAY(q, PG_INT8, v, n, nulls && nulls[i], pg_array_int8(q, v[i]));
}

void pg_param_float8_array(struct pg_request *q, const double *v, size_t n, const bool *nulls)
{
    PG_PARAM_ARRAY(q, PG_FLOAT8, v, n, nulls && nulls[i], pg_array_float8(q, v[i]));
}

void pg_param_uuid_array(struct pg_request *q, const struct uuid *v, size_t n, const bool *nulls)
{
    PG_PARAM_ARRAY(q, PG_UUID, v, n, nulls && nulls[i], pg_array_uuid(q, &v[i]));
}

void pg_param_text_array(struct pg_request *q, const struct str *v, size_t n)
{
    PG_PARAM_ARRAY(q, PG_TEXT, v, n, false, pg_array_text(q, v[i]));
}

void pg_param_bytea_array(struct pg_request *q, const struct str *v, size_t n)
{
    PG_PARAM_ARRAY(q, PG_BYTEA, v, n, false, pg_array_bytea(q, v[i]));
}
