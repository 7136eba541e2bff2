/* The strings of the document as a set: open addressing over twice as many slots as there are strings. Built while the
 * profile is read, because every tailored résumé is checked against the same strings. */
#include "pipeline/engine/profile_parts.h"

#define STRINGS_SLOTS_MIN 64 /* power of two */

struct profile_strings {
    struct str *slots;
    size_t slots_n; /* power of two */
    size_t n;
};

static uint64_t hash_of(struct str s)
{
    const uint64_t prime = 0x9E3779B97F4A7C15ull;
    uint64_t h = s.n * prime, word;
    size_t i = 0;
    for (; i + sizeof(word) <= s.n; i += sizeof(word)) {
        memcpy(&word, s.p + i, sizeof(word));
        h = (h ^ word) * prime;
        h ^= h >> 32;
    }
    word = 0;
    if (i < s.n)
        memcpy(&word, s.p + i, s.n - i);
    h = (h ^ word) * prime;
    return h ^ (h >> 32);
}

static size_t slot_of(const struct profile_strings *s, struct str text)
{
    size_t at = (size_t)hash_of(text) & (s->slots_n - 1);
    while (s->slots[at].p && !str_eq(s->slots[at], text))
        at = (at + 1) & (s->slots_n - 1);
    return at;
}

/* What the reading of a document noted about it is no statement of the person. */
static bool is_about(yyjson_val *key)
{
    return yyjson_equals_str(key, "x_import") || yyjson_equals_str(key, "x_sources");
}

static void collect(struct profile_strings *s, yyjson_val *v)
{
    size_t i, n;
    yyjson_val *key, *item;
    if (yyjson_is_str(v)) {
        size_t at = slot_of(s, json_str(v));
        if (!s->slots[at].p && s->n < PROFILE_STRINGS_MAX) {
            s->slots[at] = json_str(v);
            s->n++;
        }
    } else if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) collect(s, item);
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) if (!is_about(key)) collect(s, item);
    }
}

/* Strings that are values; keys are not counted. */
static size_t count(yyjson_val *v)
{
    size_t i, n, sum = yyjson_is_str(v);
    yyjson_val *key, *item;
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) sum += count(item);
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) sum += count(item);
    }
    return sum;
}

const struct profile_strings *profile_strings_make(struct arena *a, yyjson_val *document)
{
    struct profile_strings *s = ARENA_NEW(a, struct profile_strings);
    size_t want = MIN(count(document), PROFILE_STRINGS_MAX) * 2;
    if (!s)
        return NULL;
    s->slots_n = STRINGS_SLOTS_MIN;
    while (s->slots_n < want)
        s->slots_n *= 2;
    s->slots = ARENA_NEW_N(a, struct str, s->slots_n);
    if (!s->slots)
        return NULL;
    collect(s, document);
    return s;
}

bool profile_states(const struct profile *p, struct str text)
{
    const struct profile_strings *s = p->strings;
    return s->slots[slot_of(s, text)].p || s->n >= PROFILE_STRINGS_MAX;
}
