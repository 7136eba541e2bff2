/* The container of a DOCX: a ZIP file in memory, read with limits. Nothing is trusted: sizes are those that came out,
 * not those that the archive states. */
#pragma once

#include "base/doc.h"

#define ZIP_ENTRIES_MAX      2048
#define ZIP_PART_MAX_BYTES   ((size_t)32 * 1024 * 1024)    /* of one part, unpacked */
#define ZIP_ALL_MAX_BYTES    ((uint64_t)256 * 1024 * 1024) /* of all parts, as stated */
#define ZIP_RATIO_MAX        500 /* unpacked over packed, of parts above ZIP_RATIO_FROM_BYTES */
#define ZIP_RATIO_FROM_BYTES ((uint64_t)4 * 1024 * 1024)

struct zip_file;

/* bytes are borrowed until zip_file_close. Refusals: DOC_TRUNCATED, DOC_DAMAGED, DOC_ENCRYPTED, DOC_UNPACKS_TOO_LARGE.
 */
int zip_file_open(struct str bytes, struct zip_file **ret, struct err *err) MUST_CHECK;
void zip_file_close(struct zip_file *z); /* accepts NULL */
CLEANUP_DEFINE(struct zip_file, zip_file_close)
size_t zip_file_count(const struct zip_file *z);
const char *zip_file_name(const struct zip_file *z, size_t i); /* "" when it has none */
bool zip_file_has(const struct zip_file *z, const char *name);
/* A whole part, in the arena. ERR_NOT_FOUND; refusals as above. */
int zip_file_part(struct zip_file *z, struct arena *a, const char *name, struct str *ret, struct err *err) MUST_CHECK;
