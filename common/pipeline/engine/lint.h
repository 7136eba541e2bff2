/* What an applicant tracking system or a reader would stumble over in a résumé: about its form, never about the person.
 * Deterministic, without a clock: the same document gives the same findings in the same order (that of the rules, then
 * of the document). Pure. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

#define LINT_FINDINGS_MAX ((size_t)200)

enum lint_severity { LINT_INFO = 1, LINT_WARNING, LINT_ERROR };

struct lint_finding {
    const char *code;   /* "missing_email"; stable, static */
    struct str pointer; /* JSON pointer, NUL-terminated, in the arena */
    struct str detail;  /* one sentence, NUL-terminated, in the arena */
    enum lint_severity severity;
};

struct lint_report {
    struct lint_finding at[LINT_FINDINGS_MAX];
    size_t n;
};

/* resume: a JSON Resume; wrong types are findings. ERR_MEMORY. */
int lint_resume(struct arena *a, yyjson_val *resume, struct lint_report *ret, struct err *err) MUST_CHECK;
const char *lint_severity_name(enum lint_severity s); /* "info", "warning", "error" */
/* [{code, severity, pointer, detail}, ...] */
void lint_write_json(const struct lint_report *r, struct buf *out);
