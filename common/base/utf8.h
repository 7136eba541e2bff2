/* UTF-8 (RFC 3629): validation and code points. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

/* Length of the valid prefix; == s.n when the whole text is valid UTF-8 (no surrogates, no overlong forms, NUL
 * allowed). */
size_t utf8_valid_prefix(struct str s);
/* Decodes one code point at s.p (valid text, s.n > 0), stores it and returns its length in bytes. */
size_t utf8_decode(struct str s, uint32_t *ret);
/* Encodes; out has 4 bytes; returns the length. cp is a Unicode scalar value. */
size_t utf8_encode(uint32_t cp, char *out);
size_t utf8_count(struct str s); /* code points in valid text */
/* The longest prefix of valid text with at most max_bytes bytes that does not cut a code point. */
struct str utf8_cut(struct str s, size_t max_bytes);
