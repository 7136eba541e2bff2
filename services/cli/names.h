/* File names from text of any kind. Pure. */
#pragma once

#include <stddef.h>
#include "base/str.h"

#define NAMES_BYTES 96

/* "0007-acme-engineer": the index with four digits at least, then text in lower case with everything but letters,
 * digits, '.', '_' and '-' as one '-'; never
 * "." or "..", never with a separator, never empty. Returns out. */
const char *names_folder(long index, struct str text, char out[NAMES_BYTES]);
