#include "pipeline/engine/emit.h"

void emit_init(struct emit *e)
{
    *e = (struct emit){0};
    buf_init(&e->b, EMIT_MAX_BYTES);
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
    if (e->comma)
        buf_addc(&e->b, ',');
    if (key) {
        buf_addc(&e->b, '"');
        buf_adds(&e->b, key);
        buf_add(&e->b, "\":", 2);
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

void emit_int(struct emit *e, const char *key, long long v)
{
    emit_begin(e, key);
    buf_addf(&e->b, "%lld", v);
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
    buf_addf(&e->b, "%lld", m / 1000);
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
