/* Errors: a negative code that the caller acts on, plus one caller-owned sentence. Nothing is allocated on an error
 * path.
 *
 * int f(..., struct err *err): returns 0 or -ERR_x (always negative); fills *err when it fails. err may be NULL.
 * The rows (class, HTTP status, slug, title) live in proto/errors.def. */
#pragma once

#include "base/cleanup.h"

enum err_code {
    ERR_NONE = 0,
#define ERR(name, number, class_, status, slug, title) ERR_##name = number,
#include "errors.def"
#undef ERR
};

enum err_class {
    ERR_CLASS_NONE = 0,
    ERR_CLASS_INPUT,
    ERR_CLASS_TRANSIENT,
    ERR_CLASS_PERMANENT,
    ERR_CLASS_CANCELLED,
    ERR_CLASS_BUG
};

#define ERR_MSG_BYTES     240
#define ERR_POINTER_BYTES 160

struct err {
    enum err_code code;
    char sqlstate[6];                /* "" unless Postgres said it */
    char msg[ERR_MSG_BYTES];         /* one sentence for a person; never personal data */
    char pointer[ERR_POINTER_BYTES]; /* JSON pointer into the input, "" when none applies */
};

/* Fills err (if not NULL) and returns -code, so that `return err_set(err, ERR_INVALID, "...")` reads well. The pointer
 * is cleared. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same with a JSON pointer (borrowed until return; cut at ERR_POINTER_BYTES - 1). */
int err_set_at(struct err *err, enum err_code code, const char *pointer, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Puts words before the message: "reading config: no such file". Returns -err->code. */
int err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

enum err_class err_class(enum err_code code);
int err_http_status(enum err_code code);
const char *err_slug(enum err_code code);      /* "invalid"; "unknown" for a code that does not exist */
const char *err_title(enum err_code code);     /* one sentence, static */
enum err_code err_from_slug(const char *slug); /* ERR_NONE when unknown */
