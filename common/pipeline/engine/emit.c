#include "pipeline/engine/emit.h"

#define EMIT_FIRST_BYTES ((size_t)16 * 1024) /* most documents fit: no growing by doubling */
#define EMIT_DIGITS_MAX  24

void emit_init(struct emit *e)
{
    *e = (struct emit){0};
    buf_init(&e->b, EMIT_MAX_BYTES);
    buf_reserve(&e->b, EMIT_FIRST_BYTES);
}

void emit_fini(struct emit *e)
{
    buf_fini(&e->b);
}

int emit_take(struct emit *e, struct arena *a, struct str *ret, struct err *err)
{
    char *text = buf_failed(&e->b) ? NULL : arena_strndup(a, buf_str(&e->b), e->b.len);
    size_t n = e->b.len;
    emit_fini(e);
    if (!text)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    *ret = (struct str){.p = text, .n = n};
    return 0;
}

static void emit_begin(struct emit *e, const char *key)
{
    size_t n = key ? strlen(key) : 0;
    char *p = buf_reserve(&e->b, n + 4), *from = p;
    if (p && e->comma)
        *p++ = ',';
    if (p && key) {
        *p++ = '"';
        memcpy(p, key, n);
        p += n;
        *p++ = '"';
        *p++ = ':';
    }
    if (p) {
        *p = '\0';
        e->b.len += (size_t)(p - from);
    }
    e->comma = true;
}

void emit_obj(struct emit *e, const char *key)
{
    emit_begin(e, key);
    buf_addc(&e->b, '{');
    e->comma = false;
}

void emit_obj_end(struct emit *e)
{
    buf_addc(&e->b, '}');
    e->comma = true;
}

void emit_arr(struct emit *e, const char *key)
{
    emit_begin(e, key);
    buf_addc(&e->b, '[');
    e->comma = false;
}

void emit_arr_end(struct emit *e)
{
    buf_addc(&e->b, ']');
    e->comma = true;
}

void emit_str(struct emit *e, const char *key, struct str v)
{
    emit_begin(e, key);
    buf_add_json(&e->b, v.p, v.n);
}

void emit_strc(struct emit *e, const char *key, const char *v)
{
    emit_str(e, key, str_of(v));
}

static void add_number(struct emit *e, long long v)
{
    char digits[EMIT_DIGITS_MAX];
    size_t at = sizeof(digits);
    unsigned long long u = v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v;
    do
        digits[--at] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        digits[--at] = '-';
    buf_add(&e->b, digits + at, sizeof(digits) - at);
}

void emit_int(struct emit *e, const char *key, long long v)
{
    emit_begin(e, key);
    add_number(e, v);
}

void emit_bool(struct emit *e, const char *key, bool v)
{
    emit_begin(e, key);
    buf_adds(&e->b, v ? "true" : "false");
}

void emit_null(struct emit *e, const char *key)
{
    emit_begin(e, key);
    buf_adds(&e->b, "null");
}

void emit_milli(struct emit *e, const char *key, double v)
{
    emit_begin(e, key);
    long long m = (long long)(v * 1000 + (v < 0 ? -0.5 : 0.5));
    if (m < 0) {
        buf_addc(&e->b, '-');
        m = -m;
    }
    add_number(e, m / 1000);
    int frac = (int)(m % 1000);
    if (frac == 0)
        return;
    char digits[5] = {'.', (char)('0' + frac / 100), (char)('0' + frac / 10 % 10), (char)('0' + frac % 10), 0};
    for (int i = 3; i > 0 && digits[i] == '0'; i--)
        digits[i] = '\0';
    buf_adds(&e->b, digits);
}

void emit_raw(struct emit *e, const char *key, const char *json, size_t n)
{
    emit_begin(e, key);
    buf_add(&e->b, json, n);
}
