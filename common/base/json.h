/* JSON by yyjson, the one place that includes it. Reading is strict RFC 8259 (no comments, no trailing commas, valid
 * UTF-8, no lone surrogates, no NUL in strings), with a depth limit. Values live as long as the document; a document
 * lives in an arena. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 64

/* Parses text (borrowed until return; strings are copied into the arena's document). The document's memory is the
 * arena's: never call yyjson_doc_free on it. Errors: ERR_MALFORMED with the byte offset in the message (also in
 * *ret_offset when not NULL), ERR_MEMORY when the arena is exhausted. Duplicate keys: the first one wins in lookups. */
int json_parse(struct arena *a, struct str text, yyjson_val **ret_root, size_t *ret_offset, struct err *err) MUST_CHECK;

/* As json_parse, but numbers stay the text they were written as (type raw): writing the value gives the same bytes for
 * 1.0, 1.10, 1e3 or thirty digits. For documents that are handed on; their numbers cannot be read as numbers. */
int json_parse_exact(struct arena *a, struct str text, yyjson_val **ret_root, struct err *err) MUST_CHECK;

/* New mutable document whose memory is the arena's. NULL when exhausted. */
yyjson_mut_doc *json_mut_new(struct arena *a);

/* Compact text of a value in the arena, NULL when exhausted. *ret_len may be NULL. */
char *json_write(struct arena *a, const yyjson_val *v, size_t *ret_len);
char *json_write_mut(struct arena *a, const yyjson_mut_val *v, size_t *ret_len);
char *json_write_pretty(struct arena *a, const yyjson_val *v, size_t *ret_len); /* two spaces */

/* Field access that never fails: the value when it is there and of the type, the default otherwise. v may be NULL. */
struct str json_get_str(yyjson_val *obj, const char *key); /* n == 0 when absent or not a string */
int64_t json_get_int(yyjson_val *obj, const char *key, int64_t otherwise);
double json_get_num(yyjson_val *obj, const char *key, double otherwise);
bool json_get_bool(yyjson_val *obj, const char *key, bool otherwise);
yyjson_val *json_get_arr(yyjson_val *obj, const char *key); /* NULL when absent or not an array */
yyjson_val *json_get_obj(yyjson_val *obj, const char *key);
struct str json_str(yyjson_val *v); /* n == 0 when not a string */

/* Appends "/key" with ~ and / escaped (RFC 6901) to pointer[cap]; cut silently at cap. */
void json_pointer_add(char *pointer, size_t cap, const char *key);
void json_pointer_add_index(char *pointer, size_t cap, size_t index);
