/* What the reader may use, set before the first byte of the document is read. */
#pragma once

#include "base/err.h"

#define READER_MEMORY_BYTES ((unsigned long)768 * 1024 * 1024) /* address space */
#define READER_CPU_S        8
#define READER_FILES        32
#define READER_WRITE_BYTES  (64UL * 1024 * 1024) /* where standard output is a file */

/* Limits of memory, CPU time, open files, no core, no new privileges, no new programs or connections (seccomp). */
int limits_set(struct err *err) MUST_CHECK;
