/* All that is wrong with a body, field by field: every error is listed, not just the first. */
#pragma once

#include "base/err.h"
#include "base/json.h"

#define FAULTS_MAX 24 /* further ones are counted only */

struct faults {
    struct err items[FAULTS_MAX];
    size_t n;
    size_t more; /* that did not fit */
};

void faults_init(struct faults *f);
void faults_add(struct faults *f, enum err_code code, const char *base, const char *key, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
static inline bool faults_any(const struct faults *f)
{
    return f->n > 0;
}
/* One error for the whole: the first one's code; "3 fields are not valid". */
void faults_summary(const struct faults *f, struct err *ret);

/* Every key of obj must be in the NULL-terminated list; an unknown one is a fault that names the nearest known one.
 * base: pointer of obj. */
void faults_unknown(struct faults *f, yyjson_val *obj, const char *base, const char *const *known);
/* A text field with at most max_chars code points, without control characters other than line breaks and tabs
 * (multiline) or at all. Absent and null give n == 0. */
struct str faults_text(struct faults *f, yyjson_val *obj, const char *base, const char *key, size_t max_chars,
                       bool multiline);
/* Position in the NULL-terminated list, -1 when absent or wrong. */
int faults_choice(struct faults *f, yyjson_val *obj, const char *base, const char *key, const char *const *choices);
