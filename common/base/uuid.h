/* 16-byte identifiers. Version 7 (RFC 9562): 48 bits of milliseconds first, so that ids made later sort later. Pure:
 * time and random bytes are passed in (core/ids.h draws them). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/str.h"

#define UUID_BYTES      16
#define UUID_TEXT_BYTES 37 /* with the NUL */

struct uuid {
    uint8_t b[UUID_BYTES];
};

struct uuid uuid_v7(uint64_t wall_ms, const uint8_t random[10]);
bool uuid_parse(struct str s, struct uuid *ret); /* 8-4-4-4-12, either case */
/* Writes text into out and returns out. */
const char *uuid_format(const struct uuid *u, char out[UUID_TEXT_BYTES]);
static inline bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, UUID_BYTES) == 0;
}
static inline bool uuid_is_nil(const struct uuid *u)
{
    static const struct uuid nil;
    return uuid_eq(u, &nil);
}
/* For formatting inside one expression: UUID_TEXT(&id) lives until the end of the enclosing block. */
#define UUID_TEXT(u) uuid_format((u), (char[UUID_TEXT_BYTES]){0})
