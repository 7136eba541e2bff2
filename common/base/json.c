/* yyjson with the arena as its allocator: nothing is freed one by one. realloc keeps a size header in front of each
 * block. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_HEADER_BYTES     16
#define JSON_NUMBER_MAX_BYTES 400

static void *json_arena_malloc(void *ctx, size_t size)
{
    if (size > SIZE_MAX - JSON_HEADER_BYTES)
        return NULL;
    char *p = arena_try_alloc(ctx, size + JSON_HEADER_BYTES);
    return p ? p + JSON_HEADER_BYTES : NULL;
}

static void *json_arena_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    if (size <= old_size)
        return ptr;
    void *p = json_arena_malloc(ctx, size);
    if (p && ptr)
        memcpy(p, ptr, old_size);
    return p;
}

static void json_arena_free(void *ctx UNUSED, void *ptr UNUSED)
{
}

static yyjson_alc json_alc(struct arena *a)
{
    return (yyjson_alc){.malloc = json_arena_malloc, .realloc = json_arena_realloc, .free = json_arena_free, .ctx = a};
}

/* The byte behind the string whose content begins at i; the end of the text when it is not closed. */
static size_t json_string_end(struct str text, size_t i)
{
    for (; i < text.n && text.p[i] != '"'; i++)
        i += text.p[i] == '\\';
    return MIN(i + 1, text.n);
}

/* Deepest nesting outside strings; the parser itself is iterative but everything that walks a document recurses. */
static size_t json_depth(struct str text, size_t *ret_at)
{
    size_t depth = 0, deepest = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"') {
            i = json_string_end(text, i + 1) - 1;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) {
                deepest = depth;
                *ret_at = i;
                if (deepest > JSON_DEPTH_MAX)
                    break;
            }
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    return deepest;
}

/* A number kept as text must be one that readers of numbers can read too. */
static bool json_is_readable(const yyjson_val *v)
{
    const char *text = unsafe_yyjson_get_str((void *)(uintptr_t)v);
    size_t n = unsafe_yyjson_get_len((void *)(uintptr_t)v);
    char copy[JSON_NUMBER_MAX_BYTES];
    if (n < 19 && !memchr(text, 'e', n) && !memchr(text, 'E', n))
        return true;
    if (n >= sizeof(copy))
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return isfinite(strtod(copy, NULL));
}

static bool json_numbers_are_readable(yyjson_val *root)
{
    size_t total = unsafe_yyjson_get_next(root) - root;
    for (size_t i = 0; i < total; i++)
        if (yyjson_is_raw(root + i) && !json_is_readable(root + i))
            return false;
    return true;
}

enum json_verdict { JSON_GOOD = 0, JSON_NUL, JSON_DEEP };

/* One walk over the values, which lie in the order of the text: end[] are the ends of the containers around v. */
static enum json_verdict json_judge(yyjson_val *root)
{
    yyjson_val *end[JSON_DEPTH_MAX], *last = unsafe_yyjson_get_next(root);
    enum json_verdict verdict = JSON_GOOD;
    size_t depth = 0;
    for (yyjson_val *v = root; v < last; v++) {
        while (depth && v == end[depth - 1])
            depth--;
        if (unsafe_yyjson_is_ctn(v)) {
            if (depth == JSON_DEPTH_MAX)
                return JSON_DEEP;
            end[depth++] = unsafe_yyjson_get_next(v);
        } else if (unsafe_yyjson_get_tag(v) == (YYJSON_TYPE_STR | YYJSON_SUBTYPE_NONE) &&
                   memchr(unsafe_yyjson_get_str(v), '\0', unsafe_yyjson_get_len(v))) {
            verdict = JSON_NUL; /* strings without an escape are marked NOESC and cannot have one */
        }
    }
    return verdict;
}

/* The text is too deep, or is not valid: the first is what is said where both are true. */
static int json_refuse(struct str text, const yyjson_read_err *rerr, size_t *ret_offset, struct err *err)
{
    size_t at = 0;
    if (json_depth(text, &at) > JSON_DEPTH_MAX) {
        if (ret_offset)
            *ret_offset = at;
        return err_set(err, ERR_MALFORMED, "JSON is nested deeper than %d levels at byte %zu", JSON_DEPTH_MAX, at);
    }
    if (ret_offset)
        *ret_offset = rerr->pos;
    if (rerr->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return err_set(err, ERR_MEMORY, "the JSON text needs more memory than its limit");
    return err_set(err, ERR_MALFORMED, "JSON is not valid at byte %zu: %s", rerr->pos, rerr->msg);
}

static int json_parse_as(struct arena *a, struct str text, yyjson_read_flag how, yyjson_val **ret_root,
                         size_t *ret_offset, struct err *err)
{
    if (ret_offset)
        *ret_offset = 0;
    yyjson_alc alc = json_alc(a);
    yyjson_read_err rerr = {0};
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, how, &alc, &rerr);
    if (!doc)
        return json_refuse(text, &rerr, ret_offset, err);
    yyjson_val *root = yyjson_doc_get_root(doc);
    enum json_verdict verdict = json_judge(root);
    if (verdict == JSON_DEEP)
        return json_refuse(text, &rerr, ret_offset, err);
    *ret_root = root;
    if (verdict == JSON_NUL)
        return err_set(err, ERR_MALFORMED, "JSON contains a NUL character in a string");
    return 0;
}

int json_parse(struct arena *a, struct str text, yyjson_val **ret_root, size_t *ret_offset, struct err *err)
{
    return json_parse_as(a, text, YYJSON_READ_NOFLAG, ret_root, ret_offset, err);
}

int json_parse_exact(struct arena *a, struct str text, yyjson_val **ret_root, struct err *err)
{
    int rc = json_parse_as(a, text, YYJSON_READ_NUMBER_AS_RAW, ret_root, NULL, err);
    if (rc == 0 && !json_numbers_are_readable(*ret_root))
        rc = err_set(err, ERR_MALFORMED, "JSON contains a number that is too large or too long");
    return rc;
}

yyjson_mut_doc *json_mut_new(struct arena *a)
{
    /* the allocator is copied into the document */
    yyjson_alc alc = json_alc(a);
    return yyjson_mut_doc_new(&alc);
}

char *json_write(struct arena *a, const yyjson_val *v, size_t *ret_len)
{
    yyjson_alc alc = json_alc(a);
    return yyjson_val_write_opts(v, YYJSON_WRITE_NOFLAG, &alc, ret_len, NULL);
}

char *json_write_pretty(struct arena *a, const yyjson_val *v, size_t *ret_len)
{
    yyjson_alc alc = json_alc(a);
    return yyjson_val_write_opts(v, YYJSON_WRITE_PRETTY_TWO_SPACES, &alc, ret_len, NULL);
}

char *json_write_mut(struct arena *a, const yyjson_mut_val *v, size_t *ret_len)
{
    yyjson_alc alc = json_alc(a);
    return yyjson_mut_val_write_opts(v, YYJSON_WRITE_NOFLAG, &alc, ret_len, NULL);
}

struct str json_str(yyjson_val *v)
{
    if (!yyjson_is_str(v))
        return (struct str){.p = "", .n = 0};
    return (struct str){.p = yyjson_get_str(v), .n = yyjson_get_len(v)};
}

struct str json_get_str(yyjson_val *obj, const char *key)
{
    return json_str(yyjson_obj_get(obj, key));
}

int64_t json_get_int(yyjson_val *obj, const char *key, int64_t otherwise)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    if (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX)
        return otherwise;
    return yyjson_is_int(v) ? yyjson_get_sint(v) : otherwise;
}

double json_get_num(yyjson_val *obj, const char *key, double otherwise)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_num(v) ? yyjson_get_num(v) : otherwise;
}

bool json_get_bool(yyjson_val *obj, const char *key, bool otherwise)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_bool(v) ? yyjson_get_bool(v) : otherwise;
}

yyjson_val *json_get_arr(yyjson_val *obj, const char *key)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_arr(v) ? v : NULL;
}

yyjson_val *json_get_obj(yyjson_val *obj, const char *key)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_obj(v) ? v : NULL;
}

void json_pointer_add(char *pointer, size_t cap, const char *key)
{
    size_t n = strlen(pointer);
    if (n + 1 < cap)
        pointer[n++] = '/';
    for (; *key && n + 2 < cap; key++) {
        if (*key == '~' || *key == '/') {
            pointer[n++] = '~';
            pointer[n++] = *key == '~' ? '0' : '1';
        } else {
            pointer[n++] = *key;
        }
    }
    pointer[MIN(n, cap - 1)] = '\0';
}

void json_pointer_add_index(char *pointer, size_t cap, size_t index)
{
    size_t n = strlen(pointer);
    snprintf(pointer + n, cap - n, "/%zu", index);
}
