/* Small files and folders of the command line: read, write at once, make folders. */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

#define FILES_PATH_BYTES 1024

/* Joins two parts with "/" into out; ERR_LIMIT when it does not fit. */
int files_join(char out[FILES_PATH_BYTES], const char *folder, const char *name, struct err *err);
/* Makes the folder and those above it (mode for the new ones). */
int files_mkdirs(const char *path, mode_t mode, struct err *err);
/* Appends the content of path ("-": standard input), at most out->max_bytes. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO. */
int files_read(const char *path, struct buf *out, struct err *err);
/* Writes the whole file beside and renames it into place. */
int files_write(const char *path, const void *data, size_t n, mode_t mode, struct err *err);
/* First line of a small file without its end; ERR_NOT_FOUND when there is none. */
int files_line(const char *path, char *out, size_t cap, struct err *err);
/* Appends the last lines of a file (about max_bytes), each with indent before it. */
void files_tail(const char *path, int lines, const char *indent, struct buf *out);
