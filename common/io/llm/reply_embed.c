/* Embeddings: decimals or base64 of little-endian floats, in any order; each checked to be there once, of the right
 * length, finite, and of unit length (made so when the server did not). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "io/llm/reply_int.h"

#define UNIT_TOLERANCE 1e-3

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (str_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The number of floats in text, 0 when it is not base64 of whole floats. out may be NULL to count only. */
static size_t base64_floats(struct str text, float *out)
{
    size_t n = text.n;
    while (n && text.p[n - 1] == '=')
        n--;
    size_t bytes = n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
    if (n % 4 == 1 || bytes % 4 || text.n - n > 2)
        return 0;
    uint32_t bits = 0, word = 0;
    size_t have = 0, got = 0;
    for (size_t i = 0; i < n && out; i++) {
        int d = base64_digit(text.p[i]);
        if (d < 0)
            return 0;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        word |= (bits >> have & 0xff) << (got % 4 * 8);
        if (++got % 4 == 0) {
            memcpy(&out[got / 4 - 1], &word, 4);
            word = 0;
        }
    }
    return bytes / 4;
}

static size_t vector_size(yyjson_val *v)
{
    return yyjson_is_arr(v) ? yyjson_arr_size(v) : base64_floats(json_str(v), NULL);
}

static bool vector_read(yyjson_val *v, float *out, size_t dimensions)
{
    double sum = 0;
    yyjson_val *x;
    size_t i, n;
    if (yyjson_is_str(v) && base64_floats(json_str(v), out) != dimensions)
        return false;
    yyjson_arr_foreach(v, i, n, x)
    {
        if (!yyjson_is_num(x))
            return false;
        out[i] = (float)yyjson_get_num(x);
    }
    for (i = 0; i < dimensions; i++) {
        if (!isfinite(out[i]))
            return false;
        sum += (double)out[i] * out[i];
    }
    double norm = sqrt(sum);
    if (norm < 1e-9)
        return false;
    for (i = 0; i < dimensions && fabs(norm - 1) > UNIT_TOLERANCE; i++)
        out[i] = (float)(out[i] / norm);
    return true;
}

static void embed_usage(struct llm_usage *u, yyjson_val *v)
{
    int64_t n = json_get_int(v, "prompt_tokens", -1);
    if (n < 0)
        n = json_get_int(v, "total_tokens", -1);
    u->known = n >= 0;
    u->input = MAX(n, (int64_t)0);
}

int llm_embed_whole(struct reply_build *b, yyjson_val *root, const struct llm_expect *expect)
{
    yyjson_val *data = json_get_arr(root, "data"), *item;
    struct llm_reply *r = b->reply;
    size_t i, n, seen = 0;
    r->model = json_get_str(root, "model");
    embed_usage(&r->usage, json_get_obj(root, "usage"));
    if (yyjson_arr_size(data) != expect->inputs_count)
        return llm_reply_malformed(b, "has another number of embeddings than was asked for");
    size_t dimensions = vector_size(yyjson_obj_get(yyjson_arr_get_first(data), "embedding"));
    if (dimensions == 0 || dimensions > LLM_DIMENSIONS_MAX)
        return llm_reply_malformed(b, "holds no readable embedding");
    if (expect->dimensions > 0 && dimensions != (size_t)expect->dimensions) {
        llm_fault_set(b->fault, LLM_FAULT_DIMENSIONS,
                      "%s: the model answers with %zu dimensions, %d are needed; choose another model", b->e->name,
                      dimensions, expect->dimensions);
        b->fault->status = b->raw->status;
        return -1;
    }
    float *vectors = arena_try_zalloc_n(b->arena, expect->inputs_count * dimensions, sizeof(float));
    bool *there = arena_try_zalloc_n(b->arena, expect->inputs_count, sizeof(bool));
    if (!vectors || !there)
        return llm_reply_malformed(b, "needs more memory to read than its limit");
    yyjson_arr_foreach(data, i, n, item)
    {
        yyjson_val *v = yyjson_obj_get(item, "embedding");
        int64_t at = json_get_int(item, "index", (int64_t)i);
        if (at < 0 || (size_t)at >= expect->inputs_count || there[at] || vector_size(v) != dimensions ||
            !vector_read(v, vectors + (size_t)at * dimensions, dimensions))
            return llm_reply_malformed(b, "holds an embedding that is damaged or there twice");
        there[at] = true;
        seen++;
    }
    r->vectors = vectors;
    r->vectors_count = seen;
    r->dimensions = dimensions;
    r->finish = LLM_FINISH_STOP;
    return 0;
}
