/* JSON Schema, the part of it that answers of models are described with.
 *
 * Known: type (one or several), properties, required, additionalProperties (false, true or a schema), items, enum,
 * const, anyOf, oneOf (read as anyOf), minLength, maxLength, minItems, maxItems, minimum, maximum, $ref to
 * "#/$defs/NAME" (no recursion). Words for people (title, description, ...) are skipped; anything else is an error when
 * the schema is compiled. A property that is not required may be null. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

struct schema;

#define SCHEMA_NODES_MAX  2000
#define SCHEMA_FAULTS_MAX 24

/* Compiles text; the schema lives in the arena (text is not needed afterwards). NULL: ERR_INVALID (what is wrong, with
 * a pointer), ERR_MALFORMED, ERR_MEMORY. */
struct schema *schema_compile(struct arena *a, struct str text, struct err *err) MUST_CHECK;

struct schema_fault {
    char pointer[ERR_POINTER_BYTES]; /* into the value; "" is the root */
    char message[ERR_MSG_BYTES];     /* "must be one of ...": no text of the value */
};
struct schema_faults {
    struct schema_fault items[SCHEMA_FAULTS_MAX];
    size_t count; /* kept */
    size_t total; /* found */
};

/* true when the value fits; else the faults, in the order of the document. faults may be NULL. */
bool schema_check(const struct schema *s, yyjson_val *v, struct schema_faults *faults);
/* Lines "- /skills/0: must be a text" for the prompt of a repair ask. */
void schema_faults_write(const struct schema_faults *faults, struct buf *out);
/* Values that differ from an allowed text only in the case of letters, written as the schema has them. The value is a
 * mutable document's. Returns how many were changed. */
size_t schema_settle_case(const struct schema *s, yyjson_mut_doc *doc, yyjson_mut_val *v);

/* The schema as providers enforce it: every property required (those that were not may be null), additionalProperties
 * false, no limits of length and range, $ref resolved. Compact text in the arena; p NULL when exhausted. */
struct str schema_portable(const struct schema *s, struct arena *a);
