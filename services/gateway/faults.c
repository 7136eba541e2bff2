/* Values are never repeated in a message: they may be personal. */
#include "gateway/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

#define FAULTS_CHOICES_BYTES 160

void faults_init(struct faults *f)
{
    f->n = 0;
    f->more = 0;
}

void faults_add(struct faults *f, enum err_code code, const char *base, const char *key, const char *fmt, ...)
{
    if (f->n == FAULTS_MAX) {
        f->more++;
        return;
    }
    char pointer[ERR_POINTER_BYTES], text[ERR_MSG_BYTES];
    snprintf(pointer, sizeof(pointer), "%s", base);
    if (key)
        json_pointer_add(pointer, sizeof(pointer), key);
    size_t valid = utf8_valid_prefix(str_of(pointer)); /* a long key may have been cut inside a code point */
    pointer[valid] = '\0';
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_set_at(&f->items[f->n++], code, pointer, "%s", text);
}

void faults_summary(const struct faults *f, struct err *ret)
{
    size_t n = f->n + f->more;
    if (n == 1)
        *ret = f->items[0];
    else
        err_set(ret, f->items[0].code, "%zu fields are not valid", n);
}

static const char *nearest(const char *name, const char *const *known)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)MIN(strlen(name), 7) / 2 + 1; /* further away is no suggestion */
    for (; *known; known++) {
        unsigned d = str_distance(name, *known);
        if (d < best_distance) {
            best = *known;
            best_distance = d;
        }
    }
    return best;
}

static bool is_known(const char *name, size_t n, const char *const *known)
{
    for (; *known; known++)
        if (strlen(*known) == n && memcmp(*known, name, n) == 0)
            return true;
    return false;
}

void faults_unknown(struct faults *f, yyjson_val *obj, const char *base, const char *const *known)
{
    size_t i, max;
    yyjson_val *key, *val;
    yyjson_obj_foreach(obj, i, max, key, val)
    {
        const char *name = yyjson_get_str(key);
        if (is_known(name, yyjson_get_len(key), known))
            continue;
        const char *near = nearest(name, known);
        if (near)
            faults_add(f, ERR_INVALID, base, name, "there is no such field; did you mean \"%s\"?", near);
        else
            faults_add(f, ERR_INVALID, base, name, "there is no such field");
    }
}

static bool has_control(struct str s, bool multiline)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x7f || (c < 0x20 && !(multiline && (c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v'))))
            return true;
    }
    return false;
}

struct str faults_text(struct faults *f, yyjson_val *obj, const char *base, const char *key, size_t max_chars,
                       bool multiline)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    struct str none = {.p = "", .n = 0};
    if (!v || yyjson_is_null(v))
        return none;
    if (!yyjson_is_str(v)) {
        faults_add(f, ERR_INVALID, base, key, "must be a string");
        return none;
    }
    struct str s = json_str(v);
    if (utf8_count(s) > max_chars) {
        faults_add(f, ERR_TOO_LARGE, base, key, "must have at most %zu characters", max_chars);
        return none;
    }
    if (has_control(s, multiline)) {
        faults_add(f, ERR_INVALID, base, key, "must not contain control characters");
        return none;
    }
    return s;
}

int faults_choice(struct faults *f, yyjson_val *obj, const char *base, const char *key, const char *const *choices)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    if (!v || yyjson_is_null(v))
        return -1;
    char list[FAULTS_CHOICES_BYTES] = "";
    for (int i = 0; choices[i]; i++) {
        if (yyjson_equals_str(v, choices[i]))
            return i;
        size_t n = strlen(list);
        snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", choices[i]);
    }
    faults_add(f, ERR_INVALID, base, key, "must be one of %s", list);
    return -1;
}
