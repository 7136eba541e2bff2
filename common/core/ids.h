/* Random numbers and identifiers (libsodium's generator). */
#pragma once

#include <stddef.h>
#include "base/uuid.h"

void ids_random(void *out, size_t n);
double ids_random01(void);  /* [0,1) */
struct uuid ids_uuid(void); /* version 7, now */
