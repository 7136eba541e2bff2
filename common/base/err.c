/* Error rows come from proto/errors.def; a code is an index by search, the table is short. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
    enum err_code code;
    enum err_class class;
    int status;
    const char *slug;
    const char *title;
};

static const struct err_row err_rows[] = {
#define ERR(name, number, class_, status_, slug_, title_)                                                              \
    {.code = ERR_##name, .class = ERR_CLASS_##class_, .status = status_, .slug = slug_, .title = title_},
#include "errors.def"
#undef ERR
};

static const struct err_row *err_row_find(enum err_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(err_rows); i++)
        if (err_rows[i].code == code)
            return &err_rows[i];
    return NULL;
}

PRINTF_LIKE(4, 0)
static void err_fill(struct err *err, enum err_code code, const char *pointer, const char *fmt, va_list ap)
{
    err->code = code;
    err->sqlstate[0] = '\0';
    snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
    vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        err_fill(err, code, "", fmt, ap);
        va_end(ap);
    }
    return -(int)code;
}

int err_set_at(struct err *err, enum err_code code, const char *pointer, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        err_fill(err, code, pointer, fmt, ap);
        va_end(ap);
    }
    return -(int)code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -(int)ERR_BUG;
    char old[ERR_MSG_BYTES];
    memcpy(old, err->msg, sizeof(old));
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n + 2 < sizeof(err->msg))
        snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %.*s", (int)(sizeof(err->msg) - (size_t)n - 3), old);
    return -(int)err->code;
}

enum err_class err_class(enum err_code code)
{
    const struct err_row *row = err_row_find(code);
    return row ? row->class : ERR_CLASS_NONE;
}

int err_http_status(enum err_code code)
{
    const struct err_row *row = err_row_find(code);
    return row ? row->status : 500;
}

const char *err_slug(enum err_code code)
{
    const struct err_row *row = err_row_find(code);
    return row ? row->slug : "unknown";
}

const char *err_title(enum err_code code)
{
    const struct err_row *row = err_row_find(code);
    return row ? row->title : "Unknown error";
}

enum err_code err_from_slug(const char *slug)
{
    for (size_t i = 0; i < ARRAY_LEN(err_rows); i++)
        if (strcmp(err_rows[i].slug, slug) == 0)
            return err_rows[i].code;
    return ERR_NONE;
}
