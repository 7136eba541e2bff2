/* SHA-256 (FIPS 180-4), for names of documents: a hash that everybody can compute again with sha256sum. Not for keys.
 */
#pragma once

#include "base/str.h"

#define SHA256_BYTES     32
#define SHA256_HEX_BYTES 65 /* with the final NUL */

void sha256(struct str data, unsigned char ret[SHA256_BYTES]);
/* The digest as 64 small hexadecimal digits. */
void sha256_hex(struct str data, char ret[SHA256_HEX_BYTES]);
