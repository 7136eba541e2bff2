/* Hexadecimal text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out has 2 * n + 1 bytes; returns out. */
char *hex_encode(const uint8_t *in, size_t n, char *out);
/* text of exactly 2 * n digits, either case; false otherwise. */
bool hex_decode(const char *text, size_t text_len, uint8_t *out, size_t n);
