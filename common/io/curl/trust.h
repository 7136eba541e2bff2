/* Two places of certificate authorities. */
#pragma once

#include <stdbool.h>

/* Whether each certificate of the file (PEM, at most 4 MiB and 4096 certificates) is also in the folder, in a file
 * named by the hash of its subject ("4a6481c9.0"), where OpenSSL finds it alone. False when the file has none or cannot
 * be read. */
bool trust_covers(const char *folder, const char *file);
