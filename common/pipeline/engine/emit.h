/* JSON text written straight into a buffer, commas by itself: for documents whose bytes must be the same on every host.
 * Keys are literals; numbers are integers or thousandths. One failure (memory, maximum) is noticed at the end by
 * emit_take. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define EMIT_MAX_BYTES ((size_t)8 * 1024 * 1024)

struct emit {
    struct buf b;
    bool comma; /* the next value needs one */
};

void emit_init(struct emit *e);
void emit_fini(struct emit *e);
/* The text in the arena; the buffer is released either way. ERR_MEMORY. */
int emit_take(struct emit *e, struct arena *a, struct str *ret, struct err *err) MUST_CHECK;

/* key NULL: an element of an array. */
void emit_obj(struct emit *e, const char *key);
void emit_obj_end(struct emit *e);
void emit_arr(struct emit *e, const char *key);
void emit_arr_end(struct emit *e);
void emit_str(struct emit *e, const char *key, struct str v);
void emit_strc(struct emit *e, const char *key, const char *v);
void emit_int(struct emit *e, const char *key, long long v);
void emit_bool(struct emit *e, const char *key, bool v);
void emit_null(struct emit *e, const char *key);
void emit_milli(struct emit *e, const char *key, double v); /* rounded to thousandths, trailing zeros dropped */
void emit_raw(struct emit *e, const char *key, const char *json, size_t n);
