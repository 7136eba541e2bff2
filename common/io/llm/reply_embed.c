/* Embeddings: decimals or base64 of little-endian floats, in any order; each checked to be there once, of the right
 * length, finite, and of unit length (made so when the server did not). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "io/llm/reply_int.h"

#define UNIT_TOLERANCE 1e-3

/* Values of the digits plus one; 0: none. */
#define DIGITS4(c, v) [c] = (v) + 1, [(c) + 1] = (v) + 2, [(c) + 2] = (v) + 3, [(c) + 3] = (v) + 4
#define LETTERS(c, v)                                                                                                  \
    DIGITS4(c, v), DIGITS4((c) + 4, (v) + 4), DIGITS4((c) + 8, (v) + 8), DIGITS4((c) + 12, (v) + 12),                  \
        DIGITS4((c) + 16, (v) + 16), DIGITS4((c) + 20, (v) + 20), [(c) + 24] = (v) + 25, [(c) + 25] = (v) + 26
static const uint8_t base64_digits[256] = {LETTERS('A', 0), LETTERS('a', 26), DIGITS4('0', 52), DIGITS4('4', 56),
                                           ['8'] = 60 + 1,  ['9'] = 61 + 1,   ['+'] = 62 + 1,   ['/'] = 63 + 1};

/* Up to four digits, most significant first, as 24 bits; false: one of them is none. */
static bool base64_bits(const unsigned char *p, size_t n, uint32_t *bits)
{
    bool good = true;
    *bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t v = i < n ? base64_digits[p[i]] : 1;
        good &= v != 0;
        *bits = *bits << 6 | (uint32_t)(v - 1);
    }
    return good;
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
    if (!out)
        return bytes / 4;
    const unsigned char *p = (const unsigned char *)text.p;
    unsigned char *to = (unsigned char *)out;
    size_t at = 0;
    bool good = true;
    for (size_t i = 0; i < n; i += 4) {
        uint32_t bits;
        good &= base64_bits(p + i, MIN(n - i, (size_t)4), &bits);
        for (int shift = 16; shift >= 0 && at < bytes; shift -= 8)
            to[at++] = (unsigned char)(bits >> shift);
    }
    for (size_t i = 0; i < bytes / 4; i++) { /* they are little-endian, whatever this machine is */
        uint32_t word = (uint32_t)to[i * 4] | (uint32_t)to[i * 4 + 1] << 8 | (uint32_t)to[i * 4 + 2] << 16 |
                        (uint32_t)to[i * 4 + 3] << 24;
        memcpy(&out[i], &word, 4);
    }
    return good ? bytes / 4 : 0;
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
        int64_t first = (int64_t)expect->inputs_first;
        int64_t at = json_get_int(item, "index", (int64_t)i + first) - first;
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
